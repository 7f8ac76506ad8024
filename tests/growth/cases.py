"""Cases: a call that does the work, and its arguments."""

from __future__ import annotations

from collections.abc import Callable

from datastore_db.json_codec import dumps
from tests.growth.session import Call, Session

Case = Callable[[Session, int], Call]
# The functions whose cost a case shows, each with its cases and the most items that it may have
CASES: list[tuple[str, Case, int]] = []


def case(function: str, most: int = 1000) -> Callable[[Case], Case]:
    def add(made: Case) -> Case:
        CASES.append((function, made, most))
        return made

    return add


def query(function: str, *arguments: object) -> Call:
    places = ", ".join("%s::jsonb" if isinstance(argument, dict | list) else "%s" for argument in arguments)
    return f"select datastore.{function}({places})", tuple(
        dumps(argument) if isinstance(argument, dict | list) else argument for argument in arguments
    )


def spread(call: Call) -> tuple[str, *tuple[object, ...]]:
    text, arguments = call
    return (text, *arguments)
