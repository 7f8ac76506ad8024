"""A database in which people share: every table has rows, and what is Ana's or Pia's says so in every document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg

from tests.support.calls import Call, caller
from tests.support.inferences import boxes_of, inference

# Stands in all data of the owner of a container, and nowhere else.
ANAS, PIAS = "only-ana-said-this", "only-pia-said-this"
PIPELINES = ("one", "other")


@dataclass(frozen=True)
class World:
    """Users by what they are to Ana's container, which she shares with a group; Pia's is public."""

    call: Call
    users: dict[str, dict[str, Any]]
    group_id: str
    anas: dict[str, str]
    pias: dict[str, str]


def people(connection: psycopg.Connection) -> World:
    """Ana (owner), Rob (reader), Cora (contributor), Bob (stranger) and Pia, whose container is public."""
    call = caller(connection)
    users = {
        kind: call("register_user", f"{name}@example.org")
        for kind, name in [
            ("owner", "ana"), ("reader", "rob"), ("contributor", "cora"), ("stranger", "bob"), ("publisher", "pia"),
        ]
    }  # fmt: skip
    ana, pia = users["owner"], users["publisher"]
    call("import_pipelines", {
        "pipelines": [{"pipeline_name": name, "models": [f"model of {name}"]} for name in PIPELINES],
        "models": [{"model_name": f"model of {name}", "task": "classification"} for name in PIPELINES],
    })  # fmt: skip
    group_id = call("create_group", "Seed lab", acting=ana["user_id"])["group_id"]
    for kind in ("reader", "contributor"):
        call("set_member", group_id, users[kind]["email"], kind, acting=ana["user_id"])
        call("join_group", group_id, acting=users[kind]["user_id"])
    call("share_container", group_id, acting=ana["user_id"])
    call("publish_container", acting=ana["user_id"])
    call("publish_container", False, acting=ana["user_id"])
    call("publish_container", acting=pia["user_id"])
    call("share_personal_data", acting=ana["user_id"])
    call("share_personal_data", False, acting=ana["user_id"])
    call("share_personal_data", acting=pia["user_id"])
    return World(call, users, group_id, fill(call, ana, ANAS), fill(call, pia, PIAS))


def fill(call: Call, user: dict[str, Any], mark: str) -> dict[str, str]:
    """Rows in every table that belongs to a container; answers the ids of some."""
    acting = user["user_id"]
    document = {
        "user_data": {"description": mark},
        "seed": "Ambrosia trifida",
        "labels": [mark],
        "metadata": {"relative_path": f"{mark}.tiff"},
        "quality_check": {"image_checksum": "0" * 64, "note": mark},
        "image_data": {"tags": {"tiff": {"Artist": mark, "Make": "Leica"}}},
    }
    set_id = call("create_picture_set", {"name": mark, "audit_trail": {"edited_by": mark}}, acting=acting)
    set_id = set_id["picture_set_id"]
    kept, gone = (
        call("announce_pictures", set_id, [document | {"metadata": {"relative_path": f"{name}-{mark}"}}], acting=acting)
        for name in ("kept", "gone")
    )
    picture_id = kept[0]["picture_id"]
    call("confirm_pictures", [{"picture_id": picture_id}], acting=acting)
    # Its blob goes to the outbox.
    call("announce_pictures", set_id, [document | {"metadata": {"relative_path": f"gone-{mark}"},
         "quality_check": {"image_checksum": "1" * 64}}], acting=acting)  # fmt: skip
    assert gone
    answer = call("import_inference", picture_id, inference(filename=mark, verified=True), acting=acting)
    first, second = (box["box_id"] for box in answer["boxes"])
    boxes = [
        {"boxId": first, "label": "Brassica napus", "comment": mark},
        {"boxId": second},
        {"boxId": "", "label": "Brassica juncea", "comment": mark,
         "box": {"topX": 1, "topY": 1, "bottomX": 2, "bottomY": 2}},
    ]  # fmt: skip
    call("record_feedback", {"inferenceId": answer["inference_id"], "boxes": boxes}, acting=acting)
    call("hand_out_link", picture_id, "read", 15, None, True, acting=acting)
    call("begin_copy", picture_id)
    # Two pipelines that disagree, without a verdict
    (open_picture,) = call("announce_pictures", set_id, [{"user_data": {"description": mark}}], acting=acting)
    for pipeline, label in zip(PIPELINES, ("Brassica napus", "Brassica juncea"), strict=True):
        guessed = boxes_of([[(label, 0.5), ("Solanum nigrum", 0.4)]]) | {"pipeline_name": pipeline}
        call("import_inference", open_picture["picture_id"], guessed, acting=acting)
    call("confirm_pictures", [{"picture_id": open_picture["picture_id"]}], acting=acting)
    # Keys, and a renewal that is under way
    (work,) = call("begin_renewals", [user["container_id"]])
    sealed = {"kek_id": "k", "nonce": "bm9uY2Vub25jZTAw", "ciphertext": "c2VhbGVk"}
    made = [planned | sealed for planned in work["issue"]]
    call("finish_renewal", user["container_id"], work["renewal_id"], "https://storage.example.org", made)
    call("begin_renewals", [user["container_id"]], True, False)
    return {
        "container_id": user["container_id"],
        "picture_set_id": set_id,
        "picture_id": picture_id,
        "inference_id": answer["inference_id"],
        "box_id": first,
    }
