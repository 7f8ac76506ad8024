"""The formats of JSON Schema that the documents use, letter for letter as sql/jsonschema/formats.v1.sql has them."""

from __future__ import annotations

import re

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL_PART = re.compile(rf'{_ATOM}(?:\.{_ATOM})*|"(?:[ !#-\[\]-~]|\\[ -~])*"')
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_BYTE = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = re.compile(rf"{_BYTE}(?:\.{_BYTE}){{3}}")
_GROUP = "[0-9A-Fa-f]{1,4}"
_IPV6 = re.compile(rf"{_GROUP}(?::{_GROUP}){{7}}")
_SHORT_IPV6 = re.compile(rf"(?:{_GROUP}(?::{_GROUP})*)?::(?:{_GROUP}(?::{_GROUP})*)?")
_UUID = re.compile(r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")


def is_uuid(value: str) -> bool:
    """RFC 4122, section 3."""
    return _UUID.fullmatch(value) is not None


def is_email(value: str) -> bool:
    """RFC 5321, Mailbox: a dot-atom or a quoted string, then a host name or an address in brackets."""
    local_part, at, domain = value.rpartition("@")
    if not at or len(local_part) > 64 or not _LOCAL_PART.fullmatch(local_part):
        return False
    if not (domain.startswith("[") and domain.endswith("]")):
        return _is_host_name(domain)
    return _is_ipv6(domain[6:-1]) if domain.startswith("[IPv6:") else _is_ipv4(domain[1:-1])


def _is_host_name(value: str) -> bool:
    return len(value) <= 253 and _HOST_NAME.fullmatch(value) is not None


def _is_ipv4(value: str) -> bool:
    return _IPV4.fullmatch(value) is not None


def _is_ipv6(value: str) -> bool:
    if "." in value:
        start, colon, end = value.rpartition(":")
        if not _is_ipv4(end):
            return False
        value = f"{start}:0:0" if colon else value
    if _IPV6.fullmatch(value):
        return True
    return _SHORT_IPV6.fullmatch(value) is not None and sum(map(bool, value.split(":"))) <= 7
