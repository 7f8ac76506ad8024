"""The database that tests share holds, for each of them, what a new one would."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from tests.support.calls import caller
from tests.support.databases import SharedDatabase, create_database, drop_database

NAMES = """
select c.oid::regclass::text, c.relkind::text from pg_class as c
 where c.relkind in ('r', 'S') and c.relnamespace::regnamespace::text not in ('pg_catalog', 'information_schema')
 order by 1
"""
QUERIES = {"r": "select it::text from {} as it order by 1", "S": "select last_value, is_called from {}"}


@pytest.fixture
def shared(server_url: str, template: str) -> Iterator[SharedDatabase]:
    shared = SharedDatabase(server_url, template)
    yield shared
    shared.drop()


def contents(url: str) -> dict[str, list[tuple[object, ...]]]:
    """The rows of every table, and the state of every sequence."""
    with psycopg.connect(url, autocommit=True) as connection:
        names = connection.execute(NAMES).fetchall()
        return {name: connection.execute(QUERIES[kind].format(name).encode()).fetchall() for name, kind in names}


def test_rows_are_put_back(shared: SharedDatabase, server_url: str, template: str) -> None:
    new = create_database(server_url, template)
    expected = contents(new)
    drop_database(server_url, new)
    urls = set()
    for _ in range(2):
        with shared.lent() as url, psycopg.connect(url, autocommit=True) as connection:
            assert contents(url) == expected
            urls.add(url)
            call = caller(connection)
            ana = call("register_user", "ana@example.org")
            call("announce_pictures", ana["picture_set_id"], [{"seed": "A new species"}, {}], acting=ana["user_id"])
            connection.execute("update datastore.seed set name = name || ' changed'")
            connection.execute("delete from datastore.installed_part")
            assert contents(url) != expected
    assert len(urls) == 1


@pytest.mark.parametrize(
    "change",
    [
        "create table datastore.more ()",
        "create or replace function datastore.now_and_then() returns int language sql return 1",
        "alter table datastore.picture disable trigger user",
        "truncate datastore.seed cascade",
        "grant select on datastore.seed to public",
        "comment on table datastore.seed is 'changed'",
        "analyze datastore.seed",
        "alter database {} set work_mem = '8MB'",
        "revoke connect on database {} from public",
    ],
)
def test_after_any_other_change_the_next_one_is_new(shared: SharedDatabase, change: str) -> None:
    with shared.lent() as first, psycopg.connect(first, autocommit=True) as connection:
        name = sql.Identifier(str(conninfo_to_dict(first)["dbname"]))
        connection.execute(sql.SQL(change).format(name))
    with shared.lent() as second:
        assert second != first


def test_sessions_that_a_test_left_open_are_ended(shared: SharedDatabase) -> None:
    with shared.lent() as url:
        left = psycopg.connect(url)
        left.execute("lock table datastore.seed")
    with shared.lent() as again:
        assert again == url
    with pytest.raises(psycopg.OperationalError):
        left.execute("select 1")
