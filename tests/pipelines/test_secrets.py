"""Secrets of models: sealed in SQL, kept, taken away, and nowhere in clear."""

from __future__ import annotations

import json
import logging
import subprocess
import traceback
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from datastore_db import InvalidDocument, connect
from datastore_db.local import LocalStack
from tests.conftest import SERVER_URL
from tests.pipelines.documents import API_KEY, ENDPOINT, FULL, SEALED, UNSEALED, Json, document, model, pipeline
from tests.support.calls import Call
from tests.support.commands import run
from tests.support.errors import errors_of, refused
from tests.support.secrets_watch import WATCHED


class TestSecrets:
    def test_secrets_are_returned_sealed_and_only_on_request(self, call: Call) -> None:
        assert "ciphertext" not in json.dumps(call("import_pipelines", FULL))
        assert "ciphertext" not in json.dumps(call("rebuild_pipelines", False, True))
        detector, swin = call("rebuild_pipelines", True)["models"]
        assert (swin["api_key"], swin["endpoint"]) == (SEALED, SEALED)
        assert (detector["endpoint"], "api_key" in detector) == (None, False)
        assert call("rebuild_pipelines", with_keys=True)["models"] == [detector, swin]

    def test_an_absent_secret_is_kept_and_null_deletes_it(self, call: Call) -> None:
        call("import_pipelines", document(model(api_key=SEALED, endpoint=SEALED)))
        call("import_pipelines", document(model(endpoint=None)))
        (known,) = call("rebuild_pipelines", True)["models"]
        assert (known["api_key"], known["endpoint"]) == (SEALED, None)
        call("import_pipelines", document(model(version=2)))
        assert not {"api_key", "endpoint"} & call("rebuild_pipelines", True)["models"][0].keys()

    @pytest.mark.parametrize(("wrong", "path", "keyword"), UNSEALED)
    def test_an_unsealed_secret_is_refused(
        self, database: psycopg.Connection, call: Call, wrong: Json, path: str, keyword: str
    ) -> None:
        for text in (False, True):
            sent = json.dumps(document(wrong)) if text else document(wrong)
            with refused("DS400") as error:
                call("import_pipelines", sent)
            assert (path, keyword) in errors_of(error)
            diagnosis = error.value.diag
            parts = [getattr(diagnosis, name) for name in dir(diagnosis) if not name.startswith("_")]
            for secret in (API_KEY, ENDPOINT):
                assert secret not in repr(parts)
                assert secret not in str(error.value)
        assert database.execute("select count(*) from datastore.model").fetchone() == (0,)

    def test_a_text_that_is_no_json_shows_no_secret(self, call: Call) -> None:
        with refused("DS400") as error:
            call("import_pipelines", '{"models": [{"api_key": "' + API_KEY + '" "endpoint": 1}]}')
        diagnosis = error.value.diag
        assert API_KEY not in repr([getattr(diagnosis, name) for name in dir(diagnosis) if not name.startswith("_")])

    def test_a_failing_check_shows_no_secret(self, database: psycopg.Connection, call: Call) -> None:
        call("import_pipelines", FULL)
        columns = database.execute("""
            select table_name, column_name from information_schema.columns
            where table_schema = 'datastore' and table_name like '%model_secret%' and data_type = 'jsonb'
        """).fetchall()
        assert columns == []
        assert database.execute(
            "select count(*) from datastore.model_version where document::text like '%ciphertext%'"
        ).fetchone() == (0,)


class TestNoSecretAnywhere:
    @pytest.mark.skipif(WATCHED, reason="the whole run is searched then")
    def test_no_secret_anywhere(
        self,
        stack: LocalStack,
        server_url: str,
        database_url: str,
        database: psycopg.Connection,
        environment: dict[str, str],
        postgres_bin: Path,
        tmp_path: Path,
        kek: str,
        caplog: pytest.LogCaptureFixture,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        """Everything that is done with secrets, under a server that writes down all it can."""
        name = database.info.dbname
        for setting, value in {
            "log_statement": "all",
            "log_min_messages": "debug1",
            "log_min_error_statement": "debug1",
            "log_min_duration_statement": "0",
            "log_parameter_max_length": "-1",
            "log_parameter_max_length_on_error": "-1",
            "log_error_verbosity": "verbose",
            "debug_print_plan": "on",
        }.items():
            database.execute(
                sql.SQL("alter database {} set {} = {}").format(
                    sql.Identifier(name), sql.Identifier(setting), sql.Literal(value)
                )
            )
        caplog.set_level(logging.DEBUG)
        secrets = {API_KEY, ENDPOINT, kek.partition(":")[2]}
        texts: dict[str, str] = {}
        sent = document(pipeline(), model(api_key=API_KEY, endpoint=ENDPOINT))
        with connect(database_url, as_role="owner") as store:
            store.import_pipelines(sent)
            texts["answers"] = repr([store.pipelines(), store.endpoints(), store])
            for wrong in (
                document(pipeline("P", "nobody"), model(api_key=API_KEY)),
                document(model(api_key=[API_KEY])),
                document(model(api_key=API_KEY, task="guessing")),
                document(model(api_key=API_KEY, description="\0")),
                document(model(api_key=API_KEY + "\ud800")),
                document(model(api_key=API_KEY, version=0)),
                document(model(**{"API-Key": API_KEY})),
            ):
                with pytest.raises(InvalidDocument) as error:
                    store.import_pipelines(wrong)
                texts[f"error {len(texts)}"] = "".join(traceback.format_exception(error.value)) + repr(error.value)
            with psycopg.connect(server_url) as other:
                activity = other.execute("select query from pg_stat_activity where datname = %s", [name]).fetchall()
                texts["pg_stat_activity"] = repr(activity)
        file = tmp_path / "pipelines.json"
        file.write_text(json.dumps(sent))
        environment = environment | {"DATASTORE_KEK": kek}
        for command in (["load"], ["load", "--json"], ["seal"]):
            done = run(environment, "pipelines", *command, file)
            assert done.status == 0
            texts[" ".join(command)] = done.out + done.err
        texts["show"] = run(environment, "pipelines", "show", "--all", "--json").out
        texts["pg_dump"] = subprocess.run(
            [postgres_bin / "pg_dump", "--inserts", database_url], capture_output=True, text=True, check=True
        ).stdout
        assert "model_secret" in texts["pg_dump"]
        texts["Python's logs"] = caplog.text
        texts["stdout and stderr"] = "".join(capfd.readouterr())
        if SERVER_URL is None:
            texts["the server's log"] = (stack.home / "log" / "postgresql.log").read_text(errors="replace")
            assert "rebuild_pipelines" in texts["the server's log"]
        for where, text in texts.items():
            for secret in secrets:
                assert secret not in text, f"a secret is in {where}"

    @pytest.mark.skipif(SERVER_URL is not None, reason="the log of another server is not at hand")
    @pytest.mark.skipif(WATCHED, reason="the server logs everything then, what was sent by mistake as well")
    def test_sent_unsealed_by_a_parameter_it_is_not_in_the_log(
        self, stack: LocalStack, database: psycopg.Connection, call: Call
    ) -> None:
        secret = f"sk-{uuid4()}"
        for wrong in (document(model(api_key=secret)), document(model(apiKey=secret))):
            with refused("DS400"):
                call("import_pipelines", wrong)
        database.execute("do $$ begin raise warning 'after that'; end $$")
        log = (stack.home / "log" / "postgresql.log").read_text(errors="replace")
        assert "after that" in log
        assert "invalid pipelines document" in log
        assert secret not in log
