"""Write what chooses among the kinds of document and their versions: part of `make documents`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from datastore_db.json_codec import Json
from datastore_db.models import Document
from datastore_db.models.camel_case import InCamelCase
from datastore_db.models.schema import camel_spellings, properties, system_keys
from datastore_db.resources import SQL

Schema = dict[str, Any]

MADE = "-- Made by `make documents`"


def documents(sql: Path = SQL) -> list[tuple[str, int, Schema]]:
    """Every schema of sql/documents: its kind, its version, itself; the versions of a kind in order."""
    return read_schemas(sql / "documents")


def read_schemas(folder: Path) -> list[tuple[str, int, Schema]]:
    def found() -> Iterator[tuple[str, int, Schema]]:
        for path in folder.glob("*.v*.json"):
            name, version, _ = path.name.split(".")
            yield name, int(version.removeprefix("v")), json.loads(path.read_text(encoding="utf-8"))

    return sorted(found(), key=lambda schema: schema[:2])


def columns(schema: Json) -> Iterator[tuple[str, Schema]]:
    """The parts of a document that are columns, each with the name that its `$anchor` gives it."""
    if isinstance(schema, dict):
        if "$anchor" in schema:
            yield str(schema["$anchor"]), schema
        for part in schema.values():
            yield from columns(part)


def versions_sql(sql: Path = SQL) -> str:
    """The functions that choose by a document's version. They are replaced when there is a new one."""
    kinds = {kind: list(versions) for kind, versions in groupby(documents(sql), key=lambda document: document[0])}
    checks = {
        kind: [(version, f"datastore.{kind}_v{version}(document)") for _, version, _ in versions]
        for kind, versions in kinds.items()
    }
    keys = {
        kind: [(version, f"'{json.dumps(_system_keys(schema))}'::jsonb") for _, version, schema in versions]
        for kind, versions in kinds.items()
    }
    return "\n".join(
        [
            f"{MADE} from the files in this folder: which functions and keys belong to which version.",
            "-- An unknown version is given to the newest one, whose schema_version says what is known.",
            _choice_sql("fits_schema", "boolean", checks),
            "comment on function datastore.fits_schema(text, jsonb) is",
            "  'Does a document fit the compiled schema of its kind and version?';",
            _choice_sql("system_keys", "jsonb", keys),
            "comment on function datastore.system_keys(text, jsonb) is",
            "  'What the datastore fills in a document (readOnly in its schema), each key with those inside it: '",
            """  '{"metadata": ["file_name", …], "labels": []}.';""",
            *(_part_keys_sql(kind, versions) for kind, versions in kinds.items() if _part_keys(versions[-1][2])),
            # Files of folders have that spelling, SQL refuses it.
            *(
                _misspellings_sql(kind, versions)
                for kind, versions in kinds.items()
                if issubclass(Document.kinds.get(kind, Document), InCamelCase)
            ),
            "",
        ]
    )


_RULES = """
create or replace function datastore.rule_errors(kind text, document jsonb)
returns table (instance_path text, keyword text, message text)
language sql immutable parallel safe
begin atomic
  <calls>;
end;
comment on function datastore.rule_errors(text, jsonb) is
  'What is wrong with a document of this kind beyond its schema: datastore.{kind}_rules(jsonb).';
"""
_RULE = "select * from datastore.<kind>_rules(document) where kind = '<kind>'"


def rules_sql(sql: Path = SQL) -> str:
    """The function that asks the rules of a document's kind, where a file defines any."""
    texts = "".join(path.read_text(encoding="utf-8") for path in sorted(sql.glob("*/*.sql")))
    kinds = {kind for kind, *_ in documents(sql) if f"function datastore.{kind}_rules(" in texts}
    calls = "\n  union all ".join(_RULE.replace("<kind>", kind) for kind in sorted(kinds))
    return f"{MADE}: which rules belong to which kind.\n" + _RULES.replace("<calls>", calls)


def _choice_sql(name: str, answer: str, choices: dict[str, list[tuple[int, str]]]) -> str:
    lines = [
        f"\ncreate or replace function datastore.{name}(kind text, document jsonb) returns {answer}",
        "language sql immutable parallel safe",
        "return case kind",
    ]
    for kind, versions in choices.items():
        *older, (_, choice) = versions
        if older:
            cases = "".join(f"\n    when '{version}' then {call}" for version, call in older)
            choice = f"case coalesce(document -> 'schema_version', '1'){cases}\n    else {choice} end"
        lines.append(f"  when '{kind}' then {choice}")
    return "\n".join([*lines, "end;"])


def _system_keys(schema: Schema) -> dict[str, list[str]]:
    known = properties(schema)
    return {key: sorted(properties(known[key])) for key in sorted(system_keys(schema))}


