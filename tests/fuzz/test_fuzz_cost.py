"""Looks for small inputs that cost much: DATASTORE_FUZZ_SECONDS (else 5) long, from DATASTORE_FUZZ_SEED (else any).

Which functions are tried follows from the catalogue.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from random import Random, SystemRandom

import psycopg
import pytest

from datastore_db.database.migrations import migrate
from tests.fuzz.by_hand import call_by_hand
from tests.fuzz.functions import Function, Input, call_of, callable_functions
from tests.fuzz.inputs import MAX_BYTES
from tests.fuzz.world import World, open_world
from tests.support.cost import Cost

SECONDS, MEGABYTES = 1, 200
# 54001, 22P02, 22P05: PostgreSQL itself reads no JSON of thousands of levels, and not every text.
EXPECTED = {None, "DS400", "DS403", "DS404", "DS409", "54001"}
UNREADABLE = {"22P02", "22P05"}
# What no argument should cause: internal errors, a server that ends or lacks something, a call that takes too long
NEVER = ("XX", "57", "58", "53", "08", "P0004")
# How often a function is called with small arguments until one call reaches it
TRIES = 200

# What no call reaches, and why that is right
EXEMPT: dict[str, str] = {}


@pytest.fixture(scope="module")
def world(make_database: Callable[[], str]) -> Iterator[World]:
    """One for all, because each call is undone."""
    url = make_database()
    migrate(url)
    with psycopg.connect(url, autocommit=True) as connection:
        yield open_world(connection, url)


@pytest.fixture(scope="module")
def seed() -> int:
    """Printed, so that what is found can be found again."""
    seed = int(os.environ.get("DATASTORE_FUZZ_SEED") or SystemRandom().getrandbits(32))
    print(f"DATASTORE_FUZZ_SEED={seed}")
    return seed


def is_costly(spent: Cost) -> bool:
    return spent.seconds > SECONDS or spent.megabytes > MEGABYTES


def is_wrong(given: Input, spent: Cost) -> bool:
    sqlstate = spent.sqlstate or ""
    is_unread = (sqlstate in UNREADABLE and "Unicode" in spent.message) or "\\u0000" in spent.message
    return sqlstate.startswith(NEVER) or (given.is_by_hand and spent.sqlstate not in EXPECTED and not is_unread)


def inputs(chance: Random, functions: list[Function]) -> Iterator[Input]:
    """Without an end: each function in turn, in another order each time, and now and then a call by hand."""
    while True:
        for function in chance.sample(functions, len(functions)):
            yield call_of(chance, function)
            if chance.random() < 0.5:
                yield call_by_hand(chance)


def test_each_function_is_reached(world: World, seed: int) -> None:
    """By a small call of those that look for cost: it is answered, or refused by the function itself."""
    functions = callable_functions(world.kept)
    assert len(functions) > 200
    chance = Random(seed)
    missed = {}
    for function in functions:
        for _ in range(TRIES):
            spent = world.cost(call_of(chance, function, 1000))
            if spent.sqlstate is None or spent.sqlstate.startswith("DS"):
                break
        else:
            missed[function.signature] = spent.message
    assert missed.keys() == EXEMPT.keys(), missed


def test_no_small_input_costs_much(world: World, seed: int) -> None:
    functions = callable_functions(world.kept)
    end = time.monotonic() + float(os.environ.get("DATASTORE_FUZZ_SECONDS") or 5)
    chance = Random(seed)
    found, ended, tried = [], set(), 0
    for given in inputs(chance, functions):
        if time.monotonic() > end:
            break
        if sum(len(argument or "") for argument in given.arguments) > MAX_BYTES:
            continue
        # A new connection has no plan yet, an old one may have a wrong one.
        on_new = chance.random() < 0.3
        spent = world.cost(given, on_new)
        tried += 1
        ended.add(str(spent.sqlstate))
        if is_wrong(given, spent):
            found.append(f"{given.title}: {spent.sqlstate} {spent.message[:300]}")
            print(found[-1], flush=True)
        if is_costly(spent):
            again = world.cost(given, on_new)
            if is_costly(again):
                found.append(f"{given.title}: {again.seconds:.2f} s, {again.megabytes:.0f} MB, {again.sqlstate}")
                print(found[-1], flush=True)
    print(f"{tried} inputs; what became of them: {sorted(ended)}")
    assert tried > 3
    assert found == [], f"with DATASTORE_FUZZ_SEED={seed}"
