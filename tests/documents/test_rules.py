"""Rules that no schema can express, and secrets that no error shows."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from datastore_db import InvalidDocument, json_codec
from datastore_db.models import Picture, Pipelines, PipelinesInFile
from tests.documents.errors import Errors, python_errors, sql_errors
from tests.documents.judges import MODELS
from tests.documents.small import BOX, ID, OTHER, TASK, feedback, inference, models, pipelines

# Each rule, by kind: a document, and what is wrong with it
RULES: list[tuple[str, dict[str, Any], Errors]] = [
    (
        "picture",
        {"imageData": {}, "user_data": {"numberOfSeeds": 1}},
        [("/imageData", "spelling"), ("/user_data/numberOfSeeds", "spelling")],
    ),
    ("picture", {"unknownKey": {}, "user_data": {"lensType": 1}}, []),
    ("picture_set", {"projectName": "x"}, [("/projectName", "spelling")]),
    ("inference", inference(), []),
    ("inference", inference({}, {}, totalBoxes=Decimal("2.0")), []),
    ("inference", inference({}, {}, totalBoxes=1), [("/totalBoxes", "totalBoxes")]),
    ("inference", inference({}, {"topX": 3, "topY": 4}), []),
    (
        "inference",
        inference({}, {"topX": Decimal("3.0000000000000000001"), "topY": 5}),
        [("/boxes/1/box/topX", "corners"), ("/boxes/1/box/topY", "corners")],
    ),
    ("feedback", feedback(), []),
    ("feedback", feedback({"boxId": ID}, {"boxId": OTHER, "label": "", "classId": ""}), []),
    ("feedback", feedback({"boxId": ID, "label": "", "classId": OTHER}), []),
    (
        "feedback",
        feedback(
            {"boxId": "", "label": "a", "box": BOX},
            {"boxId": None, "classId": ID, "box": BOX},
            {"label": "a", "box": BOX},
        ),
        [],
    ),
    ("feedback", feedback({"boxId": ID}, {"boxId": ID.upper()}), [("/boxes/1/boxId", "uniqueBoxId")]),
    ("feedback", feedback({"boxId": ID, "box": BOX | {"topY": 5}}), [("/boxes/0/box/topY", "corners")]),
    (
        "feedback",
        feedback(
            {}, {"box": BOX}, {"box": BOX, "label": "", "classId": ""}, {"label": "a"}, {"label": "a", "box": None}
        ),
        [(f"/boxes/{place}", "drawnBox") for place in range(5)],
    ),
    (
        "feedback",
        feedback({"boxId": ID, "label": ""}, {"boxId": OTHER, "label": None, "classId": ""}),
        [("/boxes/0", "seed"), ("/boxes/1", "seed")],
    ),
    ("pipelines", {}, []),
    ("pipelines", pipelines({"default": True}, {"default": False}, {"default": None}), []),
    ("pipelines", pipelines({}, {"default": True}, {"default": True}), [("/pipelines/2/default", "oneDefault")]),
    (
        "pipelines",
        pipelines({"pipeline_name": "x"}, {"pipeline_name": "x", "version": 2}),
        [("/pipelines/1/pipeline_name", "uniqueName")],
    ),
    ("pipelines", models(TASK, TASK | {"version": 1}, TASK | {"version": "2"}), []),
    ("pipelines", models(TASK, TASK | {"version": None}), [("/models/1/model_name", "uniqueName")]),
    (
        "pipelines",
        models(TASK | {"version": Decimal("5.0")}, TASK | {"version": "5"}),
        [("/models/1/model_name", "uniqueName")],
    ),
    ("pipelines", models({"tasks": "object-detection"}), []),
    ("pipelines", models({}), [("/models/0", "required")]),
    (
        "pipelines",
        models(TASK | {"tasks": "segmentation", "dataset": "a", "dataset_description": "b"}),
        [("/models/0/dataset_description", "spelling"), ("/models/0/tasks", "spelling")],
    ),
    (
        "pipelines",
        pipelines({"accuracy": 1, "Accuracy": 1}, {"accuracy": 1, "Accuracy": None}),
        [("/pipelines/0/accuracy", "spelling")],
    ),
]


# Python renames the keys of the others where SQL refuses them.
ALIKE = ("inference", "feedback", "pipelines")


class TestRules:
    @pytest.mark.parametrize(("kind", "document", "expected"), RULES)
    def test_both_judges_name_the_same_rules(
        self, kind: str, document: dict[str, Any], expected: Errors, database: psycopg.Connection
    ) -> None:
        assert sql_errors(database, kind, document) == expected
        if not expected or kind in ("picture", "picture_set"):
            # Files and Python know the camelCase spelling: it is renamed, and SQL never sees it.
            assert sql_errors(database, kind, MODELS[kind].read(document).as_json()) == []
        else:
            assert python_errors(MODELS[kind], document) == expected

    @pytest.mark.parametrize(("kind", "document", "expected"), [case for case in RULES if case[0] in ALIKE and case[2]])
    def test_both_judges_use_the_same_words(
        self, kind: str, document: dict[str, Any], expected: Errors, database: psycopg.Connection
    ) -> None:
        with pytest.raises(InvalidDocument) as refusal:
            MODELS[kind].read(document)
        by_python = {(error["instance_path"], error["message"]) for error in refusal.value.errors}
        by_sql = database.execute(
            "select instance_path, message from datastore.rule_errors(%s, %s)",
            [kind, Jsonb(document, dumps=json_codec.dumps)],
        ).fetchall()
        # What a schema says beside it has the words of JSON Schema in SQL.
        assert set(by_sql) <= by_python
        assert by_sql or ("/models/0", "required") in expected

    def test_both_spellings_at_once_are_refused(self) -> None:
        assert python_errors(Picture, {"userData": {}, "user_data": {}}) == [("/userData", "spelling")]

    def test_rules_are_immutable_and_fit_for_parallel_queries(self, database: psycopg.Connection) -> None:
        rows = database.execute(
            """
            select proname, provolatile, proparallel from pg_proc
            where pronamespace = 'datastore'::regnamespace and proname = any(%s)
            """,
            [[f"{kind}_rules" for kind in MODELS]],
        ).fetchall()
        assert sorted(rows) == sorted((f"{kind}_rules", "i", "s") for kind in MODELS)

    @pytest.mark.parametrize("kind", MODELS)
    def test_rules_raise_no_error_for_any_json(self, kind: str, database: psycopg.Connection) -> None:
        hostile: list[Any] = [
            *(
                None,
                1,
                "boxes",
                [],
                ["boxes"],
                {"boxes": 5},
                {"boxes": {}},
                {"boxes": [[], None, 1, "boxId", {"box": 5}]},
            ),
            *(
                {"totalBoxes": "x", "boxes": []},
                {"pipelines": [1, "pipeline_name", []], "models": [{"model_name": {}}] * 2},
            ),
            *(["userData"], {"user_data": ["numberOfSeeds"]}, {"schema_version": "x", "userData": 1}),
        ]
        for document in hostile:
            database.execute(f"select * from datastore.{kind}_rules(%s)", [Jsonb(document)]).fetchall()
            database.execute(f"select * from datastore.{kind}_rules('{json.dumps(document)}')").fetchall()


class TestSecrets:
    SECRET = "dont-tell-me"

    def test_nothing_of_a_secret_is_repeated(self, database: psycopg.Connection) -> None:
        for api_key in (self.SECRET, [self.SECRET], {"kek_id": self.SECRET}, {"kek_id": 1, self.SECRET: self.SECRET}):
            document = models(TASK | {"api_key": api_key})
            with pytest.raises(InvalidDocument) as refusal:
                Pipelines.read(document)
            assert self.SECRET not in str(refusal.value) + repr(refusal.value.errors)
            assert {error["instance_path"] for error in refusal.value.errors} == {"/models/0/api_key"}
            with pytest.raises(psycopg.Error) as error:
                database.execute("select datastore.check_document('pipelines', %s)", [Jsonb(document)])
            assert error.value.sqlstate == "DS400"
            assert self.SECRET not in str(error.value)

    def test_secrets_of_a_file_are_text(self) -> None:
        document = models(TASK | {"api_key": self.SECRET, "endpoint": {"kek_id": "1", "nonce": "2", "ciphertext": "3"}})
        read = PipelinesInFile.read(document)
        assert read.as_json() == document
        assert self.SECRET not in repr(read)
        assert python_errors(PipelinesInFile, models(TASK | {"api_key": 5})) == [("/models/0/api_key", "type")]
