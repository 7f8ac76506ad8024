"""Calls that record feedback, and those that tell of many verdicts."""

from __future__ import annotations

from typing import Any

from tests.growth.cases import case, query, spread
from tests.growth.documents import CORNERS, box, guesses, ids, long_label
from tests.growth.inferences import import_boxes
from tests.growth.pictures import confirm
from tests.growth.session import Call, Session


def feedback(session: Session, boxes: list[dict[str, Any]], of: list[dict[str, Any]], with_ids: bool = True) -> Call:
    """Feedback on an inference of these boxes, in their order."""
    answer = session.ask(*spread(import_boxes(session, of)))
    named = [{"boxId": known["box_id"]} | one for known, one in zip(answer["boxes"], boxes, strict=True)]
    return query("record_feedback", {"inferenceId": answer["inference_id"], "boxes": named if with_ids else boxes})


@case("record_feedback", 5000)
def agree(session: Session, n: int) -> Call:
    return feedback(session, [{}] * n, [box()] * n)


@case("record_feedback", 5000)
def agree_again(session: Session, n: int) -> Call:
    call = feedback(session, [{}] * n, [box()] * n)
    session.ask(*spread(call))
    return call


@case("record_feedback", 5000)
def name_new_species(session: Session, n: int) -> Call:
    return feedback(session, [{"label": f"new label {place}"} for place in range(n)], [box()] * n)


@case("record_feedback", 4000)
def name_long_labels(session: Session, n: int) -> Call:
    return feedback(session, [{"label": long_label(place)} for place in range(n)], [box()] * n)


@case("record_feedback", 5000)
def move_boxes(session: Session, n: int) -> Call:
    moved = [{"box": CORNERS | {"bottomX": 7}, "label": "Brassica napus", "comment": "moved"}] * n
    return feedback(session, moved, [box()] * n)


@case("record_feedback", 5000)
def judge_guesses_of_many_boxes(session: Session, n: int) -> Call:
    some = n // 5
    return feedback(session, [{"label": "guess 3"}] * some, [box(topN=guesses(5))] * some)


@case("record_feedback")
def judge_many_guesses(session: Session, n: int) -> Call:
    return feedback(session, [{"label": f"guess {n - 1}"}] * 5, [box(topN=guesses(n))] * 5)


@case("record_feedback", 5000)
def draw_boxes(session: Session, n: int) -> Call:
    answer = session.ask(*spread(import_boxes(session, [box()])))
    drawn = [{"box": CORNERS | {"bottomX": place + 1}, "label": "Brassica napus"} for place in range(n)]
    return query("record_feedback", {"inferenceId": answer["inference_id"], "boxes": drawn})


@case("record_feedback", 5000)
def draw_boxes_again(session: Session, n: int) -> Call:
    call = draw_boxes(session, n)
    session.ask(*spread(call))
    return call


@case("record_feedback", 5000)
def judge_boxes_that_are_not_there(session: Session, n: int) -> Call:
    answer = session.ask(*spread(import_boxes(session, [box()] * n)))
    return query(
        "record_feedback", {"inferenceId": answer["inference_id"], "boxes": [{"boxId": one} for one in ids(n)]}
    )


@case("record_feedback", 5000)
def name_seeds_that_are_not_there(session: Session, n: int) -> Call:
    return feedback(session, [{"classId": one} for one in ids(n)], [box()] * n)


@case("record_feedback", 5000)
def one_wrong_box_of_feedback(session: Session, n: int) -> Call:
    return feedback(session, [*[{}] * (n - 1), {"label": 5}], [box()] * n)


@case("record_feedback", 5000)
def wrong_corners_of_feedback(session: Session, n: int) -> Call:
    return feedback(session, [{"box": CORNERS | {"topX": 9}}] * n, [box()] * n)


@case("rebuild_evaluation", 5000)
def performance_of_many_verdicts(session: Session, n: int) -> Call:
    session.ask(*spread(feedback(session, [{"label": f"s{n % 50}"}] * n, [box()] * n)))
    return "select datastore.rebuild_evaluation('month')", ()


@case("rebuild_training", 5000)
def training_of_many_verdicts(session: Session, n: int) -> Call:
    session.ask(*spread(agree(session, n)))
    return "select datastore.rebuild_training()", ()


@case("rebuild_inference", 5000)
def read_many_verdicts(session: Session, n: int) -> Call:
    answer = session.ask(*spread(agree(session, n)))
    return "select datastore.rebuild_inference(%s)", (answer["inference_id"],)


@case("rebuild_picture_set")
def read_many_pictures(session: Session, n: int) -> Call:
    session.ask(*spread(confirm(session, n)))
    return "select datastore.rebuild_picture_set(%s)", (session.picture_set_id,)


@case("rebuild_folders")
def read_folders(session: Session, n: int) -> Call:
    session.ask(*spread(confirm(session, n)))
    return "select datastore.rebuild_folders()", ()
