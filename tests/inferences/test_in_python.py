"""Inferences in Python."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from datastore_db import InvalidDocument, NewPicture, NotAllowed, NotFound, Store
from datastore_db.aio import User
from tests.support.inferences import inference
from tests.support.pictures import picture


class TestPython:
    def test_an_inference_is_imported_and_read(self, acting: Store, ana_in_python: User) -> None:
        picture_id = self.picture(acting)
        answer = acting.import_inference(picture_id, inference())
        assert acting.inference(answer["inference_id"]) == answer  # type: ignore[arg-type]
        assert acting.inference_of(picture_id) == answer
        (second,) = acting.import_inferences([(picture_id, inference())])
        assert acting.inference(str(second["inference_id"]), as_sent=True)["totalBoxes"] == 2
        assert acting.unknown_models()
        with pytest.raises(NotAllowed, match="administrator"):
            acting.recognise_models()
        assert answer["requested_by"] == ana_in_python["user_id"]

    def test_invalid_inferences_raise_errors(self, acting: Store) -> None:
        picture_id = self.picture(acting)
        with pytest.raises(InvalidDocument) as refusal:
            acting.import_inferences([(picture_id, inference()), (picture_id, inference(totalBoxes=3))])
        assert [error["instance_path"] for error in refusal.value.errors] == ["/1/document/totalBoxes"]
        with pytest.raises(NotFound):
            acting.import_inference(uuid.uuid4(), inference())
        with pytest.raises(NotFound):
            acting.inference("x")

    @pytest.fixture
    def ana_in_python(self, store: Store) -> User:
        return store.register_user("ana@example.org")

    @pytest.fixture
    def acting(self, store: Store, ana_in_python: User) -> Any:
        with store.acting_as(ana_in_python["user_id"]):
            yield store

    def picture(self, store: Store) -> str:
        (uploaded,) = store.upload_pictures(NewPicture(picture(1)))
        return uploaded["picture_id"]
