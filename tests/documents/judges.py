"""The verdicts of the two judges of a document: Python's models, and the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
import simplejson

from datastore_db import InvalidDocument, json_codec
from datastore_db.models import Document

MODELS = Document.kinds

# One answer for each text of a batch. A text that is not read as jsonb is refused by read_document.
JUDGE = """
create or replace function pg_temp.judge(kind text, document_text text) returns jsonb language plpgsql as $$
declare
  document jsonb;
  limits bigint;
  rules bigint;
  told jsonb;
begin
  begin
    document := datastore.read_document(document_text);
  exception when sqlstate 'DS400' then
    return null;
  end;
  limits := (select count(*) from datastore.limit_errors(document));
  rules := (select count(*) from datastore.rule_errors(kind, document));
  told := (select coalesce(jsonb_agg(jsonb_build_array(instance_path, keyword)), '[]')
           from datastore.document_errors(kind, document));
  return jsonb_build_object(
    'limits', limits, 'rules', rules, 'told', told,
    'schema', case when limits = 0 then jsonb_array_length(told) - rules
              else (select count(*) from jsonschema.errors((datastore.schema_of(kind, document)).schema, document)) end,
    'fits', datastore.fits_schema(kind, document),
    'valid', datastore.document_is_valid(kind, document));
end
$$
"""


@dataclass(frozen=True)
class Verdict:
    """Whether a document is accepted, and else what is wrong: (instance_path, keyword)."""

    accepted: bool
    errors: frozenset[tuple[str, str]] = frozenset()
    document: Any = field(default=None, compare=False)


def written(document: Any) -> str:
    """Any value as the JSON text that a client might send, NaN and lone surrogates too."""
    return str(simplejson.dumps(document, use_decimal=True, ensure_ascii=True, allow_nan=True))


def python_verdict(kind: str, text: str) -> Verdict:
    """The verdict of the models on a text."""
    try:
        value = json_codec.loads(text)
    except ValueError:
        return Verdict(False)
    try:
        return Verdict(True, document=MODELS[kind].read(value).as_json())
    except InvalidDocument as refusal:
        return Verdict(False, frozenset((error["instance_path"], error["keyword"]) for error in refusal.errors))


def sql_verdicts(connection: psycopg.Connection, kind: str, texts: Sequence[str]) -> list[Verdict]:
    """The verdicts of the database on many texts, in one query. Raises where its own parts contradict each other."""
    connection.execute(JUDGE)
    rows = connection.execute(
        "select pg_temp.judge(%s, given.text) from unnest(%s::text[]) with ordinality as given(text, n) order by n",
        [kind, list(texts)],
    ).fetchall()
    return [_verdict(text, row[0]) for text, row in zip(texts, rows, strict=True)]


def refused_by_sql(connection: psycopg.Connection, kind: str, texts: Sequence[str]) -> list[str]:
    """Those of many texts that the database does not accept, by its quick verdict, in one query."""
    rows = connection.execute(
        """
        select given.text from unnest(%s::text[]) as given(text)
        where datastore.document_is_valid(%s, given.text::jsonb) is not true
        """,
        [list(texts), kind],
    )
    return [text for (text,) in rows]


def _verdict(text: str, answer: dict[str, Any] | None) -> Verdict:
    if answer is None:
        return Verdict(False)
    right = answer["limits"] == answer["schema"] == answer["rules"] == 0
    assert answer["fits"] is (answer["schema"] == 0), (
        f"the compiled function and jsonschema.errors differ: {text} {answer}"
    )
    assert answer["valid"] is right, f"the quick verdict and the errors differ: {text} {answer}"
    assert right is (not answer["told"]), f"the verdict and document_errors differ: {text} {answer}"
    return Verdict(right, frozenset((path, keyword) for path, keyword in answer["told"]))
