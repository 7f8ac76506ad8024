"""The errors of a refused call, as the server sent them."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest


def refused(code: str) -> Any:
    return pytest.raises(psycopg.Error, check=lambda error: error.sqlstate == code)


def errors_of(error: pytest.ExceptionInfo[psycopg.Error]) -> list[tuple[str, str]]:
    detail = json.loads(error.value.diag.message_detail or "[]")
    assert all(item.keys() == {"instance_path", "keyword", "message"} for item in detail)
    return sorted((item["instance_path"], item["keyword"]) for item in detail)
