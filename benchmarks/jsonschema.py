"""The checks of sql/jsonschema: compiled, interpreted, written by hand."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg.types.json import Jsonb

from benchmarks.figures import Figure, Scale, alternately
from benchmarks.rebuild import example_inspection
from datastore_db.json_codec import dumps
from datastore_db.local import LocalStack
from datastore_db.resources import SQL

HANDWRITTEN = Path(__file__).with_name("handwritten_inference_check.sql")
FLAT = '{"type": "object", "properties": {"a": {"type": "number"}, "b": {"type": "string"}}}'
INFERENCE_DOCUMENT = """
select jsonb_build_object(
  'filename', '1.tiff', 'totalBoxes', 20, 'pipeline_name', 'Swin transformer',
  'labelOccurrence', '{"14 Ambrosia psilostachya": 12, "8 Lolium temulentum": 8}'::jsonb,
  'models', '[{"name": "seed-detector-1", "version": "1"}, {"name": "swinv1-base-dataaugv2-1", "version": 1}]'::jsonb,
  'boxes', (
    select jsonb_agg(jsonb_build_object(
      'box', jsonb_build_object('topX', 597 + box, 'topY', 184, 'bottomX', 1246 + box, 'bottomY', 913.5),
      'label', '14 Ambrosia psilostachya', 'score', 0.5466732978820801, 'overlapping', false,
      'overlappingIndices', '[]'::jsonb, 'color', '#ED1C24',
      'topN', (
        select jsonb_agg(
          jsonb_build_object('label', guess || ' Ambrosia psilostachya', 'score', 0.5466732978820801 / guess))
        from generate_series(1, 5) as guess)))
    from generate_series(1, 20) as box))
