"""Picture sets as a DBA makes them: nothing but SQL."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from tests.support.calls import Call
from tests.support.errors import errors_of, refused


class TestPictureSets:
    DOCUMENT: ClassVar[dict[str, Any]] = {
        "name": "session1",
        "project_name": None,
        "submitter_name": "A. Analyst",
        "client_data": {"client_email": "ana@example.org", "client_expertise": None, "more": [1, 2.50]},
        "acquisition": {"microscope": "Leica S9i"},
        "unknown": {"kept": True},
        "schema_version": 1,
    }

    def test_a_picture_set_comes_back_as_sent(self, call: Call, ana: dict[str, str]) -> None:
        made = call("create_picture_set", self.DOCUMENT, acting=ana["user_id"])
        assert {key: made[key] for key in self.DOCUMENT} == self.DOCUMENT
        assert made["container_name"] == ana["container_name"]
        rebuilt = call("rebuild_picture_set", made["picture_set_id"])
        assert rebuilt == made | {"pictures": []}
        assert rebuilt["audit_trail"]["change_log"] == "picture_set created"

    def test_a_set_without_a_name_is_named_by_its_id(self, call: Call, ana: dict[str, str]) -> None:
        made = call("create_picture_set", {}, acting=ana["user_id"])
        assert made["name"] == made["picture_set_id"]

    def test_a_name_is_unique_in_a_container(self, call: Call, ana: dict[str, str], bob: dict[str, str]) -> None:
        call("create_picture_set", {"name": "lot"}, acting=ana["user_id"])
        with refused("DS409"):
            call("create_picture_set", {"name": "lot"}, acting=ana["user_id"])
        with refused("DS409"):
            call("create_picture_set", {"name": "General"}, acting=ana["user_id"])
        call("create_picture_set", {"name": "lot"}, acting=bob["user_id"])

    def test_a_set_needs_an_acting_user_or_a_container(self, call: Call, ana: dict[str, str]) -> None:
        with refused("DS403"):
            call("create_picture_set", {})
        assert call("create_picture_set", {}, ana["container_id"])["container_name"] == ana["container_name"]

    @pytest.mark.parametrize(
        ("document", "expected"),
        [
            ([], [("", "type")]),
            ({"name": ""}, [("/name", "minLength")]),
            ({"name": "x" * 256}, [("/name", "maxLength")]),
            ({"name": None}, [("/name", "type")]),
            ({"acquisition": None}, [("/acquisition", "type")]),
            ({"projectName": "x"}, [("/projectName", "spelling")]),
            ({"client_data": {"clientEmail": "a@b.c"}}, [("/client_data/clientEmail", "spelling")]),
            ({"client_data": {"client_email": "x"}}, [("/client_data/client_email", "format")]),
            ({"schema_version": 2}, [("/schema_version", "const")]),
        ],
    )
    def test_invalid_picture_sets_are_refused(
        self, call: Call, ana: dict[str, str], document: object, expected: list[tuple[str, str]]
    ) -> None:
        with refused("DS400") as error:
            call("create_picture_set", document, acting=ana["user_id"])
        assert errors_of(error) == expected
