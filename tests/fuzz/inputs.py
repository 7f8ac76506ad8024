"""Inputs of less than 100 kB that might cost much: for each kind of document, each of its places filled to the brim."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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


# Functions of names, emails and the like: what looks like JSON is a text there.
TEXTS = {
    "find_species", "register_user", "create_group", "find_group_named", "container_called", "set_member", "find_user",
    "set_site_role", "seed_key", "species_name", "species_of", "seed_of_label", "version_parts", "from_base64",
    "read_document", "is_json", "share_container", "remove_member", "hand_out_link", "plan_key", "rebuild_performance",
}  # fmt: skip


@dataclass(frozen=True)
class Input:
    """A call of a function: its arguments as the query has them, and what they are called."""

    name: str
    function: str
    arguments: tuple[str, ...]

    @property
    def takes_documents(self) -> bool:
        """Whether what looks like JSON is handed over as such, and not as a name."""
        return self.function not in TEXTS

    @property
    def acts(self) -> bool:
        """Whether a user asks, and not the connection's own role."""
        return self.function not in ("register_user", "find_user", "import_pipelines", "set_site_role")


# "": what takes no document of a kind
KINDS = (*document_kinds(), "")
# What else a document needs for its place to be looked at
AROUND: dict[str, dict[str, Any]] = {
    "inference": {"boxes": [], "totalBoxes": 0},
    "feedback": {"inferenceId": "$inference", "boxes": []},
}


def _places(kind: str) -> list[tuple[str, ...]]:
    """Each key of a document, those of its sections, and one that is unknown."""
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


def document_of(chance: Random, kind: str, filler: Filler) -> tuple[tuple[str, ...], str]:
    """A document of a kind in which one place, which is told, is filled."""
    place = chance.choice(_places(kind))
    size = chance.choice([MAX_BYTES, MAX_BYTES, MAX_BYTES // 4, MAX_BYTES // 20])
    return place, _document(kind, place, filler(chance, size - 400))


def inputs(chance: Random) -> Iterator[Input]:
    """Without an end: a function, a place in its document, and what fills it, by chance."""
    while True:
        kind = chance.choice(KINDS)
        name, filler = chance.choice(list(FILLERS.items()))
        place, document = document_of(chance, kind, filler)
        title = f"{kind} {'/'.join(place) or 'itself'}: {name}, {len(document):,} characters"
        for function, arguments in chance.sample(list(_calls(kind, document)), 1):
            yield Input(f"{function}, {title}", function, arguments)


def _calls(kind: str, document: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    if kind == "picture":
        yield "update_picture", ("$picture", document)
        yield "announce_pictures", ("$picture_set", document)
        yield "announce_pictures", ("$picture_set", f"[{document}]")
        yield "confirm_pictures", (document,)
        yield "confirm_pictures", (f'[{{"picture_id":"$picture","size":{document}}}]',)
        yield "find_species", (document,)
        yield "register_user", (document,)
    elif kind == "inspection":
        yield "announce_pictures", ("$picture_set", "[{}]", f"[{document}]")
        yield "announce_pictures", ("$picture_set", document, document)
    elif kind == "picture_set":
        yield "create_picture_set", (document,)
        yield "open_picture_set", ("root", "path", document)
        yield "open_picture_set", ("root", document, "{}")
        yield "create_group", (document,)
    elif kind == "inference":
        yield "import_inference", ("$picture", document)
        yield "import_inferences", (document,)
        yield "import_inferences", (f'[{{"picture_id":"$picture","document":{document}}}]',)
        yield (
            "import_inferences",
            (
                "["
                + ",".join(['{"picture_id":"$picture","document":{"boxes":[],"totalBoxes":0,"verified":1}}'] * 900)
                + "]",
            ),
        )
    elif kind == "feedback":
        yield "record_feedback", (document,)
    elif kind == "pipelines":
        yield "import_pipelines", (document,)
    elif kind:
        yield "document_errors", (kind, document)
    else:
        yield from _other_calls(document)


def _other_calls(given: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Keys, sharing, links, performance: with ids, names and arrays. A name is a text, and no document."""
    for function in ("find_group_named", "container_called", "find_user", "seed_key", "species_name", "species_of"):
        yield function, (given,)
    for function in ("seed_of_label", "version_parts", "from_base64", "read_document", "is_json"):
        yield function, (given,)
    for function in ("revoke_keys", "revoke_links", "list_keys", "list_links", "limit_errors", "public_tags"):
        yield function, (given,)
    yield "revoke_keys", ("[]", given)
    yield "list_links", (f'["$container",{dumps(given)}]', "true")
    yield "confirm_upload", ("$picture", given, "e")
    yield "set_member", ("$picture", given)
    yield "set_member", ("$picture", "ana@example.org", given)
    yield "remove_member", ("$picture", given)
    yield "set_site_role", (given, "user")
    yield "set_site_role", ("ana@example.org", given)
    yield "share_container", ("$picture", given)
    yield "plan_key", ("$container", given, "1 hour")
    yield "hand_out_link", ("$picture", given)
    yield "rebuild_performance", (given,)
    for kind in KINDS[:-1]:
        yield "document_errors", (kind, given)
        yield "document_is_valid", (kind, given)
