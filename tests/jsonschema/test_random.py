"""Random schemas and documents: the three functions agree with each other and with the Python package jsonschema.

JSONSCHEMA_EXAMPLES says how many schemas, for a longer run.
"""

import os
from typing import Any

import jsonschema
import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

KEYS = st.sampled_from(["a", "b", "ab", "x-y", "é'\\"])
TYPES = st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"])
PATTERNS = st.sampled_from(["^a", "b$", "^[a-z]*$", ".", "\\d"])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, 1, 2, 3, -1, 0.5, 1.0, 2.0, 1.5]),
    st.sampled_from(["", "a", "b", "ab", "é", "a\nb", "12", "\\'"]),
)
DOCUMENTS = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)
COUNTS = st.sampled_from([0, 1, 2, 2.0, 3])
NUMBERS = st.sampled_from([-1, 0, 1, 1.5, 2])
REFERENCES = st.sampled_from(["#/$defs/p", "#/$defs/q"])


def schemas(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    keywords = {
        "type": TYPES | st.lists(TYPES, min_size=1, max_size=3, unique=True),
        "enum": st.lists(DOCUMENTS, max_size=3),
        "const": DOCUMENTS,
        "multipleOf": st.sampled_from([1, 2, 0.5]),
        **dict.fromkeys(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"], NUMBERS),
        **dict.fromkeys(["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"], COUNTS),
        **dict.fromkeys(["minContains", "maxContains"], COUNTS),
        "pattern": PATTERNS,
        "uniqueItems": st.booleans(),
        "required": st.lists(KEYS, max_size=2, unique=True),
        "dependentRequired": st.dictionaries(KEYS, st.lists(KEYS, max_size=2, unique=True), max_size=1),
        **dict.fromkeys(["properties", "dependentSchemas"], st.dictionaries(KEYS, inner, min_size=1, max_size=3)),
        "patternProperties": st.dictionaries(PATTERNS, inner, min_size=1, max_size=2),
        **dict.fromkeys(["prefixItems", "allOf", "anyOf", "oneOf"], st.lists(inner, min_size=1, max_size=3)),
        **dict.fromkeys(
            ["items", "contains", "additionalProperties", "propertyNames", "not", "if", "then", "else"], inner
        ),
        "$ref": REFERENCES,
    }
    some = st.lists(st.sampled_from(sorted(keywords)), max_size=4, unique=True)
    return some.flatmap(lambda names: st.fixed_dictionaries({name: keywords[name] for name in names}))


SCHEMAS = st.recursive(st.booleans() | TYPES.map(lambda name: {"type": name}), schemas, max_leaves=6)


@settings(
    max_examples=int(os.environ.get("JSONSCHEMA_EXAMPLES", "150")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(schema=SCHEMAS, p=SCHEMAS, q=SCHEMAS, documents=st.lists(DOCUMENTS, min_size=3, max_size=8))
def test_random_schemas_agree_with_the_library_jsonschema(
    judges_of_session: Any, schema: Any, p: Any, q: Any, documents: list[Any]
) -> None:
    if isinstance(schema, bool):
        schema = {"allOf": [schema]}
    schema = {**schema, "$defs": {"p": p, "q": q}}
    try:
        judges_of_session.compile(schema)
    except psycopg.errors.FeatureNotSupported as refusal:
        if "it leads back to itself" not in str(refusal):
            raise
        return
    validator = jsonschema.Draft202012Validator(schema)
    for document in documents:
        assert judges_of_session.verdict(schema, document) is validator.is_valid(document), document
