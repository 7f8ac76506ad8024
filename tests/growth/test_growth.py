"""Four times as many items cost no more than six times as much, in every function that a backend may call.

Which functions are tried follows from the catalogue. DATASTORE_GROWTH=full tries as many items as one call takes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import psycopg
import pytest

from datastore_db.database.migrations import migrate
from tests.growth import shapes
from tests.growth.calls import CASES, Case
from tests.growth.session import Call, Session, open_session

FULL = os.environ.get("DATASTORE_GROWTH") == "full"
# How many items of the shapes, few and many: what is quadratic costs seconds by then.
FEW = 250 if FULL else 60
# Of the shapes one in so many, and others for the next function
SOME = 8
# Processor time that says nothing: plans, and other work on the machine
SLACK = 0.1 if FULL else 0.05

TAKING = """
select p.oid::regprocedure::text, p.proargnames[:p.pronargs]::text[],
  array(select format_type(t, null) from unnest(p.proargtypes) as t)
from pg_proc as p
join datastore.wanted_privileges() as wanted
  on wanted.kind = 'function' and wanted.role = 'datastore_app' and to_regprocedure(wanted.object) = p.oid
where exists (select from unnest(p.proargtypes) as t where t = 'jsonb'::regtype or format_type(t, null) like '%%[]')
   or exists (select from pg_proc as other where other.pronamespace = p.pronamespace and other.proname = p.proname
              and other.oid <> p.oid and 'jsonb'::regtype = any (other.proargtypes))
order by 1
"""

# What no call of a shape or a case lets through, and why that is right
EXEMPT = {
    "datastore.refuse(text,text,jsonb)": "raises what it is given",
    "datastore.refuse_feedback(text,text,jsonb)": "raises what it is given",
}


@pytest.fixture(scope="module")
def session(make_database: Callable[[], str]) -> Iterator[Session]:
    """One for all of them, because each call is undone."""
    url = make_database()
    migrate(url)
    with psycopg.connect(url, autocommit=True) as connection:
        yield open_session(connection)


@dataclass
class Growth:
    """Seconds for few and for many items, and how the calls ended."""

    few: float
    many: float
    ended: tuple[str | None, str | None]

    @property
    def is_too_much(self) -> bool:
        # Many may be more than a call takes: saying why is another work than doing what few ask for.
        return self.many > (6 * self.few + SLACK if self.ended[0] == self.ended[1] else 1)


def grows(session: Session, make: Callable[[int], Call], few: int, many: int) -> Growth:
    """The costs of few and of many items: the least of three tries where that is suspect."""
    growth = Growth(float("inf"), float("inf"), (None, None))
    for _ in range(3):
        costs = []
        for n in (few, many):
            with session.undone():
                costs.append(session.cost(make(n)))
        growth = Growth(
            min(growth.few, costs[0].seconds),
            min(growth.many, costs[1].seconds),
            (costs[0].sqlstate, costs[1].sqlstate),
        )
        if not growth.is_too_much:
            break
    return growth


@pytest.mark.parametrize(("function", "made", "most"), CASES, ids=[made.__name__ for _, made, _ in CASES])
def test_the_cost_of_a_successful_call_is_bounded(session: Session, function: str, made: Case, most: int) -> None:
    many = most if FULL else min(most, 200)
    growth = grows(session, lambda n: made(session, n), many // 4, many)
    assert set(growth.ended) <= {None, "DS400", "DS404"}
    assert not growth.is_too_much, (function, growth)


def test_every_function_in_every_shape(session: Session) -> None:
    functions = session.connection.execute(TAKING).fetchall()
    assert len(functions) > 100
    answered = {f"datastore.{function}" for function, *_ in CASES} | {function.partition("(")[0] for function in EXEMPT}
    too_much = []
    for place, (function, names, types) in enumerate(functions):
        titles = shapes.titles(types, names)
        tried = titles if FULL else titles[place % SOME :: SOME]
        with session.undone():
            # All where no call of it was answered yet, because what is refused at once says nothing
            for number, title in enumerate([*tried, *titles]):
                if number >= len(tried) and function.partition("(")[0] in answered:
                    break
                make = partial(shapes.call, session, function, names, types, title)
                growth = grows(session, make, FEW, 4 * FEW)
                if None in growth.ended:
                    answered.add(function.partition("(")[0])
                if growth.is_too_much:
                    too_much.append(f"{function}, {title}: {growth.few:.3f} s, {growth.many:.3f} s")
    assert too_much == []
    assert [function for function, *_ in functions if function.partition("(")[0] not in answered] == []
