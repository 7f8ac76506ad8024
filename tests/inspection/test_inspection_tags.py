"""The tags of a file: facts with a name of their own, and all other tags in full."""

from __future__ import annotations

import base64
import hashlib
import io
import struct
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image, PngImagePlugin, TiffImagePlugin

from datastore_db.json_codec import dumps

from .samples import exif_of, facts, noise, npy, saved, smooth, tags, tiff

# resolution ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "resolution"),
    [
        (saved("TIFF", dpi=(100, 100)), "100x100 dpi"),
        (saved("TIFF", dpi=(72.5, 300)), "72.5x300 dpi"),
        (tiff(noise(4, 4), resolution=(118.11, 50), resolutionunit="CENTIMETER"), "118.11x50 dpcm"),
        (tiff(noise(4, 4), resolution=(3, 3), resolutionunit="NONE"), None),
        (saved("TIFF"), None),
        (saved("PNG", dpi=(300, 300)), "300x300 dpi"),
        (saved("PNG", dpi=(72, 96)), "72x96 dpi"),
        (saved("PNG"), None),
        (saved("JPEG", dpi=(240, 240)), "240x240 dpi"),
        (saved("JPEG"), None),
        (saved("JPEG", exif=exif_of(base={282: 350.0, 283: 350.0, 296: 2})), "350x350 dpi"),
        (saved("BMP", dpi=(96, 96)), "96x96 dpi"),
        (saved("WEBP", exif=exif_of(base={282: 40.0, 283: 40.0, 296: 3})), "40x40 dpcm"),
    ],
)
def test_the_resolution_is_found(content: bytes, resolution: str | None) -> None:
    assert facts(content).get("resolution") == resolution


# dates -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "exif", "date"),
    [
        ({306: "2024:05:01 12:34:56"}, {}, "2024-05-01T12:34:56"),
        ({306: "2024:05:01 12:34:56"}, {36867: "2023:01:02 03:04:05"}, "2023-01-02T03:04:05"),
        ({}, {36867: "2023:01:02 03:04:05", 36881: "+02:00"}, "2023-01-02T03:04:05+02:00"),
        ({}, {36867: "2023:01:02 03:04:05", 36881: "   :  "}, "2023-01-02T03:04:05"),
        ({}, {36868: "2023-01-02T03:04:05Z"}, "2023-01-02T03:04:05Z"),
        ({306: "0000:00:00 00:00:00"}, {}, None),
        ({306: "2024:13:01 12:34:56"}, {}, None),
        ({306: "yesterday"}, {}, None),
        ({306: "2024:05:01 12:34:56"}, {36867: "    :  :     :  :  "}, "2024-05-01T12:34:56"),
    ],
)
def test_the_capture_date_is_found(base: dict[int, Any], exif: dict[int, Any], date: str | None) -> None:
    content = saved("JPEG", exif=exif_of(base=base, exif=exif))
    assert facts(content).get("capture_date") == date
    if base:
        assert tags(content)["exif"]["DateTime"] == base[306]


def test_the_creation_time_of_a_png_is_found() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Creation Time", "2024-05-02T10:05:00+0200")
    assert facts(saved("PNG", pnginfo=info))["capture_date"] == "2024-05-02T10:05:00+02:00"


# camera and microscope -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "model", "camera", "microscope"),
    [
        ("Canon", "Canon EOS 5D", "Canon EOS 5D", None),
        ("NIKON CORPORATION", "NIKON D90", "NIKON D90", None),
        ("Apple", "iPhone 12", "Apple iPhone 12", None),
        ("Olympus  ", None, "Olympus", None),
        (None, "DFC450", "DFC450", None),
        ("Leica Microsystems", "Leica S9i", "Leica S9i", "Leica S9i"),
        (
            "Carl Zeiss Microscopy",
            "Axiocam 208",
            "Carl Zeiss Microscopy Axiocam 208",
            "Carl Zeiss Microscopy Axiocam 208",
        ),
    ],
)
def test_the_camera_is_found(make: str | None, model: str | None, camera: str, microscope: str | None) -> None:
    base = {tag: text for tag, text in ((271, make), (272, model)) if text}
    ifd = TiffImagePlugin.ImageFileDirectory_v2()
    for tag, text in base.items():
        ifd[tag] = text
    for content in (saved("JPEG", exif=exif_of(base=base)), saved("TIFF", tiffinfo=ifd)):
        found = facts(content)
        assert found["camera"] == camera
        assert found.get("microscope") == microscope


