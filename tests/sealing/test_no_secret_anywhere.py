"""No key, token or model API key is ever in a table, a log, an error or a statement in clear."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from datastore_db import DatastoreError, connect
from datastore_db.database.migrations import migrate
from datastore_db.json_codec import Json, JsonObject
from datastore_db.local import LocalStack
from datastore_db.sealing.key_ring import new_key
from tests.conftest import make_url
from tests.support.commands import run
from tests.support.pictures import picture
from tests.support.secrets_watch import SecretsWatch

API_KEY, ENDPOINT = f"api-{secrets.token_hex(16)}", f"https://{secrets.token_hex(8)}.example.org/score"


def pipelines(api_key: Json = API_KEY) -> JsonObject:
    return {
        "pipelines": [{"pipeline_name": "P", "models": ["m"]}],
        "models": [{"model_name": "m", "task": "classification", "api_key": api_key, "endpoint": ENDPOINT}],
    }


def test_code_that_handles_secrets_shows_none(
    stack: LocalStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a server that logs everything: upload, keys, links, models, refusals, and the same on the command line."""
    folder = tmp_path / "watched"
    folder.mkdir()
    watch = SecretsWatch(folder, stack.database_url, stack.postgres_bin / "pg_dump")
    name = f"watched_{os.getpid()}"
    with psycopg.connect(stack.database_url, autocommit=True) as server:
        server.execute(f"create database {name}".encode())
    url = make_url(stack.database_url, dbname=name)
    storage = stack.storage_connection_string
    first, second, stranger = new_key("first"), new_key("second"), new_key("stranger")
    account_key = storage.partition("AccountKey=")[2].partition(";")[0]
    watch.secrets |= {API_KEY, ENDPOINT, account_key, *(key.partition(":")[2] for key in (first, second, stranger))}
    log = stack.home / "log"
    try:
        watch.make_verbose(name)
        with watch.watching():
            migrate(url)
            monkeypatch.setenv("DATASTORE_KEK", first)
            with connect(url, storage) as store, connect(url, storage, as_role="owner") as owner:
                ana = store.register_user("ana@example.org")
                with store.acting_as(ana["user_id"]):
                    (stored,) = store.upload_pictures([(picture(1), {"user_data": {"zoom": 3}})])
                    assert store.read_picture(stored["picture_id"])[0] == picture(1)
                    link = store.link(stored["picture_id"])
                    watch.secrets.add(str(link["url"]).partition("sig=")[2].partition("&")[0])
                    issued = store.issue_key(ana["container_name"], permission="read", hours=1)
                    watch.secrets.add(str(issued["url"]).partition("sig=")[2].partition("&")[0])
                owner.import_pipelines(pipelines())
                assert str(owner.endpoints()[0]["api_key"]) == API_KEY
                assert API_KEY not in repr(owner.endpoints())
                monkeypatch.setenv("DATASTORE_KEK", f"{second},{first}")
            with connect(url, storage, as_role="worker") as store:
                store.rotate_keys()
                store.rotate_key_encryption_key()
                store.revoke_keys(container=ana["container_name"])
            # Refusals, whose messages show what was wrong
            monkeypatch.setenv("DATASTORE_KEK", stranger)
            with connect(url, storage, as_role="owner") as store:
                for refused in (
                    lambda: store.endpoints(),
                    lambda: store.import_pipelines(pipelines([API_KEY])),
                    lambda: store.import_pipelines(pipelines() | {"models": [{"model_name": "m", "apiKey": API_KEY}]}),
                    lambda: store.read_picture(stored["picture_id"], user_id=ana["user_id"]),
                ):
                    with pytest.raises(DatastoreError):
                        refused()
            broken = f"DefaultEndpointsProtocol=http;AccountKey={account_key}"
            with pytest.raises(DatastoreError), connect(url, broken) as store:
                store.register_user("bob@example.org")
            on_the_command_line(watch, url, storage, f"{second},{first}", str(stored["picture_id"]), tmp_path)
        watch.dump(url)
        logs = [path for path in log.iterdir() if path.is_file()]
        assert watch.size(*logs) > 1_000_000
        assert watch.found(*logs) == []
    finally:
        with psycopg.connect(stack.database_url, autocommit=True) as server:
            server.execute(f"drop database {conninfo_to_dict(url)['dbname']} with (force)".encode())


def on_the_command_line(watch: SecretsWatch, url: str, storage: str, kek: str, picture_id: str, tmp_path: Path) -> None:
    """`link` and `keys issue` print what was asked for on stdout, and nothing of it elsewhere."""
    environment = os.environ | {
        "DATASTORE_DB_URL": url,
        "DATASTORE_STORAGE_CONNECTION_STRING": storage,
        "DATASTORE_KEK": kek,
    }
    file = tmp_path / "pipelines.json"
    file.write_text(f'{{"models": [{{"model_name": "n", "task": "nonsense", "api_key": "{API_KEY}"}}]}}')
    as_ana = ("--user", "ana@example.org")
    commands: list[tuple[tuple[str | Path, ...], bool]] = [
        (("pipelines", "load", file), False),
        (("pipelines", "show", "--json"), False),
        (("keys", "ls", "--json"), False),
        (("keys", "rotate"), False),
        (("link", picture_id, *as_ana), True),
        (("keys", "issue", "ana@example.org", *as_ana), True),
        (("keys", "revoke", "--container", "nobody@example.org"), False),
    ]
    for arguments, is_asked_for in commands:
        done = run(environment, *arguments)
        watch.note(done.err)
        if not is_asked_for:
            watch.note(done.out)
    wrong = environment | {"DATASTORE_KEK": kek.replace(":", ":x")}
    watch.note(run(wrong, "keys", "rotate", "--kek").err)


def test_the_search_finds_a_planted_secret(stack: LocalStack, tmp_path: Path) -> None:
    watch = SecretsWatch(tmp_path, stack.database_url, stack.postgres_bin / "pg_dump")
    watch.secrets.add("known")
    with watch.watching():
        DatastoreError("this is known")
        watch.note("https://x.example.org/c?sv=2025&sig=Zm9vYmFyZm9vYmFyZm9vYmFy")
    assert len(watch.found()) == 2
