"""The stored functions, as a DBA calls them: nothing but SQL."""

from __future__ import annotations

import hashlib
import uuid
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.support.errors import errors_of, refused

Call = Callable[..., Any]


@pytest.fixture
def call(database: psycopg.Connection) -> Call:
    """Calls a function by name; `acting` says who asks."""

    def call(function: str, *arguments: object, acting: object = None) -> Any:
        values = [Jsonb(value) if isinstance(value, dict | list) else value for value in arguments]
        query = f"select datastore.{function}({', '.join(['%s'] * len(values))})"
        if acting is not None:
            query, values = f"{query} from datastore.act_as(%s)", [*values, acting]
        row = database.execute(query, values).fetchone()
        assert row is not None
        return row[0]

    return call


@pytest.fixture
def ana(call: Call) -> dict[str, str]:
    return dict(call("register_user", "Ana@example.org"))


@pytest.fixture
def bob(call: Call) -> dict[str, str]:
    return dict(call("register_user", "bob@example.org"))


def inspection(content: bytes, path: str | None = None) -> dict[str, Any]:
    """What the wrapper says of a file."""
    found: dict[str, Any] = {
        "size": len(content),
        "md5": b64encode(hashlib.md5(content).digest()).decode(),
        "metadata": {},
        "image_data": {"format": "TIFF", "width": 4, "height": 3},
        "quality_check": {"image_checksum": hashlib.sha256(content).hexdigest(), "valid_data": True, "error_type": ""},
    }
    if path is not None:
        found["metadata"] = {"file_name": path.rpartition("/")[2], "relative_path": path}
    return found


def confirmation(picture: dict[str, Any], content: bytes) -> dict[str, Any]:
    found = inspection(content)
    return {"picture_id": picture["picture_id"], "size": found["size"], "md5": found["md5"]}


class TestPeople:
    def test_registering_again_gives_the_same_answer(self, call: Call, ana: dict[str, str]) -> None:
        assert ana["container_name"] == f"user-{ana['user_id']}"
        assert call("register_user", "ana@EXAMPLE.org", "user") == ana
        assert call("find_user", "ANA@example.org") == ana

    def test_another_tier_is_a_conflict(self, call: Call, ana: dict[str, str]) -> None:
        with refused("DS409"):
            call("register_user", "ana@example.org", "dev")

    def test_a_tier_names_the_container(self, call: Call) -> None:
        user = call("register_user", "eve@example.org", "test-user")
        assert user["container_name"] == f"test-user-{user['user_id']}"

    @pytest.mark.parametrize("tier", ["", "User", "a_b", "-a", "a--b", "a" * 27, "ü"])
    def test_a_tier_that_azure_would_refuse(self, call: Call, tier: str) -> None:
        with refused("DS400") as error:
            call("register_user", "eve@example.org", tier)
        assert errors_of(error) == [("/tier", "pattern")]

    @pytest.mark.parametrize("email", ["", "eve", "eve@", "@example.org", "a b@example.org"])
    def test_an_address_that_is_none(self, call: Call, email: str) -> None:
        with refused("DS400") as error:
            call("register_user", email)
        assert errors_of(error) == [("/email", "format")]

    def test_nobody_there(self, call: Call) -> None:
        with refused("DS404"):
            call("find_user", "nobody@example.org")
        with refused("DS404"):
            call("rebuild_folders", acting=uuid.uuid4())

    def test_ten_registrations_at_once_make_one_user(self, database_url: str) -> None:
        def register(_: int) -> object:
            with psycopg.connect(database_url, autocommit=True) as connection:
                row = connection.execute("select datastore.register_user('ten@example.org')").fetchone()
            assert row is not None
            return row[0]

        with ThreadPoolExecutor(10) as pool:
            answers = list(pool.map(register, range(10)))
        assert all(answer == answers[0] for answer in answers)

    def test_acting_leaves_nothing_behind(self, call: Call, database: psycopg.Connection, ana: dict[str, str]) -> None:
        call("rebuild_folders", acting=ana["user_id"])
        assert database.execute("select datastore.acting_user()").fetchone() == (None,)


