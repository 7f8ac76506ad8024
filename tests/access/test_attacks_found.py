"""Attacks by plain SQL with the backend's or the worker's login that worked once: each is tried as it was."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.access.sessions import acts, refused, rows
from tests.support.people import World

NO_ONE = "11111111-1111-4111-8111-111111111111"
VERDICT = (
    "insert into datastore.verdict (container_id, inference_id, box_id, is_current, feedback, given_by, outcome, label)"
    " values (%(container_id)s, %(inference_id)s, %(box_id)s, false, '{}', %(ana)s, 'seed', 'x')"
)


def values(world: World) -> dict[str, object]:
    return world.anas | {"ana": world.users["owner"]["user_id"], "group_id": world.group_id}


def set_acting(session: psycopg.Connection, setting: str) -> None:
    session.execute("select set_config('datastore.acting', %s, true)", [setting])


class TestSetting:
    """The acting user is a setting that every session can write: it names a registered user and their own container."""

    def test_a_container_without_a_user_opens_nothing(self, backend: psycopg.Connection, world: World) -> None:
        with backend.transaction(force_rollback=True):
            set_acting(backend, f" {world.anas['container_id']}")
            assert rows(backend, "select datastore.acting_container()") == [(None,)]
            for table in ("container", "picture", "verdict", "picture_personal_data", "container_key"):
                assert rows(backend, f"select from datastore.{table} limit 1") == [], table
            changed = backend.execute("update datastore.picture set md5 = decode(repeat('00', 16), 'hex')").rowcount
            assert changed == 0
            with refused("42501"):
                backend.execute(VERDICT, values(world))

    @pytest.mark.parametrize("kind", ["stranger", "no one"])
    @pytest.mark.parametrize(("statement", "codes"), [
        ("select datastore.publish_container(true, %(container_id)s)", ["DS403"]),
        ("select datastore.share_personal_data(true, %(container_id)s)", ["DS403"]),
        ("select datastore.update_picture(%(picture_id)s, '{}')", ["DS403"]),
        ("insert into datastore.container_publication (container_id) values (%(container_id)s)", ["42501"]),
        (VERDICT, ["42501"]),
    ])  # fmt: skip
    def test_a_user_beside_the_container_of_another_changes_nothing(
        self, backend: psycopg.Connection, world: World, kind: str, statement: str, codes: list[str]
    ) -> None:
        user_id = NO_ONE if kind == "no one" else world.users[kind]["user_id"]
        with backend.transaction(force_rollback=True):
            set_acting(backend, f"{user_id} {world.anas['container_id']}")
            with refused(*codes):
                backend.execute(statement.encode(), values(world))

    def test_a_user_beside_the_container_of_another_deletes_nothing(
        self, backend: psycopg.Connection, world: World
    ) -> None:
        for kind in ("stranger", "owner"):
            with backend.transaction(force_rollback=True):
                set_acting(backend, f"{world.users[kind]['user_id']} {world.anas['container_id']}")
                call = "select datastore.remove_share(%(container_id)s, %(group_id)s)"
                found = backend.execute(call.encode(), values(world)).fetchone()
                assert found == (kind == "owner",)

    @pytest.mark.parametrize("call", [
        "set_site_role('bob@example.org', 'administrator')",
        "accept_seed((select seed_id from datastore.seed limit 1))",
        "recognise_models()",
        "import_pipelines('{\"pipelines\": [], \"models\": []}'::jsonb)",
    ])  # fmt: skip
    def test_a_user_without_an_account_has_no_site_role(
        self, backend: psycopg.Connection, world: World, call: str
    ) -> None:
        with backend.transaction(force_rollback=True), refused("DS403"):
            set_acting(backend, NO_ONE)
            backend.execute(f"select datastore.{call}".encode())


PICTURE = "update datastore.picture set {} where picture_id = %(picture_id)s"
SET = "update datastore.picture_set set {} where picture_set_id = %(picture_set_id)s"
INFERENCE = (
    "insert into datastore.inference (container_id, picture_id, document)"
    ' values (%(container_id)s, %(picture_id)s, \'{{"boxes": [], "totalBoxes": 0, {}}}\')'
)
CONTRIBUTORS = {
    "a stored picture is replaced by none":
        (PICTURE.format("state = 'replaced', replaced_by = gen_random_uuid()"), "42501"),
    "a stored picture is replaced by itself": (PICTURE.format("state = 'replaced', replaced_by = picture_id"), "42501"),
    "personal data is erased":
        ("insert into datastore.picture_personal_data (picture_id, container_id, tags)"
         " values (%(picture_id)s, %(container_id)s, '{}')", "42501"),
    "another editor in a document":
        (PICTURE.format("document = document || '{\"audit_trail\": {\"edited_by\": \"ana\"}}'"), "42501"),
    "another id in a document": (PICTURE.format("document = document || '{\"picture_id\": \"x\"}'"), "42501"),
    "another editor beside a document":
        (PICTURE.format("kept = '{\"audit_trail\": {\"edited_by\": \"ana\"}}'"), "42501"),
    "another checksum beside a document":
        (PICTURE.format("kept = '{\"quality_check\": {\"image_checksum\": \"x\"}}'"), "42501"),
    "another editor of a set": (SET.format("kept = '{\"audit_trail\": {\"edited_by\": \"ana\"}}'"), "42501"),
    "another container of a set": (SET.format("document = document || '{\"container_name\": \"x\"}'"), "42501"),
    "what experts said is rewritten": (PICTURE.format("feedback = 'x'"), "42501"),
    "verdicts hold no longer":
        ("update datastore.verdict set is_current = false where container_id = %(container_id)s", "42501"),
    "feedback is hidden":
        ("update datastore.inference set feedback_at = null where inference_id = %(inference_id)s", "42501"),
    "an inference is verified without verdicts":
        ("update datastore.inference set verified_at = now()"
         " where container_id = %(container_id)s and feedback_at is null", "42501"),
    "an inference that says that it is verified": (INFERENCE.format('"verified": true'), "42501"),
    "an inference that another asked for": (INFERENCE.format('"requested_by": "ana"'), "42501"),
    "a box that says that it is verified":
        ("with made as (" + INFERENCE.format('"x": 1') + " returning *)"
         " insert into datastore.box (container_id, inference_id, box_id, position, document)"
         " select container_id, inference_id, datastore.counted_id(left(inference_id::text, 24), 1)::uuid, 1,"
         " '{\"label\": \"x\", \"score\": 1, \"box\": {\"topX\": 1, \"topY\": 1, \"bottomX\": 2, \"bottomY\": 2},"
         " \"overlapping\": false, \"overlappingIndices\": [], \"is_verified\": true}' from made", "DS000"),
    "a verdict on a box of another inference":
        ("insert into datastore.verdict (container_id, inference_id, box_id, is_current, feedback, outcome, label)"
         " select container_id, inference_id, %(box_id)s, false, '{}', 'seed', 'x' from datastore.inference"
         " where container_id = %(container_id)s and inference_id <> %(inference_id)s limit 1", "23514"),
    "a claim about a user":
        ("insert into datastore.claim (container_id, entity, entity_id, claimed)"
         " values (%(container_id)s, 'user_account', %(ana)s, '{}')", "23514"),
    "an upload that is kept for years":
        ("insert into datastore.link (container_id, picture_id, picture_set_id, permission, starts_at, expires_at)"
         " values (%(container_id)s, %(picture_id)s, %(picture_set_id)s, 'write', now(), now() + interval '9 years')",
         "23514"),
}  # fmt: skip


def outcome(backend: psycopg.Connection, statement: str, values: dict[str, object]) -> object:
    """The SQLSTATE, or how many rows it touches."""
    try:
        with backend.transaction(force_rollback=True):
            return backend.execute(statement.encode(), values).rowcount
    except psycopg.Error as error:
        return error.sqlstate


@pytest.mark.parametrize("what", CONTRIBUTORS)
def test_a_contributor_has_only_the_rights_of_the_level(backend: psycopg.Connection, world: World, what: str) -> None:
    statement, code = CONTRIBUTORS[what]
    known = values(world)
    with backend.transaction(force_rollback=True):
        acts(backend, world, "contributor")
        assert outcome(backend, statement, known) == code
    # A stranger learns as much as of ids that were never given.
    with backend.transaction(force_rollback=True):
        acts(backend, world, "stranger")
        unknown = outcome(backend, statement, dict.fromkeys(known, NO_ONE))
        assert outcome(backend, statement, known) == unknown
        assert unknown in (0, "42501", "23514")


def test_a_replaced_blob_is_in_the_history(
    backend: psycopg.Connection, database: psycopg.Connection, world: World
) -> None:
    """Reads compare it. A user who restores a lost blob may change it, and the history records that."""
    picture_id = world.anas["picture_id"]
    database.execute("update datastore.picture set etag = 'was' where picture_id = %s", [picture_id])
    with backend.transaction():
        acts(backend, world, "contributor")
        backend.execute("update datastore.picture set etag = 'is' where picture_id = %s", [picture_id])
    query = "select before, after, acted_by::text from datastore.history where entity_id = %s order by history_id desc"
    assert rows(database, query, picture_id)[0] == (
        {"etag": "was"}, {"etag": "is"}, world.users["contributor"]["user_id"]
    )  # fmt: skip


def test_a_link_that_names_the_key_to_write_ends_nothing(
    backend: psycopg.Connection, database: psycopg.Connection, world: World
) -> None:
    """A reader's record of a link named any policy, and the next unshare took that key back."""
    named = "select policy_name from datastore.container_key where container_id = %s and permission = 'write'"
    ((policy_name,),) = rows(database, named, world.anas["container_id"])
    with backend.transaction():
        acts(backend, world, "reader")
        backend.execute(
            "insert into datastore.link (container_id, picture_id, picture_set_id, permission, policy_name, starts_at,"
            " expires_at) values (%s, %s, %s, 'read', %s, now(), now() + interval '1 hour')",
            [world.anas[key] for key in ("container_id", "picture_id", "picture_set_id")] + [policy_name],
        )
    world.call("unshare_container", world.group_id, acting=world.users["owner"]["user_id"])
    revoked = "select revoked_at is null from datastore.container_key where container_id = %s and permission = 'write'"
    assert rows(database, revoked, world.anas["container_id"]) == [(True,)]


