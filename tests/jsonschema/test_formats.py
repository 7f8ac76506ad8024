"""The formats that are asserted, by all three functions."""

from typing import Any

import psycopg
import pytest

CASES: list[tuple[str, list[str], list[str]]] = [
    ("date",
     ["2024-02-29", "2000-02-29", "2023-12-31", "0000-01-01", "9999-12-31"],
     ["2023-02-29", "1900-02-29", "2024-04-31", "2024-00-10", "2024-13-01", "2024-01-00", "2024-1-1", "20240101", "2024-01-01\n",
      "২024-01-01", "2024-01-01T00:00:00Z", "+2024-01-01", "", "infinity", "now"]),
    ("time",
     ["00:00:00Z", "23:59:59.999999999z", "12:00:00+14:00", "12:00:00-00:00", "23:59:60Z", "00:59:60.5+01:00", "15:59:60-08:00"],
     ["24:00:00Z", "12:60:00Z", "12:00:61Z", "12:00:60Z", "12:00:00", "12:00Z", "12:00:00.Z", "12:00:00+24:00", "12:00:00+1:00",
      "12:00:00+0100", "23:59:60+01:00", "1:00:00Z", "12:00:00Z\n", ""]),
    ("date-time",
     ["2024-02-29T12:00:00Z", "2024-02-29t12:00:00.5+05:30", "1998-12-31T23:59:60Z", "1998-12-31T15:59:60.1-08:00"],
     ["2023-02-29T12:00:00Z", "2024-02-29 12:00:00Z", "2024-02-29", "12:00:00Z", "2024-02-29T12:00:00", "2024-02-29T12:00:60Z", ""]),
    ("duration",
     ["P1D", "P1Y2M3D", "P1M", "PT36H", "PT1H2M3S", "P1DT1S", "P4W", "PT0S"],
     ["P", "PT", "1D", "P1YT", "P1Y1D", "PT1H1S", "P1W1D", "P-1D", "P1.5D", "PT0,5S", "P1D\n", "p1d", ""]),
    ("email",
     ["ana@example.org", "a.b+c@localhost", '"a b\\"@"@example.org', "x@[192.0.2.1]", "x@[IPv6:2001:db8::1]", "a" * 64 + "@x.org"],
     ["ana", "@example.org", "ana@", "a..b@example.org", ".a@example.org", "a.@example.org", "a b@example.org", "a@b@c",
      "a@-x.org", "x@[192.0.2.256]", "x@[::1]", "a@exa_mple.org", "ana@example.org\n", "a" * 65 + "@x.org", "é@example.org", ""]),
    ("hostname",
     ["localhost", "a.b-c.d1", "1.example", "x" * 63, "xn--nxasmq6b", "a--b.com", "www.xn--4gbwdl.XN--WGBH1C", ".".join(["x" * 63] * 3 + ["x" * 61])],
     ["", ".", "a.", ".a", "a..b", "-a", "a-", "a_b", "a b", "x" * 64, "é.org", "a\n", "ab--cd", "www.a---b.org", "XN--aa---o47jg78q", "xn--X", "xn--",
      "xn--example-", "xn---hello-xbd", "xn--" + "9" * 50, ".".join(["x" * 63] * 4)]),
    ("ipv4",
     ["0.0.0.0", "255.255.255.255", "192.0.2.1"],
     ["256.0.0.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.4/8", "1.2.3.x", "0x7f.0.0.1", "1.2.3.4\n", "১.2.3.4", ""]),
    ("ipv6",
     ["::", "::1", "1::", "1:2:3:4:5:6:7:8", "1::3:4:5:6:7:8", "::ffff:192.0.2.1", "1:2:3:4:5:6:1.2.3.4", "FE80::a"],
     ["1", ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8:9", "12345::", "::1%eth0", "g::", ":1",
      "1:", "::1.2.3", "1.2.3.4::", "1.2.3.4", "::1.2.3.4:5", "::1\n", "::01.2.3.4", ""]),
    ("uri",
     ["https://example.org", "HTTP://u:p@[::1]:80/a/b;c?d=e/?#f?", "urn:a:b", "mailto:a@b.c", "file:///a", "a:", "x:/a//b", "http://a/%7E"],
     ["", "a", "/a", "//a", "#a", "1a:b", "http://a b", "http://a/%7", "http://[1::2::3]", "http://[::1", "http://a/\\b", "http://a/<b>",
      "http://a/é", "http://a:b", "http://a\n", "http://a#b#c", ":a"]),
    ("uuid",
     ["f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6", "00000000-0000-0000-0000-000000000000"],
     ["f81d4fae7dec11d0a76500a0c91e6bf6", "{f81d4fae-7dec-11d0-a765-00a0c91e6bf6}", "f81d4fae-7dec-11d0-a765-00a0c91e6bfg",
      "f81d4fae-7dec-11d0-a765-00a0c91e6bf6\n", ""]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "fits", "fails"), CASES)
def test_each_format_accepts_and_refuses(judges: Any, name: str, fits: list[str], fails: list[str]) -> None:
    for text in fits:
        assert judges.verdict({"format": name}, text), text
    for text in fails:
        assert not judges.verdict({"format": name}, text), text
    instances: tuple[Any, ...] = (None, 1, True, [], {})
    for instance in instances:
        assert judges.verdict({"format": name}, instance)


def test_every_format_has_a_case(db: psycopg.Connection) -> None:
    known = {row[0] for row in db.execute("select format from jsonschema._formats()")}
    assert known == {name for name, *_ in CASES}


@pytest.mark.parametrize("setting", ["DateStyle = 'German, DMY'", "TimeZone = 'Asia/Kathmandu'", "IntervalStyle = iso_8601",
                                     "standard_conforming_strings = off", "lc_messages = 'C'"])  # fmt: skip
def test_no_setting_counts(judges: Any, setting: str) -> None:
    judges.connection.execute(f"set local {setting}")
    judges.connection.execute("set local escape_string_warning = off")
    # what was planned under other settings must not help
    judges.connection.execute("discard plans")
    for name, fits, fails in CASES:
        judges.compiled = None
        assert judges.verdict({"items": {"format": name}}, fits)
        assert not judges.verdict({"items": {"format": name}}, fails[:1])