class TestPictureSets:
    DOCUMENT: ClassVar[dict[str, Any]] = {
        "name": "session1",
        "project_name": None,
        "submitter_name": "A. Analyst",
        "client_data": {"client_email": "ana@example.org", "client_expertise": None, "more": [1, 2.50]},
        "acquisition": {"microscope": "Leica S9i"},
        "unknown": {"kept": True},
        "schema_version": 1,
    }

    def test_comes_back_as_sent(self, call: Call, ana: dict[str, str]) -> None:
        made = call("create_picture_set", self.DOCUMENT, acting=ana["user_id"])
        assert {key: made[key] for key in self.DOCUMENT} == self.DOCUMENT
        assert made["container_name"] == ana["container_name"]
        rebuilt = call("rebuild_picture_set", made["picture_set_id"])
        assert rebuilt == made | {"pictures": []}
        assert rebuilt["audit_trail"]["change_log"] == "picture_set created"

    def test_without_a_name_it_is_named_by_its_id(self, call: Call, ana: dict[str, str]) -> None:
        made = call("create_picture_set", {}, acting=ana["user_id"])
        assert made["name"] == made["picture_set_id"]

    def test_a_name_is_taken_once(self, call: Call, ana: dict[str, str], bob: dict[str, str]) -> None:
        call("create_picture_set", {"name": "lot"}, acting=ana["user_id"])
        with refused("DS409"):
            call("create_picture_set", {"name": "lot"}, acting=ana["user_id"])
        with refused("DS409"):
            call("create_picture_set", {"name": "General"}, acting=ana["user_id"])
        call("create_picture_set", {"name": "lot"}, acting=bob["user_id"])

    def test_nobody_acts(self, call: Call, ana: dict[str, str]) -> None:
        with refused("DS403"):
            call("create_picture_set", {})
        assert call("create_picture_set", {}, ana["container_id"])["container_name"] == ana["container_name"]

    @pytest.mark.parametrize(
        ("document", "expected"),
        [
            ([], [("", "type")]),
            ({"name": ""}, [("/name", "minLength")]),
            ({"name": "x" * 256}, [("/name", "maxLength")]),
            ({"name": None}, [("/name", "type")]),
            ({"acquisition": None}, [("/acquisition", "type")]),
            ({"projectName": "x"}, [("/projectName", "spelling")]),
            ({"client_data": {"clientEmail": "a@b.c"}}, [("/client_data/clientEmail", "spelling")]),
            ({"client_data": {"client_email": "x"}}, [("/client_data/client_email", "format")]),
            ({"schema_version": 2}, [("/schema_version", "const")]),
        ],
    )
    def test_what_is_refused(
        self, call: Call, ana: dict[str, str], document: object, expected: list[tuple[str, str]]
    ) -> None:
        with refused("DS400") as error:
            call("create_picture_set", document, acting=ana["user_id"])
        assert errors_of(error) == expected


