"""`make bench ARGS=--quick`: each benchmark runs on tiny sizes, so that none stops working unseen."""

from __future__ import annotations

import copy
import io

import pytest
from rich.console import Console

from benchmarks.__main__ import BENCHMARKS, measure
from benchmarks.figures import Scale
from datastore_db.local import LocalStack
from datastore_db.sealing.key_ring import new_key


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_quick_run_measures_every_figure_and_judges_none(
    name: str, stack: LocalStack, server_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATASTORE_KEK", new_key())
    own = copy.copy(stack)
    own.database_url = server_url
    printed = io.StringIO()
    figures = measure(own, [name], Scale(quick=True), Console(file=printed, width=200))
    assert figures
    assert {figure.to_reach for figure in figures} == {None}
    assert "a quick run, whose ratios are not judged" in printed.getvalue()
    assert "beyond its bar" not in printed.getvalue()
