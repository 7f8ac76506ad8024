"""The cost of a call on the server: processor time and memory of the one process that serves it."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg


@dataclass(frozen=True)
class Cost:
    """seconds: processor time, so that other work on the machine does not count. megabytes: without shared memory."""

    seconds: float
    megabytes: float
    sqlstate: str | None
    message: str
    answer: Any = None


def cost(url: str, query: str, *arguments: object, acting: object = None) -> Cost:
    """Runs one statement on a connection of its own, whose process is the server's for this statement alone.

    acting: for which user. Of a server on another machine the time that passes is told, and no memory.
    """
    if acting is not None:
        query, arguments = f"{query} from datastore.act_as(%s)", (*arguments, acting)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set statement_timeout = '60s'; set jit = off")
        return cost_on(connection, query, *arguments)


def cost_on(connection: psycopg.Connection, query: str, *arguments: object) -> Cost:
    """Runs one statement on a connection that has served others: with the plans and the memory that it keeps."""
    process = Path(f"/proc/{connection.info.backend_pid}")
    _forget_peak(process)
    before, begun = processor_seconds(process), _private_memory(process)
    answer, sqlstate, message = None, None, ""
    try:
        cursor = connection.execute(query.encode(), arguments)
        row = cursor.fetchone() if cursor.description else None
        answer = row and row[0]
    except psycopg.Error as error:
        sqlstate, message = error.sqlstate or type(error).__name__, str(error)
    return Cost(
        processor_seconds(process) - before, (_private_memory(process) - begun) / 1024, sqlstate, message, answer
    )


def _forget_peak(process: Path) -> None:
    """The most memory that it ever had is what it has now. Where that may not be written, what it once had stays."""
    with suppress(OSError):
        (process / "clear_refs").write_text("5")


def processor_seconds(process: Path) -> float:
    """The resources that a server process has used so far; of one on another machine, the time."""
    try:
        return int((process / "schedstat").read_text().split()[0]) / 1e9
    except OSError:
        return time.perf_counter()


def _private_memory(process: Path) -> int:
    """The most that it ever had, in kB. Pages of shared memory, which only grow in number, are not its own."""
    try:
        lines = (line.split() for line in (process / "status").read_text().splitlines())
        sizes = {line[0]: int(line[1]) for line in lines if line[0] in ("VmHWM:", "RssShmem:")}
    except OSError:
        return 0
    return sizes["VmHWM:"] - sizes["RssShmem:"]
