"""Damaged, truncated, absurd and hostile files are refused, in words that a person understands."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from datastore_db.errors import BrokenPicture, NotAPicture
from datastore_db.inspection import inspect
from datastore_db.json_codec import dumps

from .samples import EVERY_FORMAT, inspected, noise, npy, saved, smooth, tiff


def refusal(content: bytes, name: str = "1", **options: int) -> str:
    with pytest.raises(BrokenPicture) as caught:
        inspected(content, name, **options)
    return str(caught.value)


@pytest.mark.parametrize("name", EVERY_FORMAT)
@pytest.mark.parametrize("kept", [0.99, 0.7, 0.3, 0.05])
def test_a_truncated_file_is_found(name: str, kept: float) -> None:
    content = EVERY_FORMAT[name]
    refusal(content[: int(len(content) * kept)], name)


@pytest.mark.parametrize("name", sorted(EVERY_FORMAT))
def test_a_file_without_its_last_bytes_is_found(name: str) -> None:
    content = EVERY_FORMAT[name]
    padding = {"big.btf": 12, "imagej.tif": 16, "lossy.webp": 1, "lossless.webp": 1}.get(name, 0)
    message = refusal(content[: -1 - padding], name)
    assert "truncated" in message


def test_truncation_is_found_though_pillow_is_set_to_accept_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    for name, content in EVERY_FORMAT.items():
        refusal(content[: len(content) * 2 // 3], name)


def test_pillows_own_limit_does_not_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    for name, content in EVERY_FORMAT.items():
        inspected(content, name)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", EVERY_FORMAT)
def test_no_warning_reaches_the_caller(name: str) -> None:
    inspected(EVERY_FORMAT[name], name)


@pytest.mark.parametrize("name", ["lzw.tif", "deflate.tif", "lzma.tif", "tiles.tif", "rgb.png"])
def test_damage_within_the_pixels_is_found(name: str) -> None:
    content = bytearray(EVERY_FORMAT[name])
    middle = len(content) // 2
    content[middle : middle + 200] = bytes(255 - byte for byte in content[middle : middle + 200])
    assert "damaged" in refusal(bytes(content), name)


def test_a_truncated_stack_of_imagej_is_found() -> None:
    first = tiff(noise(30, 40), description="ImageJ=1.53t\nimages=8\nslices=8\n", metadata=None)
    whole = first + noise(7, 30, 40).tobytes()
    assert inspected(whole).image_data["pages"] == 8
    assert "the stack of 8 planes" in refusal(whole[: len(whole) // 2])


def test_a_stacks_description_copied_to_a_single_picture_is_believed_as_far_as_the_data_goes() -> None:
    with_description = tiff(noise(30, 40), description="ImageJ=1.53t\nimages=8\nslices=8\n", metadata=None)
    assert inspected(with_description).image_data["pages"] == 1


def test_a_bitmap_of_runs_without_its_last_byte_is_found() -> None:
    runs = b"\x50\x05\0\0" * 60 + b"\0\1"
    start = 14 + 40 + 4 * 256
    header = struct.pack("<IiiHHIIiiII", 40, 80, 60, 1, 8, 1, len(runs), 0, 0, 256, 0)
    content = b"BM" + struct.pack("<IHHI", start + len(runs), 0, 0, start) + header + bytes(4 * 256) + runs
    assert inspected(content, "1.bmp").image_data["width"] == 80
    assert "truncated" in refusal(content[:-1], "1.bmp")


def test_truncation_in_a_later_page_is_found() -> None:
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        for _ in range(4):
            writer.write(noise(40, 50), contiguous=False, rowsperstrip=10)
    content = file.getvalue()
    inspected(content)
    assert "truncated" in refusal(content[: len(content) - 700])


def test_the_message_has_expected_size_found_size_and_remedy() -> None:
    content = EVERY_FORMAT["plain.tiff"]
    message = refusal(content[:9000], "1.tiff")
    assert "strip 1 of 1 should end at byte" in message
    assert "9000 bytes" in message
    assert "again" in message


# sizes -----------------------------------------------------------------------------------------------------


def tiff_of(width: int, height: int) -> bytes:
    """A TIFF's header with nothing to it."""
    values = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: height, 279: 1}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in values.items())
    return b"II*\0" + struct.pack("<IH", 8, len(values)) + entries + bytes(100)


