"""A small call costs little, a large one is refused: no number is written out before it is judged."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, cast

import psycopg
import pytest

from datastore_db import InvalidDocument, Store, TookTooLong, connect
from datastore_db.aio import User
from datastore_db.json_codec import dumps
from datastore_db.models import Document, Feedback, Inference, Pipelines
from datastore_db.models.limits import MAX_BATCH, MAX_BYTES, MAX_ERRORS, MAX_GUESSES, limit_errors
from tests.conftest import make_url
from tests.support.cost import Cost, cost

HUGE = "[" + ",".join(["1e100000"] * 2000) + "]"
LONG_ZEROS = "[" + ",".join(["0e-16000"] * 2000) + "]"


@dataclass
class Caller:
    """Ana's calls of functions, and what they cost."""

    url: str
    user_id: str
    picture_set_id: str
    picture_id: str

    def cost(self, function: str, *arguments: Any, kind: str = "jsonb") -> Cost:
        """Documents among the arguments are JSON texts; kind: what the function is handed, jsonb or text."""
        places = ", ".join(f"%s::{kind}" if str(argument)[:1] in ("[", "{") else "%s" for argument in arguments)
        return cost(self.url, f"select datastore.{function}({places})", *arguments, acting=self.user_id)


@pytest.fixture
def caller(database_url: str, store: Store, ana: User) -> Caller:
    with psycopg.connect(database_url) as connection:
        connection.execute("select datastore.set_site_role(%s, 'administrator')", [ana["email"]])
    answer = cost(
        database_url, "select datastore.announce_pictures(%s, '[{}]')", ana["picture_set_id"], acting=ana["user_id"]
    ).answer
    return Caller(database_url, str(ana["user_id"]), str(ana["picture_set_id"]), answer[0]["picture_id"])


@pytest.mark.parametrize("kind", ["jsonb", "text"])
@pytest.mark.parametrize("numbers", [HUGE, LONG_ZEROS], ids=["huge", "zeros"])
def test_numbers_are_judged_before_they_are_written_out(caller: Caller, numbers: str, kind: str) -> None:
    picture, picture_set = caller.picture_id, caller.picture_set_id
    empty = '{"boxes": [], "totalBoxes": 0, "x": %s}'
    calls: list[tuple[Any, ...]] = [
        ("import_inference", picture, empty % numbers),
        ("import_inference", picture, f'{{"boxes": {numbers}, "totalBoxes": 0}}'),
        ("import_inferences", f'[{{"picture_id": "{picture}", "document": {empty % numbers}}}]'),
        ("import_inferences", f'[{{"picture_id": {numbers}, "document": {{"boxes": [], "totalBoxes": 0}}}}]'),
        ("update_picture", picture, f'{{"x": {numbers}}}'),
        ("update_picture", picture, '{{"{}": {}}}'.format("k" * 50_000, numbers)),
        ("announce_pictures", picture_set, f'[{{"x": {numbers}}}]'),
        ("announce_pictures", picture_set, "[{}]", f'[{{"x": {numbers}}}]'),
        ("confirm_pictures", f'[{{"picture_id": "{picture}", "size": {numbers}}}]'),
        ("confirm_pictures", f'[{{"picture_id": {numbers}}}]'),
        ("create_picture_set", f'{{"acquisition": {{"x": {numbers}}}}}'),
        ("open_picture_set", "root", "path", f'{{"acquisition": {{"x": {numbers}}}}}'),
        ("record_feedback", f'{{"inferenceId": "{uuid.uuid4()}", "boxes": {numbers}}}'),
        ("import_pipelines", f'{{"models": {numbers}, "x": {numbers}}}'),
    ]
    for call in calls:
        spent = caller.cost(*call, kind=kind)
        assert spent.sqlstate == "DS400", (call[0], spent)
        assert max(spent.seconds, spent.megabytes / 100) < 1, (call[0], spent)


