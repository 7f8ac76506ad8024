"""Rules for every writer: access to rows, no lost blob, no invalid JSON."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.support.calls import Call
from tests.support.errors import refused


class TestOtherContainers:
    def test_rows_of_another_user_are_not_found(self, call: Call, ana: dict[str, str], bob: dict[str, str]) -> None:
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

    def test_a_row_of_another_container_is_not_found(
        self, call: Call, ana: dict[str, str], bob: dict[str, str]
    ) -> None:
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
    def test_every_deleted_picture_is_in_the_outbox(
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

    def test_every_version_of_a_row_has_a_check(self, database: psycopg.Connection) -> None:
        # The checks of a version ask only its own rows: an unknown version would be checked by none.
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

    def test_a_query_explains_an_invalid_row(self, database: psycopg.Connection) -> None:
        why = "select * from datastore.document_errors('picture', %s)"
        row = database.execute(why, [Jsonb({"user_data": {"zoom": "30"}})]).fetchone()
        assert row is not None
        assert row[:2] == ("/user_data/zoom", "type")


class TestTheManual:
    """\\d+ and \\df+ explain the schema."""

    def test_every_object_has_a_comment(self, database: psycopg.Connection) -> None:
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
