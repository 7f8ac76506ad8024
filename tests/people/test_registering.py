"""Users are registered and found."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.support.calls import Call
from tests.support.errors import errors_of, refused


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
    def test_an_invalid_address_is_refused(self, call: Call, email: str) -> None:
        with refused("DS400") as error:
            call("register_user", email)
        assert errors_of(error) == [("/email", "format")]

    def test_an_unknown_user_is_not_found(self, call: Call) -> None:
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
