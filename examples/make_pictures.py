"""Draws the pictures of `examples/barley-2024`: seeds on a light background, with the tags that cameras, ImageJ and
microscopes write. Running it again gives the same pictures. Needs NumPy, Pillow and tifffile.

    python examples/make_pictures.py
"""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tifffile
from PIL import Image, PngImagePlugin

Pixels = npt.NDArray[np.uint8]

WIDTH, HEIGHT = 320, 240
SOFTWARE = "examples/make_pictures.py"
EXIF_PLACE = 34664
BROME, DARNEL, RAGWEED = (176, 132, 74), (196, 160, 104), (112, 84, 60)

OME = """<?xml version="1.0" encoding="UTF-8"?>
<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" Creator="examples/make_pictures.py">
<Instrument ID="Instrument:0">
<Microscope Manufacturer="Leica Microsystems" Model="S9i" Type="Dissection"/>
<Detector ID="Detector:0" Manufacturer="Leica Microsystems" Model="S9i integrated, 10 MP" Type="CMOS"/>
<Objective ID="Objective:0" Manufacturer="Leica Microsystems" Model="Achromat 1x" NominalMagnification="1.0"/>
</Instrument>
<Image ID="Image:0" Name="darnel 2">
<AcquisitionDate>2024-05-02T09:31:07</AcquisitionDate>
<InstrumentRef ID="Instrument:0"/>
<Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint8" SizeX="320" SizeY="240" SizeC="3" SizeZ="1" SizeT="1"
 PhysicalSizeX="24.5" PhysicalSizeXUnit="µm" PhysicalSizeY="24.5" PhysicalSizeYUnit="µm">
<Channel ID="Channel:0:0" SamplesPerPixel="3"><DetectorSettings ID="Detector:0"/></Channel>
<TiffData IFD="0" PlaneCount="1"/>
</Pixels>
</Image>
</OME>
"""


def draw(number: int, colour: tuple[int, int, int], length: float, width: float, seed: int) -> Pixels:
    """That many seeds (at most ten), scattered."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    light = 244 - 14 * ((columns / WIDTH - 0.45) ** 2 + (rows / HEIGHT - 0.4) ** 2)
    picture = np.stack([light, light - 2, light - 8], axis=-1)
    across = 3 if number <= 6 else 4 if number <= 8 else 5
    down = -(-number // across)
    cells = random.permutation(across * down)[:number]
    for cell in cells:
        x = (cell % across + 0.5) * WIDTH / across + random.uniform(-6, 6)
        y = (cell // across + 0.5) * HEIGHT / down + random.uniform(-6, 6)
        _draw_seed(picture, columns - x, rows - y, colour, length, width, random)
    # few levels, so that the committed files stay small
    levels: Pixels = np.clip(picture, 0, 255).astype(np.uint8) // 4 * 4 + 2
    return levels


def _draw_seed(
    picture: npt.NDArray[np.float64],
    right: npt.NDArray[np.float64],
    down: npt.NDArray[np.float64],
    colour: tuple[int, int, int],
    length: float,
    width: float,
    random: np.random.Generator,
) -> None:
    angle, size, tone = random.uniform(0, np.pi), random.uniform(0.85, 1.0), random.uniform(0.9, 1.1)
    cos, sin = np.cos(angle), np.sin(angle)

    def body(shift: float) -> tuple[Any, Any, Any]:
        along = ((right - shift) * cos + (down - shift) * sin) / (length * size)
        across = (-(right - shift) * sin + (down - shift) * cos) / (width * size)
        across = across / np.clip(1 - 0.35 * along, 0.4, 2)  # one end is more pointed
        return along, across, along**2 + across**2

    _, _, shadow = body(4)
    picture *= 1 - 0.28 * np.clip(1.25 - shadow, 0, 1)[..., None]
    along, across, distance = body(0)
    inside = np.clip((1 - distance) * 6, 0, 1)[..., None]
    height = np.sqrt(np.clip(1 - distance, 0, 1))
    shade = 0.55 + 0.45 * height + 0.12 * np.cos(across * 14) * height
    shade = shade - 0.25 * np.exp(-((across / 0.08) ** 2)) * (np.abs(along) < 0.85)
    gloss = 50 * np.exp(-(((along + 0.2) / 0.35) ** 2) - ((across + 0.35) / 0.18) ** 2)
    surface = np.array(colour) * tone * shade[..., None] + gloss[..., None]
    picture[:] = picture * (1 - inside) + surface * inside


def with_exif(tiff: bytes, date: str, offset: str, exposure: tuple[int, int]) -> bytes:
    """The TIFF with an EXIF directory behind it. tifffile does not write the tag that points to one, so its file
    in its place becomes that tag."""
    texts = {36867: date.encode() + b"\0", 36881: offset.encode() + b"\0"}
    start = len(tiff) + len(tiff) % 2
    place = start + 2 + 12 * 4 + 4
    entries, values = b"", b""
    for tag, kind, count, value in (
        (33434, 5, 1, struct.pack("<II", *exposure)),
        (36864, 7, 4, b"0232"),
        (36867, 2, len(texts[36867]), texts[36867]),
        (36881, 2, len(texts[36881]), texts[36881]),
    ):
        if len(value) <= 4:
            entries += struct.pack("<HHI4s", tag, kind, count, value)
        else:
            entries += struct.pack("<HHII", tag, kind, count, place + len(values))
            values += value + b"\0" * (len(value) % 2)
    file = io.BytesIO(tiff + b"\0" * (len(tiff) % 2) + struct.pack("<H", 4) + entries + bytes(4) + values)
    with tifffile.TiffFile(file) as opened:
        file.seek(opened.pages.first.tags[EXIF_PLACE].offset)
    file.write(struct.pack("<HHII", 34665, 4, 1, start))
    return file.getvalue()


def camera_tiff(pixels: Pixels, date: str, *, rows_per_strip: int | None = None) -> bytes:
    """A file of the microscope's own camera."""
    file = io.BytesIO()
    tifffile.imwrite(
        file,
        pixels,
        photometric="rgb",
        byteorder="<",
        metadata=None,
        software=SOFTWARE,
        datetime=date,
        resolution=(100, 100),
        resolutionunit="INCH",
        extratags=[
            (271, 2, 0, "Leica Microsystems", True),
            (272, 2, 0, "Leica S9i", True),
            (315, 2, 0, "A. Analyst", True),
            (EXIF_PLACE, 4, 1, 0, True),
        ],
        compression="zlib",
        predictor=True,
        rowsperstrip=rows_per_strip,
    )
    return with_exif(file.getvalue(), date, "+02:00", (1, 60))


