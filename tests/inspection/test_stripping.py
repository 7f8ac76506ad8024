"""Copies without personal data: nothing personal is left in them, and the pixels are the same, byte for byte."""

from __future__ import annotations

import io
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
import tifffile
from PIL import Image, PngImagePlugin

from datastore_db.inspection import inspect
from datastore_db.inspection.pieces import CannotStrip
from datastore_db.inspection.stripping import strip
from tests.inspection.samples import EVERY_FORMAT, exif_of, noise, saved, smooth, tiff
from tests.support.calls import caller

SECRET = "Quentin-Personal-4711"
XMP = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'><dc:creator>{SECRET}</dc:creator></x:xmpmeta>"
EXIF = exif_of(
    base={315: SECRET, 270: SECRET, 33432: SECRET, 274: 6},
    exif={0xA430: SECRET, 0xA431: SECRET, 37510: b"ASCII\0\0\0" + SECRET.encode(), 37500: SECRET.encode()},
    gps={1: "N", 2: (45.0, 30.0, 3.5), 29: SECRET},
)
TAGS: list[Any] = [
    ("Artist", 2, len(SECRET) + 1, SECRET, False),
    ("HostComputer", 2, len(SECRET) + 1, SECRET, False),
    (65000, 2, len(SECRET) + 1, SECRET, False),
    (700, 1, len(XMP), XMP.encode(), False),
    (33723, 7, len(SECRET), SECRET.encode(), False),
    (34377, 7, len(SECRET), SECRET.encode(), False),
]


def png_with_texts() -> bytes:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", SECRET)
    texts.add_text("Comment", SECRET, zip=True)
    texts.add_itxt("XML:com.adobe.xmp", XMP)
    return saved("PNG", smooth(), pnginfo=texts, exif=EXIF, dpi=(300, 300))


def gif_with_more() -> bytes:
    frames = [Image.fromarray(smooth()[..., n]) for n in range(3)]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], comment=SECRET, loop=3, duration=100)
    content = file.getvalue()
    application = b"\x21\xff\x0bXMP DataXMP" + XMP.encode() + b"\x01" + bytes(range(255, -1, -1)) + b"\0"
    return content[:-1] + application + b"\x3b" + SECRET.encode()


def webp_animation() -> bytes:
    frames = [Image.fromarray(smooth()[::step]).resize((80, 60)) for step in (1, 2)]
    file = io.BytesIO()
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:], exif=EXIF, xmp=XMP.encode())
    return file.getvalue()


def jpeg_with_more() -> bytes:
    content = saved("JPEG", smooth(), exif=EXIF, comment=SECRET, xmp=XMP.encode(), icc_profile=b"profile" * 30)
    iptc = b"Photoshop 3.0\0" + SECRET.encode()
    content = content[:2] + b"\xff\xed" + struct.pack(">H", len(iptc) + 2) + iptc + content[2:]
    return content + saved("JPEG", smooth(), comment=SECRET)


def exif_tiff() -> bytes:
    """Pillow's: EXIF and GPS directories of their own."""
    return saved("TIFF", smooth(), exif=EXIF, compression="tiff_lzw", tiffinfo={315: SECRET})


def orphaned_tiff() -> bytes:
    """Nothing points any more to what an editor left behind."""
    content = tiff(noise(40, 50))
    return content + SECRET.encode() + b"tail"


def jpeg_in_tiff() -> bytes:
    content = bytearray(saved("TIFF", smooth(), compression="jpeg"))
    with tifffile.TiffFile(io.BytesIO(content)) as file:
        (start,), (size,) = file.pages[0].dataoffsets, file.pages[0].databytecounts
    comment = b"\xff\xfe" + struct.pack(">H", len(SECRET) + 2) + SECRET.encode()
    stream = content[start : start + size]
    moved = bytes(stream[:2]) + comment + bytes(stream[2:])
    if len(content) % 2:
        content += b"\0"
    offsets = struct.pack("<HHII", 273, 4, 1, start)
    counts = struct.pack("<HHII", 279, 4, 1, size)
    assert content.count(offsets) == content.count(counts) == 1
    content = content.replace(offsets, struct.pack("<HHII", 273, 4, 1, len(content)))
    content = content.replace(counts, struct.pack("<HHII", 279, 4, 1, len(moved)))
    return bytes(content) + moved


def pages(**options: Any) -> bytes:
    """Three pages, each with tags of its own."""
    file = io.BytesIO()
    with tifffile.TiffWriter(file, **options) as writer:
        for n in range(3):
            writer.write(noise(20, 30, dtype="uint16") + n, extratags=TAGS, description=SECRET, metadata=None)
    return file.getvalue()


def ome() -> bytes:
    return tiff(noise(3, 30, 40), ome=True, metadata={"axes": "ZYX", "Experimenter": {"LastName": SECRET}})


LADEN = {
    "texts.png": png_with_texts(),
    "more.gif": gif_with_more(),
    "exif.webp": saved("WEBP", smooth(), exif=EXIF, xmp=XMP.encode()),
    "animation.webp": webp_animation(),
    "more.jpg": jpeg_with_more(),
    "progressive.jpg": saved("JPEG", smooth(), progressive=True, comment=SECRET, exif=EXIF),
    "exif.tif": exif_tiff(),
    "orphan.tif": orphaned_tiff(),
    "jpeg.tif": jpeg_in_tiff(),
    "tags.tif": tiff(noise(40, 50, 3), photometric="rgb", extratags=TAGS, description=SECRET, metadata=None),
    "tags.btf": tiff(noise(40, 50), bigtiff=True, byteorder=">", extratags=TAGS, compression="zlib", tile=(16, 16)),
    "pages.tif": pages(),
    "pages.btf": pages(bigtiff=True),
    "imagej.tif": tiff(
        noise(4, 30, 40, dtype="uint16"), imagej=True, extratags=TAGS[:3],
        metadata={"axes": "ZYX", "Info": SECRET, "Labels": [SECRET] * 4, "owner": SECRET, "unit": "um", "spacing": 2.5},
    ),
    "pyramid.ome.tif": ome(),
}  # fmt: skip
WITHOUT_A_WAY = {"picture.bmp", "array.npy"}
ALL = EVERY_FORMAT | LADEN


