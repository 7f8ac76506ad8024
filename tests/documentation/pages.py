"""The pages, and the sessions that they show."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


README = ROOT / "README.md"


DOCS = ROOT / "docs"


SQL_REFERENCE = DOCS / "sql-reference.md"


PAGES = [README, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(DOCS.glob("*.md"))]


WITH_SQL = [SQL_REFERENCE, DOCS / "operations.md", DOCS / "evaluation.md"]


WITH_EXAMPLES = [
    README,
    *(
        DOCS / f"{name}.md"
        for name in (
            "access",
            "evaluation",
            "inferences",
            "operations",
            "people",
            "pictures",
            "pipelines",
            "python",
            "seeds",
        )
    ),
]


# Written for other installations than this test's: commands that stop the servers, delete everything, or need a network
RUN_BY_HAND = re.compile(
    r"make |pip |git |datastore-db (local|migrate)|pg_dump|pg_restore|psql|yoyo|export |\.venv|cp |createdb"
)


_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


_UNSTABLE = re.compile(
    r"(?P<uuid>\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b)"
    r"|(?P<sha256>\b[0-9a-f]{64}\b)"
    r"|(?P<time>\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d(?::?\d\d)?)?)"
    r"|(?P<date>\b20\d\d-\d\d-\d\d\b)"
    r"|(?P<temporary>/[\w/.-]*pytest[\w/.-]*)"
)


@dataclass(frozen=True)
class Fence:
    """A fenced block, with the answer that the page shows after it."""

    language: str
    code: str
    answer: str
    line: int


def fences(page: Path) -> Iterator[Fence]:
    """The blocks of a page in order; an answer belongs to the block before it."""
    text = page.read_text(encoding="utf-8")
    found = [(match[1], match[2], text.count("\n", 0, match.start()) + 1) for match in _FENCE.finditer(text)]
    for number, (language, code, line) in enumerate(found):
        if language != "text":
            follows = found[number + 1] if number + 1 < len(found) else None
            yield Fence(language, code, follows[1] if follows and follows[0] == "text" else "", line)


class Names:
    """Names for what differs from run to run, by the order in which it appears."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def stable(self, text: str) -> list[str]:
        lines = [line.rstrip() for line in _UNSTABLE.sub(self._name, text).splitlines()]
        return [line for line in lines if line and not line.startswith(("LOCATION:", "uploading:", "downloading:"))]

    def _name(self, match: re.Match[str]) -> str:
        kind = str(match.lastgroup)
        if kind in ("time", "date"):
            return f"<{kind}>"
        return self._names.setdefault(match[0], f"<{kind} {len(self._names)}>")


def same(answered: Sequence[str], shown: Sequence[str]) -> bool:
    """Whether the answer is that of the page; `…` there is any number of lines."""
    if not shown:
        return not answered
    if shown[0].strip() in ("…", "…,"):
        return any(same(answered[skip:], shown[1:]) for skip in range(len(answered) + 1))
    return bool(answered) and answered[0] == shown[0] and same(answered[1:], shown[1:])


def compare(page: Path, line: int, answered: Sequence[str], shown: Sequence[str]) -> None:
    assert same(answered, shown), "\n".join(
        [f"{page.name}:{line} says otherwise than what happens", "--- the page", *shown, "--- what happens", *answered]
    )


def run_sql(psql: str, database_url: str, blocks: Sequence[str]) -> list[str]:
    """The output of psql for each block of one session: its answers, then its errors."""
    script = "".join(f"{block}\n\\echo ---end---\n\\warn ---end---\n" for block in blocks)
    done = subprocess.run(
        [psql, "-X", "-d", database_url],
        input=script,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=os.environ | {"PGTZ": "UTC", "PGOPTIONS": "-c client_min_messages=warning"},
    )
    parts = [stream.split("---end---\n") for stream in (done.stdout, done.stderr)]
    assert len(parts[0]) == len(parts[1]) == len(blocks) + 1, done.stderr
    return [answered + errors for answered, errors in zip(*parts, strict=True)][:-1]