@pytest.mark.parametrize(
    "content",
    [
        tiff(noise(4, 4), description="Software: LAS\nMicroscope: Leica M205\nZoom: 3", metadata=None),
        tiff(noise(4, 4), description='{"Zoom": 3, "microscope_name": "Leica M205"}', metadata=None),
        tiff(noise(4, 4), imagej=True, metadata={"Info": "a = b\nMicroscope = Leica M205\n"}),
        tiff(noise(4, 4), extratags=[(51123, 2, 0, '{"Camera": "x", "Microscope": "Leica M205"}', True)]),
    ],
)
def test_a_microscope_that_a_program_names_is_found(content: bytes) -> None:
    assert facts(content)["microscope"] == "Leica M205"


# OME and ImageJ --------------------------------------------------------------------------------------------

OME = """<?xml version="1.0" encoding="UTF-8"?>{doctype}
<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Instrument ID="Instrument:0">
<Microscope Manufacturer="Zeiss" Model="Axio Zoom.V16"/>
<Detector ID="Detector:0" Manufacturer="Zeiss" Model="Axiocam 506"/>
<Objective ID="Objective:0" Model="PlanNeoFluar Z 1.0x" NominalMagnification="1.0"/></Instrument>
<Image ID="Image:0" Name="seeds"><AcquisitionDate>2024-05-01T10:00:00.250Z</AcquisitionDate>
<Pixels ID="Pixels:0" SizeX="4" SizeY="4" PhysicalSizeX="0.250" PhysicalSizeXUnit="µm" PhysicalSizeY="0.3"/></Image>
<Image ID="Image:1" Name="label"><AcquisitionDate>1999-01-01T00:00:00</AcquisitionDate></Image></OME>"""


def ome(text: str) -> bytes:
    return tiff(noise(4, 4), description=text.encode(), metadata=None)


def test_ome_xml_gives_facts_and_is_kept_whole() -> None:
    content = ome(OME.format(doctype=""))
    found = facts(content)
    assert found["microscope"] == "Zeiss Axio Zoom.V16"
    assert found["camera"] == "Zeiss Axiocam 506"
    assert found["capture_date"] == "2024-05-01T10:00:00.250Z"
    assert found["pixel_size"] == {"x": Decimal("0.250"), "y": Decimal("0.3"), "unit": "µm"}
    kept = tags(content)
    assert kept["tiff"]["ImageDescription"] == OME.format(doctype="")
    assert kept["ome"]["objectives"][0]["Model"] == "PlanNeoFluar Z 1.0x"
    assert kept["ome"]["images"] == 2


@pytest.mark.parametrize(
    "text",
    [
        OME.format(doctype='<!DOCTYPE a [<!ENTITY b "boo"><!ENTITY c "&b;&b;&b;&b;">]>').replace("seeds", "&c;"),
        OME.format(doctype='<!DOCTYPE a SYSTEM "file:///etc/hostname">'),
        OME.format(doctype="")[:-30],
        "<OME>" * 1000 + "</OME>" * 1000,
        '<?xml version="1.0" encoding="no-such"?><OME',
    ],
)
def test_ome_xml_that_is_hostile_or_broken_is_kept_as_text_only(text: str) -> None:
    kept = tags(ome(text))
    assert "ome" not in kept
    assert kept["tiff"]["ImageDescription"] == text


@pytest.mark.parametrize("order", ["<", ">"])
def test_imagejs_description_and_metadata_are_read(order: Any) -> None:
    content = tiff(
        noise(2, 30, 40),
        imagej=True,
        byteorder=order,
        resolution=(0.5, 0.25),
        metadata={
            "axes": "ZYX", "unit": "\\u00B5m", "spacing": 1.5, "min": 0.0,
            "Info": "Préparation = dry", "Labels": ["a", "b"], "Ranges": (0.0, 255.0),
            "LUTs": [np.zeros((3, 256), "u1")],
        },
    )  # fmt: skip
    assert facts(content)["pixel_size"] == {"x": 2, "y": 4, "z": Decimal("1.5"), "unit": "µm"}
    kept = tags(content)
    found = kept["imagej"]
    assert (found["images"], found["hyperstack"], found["spacing"]) == (2, True, Decimal("1.5"))
    assert found["info"] == "Préparation = dry"
    assert found["labels"] == ["a", "b"]
    assert found["ranges"] == [0, 255]
    assert base64.b64decode(found["luts"][0]["base64"]) == bytes(768)
    assert not any("50839" in name or "Meta" in name for name in kept["tiff"])
    assert kept["tiff"]["ImageDescription"].startswith("ImageJ=")