def png_of(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    bomb = zlib.compress(bytes(5_000_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", bomb) + chunk(b"IEND", b"")


def patched(name: str, place: int, layout: str, *values: int) -> bytes:
    content = bytearray(EVERY_FORMAT[name])
    struct.pack_into(layout, content, place, *values)
    return bytes(content)


@pytest.mark.parametrize(
    "content",
    [
        tiff_of(0, 0),
        tiff_of(10, 0),
        png_of(0, 5),
        patched("picture.gif", 6, "<HH", 0, 0),
        patched("picture.bmp", 18, "<ii", 0, 60),
        npy(np.zeros((0, 5), np.uint8)),
        npy(np.zeros((5, 5, 0), np.uint8)),
    ],
)
def test_a_picture_without_pixels_is_refused(content: bytes) -> None:
    assert "there is nothing in it" in refusal(content)


@pytest.mark.parametrize(
    "content",
    [tiff_of(900_000, 900_000), png_of(900_000, 900_000), patched("picture.bmp", 18, "<ii", 900_000, 900_000)],
)
def test_a_decompression_bomb_is_refused_from_its_header(content: bytes) -> None:
    message = refusal(content)
    assert "810,000,000,000 pixels" in message
    assert "at most 1,000,000,000 are accepted" in message


@pytest.mark.parametrize("content", [tiff_of(2_000_000, 1), png_of(1, 3_000_000), npy(np.zeros((2_000_000, 2), "u1"))])
def test_an_absurd_side_is_refused(content: bytes) -> None:
    assert "at most 1,000,000 are accepted on a side" in refusal(content)


def test_the_limit_is_the_callers() -> None:
    for name, content in EVERY_FORMAT.items():
        assert "at most 100 are accepted" in refusal(content, name, max_pixels=100)


def test_a_bomb_in_a_later_page_or_in_a_tile_is_refused() -> None:
    pages = bytearray(tiff(noise(2, 30, 40), photometric="minisblack"))
    with tifffile.TiffFile(io.BytesIO(bytes(pages))) as opened:
        place = opened.pages[1].tags[256].valueoffset  # type: ignore[union-attr]
        kind = opened.pages[1].tags[256].dtype  # type: ignore[union-attr]
    struct.pack_into("<H" if kind == 3 else "<I", pages, place, 65_000)
    refusal(bytes(pages))

    content = bytearray(saved("TIFF", smooth(), compression="jpeg"))
    frame = content.find(b"\xff\xc0")
    struct.pack_into(">HH", content, frame + 5, 60_000, 60_000)
    assert "claims 60000 by 60000 pixels" in refusal(bytes(content))


# hostile structure -----------------------------------------------------------------------------------------


def directory(*entries: tuple[int, int, int, int], following: int = 0) -> bytes:
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return struct.pack("<H", len(entries)) + body + struct.pack("<I", following)


PLAIN = ((256, 3, 1, 4), (257, 3, 1, 4), (258, 3, 1, 8), (273, 4, 1, 8), (279, 4, 1, 16))


@pytest.mark.parametrize(
    "content",
    [
        b"II*\0" + struct.pack("<I", 8) + directory(*PLAIN, following=8) + bytes(99),
        b"II*\0" + struct.pack("<I", 0) + bytes(99),
        b"II*\0" + struct.pack("<I", 0xFFFFFFFF) + bytes(99),
        b"II*\0" + struct.pack("<I", 8) + b"\xff\xff" + bytes(1_000_000),
        b"II*\0" + struct.pack("<I", 8) + directory() + bytes(99),
        b"II*\0" + struct.pack("<I", 8) + directory(*PLAIN[1:]) + bytes(99),
        b"II*\0" + struct.pack("<I", 8) + directory(*PLAIN, (700, 1, 0xFFFFFFFF, 8)) + bytes(99),
        b"II*\0" + struct.pack("<I", 8) + directory(*PLAIN[:3], (273, 4, 10**9, 8), (279, 4, 10**9, 8)) + bytes(99),
        b"II+\0" + struct.pack("<HHQQ", 8, 0, 16, 2**63) + bytes(99),
        b"II+\0" + struct.pack("<HHQ", 8, 0, 2**64 - 1) + bytes(99),
        b"II+\0" + struct.pack("<HHQ", 4, 0, 16) + bytes(99),
        b"II*\0" + struct.pack("<I", 8) + directory(*PLAIN, (277, 3, 1, 0)) + bytes(99),
        b"II*\0" + struct.pack("<I", 8) + directory(*PLAIN, (322, 3, 1, 0), (323, 3, 1, 0)) + bytes(99),
    ],
)
def test_hostile_directories_end_in_a_refusal(content: bytes) -> None:
    refusal(content)


def test_many_tags_that_point_to_the_same_bytes_take_neither_time_nor_room() -> None:
    entries = [*PLAIN, *((1000 + number, 2, 200_000, 60_000) for number in range(4000))]
    content = b"II*\0" + struct.pack("<I", 8) + directory(*entries)
    content += b"x" * (300_000 - len(content))
    seen = inspected(content)
    assert len(dumps(seen.image_data)) < 10_000_000


def test_many_pages_that_share_their_tags_take_no_room() -> None:
    pages = [*PLAIN, *((1000 + number, 4, 1, number) for number in range(3000))]
    size = len(directory(*pages))
    content = b"II*\0" + struct.pack("<I", 8)
    for number in range(60):
        own = [*PLAIN, *((1000 + tag, 4, 1, tag + number) for tag in range(3000))]
        content += directory(*own, following=8 + (number + 1) * size if number < 59 else 0)
    seen = inspected(content)
    assert seen.image_data["pages"] == 60
    assert len(dumps(seen.image_data)) < 10_000_000


def test_texts_that_regular_expressions_dread() -> None:
    for text in ("microscope" + " " * 200_000 + "x", "\n" * 250_000 + "microscope", "microscope=" * 20_000):
        inspected(tiff(noise(4, 4), description=text, metadata=None))
    content = EVERY_FORMAT["photo.jpg"]
    refusal(content[:-2] + b"\xff" * 1_000_000)


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '|O', 'fortran_order': False, 'shape': (2, 2)}",
        "{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (2, 2)}",
        "{'descr': '<U4', 'fortran_order': False, 'shape': (2, 2)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 2, 2)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (4,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (-2, 2)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999999, 2)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (True, 2)}",
        "{'descr': '|u1', 'shape': (2, 2)}",
        "__import__('os').system('false')",
        "-" * 9000 + "1",
        "(" * 9000,
        "{" * 300,
        "{}",
        "",
    ],
)
def test_hostile_arrays_are_refused(header: str) -> None:
    raw = header.encode()
    refusal(b"\x93NUMPY\1\0" + struct.pack("<H", len(raw)) + raw + bytes(4))


