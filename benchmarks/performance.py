"""What the team asks of the models' figures, with a million guesses verified; and with ten times as many that are not."""

from __future__ import annotations

import psycopg

from benchmarks.figures import Figure, alternately
from benchmarks.inference import BOXES, GUESSES, SPECIES
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
# The boxes of an inference lie together, as imports write them. Of three boxes one is wrong; experts took a year.
_FILL = f"""
with inference as (
  insert into datastore.inference (container_id, picture_id, document, pipeline_id, model_version_ids, feedback_at, verified_at)
  select picture.container_id, picture.picture_id,
         '{{"boxes": [], "totalBoxes": {BOXES}, "filename": "1.tiff", "labelOccurrence": {{}}, "pipeline_name": "P"}}',
         pipeline.pipeline_id, datastore.made_by('{{"models": []}}', pipeline.pipeline_id),
         case when %(verified)s then now() end, case when %(verified)s then now() end
  from generate_series(1, %(inferences)s) as number
  join (select row_number() over () - 1 as place, pipeline_id from datastore.pipeline) as pipeline on pipeline.place = number %% 3
  cross join (select picture_id, container_id from datastore.picture limit 1) as picture
  returning inference_id, container_id
), box as (
  insert into datastore.box (container_id, inference_id, position, document, guesses, seed_id, seed_ids, scores, top_place)
  select inference.container_id, inference.inference_id, place,
         '{{"box": {{"topX": 5, "topY": 5, "bottomX": 9, "bottomY": 9}}, "label": "14 Ambrosia psilostachya", "score": 0.5}}', '[]',
         guessed.seed_ids[1], guessed.seed_ids, guessed.scores, 1
  from inference
  cross join generate_series(1, {BOXES}) as place
  cross join lateral (
    select array_agg(known.seed_ids[1 + (start.place + step * start.stride) %% 15] order by step) as seed_ids,
           array_agg(round((start.score / (1 + step))::numeric, 16) order by step) as scores
    from (select (random() * 1e6)::integer as place, 1 + (random() * 1e6)::integer %% 2 as stride, 0.1 + random() * 0.9 as score
          where place > 0 and inference.inference_id is not null) as start
    cross join generate_series(0, {GUESSES} - 1) as step
    cross join (select array_agg(seed_id order by name) as seed_ids from datastore.seed) as known
  ) as guessed
  returning box_id, inference_id, container_id, seed_ids, scores
)
insert into datastore.verdict
  (container_id, inference_id, box_id, is_current, said, said_by, said_at, outcome, object_id, seed_id, label, model_seed_id, model_score, model_rank)
select box.container_id, box.inference_id, box.box_id, true, jsonb_build_object('boxId', box.box_id), box.container_id,
       now() - random() * interval '365 days', 'species', gen_random_uuid(), box.seed_ids[answer.rank], '14 Ambrosia psilostachya',
       box.seed_ids[1], box.scores[1], answer.rank
from box
cross join lateral (select greatest(1, (random() * {GUESSES * 1.5})::integer %% ({GUESSES} + 1)) as rank where box.box_id is not null) as answer
where %(verified)s
"""  # noqa: S608


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
    connection.execute(_FILL, filling)
    connection.execute("vacuum analyze datastore.inference, datastore.box, datastore.verdict")
    return alternately(
        9, lambda: connection.execute(ACCURACY).fetchone(), lambda: connection.execute(EVERYTHING).fetchone()
    )


__all__ = ["SPECIES", "measure"]
