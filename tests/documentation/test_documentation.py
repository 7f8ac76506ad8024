"""What the documentation shows is what happens: its sessions, examples, commands, signatures and links.

A session is a fenced block (`sql`, `python`, `console`) with the answer in the `text` fence after it, or, for a
console, in the lines after each `$ command`. Ids, dates and checksums are compared by their place: the same one must
come again where the page shows the same one. A line `…` stands for any number of lines.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import psycopg
import pytest

from datastore_db.cli.main import group
from tests.support.commands import printed
from tests.support.pictures import EXAMPLE, picture, write_folder

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


def same(said: Sequence[str], shown: Sequence[str]) -> bool:
    """Whether what was said is what the page shows; `…` there is any number of lines."""
    if not shown:
        return not said
    if shown[0].strip() in ("…", "…,"):
        return any(same(said[skip:], shown[1:]) for skip in range(len(said) + 1))
    return bool(said) and said[0] == shown[0] and same(said[1:], shown[1:])


def compare(page: Path, line: int, said: Sequence[str], shown: Sequence[str]) -> None:
    assert same(said, shown), "\n".join(
        [f"{page.name}:{line} says otherwise than what happens", "--- the page", *shown, "--- what happens", *said]
    )


# SQL


def run_sql(psql: str, database_url: str, blocks: Sequence[str]) -> list[str]:
    """What psql says to each block of one session: its answers, then its errors."""
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
    return [said + errors for said, errors in zip(*parts, strict=True)][:-1]


@pytest.mark.parametrize("page", WITH_SQL, ids=lambda page: page.name)
def test_sql_sessions_answer_what_the_page_shows(page: Path, psql: str, database_url: str) -> None:
    blocks = [fence for fence in fences(page) if fence.language == "sql"]
    assert blocks
    said, shown = Names(), Names()
    for fence, answer in zip(blocks, run_sql(psql, database_url, [fence.code for fence in blocks]), strict=True):
        compare(page, fence.line, said.stable(answer), shown.stable(fence.answer))


def documented_signatures() -> list[str]:
    return [
        line for fence in fences(SQL_REFERENCE) if fence.language == "signature" for line in fence.code.splitlines()
    ]


def test_documented_functions_exist_with_their_signatures(database: psycopg.Connection) -> None:
    rows = database.execute(
        "select format('datastore.%s(%s) → %s', proname, pg_get_function_arguments(oid), pg_get_function_result(oid))"
        " from pg_proc where pronamespace = 'datastore'::regnamespace"
    )
    known = {_signature(str(row[0])) for row in rows}
    documented = documented_signatures()
    assert len(documented) > 15
    assert [line for line in documented if _signature(line) not in known] == []


def _signature(text: str) -> str:
    text = re.sub(r"::(?:timestamp with time zone|[a-z]+)", "", text.lower())
    return " ".join(text.replace("setof record", "record").split())


def test_functions_that_python_calls_are_documented() -> None:
    documented = {line.split("(")[0].removeprefix("datastore.") for line in documented_signatures()}
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "datastore_db").rglob("*.py"))
    called = set(re.findall(r"call(?:_for_nobody)?\(\s*\"(\w+)\"", code))
    assert len(called) > 10
    assert called - documented == set()


def test_every_file_with_functions_is_named() -> None:
    text = SQL_REFERENCE.read_text(encoding="utf-8")
    files = [path for path in (ROOT / "sql").glob("*/*.sql") if path.parent.name != "jsonschema"]
    # What is compiled stands beside its schema, and is named once for all.
    files = [path for path in files if not path.with_suffix(".json").exists()]
    defining = [path for path in files if re.search(r"create (or replace )?(function|view)", path.read_text())]
    assert [path.name for path in defining if f"{path.parent.name}/{path.name}" not in text] == []


# Python and the command line


@pytest.fixture
def workplace(tmp_path: Path, environment: dict[str, str], psql: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with the folders that the pages speak of, and the store of this test."""
    for name in ("DATASTORE_DB_URL", "DATASTORE_STORAGE_CONNECTION_STRING"):
        monkeypatch.setenv(name, environment[name])
    monkeypatch.setenv("DATASTORE_USER", "")
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    monkeypatch.setenv("COLUMNS", "200")
    shutil.copytree(EXAMPLE, tmp_path / "barley-2024")
    write_folder(tmp_path / "my-pictures", {f"seed-{n}.png": picture(n, "PNG") for n in (1, 2)})
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=lambda page: page.name)
def test_examples_do_what_the_page_shows(page: Path, workplace: Path, psql: str) -> None:
    said, shown = Names(), Names()
    namespace: dict[str, object] = {"__name__": "__main__"}
    ran = 0
    for fence in fences(page):
        if fence.language == "python":
            ran += 1
            answer = io.StringIO()
            with contextlib.redirect_stdout(answer):
                exec(compile(fence.code, f"{page.name}:{fence.line}", "exec"), namespace)
            compare(page, fence.line, said.stable(answer.getvalue()), shown.stable(fence.answer))
        elif fence.language == "yaml" and (name := re.match(r"# ([\w/-]+\.yaml)\n", fence.code)):
            (workplace / name[1]).write_text(fence.code, encoding="utf-8")
        elif fence.language == "console":
            for command, answer_shown in _commands(fence.code):
                environment = _exported(command)
                if environment is not None:
                    os.environ.update(environment)  # monkeypatch puts it back
                elif not RUN_BY_HAND.match(command):
                    ran += 1
                    answered = _run(command, shown, said)
                    compare(page, fence.line, said.stable(answered), shown.stable(answer_shown))
        elif fence.language == "sql" and not fence.answer:
            (answered,) = run_sql(psql, os.environ["DATASTORE_DB_URL"], [fence.code])
            assert "ERROR" not in answered
    assert ran


