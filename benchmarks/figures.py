"""The figure of a benchmark: a ratio, and its bar."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured ratio. `to_reach`: at most this; None where it is only to be known. `delay`: of the network, in s."""

    what: str
    against: str
    ratio: float
    to_reach: float | None
    detail: str
    delay: float = 0

    @property
    def is_reached(self) -> bool:
        """Whether the ratio is within its bar."""
        return self.to_reach is None or self.ratio <= self.to_reach


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured. A quick run only shows that a benchmark works: its ratios say nothing."""

    quick: bool = False

    def size(self, full: int, tiny: int) -> int:
        """The number of items."""
        return tiny if self.quick else full

    def rounds(self, full: int) -> int:
        """How often each action is measured."""
        return self.size(full, 1)


def alternately(rounds: int, *actions: Callable[[], object]) -> list[float]:
    """The median seconds of each action, run in turn so that what else the machine does meets all alike."""
    seconds: list[list[float]] = [[] for _ in actions]
    for _ in range(rounds):
        for action, taken in zip(actions, seconds, strict=True):
            start = time.perf_counter()
            action()
            taken.append(time.perf_counter() - start)
    return [statistics.median(taken) for taken in seconds]
