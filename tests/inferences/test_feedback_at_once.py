"""Feedback from two at once, and from Python."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from datastore_db import Conflict, InvalidDocument, NewPicture, NotAllowed, NotFound, Store
from tests.inferences.feedback import LABELS, MOVED
from tests.inferences.values import new_picture
from tests.support.calls import Call, caller
from tests.support.inferences import Document, boxes_of
from tests.support.pictures import picture


@pytest.fixture
def picture_id(call: Call, ana: dict[str, str]) -> str:
    """A picture whose client names a species."""
    return new_picture(call, ana, {"seed": "Solanum nigrum"})


class TestTwoAtOnce:
    def test_each_box_ends_with_one_verdict_and_none_is_lost(
        self, call: Call, database_url: str, imported: Document, ana: dict[str, str], bob: dict[str, str]
    ) -> None:
        box_ids = [box["box_id"] for box in imported["boxes"][:2]]
        says = {ana["user_id"]: "Solanum nigrum", bob["user_id"]: "Zea mays"}

        def judge(user_id: str) -> list[Document]:
            with psycopg.connect(database_url, autocommit=True) as connection:
                call = caller(connection)
                boxes = [{"boxId": box_id, "label": says[user_id]} for box_id in box_ids]
                return [
                    call(
                        "record_feedback", {"inferenceId": imported["inference_id"], "userId": user_id, "boxes": [box]}
                    )
                    for box in (boxes if user_id == ana["user_id"] else reversed(boxes))
                ]

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(judge, says))
        verdicts = call("rebuild_verdicts", imported["inference_id"])
        for box_id in box_ids:
            sent = [verdict for verdict in verdicts if verdict["box_id"] == box_id]
            assert {verdict["label"] for verdict in sent} == set(says.values())
            assert [verdict["is_current"] for verdict in sent] == [False, True]
        rebuilt = call("rebuild_inference", imported["inference_id"])
        current = {verdict["box_id"]: verdict["label"] for verdict in verdicts if verdict["is_current"]}
        assert {box["box_id"]: box["label"] for box in rebuilt["boxes"][:2]} == current

    def test_the_last_boxes_answered_at_once_verify_it(
        self, database_url: str, call: Call, imported: Document, picture_id: str
    ) -> None:
        def judge(box: Document) -> bool:
            with psycopg.connect(database_url, autocommit=True) as connection:
                sent = {"inferenceId": imported["inference_id"], "boxes": [{"boxId": box["box_id"]}]}
                return bool(caller(connection)("record_feedback", sent)["verified"])

        with ThreadPoolExecutor(3) as pool:
            answers = list(pool.map(judge, imported["boxes"]))
        assert sorted(answers) == [False, False, True]
        assert call("rebuild_inference", imported["inference_id"])["verified"] is True
        assert len(call("rebuild_picture", picture_id)["labels"]) == 4

    def test_nothing_is_locked_while_a_species_is_merged(
        self, database: psycopg.Connection, database_url: str, imported: Document
    ) -> None:
        def judge() -> None:
            with psycopg.connect(database_url, autocommit=True, application_name="expert") as connection:
                boxes = [{"boxId": imported["boxes"][0]["box_id"]}]
                caller(connection)("record_feedback", {"inferenceId": imported["inference_id"], "boxes": boxes})

        waits = "select true from pg_stat_activity where application_name = 'expert' and wait_event_type = 'Lock'"
        with ThreadPoolExecutor(1) as pool:
            with psycopg.connect(database_url) as merging:
                # What datastore.merge_seed does first, and what it does later
                merging.execute("lock table datastore.label in access exclusive mode")
                judged = pool.submit(judge)
                while not judged.done() and database.execute(waits).fetchone() is None:
                    time.sleep(0.01)
                merging.execute("set lock_timeout = '5s'")
                merging.execute("update datastore.inference set top_seed_id = top_seed_id")
            judged.result()

    def test_the_same_box_drawn_by_both_is_one(self, database_url: str, call: Call, imported: Document) -> None:
        def draw(_: int) -> None:
            with psycopg.connect(database_url, autocommit=True) as connection:
                boxes = [{"label": "Zea mays", "box": MOVED}]
                caller(connection)("record_feedback", {"inferenceId": imported["inference_id"], "boxes": boxes})

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(draw, range(8)))
        assert len(call("rebuild_inference", imported["inference_id"])["boxes"]) == 4


class TestPython:
    def test_feedback_in_python(self, store: Store, database: psycopg.Connection) -> None:
        user = store.register_user("ana@example.org")
        database.execute("select datastore.set_site_role('ana@example.org', 'verifier')")
        other = store.register_user("bob@example.org")
        with store.acting_as(user["user_id"]):
            (uploaded,) = store.upload_pictures(NewPicture(picture(1)))
            imported: Any = store.import_inference(uploaded["picture_id"], boxes_of(LABELS))
            inference_id = imported["inference_id"]
            boxes = [{"boxId": box["box_id"]} for box in imported["boxes"]]
            sent = {"userId": user["user_id"], "inferenceId": inference_id, "boxes": boxes}
            rebuilt: Any = store.record_feedback(sent)
            assert rebuilt["verified"] is True
            assert store.inference(inference_id) == rebuilt
            assert store.inference(inference_id, as_sent=True) == imported
            assert len(store.verdicts(inference_id)) == 3
            with pytest.raises(Conflict):
                store.record_feedback(sent | {"boxes": [boxes[0] | {"label": "Zea mays"}]})
            with pytest.raises(NotAllowed):
                store.record_feedback(sent | {"userId": other["user_id"]})
            with pytest.raises(NotFound):
                store.record_feedback(sent | {"inferenceId": str(uuid.uuid4())})
            with pytest.raises(InvalidDocument) as refusal:
                store.record_feedback(sent | {"boxes": [boxes[0], boxes[0]]})
            assert refusal.value.errors[0]["instance_path"] == "/boxes/1/boxId"
            opened: Any = store.reopen_inference(inference_id)
            assert opened["verified"] is False
            store.record_feedback(sent | {"boxes": [boxes[0] | {"label": "Zea mays"}]})
            unreviewed: Any = store.unreviewed_seeds()
            (seed,) = unreviewed["seeds"]
            assert store.merge_seed(str(seed["seed_id"]), rebuilt["boxes"][0]["classId"])["status"] == "known"
            with pytest.raises(Conflict):
                store.accept_seed(str(seed["seed_id"]))
