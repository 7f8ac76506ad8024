"""Sessions and examples in the documentation answer what the pages show.

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
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documentation.pages import _UNSTABLE, RUN_BY_HAND, WITH_EXAMPLES, WITH_SQL, Names, compare, fences, run_sql
from tests.support.commands import printed
from tests.support.pictures import EXAMPLE, picture, write_folder


@pytest.mark.parametrize("page", WITH_SQL, ids=lambda page: page.name)
def test_sql_sessions_give_the_answers_of_the_page(page: Path, psql: str, database_url: str) -> None:
    blocks = [fence for fence in fences(page) if fence.language == "sql"]
    assert blocks
    answered, shown = Names(), Names()
    for fence, answer in zip(blocks, run_sql(psql, database_url, [fence.code for fence in blocks]), strict=True):
        compare(page, fence.line, answered.stable(answer), shown.stable(fence.answer))


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
def test_examples_give_the_output_of_the_page(page: Path, workplace: Path, psql: str) -> None:
    answered, shown = Names(), Names()
    namespace: dict[str, object] = {"__name__": "__main__"}
    ran = 0
    for fence in fences(page):
        if fence.language == "python":
            ran += 1
            answer = io.StringIO()
            with contextlib.redirect_stdout(answer):
                exec(compile(fence.code, f"{page.name}:{fence.line}", "exec"), namespace)
            compare(page, fence.line, answered.stable(answer.getvalue()), shown.stable(fence.answer))
        elif fence.language == "yaml" and (name := re.match(r"# ([\w/-]+\.yaml)\n", fence.code)):
            (workplace / name[1]).write_text(fence.code, encoding="utf-8")
        elif fence.language == "console":
            for command, answer_shown in _commands(fence.code):
                environment = _exported(command)
                if environment is not None:
                    os.environ.update(environment)  # monkeypatch puts it back
                elif not RUN_BY_HAND.match(command):
                    ran += 1
                    output = _run(command, shown, answered)
                    compare(page, fence.line, answered.stable(output), shown.stable(answer_shown))
        elif fence.language == "sql" and not fence.answer:
            (output,) = run_sql(psql, os.environ["DATASTORE_DB_URL"], [fence.code])
            assert "ERROR" not in output
    assert ran


def _commands(session: str) -> Iterator[tuple[str, str]]:
    for part in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
        command, _, answer = part.partition("\n")
        yield command, answer


def _exported(command: str) -> dict[str, str] | None:
    match = re.fullmatch(r"export (DATASTORE_USER)=(\S+)", command)
    return {match[1]: match[2]} if match else None


def _run(command: str, shown: Names, answered: Names) -> str:
    settings: dict[str, str] = {}
    # An id that the page shows is another one here: the one that came in its place.
    real = {name: value for value, name in answered._names.items()}
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
