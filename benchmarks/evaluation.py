"""The figures of the models, with a million guesses verified; and with ten times as many more that are not."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import psycopg

from benchmarks.databases import copy_of_the_database
from benchmarks.figures import Figure, Scale, alternately
from benchmarks.inference import BOXES, GUESSES
from datastore_db.json_codec import dumps
from datastore_db.local import LocalStack

VERIFIED = 1_000_000 // (BOXES * GUESSES)  # inferences
TIMES = 10  # so many more without a verdict
ACCURACY = "select count(*) from datastore.seed_accuracy"
EVERYTHING = "select datastore.rebuild_evaluation()::text"
PIPELINES = {
    "pipelines": [{"pipeline_name": f"P{n}", "models": ["detector", f"classifier {n}"]} for n in range(3)],
    "models": [
        {"model_name": "detector", "task": "Object detection", "version": 1},
        *({"model_name": f"classifier {n}", "task": "Classification", "version": 1} for n in range(3)),
    ],
}
_ROWS = (Path(__file__).parent / "evaluation_rows.sql").read_bytes()


def measure(stack: LocalStack, scale: Scale) -> list[Figure]:
    """Two databases in turn: 200,000 verified boxes of 5 guesses, and these with 2,000,000 more without a verdict."""
    inferences = scale.size(VERIFIED, 3)
    with copy_of_the_database(stack, "verified") as verified, copy_of_the_database(stack, "crowded") as crowded:
        for connection in (verified, crowded):
            _fill(connection, inferences, verified=True)
        _fill(crowded, TIMES * inferences, verified=False)
        for connection in (verified, crowded):
            connection.execute("vacuum analyze")
        few_accuracy, many_accuracy, few_everything, many_everything = alternately(
            scale.rounds(9),
            *(
                partial(_ask, connection, query)
                for query in (ACCURACY, EVERYTHING)
                for connection in (verified, crowded)
            ),
        )
    few, many = (few_accuracy, few_everything), (many_accuracy, many_everything)
    names = {
        ACCURACY: f"accuracy by model version and species, {inferences * BOXES * GUESSES:,} guesses verified",
        EVERYTHING: "rebuild_evaluation, the same",
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


def _fill(connection: psycopg.Connection, inferences: int, *, verified: bool) -> None:
    connection.execute("select datastore.import_pipelines(%s::jsonb)", [dumps(PIPELINES)])
    connection.execute(
        """
        select datastore.announce_pictures(
          (datastore.register_user('evaluation@example.org') ->> 'picture_set_id')::uuid, '[{}]')
        """
    )
    filling = {"inferences": inferences, "verified": verified, "boxes": BOXES, "guesses": GUESSES}
    connection.execute(_ROWS, filling)


def _ask(connection: psycopg.Connection, query: str) -> None:
    connection.execute(query.encode()).fetchone()
