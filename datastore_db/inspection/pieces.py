"""A file put together from parts of another one, in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from datastore_db.errors import DatastoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .source import Source

_PIECE = 1024 * 1024


class CannotStrip(DatastoreError):
    """Personal data cannot be taken out of this file with certainty."""


class Span(NamedTuple):
    """Bytes of the original, from `start` to before `end`."""

    start: int
    end: int


class Zeros(NamedTuple):
    """So many bytes of nothing."""

    size: int


Piece: TypeAlias = bytes | Span | Zeros


class Pieces:
    """The parts of a copy, in order."""

    def __init__(self, source: Source, pieces: list[Piece]) -> None:
        self._source = source
        self._pieces = pieces

    def chunks(self) -> Iterator[bytes]:
        """The copy's bytes, at most 1 MiB at once."""
        for piece in self._pieces:
            if isinstance(piece, bytes):
                yield piece
            elif isinstance(piece, Zeros):
                for done in range(0, piece.size, _PIECE):
                    yield bytes(min(_PIECE, piece.size - done))
            else:
                for start in range(piece.start, piece.end, _PIECE):
                    data = self._source.read(start, min(_PIECE, piece.end - start))
                    if len(data) < min(_PIECE, piece.end - start):
                        raise CannotStrip("the file ends before its pixels do")
                    yield data


def add_span(pieces: list[Piece], start: int, end: int) -> None:
    """Add a part of the original; one that goes on where the last one ended makes it longer."""
    last = pieces[-1] if pieces else None
    if isinstance(last, Span) and last.end == start:
        pieces[-1] = Span(last.start, end)
    elif end > start:
        pieces.append(Span(start, end))


def length_of(pieces: list[Piece]) -> int:
    """How many bytes they are."""
    return sum(
        len(piece) if isinstance(piece, bytes) else piece.size if isinstance(piece, Zeros) else piece.end - piece.start
        for piece in pieces
    )
