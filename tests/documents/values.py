"""Values on both sides of each rule, for random documents."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from datastore_db.models import Document

Schema = dict[str, Any]


Documents = st.SearchStrategy[Any]


KINDS = sorted(Document.kinds)


TEXTS = ["", "a", "é", "\U0001f600", "e\u0301", " ", "1", "null", "a\nb", 'q"\\/', "~0/~1", "\u2028", "x" * 300]


NUMBERS: list[int | Decimal] = [
    *(0, 1, -1, 6, 255, 256, 2**31, 2**53 + 1, 2**63, -(2**63) - 1, 10**30, 10**307),
    *map(Decimal, ["0.0", "6.0", "6.00", "6e0", "1.0", "0.5", "-0.0", "0.1", "1e2", "1E-7", "1e300", "1e-300"]),
    *map(
        Decimal,
        ["3.14159265358979323846264338327950288419716939937510582", "0.30000000000000004", "1.0000000000000000001"],
    ),
]


# What limits are about: just inside of them, and beyond
EXTREMES: list[Any] = [
    *(Decimal("1e308"), Decimal("1.00000000000000000000000000000000000001e308"), -Decimal("1e308"), Decimal("1e309")),
    *(
        Decimal("1e-308"),
        Decimal("9.9e-309"),
        Decimal("-1e-309"),
        Decimal("1e400"),
        Decimal("1e-400"),
        10**308,
        10**308 + 1,
    ),
    *(
        10**999,
        Decimal("1." + "1" * 999),
        Decimal("1." + "1" * 1000),
        Decimal("0e-999"),
        Decimal("0e-1000"),
        Decimal("0e5000"),
    ),
    *(Decimal("0e1073741822"), Decimal("0e1073741824"), Decimal("1e-20000"), Decimal("1e200000")),
    *(float("nan"), float("inf"), -float("inf"), "\0", "a\0b", "\ud800", "\udc00", "\ud800\ud800", "x\udfff"),
    *({"\0": 1}, {"\ud800": 1}),
]


UUIDS = [
    *("8367cc4e-1b61-42c2-a061-ca8662aeac37", "8367CC4E-1B61-42C2-A061-CA8662AEAC37"),
    *("00000000-0000-0000-0000-000000000000", "fb20146f-df2f-403f-a56f-f02a48092167"),
]


EMAILS = [
    *(
        "ana@example.org",
        "a.b+c@x",
        "!#$%&'*+/=?^_`{|}~-@a-b.c",
        '"a b"@x.y',
        '"\\""@x',
        "a@[127.0.0.1]",
        "a@[IPv6:::1]",
    ),
    *("a@[IPv6:1:2:3:4:5:6:7:8]", "a@[IPv6:::1.2.3.4]", "x" * 64 + "@a", "a@" + "b" * 63, "1@2"),
]


NO_UUIDS = [
    "8367cc4e1b6142c2a061ca8662aeac37",
    UUIDS[0] + "\n",
    "{" + UUIDS[0] + "}",
    "8367cc4e-1b61-42c2-a061-ca8662aeac3g",
]


NO_EMAILS = [
    *(
        "ana",
        "@",
        "a@",
        "@b",
        "a@b@c",
        "a b@c",
        "ä@x.y",
        "a@ä.de",
        ".a@b",
        "a.@b",
        "a..b@c",
        "a@b..c",
        "a@-b",
        "a@b-",
        "a@b_c",
    ),
    *(
        "a@[1.2.3]",
        "a@[1.2.3.256]",
        "a@[01.2.3.4]",
        "a@[IPv6:1:2]",
        "a@[IPv6:1::2::3]",
        "a@[ipv6:::1]",
        "a@[",
        "a@]",
        "a@[]",
    ),
    *(
        "x" * 65 + "@a",
        "a@" + "b" * 64,
        "a@" + ".".join(["b" * 63] * 4),
        "a@" + "b." * 126 + "b",
        "a@b\n",
        "\na@b",
        '"a@b',
        '"\n"@b',
    ),
    *(
        "a@[IPv6:1:2:3:4:5:6:7::]",
        "a@[IPv6:1:2:3:4:5:6:7:8:9]",
        "a@[IPv6::]",
        "a@[IPv6:::1.2.3.4.5]",
        "a@[IPv6:1.2.3.4]",
    ),
]


DATES = [
    "2024-02-29",
    "2023-02-29",
    "2024-02-30",
    "2024-13-01",
    "24-1-1",
    "2024-02-29T24:00:00Z",
    "2024-01-01T00:00:00+25:00",
]


TASKS = ["Object-detection", "object detection", "OBJECT-DETECTION", "classification", "Segmentation"]


NO_TASKS = [
    "object  detection",
    "objectdetection",
    "object_detection",
    "classification\n",
    "\u017fegmentation",
    "cla\u017f\u017fification",
]


COLORS = ["#ED1C24", "#fff"]


NO_COLORS = ["ED1C24", "#ffff", "#ggg", "#fff\n", "#\uff26\uff26\uff26"]


OTHERS = [None, True, False, [], {}, [1, 2, 3], [1, Decimal("2.0"), 255], [None], {"a": None}, "2024-05-01"]


MISTAKES = [*OTHERS, *TEXTS, *NUMBERS, *NO_UUIDS, *UUIDS, *NO_EMAILS, *DATES, *NO_TASKS, *NO_COLORS]
