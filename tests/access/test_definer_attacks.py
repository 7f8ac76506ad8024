"""Functions that run as their owner, called with what a session can make of its own: none of it runs as the owner."""

from __future__ import annotations

from dataclasses import dataclass, field

import psycopg
import pytest
from psycopg import sql

from tests.access.catalogue import argument_for
from tests.access.sessions import acts, rows
from tests.support.people import World

# Each says as whom it runs, and tries to write what only the owner may write.
BITE = """
  raise notice 'bitten as %', current_user;
  begin
    insert into datastore.history (entity, entity_id, action) values ('bitten', pg_catalog.gen_random_uuid(), 'x');
  exception when insufficient_privilege then null;
  end;
"""
# What the functions call by these names, with the arguments of theirs
SHADOWS = {
    "lower(text)": "text", "btrim(text)": "text", "char_length(text)": "integer", "now()": "timestamptz",
    "gen_random_uuid()": "uuid", "format(text, text)": "text", "format(text, uuid)": "text", "to_json(text)": "json",
    "to_jsonb(text)": "jsonb", "unnest(uuid[])": "uuid", "unnest(text[])": "text", "current_setting(text)": "text",
    "current_setting(text, boolean)": "text", "set_config(text, text, boolean)": "text",
    "jsonb_array_length(jsonb)": "integer", "concat_ws(text, uuid, uuid)": "text",
    "array_to_string(uuid[], text)": "text",
    "split_part(text, text, integer)": "text", "octet_length(text)": "integer", "pg_has_role(name, text)": "boolean",
    "has_table_privilege(name, regclass, text)": "boolean", "md5(text)": "text",
}  # fmt: skip
OPERATORS = [
    ("uuid", "="),
    ("uuid", "<>"),
    ("text", "="),
    ("text", "<>"),
    ("text", "||"),
    ("jsonb", "||"),
    ("text", "~"),
]
# What is a word of SQL has another name in the catalogue.
NAMES = {"boolean": "bool", "integer": "int4"}


@dataclass
class Attacker:
    """A login of the backend with temporary objects, and a schema, of its own."""

    connection: psycopg.Connection
    world: World
    functions: list[tuple[str, bool, list[tuple[str, str]]]]
    bitten_as: list[str] = field(default_factory=list)

    def run(self, query: sql.Composed, kind: str = "owner") -> str | None:
        """The SQLSTATE; nothing of it stays."""
        try:
            with self.connection.transaction(force_rollback=True):
                acts(self.connection, self.world, kind)
                self.connection.execute(query)
        except psycopg.Error as error:
            return error.sqlstate
        return None

    def call(self, name: str, arguments: list[tuple[str, str]], wrapped: str) -> sql.Composed:
        """A call with values that mean the owner's things, each wrapped in {0}, a text, for a type {1}."""
        values = []
        for argument, type_ in arguments:
            value, _ = argument_for(argument, type_, self.world.anas, self.world)
            named = sql.SQL(type_ if "." in type_ else f"pg_catalog.{NAMES.get(type_, type_)}")
            text = sql.SQL("cast(cast({} as {}) as pg_catalog.text)").format(sql.Literal(value), named)
            values.append(sql.SQL(wrapped).format(text, named))
        return sql.SQL("datastore.{}({})").format(sql.Identifier(name), sql.SQL(", ").join(values))


@pytest.fixture
def attacker(
    backend: psycopg.Connection, database: psycopg.Connection, logins: dict[str, str], world: World
) -> Attacker:
    login = sql.Identifier(logins["app"])
    database.execute(sql.SQL("create schema evil authorization {}").format(login))
    database.execute(f"grant temporary on database {database.info.dbname} to public".encode())
    functions = database.execute(
        "select proname, proretset, coalesce(proargnames[:pronargs], '{}'),"
        " array(select format_type(t, null) from unnest(proargtypes) as t)"
        " from pg_proc where pronamespace = 'datastore'::regnamespace and prosecdef"
        " and prorettype <> 'trigger'::regtype order by 1"
    ).fetchall()
    # Those of workers as well: what holds for one role holds for the other.
    for name, _, _, types in functions:
        signature = sql.SQL(", ").join(sql.SQL(type_) for type_ in types)
        database.execute(
            sql.SQL("grant execute on function datastore.{}({}) to datastore_app").format(
                sql.Identifier(name), signature
            )
        )
    found = Attacker(
        backend,
        world,
        [(name, is_set, list(zip(names, types, strict=True))) for name, is_set, names, types in functions],
    )
    backend.add_notice_handler(
        lambda notice: found.bitten_as.append(str(notice.message_primary).removeprefix("bitten as "))
        if str(notice.message_primary).startswith("bitten as ") else None
    )  # fmt: skip
    backend.execute("grant usage on schema evil to public")
    backend.execute("create type pg_temp.bait as (content text)")
    return found


def no_one_was_bitten_as_owner(attacker: Attacker, database: psycopg.Connection, logins: dict[str, str]) -> None:
    assert set(attacker.bitten_as) <= {"datastore_app", logins["app"]}
    assert rows(database, "select count(*) from datastore.history where entity = 'bitten'") == [(0,)]