def test_a_long_key_is_not_repeated_for_each_value_below_it() -> None:
    errors = list(limit_errors({"k" * 50_000: [1] * 20_000 + [float("nan")] * 20_000}))
    assert len(errors) == MAX_ERRORS
    assert errors[0]["instance_path"].endswith("k/20000")


def boxes(n: int, **more: Any) -> list[dict[str, Any]]:
    corners = {"topX": 0, "topY": 0, "bottomX": 1, "bottomY": 1}
    return [{"box": corners, "label": "Brassica napus", "score": 0.5} | more for _ in range(n)]


def inference(n: int, **more: Any) -> dict[str, Any]:
    return {"boxes": boxes(n, **more), "totalBoxes": n}


GUESS = {"label": "Brassica napus", "score": 0.5}
MODEL = {"model_name": "m", "task": "classification"}
TOO_MANY: list[tuple[type[Document], dict[str, Any], str, str]] = [
    (Inference, inference(5001), "/boxes", "maxItems"),
    (Inference, inference(1, topN=[GUESS] * 1001), "/boxes/0/topN", "maxItems"),
    (Inference, inference(51, topN=[GUESS] * 1000), "/boxes", "maxItems"),
    (Inference, inference(1, overlappingIndices=[0] * 5001), "/boxes/0/overlappingIndices", "maxItems"),
    (Inference, inference(0) | {"models": [{"name": "m", "version": 1}] * 101}, "/models", "maxItems"),
    (Inference, inference(0) | {"labelOccurrence": {str(n): 0 for n in range(5001)}},
     "/labelOccurrence", "maxProperties"),
    (Feedback, {"inferenceId": str(uuid.UUID(int=0)), "boxes": [{"boxId": str(uuid.UUID(int=n))} for n in range(5001)]},
     "/boxes", "maxItems"),
    (Pipelines, {"models": [MODEL | {"version": n} for n in range(501)]}, "/models", "maxItems"),
    (Pipelines, {"pipelines": [{"pipeline_name": str(n), "models": ["m"]} for n in range(501)]},
     "/pipelines", "maxItems"),
    (Pipelines, {"pipelines": [{"pipeline_name": "p", "models": ["m"] * 101}]}, "/pipelines/0/models", "maxItems"),
]  # fmt: skip


@pytest.mark.parametrize(("model", "document", "path", "keyword"), TOO_MANY)
def test_both_judges_say_how_much_a_document_may_hold(
    database: psycopg.Connection, model: type[Document], document: dict[str, Any], path: str, keyword: str
) -> None:
    with pytest.raises(InvalidDocument) as refused:
        model.read(document)
    assert [(error["instance_path"], error["keyword"]) for error in refused.value.errors] == [(path, keyword)]
    spent = database.execute(
        "select instance_path, keyword from datastore.document_errors(%s, %s::jsonb)", [model.kind, dumps(document)]
    ).fetchall()
    assert spent == [(path, keyword)]


def test_an_inference_is_limited_in_its_number_of_boxes(caller: Caller) -> None:
    assert caller.cost("import_inference", caller.picture_id, dumps(inference(5000))).sqlstate is None
    spent = caller.cost("import_inference", caller.picture_id, dumps(inference(5001)))
    assert (spent.sqlstate, "maxItems" in spent.message) == ("DS400", True)
    batch = [{"picture_id": caller.picture_id, "document": inference(5001)}]
    spent = caller.cost("import_inferences", dumps(batch))
    assert (spent.sqlstate, "maxItems" in spent.message) == ("DS400", True)