class TestPictures:
    DOCUMENT: ClassVar[dict[str, Any]] = {
        "user_data": {"description": None, "number_of_seeds": 6, "zoom": 30, "lens": {"a": None}},
        "seed": "14  ambrosia TRIFIDA",
        "client_data": None,
        "client_feedback": {"correct_identification": True},
        "unknown": [None, {"a": ""}],
        "schema_version": 1,
    }

    def announce(self, call: Call, ana: dict[str, str], *files: tuple[bytes, str | None], **more: Any) -> Any:
        documents = more.get("documents", [{} for _ in files])
        inspections = [inspection(content, path) for content, path in files]
        return call(
            "announce_pictures",
            ana["picture_set_id"],
            documents,
            inspections,
            more.get("replace", False),
            acting=ana["user_id"],
        )

    def test_announced_confirmed_and_rebuilt(self, call: Call, ana: dict[str, str]) -> None:
        (picture,) = self.announce(call, ana, (b"one", "a/1.tiff"), documents=[self.DOCUMENT])
        assert picture["blob_name"] == f"{ana['picture_set_id']}/{picture['picture_id']}.tiff"
        assert picture["state"] == "announced"
        pending = call("rebuild_picture", picture["picture_id"])
        assert pending["quality_check"]["upload_check"] is False
        assert call("rebuild_picture_set", ana["picture_set_id"])["pictures"] == []
        assert call("rebuild_folders", acting=ana["user_id"])[0]["nb_pictures"] == 0

        said = [confirmation(picture, b"one")]
        stored = [{"picture_id": picture["picture_id"], "state": "stored"}]
        assert call("confirm_pictures", said, acting=ana["user_id"]) == stored
        assert call("confirm_pictures", said, acting=ana["user_id"]) == stored
        rebuilt = call("rebuild_picture", picture["picture_id"], acting=ana["user_id"])
        assert {key: rebuilt[key] for key in self.DOCUMENT} == self.DOCUMENT
        assert rebuilt["image_data"]["source"] == f"{ana['container_name']}/{picture['blob_name']}"
        assert rebuilt["image_data"]["size"] == 3
        assert [label["seed_name"] for label in rebuilt["labels"]] == ["Ambrosia trifida"]
        assert call("rebuild_picture_set", ana["picture_set_id"])["pictures"] == [rebuilt]

    def test_documents_alone_are_enough(self, call: Call, ana: dict[str, str]) -> None:
        document = {"image_data": {"format": "PNG", "width": 5}, "metadata": {"file_name": "x.png"}, "labels": []}
        (picture,) = call("announce_pictures", ana["picture_set_id"], [document], acting=ana["user_id"])
        assert picture["blob_name"].endswith(".png")
        call("confirm_pictures", [{"picture_id": picture["picture_id"]}], acting=ana["user_id"])
        rebuilt = call("rebuild_picture", picture["picture_id"])
        assert (rebuilt["image_data"]["width"], rebuilt["metadata"]["file_name"]) == (5, "x.png")

    def test_a_claim_cannot_choose_the_blobs_name(self, call: Call, ana: dict[str, str]) -> None:
        for format_ in ("../../etc", "a/b", "", "%2e", None, 5):
            (picture,) = call("announce_pictures", ana["picture_set_id"], [{"image_data": {"format": format_}}])
            assert picture["blob_name"] == f"{ana['picture_set_id']}/{picture['picture_id']}"

    def test_five_hundred_in_one_call_and_in_order(self, call: Call, ana: dict[str, str]) -> None:
        files = [(str(n).encode(), f"s/{n}.tiff") for n in range(500)]
        pictures = self.announce(call, ana, *files, documents=[{"n": n} for n in range(500)])
        said = [confirmation(picture, content) for picture, (content, _) in zip(pictures, files, strict=True)]
        call("confirm_pictures", said, acting=ana["user_id"])
        rebuilt = call("rebuild_picture_set", ana["picture_set_id"])
        assert [document["n"] for document in rebuilt["pictures"]] == list(range(500))
        assert rebuilt["image_data_picture_set"] == {"number_of_images": 500}

    def test_the_same_again_is_known(self, call: Call, ana: dict[str, str]) -> None:
        (first,) = self.announce(call, ana, (b"one", "1.tiff"))
        (again,) = self.announce(call, ana, (b"one", "1.tiff"))
        assert (again["picture_id"], again["state"], again["changed"]) == (first["picture_id"], "pending", False)
        call("confirm_pictures", [confirmation(first, b"one")])
        (third,) = self.announce(call, ana, (b"one", "1.tiff"), documents=[{"a": 1}])
        assert (third["picture_id"], third["state"], third["changed"]) == (first["picture_id"], "stored", True)

    def test_bytes_without_a_path_give_the_picture_that_exists(self, call: Call, ana: dict[str, str]) -> None:
        (named,) = self.announce(call, ana, (b"one", "1.tiff"))
        (bare,) = self.announce(call, ana, (b"one", None))
        assert bare["picture_id"] == named["picture_id"]
        twice = self.announce(call, ana, (b"two", None), (b"two", None))
        assert twice[0]["picture_id"] == twice[1]["picture_id"]

    def test_other_bytes_under_a_stored_path(self, call: Call, ana: dict[str, str]) -> None:
        (old,) = self.announce(call, ana, (b"one", "1.tiff"))
        call("confirm_pictures", [confirmation(old, b"one")])
        (conflict,) = self.announce(call, ana, (b"other", "1.tiff"))
        assert (conflict["state"], conflict["picture_id"]) == ("conflict", old["picture_id"])

        (new,) = self.announce(call, ana, (b"other", "1.tiff"), replace=True)
        assert call("rebuild_picture_set", ana["picture_set_id"])["pictures"][0]["picture_id"] == old["picture_id"]
        call("confirm_pictures", [confirmation(new, b"other")])
        assert call("rebuild_picture_set", ana["picture_set_id"])["pictures"][0]["picture_id"] == new["picture_id"]

    def test_other_bytes_under_a_pending_path(
        self, call: Call, ana: dict[str, str], database: psycopg.Connection
    ) -> None:
        (old,) = self.announce(call, ana, (b"one", "1.tiff"))
        (new,) = self.announce(call, ana, (b"other", "1.tiff"))
        assert (new["state"], new["picture_id"] != old["picture_id"]) == ("announced", True)
        outbox = database.execute(
            "select name, blob_name from datastore.blob_deletion join datastore.container using (container_id)"
        ).fetchall()
        assert outbox == [(ana["container_name"], old["blob_name"])]
        with refused("DS404"):
            call("confirm_pictures", [confirmation(old, b"one")])

    def test_a_blob_that_is_not_what_was_announced(self, call: Call, ana: dict[str, str]) -> None:
        one, two = self.announce(call, ana, (b"one", "1.tiff"), (b"two", "2.tiff"))
        with refused("DS409") as error:
            call("confirm_pictures", [confirmation(one, b"one"), confirmation(two, b"xxx")])
        assert errors_of(error) == [("/1", "conflict")]
        assert call("rebuild_picture_set", ana["picture_set_id"])["pictures"] == []

    @pytest.mark.parametrize("confirmations", [{}, [5], [{"picture_id": "x"}], [{"picture_id": None}], [{}]])
    def test_confirmations_that_are_none(self, call: Call, confirmations: object) -> None:
        with pytest.raises(psycopg.Error, check=lambda error: error.sqlstate in ("DS400", "DS404")):
            call("confirm_pictures", confirmations)

    @pytest.mark.parametrize(
        ("document", "expected"),
        [
            (5, [("/1", "type")]),
            ({"user_data": {"number_of_seeds": -1}}, [("/1/user_data/number_of_seeds", "minimum")]),
            ({"user_data": {"number_of_seeds": 1.5}}, [("/1/user_data/number_of_seeds", "type")]),
            ({"user_data": {"zoom": 0}}, [("/1/user_data/zoom", "exclusiveMinimum")]),
            ({"userData": {}, "user_data": {}}, [("/1/userData", "spelling")]),
            ({"user_data": {"numberOfSeeds": 1}}, [("/1/user_data/numberOfSeeds", "spelling")]),
            ({"seed": {"seed_id": str(uuid.uuid4())}}, [("/1/seed/seed_id", "seed")]),
            ({"seed": {}}, [("/1/seed", "anyOf")]),
            ({"a": {"b": [10**400]}}, [("/1/a/b/0", "numberRange")]),
            ({"schema_version": "1"}, [("/1/schema_version", "const")]),
        ],
    )
    def test_one_invalid_document_stops_the_batch(
        self, call: Call, ana: dict[str, str], document: object, expected: list[tuple[str, str]]
    ) -> None:
        with refused("DS400") as error:
            call("announce_pictures", ana["picture_set_id"], [{}, document], acting=ana["user_id"])
        assert errors_of(error) == expected
        assert call("rebuild_picture_set", ana["picture_set_id"])["image_data_picture_set"] == {"number_of_images": 0}

    def test_depth(self, call: Call, ana: dict[str, str]) -> None:
        def nested(levels: int) -> object:
            return [] if levels == 1 else {"a": nested(levels - 1)}

        call("announce_pictures", ana["picture_set_id"], [nested(64)])
        with refused("DS400") as error:
            call("announce_pictures", ana["picture_set_id"], [nested(65)])
        assert errors_of(error) == [("/0" + "/a" * 64, "maxDepth")]

    def test_one_path_twice_in_a_batch(self, call: Call, ana: dict[str, str]) -> None:
        with refused("DS400") as error:
            self.announce(call, ana, (b"one", "1.tiff"), (b"two", "1.tiff"))
        assert errors_of(error) == [("/1/metadata/relative_path", "uniqueItems")]

    def test_inspections_that_are_none(self, call: Call, ana: dict[str, str]) -> None:
        wrong: list[Any] = [[], {}, [{}, {}], [{"size": 0}], [{"md5": "x"}], [{"image_data": {"width": "5"}}]]
        for inspections in wrong:
            with refused("DS400"):
                call("announce_pictures", ana["picture_set_id"], [{}], inspections)

    def test_seed_by_id_and_name(self, call: Call, ana: dict[str, str]) -> None:
        known = {seed["seed_name"]: seed["seed_id"] for seed in call("rebuild_seeds")["seeds"]}
        assert len(known) == 15
        agreed = {"seed": {"seed_id": known["Solanum nigrum"], "seed_name": "'solanum  nigrum'"}}
        (picture,) = call("announce_pictures", ana["picture_set_id"], [agreed])
        assert call("rebuild_picture", picture["picture_id"])["seed"] == agreed["seed"]
        with refused("DS400") as error:
            agreed["seed"]["seed_name"] = "Solanum rostratum"
            call("announce_pictures", ana["picture_set_id"], [agreed])
        assert errors_of(error) == [("/0/seed/seed_id", "seed")]

    def test_a_species_that_nobody_knows_is_registered_for_review(self, call: Call, ana: dict[str, str]) -> None:
        documents = [{"seed": '"3 Zea mays"'}, {"seed": "zea  MAYS"}, {"seed": None}]
        pictures = call("announce_pictures", ana["picture_set_id"], documents)
        labels = [call("rebuild_picture", picture["picture_id"])["labels"] for picture in pictures]
        assert labels[0][0]["seed_id"] == labels[1][0]["seed_id"]
        assert labels[2] == []
        unreviewed = [seed for seed in call("rebuild_seeds")["seeds"] if seed["status"] == "unreviewed"]
        assert len(unreviewed) == 1

    def test_an_update_replaces_what_the_client_said(
        self, call: Call, ana: dict[str, str], database: psycopg.Connection
    ) -> None:
        (picture,) = self.announce(call, ana, (b"one", "1.tiff"), documents=[self.DOCUMENT])
        rebuilt = call("rebuild_picture", picture["picture_id"])
        assert call("update_picture", picture["picture_id"], rebuilt, acting=ana["user_id"]) == rebuilt
        changes = "select before, acted_by::text from datastore.history where action = 'changed'"
        assert database.execute(changes).fetchall() == []
        updated = call("update_picture", picture["picture_id"], {"seed": None}, acting=ana["user_id"])
        assert updated.keys().isdisjoint({"user_data", "client_data", "unknown"})
        assert (updated["seed"], updated["labels"]) == (None, [])
        before = dict(self.DOCUMENT)
        assert database.execute(changes).fetchall() == [(before, ana["user_id"])]