def imagej_tiff(pixels: Pixels) -> bytes:
    """Three focal planes, as ImageJ saves a stack."""
    grey = pixels.mean(axis=-1)[0:120, 0:160]
    planes = np.stack([grey * factor for factor in (0.8, 0.9, 1.0)]).astype(np.uint8)
    file = io.BytesIO()
    tifffile.imwrite(
        file,
        planes,
        imagej=True,
        software=SOFTWARE,
        resolution=(0.0408, 0.0408),
        metadata={
            "axes": "ZYX",
            "unit": "um",
            "spacing": 150.0,
            "Info": "Microscope = Leica S9i\nObjective = 1x\nPreparation = dry, unwashed",
            "Labels": ["bottom", "middle", "top"],
        },
    )
    return file.getvalue()


def ome_tiff(pixels: Pixels) -> bytes:
    """An OME-TIFF as Bio-Formats exports it."""
    file = io.BytesIO()
    tifffile.imwrite(
        file,
        pixels,
        photometric="rgb",
        compression="zlib",
        predictor=True,
        metadata=None,
        software=SOFTWARE,
        description=OME.encode(),
    )
    return file.getvalue()


def png(pixels: Pixels) -> bytes:
    """An overview, exported for a report."""
    facts = PngImagePlugin.PngInfo()
    facts.add_text("Title", "Overview of the second session")
    facts.add_text("Software", SOFTWARE)
    facts.add_text("Creation Time", "2024-05-02T10:05:00+02:00")
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", dpi=(150, 150), pnginfo=facts, optimize=True)
    return file.getvalue()


def main() -> None:
    """Write all pictures."""
    root = Path(__file__).resolve().parent / "barley-2024" / "pictures"
    brome = [draw(number, BROME, 44, 15, seed) for number, seed in ((6, 11), (4, 12), (5, 13))]
    whole = camera_tiff(brome[2], "2024:05:01 14:12:40")
    pictures = {
        "session1/1.tiff": camera_tiff(brome[0], "2024:05:01 14:03:21"),
        "session1/2.tiff": camera_tiff(brome[1], "2024:05:01 14:07:55", rows_per_strip=60),
        "session1/3.tiff": whole[: len(whole) * 3 // 5],  # a copy that was interrupted
        "session2/darnel-1.tif": imagej_tiff(draw(7, DARNEL, 30, 14, 22)),
        "session2/darnel-2.ome.tif": ome_tiff(draw(8, DARNEL, 30, 14, 23)),
        "session2/overview.png": png(draw(9, RAGWEED, 26, 18, 24)),
    }
    for name, content in pictures.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


if __name__ == "__main__":
    main()
