"""Write the methods of the blocking store: each coroutine of the async one, under its name, with its types.

    python -m tools.blocking_methods        (`make documents`)

A type checker reads no loop over methods, so the list is written out, and follows from `datastore_db/aio.py`.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from datastore_db import aio

BLOCKING = Path(__file__).parent.parent / "datastore_db" / "blocking.py"
OTHERWISE = {
    "close",  # written by hand: it ends the thread, too
    "open_picture",  # gives an async iterator, which has no blocking twin; read_picture gives the bytes
}
_LINE = re.compile(r"^    (\w+) = _blocking\(aio\.Store\.\1\)\n", re.MULTILINE)


def with_methods(text: str) -> str:
    """The module with its list of methods as it follows from the async store."""
    before, *_, after = _LINE.split(text)
    lines = [f"    {name} = _blocking(aio.Store.{name})\n" for name in methods() if name not in OTHERWISE]
    return before + "".join(lines) + after


def methods() -> list[str]:
    """The public coroutines of the async store, subject by subject as they are defined."""
    return list(
        dict.fromkeys(
            name
            for part in aio.Store.__mro__
            for name, method in vars(part).items()
            if not name.startswith("_") and inspect.iscoroutinefunction(method)
        )
    )


def main() -> None:
    """Write the file."""
    BLOCKING.write_text(with_methods(BLOCKING.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
