"""Objects that a session creates replace none that functions use, and give no role the owner's rights."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.json import Jsonb

from datastore_db.database.migrations import migrate
from datastore_db.resources import SQL
from tests.access.sessions import acts, refused, rows
from tests.conftest import make_url
from tests.support.people import ANAS, World, people

# Roles belong to the whole server, which several processes of tests may share.
PREFIX = f"lab_{os.getpid()}"


class TestShadows:
    """Functions, operators and tables under the names that the functions use, in front of the search path."""

    @pytest.fixture
    def shadowed(
        self, database: psycopg.Connection, backend: psycopg.Connection, logins: dict[str, str]
    ) -> psycopg.Connection:
        database.execute(
            sql.SQL("create schema evil authorization {}; grant create, usage on schema public to {}").format(
                sql.Identifier(logins["app"]), sql.Identifier(logins["app"])
            )
        )
        for schema in ("evil", "public"):
            for statement in (
                # Everything is equal to everything, is set, and exists.
                "create function {0}.yes(uuid, uuid) returns boolean language sql immutable as 'select true'",
                "create operator {0}.= (leftarg = uuid, rightarg = uuid, function = {0}.yes)",
                "create function {0}.yes(text, text) returns boolean language sql immutable as 'select true'",
                "create operator {0}.= (leftarg = text, rightarg = text, function = {0}.yes)",
                "create operator {0}.<> (leftarg = text, rightarg = text, function = {0}.yes)",
                "create function {0}.current_setting(text, boolean) returns text language sql as 'select null::text'",
                "create function {0}.set_config(text, text, boolean) returns text language sql as 'select null::text'",
                "create function {0}.now() returns timestamptz language sql as 'select null::timestamptz'",
                "create function {0}.to_jsonb(anyelement) returns jsonb language sql as 'select null::jsonb'",
                "create type {0}.uuid as (stolen text)",
                "create type {0}.jsonb as (stolen text)",
                "create table {0}.membership as select 1 as one",
            ):
                backend.execute(statement.format(schema).encode())
        for statement in (
            "create temporary table membership (user_id pg_catalog.uuid, group_id pg_catalog.uuid)",
            "create temporary table container_share (container_id pg_catalog.uuid, group_id pg_catalog.uuid)",
            "create temporary table history (container_id pg_catalog.uuid)",
            "create temporary table new_rows (container_id pg_catalog.uuid, picture_id pg_catalog.uuid)",
            "set search_path = pg_temp, evil, public, pg_catalog",
        ):
            backend.execute(statement.encode())
        return backend

    def test_shadowing_shows_no_rows_of_other_users(self, shadowed: psycopg.Connection, world: World) -> None:
        with shadowed.transaction():
            acts(shadowed, world, "stranger")
            for table in ("picture", "inference", "history", "picture_document", "verdict"):
                query = (
                    f"select count(*) from datastore.{table}"
                    " where container_id operator(pg_catalog.=) %s::pg_catalog.uuid"
                )
                assert rows(shadowed, query, world.anas["container_id"]) == [(0,)], table
            assert rows(shadowed, "select datastore.shared_containers('contributor')") == []
            assert rows(shadowed, "select count(*) from datastore.user_account") == [(2,)]

    def test_shadowing_keeps_the_history_complete(
        self, shadowed: psycopg.Connection, database: psycopg.Connection, world: World
    ) -> None:
        with shadowed.transaction():
            acts(shadowed, world, "owner")
            shadowed.execute(
                "update datastore.picture set document = '{\"user_data\": {}}'"
                " where picture_id operator(pg_catalog.=) %s::pg_catalog.uuid",
                [world.anas["picture_id"]],
            )
        entries = rows(
            database,
            "select action, acted_by::text, before #>> '{user_data,description}' from datastore.history"
            " where entity_id = %s order by history_id desc limit 1",
            world.anas["picture_id"],
        )
        assert entries == [("changed", world.users["owner"]["user_id"], ANAS)]

    @pytest.mark.parametrize(
        "document", [{"user_data": {"zoom": "big"}}, {"client_feedback": {"correct_identification": 1}}]
    )
    def test_shadowing_lets_no_invalid_document_in(
        self, shadowed: psycopg.Connection, world: World, document: dict[str, object]
    ) -> None:
        with shadowed.transaction(force_rollback=True), refused("23514"):
            acts(shadowed, world, "owner")
            shadowed.execute(
                "update datastore.picture set document = %s"
                " where picture_id operator(pg_catalog.=) %s::pg_catalog.uuid",
                [Jsonb(document), world.anas["picture_id"]],
            )


class TestOwner:
    """Installing needs no superuser: the login may create roles, or is a member of the existing ones."""

    @pytest.fixture
    def installer(self, server_url: str) -> Iterator[str]:
        name = f"installer_{os.getpid()}"
        with psycopg.connect(server_url, autocommit=True) as connection:
            role, home = sql.Identifier(name), sql.Identifier(f"{name}_home")
            connection.execute(
                sql.SQL("create role {} login createrole nosuperuser nobypassrls password 'hostile'").format(role)
            )
            connection.execute(sql.SQL("create database {} owner {}").format(home, role))
            yield make_url(server_url, user=name, password="hostile", dbname=f"{name}_home")
            connection.execute(sql.SQL("drop database {} with (force)").format(home))
            for part in ("owner", "worker", "app", "reader"):
                connection.execute(sql.SQL("drop role if exists {}").format(sql.Identifier(f"{PREFIX}_{part}")))
            connection.execute(sql.SQL("drop role {}").format(role))

    @pytest.mark.parametrize("how", ["migrate", "psql"])
    def test_an_owner_may_use_another_prefix_of_roles(self, installer: str, psql: str, how: str) -> None:
        options = f"-cdatastore.role_prefix={PREFIX}"
        if how == "migrate":
            migrate(make_url(installer, options=options))
            migrate(installer)  # the database knows its prefix
        else:
            subprocess.run(
                [psql, "-qX", "-v", "ON_ERROR_STOP=1", "-d", installer, "-f", str(SQL / "install.sql")],
                env=os.environ | {"PGOPTIONS": options}, check=True, timeout=120,
            )  # fmt: skip
        with psycopg.connect(installer, autocommit=True) as connection:
            roles = rows(
                connection,
                "select distinct pg_get_userbyid(relowner) from pg_class"
                " where relnamespace = 'datastore'::regnamespace and relkind = 'r'",
            )
            assert roles == [(f"{PREFIX}_owner",)]
            world = people(connection)
            acting = "select datastore.rebuild_picture(%s) ->> 'picture_id' from datastore.act_as(%s)"
            ids = [world.anas["picture_id"], world.users["owner"]["user_id"]]
            assert rows(connection, acting, *ids) == [(world.anas["picture_id"],)]
            with refused("DS404"):
                rows(connection, acting, ids[0], world.users["stranger"]["user_id"])

    def test_without_createrole_the_rest_is_made(
        self, installer: str, server_url: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        name = str(conninfo_to_dict(installer)["user"])
        url = make_url(installer, options=f"-cdatastore.role_prefix={PREFIX}")
        with psycopg.connect(server_url, autocommit=True) as dba:
            dba.execute(sql.SQL("alter role {} nocreaterole").format(sql.Identifier(name)))
            migrate(url)
            assert f"create role {PREFIX}_app nologin" in caplog.text
            with psycopg.connect(installer, autocommit=True) as connection:
                user = rows(connection, "select datastore.register_user('ana@example.org') ->> 'user_id'")[0][0]
                with refused("DS403"):
                    connection.execute("select datastore.act_as(%s)", [user])
                for part in ("owner", "worker", "app", "reader"):
                    dba.execute(f"create role {PREFIX}_{part} nologin; grant {PREFIX}_{part} to {name}".encode())
                migrate(installer)
                acting = "select jsonb_array_length(datastore.rebuild_folders()) from datastore.act_as(%s)"
                assert rows(connection, acting, user) == [(1,)]

    def test_a_backfill_touches_every_row(self, installer: str) -> None:
        migrate(make_url(installer, options=f"-cdatastore.role_prefix={PREFIX}"))
        with psycopg.connect(installer, autocommit=True) as connection:
            people(connection)
            count = rows(connection, "select count(*) from datastore.box")
            connection.execute("alter table datastore.box add column backfilled boolean")
            done = connection.execute("update datastore.box set backfilled = true").rowcount
        assert [(done,)] == count != [(0,)]
