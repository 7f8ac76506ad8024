"""Errors of a folder are reported by file and line or key, and the rest of the folder is uploaded."""

from __future__ import annotations

import json
import os
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from datastore_db.aio import User
from tests.support.commands import Done, run
from tests.support.pictures import picture, write_folder


def png_of_size(width: int, height: int) -> bytes:
    """A PNG that says it is that large, and holds a few bytes: a decompression bomb's head."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + pixels + chunk(b"IEND", b"")


# The folder's content beside a good picture, the place of the error, and its message.
MISTAKES: dict[str, tuple[dict[str, bytes | str], str, str]] = {
    "YAML that does not parse": (
        {"bad.tiff": picture(1), "bad.yaml": "seed: [\nuserData: {}\n"},
        "bad.yaml:2",
        "",
    ),
    "a tab in YAML": ({"bad.tiff": picture(1), "bad.yaml": "userData:\n\tzoom: 1\n"}, "bad.yaml:2", ""),
    "a key twice": ({"bad.tiff": picture(1), "bad.yaml": "seed: a\nseed: b\n"}, "bad.yaml:2", "seed"),
    "JSON that does not parse": ({"bad.tiff": picture(1), "bad.json": '{"seed": }'}, "bad.json:1", ""),
    "a wrong type": (
        {"bad.tiff": picture(1), "bad.yaml": "seed: x\nuserData:\n  zoom: thirty\n"},
        "bad.yaml:3: userData/zoom",
        "expected a number",
    ),
    "a wrong email address": (
        {"bad.tiff": picture(1), "bad.yaml": "clientData:\n  clientEmail: ana\n"},
        "bad.yaml:2: clientData/clientEmail",
        "ana@example.org",
    ),
    "a key in both spellings": (
        {"bad.tiff": picture(1), "bad.yaml": "userData: {}\nuser_data: {}\n"},
        "bad.yaml:2",
        "user",
    ),
    "an empty file": ({"bad.tiff": b""}, "bad.tiff", "empty"),
    "a truncated TIFF": ({"bad.tiff": picture(1)[:-100]}, "bad.tiff", "truncated"),
    "a text file named .tiff": ({"bad.tiff": "some text"}, "bad.tiff", "TIFF"),
    "a PNG named .tiff": ({"bad.tiff": picture(1, "PNG")}, "bad.tiff", "PNG"),
    "0 x 0": ({"bad.png": png_of_size(0, 0)}, "bad.png", "0"),
    "absurd size": ({"bad.png": png_of_size(2**31 - 1, 2**31 - 1)}, "bad.png", "pixels"),
    "a bomb": ({"bad.png": png_of_size(50_000, 50_000)}, "bad.png", "pixels"),
    "a name with a newline": ({"ba\nd.tiff": picture(1)}, "ba\\nd.tiff", ""),
    "an index that is wrong": (
        {"set/index.yaml": "clientData: 5\n", "set/1.tiff": picture(1), "set/2.tiff": picture(2)},
        "set/index.yaml:1: clientData",
        "expected an object",
    ),
}


def upload(environment: dict[str, str], folder: Path) -> Done:
    return run(environment, "upload", folder, "--user", "ana@example.org")


@pytest.mark.parametrize("mistake", MISTAKES)
def test_an_error_is_reported_and_the_rest_is_uploaded(
    mistake: str, ana: User, environment: dict[str, str], tmp_path: Path
) -> None:
    files, place, message = MISTAKES[mistake]
    folder = write_folder(tmp_path / "lot", {"good/1.tiff": picture(7), **files})
    done = upload(environment, folder)
    assert done.status == 1
    lines = [line.strip() for line in done.err.splitlines() if line.strip().startswith(place)]
    assert len(lines) == 1, done.err
    assert message in lines[0]
    assert "1 uploaded" in done.out


def test_names_with_spaces_and_unicode_are_accepted(ana: User, environment: dict[str, str], tmp_path: Path) -> None:
    names = ["a b.tiff", "çedille é.tiff", "日本語.tiff", "a'b\"c;d.tiff", "%41.tiff", "a..b.tiff", "-x.tiff"]
    folder = write_folder(tmp_path / "lot é", {name: picture(n) for n, name in enumerate(names)})
    done = upload(environment, folder)
    assert done.status == 0, done.err
    listed = json.loads(run(environment, "ls", "--user", "ana@example.org", "--json").out)[1]["pictures"]
    assert {one["name"] for one in listed} == set(names)
    assert "unchanged" in upload(environment, folder).out


def test_links_that_leave_the_folder_are_refused(ana: User, environment: dict[str, str], tmp_path: Path) -> None:
    secret = tmp_path / "secret.tiff"
    secret.write_bytes(picture(1))
    folder = write_folder(tmp_path / "lot", {"good.tiff": picture(2)})
    (folder / "link.tiff").symlink_to(secret)
    (folder / "inside.tiff").symlink_to("good.tiff")
    done = upload(environment, folder)
    assert done.status == 1
    assert "link.tiff" in done.err
    assert "2 uploaded" in done.out


def test_dots_in_a_zip_are_refused(ana: User, environment: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "lot.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("../../out.tiff", "/abs.tiff", "lot/good.tiff"):
            archive.writestr(name, picture(len(name)))
    done = upload(environment, path)
    assert done.status == 1
    assert "out.tiff" in done.err
    assert "1 uploaded" in done.out


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file; tests/folder covers it for root")
def test_an_unreadable_file_is_reported(ana: User, environment: dict[str, str], tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "lot", {"good.tiff": picture(1), "bad.tiff": picture(2)})
    (folder / "bad.tiff").chmod(0)
    done = upload(environment, folder)
    assert done.status == 1
    assert "bad.tiff" in done.err
    assert "1 uploaded" in done.out


def test_an_empty_folder_is_an_error(ana: User, environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "nothing in it" in _fails(upload(environment, tmp_path / "empty"))
    assert "not-there" in _fails(upload(environment, tmp_path / "not-there"))
    text = write_folder(tmp_path, {"file.txt": "x"}) / "file.txt"
    assert "file.txt" in _fails(upload(environment, text))


def test_a_folder_without_pictures_is_an_error(ana: User, environment: dict[str, str], tmp_path: Path) -> None:
    done = upload(environment, write_folder(tmp_path / "lot", {"notes.txt": "x"}))
    assert done.status == 1
    assert "no picture" in done.err
    assert "notes.txt" in done.out


def test_an_unknown_user_is_an_error(ana: User, environment: dict[str, str], tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "lot", {"1.tiff": picture(1)})
    done = run(environment, "upload", folder, "--user", "eve@example.org")
    assert "eve@example.org" in _fails(done)
    assert "--user" in _fails(run(environment, "upload", folder))


def _fails(done: Done) -> str:
    assert done.status == 2
    assert len(done.err.strip().splitlines()) == 1, done.err
    return done.err


SECRET = "dont-tell-me"


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://ana:{SECRET}@127.0.0.1:1/pictures",
        f"postgresql://ana:{SECRET}@no-such-host.invalid/pictures",
        f"host=127.0.0.1 port=1 dbname=pictures password={SECRET}",
        f"postgresql://ana:{SECRET}@127.0.0.1:port/pictures",
    ],
)
@pytest.mark.parametrize("command", [["ls"], ["register", "eve@example.org"], ["migrate"]])
def test_the_error_names_an_unreachable_database(url: str, command: list[str], environment: dict[str, str]) -> None:
    done = run(environment | {"DATASTORE_DB_URL": url}, *command)
    message = _fails(done)
    assert "database" in message
    assert "DATASTORE_DB_URL" in message
    assert SECRET not in done.err + done.out


def test_the_error_names_an_unreachable_storage(ana: User, environment: dict[str, str], tmp_path: Path) -> None:
    key = "c2VjcmV0LWtleS1zZWNyZXQta2V5"
    storage = f"DefaultEndpointsProtocol=http;AccountName=x;AccountKey={key};BlobEndpoint=http://127.0.0.1:1/x"
    folder = write_folder(tmp_path / "lot", {"1.tiff": picture(1)})
    done = run(
        environment | {"DATASTORE_STORAGE_CONNECTION_STRING": storage}, "upload", folder, "--user", "ana@example.org"
    )
    message = _fails(done)
    assert "storage http://127.0.0.1:1/x" in message
    assert "DATASTORE_STORAGE_CONNECTION_STRING" in message
    assert key not in done.err + done.out
    nonsense = run(
        environment | {"DATASTORE_STORAGE_CONNECTION_STRING": f"AccountKey={key}"},
        "upload",
        folder,
        "--user",
        "ana@example.org",
    )
    assert "DATASTORE_STORAGE_CONNECTION_STRING" in _fails(nonsense)
    assert key not in nonsense.err + nonsense.out
    wrong_key = environment["DATASTORE_STORAGE_CONNECTION_STRING"].replace("AccountKey=", "AccountKey=AAAA")
    refused = run(environment | {"DATASTORE_STORAGE_CONNECTION_STRING": wrong_key}, "register", "eve@example.org")
    assert "refuses the account key" in _fails(refused)


def test_the_error_names_a_database_that_was_not_migrated(environment: dict[str, str], empty_database: str) -> None:
    done = run(environment | {"DATASTORE_DB_URL": empty_database}, "ls")
    assert "datastore-db migrate" in _fails(done)
