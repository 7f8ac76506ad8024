"""Figures on the command line, as tables and plots."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from click.testing import CliRunner
from PIL import Image

from datastore_db.cli.main import group
from tests.evaluation.figures import Example
from tests.support.commands import run


def test_the_command_prints_tables(judged: Example, environment: dict[str, str]) -> None:
    done = run(environment, "evaluation")
    assert done.status == 0, done.err
    lines = [line.split() for line in done.out.splitlines()]
    name = ["two", "steps:", "detector", "1,", "classifier", "A", "3"]
    assert [*name, "2", *["0.500"] * 4, "0.250", "0.500", "0.333", "0.350"] in lines
    assert [*name, "2", "0", "1", "1.000", "0.667", "0.800"] in lines
    assert ["3", "verified", "boxes.", "Left", "out:"] in lines
    assert "2 boxes without a verdict" in done.out

    printed = json.loads(run(environment, "evaluation", "--json").out)
    assert printed == json.loads(json.dumps(judged.call("rebuild_evaluation"), default=float))
    none = run(environment, "evaluation", "--until", "2000-01-01")
    assert none.out == "0 verified boxes. Left out:\n  2 boxes without a verdict\n"


def test_each_subject_prints_its_tables(judged: Example, environment: dict[str, str]) -> None:
    expected = {
        "seeds": "Lolium temulentum",
        "confusion": "</script><b>Avena",
        "calibration": "0.900",
        "time": "0.500",
        "corrections": "-01  3         1          1          0           1      0",
        "experts": "unknown",
        "training": "Ambrosia trifida",
        "review": "Bromus japonicus",
    }
    runner = CliRunner(env=environment)
    for question, answer in expected.items():
        done = runner.invoke(group, ["evaluation", "--question", question])
        assert done.exit_code == 0, done.output
        assert answer in done.output, question
    done = runner.invoke(group, ["evaluation", "--question", "review", "--json"])
    assert json.loads(done.stdout)["looked_at"] == 1


def test_plots_are_drawn(judged: Example, environment: dict[str, str], tmp_path: Path) -> None:
    png, page = tmp_path / "figures.png", tmp_path / "figures.HTML"
    done = run(environment, "evaluation", "--plot", png)
    assert (done.status, done.out) == (0, f"drawn into {png}\n"), done.err
    with Image.open(png) as picture:
        assert picture.format == "PNG"
        assert min(picture.size) > 400
    assert run(environment, "evaluation", "--plot", page).status == 0
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"<[^>]*(src|href)\s*=\s*[\"']?(https?:)?//", text), "it loads something"
    assert "two steps: detector 1, classifier A 3" in text
    assert "</script><b>" not in text


def test_a_plot_that_cannot_be_made_is_an_error(judged: Example, environment: dict[str, str], tmp_path: Path) -> None:
    pdf = run(environment, "evaluation", "--plot", tmp_path / "figures.pdf")
    assert (pdf.status, pdf.err) == (2, f"datastore-db: {tmp_path}/figures.pdf: a plot is a .png or an .html file\n")
    nowhere = run(environment, "evaluation", "--plot", tmp_path / "none" / "figures.png")
    assert "there is no such folder" in nowhere.err
    empty = run(environment, "evaluation", "--until", "2000-01-01", "--plot", tmp_path / "figures.png")
    assert "nothing to plot" in empty.err

    # As it is where the extra was not installed
    (tmp_path / "altair.py").write_text("raise ImportError")
    path = os.pathsep.join([str(tmp_path), *os.environ.get("PYTHONPATH", "").split(os.pathsep)])
    with_path = environment | {"PYTHONPATH": path}
    without = run(with_path, "evaluation", "--plot", tmp_path / "figures.png", in_a_process=True)
    assert (without.status, "pip install 'datastore-db[plots]'" in without.err) == (2, True)
    assert not list(tmp_path.glob("*.p[nd]*"))
