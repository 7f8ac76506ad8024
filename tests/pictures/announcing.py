"""The inspection of a file, as the wrapper sends it."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from typing import Any


def inspection(content: bytes, path: str | None = None) -> dict[str, Any]:
    """The inspection of a file, as the wrapper sends it."""
    found: dict[str, Any] = {
        "size": len(content),
        "md5": b64encode(hashlib.md5(content).digest()).decode(),
        "metadata": {},
        "image_data": {"format": "TIFF", "width": 4, "height": 3},
        "quality_check": {"image_checksum": hashlib.sha256(content).hexdigest(), "valid_data": True, "error_type": ""},
    }
    if path is not None:
        found["metadata"] = {"file_name": path.rpartition("/")[2], "relative_path": path}
    return found


def confirmation(picture: dict[str, Any], content: bytes) -> dict[str, Any]:
    found = inspection(content)
    return {"picture_id": picture["picture_id"], "size": found["size"], "md5": found["md5"]}
