"""Write docs/sql-reference.md from the comments on the functions, what is declared of them, and the pages in docs/sql/.

    python -m tools.sql_reference        (`make documents`)

A page of docs/sql/ has headings, examples and what connects them. `{{ act_as }}` stands for what the database knows of
that function: its signature, its comment, and which roles may call it. A function that Python calls, and that no page
names, comes at the end of its subject.

A comment is prose, and then, as its last paragraph, a line for each argument that needs one, for the answer and for the
errors: `tier: …`, `Answer: …`, `Errors: …`; what goes on in the next line is indented there.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks.databases import temporary_stack
from datastore_db.database.migrations import migrate

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "sql-reference.md"
# In the order of the session that the examples are.
PAGES = (
    "start",
    "people",
    "pictures",
    "inferences",
    "seeds",
    "pipelines",
    "evaluation",
    "access",
    "storage",
    "documents",
)
LAST = "end"
ROLES = ("app", "worker", "reader")

_MADE = "<!-- Made by `make documents` from docs/sql/ and the comments on the functions. -->\n\n"
_PLACE = re.compile(r"^\{\{ (\w+) \}\}$", re.MULTILINE)
_WORDS = {"Answer": "answer", "Errors": "errors", "or null": "or null"}
_FUNCTIONS = r"""
select distinct on (proname) proname, pg_get_function_arguments(pg_proc.oid), pg_get_function_result(pg_proc.oid),
       coalesce(proargnames, '{}'), obj_description(pg_proc.oid, 'pg_proc'),
       array(select distinct role
             from datastore.declared_privileges() as declared, string_to_table(declared.roles, ' ') as role
             where declared.privilege = 'execute' and proname = any (regexp_split_to_array(declared.objects, '\s+')))
from pg_proc
where pronamespace = 'datastore'::regnamespace
order by proname, 'jsonb'::regtype = any (proargtypes) desc
"""  # a function that takes a document is there for its text as well, which is not told twice


@dataclass(frozen=True)
class Function:
    """The database's facts about a function."""

    name: str
    arguments: str
    answer: str
    names: list[str]
    comment: str
    roles: list[str]

    def signature(self) -> str:
        """As it is written in SQL, without the casts that the catalogue adds."""
        arguments = re.sub(r"::[a-z ]+(?=,|$)", "", self.arguments)
        arguments = re.sub(r"\bDEFAULT (NULL)?", lambda match: "default " + (match[1] or "").lower(), arguments)
        return f"datastore.{self.name}({arguments}) → {self.answer}"


def reference(connection: psycopg.Connection) -> str:
    """The whole page."""
    functions = {row[0]: Function(*row) for row in connection.execute(_FUNCTIONS.encode()).fetchall()}
    texts = {name: (PAGE.parent / "sql" / f"{name}.md").read_text(encoding="utf-8") for name in (*PAGES, LAST)}
    placed = set(_PLACE.findall("".join(texts.values())))
    for name in sorted(called_by_python() & functions.keys() - placed):
        texts[_subject(name)] += f"\n### {name}\n\n{{{{ {name} }}}}\n"
        placed.add(name)
    text = "\n".join(texts[name] for name in (*PAGES, LAST))

    def put(match: re.Match[str]) -> str:
        if match[1] == "contents":
            return "\n".join(_contents(text))
        if match[1] not in functions:
            raise ValueError(f"docs/sql/ places the function {match[1]}, which the database does not have")
        return "\n".join(_entry(functions[match[1]], placed - {match[1]}))

    return _MADE + _PLACE.sub(put, text)


def called_by_python() -> set[str]:
    """The functions that the Python interface calls by name."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "datastore_db").rglob("*.py"))
    return set(re.findall(r"call(?:_for_all_containers|_as_worker)?\(\s*\"(\w+)\"", code))


def _subject(name: str) -> str:
    made = re.compile(rf"function datastore\.{name}\(")
    folders = {path.parent.name for path in (ROOT / "sql").glob("*/*.sql") if made.search(path.read_text())}
    return next(folder for folder in PAGES if folder in folders)


def _contents(text: str) -> Iterator[str]:
    """A list of the sections, each with links to its functions."""
    outside = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    for section in re.split(r"^## ", outside, flags=re.MULTILINE)[1:]:
        title = section.split("\n", 1)[0]
        links = [f"[{name}](#{name})" for name in re.findall(r"^### (\w+)$", section, re.MULTILINE)]
        anchor = title.lower().replace(" ", "-")
        entry = f"- [{title}](#{anchor})" + (": " + "\0· ".join(links) if links else "")
        lines = textwrap.fill(entry, 120, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
        yield lines.replace("\0", " ")


def _entry(function: Function, others: set[str]) -> Iterator[str]:
    """Signature, prose, and a table of what the arguments, the answer and the errors are."""
    yield f"```signature\n{function.signature()}\n```\n"
    *prose, last = function.comment.strip().split("\n\n")
    rows = _rows(last, function.names)
    if not rows:
        prose.append(last)
    if prose:
        yield _linked("\n\n".join(prose), others) + "\n"
    yield "| | |\n| --- | --- |"
    for key, value in rows:
        yield f"| {key} | {_linked(value, others).replace('|', chr(92) + '|')} |"
    roles = " · ".join(f"`{role}`" for role in ROLES if role in function.roles)
    yield f"| may be called by | {roles or 'the owner alone'} |"


def _rows(paragraph: str, arguments: list[str]) -> list[tuple[str, str]]:
    """The lines `name: text` of a comment's last paragraph; none where it is prose."""
    rows: list[tuple[str, str]] = []
    for line in paragraph.split("\n"):
        if line.startswith(" ") and rows:
            rows[-1] = (rows[-1][0], f"{rows[-1][1]} {line.strip()}")
            continue
        key, colon, value = line.partition(": ")
        if not rows and key.split(", ")[0] not in (*arguments, "Answer", "Errors"):
            return []
        if not colon:
            raise ValueError(f"expected `name: …` or an indented line in a comment's last paragraph, found {line!r}")
        names = (_WORDS.get(part, f"`{part}`") for part in key.split(", "))
        rows.append((", ".join(names), value))
    return rows


def _linked(text: str, functions: set[str]) -> str:
    """Names of functions and of pages as links; not inside of code, but where the code is a name and nothing else."""
    parts = re.split(r"(`[^`]*`)", text)
    for place, part in enumerate(parts):
        if part.startswith("`"):
            parts[place] = f"[{part}](#{part[1:-1]})" if part[1:-1] in functions else part
        else:
            part = re.sub(r"\b[a-z]+_\w+\b", lambda m: f"[{m[0]}](#{m[0]})" if m[0] in functions else m[0], part)
            parts[place] = re.sub(r"\bdocs/(\w+)\.md(#[\w-]+)?", r"[\1](\1.md\2)", part)
    return "".join(parts)


def main() -> None:
    """Write the page, from a database that is migrated for it."""
    with temporary_stack("datastore-db-reference-") as stack:
        migrate(stack.database_url)
        with psycopg.connect(stack.database_url) as connection:
            PAGE.write_text(reference(connection), encoding="utf-8")


if __name__ == "__main__":
    main()
