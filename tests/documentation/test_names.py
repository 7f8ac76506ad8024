"""Functions, commands, options, tests, files and links that the documentation names are there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import psycopg
import pytest

from datastore_db.cli.main import group
from tests.documentation.pages import _FENCE, DOCS, PAGES, ROOT, SQL_REFERENCE, fences


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
    called = set(re.findall(r"call(?:_for_all_containers|_as_worker)?\(\s*\"(\w+)\"", code))
    assert len(called) > 10
    assert called - documented == set()


def test_every_file_with_functions_is_named() -> None:
    text = SQL_REFERENCE.read_text(encoding="utf-8")
    files = [path for path in (ROOT / "sql").glob("*/*.sql") if path.parent.name != "jsonschema"]
    # What is compiled stands beside its schema, and is named once for all.
    files = [path for path in files if not path.with_suffix(".json").exists()]
    defining = [path for path in files if re.search(r"create (or replace )?(function|view)", path.read_text())]
    assert [path.name for path in defining if f"{path.parent.name}/{path.name}" not in text] == []


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
