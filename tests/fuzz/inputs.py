"""Inputs of less than 100 kB that might cost much: for each kind of document, each of its places filled to the brim."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from datastore_db.json_codec import dumps
from datastore_db.models.schema import document_kinds, document_schema

MAX_BYTES = 100_000
# What fills a place: given how many bytes there are, the JSON text
Filler = Callable[[Random, int], str]


def _many(item: str) -> Filler:
    return lambda chance, size: "[" + ",".join([item] * max(1, size // (len(item) + 1))) + "]"


def _each(item: str) -> Filler:
    """Items that differ: their number stands in them."""
    return lambda chance, size: "[" + ",".join(item.replace("#", str(n)) for n in range(size // (len(item) + 5))) + "]"


def _keys(value: str) -> Filler:
    return lambda chance, size: "{" + ",".join(f'"k{n}":{value}' for n in range(size // (len(value) + 9))) + "}"


FILLERS: dict[str, Filler] = {
    "huge numbers": _many("1e100000"),
    "tiny numbers": _many("1e-16000"),
    "long zeros": _many("0e-16000"),
    "numbers at the limit": _many("1e308"),
    "small numbers": _many("0"),
    "many digits": lambda chance, size: "9" * size,
    "many decimals": lambda chance, size: "0." + "1" * min(size, 16000),
    "empty objects": _many("{}"),
    "empty arrays": _many("[]"),
    "nulls": _many("null"),
    "texts": _each('"#"'),
    "ids": lambda chance, size: dumps([str(uuid.UUID(int=chance.getrandbits(128))) for _ in range(size // 41)]),
    "keys": _keys("0"),
    "keys of objects": _keys("{}"),
    "the same key": lambda chance, size: "{" + ",".join(['"k":0'] * (size // 6)) + "}",
    "deep arrays": lambda chance, size: "[" * 60 + "1" + "]" * 60,
    "too deep": lambda chance, size: "[" * (size // 2) + "]" * (size // 2),
    "too deep objects": lambda chance, size: '{"k":' * (size // 6) + "0" + "}" * (size // 6),
    "wide and deep": lambda chance, size: '{"k":[1e999,' * 60 + "0" + ",1e999" * (size // 20) + "]}" * 60,
    "a long key": lambda chance, size: '{"' + "k" * (size // 2) + '":' + _many("1e999")(chance, size // 2) + "}",
    "a long key of secrets": lambda chance, size: (
        '{"' + "k" * (size // 2) + '":' + _many('{"api_key":1}')(chance, size // 2) + "}"
    ),
    "long text": lambda chance, size: dumps("x" * size),
    "spaces": lambda chance, size: dumps("a" + " " * size + "b"),
    "words": lambda chance, size: dumps("x " * (size // 2)),
    "quotes": lambda chance, size: dumps("'" * (size // 2)),
    "wide characters": lambda chance, size: dumps("\U0001f600" * (size // 4)),
    "escapes": lambda chance, size: '"' + "\\u0001" * (size // 6) + '"',
    "lone surrogates": lambda chance, size: '"' + "\\ud800" * (size // 6) + '"',
    "no characters": lambda chance, size: '["' + "\\u0000" * (size // 6) + '"]',
    "dots": lambda chance, size: dumps("1." * (size // 2)),
    "an email": lambda chance, size: dumps("a." * (size // 2) + "a@x"),
    "boxes": _each('{"box":{"topX":#,"topY":0,"bottomX":99999,"bottomY":1},"label":"a","score":0}'),
    "boxes inside out": _many('{"box":{"topX":9,"topY":9,"bottomX":1,"bottomY":1},"label":"a","score":0}'),
    "boxes that claim": _many(
        '{"box":{"topX":0,"topY":0,"bottomX":1,"bottomY":1},"label":"a","score":0,"box_id":1,"top_id":2}'
    ),
    "boxes of new labels": lambda chance, size: _each(
        '{"box":{"topX":0,"topY":0,"bottomX":1,"bottomY":1},"label":"' + str(chance.random()) + ' #","score":0}'
    )(chance, size),
    "boxes of long labels": lambda chance, size: _each(
        '{"box":{"topX":0,"topY":0,"bottomX":1,"bottomY":1},"label":"' + "x y " * 300 + '#","score":0}'
    )(chance, size),
    "guesses": _many('{"label":"a","score":0}'),
    "guesses that claim": _many('{"label":"a","score":0,"object_id":1}'),
    "guesses in boxes": lambda chance, size: (
        '[{"box":{"topX":0,"topY":0,"bottomX":1,"bottomY":1},"label":"a","score":0,"topN":'
        + "[" + ",".join(['{"label":"a","score":0}'] * min(1000, size // 24)) + "]}]"
    ),
    "new guesses in boxes": lambda chance, size: (
        '[{"box":{"topX":0,"topY":0,"bottomX":1,"bottomY":1},"label":"a","score":0,"topN":'
        + _each('{"label":"' + str(chance.random()) + ' #","score":0}')(chance, min(size, 40_000)) + "}]"
    ),
    "short new guesses": lambda chance, size: (
        "[" + ",".join([
            '{"box":{"topX":0,"topY":0,"bottomX":1,"bottomY":1},"label":"a","score":0,"topN":'
            + _each('{"label":"s' + f"{box} " + '#","score":0}')(chance, min(size, 30_000)) + "}"
            for box in range(1 + size // 33_000)
        ]) + "]"
    ),
    "wrong guesses in boxes": lambda chance, size: (
        "[" + ",".join(['{"topN":[' + "0," * 990 + "0]}"] * (size // 2000)) + "]"
    ),
    "names and versions": _each('{"name":"#","version":1}'),
    "models": _each('{"model_name":"#","task":"classification"}'),
    "versions of a model": _each('{"model_name":"m","version":#,"task":"classification"}'),
    "versions of one height": lambda chance, size: (
        "[" + ",".join('{"model_name":"m","task":"classification","version":"%s1"}' % ("0" * n)
                       for n in range(int(size**0.5))) + "]"
    ),
    "pipelines": _each('{"pipeline_name":"#","models":["m"]}'),
    "drawn boxes": _each('{"box":{"topX":#,"topY":0,"bottomX":99999,"bottomY":1},"label":"a"}'),
    "strange boxes": lambda chance, size: dumps(
        [{"boxId": str(uuid.UUID(int=chance.getrandbits(128)))} for _ in range(size // 53)]
    ),
    "strange seeds": lambda chance, size: dumps(
        [{"seed": {"seed_id": str(uuid.UUID(int=chance.getrandbits(128)))}} for _ in range(size // 68)]
    ),
    "paths": _each('{"metadata":{"relative_path":"#"}}'),
    "checksums": _each('{"quality_check":{"image_checksum":"#"}}'),
    "pictures that claim": _many('{"labels":[],"audit_trail":1}'),
    "pictures of new seeds": lambda chance, size: _each('{"seed":"' + str(chance.random()) + ' #"}')(chance, size),
}  # fmt: skip


KINDS = tuple(document_kinds())
# What else a document needs for its place to be looked at
AROUND: dict[str, dict[str, Any]] = {
    "inference": {"boxes": [], "totalBoxes": 0},
    "feedback": {"inferenceId": "$inference", "boxes": []},
}


def _places(kind: str) -> list[tuple[str, ...]]:
    """Each key of a document, those of its sections, and one that is unknown. Of no kind: the document itself."""
    if not kind:
        return [()]

    def of(schema: Any) -> Iterator[tuple[str, ...]]:
        for key, part in (schema.get("properties") or {}).items():
            yield (key,)
            for below in of(part if isinstance(part, dict) else {}):
                yield (key, *below)

    return [(), ("unknown",), *of(document_schema(kind))]


def _document(kind: str, place: tuple[str, ...], filled: str) -> str:
    if not place:
        return filled
    for key in reversed(place[1:]):
        filled = f'{{"{key}":{filled}}}'
    rest = {key: value for key, value in AROUND.get(kind, {}).items() if key != place[0]}
    if kind == "inference" and place == ("boxes",):
        # The number that the rule wants, so that the boxes are taken
        rest["totalBoxes"] = filled.count('"box":')
    return "{" + ",".join([f'"{place[0]}":{filled}', *(f'"{key}":{dumps(value)}' for key, value in rest.items())]) + "}"


def document_of(chance: Random, kind: str, filler: Filler, most: int = MAX_BYTES) -> tuple[tuple[str, ...], str]:
    """A document of a kind in which one place, which is told, is filled."""
    place = chance.choice(_places(kind))
    size = chance.choice([most, most, most // 4, most // 20])
    return place, _document(kind, place, filler(chance, max(size - 400, 100)))