def _part_keys(schema: Schema) -> dict[str, list[str]]:
    """What the datastore fills in the parts of a document that are columns; of an array, in each of its items."""
    parts = {column: sorted(system_keys(part.get("items", part))) for column, part in columns(schema)}
    return {column: keys for column, keys in parts.items() if keys}


_PART_KEYS = """
create or replace function datastore.<kind>_system_keys(part text) returns text[]
language sql immutable parallel safe
return case part
<rows>
end;
comment on function datastore.<kind>_system_keys(text) is
  'What the datastore fills in a part of the document (readOnly in its schema). part: <parts>.';"""


def _part_keys_sql(kind: str, versions: list[tuple[str, int, Schema]]) -> str:
    first, *others = ({kind: sorted(system_keys(schema))} | _part_keys(schema) for _, _, schema in versions)
    if any(other != first for other in others):
        raise ValueError(
            f"the versions of {kind} differ in what the datastore fills in their parts, which "
            f"datastore.{kind}_system_keys cannot tell: let it take the document, as datastore.system_keys does "
            "(tools/kinds_to_sql.py)"
        )
    rows = "\n".join(f"  when '{part}' then '{{{','.join(keys)}}}'::text[]" for part, keys in first.items() if keys)
    parts = ", ".join(part for part, keys in first.items() if keys)
    return _PART_KEYS.replace("<kind>", kind).replace("<rows>", rows).replace("<parts>", parts)


_MISSPELLINGS = """
create or replace function datastore.<kind>_misspellings(document jsonb)
returns table (path text[], wrong text, "right" text)
language sql immutable parallel safe
begin atomic
  select section.path, key.wrong, key."right"
  from (values
<rows>
  ) as section(version, path, object, wrong, "right")
  cross join lateral unnest(section.wrong, section."right") as key(wrong, "right")
  where section.version = coalesce(document -> 'schema_version', '1')
    and section.object ?| section.wrong and section.object ? key.wrong and jsonb_typeof(section.object) = 'object';
end;
comment on function datastore.<kind>_misspellings(jsonb) is
  'The known keys that stand in camelCase in a document, each with its section and its right spelling.';"""


def _misspellings_sql(kind: str, versions: Iterable[tuple[str, int, Schema]]) -> str:
    rows = [
        f"    ('{version}'::jsonb, '{{{','.join(path)}}}'::text[], document{_path_sql(path)},\n"
        f"     '{{{','.join(spellings)}}}'::text[],\n     '{{{','.join(spellings.values())}}}'::text[])"
        for _, version, schema in versions
        for path, spellings in _sections(schema)
    ]
    return _MISSPELLINGS.replace("<kind>", kind).replace("<rows>", ",\n".join(rows))


def _sections(schema: Schema, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, str]]]:
    known = properties(schema)
    if spellings := camel_spellings(frozenset(known)):
        yield path, dict(sorted(spellings.items()))
    for key, part in known.items():
        yield from _sections(part, (*path, key))  # type: ignore[arg-type]


def _path_sql(path: tuple[str, ...]) -> str:
    return "".join(f" -> '{key}'" for key in path)


_MESSAGES = """
-- The most items of arrays inside a document are in its JSON Schema.
create or replace function datastore.call_limits() returns jsonb
language sql immutable parallel safe
return '<limits>'::jsonb;
comment on function datastore.call_limits() is
  'What one call takes: batch, the most items of a batch of pictures, confirmations or inferences; bytes, the '
  'longest text of a document or a batch, in UTF-8; guesses, the most of all boxes of an inference.';

create or replace function datastore.wording(name text) returns text
language sql immutable parallel safe
return case name
<messages>
end;
comment on function datastore.wording(text) is
  'How both judges word what limits and rules find, for format(). name: as in sql/documents/messages.json.';
"""


def messages_sql(sql: Path = SQL) -> str:
    """How much one call takes, and the messages, as Python reads them from the same files."""
    limits, messages = (
        json.loads((sql / "documents" / name).read_text(encoding="utf-8")) for name in ("limits.json", "messages.json")
    )
    rows = "\n".join(f"  when '{name}' then\n{_literal(text)}" for name, text in messages.items())
    texts = _MESSAGES.replace("<limits>", json.dumps(limits)).replace("<messages>", rows)
    return f"{MADE} from limits.json and messages.json: what one call takes, and what both judges say.\n{texts}"


def _literal(text: str) -> str:
    """A text in SQL, on several lines where it is long."""
    lines = [text[start : start + 100].replace("'", "''") for start in range(0, len(text), 100)]
    return "\n".join(f"    '{line}'" for line in lines)
