"""Labels of any length: none is too long to be stored, to find its species, and to come back as it was written."""

from __future__ import annotations

import random
import string

import pytest

from tests.support.calls import Call
from tests.support.inferences import boxes_of


def text(seed: int) -> str:
    """A text that no compression fits into an index."""
    letters = string.ascii_letters + string.digits + "äéø漢字"
    return "".join(random.Random(seed).choices(letters, k=10_000))


LONG = text(1)
# Only of letters that every locale of a database knows
OTHER_CASE = str.maketrans(string.ascii_letters, string.ascii_letters.swapcase())


@pytest.fixture
def user(call: Call) -> dict[str, str]:
    return dict(call("register_user", "ana@example.org"))


def announced(call: Call, user: dict[str, str], seed: object) -> str:
    (picture,) = call("announce_pictures", user["picture_set_id"], [{"seed": seed}])
    return str(picture["picture_id"])


def labels(call: Call, picture_id: str) -> list[str]:
    return [label["seed_id"] for label in call("rebuild_picture", picture_id)["labels"]]


def test_a_long_label_is_the_same_species_everywhere(call: Call, user: dict[str, str]) -> None:
    named = announced(call, user, LONG)
    assert call("rebuild_picture", named)["seed"] == LONG
    (seed_id,) = labels(call, named)
    assert labels(call, announced(call, user, {"seed_name": f"7  {LONG.translate(OTHER_CASE)} "})) == [seed_id]
    assert labels(call, announced(call, user, {"seed_name": LONG, "seed_id": seed_id})) == [seed_id]

    inference = call("import_inference", named, boxes_of([[(LONG, 0.5), (text(2), 0.4)], [("Solanum nigrum", 1)]]))
    assert [guess["label"] for guess in inference["boxes"][0]["topN"]] == [LONG, text(2)]
    assert inference["boxes"][0]["classId"] == seed_id
    batch = [{"picture_id": named, "document": boxes_of([[(LONG, 0.5)]])}]
    (imported,) = call("import_inferences", batch)
    assert call("rebuild_inference", imported["inference_id"])["boxes"][0]["classId"] == seed_id

    first, second = (box["box_id"] for box in inference["boxes"])
    boxes = [{"boxId": first, "label": text(2)}, {"boxId": second, "label": text(3), "comment": text(4)}]
    verified = call("record_feedback", {"inferenceId": inference["inference_id"], "boxes": boxes})
    assert [box["label"] for box in verified["boxes"]] == [text(2), text(3)]
    assert len(labels(call, named)) == 3
    assert call("find_seed_named", LONG)["seed_id"] == seed_id


def test_texts_that_begin_alike_are_different_species(call: Call, user: dict[str, str]) -> None:
    ids = [announced(call, user, LONG + end) for end in "ab"]
    assert len({labels(call, id_)[0] for id_ in ids}) == 2


def test_a_long_species_is_reviewed_like_any_other(call: Call, user: dict[str, str]) -> None:
    picture_id = announced(call, user, LONG)
    (unreviewed,) = call("unreviewed_seeds")["seeds"]
    assert len(unreviewed["seed_name"]) < 300
    known = call("find_seed_named", "Solanum nigrum")["seed_id"]
    call("merge_seed", unreviewed["seed_id"], known)
    assert labels(call, picture_id) == [known]
    assert labels(call, announced(call, user, LONG)) == [known]
    inference = call("import_inference", picture_id, boxes_of([[(LONG, 0.5)]]))
    assert inference["boxes"][0]["classId"] == known