class TestWhoSeesWhat:
    def test_another_users_things_do_not_exist(self, call: Call, ana: dict[str, str], bob: dict[str, str]) -> None:
        (picture,) = call("announce_pictures", ana["picture_set_id"], [{}], acting=ana["user_id"])
        as_bob = {"acting": bob["user_id"]}
        calls: list[tuple[Any, ...]] = [
            ("rebuild_picture", picture["picture_id"]),
            ("rebuild_picture_set", ana["picture_set_id"]),
            ("update_picture", picture["picture_id"], {}),
            ("announce_pictures", ana["picture_set_id"], [{}]),
            ("confirm_pictures", [{"picture_id": picture["picture_id"]}]),
            ("locate_picture", picture["picture_id"]),
            ("find_container", ana["picture_set_id"]),
            ("create_picture_set", {}, ana["container_id"]),
        ]
        for function, *arguments in calls:
            with refused("DS404"):
                call(function, *arguments, **as_bob)
        assert [folder["picture_set_id"] for folder in call("rebuild_folders", **as_bob)] == [bob["picture_set_id"]]

    def test_a_container_that_does_not_hold_it(self, call: Call, ana: dict[str, str], bob: dict[str, str]) -> None:
        (picture,) = call("announce_pictures", ana["picture_set_id"], [{}])
        assert call("rebuild_picture", picture["picture_id"], ana["container_id"])
        with refused("DS404"):
            call("rebuild_picture", picture["picture_id"], bob["container_id"])

    def test_a_link_across_containers_is_impossible(
        self, database: psycopg.Connection, ana: dict[str, str], bob: dict[str, str]
    ) -> None:
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            database.execute(
                "insert into datastore.picture (container_id, picture_set_id, blob_name) values (%s, %s, 'x')",
                [bob["container_id"], ana["picture_set_id"]],
            )


