"""A document in a file that a command is given: read with its lines, so that errors say where."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from datastore_db.cli.context import fail
from datastore_db.errors import DatastoreError
from datastore_db.folder.json_text import read_json
from datastore_db.folder.problems import DocumentProblem, Place, Problem
from datastore_db.folder.tree import Node, Places, to_object
from datastore_db.folder.yaml_text import read_yaml
from datastore_db.json_codec import JsonObject


@contextmanager
def opened_document(path: Path) -> Iterator[JsonObject]:
    """The JSON or YAML of a file. An error of the document inside the `with` block ends the command.

    Each error is a line on stderr: file, line, key and the expected value.
    """
    try:
        root = _parse(path)
        yield to_object(root)
    except DocumentProblem as error:
        _fail(path, error.problems)
    except DatastoreError as error:
        if not error.errors:
            raise
        places = Places(root)
        _fail(path, [places.problem(item["instance_path"], item["message"]) for item in error.errors])


def _parse(path: Path) -> Node:
    name = str(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        fail(f"{path} cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        raise DocumentProblem([Problem(name, "is not UTF-8 text")]) from None
    if path.suffix.lower() == ".json":
        return read_json(text, name)
    return read_yaml(text, name) or Node({}, Place(name))


def _fail(path: Path, problems: list[Problem]) -> None:
    fail(f"{path} is refused:\n" + "\n".join(f"  {problem}" for problem in problems))