def stripped(content: bytes) -> bytes:
    return b"".join(strip(io.BytesIO(content)).chunks())


def pixels(content: bytes) -> list[Any]:
    """All frames of all pages, as a reader of its own decodes them, and how each is packed."""
    if content[:2] in (b"II", b"MM"):
        with tifffile.TiffFile(io.BytesIO(content)) as file:
            packed = [
                content[start : start + size] if page.compression != 7 else b""
                for page in file.pages
                for start, size in zip(page.dataoffsets, page.databytecounts, strict=True)
            ]
            # tifffile has no decoders for these without another library, and Pillow has
            if file.pages[0].compression not in (4, 5, 7, 32773, 34925):
                return [packed, file.asarray().tobytes()]
        with Image.open(io.BytesIO(content)) as image:
            return [packed, image.tobytes()]
    frames: list[Any] = []
    with Image.open(io.BytesIO(content)) as image:
        for n in range(getattr(image, "n_frames", 1)):
            image.seek(n)
            frames.append((image.mode, image.size, image.info.get("duration"), image.tobytes()))
        frames.append(image.info.get("loop"))
        frames.append(image.getexif().get(274, 1))
    return frames


@pytest.mark.parametrize("name", sorted(ALL.keys() - WITHOUT_A_WAY))
def test_the_pixels_are_the_same(name: str) -> None:
    content = ALL[name]
    copy = stripped(content)
    assert pixels(copy) == pixels(content)
    first, second = (inspect(io.BytesIO(it), name).image_data for it in (content, copy))
    for key in ("format", "width", "height", "pages", "bit_depth", "channels"):
        assert first.get(key) == second.get(key), key
    # Zeros at the end may go.
    assert stripped(copy).rstrip(b"\0") == copy.rstrip(b"\0")


@pytest.mark.parametrize("name", sorted(LADEN))
def test_nothing_personal_is_left(database: psycopg.Connection, name: str) -> None:
    call = caller(database)
    content, copy = LADEN[name], stripped(LADEN[name])
    if name not in ("orphan.tif", "jpeg.tif"):  # their tags do not tell
        before = inspect(io.BytesIO(content), name).image_data["tags"]
        assert call("public_tags", before) != before
    tags = inspect(io.BytesIO(copy), name).image_data["tags"]
    assert call("public_tags", tags) == tags
    for encoding in ("ascii", "utf-16-le", "utf-16-be"):
        assert SECRET.encode(encoding) not in copy
    if name == "tags.btf":
        return  # Pillow does not read what is big-endian and BigTIFF
    with Image.open(io.BytesIO(copy)) as image:
        exif = image.getexif()
        assert not exif.get_ifd(34853)
        assert not exif.get_ifd(34665)
        assert not {315, 316, 33432, 700, 33723, 34377, 65000} & exif.keys()
        assert SECRET not in str(image.info)


def test_a_stack_of_imagej_stays_one() -> None:
    with tifffile.TiffFile(io.BytesIO(stripped(LADEN["imagej.tif"]))) as file:
        assert file.is_imagej
        assert file.asarray().shape == (4, 30, 40)
        assert file.imagej_metadata is not None
        assert {"images": 4, "unit": "um", "spacing": 2.5}.items() <= file.imagej_metadata.items()
        assert "Info" not in file.imagej_metadata


@pytest.mark.parametrize("name", sorted(WITHOUT_A_WAY))
def test_formats_that_hold_nothing_personal_have_no_copy(name: str) -> None:
    with pytest.raises(CannotStrip, match="no way"):
        stripped(EVERY_FORMAT[name])


def overlapping() -> bytes:
    """A tag whose directory lies in the pixels."""
    content = bytearray(tiff(noise(60, 60), metadata=None))
    (first,) = struct.unpack_from("<I", content, 4)
    with tifffile.TiffFile(io.BytesIO(content)) as file:
        start = file.pages[0].dataoffsets[0]
    (count,) = struct.unpack_from("<H", content, first)
    content[start : start + 2 + count * 12 + 4] = content[first : first + 2 + count * 12 + 4]
    struct.pack_into("<I", content, 4, start)
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (overlapping(), "lie over each other"),
        (tiff(noise(20, 20), extratags=[(50706, 1, 4, b"\1\4\0\0", False)]), "raw picture"),
        (saved("GIF", smooth()[..., 0])[:-1] + b"\x21\x01\x0c" + bytes(12) + b"\0\x3b", "draws text"),
        (saved("JPEG", smooth())[:-2], "not as its format says"),
        (b"no picture", "unknown format"),
    ],
)
def test_an_uncertain_copy_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(CannotStrip, match=why):
        stripped(content)


def test_a_large_file_takes_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.tiff"
    picture = np.zeros((8000, 8000), "uint16")
    tifffile.imwrite(path, picture, extratags=TAGS, rowsperstrip=8)
    tracemalloc.start()
    with path.open("rb") as file:
        size = sum(len(chunk) for chunk in strip(file).chunks())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 128_000_000
    assert peak < 16_000_000
