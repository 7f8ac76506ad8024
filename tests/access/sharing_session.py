"""Five users with a container each in real PostgreSQL, and what each of them is told by functions and by plain SQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from datastore_db.json_codec import dumps
from tests.access.sharing_model import CONFLICT, NOT_FOUND, SharingModel
from tests.support.calls import caller
from tests.support.people import PIPELINES, fill

USERS = ("ana", "bob", "cora", "dan", "eve")
NAMES = ("lab", "field")

# What of a row counts besides its container, where not all rows of a container are seen by the same users. Tables
# without a container are those that are named here.
PARTS = {
    "history": "case when container_id is null then entity || ' ' || entity_id end",
    "container_share": "group_id::text",
    "container_key": "permission",
    "link": "issued_by::text",
    "user_account": "user_id::text",
    "user_group": "group_id::text",
    "membership": "group_id || ' ' || user_id",
}
WITHOUT_CONTAINER = ("user_account", "user_group", "membership")

# One round trip for a call or a look. What acts is set outside of the block that catches, which would undo it.
ASKING = """
create schema asking;
grant usage on schema asking to public;
create function asking.acts(user_id uuid) returns void language plpgsql as $$
begin
  if user_id is null then
    perform set_config('role', 'none', true), set_config('datastore.acting', '', true);
  else
    perform datastore.act_as(user_id);
  end if;
end $$;
create function asking.answer(user_id uuid, statement text, argument jsonb) returns jsonb language plpgsql as $$
declare answer jsonb;
begin
  perform asking.acts(user_id);
  begin
    execute statement into answer using argument;
    return jsonb_build_object('answer', answer);
  exception when others then
    return jsonb_build_object('refused', sqlstate, 'message', sqlerrm);
  end;
end $$;
create function asking.refusal(function text, argument text) returns text language plpgsql as $$
begin
  case function
    when 'rebuild_picture' then perform datastore.rebuild_picture(argument::uuid);
    when 'find_group_named' then return datastore.find_group_named(argument);
  end case;
  return null;
exception when others then
  return sqlstate;
end $$;
create function asking.look(user_id uuid, folders_of uuid, containers uuid[], pictures uuid[], names text[])
returns jsonb language plpgsql as $$
declare there jsonb;
begin
  perform asking.acts(null);
  there := (select jsonb_agg(to_jsonb(it)) from asking.rows_there() as it);
  perform asking.acts(user_id);
  return jsonb_build_object(
    'there', there,
    'rows', (select jsonb_agg(to_jsonb(it)) from asking.rows_seen() as it),
    'containers', datastore.rebuild_containers(),
    'groups', datastore.rebuild_groups(),
    'folders', jsonb_array_length(datastore.rebuild_folders(folders_of)) > 0,
    'may_write', (select jsonb_agg(datastore.may_write(id)) from unnest(containers) as id),
    'personal', (select jsonb_agg(datastore.may_see_personal_data(id)) from unnest(containers) as id),
    'pictures', (select jsonb_agg(asking.refusal('rebuild_picture', id::text)) from unnest(pictures) as id),
    'named', (select jsonb_agg(asking.refusal('find_group_named', name)) from unnest(names) as name),
    'audit', (
      select coalesce(jsonb_agg(to_jsonb(it)), '[]') from (
        select told ->> 'container_id' as container_id,
               case when told ->> 'container_id' is null
                 then concat_ws(' ', told ->> 'entity', told ->> 'entity_id') end as part,
               count(*) as how_many
        from jsonb_array_elements(datastore.rebuild_audit(how_many => 100000)) as told group by 1, 2) as it));
