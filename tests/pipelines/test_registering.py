"""Pipelines and models are registered and come back as they were sent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql
from psycopg.types.json import Jsonb

from tests.pipelines.documents import FULL, Json, document, model, pipeline, without_secrets
from tests.support.calls import Call


class TestRegistering:
    def test_pipelines_come_back_as_sent(self, call: Call) -> None:
        for rebuilt in (call("import_pipelines", FULL), call("rebuild_pipelines")):
            assert {key: rebuilt[key] for key in FULL if key not in ("pipelines", "models")} == {
                "version": "0.1.0",
                "date": None,
                "schema_version": 1,
                "unknown": {"kept": True},
            }
            for sent, back in zip(FULL["pipelines"], rebuilt["pipelines"], strict=True):
                system = {"pipeline_id": back["pipeline_id"], "model_name": sent["pipeline_name"], "active": True}
                assert back == {"default": False} | sent | system
            for sent, back in zip(FULL["models"], rebuilt["models"], strict=True):
                assert back == without_secrets(sent) | {"model_id": back["model_id"]}

    def test_numbers_keep_every_digit(self, call: Call, database: psycopg.Connection) -> None:
        text = (
            '{"models": [{"model_name": "m", "task": "segmentation", "Accuracy": 0.69080000000000000001, "x": 1.50}]}'
        )
        database.execute("select datastore.import_pipelines(%s)", [text])
        row = database.execute("""
            select rebuilt.models #>> '{0,Accuracy}', rebuilt.models #>> '{0,x}'
            from (select datastore.rebuild_pipelines() -> 'models' as models) as rebuilt
        """).fetchone()
        assert row == ("0.69080000000000000001", "1.50")

    def test_without_pipelines_the_answer_is_empty(self, call: Call) -> None:
        assert call("rebuild_pipelines") == {"pipelines": [], "models": []}
        assert call("import_pipelines", {}) == {"pipelines": [], "models": []}

    def test_importing_again_changes_nothing(self, call: Call, database: psycopg.Connection) -> None:
        def rows() -> list[Any]:
            tables = ("model", "model_version", "model_secret", "pipeline", "pipeline_model", "pipelines_import")
            return [
                database.execute(
                    sql.SQL("select t.ctid::text, t from {} as t order by t::text").format(
                        sql.Identifier("datastore", name)
                    )
                ).fetchall()
                for name in tables
            ]

        first = call("import_pipelines", FULL)
        before = rows()
        assert call("import_pipelines", FULL) == first
        assert rows() == before

    def test_other_spellings_of_keys_are_read(self, call: Call) -> None:
        sent = document(
            pipeline("P", "m", accuracy=0.5, dataset_description="seeds", dataset=None),
            {"model_name": "m", "tasks": "Object-Detection", "accuracy": 1, "dataset_description": "x"},
        )
        rebuilt = call("import_pipelines", sent)
        assert rebuilt["pipelines"][0].items() >= {"Accuracy": 0.5, "dataset": "seeds"}.items()
        assert rebuilt["models"][0].items() >= {"task": "Object-Detection", "Accuracy": 1, "dataset": "x"}.items()
        assert not {"accuracy", "dataset_description", "tasks"} & {*rebuilt["pipelines"][0], *rebuilt["models"][0]}

    @pytest.mark.parametrize(
        ("task", "expected"),
        [
            ("object-detection", "object detection"),
            ("Classification", "classification"),
            ("SEGMENTATION", "segmentation"),
        ],
    )
    def test_tasks_are_compared_without_case_and_hyphens(
        self, call: Call, database: psycopg.Connection, task: str, expected: str
    ) -> None:
        assert call("import_pipelines", document(model(task=task)))["models"][0]["task"] == task
        assert database.execute("select task from datastore.model_version").fetchone() == (expected,)

    def test_claims_are_kept_and_not_believed(self, call: Call, database: psycopg.Connection) -> None:
        claims: dict[str, Any] = {"pipeline_id": "mine", "model_name": "Swin", "active": False}
        rebuilt = call("import_pipelines", document(pipeline(**claims), model(model_id=7)))
        assert (rebuilt["pipelines"][0]["active"], rebuilt["models"][0]["model_id"] == 7) == (True, False)
        row = database.execute("select claimed from datastore.pipelines_import").fetchone()
        assert row == ({"/pipelines/0/pipeline_id": "mine", "/pipelines/0/active": False, "/models/0/model_id": 7},)

    def test_a_model_runs_in_several_pipelines_and_twice_in_one(self, call: Call) -> None:
        rebuilt = call(
            "import_pipelines", document(pipeline("A", "m", "n", "m"), pipeline("B", "n"), model("m"), model("n"))
        )
        assert [one["models"] for one in rebuilt["pipelines"]] == [["m", "n", "m"], ["n"]]

    def test_a_pipeline_may_have_models_of_an_earlier_document(self, call: Call) -> None:
        call("import_pipelines", document(model("m"), model("n")))
        first = call("import_pipelines", document(pipeline("A", "m", "n")))
        changed = call("import_pipelines", document(pipeline("A", "n")))
        assert changed["pipelines"][0]["pipeline_id"] == first["pipelines"][0]["pipeline_id"]
        assert call("rebuild_pipelines")["pipelines"][0]["models"] == ["n"]

    def test_long_names_are_kept(self, call: Call) -> None:
        long = [str(number) + "".join(str(uuid4()) for _ in range(54)) for number in range(9)]
        sent = document(pipeline(long[0], *long), *(model(name, version=name) for name in long))
        assert call("import_pipelines", sent)["pipelines"][0]["models"] == long
        used = [{"name": name, "version": name} for name in long]
        assert call("find_pipeline", {"models": used}) is not None

    def test_two_imports_at_once_register_each_model_once(self, database_url: str) -> None:
        def load(number: int) -> Any:
            with psycopg.connect(database_url, autocommit=True) as connection:
                sent = document(
                    pipeline("A", "m", default=True), pipeline(f"B{number}", "m", "m"), model("m", version=3)
                )
                row = connection.execute("select datastore.import_pipelines(%s)", [Jsonb(sent)]).fetchone()
            assert row is not None
            return row[0]["pipelines"][0]["pipeline_id"]

        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(load, range(8)))) == 1

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def test_any_document_comes_back(self, call: Call, data: st.DataObject) -> None:
        text = st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
        anything = st.recursive(
            st.none() | st.booleans() | st.integers(-(10**20), 10**20) | text, lambda inner: st.lists(inner, max_size=3)
        )
        unknown = st.dictionaries(text.map(lambda key: f"x{key}"), anything, max_size=3)
        nothing_or = st.none() | text
        optional = st.fixed_dictionaries(
            {},
            optional={"description": nothing_or, "job_name": nothing_or, "Accuracy": st.none() | st.integers(0, 9)},
        )
        name = data.draw(text.filter(bool)) + str(uuid4())
        sent: Json = data.draw(unknown) | document(
            data.draw(unknown)
            | pipeline(name, name, default=data.draw(st.none() | st.just(False)))
            | data.draw(optional),
            data.draw(unknown) | model(name, version=data.draw(nothing_or | st.integers())) | data.draw(optional),
        )
        rebuilt = call("import_pipelines", sent)
        assert rebuilt["pipelines"][0].items() >= sent["pipelines"][0].items()
        assert rebuilt["models"][0].items() >= sent["models"][0].items()
        again = call("rebuild_pipelines")
        assert {key: again[key] for key in sent if key.startswith("x")} == {
            key: value for key, value in sent.items() if key.startswith("x")
        }
        assert rebuilt["models"][0] in again["models"]
        assert rebuilt["pipelines"][0] in again["pipelines"]
