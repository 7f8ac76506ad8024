"""The figures of the models, with a million guesses verified; and with ten times as many more that are not."""

from __future__ import annotations

from pathlib import Path

import psycopg

from benchmarks.figures import Figure, alternately
from benchmarks.inference import BOXES, GUESSES
from datastore_db.json_codec import dumps
from datastore_db.local import LocalStack

VERIFIED = 1_000_000 // (BOXES * GUESSES)  # inferences
TIMES = 10  # so many more that nobody has verified
ACCURACY = "select count(*) from datastore.species_accuracy"
EVERYTHING = "select datastore.rebuild_performance()::text"
PIPELINES = {
    "pipelines": [{"pipeline_name": f"P{n}", "models": ["detector", f"classifier {n}"]} for n in range(3)],
    "models": [
        {"model_name": "detector", "task": "Object detection", "version": 1},
        *({"model_name": f"classifier {n}", "task": "Classification", "version": 1} for n in range(3)),
    ],
}
_ROWS = (Path(__file__).parent / "performance_rows.sql").read_bytes()


def measure(stack: LocalStack) -> list[Figure]:
    """200,000 verified boxes of 5 guesses; then 2,000,000 more boxes that nobody looked at."""
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        connection.execute("select datastore.import_pipelines(%s::jsonb)", [dumps(PIPELINES)])
        connection.execute(
            """
            select datastore.announce_pictures(
              (datastore.register_user('performance@example.org') ->> 'picture_set_id')::uuid, '[{}]')
            """
        )
        connection.execute("truncate datastore.inference cascade")
        few = _seconds(connection, inferences=VERIFIED, verified=True)
        many = _seconds(connection, inferences=TIMES * VERIFIED, verified=False)
        connection.execute("truncate datastore.inference cascade")
    names = {
        ACCURACY: "accuracy by model version and species, 1,000,000 guesses verified",
        EVERYTHING: "rebuild_performance, the same",
    }
    figures = []
    for (query, name), few_seconds, many_seconds in zip(names.items(), few, many, strict=True):
        milliseconds = f"{few_seconds * 1000:.0f} ms, {many_seconds * 1000:.0f} ms"
        figures += [
            Figure(name, "a second", few_seconds, 1 if query == ACCURACY else None, f"{few_seconds * 1000:.0f} ms"),
            Figure(
                f"{name}, with {TIMES} times as many unverified",
                "with none",
                many_seconds / few_seconds,
                1.3 if query == ACCURACY else None,
                milliseconds,
            ),
        ]
    return figures


def _seconds(connection: psycopg.Connection, **filling: object) -> list[float]:
    connection.execute(_ROWS, filling | {"boxes": BOXES, "guesses": GUESSES})
    connection.execute("vacuum analyze datastore.inference, datastore.box, datastore.verdict")
    return alternately(
        9, lambda: connection.execute(ACCURACY).fetchone(), lambda: connection.execute(EVERYTHING).fetchone()
    )
