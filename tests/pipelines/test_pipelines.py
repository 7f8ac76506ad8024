"""Pipelines and models: registered, shown in order, chosen and retired, their secrets kept."""

from __future__ import annotations

import asyncio
import json
import logging
import stat
import subprocess
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql
from psycopg.types.json import Jsonb

from datastore_db import Conflict, InvalidDocument, NotAllowed, NotFound, Store, connect
from datastore_db import aio as datastore_aio
from datastore_db.aio import User
from datastore_db.local import LocalStack
from datastore_db.sealing import CannotUnseal, NoKey
from datastore_db.sealing.key_ring import new_key
from tests.conftest import SERVER_URL
from tests.support.commands import run
from tests.support.errors import errors_of, refused
from tests.support.secrets_watch import WATCHED

Call = Callable[..., Any]
Json = dict[str, Any]

SEALED = {"kek_id": "k1", "nonce": "AAECAwQFBgcICQoL", "ciphertext": "c2VhbGVkIGJ5IHNvbWVib2R5IGVsc2U="}
API_KEY, ENDPOINT = "sk-V3ryS3cret-0123456789", "https://secret-host.example.org/score"


@pytest.fixture
def call(database: psycopg.Connection) -> Call:
    """Calls a function by name; `acting` says who asks."""

    def call(function: str, *arguments: object, acting: object = None, **named: object) -> Any:
        values = [Jsonb(value) if isinstance(value, dict | list) else value for value in arguments]
        places = ["%s"] * len(values) + [f"{name} => %s" for name in named]
        query, values = f"select datastore.{function}({', '.join(places)})", [*values, *named.values()]
        if acting is not None:
            query, values = f"{query} from datastore.act_as(%s)", [*values, acting]
        row = database.execute(query, values).fetchone()
        assert row is not None
        return row[0]

    return call


@pytest.fixture
def kek(monkeypatch: pytest.MonkeyPatch) -> str:
    key = new_key("k1")
    monkeypatch.setenv("DATASTORE_KEK", key)
    return key


def model(name: str = "detector", **more: Any) -> Json:
    return {"model_name": name, "task": "Object detection", "version": 1} | more


def pipeline(name: str = "Swin", *models: str, **more: Any) -> Json:
    return {"pipeline_name": name, "models": list(models or ["detector"])} | more


def document(*entries: Json, **more: Any) -> Json:
    pipelines = [entry for entry in entries if "pipeline_name" in entry]
    return {"pipelines": pipelines, "models": [entry for entry in entries if "pipeline_name" not in entry]} | more


FULL: Json = document(
    pipeline(
        "Swin transformer",
        "seed-detector-1",
        "swin",
        created_by="A. Scientist",
        creation_date="2024-01-01",
        version=1,
        description=None,
        job_name="job",
        dataset="seeds",
        Accuracy=0.6908,
        default=True,
        unknown={"kept": [None, 1.50]},
    ),
    pipeline("Detector only", "seed-detector-1", default=None),
    model("seed-detector-1", version="1.0", endpoint=None, unknown=None),
    model("swin", task="CLASSIFICATION", version=5, api_key=SEALED, endpoint=SEALED, Accuracy=None, content_type="a/b"),
    version="0.1.0",
    date=None,
    schema_version=1,
    unknown={"kept": True},
)


def without_secrets(sent: Json) -> Json:
    return {key: value for key, value in sent.items() if key not in ("api_key", "endpoint")}


def names(rebuilt: Json) -> list[str]:
    return [one["pipeline_name"] for one in rebuilt["pipelines"]]


