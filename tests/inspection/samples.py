"""Small real picture files, made by other programs' code than the one under test."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt
import tifffile
from PIL import Image

from datastore_db.inspection import Inspection, inspect

Array = npt.NDArray[Any]


def noise(*shape: int, dtype: str = "uint8") -> Array:
    random = np.random.default_rng(7)
    if dtype.startswith("float"):
        return random.random(shape).astype(dtype)
    return random.integers(0, np.iinfo(dtype).max, shape).astype(dtype)


def smooth(height: int = 60, width: int = 80) -> Array:
    rows, columns = np.mgrid[0:height, 0:width]
    return np.stack([rows * 2, columns * 2, rows + columns], axis=-1).astype(np.uint8)


def saved(form: str, pixels: Array | None = None, **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(noise(60, 80, 3) if pixels is None else pixels).save(file, form, **options)
    return file.getvalue()


def tiff(pixels: Array, **options: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, **options)
    return file.getvalue()


def npy(array: Array) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def inspected(content: bytes, name: str = "1", **options: int) -> Inspection:
    return inspect(io.BytesIO(content), name, **options)


def facts(content: bytes, name: str = "1") -> dict[str, Any]:
    """`image_data` without the tags."""
    return {key: value for key, value in inspected(content, name).image_data.items() if key != "tags"}


def tags(content: bytes) -> dict[str, Any]:
    """The tags, by group."""
    found = inspected(content).image_data["tags"]
    assert isinstance(found, dict)
    return dict(found)


def exif_of(**groups: dict[int, Any]) -> Image.Exif:
    """EXIF with tags in the groups `base`, `exif` and `gps`."""
    exif = Image.Exif()
    for group, pointer in (("exif", 34665), ("gps", 34853)):
        exif.get_ifd(pointer).update(groups.get(group, {}))
    for tag, value in groups.get("base", {}).items():
        exif[tag] = value
    return exif


#: A name that fits, and the content.
EVERY_FORMAT: dict[str, bytes] = {
    "plain.tiff": saved("TIFF"),
    "lzw.tif": saved("TIFF", compression="tiff_lzw"),
    "packbits.tif": saved("TIFF", smooth(), compression="packbits"),
    "jpeg.tif": saved("TIFF", smooth(), compression="jpeg"),
    "deflate.tif": saved("TIFF", compression="tiff_deflate"),
    "lzma.tif": saved("TIFF", smooth(), compression="lzma"),
    "fax.tif": saved("TIFF", smooth()[..., 0] > 60, compression="group4"),
    "tiles.tif": tiff(
        noise(50, 70, 3, dtype="uint16"), tile=(16, 32), compression="zlib", predictor=True, photometric="rgb"
    ),
    "planes.tif": tiff(noise(3, 50, 70, dtype="float32"), planarconfig="separate", photometric="rgb", byteorder=">"),
    "big.btf": tiff(noise(3, 40, 50, dtype="float64"), bigtiff=True, rowsperstrip=7, photometric="minisblack"),
    "big-endian.tf8": tiff(noise(40, 50), bigtiff=True, byteorder=">"),
    "imagej.tif": tiff(noise(4, 30, 40, dtype="uint16"), imagej=True, metadata={"axes": "ZYX", "Info": "a=b"}),
    "microscope.ome.tif": tiff(noise(3, 30, 40), ome=True, metadata={"axes": "ZYX"}),
    "rgb.png": saved("PNG", exif=exif_of(base={271: "A"}), dpi=(300, 300)),
    "palette.png": saved("PNG", smooth()[..., 0]),
    "photo.jpg": saved("JPEG", exif=exif_of(base={271: "A"}, exif={36867: "2024:05:01 12:00:00"})),
    "progressive.jpeg": saved("JPEG", smooth(), progressive=True, comment="hello"),
    "picture.gif": saved("GIF", smooth()[..., 0], comment="hello"),
    "picture.bmp": saved("BMP"),
    "lossy.webp": saved("WEBP", smooth(), exif=exif_of(base={271: "A"})),
    "lossless.webp": saved("WEBP", lossless=True),
    "array.npy": npy(noise(40, 50, 3)),
}
