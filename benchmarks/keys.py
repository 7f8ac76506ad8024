"""Keys of containers: how many calls of the database it takes to have a container open. Counted, not timed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from uuid import UUID

from benchmarks.figures import Figure, Scale
from benchmarks.network import Network
from datastore_db import connect
from datastore_db.aio import User
from datastore_db.aio import connect as connect_async
from datastore_db.local import LocalStack


def measure(stack: LocalStack, scale: Scale) -> list[Figure]:
    """Calls for a container that is not open yet, and for one that is; the same on every scale."""
    with connect(stack.database_url, stack.storage_connection_string) as store:
        user = store.register_user("keys@example.org")
    calls = calls_for_a_container(stack.database_url, user)
    return [
        Figure(f"database calls for a container, {place} a key in memory", "allowed", calls[place], allowed, "counted")
        for place, allowed in (("without", 1), ("with", 0))
    ]


def calls_for_a_container(database_url: str, user: User) -> dict[str, int]:
    """How many round trips it takes a process with the key-encryption key alone."""

    async def count() -> dict[str, int]:
        with Network(database_url, 0) as network:
            async with connect_async(network.url) as store:
                await store.find_user(user["email"])  # the connection is there, and has asked what it asks once

                async def calls(action: Awaitable[object]) -> int:
                    before = network.round_trips
                    await action
                    return network.round_trips - before

                def open_it() -> Awaitable[object]:
                    return store._containers.ready(user["container_id"], "write", UUID(user["user_id"]))

                return {"without": await calls(open_it()), "with": await calls(open_it())}

    return asyncio.run(count())
