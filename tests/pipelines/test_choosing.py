"""Pipelines in order: the own choice, the default, what is retired, and how one is found."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.pipelines.documents import Json, document, model, names, pipeline
from tests.support.calls import Call
from tests.support.errors import refused


class TestOrderAndChoice:
    def test_own_choice_then_default_then_as_they_came(self, call: Call) -> None:
        ana, bob = (call("register_user", f"{name}@example.org")["user_id"] for name in ("ana", "bob"))
        sent = document(pipeline("A"), pipeline("B"), pipeline("C", default=True), pipeline("D"), model())
        ids = {one["pipeline_name"]: one["pipeline_id"] for one in call("import_pipelines", sent)["pipelines"]}
        assert names(call("rebuild_pipelines")) == ["C", "A", "B", "D"]
        assert call("choose_pipeline", ids["B"], acting=ana)["pipeline_id"] == ids["B"]
        assert names(call("rebuild_pipelines", acting=ana)) == ["B", "C", "A", "D"]
        assert [one["default"] for one in call("rebuild_pipelines", acting=ana)["pipelines"]] == [
            False,
            True,
            False,
            False,
        ]
        assert names(call("rebuild_pipelines", acting=bob)) == ["C", "A", "B", "D"]
        call("choose_pipeline", ids["D"], acting=ana)
        assert names(call("rebuild_pipelines", acting=ana)) == ["D", "C", "A", "B"]
        assert call("choose_pipeline", None, acting=ana) is None
        assert names(call("rebuild_pipelines", acting=ana)) == ["C", "A", "B", "D"]

    def test_one_pipeline_is_the_default(self, call: Call) -> None:
        call("import_pipelines", document(pipeline("A", default=True), pipeline("B"), model()))
        call("import_pipelines", document(pipeline("B", default=True)))
        assert [(one["model_name"], one["default"]) for one in call("rebuild_pipelines")["pipelines"]] == [
            ("B", True),
            ("A", False),
        ]
        call("import_pipelines", document(pipeline("B")))
        assert call("rebuild_pipelines")["pipelines"][0]["default"] is True
        call("import_pipelines", document(pipeline("B", default=False)))
        assert [one["default"] for one in call("rebuild_pipelines")["pipelines"]] == [False, False]

    def test_a_retired_pipeline_is_not_listed(self, call: Call) -> None:
        ana = call("register_user", "ana@example.org")["user_id"]
        sent = document(pipeline("A", default=True), pipeline("B"), model())
        pipeline_id = call("import_pipelines", sent)["pipelines"][0]["pipeline_id"]
        call("choose_pipeline", pipeline_id, acting=ana)
        assert call("retire_pipeline", pipeline_id)["active"] is False
        assert names(call("rebuild_pipelines", acting=ana)) == ["B"]
        listed = call("rebuild_pipelines", include_inactive=True)["pipelines"]
        assert [(one["model_name"], one["active"], one["default"]) for one in listed] == [
            ("B", True, False),
            ("A", False, False),
        ]
        assert call("import_pipelines", sent)["pipelines"][0]["active"] is False
        with refused("DS409"):
            call("choose_pipeline", pipeline_id, acting=ana)
        assert call("retire_pipeline", pipeline_id, retired=False)["default"] is True
        assert names(call("rebuild_pipelines", acting=ana)) == ["A", "B"]

    def test_choosing_needs_a_user_and_a_known_pipeline(self, call: Call) -> None:
        ana = call("register_user", "ana@example.org")["user_id"]
        with refused("DS403"):
            call("choose_pipeline", uuid4())
        with refused("DS404"):
            call("choose_pipeline", uuid4(), acting=ana)
        with refused("DS404"):
            call("retire_pipeline", uuid4())


class TestFinding:
    """The pipeline and models that an inference's document names."""

    @pytest.fixture(autouse=True)
    def known(self, call: Call) -> dict[str, str]:
        rebuilt = call(
            "import_pipelines",
            document(
                pipeline("A", "d", "s"), pipeline("B", "s"), pipeline("C", "s"), model("d"), model("s", version="2")
            ),
        )
        return {one["pipeline_name"]: one["pipeline_id"] for one in rebuilt["pipelines"]}

    def find(self, call: Call, **document: Any) -> str | None:
        found = call("find_pipeline", document)
        return None if found is None else str(found)

    def test_pipelines_are_found(self, call: Call, known: dict[str, str]) -> None:
        d, s = {"name": "d", "version": 1}, {"name": "s", "version": 2}
        assert self.find(call, pipeline_id=known["B"], pipeline_name="A", models=[d, s]) == known["B"]
        assert self.find(call, pipeline_id=None, pipeline_name="A", models=[s]) == known["A"]
        assert self.find(call, models=[d, s]) == known["A"]
        unknown: list[Json] = [{}, {"models": []}, {"models": [s, d]}, {"models": [d]}]
        for nothing in [*unknown, {"pipeline_name": "X", "models": [d, s]}]:
            assert self.find(call, **nothing) is None
        assert self.find(call, pipeline_id=str(uuid4())) is None
        assert self.find(call, models=[s]) is None  # two pipelines have it
        call("retire_pipeline", known["B"])
        assert self.find(call, models=[s]) == known["C"]
        call("retire_pipeline", known["A"])
        assert self.find(call, models=[d, s]) == known["A"]

    def test_model_versions_are_found(self, call: Call, database: psycopg.Connection) -> None:
        call("import_pipelines", document(model("s", version=3)))
        ids: dict[str, Any] = dict(
            database.execute(
                """
                select name || ' ' || version, model_version_id
                from datastore.model_version join datastore.model using (model_id)
                """
            ).fetchall()
        )
        asked = [("s", 2), ("x", 1), ("s", "3"), ("d", "1"), ("d", 9)]
        found = call("find_model_versions", [{"name": name, "version": version} for name, version in asked])
        assert found == [ids["s 2"], None, ids["s 3"], ids["d 1"], None]
        assert call("find_model_versions", []) == []
        assert call("find_model_versions", None) == []
