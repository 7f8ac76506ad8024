"""Random sequences of actions of five users, against a plain model of their rights."""

from __future__ import annotations

import os
import random

import hypothesis
import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.access.sharing_machine import Sharing
from tests.access.sharing_session import Session, open_session

SEQUENCES = int(os.environ.get("DATASTORE_TEST_SEQUENCES", "300"))
SEED = int(os.environ.get("DATASTORE_TEST_SEED", random.randrange(10**6)))
STEPS = 10


@pytest.fixture
def session(database: psycopg.Connection) -> Session:
    return open_session(database)


@pytest.mark.parametrize("part", [1, 2])
def test_sequences_agree_with_the_model(session: Session, part: int) -> None:
    """DATASTORE_TEST_SEQUENCES says how many, in two parts for two processes; DATASTORE_TEST_SEED repeats a run."""

    @hypothesis.seed(SEED + part)
    class SharingHere(Sharing):
        tried = 0

        def __init__(self) -> None:
            super().__init__(session)
            SharingHere.tried += 1

    # Shown where it fails
    print(f"again: DATASTORE_TEST_SEQUENCES={SEQUENCES} DATASTORE_TEST_SEED={SEED}")
    run_state_machine_as_test(
        SharingHere,
        settings=settings(
            max_examples=SEQUENCES // 2, stateful_step_count=STEPS, deadline=None, database=None,
            suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink],
        ),
    )  # fmt: skip
    assert SharingHere.tried >= SEQUENCES // 2
