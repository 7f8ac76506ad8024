"""Inferences: imported and rebuilt, against the same documents stored whole; and how it stays with many of them."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import psycopg

from benchmarks.databases import copy_of_the_database
from benchmarks.figures import Figure, Scale, alternately
from benchmarks.network import Network
from datastore_db import connect
from datastore_db.json_codec import dumps
from datastore_db.local import LocalStack

BOXES, GUESSES = 20, 5
BATCH = 1000
FEW, MANY = 10_000, 10_000_000
DELAY = 0.001  # seconds for a round trip, of a network that the second table adds
SPECIES = (
    *("Brassica napus", "Brassica juncea", "Cirsium arvense", "Cirsium vulgare", "Carduus nutans", "Bromus secalinus"),
    *("Bromus hordeaceus", "Bromus japonicus", "Lolium temulentum", "Solanum carolinense", "Solanum nigrum"),
    *("Solanum rostratum", "Ambrosia artemisiifolia", "Ambrosia trifida", "Ambrosia psilostachya"),
)
BOX_COLUMNS = "box_id, container_id, inference_id, position, document, guesses, seed_id, seed_ids, scores, top_place"
IMPORT = "select datastore.import_inference(%s, %s::jsonb)::text"
IMPORT_MANY = "select datastore.import_inferences(%s::jsonb)::text"
REBUILD = "select datastore.rebuild_inference(%s)::text"
FEEDBACK = "select datastore.record_feedback(%s::jsonb)::text"
WHOLE = "insert into public.whole (document) values (%s::jsonb) returning document::text"
SELECT = "select document::text from public.rebuilt where inference_id = %s"
FEEDBACK_WHOLE = f"with said as (insert into public.said (document) values (%s::jsonb)) {SELECT}"  # noqa: S608


def document(chance: random.Random) -> dict[str, Any]:
    """A pipeline's inference: 20 boxes with 5 guesses each, all digits of a float."""

    def box() -> dict[str, Any]:
        scores = sorted((chance.random() for _ in range(GUESSES)), reverse=True)
        numbers = chance.sample(range(len(SPECIES)), GUESSES)
        guesses = [
            {"label": f"{number} {SPECIES[number]}", "score": Decimal(repr(score / sum(scores)))}
            for number, score in zip(numbers, scores, strict=True)
        ]
        left, top = chance.randrange(1500), chance.randrange(900)
        corners = {"topX": left, "topY": top, "bottomX": left + chance.randrange(300), "bottomY": top + 120}
        return {
            "box": corners,
            **guesses[0],
            "topN": guesses,
            "overlapping": False,
            "overlappingIndices": [],
            "color": "#ED1C24",
        }

    boxes = [box() for _ in range(BOXES)]
    labels = [box["label"] for box in boxes]
    return {
        "filename": "1.tiff",
        "boxes": boxes,
        "labelOccurrence": {label: labels.count(label) for label in labels},
        "totalBoxes": BOXES,
        "pipeline_name": "Swin transformer",
        "models": [{"name": "seed-detector-1", "version": "1"}, {"name": "swinv1-base-dataaugv2-1", "version": 1}],
    }


def measure(stack: LocalStack, scale: Scale) -> list[Figure]:
    """One and a thousand inferences of 20 boxes with 5 guesses, near and far away; one among ten million guesses."""
    among_many = _among_many(stack, scale)  # first, while the database is empty
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        picture_id = _picture(connection)
        figures = [*_one(connection, picture_id, scale), _batch(connection, picture_id, scale)]
    with Network(stack.database_url, DELAY) as network:
        with psycopg.connect(network.url, autocommit=True) as connection:
            figures += [
                *_one(connection, picture_id, scale, DELAY),
                _batch(connection, picture_id, scale, DELAY),
            ]
        figures += _round_trips(network, picture_id)
    return [*figures, among_many]


def _picture(connection: psycopg.Connection) -> str:
    row = connection.execute("select datastore.register_user('inferences@example.org') ->> 'picture_set_id'").fetchone()
    assert row is not None
    announced = connection.execute(
        "select datastore.announce_pictures(%s, '[{}]') -> 0 ->> 'picture_id'", row
    ).fetchone()
    assert announced is not None
    return str(announced[0])