class TestRegistering:
    def test_comes_back_as_sent(self, call: Call) -> None:
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

    def test_nothing_known(self, call: Call) -> None:
        assert call("rebuild_pipelines") == {"pipelines": [], "models": []}
        assert call("import_pipelines", {}) == {"pipelines": [], "models": []}

    def test_again_changes_nothing(self, call: Call, database: psycopg.Connection) -> None:
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

    def test_other_spellings(self, call: Call) -> None:
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
    def test_tasks_without_regard_to_case_and_hyphens(
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

    def test_models_of_an_earlier_document(self, call: Call) -> None:
        call("import_pipelines", document(model("m"), model("n")))
        first = call("import_pipelines", document(pipeline("A", "m", "n")))
        changed = call("import_pipelines", document(pipeline("A", "n")))
        assert changed["pipelines"][0]["pipeline_id"] == first["pipelines"][0]["pipeline_id"]
        assert call("rebuild_pipelines")["pipelines"][0]["models"] == ["n"]

    def test_long_names(self, call: Call) -> None:
        long = [str(number) + "".join(str(uuid4()) for _ in range(54)) for number in range(9)]
        sent = document(pipeline(long[0], *long), *(model(name, version=name) for name in long))
        assert call("import_pipelines", sent)["pipelines"][0]["models"] == long
        used = [{"name": name, "version": name} for name in long]
        assert call("find_pipeline", {"models": used}) is not None

    def test_two_at_once(self, database_url: str) -> None:
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
    def test_order(self, call: Call, low: object, high: object) -> None:
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

    def test_several_in_one_document(self, call: Call) -> None:
        sent = document(model(version=3), model(version=1), model(version=2))
        assert [one["version"] for one in call("import_pipelines", sent)["models"]] == [3, 1, 2]
        assert call("import_pipelines", sent)["models"][0]["version"] == 3
        assert [one["version"] for one in call("rebuild_pipelines")["models"]] == [3]
        with refused("DS400") as error:
            call("import_pipelines", document(model(version=4), model(version="2.5")))
        assert errors_of(error) == [("/models/1/version", "higherVersion")]

    def test_versions_that_differ_in_writing_only(self, call: Call) -> None:
        call("import_pipelines", document(model(version="1.2")))
        for versions in (["1.02"], ["1.3", "1.03"]):
            with refused("DS400") as error:
                call("import_pipelines", document(*(model(version=version) for version in versions)))
            assert {keyword for _, keyword in errors_of(error)} == {"higherVersion"}


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

    def test_one_default(self, call: Call) -> None:
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

    def test_retiring(self, call: Call) -> None:
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

    def test_who_may(self, call: Call) -> None:
        ana = call("register_user", "ana@example.org")["user_id"]
        with refused("DS403"):
            call("choose_pipeline", uuid4())
        with refused("DS404"):
            call("choose_pipeline", uuid4(), acting=ana)
        with refused("DS404"):
            call("retire_pipeline", uuid4())


class TestFinding:
    """What an inference's document says of its pipeline and models."""

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

    def test_pipelines(self, call: Call, known: dict[str, str]) -> None:
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

    def test_model_versions(self, call: Call, database: psycopg.Connection) -> None:
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


BAD: list[tuple[object, list[tuple[str, str]]]] = [
    ([], [("", "type")]),
    ({"pipelines": {}}, [("/pipelines", "type")]),
    ({"models": [None]}, [("/models/0", "type")]),
    ({"schema_version": 2}, [("/schema_version", "const")]),
    (document({"models": ["m"]} | {"pipeline_name": ""}, model("m")), [("/pipelines/0/pipeline_name", "minLength")]),
    (document(model("m"), pipelines=[{"models": ["m"]}]), [("/pipelines/0", "required")]),
    (document(pipelines=[{"pipeline_name": "A", "models": []}]), [("/pipelines/0/models", "minItems")]),
    (document(models=[{"model_name": "m"}]), [("/models/0", "required")]),
    (document(models=[{"task": "segmentation"}]), [("/models/0", "required")]),
    (document(model(task="guessing")), [("/models/0/task", "pattern")]),
    (document(model(version=1.5)), [("/models/0/version", "type")]),
    (document(model(Accuracy="high")), [("/models/0/Accuracy", "type")]),
    (document(model(Accuracy=1, accuracy=2)), [("/models/0/accuracy", "spelling")]),
    (document(pipeline("A", "detector", "x"), model()), [("/pipelines/0/models/1", "knownModel")]),
    (document(pipeline("A", default=True), pipeline("B", default=True)), [("/pipelines/1/default", "oneDefault")]),
    (document(pipeline("A"), pipeline("A"), model()), [("/pipelines/1/pipeline_name", "uniqueName")]),
    (document(model(version=1), model(version="1")), [("/models/1/model_name", "uniqueName")]),
    (document(model("x" * 2001)), [("/models/0/model_name", "maxLength")]),
    (document(model(api_key=SEALED | {"nonce": "not base64"})), [("/models/0/api_key/nonce", "contentEncoding")]),
    (document(model(endpoint=SEALED | {"ciphertext": "QR=="})), [("/models/0/endpoint/ciphertext", "contentEncoding")]),
]  # fmt: skip


class TestMistakes:
    @pytest.mark.parametrize(("wrong", "expected"), BAD)
    def test_what_is_refused(self, call: Call, wrong: object, expected: list[tuple[str, str]]) -> None:
        with refused("DS400") as error:
            call("import_pipelines", wrong)
        assert errors_of(error) == expected
        assert call("rebuild_pipelines", False, True) == {"pipelines": [], "models": []}

    @pytest.mark.parametrize(("wrong", "expected"), BAD)
    def test_python_says_the_same(self, owner: Store, wrong: Any, expected: list[tuple[str, str]]) -> None:
        with pytest.raises(InvalidDocument) as error:
            owner.import_pipelines(wrong)
        assert sorted((item["instance_path"], item["keyword"]) for item in error.value.errors) == expected

    def test_all_or_nothing(self, call: Call) -> None:
        call("import_pipelines", FULL)
        before = call("rebuild_pipelines", True, True)
        with refused("DS400"):
            call("import_pipelines", document(model("new"), pipeline("New", "new"), model("swin", version=4)))
        assert call("rebuild_pipelines", True, True) == before


UNSEALED: list[tuple[Json, str, str]] = [
    (model(api_key=API_KEY), "/models/0/api_key", "type"),
    (model(endpoint=ENDPOINT), "/models/0/endpoint", "type"),
    (model(api_key={"kek_id": "k", "nonce": API_KEY}), "/models/0/api_key", "required"),
    (model(api_key=SEALED | {API_KEY: 1}), "/models/0/api_key", "additionalProperties"),
    (model(api_key=[API_KEY]), "/models/0/api_key", "type"),
    (model(apiKey=API_KEY), "/models/0/apiKey", "spelling"),
    (model(Endpoint=ENDPOINT), "/models/0/Endpoint", "spelling"),
    (model(more={"api-key": API_KEY}), "/models/0/more/api-key", "spelling"),
]


class TestSecrets:
    def test_only_with_keys_and_sealed(self, call: Call) -> None:
        assert "ciphertext" not in json.dumps(call("import_pipelines", FULL))
        assert "ciphertext" not in json.dumps(call("rebuild_pipelines", False, True))
        detector, swin = call("rebuild_pipelines", True)["models"]
        assert (swin["api_key"], swin["endpoint"]) == (SEALED, SEALED)
        assert (detector["endpoint"], "api_key" in detector) == (None, False)
        assert call("rebuild_pipelines", with_keys=True)["models"] == [detector, swin]

    def test_absent_keeps_and_null_takes_away(self, call: Call) -> None:
        call("import_pipelines", document(model(api_key=SEALED, endpoint=SEALED)))
        call("import_pipelines", document(model(endpoint=None)))
        (known,) = call("rebuild_pipelines", True)["models"]
        assert (known["api_key"], known["endpoint"]) == (SEALED, None)
        call("import_pipelines", document(model(version=2)))
        assert not {"api_key", "endpoint"} & call("rebuild_pipelines", True)["models"][0].keys()

    @pytest.mark.parametrize(("wrong", "path", "keyword"), UNSEALED)
    def test_unsealed_in_sql(
        self, database: psycopg.Connection, call: Call, wrong: Json, path: str, keyword: str
    ) -> None:
        for text in (False, True):
            sent = json.dumps(document(wrong)) if text else document(wrong)
            with refused("DS400") as error:
                call("import_pipelines", sent)
            assert (path, keyword) in errors_of(error)
            diagnosis = error.value.diag
            said = [getattr(diagnosis, name) for name in dir(diagnosis) if not name.startswith("_")]
            for secret in (API_KEY, ENDPOINT):
                assert secret not in repr(said)
                assert secret not in str(error.value)
        assert database.execute("select count(*) from datastore.model").fetchone() == (0,)

    def test_no_json_at_all(self, call: Call) -> None:
        with refused("DS400") as error:
            call("import_pipelines", '{"models": [{"api_key": "' + API_KEY + '" "endpoint": 1}]}')
        diagnosis = error.value.diag
        assert API_KEY not in repr([getattr(diagnosis, name) for name in dir(diagnosis) if not name.startswith("_")])

    def test_a_failing_check_shows_none(self, database: psycopg.Connection, call: Call) -> None:
        call("import_pipelines", FULL)
        columns = database.execute("""
            select table_name, column_name from information_schema.columns
            where table_schema = 'datastore' and table_name like '%model_secret%' and data_type = 'jsonb'
        """).fetchall()
        assert columns == []
        assert database.execute(
            "select count(*) from datastore.model_version where document::text like '%ciphertext%'"
        ).fetchone() == (0,)


class TestPython:
    def test_sealed_on_the_way_in_and_opened_on_the_way_out(self, owner: Store, kek: str) -> None:
        sent = document(
            pipeline("P", "m", "n"), model("m", api_key=API_KEY, endpoint=ENDPOINT), model("n", endpoint=None)
        )
        loaded = owner.import_pipelines(sent)
        assert sent["models"][0]["api_key"] == API_KEY  # what was given is left as it was
        shown = owner.pipelines()
        for answer in (loaded, shown):
            assert API_KEY not in json.dumps(answer, default=str)
            assert "ciphertext" not in json.dumps(answer, default=str)
        endpoints = owner.endpoints()
        first, second = endpoints
        assert (first["model_name"], first["version"], first["api_key"], first["endpoint"]) == (
            "m",
            1,
            API_KEY,
            ENDPOINT,
        )
        assert first["model_id"] == cast_list(shown["models"])[0]["model_id"]
        assert (second["endpoint"], "api_key" in second) == (None, False)
        assert API_KEY not in repr(endpoints)
        assert ENDPOINT not in repr(endpoints)
        assert json.loads(json.dumps(first, default=str))["api_key"] == API_KEY

    def test_without_a_key_nothing_is_imported(self, owner: Store, database: psycopg.Connection) -> None:
        with pytest.raises(NoKey, match=r"DATASTORE_KEK is not set.*keys new") as error:
            owner.import_pipelines(document(model(api_key=API_KEY)))
        assert API_KEY not in "".join(traceback.format_exception(error.value))
        assert owner.pipelines() == {"pipelines": [], "models": []}
        # What needs none works.
        owner.import_pipelines(document(model(api_key=SEALED), pipeline()))
        with pytest.raises(NoKey):
            owner.endpoints()

    def test_lost_key_wrong_key_and_what_was_moved(
        self, owner: Store, database: psycopg.Connection, kek: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        owner.import_pipelines(document(model("m", api_key=API_KEY), model("n", api_key="another")))
        monkeypatch.setenv("DATASTORE_KEK", new_key("k2"))
        with pytest.raises(CannotUnseal, match=r"the api_key of the model m.*'k1'.*only 'k2'.*DATASTORE_KEK"):
            owner.endpoints()
        monkeypatch.setenv("DATASTORE_KEK", f"{new_key('k2')},{kek}")
        assert [one["api_key"] for one in owner.endpoints()] == [API_KEY, "another"]
        monkeypatch.setenv("DATASTORE_KEK", new_key("k1"))
        with pytest.raises(CannotUnseal, match=r"is not the one"):
            owner.endpoints()
        monkeypatch.setenv("DATASTORE_KEK", kek)
        # A DBA swaps the rows of two models.
        database.execute("""
            update datastore.model_secret as one
            set nonce = other.nonce, ciphertext = other.ciphertext
            from datastore.model_secret as other where other.model_version_id <> one.model_version_id
        """)
        with pytest.raises(CannotUnseal, match=r"sealed for something else"):
            owner.endpoints()
        database.execute("update datastore.model_secret set ciphertext = set_byte(ciphertext, 60, 1)")
        with pytest.raises(CannotUnseal, match=r"import the secret again"):
            owner.endpoints()

    @pytest.mark.parametrize(
        ("wrong", "path", "keyword"), [*UNSEALED[2:], (model(api_key=5), "/models/0/api_key", "type")]
    )
    def test_what_is_refused_shows_no_secret(
        self, owner: Store, kek: str, wrong: Json, path: str, keyword: str
    ) -> None:
        with pytest.raises(InvalidDocument) as error:
            owner.import_pipelines(document(wrong))
        assert (path, keyword) in [(item["instance_path"], item["keyword"]) for item in error.value.errors]
        shown = "".join(traceback.format_exception(error.value)) + repr(error.value.__context__)
        assert API_KEY not in shown
        assert ENDPOINT not in shown

    def test_the_embedded_default_has_a_key_of_its_own(self, temporary_home: Path) -> None:
        home = temporary_home / "with a key"
        with connect(home=home, as_role="owner") as store:
            store.import_pipelines(document(model(api_key=API_KEY)))
        assert stat.S_IMODE((home / "kek").stat().st_mode) == 0o600
        with connect(home=home, as_role="owner") as store:
            assert store.endpoints()[0]["api_key"] == API_KEY

    def test_choosing_and_retiring(self, acting: Store, ana: User, database: psycopg.Connection) -> None:
        with pytest.raises(NotAllowed, match="administrator"):
            acting.import_pipelines(document(pipeline("A"), model()))
        database.execute("select datastore.set_site_role('ana@example.org', 'administrator')")
        loaded = acting.import_pipelines(document(pipeline("A", default=True), pipeline("B"), model()))
        ids = {str(one["pipeline_name"]): str(one["pipeline_id"]) for one in cast_list(loaded["pipelines"])}
        chosen = acting.choose_pipeline(ids["B"])
        assert chosen is not None
        assert names(acting.pipelines()) == ["B", "A"]
        assert acting.retire_pipeline(ids["B"])["active"] is False
        with pytest.raises(Conflict):
            acting.choose_pipeline(ids["B"])
        assert names(acting.pipelines()) == ["A"]
        assert names(acting.pipelines(include_inactive=True)) == ["A", "B"]
        assert acting.retire_pipeline(ids["B"], retired=False)["active"] is True
        assert acting.choose_pipeline(None) is None
        with pytest.raises(NotFound):
            acting.retire_pipeline(uuid4())

    def test_nobody_acts(self, store: Store) -> None:
        with pytest.raises(NotAllowed):
            store.choose_pipeline(uuid4())

    def test_async(self, database_url: str, kek: str) -> None:
        async def main() -> None:
            async with datastore_aio.connect(database_url, as_role="owner") as store:
                await store.import_pipelines(document(pipeline(), model(api_key=API_KEY)))
                assert names(await store.pipelines()) == ["Swin"]
                (endpoint,) = await store.endpoints()
                assert endpoint["api_key"] == API_KEY

        asyncio.run(main())

    def test_one_statement_each(self, owner: Store, kek: str, monkeypatch: pytest.MonkeyPatch) -> None:
        statements: list[object] = []
        execute = psycopg.AsyncConnection.execute

        async def counted(self: Any, query: Any, *arguments: Any, **named: Any) -> Any:
            statements.append(query)
            return await execute(self, query, *arguments, **named)

        monkeypatch.setattr(psycopg.AsyncConnection, "execute", counted)
        owner.import_pipelines(document(pipeline(), model(api_key=API_KEY)))
        owner.pipelines()
        owner.endpoints()
        assert len(statements) == 3


def cast_list(value: Any) -> list[Json]:
    return list(value)


class TestCommands:
    def write(self, tmp_path: Path, content: object, name: str = "pipelines.json") -> Path:
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    def test_a_walk_through(self, environment: dict[str, str], tmp_path: Path, kek: str) -> None:
        environment = environment | {"DATASTORE_KEK": kek}
        run(environment, "register", "ana@example.org")
        sent = document(
            pipeline("A", "m", "n", default=True),
            pipeline("B", "n"),
            model("m", api_key=API_KEY),
            model("n", version="2.1"),
        )
        file = self.write(tmp_path, sent)
        done = run(environment, "pipelines", "load", file)
        assert (done.status, "2 pipelines and 2 models" in done.out) == (0, True)
        loaded = json.loads(run(environment, "pipelines", "load", file, "--json").out)
        pipeline_id = loaded["pipelines"][1]["pipeline_id"]
        table = run(environment, "pipelines", "show").out.splitlines()
        assert table[1].split() == [loaded["pipelines"][0]["pipeline_id"], "A", "default", "m", "→", "n"]
        assert table[-1].split() == ["n", "2.1", "active", "Object", "detection"]
        assert run(environment, "pipelines", "choose", pipeline_id).status == 2
        user = ("--user", "ana@example.org")
        assert run(environment, "pipelines", "choose", pipeline_id, *user).status == 0
        shown = json.loads(run(environment, "pipelines", "show", "--json", *user).out)
        assert [one["pipeline_name"] for one in shown["pipelines"]] == ["B", "A"]
        assert run(environment, "pipelines", "choose", "--none", *user).status == 0
        assert run(environment, "pipelines", "retire", pipeline_id).out == "B is retired\n"
        assert len(json.loads(run(environment, "pipelines", "show", "--json").out)["pipelines"]) == 1
        assert "retired" in run(environment, "pipelines", "show", "--all").out
        assert (
            json.loads(run(environment, "pipelines", "retire", pipeline_id, "--back", "--json").out)["active"] is True
        )
        assert run(environment, "pipelines", "retire", str(uuid4())).status == 2

    def test_seal_makes_what_a_dba_imports(
        self, owner: Store, environment: dict[str, str], tmp_path: Path, kek: str, call: Call
    ) -> None:
        text = f"models:\n  - model_name: m\n    task: segmentation\n    api_key: {API_KEY}\n    Accuracy: 0.690\n"
        file = self.write(tmp_path, text, "pipelines.yaml")
        # Without a database that answers.
        offline = environment | {"DATASTORE_KEK": kek, "DATASTORE_DB_URL": "postgresql://localhost:1/x"}
        done = run(offline, "pipelines", "seal", file)
        assert (done.status, API_KEY in done.out, "0.690" in done.out) == (0, False, True)
        call("import_pipelines", json.loads(done.out))
        assert owner.endpoints()[0]["api_key"] == API_KEY

    def test_mistakes_are_told_by_file_line_and_path(self, environment: dict[str, str], tmp_path: Path) -> None:
        text = (
            "models:\n  - model_name: m\n    task: guessing\n  - model_name: n\n    task: segmentation\n    apiKey: x\n"
        )
        file = self.write(tmp_path, text, "pipelines.yaml")
        for command in ("load", "seal"):
            done = run(environment, "pipelines", command, file)
            assert (done.status, done.out) == (2, "")
            assert f"{file}:3: models/0/task: " in done.err
            assert f"{file}:6: models/1/apiKey: " in done.err
        unknown = self.write(tmp_path, document(pipeline("A", "x")))
        done = run(environment, "pipelines", "load", unknown)
        assert (done.status, "pipelines/0/models/0: expected a model" in done.err) == (2, True)
        assert "cannot be read" in run(environment, "pipelines", "load", tmp_path / "none.json").err
        broken = self.write(tmp_path, '{"models": [{"api_key": "' + API_KEY + '", }]}', "broken.json")
        done = run(environment, "pipelines", "load", broken)
        assert (done.status, f"{broken}:1: is not JSON" in done.err, API_KEY in done.err) == (2, True, False)

    def test_without_a_key(self, environment: dict[str, str], tmp_path: Path) -> None:
        file = self.write(tmp_path, document(model(api_key=API_KEY)))
        for command in ("load", "seal"):
            done = run(environment, "pipelines", command, file)
            assert (done.status, "datastore-db keys new" in done.err, API_KEY in done.err) == (2, True, False)

    def test_a_new_key_is_one(self, environment: dict[str, str], tmp_path: Path) -> None:
        key = run(environment, "keys", "new").out.strip()
        named = json.loads(run(environment, "keys", "new", "--id", "2024-05", "--json").out)
        assert named["kek"].startswith("2024-05:")
        file = self.write(tmp_path, document(model(api_key=API_KEY)))
        both = environment | {"DATASTORE_KEK": f"{named['kek']},{key}"}
        sealed = json.loads(run(both, "pipelines", "seal", file).out)
        assert sealed["models"][0]["api_key"]["kek_id"] == "2024-05"
        assert run(environment, "keys", "new", "--id", "no good").status == 2

    def test_seeds(self, environment: dict[str, str]) -> None:
        lines = run(environment, "seeds").out.splitlines()
        assert (len(lines), lines[1].split()) == (16, ["Ambrosia", "artemisiifolia", "known"])
        assert len(json.loads(run(environment, "seeds", "--json").out)["seeds"]) == 15

    @pytest.mark.parametrize("command", [("pipelines", name) for name in ("load", "show", "seal", "choose", "retire")])
    def test_help_shows_an_example(self, command: tuple[str, str], environment: dict[str, str]) -> None:
        done = run(environment, *command, "--help")
        assert f"datastore-db {' '.join(command)}" in done.out.split("Example:")[1]


class TestNoSecretAnywhere:
    @pytest.mark.skipif(WATCHED, reason="the whole run is searched then")
    def test_no_secret_anywhere(
        self,
        stack: LocalStack,
        server_url: str,
        database_url: str,
        database: psycopg.Connection,
        environment: dict[str, str],
        postgres_bin: Path,
        tmp_path: Path,
        kek: str,
        caplog: pytest.LogCaptureFixture,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        """Everything that is done with secrets, under a server that writes down all it can."""
        name = database.info.dbname
        for setting, value in {
            "log_statement": "all",
            "log_min_messages": "debug1",
            "log_min_error_statement": "debug1",
            "log_min_duration_statement": "0",
            "log_parameter_max_length": "-1",
            "log_parameter_max_length_on_error": "-1",
            "log_error_verbosity": "verbose",
            "debug_print_plan": "on",
        }.items():
            database.execute(
                sql.SQL("alter database {} set {} = {}").format(
                    sql.Identifier(name), sql.Identifier(setting), sql.Literal(value)
                )
            )
        caplog.set_level(logging.DEBUG)
        secrets = {API_KEY, ENDPOINT, kek.partition(":")[2]}
        texts: dict[str, str] = {}
        sent = document(pipeline(), model(api_key=API_KEY, endpoint=ENDPOINT))
        with connect(database_url, as_role="owner") as store:
            store.import_pipelines(sent)
            texts["answers"] = repr([store.pipelines(), store.endpoints(), store])
            for wrong in (
                document(pipeline("P", "nobody"), model(api_key=API_KEY)),
                document(model(api_key=[API_KEY])),
                document(model(api_key=API_KEY, task="guessing")),
                document(model(api_key=API_KEY, description="\0")),
                document(model(api_key=API_KEY + "\ud800")),
                document(model(api_key=API_KEY, version=0)),
                document(model(**{"API-Key": API_KEY})),
            ):
                with pytest.raises(InvalidDocument) as error:
                    store.import_pipelines(wrong)
                texts[f"error {len(texts)}"] = "".join(traceback.format_exception(error.value)) + repr(error.value)
            with psycopg.connect(server_url) as other:
                activity = other.execute("select query from pg_stat_activity where datname = %s", [name]).fetchall()
                texts["pg_stat_activity"] = repr(activity)
        file = tmp_path / "pipelines.json"
        file.write_text(json.dumps(sent))
        environment = environment | {"DATASTORE_KEK": kek}
        for command in (["load"], ["load", "--json"], ["seal"]):
            done = run(environment, "pipelines", *command, file)
            assert done.status == 0
            texts[" ".join(command)] = done.out + done.err
        texts["show"] = run(environment, "pipelines", "show", "--all", "--json").out
        texts["pg_dump"] = subprocess.run(
            [postgres_bin / "pg_dump", "--inserts", database_url], capture_output=True, text=True, check=True
        ).stdout
        assert "model_secret" in texts["pg_dump"]
        texts["Python's logs"] = caplog.text
        texts["stdout and stderr"] = "".join(capfd.readouterr())
        if SERVER_URL is None:
            texts["the server's log"] = (stack.home / "log" / "postgresql.log").read_text(errors="replace")
            assert "rebuild_pipelines" in texts["the server's log"]
        for where, text in texts.items():
            for secret in secrets:
                assert secret not in text, f"a secret is in {where}"

    @pytest.mark.skipif(SERVER_URL is not None, reason="the log of another server is not at hand")
    @pytest.mark.skipif(WATCHED, reason="the server logs everything then, what was sent by mistake as well")
    def test_sent_unsealed_by_a_parameter_it_is_not_in_the_log(
        self, stack: LocalStack, database: psycopg.Connection, call: Call
    ) -> None:
        secret = f"sk-{uuid4()}"
        for wrong in (document(model(api_key=secret)), document(model(apiKey=secret))):
            with refused("DS400"):
                call("import_pipelines", wrong)
        database.execute("do $$ begin raise warning 'after that'; end $$")
        log = (stack.home / "log" / "postgresql.log").read_text(errors="replace")
        assert "after that" in log
        assert "invalid pipelines document" in log
        assert secret not in log
