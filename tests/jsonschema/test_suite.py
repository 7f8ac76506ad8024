"""The official test suite (half of it, handed to the project): nothing wrong, and what is supported all right."""

import json
import os
from collections import Counter
from pathlib import Path

import psycopg
import pytest

SUITE = Path(os.environ.get("JSON_SCHEMA_SUITE", Path(__file__).parents[2].parent / "shared" / "json-schema-suite"))
CASES = SUITE / "draft2020-12"

# Keywords and formats that are refused on purpose, so that every case of these files may be.
REFUSED_FILES = {
    "dynamicRef.json",
    "refRemote.json",
    "unevaluatedItems.json",
    "unevaluatedProperties.json",
    "vocabulary.json",
}
# Groups of the other files that need one of them.
REFUSED_GROUPS = {
    "validate definition against metaschema",
    "remote ref, containing refs itself",
    "collect annotations inside a 'not', even if collection is disabled",
}
# PostgreSQL's jsonb has no U+0000 at all, so such a schema or instance never reaches a function.
NUL = "\\u0000"

pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason=f"the JSON Schema test suite is not at {SUITE}")


def ask(connection: psycopg.Connection, query: str, *arguments: str) -> bool | str:
    try:
        with connection.transaction():
            ((answer,),) = connection.execute(query, arguments).fetchall()
            return bool(answer)
    except psycopg.errors.FeatureNotSupported:
        return "refused"


def files() -> list[str]:
    return sorted(str(path.relative_to(CASES)) for path in CASES.rglob("*.json"))


@pytest.mark.parametrize("name", files())
def test_the_official_suite_passes(db: psycopg.Connection, name: str) -> None:
    counts: Counter[str] = Counter()
    wrong = []
    refused = set()
    for group in json.loads((CASES / name).read_text(encoding="utf-8")):
        schema = json.dumps(group["schema"])
        if NUL in schema:
            continue
        compiled = ask(db, "select jsonschema.compile(%s, 'public.judge')", schema)
        for case in group["tests"]:
            instance = json.dumps(case["data"])
            if NUL in instance:
                continue
            verdicts = {
                ask(db, "select jsonschema.is_valid(%s, %s)", schema, instance),
                ask(db, "select count(*) = 0 from jsonschema.errors(%s, %s)", schema, instance),
                "refused" if compiled == "refused" else ask(db, "select public.judge(%s)", instance),
            }
            if verdicts == {case["valid"]}:
                counts["right"] += 1
            elif verdicts == {"refused"}:
                counts["refused"] += 1
                refused.add(group["description"])
            else:
                wrong.append((group["description"], case["description"], case["valid"], verdicts))
    print(name, dict(counts))
    assert not wrong
    if name not in REFUSED_FILES and not name.startswith("optional"):
        assert refused <= REFUSED_GROUPS


FORMATS = ["date", "time", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "uri", "uuid"]


@pytest.mark.parametrize("name", FORMATS)
def test_supported_formats_are_all_right(db: psycopg.Connection, name: str) -> None:
    for group in json.loads((CASES / "optional" / "format" / f"{name}.json").read_text(encoding="utf-8")):
        for case in group["tests"]:
            instance = json.dumps(case["data"])
            if NUL not in instance:
                verdict = ask(db, "select jsonschema.is_valid(%s, %s)", json.dumps(group["schema"]), instance)
                assert verdict == case["valid"], case["description"]
