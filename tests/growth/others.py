"""Calls of keys, links and checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from datastore_db.json_codec import dumps
from tests.growth.cases import Case, case, query
from tests.growth.documents import box, ids, inference, model
from tests.growth.session import Call, Session


@case("revoke_keys", 5000)
def revoke_keys_of_containers(session: Session, n: int) -> Call:
    return query("revoke_keys", [], [session.container_id] * n)


@case("revoke_links", 5000)
def revoke_links(session: Session, n: int) -> Call:
    return query("revoke_links", [session.container_id] * n)


@case("list_keys", 5000)
def list_keys(session: Session, n: int) -> Call:
    return query("list_keys", [session.container_id, *ids(n)], True)


@case("list_links", 5000)
def list_links(session: Session, n: int) -> Call:
    session.call("confirm_pictures", dumps([{"picture_id": session.picture_id}]))
    for _ in range(n // 10):
        session.call("hand_out_link", session.picture_id)
    return query("list_links", [session.container_id, *ids(n)], True)


@case("check_may_write", 5000)
def check_may_write(session: Session, n: int) -> Call:
    return "select datastore.check_may_write(%s::uuid[])", ([session.container_id] * n,)


WRONG: dict[str, Callable[[int], Any]] = {
    "picture": lambda n: {"seed": 5, "metaData": {f"relativePath{place}": 1 for place in range(n)}},
    "picture_set": lambda n: {"name": 5, "metaData": {f"submitterName{place}": 1 for place in range(n)}},
    "inspection": lambda n: {"size": "x", "image_data": {f"k{place}": "x" for place in range(n)}},
    "inference": lambda n: inference([box(score="x", topN=[{"label": 5}])] * n),
    "feedback": lambda n: {"inferenceId": 5, "boxes": [{"boxId": 5, "label": ""}] * n},
    "pipelines": lambda n: {"models": [model("m", task=5, version=[])] * n},
}


def _errors_of(kind: str) -> Case:
    def made(session: Session, n: int) -> Call:
        return query("document_errors", kind, WRONG[kind](n))

    made.__name__ = f"errors_of_{kind}"
    return made


for _kind in WRONG:
    case("document_errors", 500 if _kind == "pipelines" else 2000)(_errors_of(_kind))


@case("limit_errors", 20000)
def limit_errors(session: Session, n: int) -> Call:
    return query("limit_errors", {"k" * n: [10**400] * n})


@case("limit_errors", 20000)
def limit_errors_of_levels(session: Session, n: int) -> Call:
    """Each level's path has the long key."""
    nested: Any = [10**400] * (n // 50)
    for _ in range(50):
        nested = [nested, 10**400]
    return query("limit_errors", {"k" * n: nested})


@case("limit_errors", 20000)
def limit_errors_of_many_levels(session: Session, n: int) -> Call:
    """Two thousand ways down, each of 50 levels, below one long key."""
    nested: Any = 10**400
    for _ in range(50):
        nested = [nested]
    return query("limit_errors", {"k" * n: [nested] * (n // 50)})


@case("limit_errors", 20000)
def limit_errors_of_long_keys(session: Session, n: int) -> Call:
    """A long key on each level, and beside each what is wrong."""
    nested: Any = 10**400
    for _ in range(50):
        nested = {"k" * (n // 50): nested, "j": [10**400] * 2}
    return query("limit_errors", nested)


@case("jsonschema.errors", 4000)
def errors_of_items(session: Session, n: int) -> Call:
    schema = {"items": {"type": "object", "properties": {"k": {"type": "integer"}}, "required": ["x"]}}
    return "select jsonschema.errors(%s::jsonb, %s::jsonb)", (dumps(schema), dumps([{"k": "x"}] * n))


@case("jsonschema.errors", 4000)
def errors_of_keys(session: Session, n: int) -> Call:
    schema = {"properties": {"known": {}}, "additionalProperties": False, "uniqueItems": True}
    keys = {f"k{place}": 1 for place in range(n)}
    return "select jsonschema.errors(%s::jsonb, %s::jsonb)", (dumps(schema), dumps(keys))


@case("jsonschema.errors", 4000)
def errors_of_equal_items(session: Session, n: int) -> Call:
    items = [{"k": place} for place in range(n)]
    return "select jsonschema.errors('{\"uniqueItems\": true}', %s::jsonb)", (dumps([*items, items[0]]),)


@case("jsonschema.is_valid", 4000)
def validity_of_items(session: Session, n: int) -> Call:
    return "select jsonschema.is_valid(%s::jsonb, %s::jsonb)", (dumps({"items": {"type": "integer"}}), dumps([1] * n))


@case("is_near_limits", 200_000)
def is_near_limits(session: Session, n: int) -> Call:
    """As many numbers as a large batch has."""
    return query("is_near_limits", [{"score": 0.5}] * n)