def _commands(session: str) -> Iterator[tuple[str, str]]:
    for part in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
        command, _, answer = part.partition("\n")
        yield command, answer


def _exported(command: str) -> dict[str, str] | None:
    match = re.fullmatch(r"export (DATASTORE_USER)=(\S+)", command)
    return {match[1]: match[2]} if match else None


def _run(command: str, shown: Names, said: Names) -> str:
    settings: dict[str, str] = {}
    # An id that the page shows is another one here: the one that came in its place.
    real = {name: value for value, name in said._names.items()}
    command = re.sub(
        _UNSTABLE, lambda match: real.get(shown._names.get(match[0], ""), match[0]), command.partition("  #")[0]
    )
    words = shlex.split(command)
    while words and re.fullmatch(r"\w+=\S*", words[0]):
        name, _, value = words.pop(0).partition("=")
        settings[name] = value
    if words[:1] == ["datastore-db"] and not re.search(r"[|<>;&$`*]", command):
        return printed(os.environ | settings, *words[1:])
    done = subprocess.run(
        ["sh", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=60
    )
    return done.stdout


def written_commands() -> Iterator[tuple[str, str]]:
    """Each line or code span that begins with datastore-db, by page."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for match in re.finditer(
            r"(?:^\$ |`)(?:\S+=\S* )*(?:\.venv/bin/)?(datastore-db(?: [^`\n]*)?)(?=`|$)", text, re.M
        ):
            yield page.name, match[1]


def leaves(of: click.Group, before: str = "") -> Iterator[str]:
    """The commands of a group, and those of the groups in it, as they are typed."""
    context = click.Context(of)
    for name in of.list_commands(context):
        command = of.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from leaves(command, f"{before}{name} ")
        else:
            yield before + name


def test_commands_exist_with_their_options() -> None:
    wrong = []
    seen = set()
    for page, line in written_commands():
        words = shlex.split(line.partition("  #")[0].replace("…", ""), comments=False)[1:]
        if not words or words[0].startswith(("[", "-")):
            continue
        command: click.Command = group
        path: list[str] = []
        while isinstance(command, click.Group) and len(path) < len(words):
            found = command.get_command(click.Context(command), words[len(path)])
            if found is None:
                break
            command = found
            path.append(words[len(path)])
        if command is group or (isinstance(command, click.Group) and len(path) < len(words)):
            wrong.append(f"{page}: {line}: there is no such command")
            continue
        seen.add(" ".join(path))
        known = {
            option for parameter in command.params for option in parameter.opts if isinstance(parameter, click.Option)
        }
        wrong += [
            f"{page}: {line}: there is no option {word}"
            for word in words[len(path) :]
            if word.startswith("-") and word.partition("=")[0] not in known | {"--help", "-h"}
        ]
    assert wrong == []
    assert set(leaves(group)) - seen == set(), "a command is documented nowhere"


# Tests


def test_each_promise_names_a_test() -> None:
    page = (DOCS / "security.md").read_text(encoding="utf-8")
    written = {
        name
        for path in (ROOT / "tests").rglob("*.py")
        for name in re.findall(r"def (test_\w+)", path.read_text(encoding="utf-8"))
    }
    promises = [line for line in page.partition("## What is promised")[2].splitlines() if line.startswith("| ")][2:]
    assert len(promises) > 20
    assert [line for line in promises if not re.search(r"`test_\w+`", line)] == []
    assert set(re.findall(r"`(test_\w+)`", page)) - written == set()


# Links


def _anchors(page: Path) -> set[str]:
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("https://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in _anchors(file)):
            broken.append(target)
    assert broken == []
