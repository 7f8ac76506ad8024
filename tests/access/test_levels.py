"""The sharing levels are one ordered type: SQL and Python name the same, and each includes those before it."""

from __future__ import annotations

import json
from itertools import product

import click
import psycopg
import pytest

from datastore_db.cli.access_sharing import share_command
from datastore_db.cli.people_groups import add_command
from datastore_db.store.access_levels import GROUP_LEVELS, SHARE_LEVELS, SharingLevel
from tests.access.sessions import acts, rows
from tests.support.people import World

DEEDS = ("see", "judge", "change")


def answer(database: psycopg.Connection, query: str, *values: object) -> object:
    ((value,),) = rows(database, query, *values)
    return value


class TestOneType:
    def test_python_names_the_levels_of_the_type(self, database: psycopg.Connection) -> None:
        assert answer(database, "select enum_range(null::datastore.sharing_level)::text[]") == GROUP_LEVELS
        share = "select array(select l from unnest(enum_range(null::datastore.sharing_level)) as l where l < 'owner')"
        assert answer(database, f"{share}::text[]") == SHARE_LEVELS

    @pytest.mark.parametrize(("command", "levels"), [(add_command, GROUP_LEVELS), (share_command, SHARE_LEVELS)])
    def test_commands_offer_the_levels(self, command: click.Command, levels: list[SharingLevel]) -> None:
        (option,) = [one for one in command.params if one.name == "role"]
        assert isinstance(option.type, click.Choice)
        assert list(option.type.choices) == levels
        assert isinstance(option, click.Option)
        assert all(f"{level}: {level.may}" in str(option.help) for level in levels)

    def test_each_level_includes_those_before_it(self, database: psycopg.Connection) -> None:
        needed = [str(answer(database, "select datastore.needed_level(%s)", deed)) for deed in DEEDS]
        order = [str(level) for level in SharingLevel]
        assert sorted(needed, key=order.index) == needed
        assert answer(database, "select datastore.needed_level('fly')") is None

    @pytest.mark.parametrize("role", ["admin", "READER", "", None])
    @pytest.mark.parametrize(
        ("call", "levels"),
        [
            ("set_member(%s, 'bob@example.org', %s)", GROUP_LEVELS),
            ("share_container(%s, %s)", SHARE_LEVELS),
        ],
    )
    def test_an_unknown_level_is_refused_with_the_known_ones(
        self, database: psycopg.Connection, world: World, call: str, levels: list[SharingLevel], role: str | None
    ) -> None:
        query = f"select datastore.{call} from datastore.act_as(%s)"
        with pytest.raises(psycopg.Error) as error:
            database.execute(query.encode(), [world.group_id, role, world.users["owner"]["user_id"]])
        assert error.value.sqlstate == "DS400"
        expected = f"expected {', '.join(levels[:-1])} or {levels[-1]}"
        assert json.loads(error.value.diag.message_detail or "") == [
            {"instance_path": "/role", "keyword": "enum", "message": expected}
        ]


@pytest.mark.parametrize(("role", "share_role"), list(product(SharingLevel, SHARE_LEVELS)))
def test_the_lesser_of_the_members_and_the_shares_level_counts(
    database: psycopg.Connection, world: World, role: SharingLevel, share_role: SharingLevel
) -> None:
    ana, bob = world.users["owner"], world.users["stranger"]
    container_id = ana["container_id"]
    with database.transaction(force_rollback=True):
        database.execute("select datastore.set_member(%s, %s, %s)", [world.group_id, bob["email"], role])
        database.execute("select datastore.share_container(%s, %s, %s)", [world.group_id, share_role, container_id])
        acts(database, world, "stranger")
        order = list(SharingLevel)
        level = min(role, share_role, key=order.index)
        assert answer(database, "select datastore.level_in(%s)::text", container_id) == level
        assert answer(database, "select datastore.level_in(%s)::text", bob["container_id"]) == SharingLevel.OWNER
        for needed in SharingLevel:
            listed = rows(database, "select datastore.shared_containers(%s)::text", needed)
            assert ((container_id,) in listed) is (order.index(level) >= order.index(needed))
        for deed in DEEDS:
            may = answer(database, "select datastore.level_in(%s) >= datastore.needed_level(%s)", container_id, deed)
            assert answer(database, "select datastore.may_write(%s, %s)", container_id, deed) is may
        assert answer(database, "select datastore.may_write(%s, 'fly')", container_id) is False
