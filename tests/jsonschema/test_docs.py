"""The sessions of docs/jsonschema.md: what they show is what psql prints.

`python tests/jsonschema/test_docs.py URL` writes the answers anew, on an empty database that has sql/jsonschema.
"""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "jsonschema.md"
BLOCK = re.compile(r"^```sql\n(.*?)^```\n\n^```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def answers(page: str, psql: str, database: str) -> list[str]:
    """The output of psql for each block of SQL, all of them in one session."""
    mark = "---- next block ----"
    script = "\\pset format aligned\n" + "".join(f"\\echo '{mark}'\n{block[1]}" for block in BLOCK.finditer(page))
    command = [psql, "--no-psqlrc", "--quiet", "--dbname", database]
    done = subprocess.run(
        command,
        check=False,
        input=script,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    printed = re.sub(r"^psql:<stdin>:\d+: ", "", done.stdout, flags=re.MULTILINE)
    return [trimmed(answer) for answer in printed.split(mark + "\n")[1:]]


def trimmed(answer: str) -> str:
    """Without blanks at the ends of lines and empty lines at the end."""
    return re.sub(r" +$", "", answer, flags=re.MULTILINE).strip("\n")


def test_examples_of_the_page_give_its_output(make_database: Callable[[], str], psql: str) -> None:
    database = make_database()
    install = PAGE.parents[1] / "sql" / "jsonschema" / "install.sql"
    subprocess.run([psql, "-Xq", "-v", "ON_ERROR_STOP=1", "-d", database, "-f", install], check=True)
    page = PAGE.read_text(encoding="utf-8")
    shown = [trimmed(block[2]) for block in BLOCK.finditer(page)]
    assert shown
    assert page.count("```sql") == len(shown)
    assert answers(page, psql, database) == shown


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    found = iter(answers(text, "psql", sys.argv[1]))
    PAGE.write_text(
        BLOCK.sub(lambda block: f"```sql\n{block[1]}```\n\n```text\n{next(found)}\n```", text), encoding="utf-8"
    )
