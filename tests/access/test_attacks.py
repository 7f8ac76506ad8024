"""Attacks that worked once: each is tried as it was, with the login of the role that could do it."""

from __future__ import annotations

import psycopg
import pytest

from tests.access.sessions import refused, rows
from tests.people import World

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