def test_a_batch_is_limited_alike_in_python_and_in_sql(
    acting: Store, ana: User, caller: Caller, database: psycopg.Connection
) -> None:
    assert database.execute("select datastore.call_limits()").fetchone() == (
        {"batch": MAX_BATCH, "bytes": MAX_BYTES, "guesses": MAX_GUESSES},
    )  # fmt: skip
    too_many = MAX_BATCH + 1
    one: dict[str, Any] = {"picture_id": caller.picture_id, "document": inference(0)}
    for call in (
        ("announce_pictures", caller.picture_set_id, dumps([{}] * too_many)),
        ("announce_pictures", caller.picture_set_id, "[{}]", dumps([{}] * too_many)),
        ("confirm_pictures", dumps([{"picture_id": caller.picture_id}] * too_many)),
        ("import_inferences", dumps([one] * too_many)),
    ):
        spent = caller.cost(*call)
        assert spent.sqlstate == "DS400", call[0]
        assert "maxItems" in spent.message
        assert "expected at most 1000 items in one call, found 1001" in spent.message
    assert caller.cost("import_inferences", dumps([one] * MAX_BATCH)).sqlstate is None
    with pytest.raises(InvalidDocument) as refused:
        acting.import_inferences([(one["picture_id"], one["document"])] * too_many)
    assert [error["keyword"] for error in refused.value.errors] == ["maxItems"]


def test_a_text_is_limited_alike_in_python_and_in_sql(acting: Store, caller: Caller) -> None:
    document: dict[str, Any] = {"x": "x" * MAX_BYTES}
    with pytest.raises(InvalidDocument) as refused:
        acting.create_picture_set(document)
    assert [error["keyword"] for error in refused.value.errors] == ["maxBytes"]
    for kind in ("jsonb", "text"):
        spent = caller.cost("create_picture_set", dumps(document), kind=kind)
        assert (spent.sqlstate, "maxBytes" in spent.message) == ("DS400", True)


ASKED = """
create or replace function datastore.unreviewed_seeds() returns jsonb language sql as $$ select to_jsonb({}) $$
"""


def test_a_call_that_takes_too_long_is_stopped_and_says_so(database_url: str, database: psycopg.Connection) -> None:
    with connect(make_url(database_url, options="-c statement_timeout=300"), as_role="owner") as store:
        database.execute(ASKED.format("pg_sleep(5)::text"))
        with pytest.raises(TookTooLong, match=r"nothing of it was done.*statement_timeout"):
            store.unreviewed_seeds()
    with connect(database_url, as_role="owner") as store:
        database.execute(ASKED.format("current_setting('statement_timeout')"))
        assert cast(Any, store.unreviewed_seeds()) == "1min"


def test_the_role_of_backends_has_a_timeout(database: psycopg.Connection) -> None:
    row = database.execute(
        "select setconfig from pg_db_role_setting where setrole = datastore.role_name('app')::regrole"
    ).fetchone()
    assert row is not None
    assert "statement_timeout=60s" in row[0]


def test_so_many_guesses_are_refused_quickly(caller: Caller) -> None:
    """300,000 labels in one inference; as many as allowed in all are taken."""
    wide = [GUESS] * 1000
    many = dumps(inference(300, topN=wide))
    for call in (
        ("import_inference", caller.picture_id, many),
        ("import_inferences", f'[{{"picture_id": "{caller.picture_id}", "document": {many}}}]'),
    ):
        spent = caller.cost(*call)
        assert (spent.sqlstate, "at most 50000 guesses" in spent.message) == ("DS400", True), call[0]
        assert spent.seconds < 2, (call[0], spent.seconds)
    assert caller.cost("import_inference", caller.picture_id, dumps(inference(50, topN=wide))).sqlstate is None


@pytest.mark.parametrize(
    ("root", "path", "keyword"),
    [
        ("x" * 256, "", "folderRoot"),
        ("", "", "folderRoot"),
        (None, "x", "folderRoot"),
        ("x", None, "folderRoot"),
        ("x", "y" * 1025, "folderPath"),
        ("x", "y" * 256, "folderPath"),
        ("x", "/".join(["y" * 255] * 4), None),
        ("x", "/".join(["y" * 255] * 5), "folderPath"),
    ],
)
def test_a_folder_that_cannot_be_stored_is_an_invalid_document(
    caller: Caller, root: str | None, path: str | None, keyword: str | None
) -> None:
    spent = caller.cost("open_picture_set", root, path, "{}")
    assert spent.sqlstate == (keyword and "DS400")
    assert keyword is None or f'"keyword": "{keyword}"' in spent.message
