"""Which user sees and changes which rows: every table, view and function that there is, for every kind of user."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from datastore_db.database.migrations import migrate
from datastore_db.json_codec import dumps
from tests.access.catalogue import argument_for, asking, call, columns_of, count, fingerprint, relations
from tests.support.people import ANAS, PIAS, World, people

# Kinds of users of the container in question: the acting user, the owner, and the user's rights.
KINDS = {
    "owner": ("owner", "anas", "change"),
    "contributor": ("contributor", "anas", "change"),
    "reader": ("reader", "anas", "see"),
    "public": ("stranger", "pias", "see"),
    "stranger": ("stranger", "anas", "nothing"),
    "none": (None, "anas", "nothing"),
}


# Tables whose rows some users of the container do not see: {table: users that do}. Others follow the container.
SEEN_BY: dict[str, set[str]] = {
    "history": {"owner", "contributor"},
    "container_share": {"owner", "contributor", "reader"},
    "link": {"owner", "contributor"},
    "blob_deletion": set(),
    # Pia shows it, Ana does not.
    "picture_personal_data": {"owner", "public"},
}


# Tables of which a reader of the container sees a part: {table: that part}
SEEN_IN_PART = {"container_key": "permission = 'read'"}


@pytest.fixture(scope="module")
def url(make_database: Any) -> str:
    url: str = make_database()
    migrate(url)
    return url


@pytest.fixture(scope="module")
def connection(url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def world(connection: psycopg.Connection) -> World:
    return people(connection)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_a_container_are_seen_only_with_access(connection: psycopg.Connection, world: World, kind: str) -> None:
    actor, owner, permission = KINDS[kind]
    container_id = getattr(world, owner)["container_id"]
    for relation in relations(connection, "rpv", of_containers=True):
        part = SEEN_IN_PART.get(relation, "true") if permission == "see" else "true"
        there = count(connection, relation, f"container_id = %s and {part}", container_id)
        if (owner, relation) not in [
            ("pias", "container_share"), ("anas", "container_publication"), ("anas", "personal_data_share"),
        ]:  # fmt: skip
            assert there, f"tests/support/people.py puts no row into {relation}"
        expected = kind in SEEN_BY.get(relation, KINDS) and permission != "nothing"
        with asking(connection, world, actor):
            seen = count(connection, relation, "container_id = %s", container_id)
        assert seen == (there if expected else 0), relation


@pytest.mark.parametrize("kind", KINDS)
def test_no_row_is_deleted_or_locked_by_plain_sql(connection: psycopg.Connection, world: World, kind: str) -> None:
    actor, owner, _ = KINDS[kind]
    container_id = getattr(world, owner)["container_id"]
    for table in relations(connection, "rp", of_containers=True):
        name = sql.Identifier("datastore", table)
        for statement in (
            sql.SQL("delete from {} where container_id = {}").format(name, container_id),
            sql.SQL("truncate {} cascade").format(name),
            sql.SQL("lock table {} in access exclusive mode").format(name),
            sql.SQL("lock table {} in share row exclusive mode").format(name),
        ):
            with asking(connection, world, actor), pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ids", ["foreign", "twin"])
def test_no_row_is_copied_by_plain_sql(connection: psycopg.Connection, world: World, kind: str, ids: str) -> None:
    """A copy of each row as it is, or as a twin with the same id in the caller's own container."""
    actor, owner, _ = KINDS[kind]
    container_id = getattr(world, owner)["container_id"]
    own_id = container_id if actor is None else world.users[actor]["container_id"]
    for table in relations(connection, "rp", of_containers=True):
        name = sql.Identifier("datastore", table)
        columns = columns_of(connection, table)
        listed = sql.SQL(", ").join(sql.Identifier(column) for column, _ in columns)
        row = connection.execute(
            sql.SQL("select {} from {} where container_id = %s limit 1").format(listed, name), [container_id]
        ).fetchone()
        if row is None:
            continue
        values = [
            own_id if column == "container_id" and ids == "twin"
            else Jsonb(value, dumps=dumps) if is_document and value is not None else value
            for value, (column, is_document) in zip(row, columns, strict=True)
        ]  # fmt: skip
        placeholders = sql.SQL(", ").join(sql.Placeholder() for _ in columns)
        insert = sql.SQL("insert into {} ({}) values ({})").format(name, listed, placeholders)
        with asking(connection, world, actor), pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(insert, values)


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_is_updated_only_with_access(connection: psycopg.Connection, world: World, kind: str) -> None:
    """Each column that backends may update, in each row: without a change, so that no trigger minds."""
    actor, owner, permission = KINDS[kind]
    container_id = getattr(world, owner)["container_id"]
    for table in relations(connection, "rp", of_containers=True):
        there = count(connection, table, "container_id = %s", container_id)
        if table == "container_key":
            continue  # revoking is all that may be done: tests/access/test_attacks.py
        for column, _ in columns_of(connection, table):
            granted = connection.execute(
                "select has_column_privilege('datastore_app', %s, %s, 'update')", [f"datastore.{table}", column]
            ).fetchone()
            update = sql.SQL("update {} set {column} = {column} where container_id = {}").format(
                sql.Identifier("datastore", table), container_id, column=sql.Identifier(column)
            )
            with asking(connection, world, actor):
                if granted != (True,):
                    with pytest.raises(psycopg.errors.InsufficientPrivilege):
                        connection.execute(update)
                    continue
                allowed = permission == "change" and kind in SEEN_BY.get(table, KINDS)
                allowed = allowed and (table != "container_share" or kind == "owner")
                assert connection.execute(update).rowcount == (there if allowed else 0), (table, column)


