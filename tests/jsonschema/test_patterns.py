"""Patterns of ECMA-262: the same matches, or a refusal."""

import json
import shutil
import subprocess
from typing import Any

import psycopg
import pytest

CASES: list[tuple[str, list[str], list[str]]] = [
    (r"^a*$", ["", "aaa"], ["aaa\n", "\naaa", "b\na"]),
    (r"^.$", ["a", "\u0085", "💩", "é"], ["\n", "\r", "\u2028", "\u2029", ""]),
    (r"^\d$", ["0", "9"], ["\u07c0", "٣", "a"]),
    (r"^\D$", ["a", "٣", "\n"], ["0"]),
    (r"^\w+$", ["aZ_9"], ["é", "ſ", "\u212a"]),
    (r"^\W$", ["é", "-", "\n"], ["_"]),
    (r"^\s$", [" ", "\t", "\n", "\v", "\f", "\r", "\u00a0", "\ufeff", "\u2003", "\u2028"], ["\u200b", "\u0001", "\u0085"]),
    (r"^\S$", ["\u200b", "é"], [" ", "\ufeff"]),
    (r"^[^\d\s]$", ["a", "é"], ["1", "\u00a0"]),
    (r"^[\D]$", ["a"], ["1"]),
    (r"^[\w-]$", ["-", "_"], ["é"]),
    (r"^[[:alph]$", ["[", ":", "a"], ["b", "[:"]),
    (r"^[a\]b]$", ["]", "a"], ["\\"]),
    (r"^[\b]$", ["\b"], ["b"]),
    (r"^[]", [], ["", "a"]),
    (r"^[^]$", ["a", "\n"], [""]),
    (r"\bfoo\b", ["foo", "a foo.", "éfoo"], ["xfoo", "foo_"]),
    (r"a\B", ["ab"], ["a", "a b", "aé"]),
    (r"(?<=\$)\d+(?!\d|px)", ["$12"], ["12", "$12px"]),
    (r"^(?=.*\d)(?!.*x).{2,3}$", ["a1"], ["ab", "x1", "1"]),
    (r"^(a+?)(b{2}?)c??$", ["aabb", "abbc"], ["ab"]),
    (r"^(?:ab|cd){2}$", ["abcd"], ["ab"]),
    (r"^(?<x>a|b)-\k<x>$", ["a-a"], ["a-b"]),
    (r"^(.)(?:.)\1$", ["aba"], ["abb"]),
    (r"^x{300}$", ["x" * 300], ["x" * 299, "x" * 301]),
    (r"^x{256,}$", ["x" * 256, "x" * 999], ["x" * 255]),
    (r"^x{10,1000}$", ["x" * 10, "x" * 1000], ["x" * 9, "x" * 1001]),
    (r"^\cJ\x41\u0042\u{43}\u{1F4A9}\ud83d\udca9$", ["\nABC💩💩"], ["ABC"]),
    (r"^\p{Lu}\p{Letter}+\P{L}$", ["Éa1"], ["éa1", "Éaa"]),
    (r"^\^\$\\\.\*\+\?\(\)\[\]\{\}\|\/$", ["^$\\.*+?()[]{}|/"], [""]),
    (r"^#a b$", ["#a b"], ["ab"]),
    (r"a|", ["", "b"], []),
    (r"", ["", "x"], []),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "fits", "fails"), CASES)
def test_matches_as_ecma_262_does(judges: Any, pattern: str, fits: list[str], fails: list[str]) -> None:
    for text in fits:
        assert judges.verdict({"pattern": pattern}, text), text
        assert judges.verdict({"patternProperties": {pattern: True}, "additionalProperties": False}, {text: 1})
    for text in fails:
        assert not judges.verdict({"pattern": pattern}, text), text
        assert not judges.verdict({"patternProperties": {pattern: True}, "additionalProperties": False}, {text: 1})


REFUSED = [
    "(", ")", "[", "]", "[[:alpha:]]", "[[.a.]]", "}", "{", "*", "a**", "a{2}{3}", "a{3,2}", "^*", "(?=a)*", r"\b+", "(?", "(?i)a", "(?i:a)",
    "(?#c)a", "***=a", "***:a", "(?<a", "(?<a>x)(?<a>y)", r"\k<a>", r"\1", r"(a)|\1", r"(a)?\1", r"(?:(a)|b)\1", r"(a\1)",
    r"(?=(a))\1", r"\a", r"\y", r"\m", r"\A", r"\Z", r"\Q", r"\-", r"\08", r"\c1", r"\x4", r"\u123", r"\u{110000}", r"\ud800",
    r"\p{Script=Greek}", r"\p{Emoji}", r"\p{lu}", r"\p", "[z-a]", r"[a-\d]", r"[\d-z]", r"[\y]", "\\", "a{99999999}",
    "(x{0,999}){0,999}",
]  # fmt: skip


@pytest.mark.parametrize("pattern", REFUSED)
def test_refuses_patterns_without_an_equivalent(db: psycopg.Connection, pattern: str) -> None:
    with pytest.raises(psycopg.errors.FeatureNotSupported, match='"pattern" at "/pattern"'):
        db.execute("select jsonschema.is_valid(%s, '1')", [json.dumps({"pattern": pattern})])


def test_as_node_does(db: psycopg.Connection) -> None:
    """Every case above, asked of an engine of ECMA-262."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node")
    script = """
        const cases = JSON.parse(require('fs').readFileSync(0))
        const answers = cases.map(([pattern, ...lists]) => lists.map(list => list.map(text => new RegExp(pattern, 'u').test(text))))
        console.log(JSON.stringify(answers))
    """
    done = subprocess.run([node, "-e", script], input=json.dumps(CASES), capture_output=True, text=True, check=True)
    for (pattern, fits, fails), (node_fits, node_fails) in zip(CASES, json.loads(done.stdout), strict=True):
        assert (node_fits, node_fails) == ([True] * len(fits), [False] * len(fails)), pattern


def test_the_unicode_categories_are_those_of_python(db: psycopg.Connection) -> None:
    """Where Python knows the same version of Unicode."""
    import unicodedata

    from tests.jsonschema.unicode_ranges import TARGET, sql

    if f"Unicode {unicodedata.unidata_version}:" not in TARGET.read_text(encoding="utf-8"):
        pytest.skip(f"Python has Unicode {unicodedata.unidata_version}")
    assert TARGET.read_text(encoding="utf-8") == sql()
    rows = db.execute(
        """
        select p, chr(c), chr(c) ~ (jsonschema._ecma_pattern('\\p{' || p || '}')).are
        from unnest(array['L', 'Nd', 'Zs', 'P', 'Uppercase_Letter', 'gc=Sm', 'Any', 'ASCII', 'Assigned']) as p,
             unnest(array[65, 233, 960, 178, 2540, 160, 8364, 43, 45, 888, 128169]) as c
        """
    ).fetchall()
    for name, letter, matches in rows:
        category = unicodedata.category(letter)
        expected = {
            "Any": True,
            "ASCII": letter.isascii(),
            "Assigned": category != "Cn",
            "Uppercase_Letter": category == "Lu",
            "gc=Sm": category == "Sm",
        }.get(name, category.startswith(name))
        assert matches is expected, (name, letter)