"""


def measure(stack: LocalStack, scale: Scale) -> list[Figure]:
    """Everything here, in order."""
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        connection.execute("create schema benchmark")
        try:
            return [
                *_flat_inserts(connection, scale),
                *_inference_check(connection, scale),
                *_picture_checks(connection, scale),
            ]
        finally:
            connection.execute("drop schema benchmark cascade")


def _flat_inserts(connection: psycopg.Connection, scale: Scale) -> list[Figure]:
    """20,000 inserts of a two-field object: without a check, with the compiled one, with is_valid."""
    execute = connection.execute
    rows = scale.size(20_000, 20)
    execute("select jsonschema.compile(%s, 'benchmark.flat_check')", [FLAT])
    execute("create table benchmark.unchecked (body jsonb)")
    execute("create table benchmark.compiled (body jsonb check (benchmark.flat_check(body)))")
    execute(f"create table benchmark.interpreted (body jsonb check (jsonschema.is_valid('{FLAT}', body)))")

    def insert(table: str) -> Callable[[], object]:
        return lambda: execute(
            f"insert into benchmark.{table} "  # noqa: S608 - one of three names
            f"select jsonb_build_object('a', n, 'b', 'text ' || n) from generate_series(1, {rows}) as n"
        )

    def empty() -> None:
        execute("truncate benchmark.unchecked, benchmark.compiled, benchmark.interpreted")

    unchecked, compiled, _ = alternately(scale.rounds(15), insert("unchecked"), insert("compiled"), empty)
    interpreted, _ = alternately(scale.rounds(3), insert("interpreted"), empty)
    times = f"none {unchecked * 1e3:.0f} ms, compiled {compiled * 1e3:.0f} ms, is_valid {interpreted * 1e3:.0f} ms"
    return [
        Figure(
            f"{rows:,} inserts of {{a, b}} with the compiled check",
            "without a check",
            compiled / unchecked,
            1.45,
            times,
        ),
        Figure(
            "what the compiled check adds to these inserts",
            "what is_valid adds",
            (compiled - unchecked) / (interpreted - unchecked),
            1 / 30,
            times,
        ),
    ]


def _inference_check(connection: psycopg.Connection, scale: Scale) -> list[Figure]:
    """A document of 20 boxes of 5 guesses: the compiled function and one written by hand; and compiling."""
    execute = connection.execute
    execute(HANDWRITTEN.read_text(encoding="utf-8"))
    execute(f"create table benchmark.inference as {INFERENCE_DOCUMENT} as body")
    times = scale.size(300, 2)

    def check(function: str) -> Callable[[], object]:
        # The condition on n keeps the call from being taken out of the loop.
        return lambda: execute(
            f"select bool_and({function}(body)) from benchmark.inference, generate_series(1, {times}) as n where n > 0"  # noqa: S608 - our own names
        )

    compiled, handwritten = alternately(
        scale.rounds(21), check("datastore.inference_v1"), check("benchmark.inference_check")
    )
    ((size,),) = execute("select length(body::text) from benchmark.inference").fetchall()
    largest = max((SQL / "documents").glob("*.v*.json"), key=lambda path: path.stat().st_size)
    schema = largest.read_text(encoding="utf-8")
    (compiling,) = alternately(
        scale.rounds(3), lambda: execute("select jsonschema.compile(%s, 'benchmark.largest')", [schema])
    )
    return [
        Figure(
            "the compiled check of an inference of 20 boxes of 5 guesses",
            "one written by hand",
            compiled / handwritten,
            1.1,
            f"{size} characters: {compiled * 1e6 / times:.0f} µs, {handwritten * 1e6 / times:.0f} µs",
        ),
        Figure(f"compiling {largest.name}", "a second", compiling, 1, f"{compiling * 1e3:.0f} ms"),
    ]


def _picture_checks(connection: psycopg.Connection, scale: Scale) -> list[Figure]:
    """The rows of pictures, into a table with every check of datastore.picture and into one without."""
    execute = connection.execute
    for name, checks in (("checked", "including constraints"), ("bare", "")):
        execute(
            f"create table benchmark.{name} (like datastore.picture including generated including defaults {checks})"
        )
    found = example_inspection()
    rows = [
        {
            "picture_id": f"00000000-0000-4000-8000-{n:012d}",
            "document": {
                "user_data": {"description": f"picture {n}", "number_of_seeds": n % 9, "zoom": 30},
                "seed": "Ambrosia artemisiifolia",
                "client_data": {"client_email": "ana@example.org", "client_expertise": "seed analyst"},
                "client_feedback": {"correct_identification": True, "historical_comparison": "like the 2019 lot"},
            },
            "metadata": {"file_name": f"{n}.tiff", "relative_path": f"s/{n}.tiff"},
            "image_data": found.image_data,
            "quality_check": {**found.quality_check, "image_checksum": hashlib.sha256(str(n).encode()).hexdigest()},
            "md5": base64.b64encode(found.md5).decode(),
        }
        for n in range(500)
    ]

    def insert(table: str, count: int, times: int) -> Callable[[], object]:
        given = Jsonb(rows[:count], dumps=dumps)
        statement = f"""
            insert into benchmark.{table}
              (picture_id, container_id, picture_set_id, position, blob_name, document, metadata, image_data,
               quality_check)
            select picture_id, picture_id, picture_id, 1, 'x', document, metadata, image_data, quality_check
            from jsonb_to_recordset(%s) as _(
              picture_id uuid, document jsonb, metadata jsonb, image_data jsonb, quality_check jsonb)
        """  # noqa: S608 - one of two names

        def run() -> None:
            for _ in range(times):
                execute(statement, [given])

        return run

    figures = []
    for count, times, to_reach in ((1, scale.size(50, 1), 1.5), (scale.size(500, 5), 1, 3.0)):
        checked, bare, _ = alternately(
            scale.rounds(15),
            insert("checked", count, times),
            insert("bare", count, times),
            lambda: execute("truncate benchmark.checked, benchmark.bare"),
        )
        detail = f"{checked / times * 1e3:.2f} ms, {bare / times * 1e3:.2f} ms"
        what = "one picture's row with all checks" if count == 1 else f"{count} pictures' rows with all checks"
        figures.append(Figure(what, "without", checked / bare, to_reach, detail))
    return figures