@pytest.mark.parametrize("actor", ["stranger", None])
def test_no_relation_shows_anas_feedback_to_others(
    connection: psycopg.Connection, world: World, actor: str | None
) -> None:
    everything = [*relations(connection, "rpv", of_containers=True), *relations(connection, "rpv", of_containers=False)]
    found = {relation: count(connection, relation, "it::text like %s", f"%{ANAS}%") for relation in everything}
    assert {"picture", "history", "verdict", "picture_document"} <= {name for name, there in found.items() if there}
    with asking(connection, world, actor):
        for relation in everything:
            assert count(connection, relation, "it::text like %s", f"%{ANAS}%") == 0, relation


def test_a_backend_without_an_acting_user_sees_no_row(connection: psycopg.Connection, world: World) -> None:
    with asking(connection, world, None):
        for table in (
            "user_account",
            "user_group",
            "membership",
            "pipeline_choice",
            *relations(connection, "rp", of_containers=True),
        ):
            assert count(connection, table, "%s", True) == 0, table


@pytest.fixture(scope="module")
def functions(connection: psycopg.Connection) -> list[tuple[str, list[tuple[str, str]]]]:
    """Name and arguments (name, type) of each; those that are for triggers cannot be called."""
    rows = connection.execute(
        "select p.oid::regprocedure::text, (coalesce(p.proargnames, '{}'))[:p.pronargs],"
        " array(select format_type(t, null) from unnest(p.proargtypes) as t)"
        " from pg_proc as p where p.pronamespace = 'datastore'::regnamespace and p.prorettype <> 'trigger'::regtype"
        " order by 1"
    ).fetchall()
    return [
        (name.partition("(")[0], list(zip(names or [""] * len(types), types, strict=True)))
        for name, names, types in rows
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_no_function_exceeds_the_rights_of_its_caller(
    connection: psycopg.Connection, world: World, functions: list[tuple[str, list[tuple[str, str]]]], kind: str
) -> None:
    actor, owner, permission = KINDS[kind]
    ids = getattr(world, owner)
    mark = {"anas": ANAS, "pias": PIAS}[owner]
    before = fingerprint(connection, ids, world.group_id)
    answered, changed = set(), set()
    for name, arguments in functions:
        with asking(connection, world, actor):
            try:
                with connection.transaction():
                    answer = call(connection, name, [argument_for(*item, ids, world) for item in arguments])
            except psycopg.Error as error:
                answer = str(error) + str(error.diag.message_detail)
            connection.execute("reset role")
            after = fingerprint(connection, ids, world.group_id)
        if mark in answer:
            answered.add(name)
        if after != before:
            changed.add(name)
    if permission == "nothing":
        assert answered == set()
    else:
        assert {"datastore.rebuild_picture", "datastore.rebuild_inference", "datastore.find_picture_set"} <= answered
    if permission == "change":
        assert {"datastore.update_picture", "datastore.import_inference", "datastore.announce_pictures"} <= changed
    else:
        assert changed == set()
