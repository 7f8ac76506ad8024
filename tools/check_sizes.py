"""Keep what people read readable: `make check` runs this.

No line of sql/ has over 120 columns, no file of sql/ and datastore_db/ over 300 lines, no function in them over 100. A
file whose first line says "Made by" is made by a program, and is passed over.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
COLUMNS, LINES, FUNCTION = 120, 300, 100

_FUNCTION = re.compile(r"^create (?:or replace )?function \w+\.(\w+)")
_BODY_ENDS = re.compile(r"^(\$\w*\$;?|end;|\);)$")


def faults(root: Path = ROOT) -> Iterator[str]:
    """Files and lines that are too long, a line each."""
    for path in sorted([*(root / "sql").rglob("*.sql"), *(root / "datastore_db").rglob("*.py")]):
        name = path.relative_to(root).as_posix()
        lines = path.read_text(encoding="utf-8").splitlines()
        if lines and "Made by" in lines[0]:
            continue
        if len(lines) > LINES:
            yield f"{name}: {len(lines)} lines, expected at most {LINES}: divide it by what it does"
        for function, length in _functions(path.suffix, lines):
            if length > FUNCTION:
                yield f"{name}: {function} has {length} lines, expected at most {FUNCTION}"
        if path.suffix == ".sql":  # ruff looks at Python
            for number, line in enumerate(lines, 1):
                if len(line) > COLUMNS:
                    yield f"{name}:{number}: {len(line)} columns, expected at most {COLUMNS}"


def _functions(suffix: str, lines: list[str]) -> Iterator[tuple[str, int]]:
    if suffix == ".py":
        for node in ast.walk(ast.parse("\n".join(lines))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1
        return
    for start, line in enumerate(lines):
        if found := _FUNCTION.match(line):
            # A body in one expression ends before the next statement.
            end = next((at for at in range(start + 1, len(lines)) if _ends(lines, at)), len(lines) - 1)
            yield found[1], end - start + 1


def _ends(lines: list[str], at: int) -> bool:
    after = lines[at + 1] if at + 1 < len(lines) else ""
    return bool(_BODY_ENDS.match(lines[at])) or after.startswith(("comment on ", "create ", "do $"))


if __name__ == "__main__":
    found = list(faults())
    if found:
        raise SystemExit("\n".join(found))