def test_imagej_metadata_that_does_not_parse_stays_among_the_tags() -> None:
    content = tiff(
        noise(4, 4), extratags=[(50838, 4, 2, (12, 99), True), (50839, 1, 12, b"IJIJxxxx\0\0\0\1", True)], metadata=None
    )
    kept = tags(content)
    assert "imagej" not in kept
    assert any("base64" in value for value in kept["tiff"].values() if isinstance(value, dict))


# everything else -------------------------------------------------------------------------------------------


def test_every_exif_tag_is_kept_by_name_or_number() -> None:
    exif = exif_of(
        base={270: "Grüße".encode().decode("latin-1"), 274: 6, 315: "A. Analyst", 50000: 7},
        exif={33434: (1, 60), 34855: 400, 37500: b"\1\2secret", 37510: b"ASCII\0\0\0a note\0", 36864: b"0232"},
        gps={1: "N", 2: (45.0, 30.0, 10.25), 6: 12.5},
    )
    kept = tags(saved("JPEG", exif=exif))
    assert kept["exif"]["Orientation"] == 6
    assert kept["exif"]["Artist"] == "A. Analyst"
    assert kept["exif"]["50000"] == 7
    assert kept["exif"]["ISOSpeedRatings"] == 400
    assert kept["exif"]["MakerNote"] == {"base64": base64.b64encode(b"\1\2secret").decode()}
    assert kept["exif"]["UserComment"] == "a note"
    assert kept["exif"]["ExifVersion"] == "0232"
    assert kept["gps"] == {
        "GPSLatitudeRef": "N",
        "GPSLatitude": [45, 30, Decimal("10.25")],
        "GPSAltitude": Decimal("12.5"),
    }


def test_width_and_height_are_of_the_stored_pixels() -> None:
    found = facts(saved("JPEG", exif=exif_of(base={274: 6})))
    assert (found["width"], found["height"]) == (80, 60)


def with_tags(*extra: tuple[int, int, int, Any, bool]) -> dict[str, Any]:
    kept = tags(tiff(noise(4, 4), extratags=list(extra), metadata=None))["tiff"]
    assert isinstance(kept, dict)
    dumps(kept)
    return kept


def test_values_are_such_as_jsonb_takes() -> None:
    kept = with_tags(
        (65000, 12, 4, (0.1, float("nan"), float("inf"), 1.7976931348623157e308), True),
        (65001, 11, 1, 0.1, True),
        (65002, 5, 2, (1, 3, 0, 0), True),
        (65003, 2, 0, b"a\0b\0", True),
        (65004, 7, 3, b"\0\1\2", True),
        (65005, 2, 0, b"caf\xe9\0", True),
        (65006, 10, 1, (-1, 2), True),
        (65007, 9, 1, -5, True),
        (700, 1, 7, b"<x:xmp>", True),
        (65008, 12, 1, 5e-324, True),
        (65009, 3, 3, (1, 2, 3), True),
    )
    assert kept["65000"] == [Decimal("0.1"), None, None, "1.7976931348623157e+308"]
    assert kept["65001"] == Decimal("0.1")
    assert kept["65002"] == [Decimal("0.3333333333333333333333333333"), None]
    assert kept["65003"] == ["a", "b"]
    assert kept["65004"] == {"base64": "AAEC"}
    assert kept["65005"] == "café"
    assert kept["65006"] == Decimal("-0.5")
    assert kept["65007"] == -5
    assert kept["XMP"] == "<x:xmp>"
    assert kept["65008"] == "5e-324"
    assert kept["65009"] == [1, 2, 3]


