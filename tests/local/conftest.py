"""One home, and users of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .processes import USER, Servers, User

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def home(temporary_home: Path) -> Path:
    """One home for all: to make the data of a new one takes a second."""
    return temporary_home / "local"


@pytest.fixture
def servers(home: Path) -> Iterator[Servers]:
    servers = Servers(home)
    yield servers
    assert servers.soon_gone(), servers.running()


@pytest.fixture
def user(home: Path, servers: Servers) -> Iterator[Callable[..., User]]:
    """Make users of the home; those left at the end are killed."""
    users = []

    def make(script: str = USER, **options: Any) -> User:
        users.append(User(home, script, **options))
        return users[-1]

    yield make
    for each in users:
        each.process.kill()
        each.process.communicate()
