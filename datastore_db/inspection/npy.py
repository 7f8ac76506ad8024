"""NumPy arrays: the header is read here, because NumPy itself may load pickles and is not a dependency."""

from __future__ import annotations

import ast
import math
import re
import struct
from typing import TYPE_CHECKING, Any

from datastore_db.errors import BrokenPicture

from .findings import Findings, damaged, truncated

if TYPE_CHECKING:
    from .source import Source

#: NumPy's own limit.
_LONGEST_HEADER = 10_000
_NUMBER = re.compile(r"[<>|=]?([biufc])(\d{1,3})")
_MOST_CHANNELS_FIRST = 4


def read_npy(source: Source, findings: Findings) -> None:
    """Inspect an array of 2 dimensions (rows, columns) or 3: with channels last, or, if the first is the
    smallest, with channels (up to 4) or pages first."""
    head = source.read(0, 12)
    version = head[6:8]
    if version not in (b"\1\0", b"\2\0", b"\3\0") or len(head) < 12:
        raise damaged("the header of the array is of no version that NumPy has")
    start = 10 if version == b"\1\0" else 12
    length: int = struct.unpack_from("<H" if start == 10 else "<I", head, 8)[0]
    if length > _LONGEST_HEADER:
        raise damaged(f"the array's header is {length} bytes long; at most {_LONGEST_HEADER} are accepted")
    raw = source.read(start, length)
    if len(raw) < length:
        raise truncated("the header", start + length, source.size)
    header = _parse(raw, version)
    descr, shape = header["descr"], header["shape"]
    match = _NUMBER.fullmatch(descr) if isinstance(descr, str) else None
    if match is None:
        raise BrokenPicture("the array holds objects or records; a picture holds numbers: save it with a numeric dtype")
    if len(shape) not in (2, 3):
        raise BrokenPicture(
            f"the array has {len(shape)} dimensions; a picture has 2 (rows, columns) or 3 (rows, columns, channels)"
        )
    pages, height, width, channels = _axes(shape)
    findings.set_size(width, height)
    if not pages or not channels:
        raise BrokenPicture(f"the array's shape is {shape}: there is nothing in it; save it again")
    size = int(match[2])
    needed = start + length + math.prod(shape) * size
    if needed > source.size:
        raise truncated("the array", needed, source.size)
    if needed < source.size:
        raise damaged(f"{source.size - needed} bytes follow after the array's end")
    findings.channels, findings.pages = channels, pages
    findings.bit_depth = 1 if match[1] == "b" else size * 8
    findings.tags["npy"] = {
        "version": f"{version[0]}.{version[1]}",
        "dtype": descr,
        "fortran_order": header["fortran_order"],
        "shape": list(shape),
    }


def _parse(raw: bytes, version: bytes) -> dict[str, Any]:
    try:
        header = ast.literal_eval(raw.decode("utf-8" if version == b"\3\0" else "latin-1").strip())
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError) as error:
        raise damaged("the header of the array does not parse") from error
    if (
        not isinstance(header, dict)
        or set(header) != {"descr", "fortran_order", "shape"}
        or not isinstance(header["fortran_order"], bool)
        or not isinstance(header["shape"], tuple)
        or not all(type(length) is int and 0 <= length < 2**63 for length in header["shape"])
    ):
        raise damaged("the header of the array does not say dtype, order and shape")
    return header


def _axes(shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Pages, height, width, channels."""
    if len(shape) == 2:
        return 1, shape[0], shape[1], 1
    first, middle, last = shape
    if last <= _MOST_CHANNELS_FIRST or last <= first:
        return 1, first, middle, last
    if first <= _MOST_CHANNELS_FIRST:
        return 1, middle, last, first
    return first, middle, last, 1
