"""A database in which people share, and calls as a backend makes them: its role, its time limit, an acting user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.types.string import TextLoader

from tests.fuzz.functions import Input
from tests.support.cost import Cost, cost_on
from tests.support.people import people

# As many of Ana's pictures, each with an inference
PICTURES = 300


@dataclass
class World:
    """Ana, the acting user, is an administrator. known: ids of hers, and with foreign_ of others, by what they are."""

    url: str
    # Served every call from the first one on, when all tables were empty
    kept: psycopg.Connection
    known: dict[str, str]
    timeout: str

    def cost(self, given: Input, on_new: bool = False) -> Cost:
        """The cost of a call, which is undone again, with constraints that wait for the end."""
        if not on_new:
            return self.cost_on(self.kept, given)
        with psycopg.connect(self.url, autocommit=True) as connection:
            return self.cost_on(connection, given)

    def cost_on(self, connection: psycopg.Connection, given: Input) -> Cost:
        """The same on any connection of a DBA."""
        query, arguments = given.call(self.known)
        for type_ in ("json", "jsonb"):
            # Nothing is read of the answer: Python has limits of its own.
            connection.adapters.register_loader(type_, TextLoader)
        with connection.transaction(force_rollback=True):
            connection.execute("set local jit = off")
            connection.execute("select set_config('statement_timeout', %s, true)", [self.timeout])
            connection.execute("select datastore.act_as(%s)", [self.known["user"]])
            spent = cost_on(connection, query, *arguments)
            if spent.sqlstate is None:
                ended = cost_on(connection, "set constraints all immediate")
                seconds, megabytes = spent.seconds + ended.seconds, max(spent.megabytes, ended.megabytes)
                spent = Cost(seconds, megabytes, ended.sqlstate, ended.message)
            return spent


def open_world(connection: psycopg.Connection, url: str) -> World:
    """The connection is a DBA's on an empty database, with autocommit."""

    def ask(query: str, *arguments: object) -> Any:
        row = connection.execute(query.encode(), arguments).fetchone()
        return row and row[0]

    world = people(connection)
    user_id = str(world.users["owner"]["user_id"])
    ask("select datastore.set_site_role('ana@example.org', 'administrator')")
    with connection.transaction():
        ask("select datastore.act_as(%s)", user_id)
        documents = "[" + ",".join(f'{{"seed":"s{n % 40}"}}' for n in range(PICTURES)) + "]"
        ask("select datastore.announce_pictures(%s, %s::jsonb)", world.anas["picture_set_id"], documents)
        ask(
            "select datastore.import_inferences((select jsonb_agg(jsonb_build_object('picture_id', picture_id,"
            " 'document', %s::jsonb)) from datastore.picture where container_id = %s))",
            '{"boxes":[],"totalBoxes":0}',
            world.anas["container_id"],
        )
    known = {
        f"{whose}{name.removesuffix('_id')}": str(value)
        for whose, ids in (("", world.anas), ("foreign_", world.pias))
        for name, value in ids.items()
    } | {
        "user": user_id,
        "group": str(world.group_id),
        "foreign_group": str(world.group_id),
        "foreign_user": str(world.users["stranger"]["user_id"]),
    }  # fmt: skip
    for thing, whose in (("model", "model_version"), ("pipeline", "pipeline"), ("seed", "seed")):
        one, *_, other = (
            str(id_) for (id_,) in connection.execute(f"select {whose}_id from datastore.{whose} order by 1".encode())
        )
        known |= {thing: one, f"foreign_{thing}": other}
    timeout = ask(
        "select split_part(setting, '=', 2) from pg_db_role_setting, unnest(setconfig) as setting"
        " where setrole = to_regrole(datastore.role_name('app')) and starts_with(setting, 'statement_timeout=')"
    )
    # A longer name first: $picture stands in $picture_set.
    return World(url, connection, dict(sorted(known.items(), key=lambda item: -len(item[0]))), timeout)
