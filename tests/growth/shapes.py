"""Arguments of any function that takes a document or an array, by their types: the same n items in many shapes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any

from datastore_db.json_codec import dumps
from datastore_db.models.schema import document_kinds
from tests.growth.documents import CORNERS, box, guesses, ids, inference, inspections, long_label, model
from tests.growth.session import Call, Session

DOCUMENTS: dict[str, Callable[[int], Any]] = {
    "numbers": lambda n: [1e300] * n,
    "huge numbers": lambda n: [10**400] * n,
    "texts": lambda n: [f"text {place}" for place in range(n)],
    "ids": ids,
    "keys": lambda n: {f"k{place}": place for place in range(n)},
    "keys in camel case": lambda n: {"metaData": {f"relativePath{place}": 1 for place in range(n)}},
    "objects": lambda n: [{"k": place} for place in range(n)],
    "boxes": lambda n: [box(box_id=1)] * n,
    "wrong boxes": lambda n: [box(box=CORNERS | {"topX": 9}, score="x")] * n,
    "an inference": lambda n: inference([box(label=f"new {place}", box_id=1) for place in range(n)]),
    "an inference of guesses": lambda n: inference([box(topN=guesses(n))]),
    "an inference of long labels": lambda n: inference([box(label=long_label(place)) for place in range(n)]),
    "an inference of wrong boxes": lambda n: inference([box(box=CORNERS | {"topX": 9}, score="x")] * n),
    "an inference of models": lambda n: inference([], models=[{"name": str(place)} for place in range(n)]),
    "inferences": lambda n: [{"picture_id": one, "document": inference([box()])} for one in ids(n)],
    "feedback": lambda n: {"inferenceId": ids(1)[0], "boxes": [{"boxId": one, "label": "x"} for one in ids(n)]},
    "drawn boxes": lambda n: {
        "inferenceId": ids(1)[0],
        "boxes": [{"box": CORNERS | {"bottomX": place}, "label": f"l{place}"} for place in range(n)],
    },
    "wrong feedback": lambda n: {"inferenceId": 1, "boxes": [{"boxId": ids(1)[0], "label": ""}] * n},
    "models": lambda n: {"models": [model(str(place)) for place in range(n)]},
    "versions": lambda n: {"models": [model("m", version=place) for place in range(n)]},
    "versions of one height": lambda n: {"models": [model("m", version="0" * place + "1") for place in range(n)]},
    "secrets": lambda n: {"models": [{"apiKey": 1, "model_name": "m", "endpoint": "x"}] * n},
    "pipelines": lambda n: {"pipelines": [{"pipeline_name": str(place), "models": ["m"]} for place in range(n)]},
    "pipelines of one name": lambda n: {"pipelines": [{"pipeline_name": "p", "models": ["m"], "default": True}] * n},
    "pictures": lambda n: [{"seed": f"s{place}", "labels": []} for place in range(n)],
    "pictures of seeds": lambda n: [{"seed": {"seed_id": one}} for one in ids(n)],
    "inspections": inspections,
    "tags": lambda n: {"image_data": {"tags": {"exif": {f"t{place}": "x" for place in range(n)}}}},
    "groups of tags": lambda n: {f"g{place}": {"Artist": "x", "Make": "y"} for place in range(n)},
    "pages": lambda n: {"tiff_pages": {str(place): {"Artist": "x"} for place in range(n)}},
    "deep": lambda n: {"k" * n: [[[[[{"k": [place]}]]]] for place in range(n)]},
    "confirmations": lambda n: [{"picture_id": one, "size": 5, "md5": "AAAA"} for one in ids(n)],
}
KINDS = document_kinds()

# What else functions ask for, by name or type
KNOWN: dict[str, Callable[[Session], object]] = {
    "picture_set_id": lambda session: session.picture_set_id,
    "picture_id": lambda session: session.picture_id,
    "container_id": lambda session: session.container_id,
    "user_id": lambda session: session.user_id,
}


def _array(kind: str, n: int) -> object:
    match kind:
        case "uuid[]":
            return ids(n)
        case "jsonb[]":
            return [dumps(inference([box(label=f"new {place}")])) for place in range(n)]
        case "numeric[]":
            return list(range(n))
        case "datastore.prediction_count[]":
            # As many species, each taken for the next one
            rows = [f'"(,{{}},,,2026-01-01,f,species,{one},{next_one},1,1)"' for one, next_one in pairwise(ids(n + 1))]
            return "{" + ",".join(rows) + "}"
        case _:
            return [f"text {place}" for place in range(n)]


@cache
def _document(title: str, n: int) -> str:
    return dumps(DOCUMENTS[title](n))


def titles(types: list[str], names: list[str]) -> list[str]:
    """The arguments of a function: kinds of documents and shapes, where it takes them."""
    kinds = KINDS if "kind" in names else ("",)
    documents = list(DOCUMENTS) if any(map(_is_document, names, types)) else [""]
    return [f"{kind} {document}".strip() for kind in kinds for document in documents] or [""]


def call(session: Session, function: str, names: list[str], types: list[str], title: str, n: int) -> Call:
    """A call of a function with n items: title, one of `titles`, says in which shape."""
    kind, _, shape = title.partition(" ") if "kind" in names else ("", "", title)
    values = [
        kind
        if name == "kind"
        else _document(shape, n)
        if _is_document(name, type_)
        else _array(type_, n)
        if type_.endswith("[]")
        else KNOWN[name](session)
        if name in KNOWN
        else OTHERS.get(type_)
        for name, type_ in zip(names, types, strict=True)
    ]
    places = ", ".join(f"%s::{type_}" for type_ in types)
    return f"select {function.partition('(')[0]}({places})", tuple(values)


def _is_document(name: str, type_: str) -> bool:
    return type_ == "jsonb" or (type_ == "text" and name in DOCUMENT_NAMES)


OTHERS: dict[str, object] = {"boolean": True, "integer": 1, "bigint": 1, "text": "x"}
# Of a function that takes text: what is a document
DOCUMENT_NAMES = {"document", "documents", "inspections", "confirmations"}
