"""Labels of fertilisers."""

from __future__ import annotations

from tests.growth.cases import case, query
from tests.growth.session import Call, Session


@case("import_fertiliser_label", 100)
def a_label_of_nutrients(session: Session, n: int) -> Call:
    nutrients = [{"name": f"n{place}", "amount": place, "unit": "ppm"} for place in range(n)]
    document = {
        "company": {"name": "c"}, "registration_number": "2018029A",
        "pictures": [session.picture_id], "nutrients": nutrients,
    }  # fmt: skip
    return query("import_fertiliser_label", document)