end $$;
"""


@dataclass(frozen=True)
class Session:
    """A connection on which sequences run, each in a transaction of its own that is rolled back."""

    connection: psycopg.Connection
    # By first name
    user_ids: dict[str, str]
    things: dict[str, dict[str, str]]

    @contextmanager
    def sequence(self) -> Iterator[None]:
        with self.connection.transaction(force_rollback=True):
            yield

    def ask(self, user: str | None, statement: str, argument: object = None) -> tuple[str | None, Any]:
        """The SQLSTATE of a refusal, and the answer. The argument is $1 in the statement, as jsonb."""
        user_id = None if user is None else self.user_ids[user]
        row = self.connection.execute(
            "select asking.answer(%s, %s, %s)", [user_id, statement, Jsonb(argument, dumps=dumps)]
        ).fetchone()
        assert row is not None
        return row[0].get("refused"), row[0].get("answer", row[0].get("message"))

    def look(self, user: str, owner: str) -> dict[str, Any]:
        """The answers of functions and plain SQL to a user; the folders, which take longest, of one container."""
        containers = [self.things[owner]["container_id"] for owner in USERS]
        pictures = [self.things[owner]["picture_id"] for owner in USERS]
        row = self.connection.execute(
            "select asking.look(%s, %s, %s::uuid[], %s::uuid[], %s)",
            [self.user_ids[user], self.things[owner]["container_id"], containers, pictures, list(NAMES)],
        ).fetchone()
        assert row is not None
        seen: dict[str, Any] = row[0]
        return seen

    def named(self, text: str | None) -> str | None:
        """First names in the place of ids of users and containers."""
        for user in USERS if text else ():
            for id_ in (self.user_ids[user], self.things[user]["container_id"]):
                text = text.replace(id_, user) if text else text
        return text

    def rows(self, listed: list[dict[str, Any]]) -> dict[tuple[str, str | None, str], int]:
        """{(table, owner of the container, part): how many}"""
        return {
            (row.get("name", "history"), self.named(row["container_id"]), self.named(row["part"]) or ""): row[
                "how_many"
            ]
            for row in listed
        }


def open_session(connection: psycopg.Connection) -> Session:
    """Puts the five users and their things into a migrated database."""
    call = caller(connection)
    users = {user: call("register_user", f"{user}@example.org") for user in USERS}
    call("import_pipelines", {
        "pipelines": [{"pipeline_name": name, "models": [f"model of {name}"]} for name in PIPELINES],
        "models": [{"model_name": f"model of {name}", "task": "classification"} for name in PIPELINES],
    })  # fmt: skip
    things = {user: fill(call, users[user], user) for user in USERS}
    connection.execute(ASKING.encode())
    # A few rows of each container are enough to tell it from others, and quicker to read.
    connection.execute(
        "delete from datastore.history where history_id not in (select history_id from ("
        " select history_id, row_number() over (partition by container_id order by history_id desc) as place"
        " from datastore.history) as numbered where place <= 3)"
    )
    tables = [
        str(row[0])
        for row in connection.execute(
            "select relname from pg_class join pg_attribute on attrelid = pg_class.oid and attname = 'container_id'"
            " where relnamespace = 'datastore'::regnamespace and relkind in ('r', 'p')"
            " and has_table_privilege('datastore_app', pg_class.oid, 'select') order by relname"
        )
    ]
    counted = " union all ".join(
        f"select '{table}', {'null::uuid' if table in WITHOUT_CONTAINER else 'container_id'},"
        f" {PARTS.get(table, 'null')}, count(*) from datastore.{table} group by 2, 3"
        for table in (*tables, *WITHOUT_CONTAINER)
    )
    # Two of them: a plan holds for one role.
    for name in ("rows_there", "rows_seen"):
        connection.execute(
            f"create function asking.{name}() returns table (name text, container_id uuid, part text, how_many bigint)"
            f" language plpgsql as $$ #variable_conflict use_column\n begin return query {counted}; end $$".encode()
        )
    connection.execute("analyze")
    return Session(connection, {user: users[user]["user_id"] for user in USERS}, things)


def in_terms_of_the_model(session: Session, what: str, answers: dict[str, Any]) -> Any:
    """A user's answers in the terms of the model."""
    match what:
        case "rows" | "audit":
            return session.rows(answers[what])
        case "containers":
            return {
                session.named(one["container_id"]): (
                    one["permission"], one["is_public"], one["email"],
                    {share["group_id"]: share["role"] for share in one["shared_with"]},
                )
                for one in answers[what]
            }  # fmt: skip
        case "groups":
            return {
                one["group_id"]: (
                    one["name"], one["invited"],
                    {member["email"]: (member["role"], member["accepted"]) for member in one["members"]},
                    {share["email"]: share["role"] for share in one["containers"]},
                )
                for one in answers[what]
            }  # fmt: skip
        case _:
            return answers[what]


def expected_look(
    session: Session, model: SharingModel, user: str, owner: str, answers: dict[str, Any]
) -> dict[str, Any]:
    """The answers that a user should get; the existing rows come from a look without an acting user."""
    there = session.rows(answers["there"])
    seen = {row: how_many for row, how_many in there.items() if model.sees_row(user, *row)}
    groups = {
        group_id: (group, group.is_joined_by(user))
        for group_id, group in model.groups.items()
        if model.sees_group(user, group_id)
    }
    named = [[group_id for group_id, (group, _) in groups.items() if group.name == name] for name in NAMES]
    return {
        "rows": seen,
        # The same rows by function
        "audit": {row: how_many for row, how_many in seen.items() if row[0] == "history"},
        "containers": {
            other: (
                model.permission(user, other), other in model.published, f"{other}@example.org",
                {
                    group_id: group.shares[other]
                    for group_id, group in model.groups.items()
                    if other in group.shares and model.sees_row(user, "container_share", other, group_id)
                },
            )
            for other in USERS if model.sees(user, other)
        },
        "groups": {
            group_id: (
                group.name, not joined,
                {
                    f"{other}@example.org": (member.role, member.accepted)
                    for other, member in group.members.items()
                    if joined and model.sees_member(user, group_id, other)
                },
                {f"{other}@example.org": role for other, role in group.shares.items()} if joined else {},
            )
            for group_id, (group, joined) in groups.items()
        },
        "folders": model.sees(user, owner),
        "may_write": [model.changes(user, other) for other in USERS],
        "personal": [model.sees_personal_data(user, other) for other in USERS],
        "pictures": [model.read_picture(user, other) for other in USERS],
        "named": [ids[0] if len(ids) == 1 else CONFLICT if ids else NOT_FOUND for ids in named],
    }  # fmt: skip