def test_an_array_must_be_as_long_as_it_says() -> None:
    content = npy(noise(20, 30))
    assert "truncated" in refusal(content[:-1])
    assert "1 bytes follow" in refusal(content + b"x")
    assert "at most 10000" in refusal(content[:6] + b"\2\0" + struct.pack("<I", 2**32 - 1) + content[12:])


# any bytes -------------------------------------------------------------------------------------------------

SEEDS = sorted(EVERY_FORMAT.items())


def survives(content: bytes, name: str) -> None:
    try:
        seen = inspect(io.BytesIO(content), name)
    except (BrokenPicture, NotAPicture) as refused:
        assert refused.args[0]  # noqa: PT017 - accepted or refused, both are fine
    else:
        text = dumps(seen.image_data)
        text.encode()
        assert "\\u0000" not in text


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_mutated_files_are_accepted_or_refused_but_never_crash(data: st.DataObject) -> None:
    name, content = data.draw(st.sampled_from(SEEDS))
    changed = bytearray(content)
    # tags and headers lie at the beginning or at the end
    edges = st.one_of(
        st.integers(0, min(400, len(content) - 1)),
        st.integers(max(0, len(content) - 400), len(content) - 1),
        st.integers(0, len(content) - 1),
    )
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(edges)
        piece = data.draw(st.one_of(st.binary(min_size=1, max_size=4), st.sampled_from([b"\xff" * 4, bytes(4), b"\1"])))
        changed[place : place + len(piece)] = piece
    cut = data.draw(st.one_of(st.none(), st.integers(0, len(changed))))
    survives(bytes(changed[:cut]), name)


@settings(max_examples=200, deadline=None)
@given(
    start=st.sampled_from([content[: 8 + step] for _, content in SEEDS for step in (0, 8, 30)]),
    rest=st.binary(max_size=300),
)
def test_any_bytes_after_a_real_beginning_never_crash(start: bytes, rest: bytes) -> None:
    survives(start + rest, "1")


def test_any_byte_of_a_directory_may_be_wrong() -> None:
    content = EVERY_FORMAT["deflate.tif"]
    first = struct.unpack_from("<I", content, 4)[0]
    for place in range(first, min(first + 180, len(content))):
        for value in (0, 1, 255):
            changed = bytearray(content)
            changed[place] = value
            survives(bytes(changed), "1.tif")
