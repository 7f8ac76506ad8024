"""A picture that was read, checked and inspected, and waits to be announced."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from datastore_db.errors import BrokenPicture
from datastore_db.inspection import Inspection, inspect
from datastore_db.json_codec import Json, JsonObject

# Files up to here are read once, and stay in memory until they are in storage.
KEPT_SIZE = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture that is ready. `relative_path` identifies it at the next upload; bytes from a backend have none."""

    relative_path: str | None
    file_name: str | None
    document: JsonObject
    inspection: Inspection
    content: bytes | None
    open: Callable[[], BinaryIO]

    def inspection_json(self) -> JsonObject:
        """The inspection's facts, as `datastore.announce_pictures` takes it."""
        metadata: dict[str, Json] = {}
        if self.file_name is not None:
            metadata["file_name"] = self.file_name
        if self.relative_path is not None:
            metadata["relative_path"] = self.relative_path
        return {
            "size": self.inspection.size,
            "md5": base64.b64encode(self.inspection.md5).decode("ascii"),
            "metadata": metadata,
            "image_data": self.inspection.image_data,
            "quality_check": self.inspection.quality_check,
        }

    def reopen(self) -> bytes | BinaryIO:
        """Its bytes, from memory or from the file again."""
        return self.content if self.content is not None else self.open()


def prepare(
    open_file: Callable[[], BinaryIO],
    document: JsonObject,
    *,
    file_name: str | None,
    relative_path: str | None,
    size: int,
) -> Prepared:
    """Inspect a file. Raises `BrokenPicture` or `NotAPicture`; errors of opening it come through."""
    with open_file() as file:
        try:
            content = file.read() if size <= KEPT_SIZE else None
            inspection = inspect(file if content is None else io.BytesIO(content), file_name or "")
        except OSError as error:
            raise BrokenPicture(f"cannot be read: {error.strerror or error}") from None
    return Prepared(relative_path, file_name, document, inspection, content, open_file)
