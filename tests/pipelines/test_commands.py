"""Pipelines on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import uuid4

import pytest

from datastore_db import Store
from tests.pipelines.documents import API_KEY, document, model, pipeline
from tests.support.calls import Call
from tests.support.commands import run


class TestCommands:
    def write(self, tmp_path: Path, content: object, name: str = "pipelines.json") -> Path:
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    def test_pipelines_are_loaded_listed_and_retired(
        self, environment: dict[str, str], tmp_path: Path, kek: str
    ) -> None:
        environment = environment | {"DATASTORE_KEK": kek}
        run(environment, "register", "ana@example.org")
        sent = document(
            pipeline("A", "m", "n", default=True),
            pipeline("B", "n"),
            model("m", api_key=API_KEY),
            model("n", version="2.1"),
        )
        file = self.write(tmp_path, sent)
        done = run(environment, "pipelines", "load", file)
        assert (done.status, "2 pipelines and 2 models" in done.out) == (0, True)
        loaded = json.loads(run(environment, "pipelines", "load", file, "--json").out)
        pipeline_id = loaded["pipelines"][1]["pipeline_id"]
        table = run(environment, "pipelines", "show").out.splitlines()
        assert table[1].split() == [loaded["pipelines"][0]["pipeline_id"], "A", "default", "m", "→", "n"]
        assert table[-1].split() == ["n", "2.1", "active", "Object", "detection"]
        assert run(environment, "pipelines", "choose", pipeline_id).status == 2
        user = ("--user", "ana@example.org")
        assert run(environment, "pipelines", "choose", pipeline_id, *user).status == 0
        shown = json.loads(run(environment, "pipelines", "show", "--json", *user).out)
        assert [one["pipeline_name"] for one in shown["pipelines"]] == ["B", "A"]
        assert run(environment, "pipelines", "choose", "--none", *user).status == 0
        assert run(environment, "pipelines", "retire", pipeline_id).out == "B is retired\n"
        assert len(json.loads(run(environment, "pipelines", "show", "--json").out)["pipelines"]) == 1
        assert "retired" in run(environment, "pipelines", "show", "--all").out
        assert (
            json.loads(run(environment, "pipelines", "retire", pipeline_id, "--back", "--json").out)["active"] is True
        )
        assert run(environment, "pipelines", "retire", str(uuid4())).status == 2

    def test_a_dba_imports_a_sealed_document(
        self, owner: Store, environment: dict[str, str], tmp_path: Path, kek: str, call: Call
    ) -> None:
        text = f"models:\n  - model_name: m\n    task: segmentation\n    api_key: {API_KEY}\n    Accuracy: 0.690\n"
        file = self.write(tmp_path, text, "pipelines.yaml")
        # Without a database that answers.
        offline = environment | {"DATASTORE_KEK": kek, "DATASTORE_DB_URL": "postgresql://localhost:1/x"}
        done = run(offline, "pipelines", "seal", file)
        assert (done.status, API_KEY in done.out, "0.690" in done.out) == (0, False, True)
        call("import_pipelines", json.loads(done.out))
        assert owner.endpoints()[0]["api_key"] == API_KEY

    def test_errors_name_file_line_and_path(self, environment: dict[str, str], tmp_path: Path) -> None:
        text = (
            "models:\n  - model_name: m\n    task: guessing\n  - model_name: n\n    task: segmentation\n    apiKey: x\n"
        )
        file = self.write(tmp_path, text, "pipelines.yaml")
        for command in ("load", "seal"):
            done = run(environment, "pipelines", command, file)
            assert (done.status, done.out) == (2, "")
            assert f"{file}:3: models/0/task: " in done.err
            assert f"{file}:6: models/1/apiKey: " in done.err
        unknown = self.write(tmp_path, document(pipeline("A", "x")))
        done = run(environment, "pipelines", "load", unknown)
        assert (done.status, "pipelines/0/models/0: expected a model" in done.err) == (2, True)
        assert "cannot be read" in run(environment, "pipelines", "load", tmp_path / "none.json").err
        broken = self.write(tmp_path, '{"models": [{"api_key": "' + API_KEY + '", }]}', "broken.json")
        done = run(environment, "pipelines", "load", broken)
        assert (done.status, f"{broken}:1: is not JSON" in done.err, API_KEY in done.err) == (2, True, False)

    def test_loading_secrets_needs_a_key(self, environment: dict[str, str], tmp_path: Path) -> None:
        file = self.write(tmp_path, document(model(api_key=API_KEY)))
        for command in ("load", "seal"):
            done = run(environment, "pipelines", command, file)
            assert (done.status, "datastore-db keys new" in done.err, API_KEY in done.err) == (2, True, False)

    def test_a_printed_key_is_valid(self, environment: dict[str, str], tmp_path: Path) -> None:
        key = run(environment, "keys", "new").out.strip()
        named = json.loads(run(environment, "keys", "new", "--id", "2024-05", "--json").out)
        assert named["kek"].startswith("2024-05:")
        file = self.write(tmp_path, document(model(api_key=API_KEY)))
        both = environment | {"DATASTORE_KEK": f"{named['kek']},{key}"}
        sealed = json.loads(run(both, "pipelines", "seal", file).out)
        assert sealed["models"][0]["api_key"]["kek_id"] == "2024-05"
        assert run(environment, "keys", "new", "--id", "no good").status == 2

    def test_species_are_listed(self, environment: dict[str, str]) -> None:
        lines = run(environment, "seeds").out.splitlines()
        assert (len(lines), lines[1].split()) == (16, ["Ambrosia", "artemisiifolia", "known"])
        assert len(json.loads(run(environment, "seeds", "--json").out)["seeds"]) == 15

    @pytest.mark.parametrize("command", [("pipelines", name) for name in ("load", "show", "seal", "choose", "retire")])
    def test_help_shows_an_example(self, command: tuple[str, str], environment: dict[str, str]) -> None:
        done = run(environment, *command, "--help")
        assert f"datastore-db {' '.join(command)}" in done.out.split("Example:")[1]