def add_casts(attacker: Attacker) -> None:
    """From a type of the caller's own to each type of an argument, implicit."""
    types = {type_ for _, _, arguments in attacker.functions for _, type_ in arguments}
    for place, type_ in enumerate(sorted(types)):
        attacker.connection.execute(
            f"create function pg_temp.bite_{place}(pg_temp.bait) returns {type_} language plpgsql as $$ begin {BITE}"
            f" return $1.content::{type_}; end $$;"
            f"create cast (pg_temp.bait as {type_}) with function pg_temp.bite_{place}(pg_temp.bait)"
            " as implicit".encode()
        )


# How a session comes to call a function: {call} is its call, with arguments of the caller's own type
WAYS = {
    "directly": "select {call}",
    "from a view": "create view pg_temp.v as select ({call}) is null as x; select * from pg_temp.v",
    "from a default":
        "create table pg_temp.d (one int, x text default ({call})::text); insert into pg_temp.d values (1)",
    "from an operator": "create function pg_temp.o(pg_temp.bait, pg_temp.bait) returns boolean language plpgsql as"
        " $$ begin perform {call}; return true; end $$;"
        " create operator pg_temp.=== (leftarg = pg_temp.bait, rightarg = pg_temp.bait, function = pg_temp.o);"
        " select row('x')::pg_temp.bait operator(pg_temp.===) row('x')::pg_temp.bait",
    "from an index": "create function pg_temp.i(int) returns int immutable language plpgsql as"
        " $$ begin perform {call}; return 1; end $$;"
        " create table pg_temp.t (one int); create index on pg_temp.t (pg_temp.i(one));"
        " insert into pg_temp.t values (1)",
    "from a trigger": "create function pg_temp.g() returns trigger language plpgsql as"
        " $$ begin perform {call}; return new; end $$; create table pg_temp.t (one int);"
        " create trigger g before insert on pg_temp.t for each row execute function pg_temp.g();"
        " insert into pg_temp.t values (1)",
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_casts_run_as_their_caller(
    attacker: Attacker, database: psycopg.Connection, logins: dict[str, str], way: str
) -> None:
    add_casts(attacker)
    tried = 0
    for name, is_set, arguments in attacker.functions:
        if not arguments or (is_set and way == "from a default"):
            continue
        before = len(attacker.bitten_as)
        call = attacker.call(name, arguments, "(row({0})::pg_temp.bait)")
        ended = attacker.run(sql.SQL(WAYS[way]).format(call=call))
        assert len(attacker.bitten_as) > before, (name, ended)
        tried += 1
    assert tried > 15
    no_one_was_bitten_as_owner(attacker, database, logins)


def test_shadows_run_as_their_caller(attacker: Attacker, database: psycopg.Connection, logins: dict[str, str]) -> None:
    """Functions and operators under the names that functions use, before pg_catalog; in pg_temp, tables and types."""
    create = attacker.connection.execute
    for schema in ("evil", "pg_temp"):
        for signature, type_ in SHADOWS.items():
            body = f"language plpgsql as $$ begin {BITE} return null; end $$"
            create(
                f'create function {schema}."{signature.replace("(", chr(34) + "(", 1)} returns {type_} {body}'.encode()
            )
        for place, (type_, operator) in enumerate(OPERATORS):
            answer = type_ if operator == "||" else "boolean"
            create(
                f"create function {schema}.op_{place}({type_}, {type_}) returns {answer} language plpgsql as"
                f" $$ begin {BITE} return null; end $$; create operator {schema}.{operator}"
                f" (leftarg = {type_}, rightarg = {type_}, function = {schema}.op_{place})".encode()
            )
    for table in ("membership", "user_group", "container_share", "history", "seed", "label", "new_rows"):
        create(f"create table pg_temp.{table} (x int)".encode())
    for type_ in ("uuid", "jsonb"):
        create(f"create domain pg_temp.{type_} as pg_catalog.text".encode())
    create("set search_path = evil, pg_temp, datastore, pg_catalog")
    assert rows(attacker.connection, "select lower('A')") == [(None,)]
    assert attacker.bitten_as == [logins["app"]], "the shadows are called where a name is not qualified"
    for kind in ("owner", "stranger"):
        for name, _, arguments in attacker.functions:
            call = attacker.call(name, arguments, "cast({0} as {1})")
            ended = attacker.run(sql.SQL("select {}").format(call), kind)
            assert ended not in ("42601", "42704", "42725", "42883", "42P01"), (name, ended)
    no_one_was_bitten_as_owner(attacker, database, logins)


def test_a_careless_function_is_found(attacker: Attacker, database: psycopg.Connection, logins: dict[str, str]) -> None:
    """A careless function, which the rules of the catalogue forbid, is found by these tests."""
    database.execute(
        "create function datastore.careless(name text) returns text language plpgsql security definer as"
        " $$ begin return lower(name); end $$; alter function datastore.careless(text) owner to datastore_owner;"
        " grant execute on function datastore.careless(text) to public"
    )
    attacker.connection.execute(
        f"create function evil.lower(text) returns text language plpgsql as $$ begin {BITE} return 'x'; end $$;"
        " set search_path = evil, pg_catalog".encode()
    )
    attacker.connection.execute("select datastore.careless('x')")
    assert attacker.bitten_as == ["datastore_owner"]
    assert rows(database, "select count(*) from datastore.history where entity = 'bitten'") == [(1,)]
