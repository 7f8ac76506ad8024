"""The layout of the Python package: which room (a folder, or a module at the top) may import which."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

import datastore_db

PACKAGE = Path(datastore_db.__file__).parent
ROOT = "datastore_db"

# From the ground up. A room imports rooms of the layers below its own, and no others.
LAYERS = (
    ("errors", "json_codec", "resources"),
    ("ids", "models", "inspection", "identity", "local"),
    ("folder", "database"),
    ("settings", "sealing"),
    ("storage", "evaluation"),
    ("upload",),
    ("pictures",),
    ("store",),
    ("aio",),
    ("blocking",),
    ("__init__",),
    ("cli",),
)
LAYER = {room: number for number, rooms in enumerate(LAYERS) for room in rooms}
SUBJECTS = ("access", "evaluation", "inferences", "people", "pictures", "pipelines", "seeds", "storage")
# Modules of store/ and cli/ that are of no subject
SHARED = {
    "store": {"__init__", "base"},
    "cli": {"__init__", "context", "database", "document_file", "local", "main", "progress", "tables"},
}


def room_of(module: str) -> str:
    """The room of a module's full name."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def module_of(path: Path) -> str:
    """The full name of the module in a file."""
    parts = (ROOT, *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imports_of(source: str, module: str, is_package: bool) -> Iterator[str]:
    """The modules of this package that a module imports, wherever it does: also inside functions and for types."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if room_named(alias.name))
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            if node.level:
                parts = module.split(".")
                base = parts[: len(parts) - node.level + is_package]
                origin = ".".join([*base, *([origin] if origin else [])])
            if room_named(origin):
                for alias in node.names:
                    full = f"{origin}.{alias.name}"
                    yield full if full in MODULES else origin


def room_named(module: str) -> bool:
    """Whether a module is of this package."""
    return module == ROOT or module.startswith(f"{ROOT}.")


def imports_between_rooms() -> dict[str, dict[str, set[str]]]:
    """The rooms that each room imports, with the modules that do."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for module, path in MODULES.items():
        for imported in imports_of(path.read_text(encoding="utf-8"), module, path.name == "__init__.py"):
            if room_of(imported) != room_of(module):
                found[room_of(module)][room_of(imported)].add(module)
    return found


def test_every_room_stands_in_a_layer() -> None:
    assert {room_of(module) for module in MODULES} == set(LAYER)


def test_a_room_imports_rooms_of_lower_layers_only() -> None:
    upwards = [
        f"{room} imports {other}, in {', '.join(sorted(modules))}"
        for room, others in imports_between_rooms().items()
        for other, modules in others.items()
        if LAYER[other] >= LAYER[room]
    ]
    assert not upwards


@pytest.mark.parametrize(
    ("source", "imported"),
    [
        ("from datastore_db import storage", ["datastore_db.storage"]),
        ("from datastore_db import connect", ["datastore_db"]),
        ("import datastore_db.storage.blobs as blobs", ["datastore_db.storage.blobs"]),
        ("def f():\n    from datastore_db.storage.blobs import Blobs", ["datastore_db.storage.blobs"]),
        ("from .key_ring import KeyRing", ["datastore_db.sealing.key_ring"]),
        ("from ..storage import blobs", ["datastore_db.storage.blobs"]),
        ("import os\nfrom pathlib import Path", []),
    ],
)
def test_every_way_to_import_is_read(source: str, imported: list[str]) -> None:
    assert list(imports_of(source, "datastore_db.sealing.vault", False)) == imported


@pytest.mark.parametrize("room", SHARED)
def test_modules_of_the_store_and_the_command_line_are_named_after_subjects(room: str) -> None:
    modules = {path.stem for path in (PACKAGE / room).glob("*.py")} - SHARED[room]
    subject_of = {name: subject for subject in SUBJECTS for name in modules if f"{name}_".startswith(f"{subject}_")}
    assert modules - set(subject_of) == set(), "modules of no subject"
    assert set(SUBJECTS) - set(subject_of.values()) == set(), "subjects without a module"


def test_modules_fit_in_300_lines() -> None:
    lengths = {module: len(path.read_text(encoding="utf-8").splitlines()) for module, path in MODULES.items()}
    assert {module: length for module, length in lengths.items() if length > 300} == {}


def test_functions_fit_in_100_lines() -> None:
    long = [
        f"{module}.{node.name}"
        for module, path in MODULES.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (node.end_lineno or 0) - node.lineno + 1 > 100
    ]
    assert long == []
