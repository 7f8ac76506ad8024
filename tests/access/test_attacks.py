"""Attacks that worked once: each is tried as it was, with the login of the role that could do it."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.access.sessions import acts, refused, rows
from tests.support.inferences import boxes_of
from tests.support.people import World

ROLES = ["app", "worker", "reader"]


@pytest.fixture(autouse=True)
def everybody_may_make_temporary_tables(database: psycopg.Connection) -> None:
    """Revoked at the installation; the attacks must fail without that as well."""
    database.execute(f"grant temporary on database {database.info.dbname} to public".encode())


class TestTriggerFunctions:
    """They run as the owner, so a session that can attach one to its own table runs what it likes as the owner."""

    @pytest.mark.parametrize("role", ROLES)
    def test_a_cast_of_the_caller_does_not_run_as_the_owner(
        self, urls: dict[str, str], database: psycopg.Connection, world: World, role: str
    ) -> None:
        before = rows(database, "select count(*) from datastore.history")
        with psycopg.connect(urls[role], autocommit=True) as session, refused("42501"):
            session.execute("""
                create type pg_temp.bait as (content text);
                create function pg_temp.bite(pg_temp.bait) returns jsonb language plpgsql as
                  'begin delete from datastore.history; return ''{}''; end';
                create cast (pg_temp.bait as jsonb) with function pg_temp.bite(pg_temp.bait) as assignment;
                create table pg_temp.mine
                  (picture_id uuid, container_id uuid, state text, document pg_temp.bait, kept jsonb);
                create trigger steal after delete on pg_temp.mine referencing old table as old_rows
                  for each statement execute function datastore.audit_pictures();
                insert into pg_temp.mine values (gen_random_uuid(), gen_random_uuid(), 'stored', row('x'), null);
                delete from pg_temp.mine;
            """)
        assert rows(database, "select count(*) from datastore.history") == before

    @pytest.mark.parametrize("role", ROLES)
    @pytest.mark.parametrize("event", [
        "before truncate on pg_temp.mine for each statement execute function datastore.queue_all_blob_deletions()",
        "after insert on pg_temp.mine referencing new table as new_rows"
        " for each statement execute function datastore.audit('container_id', '{container_id}', '{}')",
    ])  # fmt: skip
    def test_a_table_of_the_caller_gets_no_trigger_of_ours(
        self, urls: dict[str, str], database: psycopg.Connection, world: World, role: str, event: str
    ) -> None:
        before = rows(
            database, "select count(*) from datastore.blob_deletion union all select count(*) from datastore.history"
        )
        with psycopg.connect(urls[role], autocommit=True) as session, refused("42501"):
            session.execute("create table pg_temp.mine (container_id uuid)")
            session.execute(f"create trigger steal {event}".encode())
        assert (
            rows(
                database,
                "select count(*) from datastore.blob_deletion union all select count(*) from datastore.history",
            )
            == before
        )


def tried(backend: psycopg.Connection, world: World, kind: str, statement: str, *values: object) -> int:
    """How many rows a statement touches, for a kind of user; nothing of it stays."""
    with backend.transaction(force_rollback=True):
        acts(backend, world, kind)
        return backend.execute(statement.encode(), values).rowcount


def answer_to(backend: psycopg.Connection, world: World, kind: str, call: str, *values: object) -> Any:
    """The answer of a function to a kind of user."""
    return rows(backend, f"select datastore.{call} from datastore.act_as(%s)", *values, world.users[kind]["user_id"])[
        0
    ][0]


class TestTwinIds:
    """A row in one's own container with the id of another's: the other's calls found two, or wrote into it."""

    @pytest.mark.parametrize(("statement", "code"), [
        ("picture_set (picture_set_id, container_id, name) values (%(picture_set_id)s, %(home)s, 'twin')", "42501"),
        ("picture (picture_id, container_id, picture_set_id) values (%(picture_id)s, %(home)s, %(home_set)s)", "42501"),
        ("inference (inference_id, container_id, picture_id, document)"
         " values (%(inference_id)s, %(home)s, %(home_picture)s, '{\"boxes\": [], \"totalBoxes\": 0}')", "23505"),
        # The ids of boxes are counted on from the first 24 characters.
        ("inference (inference_id, container_id, picture_id, document) values ((left(%(inference_id)s, 24)"
         " || '0123456789ab')::uuid, %(home)s, %(home_picture)s, '{\"boxes\": [], \"totalBoxes\": 0}')", "23505"),
        ("box (box_id, container_id, inference_id, position, is_manual, document)"
         " values (%(box_id)s, %(home)s, %(home_inference)s, 3, true, '{\"box\": {}}')", "23514"),
    ])  # fmt: skip
    def test_ids_of_rows_that_exist_are_refused(
        self, backend: psycopg.Connection, world: World, statement: str, code: str
    ) -> None:
        stranger = world.users["stranger"]
        (pending,) = answer_to(backend, world, "stranger", "announce_pictures(%s, '[{}]')", stranger["picture_set_id"])
        document = Jsonb(boxes_of([[("Brassica napus", 0.5)]]))
        made = answer_to(backend, world, "stranger", "import_inference(%s, %s)", pending["picture_id"], document)
        home = {
            "home": stranger["container_id"],
            "home_set": stranger["picture_set_id"],
            "home_picture": pending["picture_id"],
            "home_inference": made["inference_id"],
        }
        answer_to(backend, world, "stranger", "publish_container()")
        with refused(code), backend.transaction():
            acts(backend, world, "stranger")
            backend.execute(f"insert into datastore.{statement}".encode(), world.anas | home)
        picture_id, inference_id = world.anas["picture_id"], world.anas["inference_id"]
        assert answer_to(backend, world, "owner", "rebuild_picture(%s)", picture_id)["picture_id"] == picture_id
        assert answer_to(backend, world, "owner", "rebuild_inference(%s)", inference_id)["inference_id"] == inference_id
        assert answer_to(backend, world, "owner", "rebuild_picture_set(%s)", world.anas["picture_set_id"])["pictures"]
        feedback = Jsonb(
            {"inferenceId": inference_id, "boxes": [{"boxId": world.anas["box_id"], "label": "Brassica napus"}]}
        )
        assert answer_to(backend, world, "owner", "record_feedback(%s)", feedback)["inference_id"] == inference_id


