"""Uploading folders, against a bare loop on the same storage; and how it grows."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

from azure.storage.blob import ContentSettings
from azure.storage.blob.aio import BlobServiceClient
from PIL import Image

from benchmarks.figures import Figure, Scale, alternately
from datastore_db import Store, connect
from datastore_db.local import LocalStack
from datastore_db.storage.blobs import BLOCK_SIZE, SINGLE_PUT_SIZE
from datastore_db.upload.batch import CONCURRENT_UPLOADS

PICTURES = 1000
MANY = 10_000
FOLDERS = 100


def measure(stack: LocalStack, scale: Scale) -> list[Figure]:
    """1,000 pictures of 100 KB; one into a full container; the memory that 10,000 take."""
    with tempfile.TemporaryDirectory(prefix="datastore-db-pictures-") as folder:
        counts = scale.size(PICTURES, 5), scale.size(MANY, 20)
        some = _pictures(Path(folder) / "some", counts[0], counts[0])
        many = _pictures(Path(folder) / "many", counts[1], min(counts[1], FOLDERS))
        one = _pictures(Path(folder) / "one", 1, 1)
        return [_against_bare_loop(stack, some, scale), *_growth(stack, (some, many, one), counts, scale)]


def _pictures(root: Path, count: int, different: int) -> Path:
    """A folder of real TIFFs of 100 KB in a hundred directories at most; the same file may lie under many paths."""
    width = height = 184
    for n in range(count):
        path = root / f"s{n % min(FOLDERS, max(count // 100, 1))}" / f"{n}.tiff"
        path.parent.mkdir(parents=True, exist_ok=True)
        if n < different:
            image = Image.frombytes("RGB", (width, height), random.Random(n).randbytes(width * height * 3))
            image.save(path, dpi=(100, 100), description=f"picture {n}")
            if n == 0:
                (root / "index.yaml").write_text("seed: Lolium temulentum\nuserData: {zoom: 30}\n")
        else:
            os.link(root / f"s{n % different % min(FOLDERS, max(count // 100, 1))}" / f"{n % different}.tiff", path)
    return root


def _against_bare_loop(stack: LocalStack, folder: Path, scale: Scale) -> Figure:
    paths = sorted(folder.rglob("*.tiff"))
    with connect(stack.database_url, stack.storage_connection_string) as store:

        def ours() -> None:
            report = store.upload_folder(folder, user_id=_new_user(store))
            if not report.complete:
                raise RuntimeError(f"not everything was uploaded: {report.problems[:3]}")

        def bare() -> None:
            asyncio.run(_bare_loop(stack.storage_connection_string, paths))

        our_seconds, bare_seconds = alternately(scale.rounds(5), ours, bare)
    return Figure(
        f"uploading {len(paths):,} pictures of 100 KB",
        "a bare concurrent loop",
        our_seconds / bare_seconds,
        1.3,
        f"{our_seconds:.2f} s, {bare_seconds:.2f} s",
    )


async def _bare_loop(connection_string: str, paths: list[Path]) -> None:
    """Reads, hashes and opens each picture, and uploads it with the same headers and concurrency."""
    container = f"bare-{uuid.uuid4()}"
    waiting = iter(paths)
    async with BlobServiceClient.from_connection_string(
        connection_string, max_single_put_size=SINGLE_PUT_SIZE, max_block_size=BLOCK_SIZE
    ) as service:
        await service.create_container(container)

        async def work() -> None:
            for path in waiting:
                content = path.read_bytes()
                hashlib.sha256(content).hexdigest()
                md5 = hashlib.md5(content, usedforsecurity=False).digest()
                Image.open(io.BytesIO(content)).close()
                await service.get_blob_client(container, f"{uuid.uuid4()}/{uuid.uuid4()}.tiff").upload_blob(
                    content,
                    overwrite=True,
                    validate_content=True,
                    content_settings=ContentSettings(content_type="image/tiff", content_md5=bytearray(md5)),
                )

        async with asyncio.TaskGroup() as group:
            for _ in range(CONCURRENT_UPLOADS):
                group.create_task(work())


def _growth(stack: LocalStack, folders: tuple[Path, Path, Path], counts: tuple[int, int], scale: Scale) -> list[Figure]:
    some, many, one = folders
    small, _ = _upload_in_a_process(stack, some)
    large, full_user = _upload_in_a_process(stack, many)
    what = f"peak memory, {counts[1]:,} pictures of 100 KB"
    memory = Figure(
        what,
        f"{counts[0]:,} pictures",
        large / small,
        1.2,
        f"{large:.0f} MB, {small:.0f} MB",
    )
    absolute = Figure(what, "200 MB", large / 200, 1, f"{large:.0f} MB")

    with connect(stack.database_url, stack.storage_connection_string) as store:
        names = iter(range(1_000_000))

        def upload_into(user_id: str) -> None:
            # The same bytes under another folder's name: a new picture each time.
            store.upload_folder(one, name=f"one-{next(names)}", user_id=user_id)

        empty_user = _new_user(store)
        upload_into(empty_user)
        upload_into(full_user)
        full, empty = alternately(scale.rounds(25), lambda: upload_into(full_user), lambda: upload_into(empty_user))
    grown = Figure(
        f"one upload into a container with {counts[1]:,} pictures",
        "into an empty container",
        full / empty,
        1.2,
        f"{full * 1000:.1f} ms, {empty * 1000:.1f} ms",
    )
    return [grown, memory, absolute]


def _new_user(store: Store) -> str:
    return store.register_user(f"{uuid.uuid4()}@example.org")["user_id"]


def _upload_in_a_process(stack: LocalStack, folder: Path) -> tuple[float, str]:
    """Upload in a process of its own; its peak memory in MB, and the user."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.upload", str(folder)],
        env=os.environ
        | {
            "DATASTORE_DB_URL": stack.database_url,
            "DATASTORE_STORAGE_CONNECTION_STRING": stack.storage_connection_string,
        },
        stdout=subprocess.PIPE,
        check=True,
    )
    answer = json.loads(done.stdout)
    return answer["megabytes"], answer["user_id"]


def _main(folder: str) -> None:
    import resource

    with connect() as store:
        user_id = _new_user(store)
        report = store.upload_folder(folder, user_id=user_id)
        assert report.complete, report.problems[:3]
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"megabytes": kilobytes / 1024, "user_id": user_id}))


if __name__ == "__main__":
    _main(sys.argv[1])