def test_two_inferences_of_a_container_have_boxes_of_their_own(backend: psycopg.Connection, world: World) -> None:
    with backend.transaction(force_rollback=True), refused("23505"):
        acts(backend, world, "owner")
        backend.execute(
            "insert into datastore.inference (inference_id, container_id, picture_id, document) values"
            " ((left(%(inference_id)s, 24) || '0123456789ab')::uuid, %(container_id)s, %(picture_id)s, %(document)s)",
            values(world) | {"document": Jsonb({"boxes": [], "totalBoxes": 0})},
        )


def test_a_group_of_others_shows_no_addresses(backend: psycopg.Connection, world: World) -> None:
    for email in ("ana@example.org", "unknown@example.org"):
        with backend.transaction(force_rollback=True):
            acts(backend, world, "stranger")
            with pytest.raises(psycopg.Error, match=f"there is no group {world.group_id}"):
                backend.execute("select datastore.remove_member(%s, %s)", [world.group_id, email])


def test_workers_delete_no_stored_pictures(urls: dict[str, str], database: psycopg.Connection, world: World) -> None:
    stored = "select count(*) from datastore.picture where state <> 'pending'"
    before = rows(database, stored)
    with psycopg.connect(urls["worker"], autocommit=True) as worker:
        for statement in ("delete from datastore.picture", "lock table datastore.picture in access exclusive mode"):
            with refused("42501"), worker.transaction():
                worker.execute(statement.encode())
        assert rows(worker, "select datastore.delete_pending_pictures('-1 hour') > 0") == [(True,)]
    assert rows(database, stored) == before