STORED = "update datastore.picture set {} where picture_id = %(picture_id)s"
FORBIDDEN = {
    "a blob of another container into the outbox":
        "insert into datastore.blob_deletion (container_id, blob_name) values (%(container_id)s, 'x')",
    "a picture's maker": STORED.format("created_by = null"),
    "its editor": STORED.format("edited_by = null"),
    "its blob": STORED.format("blob_name = 'x'"),
    "its MD5": STORED.format("md5 = decode(repeat('00', 16), 'hex')"),
    "its size": STORED.format("size = 7"),
    "its checksum": STORED.format("quality_check = '{}'"),
    "its state": STORED.format("state = 'pending'"),
    "a verdict's speaker": "update datastore.verdict set given_by = null where container_id = %(container_id)s",
    "a verdict": "delete from datastore.verdict where container_id = %(container_id)s",
    "what a verdict said": "update datastore.verdict set feedback = '{}' where container_id = %(container_id)s",
    "a label of a picture": "delete from datastore.picture_label where container_id = %(container_id)s",
    "a species for a label":
        "insert into datastore.label (label, seed_id) select 'x', seed_id from datastore.seed limit 1",
    "another species for a label": "update datastore.label set seed_id = (select seed_id from datastore.seed limit 1)",
    "a species": "insert into datastore.seed (name) values ('x')",
    "the state of a container": "update datastore.container set ready_at = null where container_id = %(container_id)s",
    "a container's endpoint": "update datastore.container set endpoint = 'x' where container_id = %(container_id)s",
    "a member":
        "insert into datastore.membership (group_id, user_id, role) values (%(group_id)s, %(stranger)s, 'reader')",
    "a role in a group": "update datastore.membership set role = 'owner' where group_id = %(group_id)s",
    "a site role": "update datastore.user_account set site_role = 'administrator'",
    "a group": "delete from datastore.user_group where group_id = %(group_id)s",
    "the record": "insert into datastore.history (entity, entity_id, action) values ('x', %(group_id)s, 'x')",
    "a model's box in an old inference":
        "insert into datastore.box (box_id, container_id, inference_id, position, document) select"
        " datastore.counted_id(left(%(inference_id)s, 24), 9)::uuid, container_id, inference_id, 9, document"
        " from datastore.box where box_id = %(box_id)s",
    "a model": "insert into datastore.model (name) values ('x')",
    "a pipeline":
        "insert into datastore.pipeline (is_default, document)"
        " values (true, '{\"pipeline_name\": \"x\", \"models\": []}')",
}  # fmt: skip


