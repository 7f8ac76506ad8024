"""The functions that a backend may call, from the catalogue, and arguments for each by names and types."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

import psycopg

from tests.fuzz.inputs import FILLERS, KINDS, MAX_BYTES, document_of

CALLABLE = """
select p.oid::regprocedure::text, p.proargnames[:p.pronargs]::text[], p.pronargdefaults,
  array(select format_type(t, null) from unnest(p.proargtypes) as t),
  array(select coalesce((select string_agg(enumlabel, ',') from pg_enum where enumtypid = t), '')
        from unnest(p.proargtypes) with ordinality as u(t, place) order by place),
  exists (select from pg_proc as twin where (twin.pronamespace, twin.proname, twin.proargnames)
          = (p.pronamespace, p.proname, p.proargnames) and 'jsonb'::regtype = any (twin.proargtypes))
from pg_proc as p
join datastore.wanted_privileges() as wanted
  on wanted.kind = 'function' and wanted.role = 'datastore_app' and to_regprocedure(wanted.object) = p.oid
order by 1
"""

# What people call, by the headings of the reference; the others serve these.
DOCS = Path(__file__).parents[2] / "docs"
PUBLIC = frozenset(name for page in DOCS.glob("*.md") for name in re.findall(r"(?m)^### ([a-z_]+)$", page.read_text()))


@dataclass(frozen=True)
class Input:
    """A call of a function: its arguments, and how the query has each. $name in them is an id that the world knows."""

    title: str
    function: str
    arguments: tuple[str | None, ...]
    places: tuple[str, ...]
    # Whether people call it: the answer is then written out.
    is_public: bool = True
    # Whether only the answers are right that are written down: no call by hand ends in another error.
    is_by_hand: bool = False

    def call(self, known: Mapping[str, str]) -> tuple[str, list[str | None]]:
        """The query and its arguments, with the ids that are known here."""
        query = f"datastore.{self.function}({', '.join(self.places)})"
        query = f"select {query}" if self.is_public else f"select pg_column_size({query})"
        return _with_ids(query, known), [argument and _with_ids(argument, known) for argument in self.arguments]


def _with_ids(text: str, known: Mapping[str, str]) -> str:
    for name, value in known.items():
        text = text.replace(f"${name}", value)
    return text


@dataclass(frozen=True)
class Function:
    """A function as in the catalogue; reads_text: the text that it takes is a document."""

    signature: str
    names: tuple[str, ...]
    defaults: int
    types: tuple[str, ...]
    # Of each type that is an enum, what it may be
    enums: tuple[tuple[str, ...], ...]
    reads_text: bool

    @property
    def name(self) -> str:
        return self.signature.partition("(")[0].removeprefix("datastore.")

    def takes_document(self, place: int) -> bool:
        is_text = self.reads_text and self.names[place] in ("document", "documents", "inspections", "confirmations")
        return self.types[place] == "jsonb" or (self.types[place] == "text" and is_text)


def callable_functions(connection: psycopg.Connection) -> list[Function]:
    """Each function that the role of backends may execute."""
    return [
        Function(
            signature,
            tuple(names or ()),
            defaults,
            tuple(types),
            tuple(tuple(labels.split(",")) if labels else () for labels in enums),
            "jsonb" not in types and has_twin,
        )
        for signature, names, defaults, types, enums, has_twin in connection.execute(CALLABLE)
    ]


# Which kind of document a function or a parameter speaks of: the first word in its name
WORDS = {
    "inspection": "inspection", "image_data": "inspection", "tags": "inspection", "feedback": "feedback",
    "said": "feedback", "verdicts": "feedback", "drawn": "feedback", "judged": "feedback", "named": "feedback",
    "pipeline": "pipelines", "model": "pipelines", "import": "inference", "inference": "inference",
    "boxes": "inference", "guesses": "inference", "picture_set": "picture_set", "picture": "picture",
    "announce": "picture", "seed": "picture",
}  # fmt: skip
# What texts are good, by the name of the parameter
GOOD_TEXTS = {
    "email": ("ana@example.org", "rob@example.org"), "role": ("reader", "owner"),
    "site_role": ("user", "administrator"), "per": ("month", "day"), "tier": ("user",), "kind": KINDS,
    "permission": ("read", "write", "upload"),
    "task": ("classification", "detection"), "code": ("DS400",), "needed": ("verifier",), "part": ("app", "box"),
    "entity": ("picture", "inference"), "prefix": ("00000000-0000-0000-0000-",), "folder_root": ("root",),
    "folder_path": ("a/b",), "name_or_id": ("Brassica napus",), "key": ("k",),
}  # fmt: skip
NUMBERS = {
    "boolean": ("true", "false"), "integer": ("0", "1", "-1", "1000", "2147483647"), "bigint": ("0", "7"),
    "interval": ("1 hour", "-1 hour", "100000 years"), "name": ("datastore_app", "nobody"),
    "timestamp with time zone": ("now", "-infinity", "2000-01-01", "9999-01-01"), "regclass": ("datastore.picture",),
}  # fmt: skip
# Rows of tables: one of the container's own, in which what is handed over is filled
ROWS = {
    "datastore.inference": "(select jsonb_populate_record(row, jsonb_build_object('document', %s::jsonb))"
    " from datastore.inference as row where inference_id = '$inference')",
    "datastore.model_version": "(select jsonb_populate_record(row, jsonb_build_object('document', %s::jsonb))"
    " from datastore.model_version as row limit 1)",
    "datastore.pipeline": "(select jsonb_populate_record(row, jsonb_build_object('document', %s::jsonb))"
    " from datastore.pipeline as row limit 1)",
    "datastore.verdict": "(select jsonb_populate_record(row, jsonb_build_object('said', %s::jsonb))"
    " from datastore.verdict as row limit 1)",
}
SMALL_INFERENCE = '{"boxes":[],"totalBoxes":0}'
COUNTED = '"(,{},,,2026-01-01,f,species,%s,%s,1,1)"'


def _any_id(chance: Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128)))


def _id(chance: Random, name: str) -> str | None:
    """One's own most often, else another's, an unknown one, or none."""
    thing = next((thing for thing in OWN if thing in name), "picture")
    chosen = chance.random()
    if chosen < 0.75:
        return f"${thing}"
    return f"$foreign_{thing}" if chosen < 0.85 else _any_id(chance) if chosen < 0.95 else None


# In this order: a picture_set_id is of no picture.
OWN = ("picture_set", "picture", "container", "inference", "group", "model", "pipeline", "seed", "user", "box")


# Inner functions that write out what stands in tables, or what others have judged: no number there is beyond a limit.
WRITE_OUT = {
    "audit_trail", "box_text", "confirmed_pictures", "inference_json", "inference_text", "model_json", "more_members",
    "pipeline_json", "with_kept", "with_tags",
}  # fmt: skip
BEYOND_LIMITS = {"huge numbers", "tiny numbers", "long zeros", "many digits", "many decimals"} | {
    "wide and deep", "a long key", "too deep", "too deep objects"
}  # fmt: skip


def _fillers(function: Function) -> list[str]:
    return [name for name in FILLERS if function.name not in WRITE_OUT or name not in BEYOND_LIMITS]


def _wrap(chance: Random, document: str, size: int) -> str:
    """A document, or an array of it, or of as many as there is place for."""
    wraps: list[Callable[[], str]] = [
        lambda: document,
        lambda: document,
        lambda: f"[{document}]",
        lambda: f'[{{"picture_id":"$picture","document":{document}}}]',
        lambda: f'[{{"picture_id":"$picture","size":{document}}}]',
        lambda: f'{{"models":[{document}],"pipelines":[{document}]}}',
        lambda: f'{{"tiff":{document},"exif":{document}}}' if len(document) < size / 2 else document,
    ]
    return chance.choice(wraps)()


def _documents(chance: Random, fillers: list[str], kind: str, size: int) -> tuple[str, str]:
    """A title and the JSON text: one large document, or many small ones."""
    name = chance.choice(fillers)
    if chance.random() < 0.7:
        place, document = document_of(chance, kind, FILLERS[name], size - 100)
        return f"{kind} {'/'.join(place) or 'itself'}: {name}", _wrap(chance, document, size)
    place, document = document_of(chance, kind, FILLERS[name], chance.choice([200, 600, 2000]))
    if chance.random() < 0.5:
        document = f'{{"picture_id":"$picture","document":{document}}}'
    many = min(1000, max(1, size // (len(document) + 30)))
    return f"{many} times {kind} {'/'.join(place) or 'itself'}: {name}", "[" + ",".join([document] * many) + "]"


def _text(chance: Random, size: int) -> tuple[str, str]:
    name = chance.choice(list(FILLERS))
    text = FILLERS[name](chance, size)
    return f"text: {name}", text.strip('"') if chance.random() < 0.5 else text


def _items(chance: Random, type_: str, size: int) -> tuple[str, str]:
    """An array of many items, or of a long one, as PostgreSQL writes arrays."""
    one = chance.choice(["$picture", "$foreign_picture", "$inference", "$container"])
    match type_:
        case "uuid[]":
            n = size // 37
            if chance.random() < 0.5:
                return f"{n} times {one}", "{" + ",".join([one] * n) + "}"
            return f"{n} ids", "{" + ",".join(_any_id(chance) for _ in range(n)) + "}"
        case "numeric[]":
            number = chance.choice(["0", "0.5", "1e100000", "1e-16000", "9" * 1000])
            n = size // (len(number) + 1)
            return f"{n} numbers", "{" + ",".join([number] * n) + "}"
        case "datastore.prediction_count[]":
            n = size // (len(COUNTED) + 70)
            same = chance.random() < 0.3
            ids = [_any_id(chance) for _ in range(1 if same else n)] * (n if same else 1)
            rows = [COUNTED % (one, other) for one, other in zip(ids, [*ids[1:], *ids[:1]], strict=True)]
            return f"{n} counts", "{" + ",".join(rows) + "}"
        case "jsonb[]":
            kind = chance.choice(KINDS)
            title, document = _documents(chance, list(FILLERS), kind, chance.choice([300, 2000, size // 2]))
            n = min(1000, max(1, size // (len(document) * 5 // 4 + 3)))
            return f"{n} of {title}", "{" + ",".join([_quoted(document)] * n) + "}"
        case _:
            length = chance.choice([1, 20, 1200, size // 2])
            n = max(1, size // (length + 9))
            return f"{n} texts", "{" + ",".join(f'"{place} {"x y " * (length // 4)}"' for place in range(n)) + "}"


def _quoted(item: str) -> str:
    return '"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _kind(chance: Random, function: Function, parameter: str) -> str:
    words = (WORDS[word] for name in (parameter, function.name) for word in WORDS if word in name)
    return next(words, chance.choice(KINDS)) if chance.random() < 0.75 else chance.choice(KINDS)


def _small(chance: Random, function: Function, place: int) -> str | None:
    """Values that most calls accept."""
    type_, name = function.types[place], function.names[place]
    if function.takes_document(place) or type_ in ROWS:
        return chance.choice(["{}", "{}", "[]", "[{}]", SMALL_INFERENCE, '["$container"]', "1"])
    if function.enums[place]:
        return chance.choice(function.enums[place])
    if type_ == "uuid":
        return _id(chance, name)
    if type_.endswith("[]"):
        if type_ == "uuid[]":
            # Those of inferences are often of new ones.
            return f"{{{_any_id(chance) if name == 'inference_ids' else _id(chance, name) or ''}}}"
        return f"{{{_quoted(SMALL_INFERENCE)}}}" if type_ == "jsonb[]" else "{}"
    if type_ in NUMBERS:
        return chance.choice(NUMBERS[type_])
    return {"numeric": "1e300", "bytea": "x"}.get(type_) or chance.choice(GOOD_TEXTS.get(name, ("x",)))


def _filled(chance: Random, function: Function, place: int, size: int) -> tuple[str, str]:
    type_ = function.types[place]
    if function.takes_document(place) or type_ in ROWS:
        return _documents(chance, _fillers(function), _kind(chance, function, function.names[place]), size)
    if type_.endswith("[]"):
        return _items(chance, type_, size)
    if type_ == "numeric":
        return "a number", chance.choice(["9" * size, "0." + "1" * min(16000, size), "1e131071", "1e-16383"])
    return _text(chance, size)


def call_of(chance: Random, function: Function, most: int = MAX_BYTES) -> Input:
    """A call in which one argument, or some, are filled to the brim, and the others let it get through."""
    given = len(function.names) - chance.randint(0, function.defaults)
    fillable = [
        place for place in range(given) if function.types[place] not in ("uuid", *NUMBERS) and not function.enums[place]
    ]
    filled = chance.sample(fillable, min(len(fillable), chance.choice([1, 1, 1, len(fillable)])))
    if len(filled) < len(fillable) and chance.random() < 0.25:
        filled = []
    titles: list[str] = []
    arguments: list[str | None] = []
    for place in range(given):
        if place in filled:
            title, argument = _filled(chance, function, place, most // len(filled))
            titles.append(f"{function.names[place]}: {title}")
            arguments.append(argument)
        else:
            arguments.append(_small(chance, function, place))
    places = tuple(ROWS.get(type_, f"%s::{type_}") for type_ in function.types[:given])
    size = sum(len(argument or "") for argument in arguments)
    title = f"{function.signature}, {', '.join(titles)}, {size:,} characters"
    return Input(title, function.name, tuple(arguments), places, is_public=function.name in PUBLIC)
