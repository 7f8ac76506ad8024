"""Pictures for tests: small, real, and no two alike unless asked for."""

from __future__ import annotations

import io
import random
from pathlib import Path

from PIL import Image

EXAMPLE = Path(__file__).parents[2] / "examples" / "barley-2024"


def picture(seed: int = 0, format_: str = "TIFF", size: tuple[int, int] = (16, 12)) -> bytes:
    """The bytes of a picture; the same seed gives the same."""
    width, height = size
    pixels = random.Random(seed).randbytes(width * height * 3)
    file = io.BytesIO()
    Image.frombytes("RGB", size, pixels).save(file, format_)
    return file.getvalue()


def write_folder(root: Path, files: dict[str, bytes | str]) -> Path:
    """A folder with these files, by relative path."""
    for path, content in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def many_pictures(root: Path, count: int, *, size: tuple[int, int] = (16, 12)) -> Path:
    """A folder of that many pictures, in directories of fifty."""
    return write_folder(root, {f"s{n // 50}/{n}.tiff": picture(n, size=size) for n in range(count)})