def sqlstate(
    backend: psycopg.Connection,
    world: World,
    kind: str,
    statement: str,
    values: dict[str, str] | list[Any] | None = None,
) -> str | None:
    """How a statement ends for a kind of user; None where it succeeds. Nothing of it stays."""
    try:
        with backend.transaction(force_rollback=True):
            acts(backend, world, kind)
            backend.execute(statement.encode(), values)
    except psycopg.Error as error:
        return error.sqlstate
    return None


@pytest.mark.parametrize("kind", ["owner", "contributor"])
def test_no_user_with_access_runs_a_forbidden_statement(backend: psycopg.Connection, world: World, kind: str) -> None:
    known = world.anas | {"group_id": world.group_id, "stranger": world.users["stranger"]["user_id"]}
    ends = {what: sqlstate(backend, world, kind, statement, known) for what, statement in FORBIDDEN.items()}
    assert ends == dict.fromkeys(FORBIDDEN, "42501")


def test_feedback_is_given_in_the_acting_users_name(backend: psycopg.Connection, world: World) -> None:
    """given_by and added_by may be written, for who gives feedback without an acting user."""
    speaker, owner = world.users["contributor"]["user_id"], world.users["owner"]["user_id"]
    for insert, column in [
        ("verdict (container_id, inference_id, box_id, is_current, feedback, given_by) values"
         " (%(container_id)s, %(inference_id)s, %(box_id)s, false, '{}', %(owner)s)", "given_by"),
        ("expert_guess (container_id, box_id, label, added_by) values"
         " (%(container_id)s, %(box_id)s, 'x', %(owner)s)", "added_by"),
    ]:  # fmt: skip
        with backend.transaction(force_rollback=True):
            acts(backend, world, "contributor")
            found = backend.execute(
                f"insert into datastore.{insert} returning {column}::text".encode(), world.anas | {"owner": owner}
            )
            assert found.fetchall() == [(speaker,)]


def test_a_revoked_key_stays_revoked(backend: psycopg.Connection, database: psycopg.Connection, world: World) -> None:
    still = "update datastore.container_key set revoked_at = null where container_id = %s"
    with refused("42501"):
        tried(backend, world, "owner", still, world.anas["container_id"])
    answer_to(backend, world, "owner", "revoke_keys(container_ids => %s)", Jsonb([world.anas["container_id"]]))
    assert tried(backend, world, "owner", still, world.anas["container_id"]) == 0
    count = "select count(*) from datastore.container_key where container_id = %s and revoked_at is null"
    assert rows(database, count, world.anas["container_id"]) == [(0,)]


@pytest.mark.parametrize(("kind", "code"), [("reader", "DS403"), ("contributor", "DS403"), ("stranger", "DS404")])
def test_keys_are_revoked_by_the_owner_alone(
    backend: psycopg.Connection, database: psycopg.Connection, world: World, kind: str, code: str
) -> None:
    key = "select key_id::text from datastore.container_key where container_id = %s and permission = 'read' limit 1"
    container_id = world.anas["container_id"]
    for named, id_ in [("key_ids", rows(database, key, container_id)[0][0]), ("container_ids", container_id)]:
        assert sqlstate(backend, world, kind, f"select datastore.revoke_keys({named} => %s)", [Jsonb([id_])]) == code