def _one(connection: psycopg.Connection, picture_id: str, scale: Scale, delay: float = 0) -> list[Figure]:
    """One import, rebuild and feedback, on this connection. As text, so that nothing is parsed by the client."""
    sent = dumps(document(random.Random(1)))
    connection.execute("""
        create table if not exists public.whole (
          whole_id uuid primary key default gen_random_uuid(),
          document jsonb check (datastore.inference_v1(document)))
    """)
    connection.execute("""
        create table if not exists public.said (
          said_id uuid primary key default gen_random_uuid(),
          document jsonb check (datastore.feedback_v1(document)))
    """)
    connection.execute("create table if not exists public.rebuilt (inference_id uuid primary key, document jsonb)")

    def run(query: str, *arguments: object) -> str:
        row = connection.execute(query, arguments).fetchone()
        assert row is not None
        return str(row[0])

    def feedback() -> str:
        imported = json.loads(run(IMPORT, _picture(connection), sent))
        boxes = [{"boxId": box["box_id"]} for box in imported["boxes"]]
        return dumps({"inferenceId": imported["inference_id"], "boxes": boxes})

    inference_id = json.loads(run(IMPORT, picture_id, sent))["inference_id"]
    keep = "insert into public.rebuilt select %s, datastore.rebuild_inference(%s)::jsonb returning 1"
    run(keep, inference_id, inference_id)
    imported, whole, rebuilt, selected = alternately(
        scale.rounds(401),
        lambda: run(IMPORT, picture_id, sent),
        lambda: run(WHOLE, sent),
        lambda: run(REBUILD, inference_id),
        lambda: run(SELECT, inference_id),
    )
    rounds = scale.rounds(101)
    given = [feedback() for _ in range(rounds)]
    judged_id = json.loads(run(FEEDBACK, feedback()))["inference_id"]
    run(keep, judged_id, judged_id)
    left, left_whole = iter(given), iter(given)
    judged, said_whole = alternately(
        rounds, lambda: run(FEEDBACK, next(left)), lambda: run(FEEDBACK_WHOLE, next(left_whole), judged_id)
    )
    return [
        Figure(
            "import_inference, 20 boxes of 5 guesses",
            "the document, whole, in one checked jsonb",
            imported / whole,
            2.5,
            _milliseconds(imported, whole),
            delay,
        ),
        Figure(
            "rebuild_inference, the same",
            "selecting the rebuilt document, stored whole",
            rebuilt / selected,
            2.5,
            _milliseconds(rebuilt, selected),
            delay,
        ),
        Figure(
            "record_feedback, 20 boxes",
            "the document, whole, in one checked jsonb, and selecting the rebuilt inference, stored whole",
            judged / said_whole,
            None,
            _milliseconds(judged, said_whole),
            delay,
        ),
    ]


def _round_trips(network: Network, picture_id: str) -> list[Figure]:
    """How often each call in Python waits for the network."""
    with connect(network.url, as_role="owner") as store:
        sent = document(random.Random(2))
        imported: Any = store.import_inference(picture_id, sent)
        inference_id = imported["inference_id"]
        feedback = {"inferenceId": inference_id, "boxes": [{"boxId": box["box_id"]} for box in imported["boxes"]]}
        calls: dict[str, Callable[[], object]] = {
            "import_inference": lambda: store.import_inference(picture_id, sent),
            "import_inferences": lambda: store.import_inferences([(picture_id, sent)] * 10),
            "inference": lambda: store.inference(inference_id),
            "record_feedback": lambda: store.record_feedback(feedback),
        }
        figures: list[Figure] = []
        for name, call in calls.items():
            before = network.round_trips
            call()
            trips = network.round_trips - before
            figures.append(Figure(f"round trips of {name} in Python", "one", trips, 1, f"{trips}", DELAY))
    return figures


