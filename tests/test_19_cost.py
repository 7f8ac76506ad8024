"""A small call costs little: no number is written out before it is judged, and nothing is quadratic."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from datastore_db import Store
from datastore_db.aio import User
from datastore_db.json_codec import dumps
from datastore_db.models.limits import MAX_ERRORS, limit_errors
from tests.cost import Cost, cost

MD5 = "AAAAAAAAAAAAAAAAAAAAAA=="
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
        places = ", ".join(f"%s::{kind}" if str(argument)[:1] in "[{" else "%s" for argument in arguments)
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
        told = caller.cost(*call, kind=kind)
        assert told.sqlstate == "DS400", (call[0], told)
        assert max(told.seconds, told.megabytes / 100) < 1, (call[0], told)


def test_a_long_key_is_not_repeated_for_each_value_below_it() -> None:
    errors = list(limit_errors({"k" * 50_000: [1] * 20_000 + [float("nan")] * 20_000}))
    assert len(errors) == MAX_ERRORS
    assert errors[0]["instance_path"].endswith("k/20000")


def pictures(n: int, name: str) -> tuple[str, str]:
    """Documents and inspections of a batch, each with a path and bytes of its own."""
    inspections = [
        {
            "metadata": {"relative_path": f"{name}/{place}.tiff"},
            "quality_check": {"image_checksum": f"{name} {place}"},
            "size": 5,
            "md5": MD5,
        }
        for place in range(n)
    ]
    return dumps([{} for _ in range(n)]), dumps(inspections)


def announce_paths(caller: Caller, n: int) -> Cost:
    return caller.cost("announce_pictures", caller.picture_set_id, *pictures(n, uuid.uuid4().hex))


def announce_paths_alone(caller: Caller, n: int) -> Cost:
    name = uuid.uuid4().hex
    documents = [{"metadata": {"relative_path": f"{name}/{place}"}} for place in range(n)]
    return caller.cost("announce_pictures", caller.picture_set_id, dumps(documents))


def announce_bytes(caller: Caller, n: int) -> Cost:
    name = uuid.uuid4().hex
    documents = [{"quality_check": {"image_checksum": f"{name} {place}"}} for place in range(n)]
    return caller.cost("announce_pictures", caller.picture_set_id, dumps(documents))


def announce_again(caller: Caller, n: int) -> Cost:
    _, inspections = pictures(n, uuid.uuid4().hex)
    documents = dumps([{} for _ in range(n)])
    assert caller.cost("announce_pictures", caller.picture_set_id, documents, inspections).sqlstate is None
    changed = dumps([{"n": place} for place in range(n)])
    return caller.cost("announce_pictures", caller.picture_set_id, changed, inspections)


def announce_claims(caller: Caller, n: int) -> Cost:
    return caller.cost("announce_pictures", caller.picture_set_id, dumps([{"labels": [], "audit_trail": 1}] * n))


def confirm(caller: Caller, n: int) -> Cost:
    announced = caller.cost("announce_pictures", caller.picture_set_id, *pictures(n, uuid.uuid4().hex)).answer
    return caller.cost(
        "confirm_pictures", dumps([{"picture_id": one["picture_id"], "size": 5, "md5": MD5} for one in announced])
    )


GROWING: list[tuple[Callable[[Caller, int], Cost], int]] = [
    (announce_paths, 250),
    (announce_paths_alone, 250),
    (announce_bytes, 250),
    (announce_again, 250),
    (announce_claims, 250),
    (confirm, 250),
]


@pytest.mark.parametrize(("call", "n"), GROWING, ids=[call.__name__ for call, _ in GROWING])
def test_four_times_as_many_cost_no_more_than_six_times_as_much(
    caller: Caller, call: Callable[[Caller, int], Cost], n: int
) -> None:
    call(caller, n)
    few, many = (min(call(caller, size).seconds for _ in range(2)) for size in (n, 4 * n))
    assert many < 6 * few + 0.1, (few, many)