def test_an_evicted_creator_stays_out(backend: psycopg.Connection, world: World) -> None:
    call, group_id = world.call, world.group_id
    ana, cora = world.users["owner"], world.users["contributor"]
    call("set_member", group_id, cora["email"], "owner", acting=ana["user_id"])
    call("remove_member", group_id, ana["email"], acting=cora["user_id"])
    for attempt in (
        f"set_member('{group_id}', '{ana['email']}', 'owner')",
        f"join_group('{group_id}')",
        f"remove_member('{group_id}', '{cora['email']}')",
        f"share_container('{group_id}')",
        f"group_json((datastore.find_group('{group_id}')).group_id)",
    ):
        with refused("DS404"):
            answer_to(backend, world, "owner", attempt)
    for statement in (
        "insert into datastore.membership (group_id, user_id, role) select %s, datastore.acting_user(), 'owner'",
        "update datastore.user_group set name = 'mine' where group_id = %s",
    ):
        with refused("42501"):
            tried(backend, world, "owner", statement, group_id)


@pytest.mark.parametrize("role", ["app", "reader"])
def test_no_table_is_locked(urls: dict[str, str], database: psycopg.Connection, role: str) -> None:
    tables = rows(
        database,
        "select oid::regclass::text from pg_class where relnamespace = 'datastore'::regnamespace"
        " and relkind in ('r', 'p')",
    )
    with psycopg.connect(urls[role], autocommit=True) as session:
        for (table,) in tables:
            for mode in ("access exclusive", "exclusive", "share"):
                with refused("42501"), session.transaction():
                    session.execute(f"lock table {table} in {mode} mode".encode())


def test_an_ordinary_user_changes_no_shared_data(backend: psycopg.Connection, world: World) -> None:
    seed = "(select seed_id from datastore.seed where status = '{}' limit 1)"
    for call in (
        'import_pipelines(\'{"pipelines": [], "models": []}\')',
        "retire_pipeline((select pipeline_id from datastore.pipeline limit 1))",
        f"accept_seed({seed.format('unreviewed')})",
        f"merge_seed({seed.format('unreviewed')}, {seed.format('known')})",
        "set_site_role('ana@example.org', 'administrator')",
    ):
        assert sqlstate(backend, world, "owner", f"select datastore.{call}") == "DS403", call


def test_a_group_that_is_gone_is_not_found(backend: psycopg.Connection, world: World) -> None:
    """Where there was no other group, deleting it again answered as if done."""
    answer_to(backend, world, "owner", "delete_group(%s)", world.group_id)
    with refused("DS404"):
        answer_to(backend, world, "owner", "delete_group(%s)", world.group_id)


def test_a_link_is_out_of_sight_with_its_container(backend: psycopg.Connection, world: World) -> None:
    """The holder of a link saw its row, with the ids of picture and container, after the container was unshared."""
    seen = "select 1 from datastore.link where container_id = %s"
    answer_to(backend, world, "owner", "share_personal_data()")
    answer_to(backend, world, "reader", "hand_out_link(%s, personal_data => true)", world.anas["picture_id"])
    assert tried(backend, world, "reader", seen, world.anas["container_id"]) == 1
    answer_to(backend, world, "owner", "unshare_container(%s)", world.group_id)
    assert tried(backend, world, "reader", seen, world.anas["container_id"]) == 0


def test_an_administrator_sees_the_whole_history_without_a_container(
    backend: psycopg.Connection, database: psycopg.Connection, world: World
) -> None:
    """The function left out what plain SQL showed: what happened to users, models and groups."""
    world.call("set_site_role", "bob@example.org", "administrator")
    seen = tried(backend, world, "stranger", "select 1 from datastore.history where container_id is null")
    assert seen == rows(database, "select count(*) from datastore.history where container_id is null")[0][0]
    answer = answer_to(backend, world, "stranger", "rebuild_audit(how_many => 10000)")
    assert len([one for one in answer if "container_id" not in one]) == seen