def _batch(connection: psycopg.Connection, picture_id: str, scale: Scale, delay: float = 0) -> Figure:
    """The same rows, exported from the import before, are what COPY writes into the same tables."""
    chance = random.Random(3)
    count = scale.size(BATCH, 5)
    batch = dumps([{"picture_id": picture_id, "document": document(chance)} for _ in range(count)])
    tables = {
        "inference": "inference_id, container_id, picture_id, document, model_version_ids, top_seed_id, top_score",
        "box": BOX_COLUMNS,
    }
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(scale.rounds(5)):
        start = time.perf_counter()
        row = connection.execute(IMPORT_MANY, [batch]).fetchone()
        seconds[0].append(time.perf_counter() - start)
        assert row is not None
        ids = [item["inference_id"] for item in json.loads(row[0])]
        rows = {}
        for table, columns in tables.items():
            # COPY takes no parameters
            quoted = ", ".join(f"'{inference_id}'" for inference_id in ids)
            query = f"copy (select {columns} from datastore.{table} where inference_id in ({quoted})) to stdout"  # noqa: S608
            with connection.cursor().copy(query) as copy:
                rows[table] = b"".join(copy)
        connection.execute("delete from datastore.inference where inference_id = any (%s::uuid[])", [ids])
        connection.execute("vacuum datastore.inference, datastore.box")
        start = time.perf_counter()
        with connection.transaction():
            for table, columns in tables.items():
                with connection.cursor().copy(f"copy datastore.{table} ({columns}) from stdin") as copy:
                    copy.write(rows[table])
        seconds[1].append(time.perf_counter() - start)
    imported, copied = (sorted(taken)[len(taken) // 2] for taken in seconds)
    return Figure(
        f"import_inferences of {count:,}",
        "COPY of the same rows into the same tables",
        imported / copied,
        4,
        _milliseconds(imported, copied),
        delay,
    )


def _among_many(stack: LocalStack, scale: Scale) -> Figure:
    """Inferences are rebuilt in turn in two databases, one with 10,000 guesses and one with 10,000,000."""
    few_guesses, many_guesses = scale.size(FEW, 200), scale.size(MANY, 600)
    inferences = few_guesses // (BOXES * GUESSES)
    with copy_of_the_database(stack, "few") as few, copy_of_the_database(stack, "many") as many:
        ids = []
        for connection in (few, many):
            picture_id = _picture(connection)
            ids.append([_stored(connection, picture_id, n) for n in range(inferences)])
        _multiply(many, many_guesses // few_guesses)
        row = many.execute("select sum(cardinality(scores)) from datastore.box").fetchone()
        assert row == (many_guesses,), row
        for connection in (few, many):
            connection.execute("vacuum analyze datastore.inference, datastore.box")
        found = many.execute(
            "select inference_id::text from datastore.inference order by md5(inference_id::text) limit %s", [inferences]
        )
        ids[1] = [str(row[0]) for row in found]

        def rebuild_all(connection: psycopg.Connection, chosen: list[str]) -> None:
            for inference_id in chosen:
                connection.execute(REBUILD, [inference_id]).fetchone()

        among_few, among_many = (
            seconds / inferences
            for seconds in alternately(
                scale.rounds(31), lambda: rebuild_all(few, ids[0]), lambda: rebuild_all(many, ids[1])
            )
        )
    return Figure(
        f"rebuild_inference with {many_guesses:,} guesses stored",
        f"with {few_guesses:,} stored",
        among_many / among_few,
        1.3,
        _milliseconds(among_many, among_few),
    )


def _multiply(connection: psycopg.Connection, times: int) -> None:
    """Copy the stored rows so many times, each inference's boxes beside each other; without a check of any."""
    tables = ["datastore.inference", "datastore.box"]
    checks = connection.execute(
        "select conrelid::regclass, conname from pg_constraint where contype = 'c' and conrelid = any (%s::regclass[])",
        [tables],
    ).fetchall()
    indexes = connection.execute(
        "select indexrelid::regclass, pg_get_indexdef(indexrelid) from pg_index "
        "where not indisprimary and indrelid = any (%s::regclass[])",
        [tables],
    ).fetchall()
    with connection.transaction():
        connection.execute("set local session_replication_role = replica")
        connection.execute("set local maintenance_work_mem = '256MB'")
        for table, name in checks:
            connection.execute(f"alter table {table} drop constraint {name}")
        for name, _ in indexes:
            connection.execute(f"drop index {name}")
        connection.execute(f"""
            create temp table copied on commit drop as
            select inference_id as old_id, gen_random_uuid() as new_id, container_id, picture_id, document
            from datastore.inference, generate_series(2, {times})
        """)  # noqa: S608
        connection.execute("analyze copied, datastore.box")
        connection.execute("""
            insert into datastore.inference (inference_id, container_id, picture_id, document)
            select new_id, container_id, picture_id, document from copied
        """)
        connection.execute(f"""
            insert into datastore.box ({BOX_COLUMNS})
            select overlay(new_id::text placing right(box_id::text, 12) from 25)::uuid, box.container_id, new_id,
                   position, box.document, guesses, seed_id, seed_ids, scores, top_place
            from copied join datastore.box on inference_id = old_id
        """)  # noqa: S608
        for _, definition in indexes:
            connection.execute(definition)


def _stored(connection: psycopg.Connection, picture_id: str, seed: int) -> str:
    row = connection.execute(IMPORT, [picture_id, dumps(document(random.Random(seed)))]).fetchone()
    assert row is not None
    return str(json.loads(row[0])["inference_id"])


def _milliseconds(ours: float, theirs: float) -> str:
    return f"{ours * 1000:.2f} ms, {theirs * 1000:.2f} ms"
