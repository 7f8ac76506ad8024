"""Write sql/jsonschema/unicode.sql from Python's unicodedata: `python tests/jsonschema/unicode_ranges.py`."""

import textwrap
import unicodedata
from itertools import groupby
from pathlib import Path

TARGET = Path(__file__).parents[2] / "sql" / "jsonschema" / "unicode.sql"

LONG_NAMES = {
    "Lu": "Uppercase_Letter", "Ll": "Lowercase_Letter", "Lt": "Titlecase_Letter", "Lm": "Modifier_Letter",
    "Lo": "Other_Letter", "Mn": "Nonspacing_Mark", "Mc": "Spacing_Mark", "Me": "Enclosing_Mark",
    "Nd": "Decimal_Number", "Nl": "Letter_Number", "No": "Other_Number", "Pc": "Connector_Punctuation",
    "Pd": "Dash_Punctuation", "Ps": "Open_Punctuation", "Pe": "Close_Punctuation", "Pi": "Initial_Punctuation",
    "Pf": "Final_Punctuation", "Po": "Other_Punctuation", "Sm": "Math_Symbol", "Sc": "Currency_Symbol",
    "Sk": "Modifier_Symbol", "So": "Other_Symbol", "Zs": "Space_Separator", "Zl": "Line_Separator",
    "Zp": "Paragraph_Separator", "Cc": "Control", "Cf": "Format", "Cs": "Surrogate", "Co": "Private_Use",
    "Cn": "Unassigned",
}  # fmt: skip

HEADER = f"""\
-- Made by tests/jsonschema/unicode_ranges.py, and not written by hand.
--
-- Unicode {unicodedata.unidata_version}: the code points of each general category, for \\p{{…}} in patterns. PostgreSQL's own character classes
-- depend on the database's collation, so they cannot stand in an immutable function; these can.

create or replace function jsonschema._unicode_categories()
  returns table (short_name text, long_name text, code_points int4multirange)
  language sql immutable parallel safe
as $$
  values
"""


def sql() -> str:
    ranges: dict[str, list[str]] = {name: [] for name in LONG_NAMES}
    for category, run in groupby(range(1, 0x110000), key=lambda code: unicodedata.category(chr(code))):
        codes = list(run)
        ranges[category].append(f"[{codes[0]},{codes[-1] + 1})")
    rows = []
    for short, long in LONG_NAMES.items():
        lines = textwrap.wrap(" ".join(ranges[short]), 112)
        body = ",\n      ".join(line.replace(" ", ",") for line in lines)
        rows.append(f"    ('{short}', '{long}', '{{\n      {body}}}'::int4multirange)")
    return HEADER + ",\n".join(rows) + "\n$$;\n"


if __name__ == "__main__":
    TARGET.write_text(sql(), encoding="utf-8")
