"""Mistakes in a document of pipelines are refused whole, with their place."""

from __future__ import annotations

from typing import Any

import pytest

from datastore_db import InvalidDocument, Store
from tests.pipelines.documents import FULL, SEALED, document, model, pipeline
from tests.support.calls import Call
from tests.support.errors import errors_of, refused

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
    def test_invalid_pipelines_are_refused(self, call: Call, wrong: object, expected: list[tuple[str, str]]) -> None:
        with refused("DS400") as error:
            call("import_pipelines", wrong)
        assert errors_of(error) == expected
        assert call("rebuild_pipelines", False, True) == {"pipelines": [], "models": []}

    @pytest.mark.parametrize(("wrong", "expected"), BAD)
    def test_python_gives_the_same_errors(self, owner: Store, wrong: Any, expected: list[tuple[str, str]]) -> None:
        with pytest.raises(InvalidDocument) as error:
            owner.import_pipelines(wrong)
        assert sorted((item["instance_path"], item["keyword"]) for item in error.value.errors) == expected

    def test_a_document_is_imported_whole_or_not_at_all(self, call: Call) -> None:
        call("import_pipelines", FULL)
        before = call("rebuild_pipelines", True, True)
        with refused("DS400"):
            call("import_pipelines", document(model("new"), pipeline("New", "new"), model("swin", version=4)))
        assert call("rebuild_pipelines", True, True) == before