class TestNoBlobIsLost:
    """A blob has a row, or an entry in the outbox, whatever a DBA does."""

    @pytest.mark.parametrize(
        "statement",
        [
            "delete from datastore.picture",
            "delete from datastore.picture_set",
            "truncate datastore.picture cascade",
            "truncate datastore.picture_set cascade",
            "truncate datastore.user_account cascade",
        ],
    )
    def test_deleted_by_any_means(
        self, call: Call, ana: dict[str, str], database: psycopg.Connection, statement: str
    ) -> None:
        pictures = call("announce_pictures", ana["picture_set_id"], [{}, {}, {}])
        call("confirm_pictures", [{"picture_id": pictures[0]["picture_id"]}])
        database.execute(statement)
        assert database.execute("select count(*) from datastore.picture").fetchone() == (0,)
        outbox = database.execute(
            "select due ->> 'container_name', due ->> 'blob_name'"
            " from jsonb_array_elements(datastore.due_blob_deletions(older_than => '0 hours')) as due"
        ).fetchall()
        assert sorted(outbox) == sorted((ana["container_name"], picture["blob_name"]) for picture in pictures)


class TestNoInvalidJsonAtRest:
    def test_every_jsonb_column_is_checked(self, database: psycopg.Connection) -> None:
        unchecked = database.execute("""
            select attrelid::regclass::text || '.' || attname
            from pg_attribute join pg_class on pg_class.oid = attrelid
            where relnamespace = 'datastore'::regnamespace and relkind = 'r' and atttypid = 'jsonb'::regtype
              and attgenerated = ''
              and not exists (
                select from pg_constraint
                where conrelid = attrelid and contype = 'c' and attnum = any (conkey))
        """).fetchall()
        assert unchecked == []

    def test_no_row_has_a_version_that_nothing_checks(self, database: psycopg.Connection) -> None:
        # The checks of a version ask only its own rows: a version that nobody knows would be asked by none.
        unchecked = database.execute("""
            select attrelid::regclass::text
            from pg_attribute join pg_class on pg_class.oid = attrelid
            where relnamespace = 'datastore'::regnamespace and relkind = 'r' and attname = 'schema_version'
              and not exists (
                select from pg_constraint
                where conrelid = attrelid and contype = 'c' and conkey = array[attnum]
                  and conname like '%\\_schema\\_version\\_check')
        """).fetchall()
        assert unchecked == []

    def test_a_plain_insert_is_checked_as_well(self, database: psycopg.Connection, ana: dict[str, str]) -> None:
        insert = """
            insert into datastore.picture (container_id, picture_set_id, blob_name, document)
            values (%s, %s, 'x', %s)
        """
        good, bad = Jsonb({"user_data": {"zoom": 30}}), Jsonb({"user_data": {"zoom": "30"}})
        database.execute(insert, [ana["container_id"], ana["picture_set_id"], good])
        with pytest.raises(psycopg.errors.CheckViolation, match="picture_v1_check"):
            database.execute(insert, [ana["container_id"], ana["picture_set_id"], bad])

    def test_a_query_tells_why(self, database: psycopg.Connection) -> None:
        why = "select * from datastore.document_errors('picture', %s)"
        row = database.execute(why, [Jsonb({"user_data": {"zoom": "30"}})]).fetchone()
        assert row is not None
        assert row[:2] == ("/user_data/zoom", "type")


class TestTheManual:
    """\\d+ and \\df+ explain the schema."""

    def test_everything_has_a_comment(self, database: psycopg.Connection) -> None:
        silent = database.execute("""
            select 'table ' || oid::regclass from pg_class
            where relnamespace = 'datastore'::regnamespace and relkind in ('r', 'v')
              and obj_description(oid, 'pg_class') is null
            union all
            select 'function ' || oid::regprocedure from pg_proc
            where pronamespace = 'datastore'::regnamespace and obj_description(oid, 'pg_proc') is null
            union all
            select 'column ' || attrelid::regclass || '.' || attname
            from pg_attribute join pg_class on pg_class.oid = attrelid
            where relnamespace = 'datastore'::regnamespace and relkind = 'r' and attnum > 0 and not attisdropped
              and col_description(attrelid, attnum) is null
        """).fetchall()
        assert silent == []
