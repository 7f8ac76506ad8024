"""The command line, as a person and as a machine use it."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import psycopg
import pytest

from datastore_db.aio import User
from datastore_db.cli.main import group
from tests.support.commands import PROGRAM, run
from tests.support.pictures import EXAMPLE, many_pictures, picture, write_folder


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command that does something, with the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


COMMANDS = dict(commands(group))


@pytest.mark.parametrize("command", [(), *COMMANDS], ids=" ".join)
def test_help_shows_an_example(command: tuple[str, ...], environment: dict[str, str]) -> None:
    done = run(environment, *command, "--help")
    assert done.status == 0
    assert "Example:" in done.out
    assert f"datastore-db {' '.join(command) or 'register'}" in done.out.split("Example:")[1]


def test_every_command_that_answers_speaks_json() -> None:
    for path, command in COMMANDS.items():
        options = {option for parameter in command.params for option in parameter.opts}
        assert "--json" in options or path == ("local",)


def test_performance_is_an_alias_of_evaluation(environment: dict[str, str]) -> None:
    listed = run(environment, "--help").out
    assert "\n  evaluation " in listed
    assert "performance" not in listed
    former = run(environment, "performance", "--help").out
    assert former.replace("performance", "evaluation", 1) == run(environment, "evaluation", "--help").out


def imported_by(code: str) -> set[str]:
    """The libraries that a new process has imported after this code, but for Python's own."""
    listing = "print(*{name.partition('.')[0] for name in sys.modules} - set(sys.stdlib_module_names), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\n{listing}"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return set(done.stderr.split())


def test_help_imports_no_library_but_the_one_of_the_command_line() -> None:
    help_of_all = """
from datastore_db.cli import main
try:
    main(["--help"])
except SystemExit:
    pass
"""
    assert imported_by(help_of_all) - imported_by("") == {"click", "datastore_db"}


def test_a_store_imports_no_library_of_documents_storage_or_pictures_before_it_needs_one() -> None:
    heavy = {"pydantic", "aiohttp", "yaml", "PIL", "rich", "yoyo"}
    assert imported_by("import datastore_db.blocking") & heavy == set()


def test_a_folder_is_uploaded_listed_and_shown(environment: dict[str, str], tmp_path: Path) -> None:
    environment = environment | {"DATASTORE_USER": "ana@example.org"}
    user = json.loads(run(environment, "register", "ana@example.org", "--json").out)
    assert json.loads(run(environment, "register", "ana@example.org", "--json").out) == user
    uploaded = run(environment, "upload", EXAMPLE, "--json")
    assert uploaded.status == 1
    report = json.loads(uploaded.out)
    assert (report["complete"], report["container_name"]) == (False, user["container_name"])
    assert report["problems"][0]["file"] == "pictures/session1/3.tiff"
    assert report["not_processed"] == [{"file": "pictures/session1/notes.txt", "reason": "not a picture"}]

    folders = json.loads(run(environment, "ls", "--json").out)
    assert [folder["folder_name"] for folder in folders] == ["General", "session1", "session2"]
    table = run(environment, "ls").out.splitlines()
    assert table[2].split() == [folders[1]["picture_set_id"], "session1", "2"]
    pictures = run(environment, "ls", "--pictures").out
    picture_id = folders[1]["pictures"][0]["picture_id"]
    assert picture_id in pictures

    shown = json.loads(run(environment, "show", picture_id).out)
    assert shown["picture_id"] == picture_id
    assert len(json.loads(run(environment, "show", folders[1]["picture_set_id"]).out)["pictures"]) == 2
    for wrong in ("x", "8367cc4e-1b61-42c2-a061-ca8662aeac37"):
        missing = run(environment, "show", wrong)
        assert (missing.status, wrong in missing.err) == (2, True)

    downloaded = run(environment, "download", folders[2]["picture_set_id"], tmp_path / "copy", "--json")
    assert (downloaded.status, json.loads(downloaded.out)["complete"]) == (0, True)
    names = {path.name for path in (tmp_path / "copy").iterdir()}
    assert names >= {"index.yaml", "overview.png", "overview.json", "darnel-1.tif"}
    again = run(environment, "download", folders[2]["picture_set_id"], tmp_path / "copy")
    assert "0 pictures written" in again.out
    one = run(environment, "download", picture_id, tmp_path / "one")
    assert one.status == 0
    assert (tmp_path / "one" / "1.tiff").read_bytes() == (EXAMPLE / "pictures/session1/1.tiff").read_bytes()


def test_wrong_usage_is_exit_status_2(environment: dict[str, str]) -> None:
    for arguments in (["upload"], ["nonsense"], ["show"], ["ls", "--nonsense"]):
        assert run(environment, *arguments).status == 2


def test_another_user_sees_no_picture_of_the_upload(ana: User, environment: dict[str, str], tmp_path: Path) -> None:
    run(environment, "upload", write_folder(tmp_path / "lot", {"1.tiff": picture(1)}), "--user", "ana@example.org")
    run(environment, "register", "bob@example.org")
    folders = json.loads(run(environment, "ls", "--user", "ana@example.org", "--json").out)
    assert run(environment, "show", folders[1]["picture_set_id"], "--user", "bob@example.org").status == 2
    assert run(environment, "show", folders[1]["picture_set_id"]).status == 0


def test_progress_is_plain_lines_without_a_terminal(ana: User, environment: dict[str, str], tmp_path: Path) -> None:
    done = run(environment, "upload", many_pictures(tmp_path / "lot", 10), "--user", "ana@example.org")
    assert done.status == 0
    (line,) = done.err.splitlines()
    assert line.startswith("uploading: 10 of 10 pictures, ")
    assert line.endswith("/s, 0 s left")


def test_progress_is_a_bar_on_a_terminal(ana: User, environment: dict[str, str], tmp_path: Path) -> None:
    folder = many_pictures(tmp_path / "lot", 60)
    terminal, inside = pty.openpty()
    process = subprocess.Popen(
        [PROGRAM, "upload", str(folder), "--user", "ana@example.org"],
        env=environment | {"TERM": "xterm", "COLUMNS": "120"},
        stdout=subprocess.DEVNULL,
        stderr=inside,
    )
    os.close(inside)
    shown = b""
    try:
        while chunk := os.read(terminal, 65536):
            shown += chunk
    except OSError:
        pass  # the end of a terminal whose other side closed
    assert process.wait() == 0
    text = shown.decode()
    assert "60/60 pictures" in text or "/60 pictures" in text
    assert "/s" in text
    assert "0:00:0" in text


def test_ctrl_c_says_how_to_go_on(
    ana: User, environment: dict[str, str], database: psycopg.Connection, tmp_path: Path
) -> None:
    folder = many_pictures(tmp_path / "lot", 400)
    process = subprocess.Popen(
        [PROGRAM, "upload", str(folder), "--user", "ana@example.org"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while database.execute("select count(*) from datastore.picture").fetchone() == (0,):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Run it again" in err
    assert "Traceback" not in err
    assert run(environment, "upload", folder, "--user", "ana@example.org").status == 0
