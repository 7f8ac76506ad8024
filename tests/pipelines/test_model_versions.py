"""Versions of models: their order, and which one is active."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from tests.pipelines.documents import document, model, pipeline
from tests.support.calls import Call
from tests.support.errors import errors_of, refused


class TestVersions:
    def test_a_higher_one_becomes_active_and_the_old_one_stays(self, call: Call, database: psycopg.Connection) -> None:
        first = call("import_pipelines", document(model(version="1.9", job_name="old")))
        second = call("import_pipelines", document(model(version="1.10")))
        assert first["models"][0]["model_id"] == second["models"][0]["model_id"]
        assert [one["version"] for one in call("rebuild_pipelines")["models"]] == ["1.10"]
        listed = call("rebuild_pipelines", include_inactive=True)["models"]
        assert [(one["version"], one.get("job_name")) for one in listed] == [("1.10", None), ("1.9", "old")]
        active = database.execute("select version, active from datastore.model_version order by version").fetchall()
        assert active == [("1.10", True), ("1.9", False)]

    @pytest.mark.parametrize(
        ("low", "high"),
        [
            (1, 2),
            (9, "10"),
            ("1.9", "1.10"),
            ("1", "1.0"),
            ("1.0", "1.0.1"),
            ("v2", "v10"),
            ("2024-05", "2024-06"),
            (None, "0"),
            (-3, -2),
            ("1.0rc1", "1.1"),
            ("9" * 400, "1" + "0" * 400),
        ],
    )
    def test_a_version_is_followed_by_higher_ones_only(self, call: Call, low: object, high: object) -> None:
        call("import_pipelines", document(model(version=low), pipeline(version=low)))
        rebuilt = call("import_pipelines", document(model(version=high), pipeline(version=high)))
        assert (rebuilt["models"][0]["version"], rebuilt["pipelines"][0]["version"]) == (high, high)
        with refused("DS400") as error:
            call("import_pipelines", document(model(version=low), pipeline(version=low)))
        expected = [("/models/0/version", "higherVersion")]
        if low is not None:
            expected.append(("/pipelines/0/version", "higherVersion"))
        assert errors_of(error) == expected
        assert call("rebuild_pipelines")["models"][0]["version"] == high

    @pytest.mark.parametrize(("one", "other"), [(5, "5"), ("5", 5), (5, Decimal("5.0"))])
    def test_equal_as_text_is_the_same_version_and_comes_back_as_written(
        self, call: Call, database: psycopg.Connection, one: object, other: Any
    ) -> None:
        call("import_pipelines", document(model(version=one)))
        rewritten = float(other) if isinstance(other, Decimal) else other
        rebuilt = call("import_pipelines", document(model(version=rewritten, job_name="changed")))
        assert json.dumps(rebuilt["models"][0]["version"]) == json.dumps(rewritten)
        assert database.execute("select count(*) from datastore.model_version").fetchone() == (1,)

    def test_one_document_may_have_several_versions(self, call: Call) -> None:
        sent = document(model(version=3), model(version=1), model(version=2))
        assert [one["version"] for one in call("import_pipelines", sent)["models"]] == [3, 1, 2]
        assert call("import_pipelines", sent)["models"][0]["version"] == 3
        assert [one["version"] for one in call("rebuild_pipelines")["models"]] == [3]
        with refused("DS400") as error:
            call("import_pipelines", document(model(version=4), model(version="2.5")))
        assert errors_of(error) == [("/models/1/version", "higherVersion")]

    def test_versions_that_differ_in_spelling_only_are_one(self, call: Call) -> None:
        call("import_pipelines", document(model(version="1.2")))
        for versions in (["1.02"], ["1.3", "1.03"]):
            with refused("DS400") as error:
                call("import_pipelines", document(*(model(version=version) for version in versions)))
            assert {keyword for _, keyword in errors_of(error)} == {"higherVersion"}
