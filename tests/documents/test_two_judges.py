"""Two judges, one verdict: a document is accepted by its Pydantic model exactly when the database accepts it; and what
is accepted comes back as it was sent.

Hypothesis makes the documents: 500 of each kind, or as many as DATASTORE_TEST_EXAMPLES says.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema import Draft202012Validator

from datastore_db import json_codec
from datastore_db.errors import DocumentError
from datastore_db.models.camel_case import InCamelCase
from datastore_db.models.limits import limit_errors
from tests.documents.generate import families
from tests.documents.judges import MODELS, Verdict, python_verdict, refused_by_sql, sql_verdicts, written
from tests.documents.values import KINDS

EXAMPLES = int(os.environ.get("DATASTORE_TEST_EXAMPLES", "500"))
BATCH = 500
# Keywords of JSON Schema that Python leaves out where something else is wrong at the same place or below it; it does so
# with all rules, whose names are no such keywords.
ADDED_BY_SQL = {"minItems", "maxItems", "anyOf"}
IN_JSON_SCHEMA = set(Draft202012Validator.VALIDATORS)


@cache
def generated(kind: str, number: int) -> list[Any]:
    """So many documents; the same ones each time, unless there shall be more than usual."""
    made: list[Any] = []

    @settings(
        max_examples=-(-number // 7),
        phases=[Phase.generate],
        database=None,
        deadline=None,
        derandomize="DATASTORE_TEST_EXAMPLES" not in os.environ,
        suppress_health_check=list(HealthCheck),
    )
    @given(families(kind))
    def collect(family: list[Any]) -> None:
        made.extend(family)

    collect()
    assert len(made) >= number
    return made


def in_snake_case(kind: str, text: str) -> str:
    """The document as Python would hand it on: with known keys in snake_case, whether it is right or not."""
    model = MODELS[kind]
    try:
        value = json_codec.loads(text)
    except ValueError:
        return text
    errors: list[DocumentError] = list(limit_errors(value))
    if errors or not issubclass(model, InCamelCase) or not isinstance(value, dict):
        return text
    renamed = model.renamed(value, errors)
    return text if errors else written(renamed)


@pytest.mark.parametrize("kind", KINDS)
def test_the_verdicts_are_the_same(kind: str, database: psycopg.Connection) -> None:
    texts = [written(document) for document in generated(kind, EXAMPLES)]
    differing: list[str] = []
    accepted = 0
    for start in range(0, len(texts), BATCH):
        batch = texts[start : start + BATCH]
        by_python = [python_verdict(kind, text) for text in batch]
        by_sql = sql_verdicts(database, kind, [in_snake_case(kind, text) for text in batch])
        differing += [
            f"{text}\nPython: {mine}\nSQL: {theirs}"
            for text, mine, theirs in zip(batch, by_python, by_sql, strict=True)
            if not same(mine, theirs)
        ]
        # What Python hands on is accepted: what it renamed, too.
        handed_on = [written(verdict.document) for verdict in by_python if verdict.accepted]
        differing += [f"handed on: {text}" for text in refused_by_sql(database, kind, handed_on)]
        accepted += len(handed_on)
    assert not differing, f"{len(differing)} of {len(texts)} differ:\n" + "\n\n".join(sorted(differing, key=len)[:5])
    # Neither judge makes it easy for itself.
    assert 0.1 < accepted / len(texts) < 0.9


def same(mine: Verdict, theirs: Verdict) -> bool:
    """The same verdict, and the same reasons. SQL may have more of them: rules beside errors of the schema."""
    more = {keyword for _, keyword in theirs.errors - mine.errors}
    readable = mine.errors and theirs.errors
    return mine.accepted == theirs.accepted and (
        not readable or (mine.errors <= theirs.errors and (more & IN_JSON_SCHEMA) <= ADDED_BY_SQL)
    )


# What a document that was accepted must come back with, key by key: what the client fills as it was sent, to the last
# digit, and the unknown keys inside the sections that the datastore fills.
LOST = """
select sent.n, sent.document::text, lost.path
from unnest(%(sent)s::jsonb[]) with ordinality as sent(document, n)
join unnest(%(rebuilt)s::jsonb[]) with ordinality as back(document, n) using (n)
cross join lateral (
  select member.key as path
  from jsonb_each(sent.document) as member
  where not datastore.system_keys(%(kind)s, sent.document) ? member.key
    and (back.document -> member.key)::text is distinct from member.value::text
  union all
  select section.key || '/' || member.key
  from jsonb_each(datastore.system_keys(%(kind)s, sent.document)) as section
  cross join lateral jsonb_each(
    case jsonb_typeof(sent.document -> section.key) when 'object' then sent.document -> section.key else '{}' end
  ) as member
  where section.value <> '[]' and not section.value ? member.key
    and (back.document -> section.key -> member.key)::text is distinct from member.value::text
) as lost
"""


def importable(kind: str, number: int, connection: psycopg.Connection) -> list[str]:
    """Accepted documents of this kind, as text, each once."""
    texts = list(dict.fromkeys(written(document) for document in generated(kind, number)))
    refused = {text for text in texts if not python_verdict(kind, text).accepted}
    texts = [text for text in texts if text not in refused]
    refused |= set(refused_by_sql(connection, kind, texts))
    # An unknown species id is refused by the import, as it should be.
    return [text for text in texts if text not in refused and '"seed_id"' not in text]


def lost(connection: psycopg.Connection, kind: str, sent: list[str], rebuilt: list[str]) -> list[Any]:
    """The keys that did not come back as they were sent."""
    return connection.execute(LOST, {"kind": kind, "sent": sent, "rebuilt": rebuilt}).fetchall()


def test_pictures_come_back_as_sent(database: psycopg.Connection) -> None:
    row = database.execute("select datastore.register_user('ana@example.org') ->> 'picture_set_id'").fetchone()
    assert row is not None
    texts = importable("picture", EXAMPLES, database)
    assert len(texts) > EXAMPLES / 4
    for start in range(0, len(texts), BATCH):
        batch = texts[start : start + BATCH]
        announced = database.execute(
            "select datastore.announce_pictures(%s, %s, %s)",
            [row[0], f"[{','.join(batch)}]", json_codec.dumps([{} for _ in batch])],
        ).fetchone()
        assert announced is not None
        ids = [picture["picture_id"] for picture in announced[0]]
        assert len(set(ids)) == len(batch)
        rebuilt = [text for (text,) in database.execute(REBUILT, [ids])]
        assert lost(database, "picture", batch, rebuilt) == []
        # A DBA's update of one with the document of another.
        database.execute("select datastore.update_picture(%s, %s)", [ids[0], batch[-1]])
        rebuilt = [text for (text,) in database.execute(REBUILT, [ids[:1]])]
        assert lost(database, "picture", batch[-1:], rebuilt) == []


REBUILT = """
select datastore.rebuild_picture(id)::text from unnest(%s::uuid[]) with ordinality as given(id, n) order by n
"""


def test_picture_sets_come_back_as_sent(database: psycopg.Connection) -> None:
    database.execute("select datastore.register_user('ana@example.org')")
    texts = importable("picture_set", EXAMPLES, database)
    assert len(texts) > EXAMPLES / 4
    made = database.execute(
        """
        select datastore.open_picture_set('lot', given.n::text, given.text, container.container_id) ->> 'picture_set_id'
        from unnest(%s::text[]) with ordinality as given(text, n), datastore.container
        order by given.n
        """,
        [texts],
    ).fetchall()
    rebuilt = database.execute(
        """
        select datastore.rebuild_picture_set(id)::text
        from unnest(%s::uuid[]) with ordinality as given(id, n) order by n
        """,
        [[row[0] for row in made]],
    )
    assert lost(database, "picture_set", texts, [text for (text,) in rebuilt]) == []
