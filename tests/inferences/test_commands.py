"""Inferences, feedback and the review of species on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest

from datastore_db import Conflict, NewPicture, NotFound, Store
from datastore_db.aio import User
from datastore_db.cli.tables import print_table
from datastore_db.json_codec import JsonObject, dumps
from tests.support.commands import run
from tests.support.inferences import boxes_of, inference
from tests.support.pictures import picture

ANA = {"DATASTORE_USER": "ana@example.org"}


@pytest.fixture
def picture_id(acting: Store) -> str:
    (stored,) = acting.upload_pictures(NewPicture(picture(1)))
    return str(stored["picture_id"])


def written(file: Path, document: Any) -> Path:
    file.write_text(document if isinstance(document, str) else dumps(document, indent=1), encoding="utf-8")
    return file


def test_an_inference_is_stored_shown_and_verified(
    acting: Store, ana: User, picture_id: str, environment: dict[str, str], tmp_path: Path
) -> None:
    environment = environment | ANA
    added = run(environment, "inference", "add", picture_id, written(tmp_path / "inference.json", inference()))
    known = acting.inference_of(picture_id)
    assert known is not None
    inference_id = str(known["inference_id"])
    assert (added.status, added.out) == (0, f"inference {inference_id}: 2 boxes\n")

    assert json.loads(run(environment, "inference", "show", picture_id, "--json").out) == json.loads(dumps(known))
    shown = run(environment, "inference", "show", picture_id).out.splitlines()
    assert shown[0] == f"inference {inference_id} of picture {picture_id}"
    assert shown[1].endswith("; 0 of 2 boxes verified")
    assert shown[2].split() == ["place", "label", "score", "box", "verified"]
    assert shown[3].split() == ["1", "14", "Ambrosia", "psilostachya", "0.5467", "597,184", "1246,913", "no"]

    ids = [box["box_id"] for box in cast("list[JsonObject]", known["boxes"])]
    feedback = (
        f"inferenceId: {inference_id}\nboxes:\n  - {{boxId: {ids[0]}, label: Ambrosia trifida, comment: broken}}\n"
    )
    stored = run(environment, "feedback", written(tmp_path / "feedback.yaml", feedback))
    assert (stored.status, stored.out) == (0, f"inference {inference_id}: 1 of 2 boxes verified\n")
    rest = {"inferenceId": inference_id, "boxes": [{"boxId": ids[1], "label": "", "classId": ""}]}
    answer = json.loads(run(environment, "feedback", written(tmp_path / "rest.json", rest), "--json").out)
    assert (answer["verified"], answer["verified_by"]) == (True, ana["user_id"])

    shown = run(environment, "inference", "show", inference_id).out.splitlines()
    assert shown[1].endswith("; verified")
    assert shown[2].split()[-3:] == ["verified", "by", "at"]
    assert shown[3].split()[1:8] == ["13", "Ambrosia", "trifida", "1", "597,184", "1246,913", "yes"]
    assert ana["user_id"] in shown[3]
    assert "not a seed" in shown[4]
    as_sent = run(environment, "inference", "show", inference_id, "--as-sent", "--ids").out.splitlines()
    assert as_sent[3].split()[:5] == [ids[0], "1", "14", "Ambrosia", "psilostachya"]
    assert "not a seed" not in as_sent[4]


def test_errors_in_a_file_name_the_line(
    acting: Store, picture_id: str, environment: dict[str, str], tmp_path: Path
) -> None:
    environment = environment | ANA
    bad = "totalBoxes: 1\nboxes:\n  - box: {topX: 5, topY: 0, bottomX: 1, bottomY: 1}\n    label: a\n    score: 2\n"
    done = run(environment, "inference", "add", picture_id, written(tmp_path / "bad.yaml", bad))
    assert done.status == 2
    assert "bad.yaml:5: boxes/0/score: expected at most 1" in done.err
    known = acting.import_inference(picture_id, boxes_of([[("a", 0.5)]]))
    stranger = str(uuid4())
    feedback = {"inferenceId": known["inference_id"], "boxes": [{"boxId": stranger}]}
    done = run(environment, "feedback", written(tmp_path / "feedback.json", feedback))
    assert done.status == 2
    assert f"feedback.json:5: boxes/0/boxId: inference {known['inference_id']} has no box {stranger}" in done.err

    good = written(tmp_path / "good.json", boxes_of([[("a", 0.5)]]))
    missing = run(environment, "inference", "add", stranger, good)
    assert (missing.status, missing.err) == (2, f"datastore-db: there is no picture {stranger}\n")
    assert "there is no inference and no picture" in run(environment, "inference", "show", stranger).err


def test_errors_name_the_wrong_part(acting: Store, picture_id: str) -> None:
    known = acting.import_inference(picture_id, boxes_of([[("Solanum nigrum", 0.5)]]))
    box = cast("list[JsonObject]", known["boxes"])[0]["box_id"]
    feedback: JsonObject = {"inferenceId": known["inference_id"], "boxes": [{"boxId": box}]}
    acting.record_feedback(feedback)
    with pytest.raises(Conflict) as refusal:
        acting.record_feedback(feedback | {"boxes": [{"boxId": box, "label": "Lolium temulentum"}]})
    assert [error["instance_path"] for error in refusal.value.errors] == ["/boxes/0"]
    with pytest.raises(NotFound) as missing:
        acting.picture(uuid4())
    assert missing.value.errors == []


def test_a_picture_without_inference_is_not_found(acting: Store, picture_id: str) -> None:
    with pytest.raises(NotFound, match="has no inference"):
        acting.show_inference(picture_id)
    with pytest.raises(NotFound, match="no inference and no picture"):
        acting.show_inference(uuid4())


def test_the_review_of_species(acting: Store, owner: Store, picture_id: str, environment: dict[str, str]) -> None:
    owner.set_site_role("ana@example.org", "verifier")
    environment = environment | ANA
    acting.import_inference(picture_id, boxes_of([[("99 Setaria faberi", 0.5), ("Ambrosia trifda", 0.2)]]))
    lines = run(environment, "seeds", "review").out.splitlines()
    assert lines[0].split() == ["seed", "name", "first", "seen", "labels"]
    assert {line.split("Z")[1].strip() for line in lines[1:]} == {"99 Setaria faberi", "Ambrosia trifda"}

    accepted = run(environment, "seeds", "accept", "setaria  FABERI")
    assert (accepted.status, accepted.out) == (0, "Setaria faberi is known\n")
    known = acting.find_seed_named("Ambrosia trifida")
    merged = run(environment, "seeds", "merge", "Ambrosia trifda", str(known["seed_id"]))
    assert (merged.status, merged.out) == (0, "Ambrosia trifda is Ambrosia trifida\n")
    none = run(environment, "seeds", "review")
    assert (none.status, none.err) == (0, "nothing waits for a review\n")

    with pytest.raises(Conflict, match="was merged"):
        acting.accept_seed(str(acting.find_seed_named("Ambrosia trifda")["seed_id"]))


@pytest.mark.parametrize("name", ["Ambrosia trifida", "13 ambrosia  TRIFIDA", "'Ambrosia trifida'", "id"])
def test_how_a_species_is_found(owner: Store, name: str) -> None:
    known = owner.find_seed_named("Ambrosia trifida")
    assert owner.find_seed_named(str(known["seed_id"]) if name == "id" else name) == known


@pytest.mark.parametrize("name", ["", "   ", "''", "8367cc4e-1b61-42c2-a061-ca8662aeac37", "x" * 10_000])
def test_an_unknown_species_is_an_error(owner: Store, name: str) -> None:
    with pytest.raises(NotFound, match="no species"):
        owner.find_seed_named(name)


def test_unregistered_models_are_listed(
    acting: Store, owner: Store, picture_id: str, environment: dict[str, str]
) -> None:
    owner.set_site_role("ana@example.org", "administrator")
    acting.import_inference(picture_id, inference())
    lines = run(environment, "pipelines", "unknown").out.splitlines()
    assert [line.split() for line in lines[1:]] == [
        ["seed-detector-1", "1", "1"],
        ["swinv1-base-dataaugv2-1", "1", "1"],
    ]
    model: JsonObject = {"model_name": "seed-detector-1", "task": "Object detection", "version": 1}
    acting.import_pipelines({"pipelines": [], "models": [model]})
    assert [model["name"] for model in acting.unknown_models()] == ["swinv1-base-dataaugv2-1"]
    assert acting.recognise_models() == 0


def test_nothing_in_a_label_moves_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["label"], [["\x1b[2J[bold]gone"]])
    assert capsys.readouterr().out.splitlines()[1] == "\\x1b[2J[bold]gone"