def test_a_large_value_is_kept_as_its_digest() -> None:
    large = b"x" * 300_000
    kept = with_tags((65000, 7, len(large), large, True), (65001, 7, 1000, b"y" * 1000, True))
    assert kept["65000"] == {"size": 300_000, "sha256": hashlib.sha256(large).hexdigest()}
    assert "base64" in kept["65001"]


def test_offsets_are_left_out() -> None:
    kept = tags(tiff(noise(64, 64), tile=(16, 16)))["tiff"]
    assert "TileOffsets" not in kept
    assert "TileByteCounts" not in kept
    assert kept["TileWidth"] == 16


def test_pages_have_only_tags_that_differ_from_the_first() -> None:
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        for number in range(3):
            writer.write(noise(8, 8), description=f"page {number}", contiguous=False, metadata=None)
    kept = tags(file.getvalue())
    assert kept["tiff"]["ImageDescription"] == "page 0"
    assert {page: found["ImageDescription"] for page, found in kept["tiff_pages"].items()} == {
        "2": "page 1",
        "3": "page 2",
    }
    assert all("ImageWidth" not in found for found in kept["tiff_pages"].values())


def test_sub_directories_are_read() -> None:
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        writer.write(noise(32, 32), subifds=1, metadata=None)
        writer.write(noise(16, 16), subfiletype=1, metadata=None)
    kept = tags(file.getvalue())
    assert kept["tiff_sub_ifds"][0]["ImageWidth"] == 16
    assert "SubIFDs" not in kept["tiff"]


def test_texts_and_chunks_of_png_are_read() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", "A. Analyst")
    info.add_text("Comment", "long " * 500, zip=True)
    info.add_itxt("Title", "Überblick", zip=True)
    info.add_text("Twice", "one")
    info.add_text("Twice", "two")
    info.add(b"vpAg", b"\0\1\2")
    kept = tags(saved("PNG", pnginfo=info, exif=exif_of(base={315: "A. Analyst"})))
    assert kept["png"]["Author"] == "A. Analyst"
    assert kept["png"]["Comment"] == "long " * 500
    assert kept["png"]["Title"] == "Überblick"
    assert kept["png"]["Twice"] == ["one", "two"]
    assert kept["png"]["vpAg"] == {"base64": "AAEC"}
    assert kept["exif"] == {"Artist": "A. Analyst"}


def test_segments_of_jpeg_are_read() -> None:
    kept = tags(saved("JPEG", comment="counted by hand", icc_profile=b"profile" * 20_000, xmp=b"<x:xmpmeta/>"))["jpeg"]
    assert kept["comment"] == "counted by hand"
    assert base64.b64decode(kept["icc_profile"]["base64"]) == b"profile" * 20_000
    assert kept["xmp"] == "<x:xmpmeta/>"


def test_gif_webp_bmp_and_arrays_have_their_tags() -> None:
    assert tags(saved("GIF", smooth()[..., 0], comment="hello"))["gif"]["comment"] == "hello"
    assert tags(saved("WEBP", xmp=b"<x:xmpmeta/>"))["webp"]["xmp"] == "<x:xmpmeta/>"
    assert tags(saved("BMP"))["bmp"]["bits_per_pixel"] == 24
    found = tags(npy(noise(4, 5, dtype="uint16")))["npy"]
    assert (found["dtype"], found["shape"]) == ("<u2", [4, 5])


def test_exif_that_does_not_parse_is_kept_raw_and_the_picture_is_fine() -> None:
    content = saved("JPEG", exif=b"Exif\0\0" + b"no EXIF at all")
    assert tags(content)["exif"] == {"base64": base64.b64encode(b"no EXIF at all").decode()}
    dangling = b"Exif\0\0II*\0\x08\0\0\0\x01\0" + struct.pack("<HHII", 34665, 4, 1, 60_000)
    assert facts(saved("JPEG", exif=dangling))["width"] == 80


def test_a_lone_surrogate_and_a_nul_inside_a_text_are_replaced() -> None:
    info = io.BytesIO()
    xp_title = Image.Exif()
    xp_title[40091] = "a".encode("utf-16-le") + b"\0\xd8" + "\0b\0".encode("utf-16-le")
    Image.fromarray(smooth()).save(info, "JPEG", exif=xp_title)
    assert tags(info.getvalue())["exif"]["XPTitle"] == "a\ufffd\ufffdb"
