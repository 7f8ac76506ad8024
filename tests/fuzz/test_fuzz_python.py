"""Small inputs that could cost the wrapper much: its models, its YAML and JSON files, its zips."""

from __future__ import annotations

import json
import os
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random, SystemRandom

import pytest

from datastore_db import InvalidDocument
from datastore_db.folder import open_folder
from datastore_db.folder.json_text import read_json
from datastore_db.folder.problems import DocumentProblem
from datastore_db.folder.yaml_text import read_yaml
from datastore_db.json_codec import loads
from datastore_db.models import Document
from tests.fuzz.inputs import FILLERS, MAX_BYTES, document_of

SECONDS, MEGABYTES = 1, 200
MODELS = [model for _, model in sorted(Document.kinds.items())]


def cost(call: Callable[[], object]) -> tuple[float, float, str]:
    """Processor time in seconds, memory in MB, and how it ended: an error that is no answer is raised."""
    # Twice, because to trace memory takes longer than most calls.
    begun = time.thread_time()
    _ended(call)
    seconds = time.thread_time() - begun
    tracemalloc.start()
    try:
        ended = _ended(call)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return seconds, most / 1e6, ended


def _ended(call: Callable[[], object]) -> str:
    try:
        call()
    except (InvalidDocument, DocumentProblem) as error:
        return type(error).__name__
    return "taken"


def yaml_texts(size: int) -> dict[str, str]:
    """YAML that makes other readers slow."""
    laughs = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, size // 60))
    return {
        "aliases of aliases": laughs,
        "an alias again and again": "a: &a [1]\nb: [" + ", ".join(["*a"] * (size // 4)) + "]",
        "a deep list": "a: " + "[" * (size // 2),
        "deep mappings": "\n".join(" " * n + "k:" for n in range(int((2 * size) ** 0.5))),
        "many anchors": "\n".join(f"k{n}: &a{n} {n}" for n in range(size // 16)),
        "long keys": f"? {'k' * size}\n: 1",
        "the same key": "k: 1\n" * (size // 5),
        "merge keys": "a: &a {b: 1}\n" + "\n".join(f"c{n}: {{<<: *a}}" for n in range(size // 20)),
        "many documents": "---\na: 1\n" * (size // 9),
        "a huge number": "a: " + "9" * size,
        "a huge exponent": "a: 1e" + "9" * (size // 2),
        "a long block": "a: |\n" + " x\n" * (size // 3),
        "quotes": "a: '" + "''" * (size // 2) + "'",
        "escapes": 'a: "' + "\\U0001F600" * (size // 10) + '"',
        "tags": "a: !<" + "x" * size + "> 1",
        "spaces": "a:" + " " * size + "b",
        "colons": "a: " + ": " * (size // 2),
        "dashes": "- " * (size // 2),
    }


@pytest.mark.parametrize("title", list(yaml_texts(1000)))
def test_no_small_yaml_costs_much(title: str) -> None:
    text = yaml_texts(MAX_BYTES)[title]
    seconds, megabytes, _ = cost(lambda: read_yaml(text, "file.yaml"))
    assert (seconds < SECONDS, megabytes < MEGABYTES) == (True, True), (seconds, megabytes)


def small(chance: Random) -> Iterator[tuple[str, type[Document], str]]:
    while True:
        model = chance.choice(MODELS)
        name, filler = chance.choice(list(FILLERS.items()))
        place, document = document_of(chance, model.kind, filler)
        yield f"{model.kind} {'/'.join(place) or 'itself'}: {name}", model, document


def test_no_small_document_costs_the_models_much() -> None:
    seed = int(os.environ.get("DATASTORE_FUZZ_SEED") or SystemRandom().getrandbits(32))
    print(f"DATASTORE_FUZZ_SEED={seed}")
    end = time.monotonic() + float(os.environ.get("DATASTORE_FUZZ_SECONDS") or 5) / 2
    costly, tried = [], 0
    for title, model, document in small(Random(seed)):
        if time.monotonic() > end:
            break
        tried += 1
        for way, call in (
            ("model", lambda document=document, model=model: _read(model, document)),
            ("file", lambda document=document: read_json(document, "file.json")),
            ("yaml", lambda document=document: read_yaml(document, "file.yaml")),
        ):
            seconds, megabytes, _ = cost(call)
            if seconds > SECONDS or megabytes > MEGABYTES:
                seconds, megabytes, _ = cost(call)
            if seconds > SECONDS or megabytes > MEGABYTES:
                costly.append(f"{way}, {title}, {len(document):,} characters: {seconds:.2f} s, {megabytes:.0f} MB")
    print(f"{tried} documents")
    assert tried > 3
    assert costly == [], f"with DATASTORE_FUZZ_SEED={seed}"


def _read(model: type[Document], document: str) -> object:
    try:
        value = loads(document)
    except (ValueError, RecursionError):
        return None  # no JSON: the wrapper is handed values
    return model.read(value)


@pytest.mark.parametrize("inside", ["set.yaml", "a.yaml", "a.tiff", "z/" * 300 + "a.tiff"])
def test_no_zip_unpacks_to_much_memory(tmp_path: Path, inside: str) -> None:
    """300 MB of nothing in 300 kB."""
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bomb:
        with bomb.open(inside, "w") as entry:
            for _ in range(300):
                entry.write(b" " * 1_000_000)
        bomb.writestr("b.png", b"\x89PNG\r\n\x1a\n")
    assert path.stat().st_size < 400_000

    def listed() -> None:
        with open_folder(path) as folder:
            json.dumps([repr(problem) for problem in folder.problems])

    seconds, megabytes, _ = cost(listed)
    assert (seconds < SECONDS, megabytes < 50) == (True, True), (seconds, megabytes)
