"""The inspection of picture files, beside Pillow and tifffile: `python -m benchmarks.inspection
FOLDER`, with any folder of real pictures. Each file is read whole and cut short, each time in a process of its own."""

from __future__ import annotations

import argparse
import io
import logging
import resource
import time
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, BinaryIO

import tifffile
from PIL import Image
from rich.console import Console
from rich.table import Table

from datastore_db.inspection import KNOWN_EXTENSIONS, inspect

#: No reader gets longer for a file, whole and cut.
SECONDS = 30
#: Larger files are not cut.
LARGEST_CUT = 32 * 1024 * 1024
#: How a file is cut short.
CUTS: dict[str, Callable[[bytes], bytes]] = {
    "half": lambda content: content[: len(content) // 2],
    "1 byte less": lambda content: content[:-1],
}

Facts = dict[str, object]


@dataclass(frozen=True, slots=True)
class Seen:
    """A reader's result for a file: facts, or the error; and the cuts that it did not notice."""

    facts: Facts
    refusal: str
    missed: list[str]
    seconds: float
    megabytes: float


def by_inspection(file: BinaryIO) -> Facts:
    """The project's facts."""
    data: dict[str, Any] = dict(inspect(file, "").image_data)
    return {key: data.get(key) for key in ("format", "width", "height", "pages", "channels", "bit_depth", "resolution")}


def by_pillow(file: BinaryIO) -> Facts:
    """Pillow's facts, once it has decoded the first frame."""
    with Image.open(file) as image:
        kind, frames = image.format, getattr(image, "n_frames", 1)
        dpi = image.info.get("dpi")
        image.load()
        facts: Facts = {"format": kind, "width": image.width, "height": image.height, "pages": frames}
        facts["channels"] = len(image.getbands())
        if dpi:
            facts["resolution"] = f"{float(dpi[0]):.4g}x{float(dpi[1]):.4g} dpi"
        return facts


def by_pillow_verified(file: BinaryIO) -> Facts:
    """The same once Pillow has also gone through the checksums that a format has."""
    with Image.open(file) as image:
        image.verify()
    file.seek(0)
    return by_pillow(file)


def by_tifffile(file: BinaryIO) -> Facts:
    """tifffile's facts, once it has read the tags of all pages."""
    with tifffile.TiffFile(file) as opened:
        pages = list(opened.pages)
        first: Any = pages[0]
        for page in pages:
            for tag in page.tags:  # type: ignore[union-attr]
                _ = tag.value
        return {
            "format": "TIFF",
            "width": first.imagewidth,
            "height": first.imagelength,
            "pages": len(pages),
            "channels": first.samplesperpixel,
            "bit_depth": first.bitspersample,
        }


def by_tifffile_pixels(file: BinaryIO) -> Facts:
    """The same, and its pixels."""
    with tifffile.TiffFile(file) as opened:
        opened.pages[0].asarray()
    file.seek(0)
    return by_tifffile(file)


READERS: dict[str, Callable[[BinaryIO], Facts]] = {
    "inspection": by_inspection,
    "pillow": by_pillow,
    "pillow, verified": by_pillow_verified,
    "tifffile": by_tifffile,
    "tifffile, pixels": by_tifffile_pixels,
}


def look(reader: str, path: Path) -> Seen:
    """Let a reader look at a file in a process of its own."""
    context = get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_look, args=(READERS[reader], path, there), daemon=True)
    process.start()
    there.close()
    try:
        if here.poll(SECONDS):
            found = here.recv()
            assert isinstance(found, Seen)
            return found
        return Seen({}, f"no answer in {SECONDS} seconds", [], SECONDS, 0)
    except EOFError:
        return Seen({}, "the process ended", [], 0, 0)
    finally:
        process.kill()
        process.join()


def _look(read: Callable[[BinaryIO], Facts], path: Path, answer: Connection) -> None:
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    facts, refusal = {}, ""
    missed: list[str] = []
    try:
        with path.open("rb") as file:
            facts = read(file)
    except Exception as error:  # a reader may stumble over anything
        refusal = f"{type(error).__name__}: {error}"[:200]
    seconds = time.perf_counter() - start
    megabytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    if not refusal and path.stat().st_size < LARGEST_CUT:
        content = path.read_bytes()
        for name, cut in CUTS.items():
            try:
                read(io.BytesIO(cut(content)))
                missed.append(name)
            except Exception:  # noqa: S112 - it noticed
                continue
    answer.send(Seen(facts, refusal, missed, seconds, megabytes))


def compare(paths: list[Path], console: Console) -> None:
    """Print each difference, then each reader's results by format."""
    totals: dict[tuple[str, str], Counter[str]] = {}
    worst: dict[tuple[str, str], tuple[float, float]] = {}
    for path in paths:
        kind = KNOWN_EXTENSIONS[path.suffix.lower()]
        ours: Seen | None = None
        for reader in READERS:
            if reader.startswith("tifffile") and kind != "TIFF":
                continue
            seen = look(reader, path)
            ours = ours or seen
            total = totals.setdefault((kind, reader), Counter())
            total["refused" if seen.refusal else "read"] += 1
            total.update(f"missed: {name}" for name in seen.missed)
            seconds, megabytes = worst.get((kind, reader), (0, 0))
            worst[kind, reader] = max(seconds, seen.seconds), max(megabytes, seen.megabytes)
            if bool(seen.refusal) != bool(ours.refusal):
                total["other verdict"] += 1
                console.print(f"{path}: inspection: {ours.refusal or 'read'}; {reader}: {seen.refusal or 'read'}")
                continue
            other = {key: (ours.facts.get(key), value) for key, value in seen.facts.items() if _differ(key, ours, seen)}
            if other:
                total["other facts"] += 1
                console.print(f"{path}: inspection and {reader}: {other}")
    columns = ["read", "refused", "other verdict", "other facts", *(f"missed: {name}" for name in CUTS)]
    table = Table("format", "reader", *columns, "longest, s", "most, MB")
    for (kind, reader), total in sorted(totals.items()):
        seconds, megabytes = worst[kind, reader]
        table.add_row(kind, reader, *(str(total[column]) for column in columns), f"{seconds:.2f}", f"{megabytes:.0f}")
    console.print(table)


def _differ(key: str, ours: Seen, theirs: Seen) -> bool:
    own, other = ours.facts.get(key), theirs.facts[key]
    return own != other and not (key == "pages" and own is None)


def main() -> None:
    """Compare the readers on all picture files of a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in KNOWN_EXTENSIONS and path.is_file())
    compare(paths, Console(width=160, soft_wrap=True))


if __name__ == "__main__":
    main()
