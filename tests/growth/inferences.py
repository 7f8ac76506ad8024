"""Calls that import inferences."""

from __future__ import annotations

import uuid
from typing import Any

from datastore_db.json_codec import dumps
from tests.growth.cases import case, query
from tests.growth.documents import CORNERS, box, guesses, inference, long_label
from tests.growth.session import Call, Session


def import_boxes(session: Session, boxes: list[dict[str, Any]], **more: Any) -> Call:
    return query("import_inference", session.picture_id, inference(boxes, **more))


@case("import_inference", 5000)
def import_many_boxes(session: Session, n: int) -> Call:
    return import_boxes(session, [box()] * n)


@case("import_inference", 5000)
def import_new_labels(session: Session, n: int) -> Call:
    return import_boxes(session, [box(label=f"new label {place}") for place in range(n)])


@case("import_inference", 4000)
def import_long_labels(session: Session, n: int) -> Call:
    return import_boxes(session, [box(label=long_label(place)) for place in range(n)])


@case("import_inference", 4000)
def import_one_long_label(session: Session, n: int) -> Call:
    return import_boxes(session, [box(label=long_label(0))] * n)


@case("import_inference", 5000)
def import_claims(session: Session, n: int) -> Call:
    return import_boxes(session, [box(box_id=1, top_id=2)] * n, verified=1)


@case("import_inference", 5000)
def import_guesses_that_claim(session: Session, n: int) -> Call:
    return import_boxes(session, [box(topN=guesses(2, object_id=1))] * (n // 2))


@case("import_inference")
def import_many_guesses(session: Session, n: int) -> Call:
    return import_boxes(session, [box(topN=guesses(n))])


@case("import_inference", 5000)
def import_guesses_of_many_boxes(session: Session, n: int) -> Call:
    return import_boxes(session, [box(topN=guesses(5))] * (n // 5))


@case("import_inference", 5000)
def import_one_wrong_box(session: Session, n: int) -> Call:
    return import_boxes(session, [*[box()] * (n - 1), box(score="x")])


@case("import_inference", 5000)
def import_wrong_boxes(session: Session, n: int) -> Call:
    return import_boxes(session, [box(score="x")] * n)


@case("import_inference", 5000)
def import_wrong_corners(session: Session, n: int) -> Call:
    return import_boxes(session, [box(box=CORNERS | {"topX": 9})] * n)


@case("import_inference", 100)
def import_many_models(session: Session, n: int) -> Call:
    return import_boxes(session, [box()], models=[{"name": str(place), "version": 1} for place in range(n)])


@case("import_inferences")
def import_many_inferences(session: Session, n: int) -> Call:
    return _batch(session, [inference([box()])] * n)


@case("import_inferences")
def import_new_labels_of_many(session: Session, n: int) -> Call:
    return _batch(session, [inference([box(label=f"new label {place}")]) for place in range(n)])


@case("import_inferences")
def import_claims_of_many(session: Session, n: int) -> Call:
    return _batch(session, [inference([box(box_id=1)], verified=1)] * n)


@case("import_inferences")
def import_invalid_inferences(session: Session, n: int) -> Call:
    return _batch(session, [inference([box(score="x")])] * n)


def _batch(session: Session, documents: list[dict[str, Any]]) -> Call:
    return query("import_inferences", [{"picture_id": session.picture_id, "document": one} for one in documents])


@case("write_inferences")
def write_inferences(session: Session, n: int) -> Call:
    session.ask("select datastore.learn_labels('{Brassica napus}')")
    document = dumps(inference([box()]))
    return (
        "select datastore.write_inferences(%s::uuid[], %s::uuid[], %s::uuid[], %s::jsonb[], true, true)",
        ([str(uuid.uuid4()) for _ in range(n)], [session.picture_id] * n, [session.container_id] * n, [document] * n),
    )
