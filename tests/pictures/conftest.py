"""Calls of functions, and two users."""

from __future__ import annotations

import pytest

from tests.support.calls import Call


@pytest.fixture
def ana(call: Call) -> dict[str, str]:
    return dict(call("register_user", "Ana@example.org"))


@pytest.fixture
def bob(call: Call) -> dict[str, str]:
    return dict(call("register_user", "bob@example.org"))
