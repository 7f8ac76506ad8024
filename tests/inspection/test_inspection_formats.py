"""Which files are pictures, and what all of them tell."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from datastore_db.errors import BrokenPicture, NotAPicture
from datastore_db.inspection import KNOWN_EXTENSIONS, detect, inspect
from datastore_db.json_codec import dumps

from .samples import EVERY_FORMAT, facts, inspected, noise, npy, saved, smooth, tiff


@pytest.mark.parametrize("name", EVERY_FORMAT)
def test_every_picture_has_format_size_and_checksums(name: str) -> None:
    content = EVERY_FORMAT[name]
    seen = inspected(content, name)
    assert seen.format == KNOWN_EXTENSIONS["." + name.rpartition(".")[2]] == detect(content[:64])
    assert seen.size == len(content)
    assert seen.md5 == hashlib.md5(content).digest()
    assert seen.sha256 == hashlib.sha256(content).hexdigest()
    assert seen.quality_check == {"image_checksum": seen.sha256, "valid_data": True, "error_type": ""}
    assert seen.image_data["format"] == seen.format
    dumps(seen.image_data)


@pytest.mark.parametrize(
    ("name", "media_type", "extension", "size"),
    [
        ("plain.tiff", "image/tiff", "tiff", (80, 60)),
        ("rgb.png", "image/png", "png", (80, 60)),
        ("photo.jpg", "image/jpeg", "jpeg", (80, 60)),
        ("picture.gif", "image/gif", "gif", (80, 60)),
        ("picture.bmp", "image/bmp", "bmp", (80, 60)),
        ("lossy.webp", "image/webp", "webp", (80, 60)),
        ("array.npy", "application/x-npy", "npy", (50, 40)),
        ("planes.tif", "image/tiff", "tiff", (70, 50)),
        ("imagej.tif", "image/tiff", "tiff", (40, 30)),
    ],
)
def test_media_type_extension_and_size_are_found(
    name: str, media_type: str, extension: str, size: tuple[int, int]
) -> None:
    seen = inspected(EVERY_FORMAT[name], name)
    assert (seen.media_type, seen.extension) == (media_type, extension)
    assert (seen.image_data["width"], seen.image_data["height"]) == size


@pytest.mark.parametrize("name", ["scan", "scan.dat", "folder.png/scan", "scan.tiff.bak", ".tiff/1", "Überblick 1.JPG"])
def test_the_content_decides_where_the_name_claims_nothing_else(name: str) -> None:
    content = EVERY_FORMAT["photo.jpg"]
    assert inspected(content, name).format == "JPEG"


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (EVERY_FORMAT["rgb.png"], "1.tiff", "the content is PNG, the name says TIFF"),
        (EVERY_FORMAT["plain.tiff"], "a/b/1.JPG", "the content is TIFF, the name says JPEG"),
        (b"Seeds, counted by hand.\n" * 9, "1.tiff", "the content is text, the name says TIFF"),
        (bytes(range(200)), "1.png", "the content is of no picture format that is known here, the name says PNG"),
        (b"", "1.tiff", "the file is empty"),
    ],
)
def test_a_name_that_says_otherwise_is_refused(content: bytes, name: str, message: str) -> None:
    with pytest.raises(BrokenPicture) as caught:
        inspected(content, name)
    assert str(caught.value).startswith(message)
    assert name not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"BM, as in benchmark: a text", b"%PDF-1.7", b"\0" * 100, b"II", b"GIF"])
def test_a_file_that_is_no_picture_by_name_or_content_is_refused(content: bytes) -> None:
    with pytest.raises(NotAPicture):
        inspected(content, "notes.txt")


@pytest.mark.parametrize(
    ("content", "channels", "bit_depth", "pages"),
    [
        (tiff(noise(20, 30, dtype="uint16")), 1, 16, 1),
        (tiff(noise(20, 30, 3, dtype="uint16"), photometric="rgb"), 3, 16, 1),
        (tiff(noise(5, 20, 30, dtype="float32")), 1, 32, 5),
        (tiff(noise(6, 20, 30, dtype="uint16"), imagej=True), 1, 16, 6),
        (saved("PNG", noise(20, 30, 4)), 4, 8, None),
        (saved("JPEG", noise(20, 30)), 1, 8, None),
        (npy(noise(20, 30, 4)), 4, 8, 1),
        (npy(noise(3, 20, 30, dtype="float32")), 3, 32, 1),
        (npy(noise(9, 20, 30, dtype="uint16")), 1, 16, 9),
        (npy(noise(20, 30, 12)), 12, 8, 1),
        (npy(np.asfortranarray(noise(20, 30))), 1, 8, 1),
    ],
)
def test_channels_depth_and_pages_are_found(content: bytes, channels: int, bit_depth: int, pages: int | None) -> None:
    found = facts(content)
    assert (found["width"], found["height"]) == (30, 20)
    assert (found["channels"], found["bit_depth"], found.get("pages")) == (channels, bit_depth, pages)


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_an_animation_is_its_first_frame_and_a_count(form: str) -> None:
    frames = [Image.fromarray(np.roll(smooth(), step * 9, axis=1)) for step in range(3)]
    file = io.BytesIO()
    frames[0].save(file, form, save_all=True, append_images=frames[1:])
    found = facts(file.getvalue())
    assert (found["width"], found["height"], found["pages"]) == (80, 60, 3)


def test_the_frames_of_an_animation_are_counted() -> None:
    frames = [Image.fromarray(np.roll(smooth(), step * 9, axis=1)) for step in range(3)]
    file = io.BytesIO()
    frames[0].save(file, "PNG", save_all=True, append_images=frames[1:])
    content = bytearray(file.getvalue())
    place = content.find(b"acTL")
    struct.pack_into(">I", content, place + 4, 2**31 + 1)
    struct.pack_into(">I", content, place + 12, zlib.crc32(content[place : place + 12]))
    assert facts(bytes(content))["pages"] == 3


def test_a_jpeg_may_have_nothing_but_its_pixels() -> None:
    content = saved("JPEG", smooth())
    assert content[2:4] == b"\xff\xe0"
    bare = content[:2] + content[4 + int.from_bytes(content[4:6], "big") :]
    found = facts(bare, "1.jpg")
    assert (found["width"], found["height"]) == (80, 60)


def test_a_jpeg_of_12_bits_in_a_tiff_is_one_that_pillow_does_not_decode() -> None:
    content = bytearray(EVERY_FORMAT["jpeg.tif"])
    frame = content.find(b"\xff\xc0")
    assert content[frame + 4] == 8
    content[frame + 4] = 12
    assert inspected(bytes(content), "1.tif").image_data["width"] == 80


@pytest.mark.parametrize(
    "pixels",
    [smooth()[..., 0], smooth()[..., 0] > 50, smooth(), noise(33, 31, 4), noise(1, 1), noise(7, 5, dtype="uint16")],
)
def test_png_of_every_kind_also_interlaced(pixels: np.typing.NDArray[np.uint8]) -> None:
    height, width = pixels.shape[:2]
    for content in (saved("PNG", pixels), interlaced_png(pixels) if pixels.dtype == np.uint8 else saved("PNG", pixels)):
        found = facts(content)
        assert (found["width"], found["height"]) == (width, height)


def interlaced_png(pixels: np.typing.NDArray[np.uint8]) -> bytes:
    """Pillow writes no interlaced PNG, so one is put together here."""
    pixels = pixels if pixels.ndim == 3 else pixels[..., None]
    height, width, channels = pixels.shape
    rows = b""
    for x, y, step_x, step_y in (
        (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2),
    ):  # fmt: skip
        part = pixels[y::step_y, x::step_x]
        if part.size:
            rows += b"".join(b"\0" + row.tobytes() for row in part)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, {1: 0, 3: 2, 4: 6}[channels], 0, 0, 1)
    content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    assert Image.open(io.BytesIO(content)).tobytes() == pixels.tobytes()
    return content


def test_a_large_file_is_read_in_pieces_and_seen_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = {name: inspected(content, name) for name, content in EVERY_FORMAT.items()}
    monkeypatch.setattr("datastore_db.inspection.picture.IN_MEMORY", 0)
    for name, content in EVERY_FORMAT.items():
        assert inspect(io.BytesIO(content), name) == whole[name]


def test_the_file_is_read_from_its_beginning_wherever_it_stands() -> None:
    file = io.BytesIO(EVERY_FORMAT["plain.tiff"])
    file.seek(100)
    assert inspect(file, "1.tiff").size == len(EVERY_FORMAT["plain.tiff"])


def test_an_error_of_the_storage_below_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 1000:
                raise OSError("the network share is gone")
            return super().read(size)

    monkeypatch.setattr("datastore_db.inspection.picture.IN_MEMORY", 0)
    for name in ("photo.jpg", "plain.tiff", "picture.gif"):
        with pytest.raises(OSError, match="share is gone"):
            inspect(Failing(EVERY_FORMAT[name] + bytes(100_000)), name)
