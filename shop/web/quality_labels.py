"""What an inspection label says, 合格证: on a page, behind a code and on paper alike."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _

from shop.kernel.i18n import day_text
from shop.web.filters import locale_name


def label_rows(
    *,
    workshop: str,
    address: str,
    material: str,
    care: str,
    passed_on: date | None = None,
    inspector: str = "",
) -> list[tuple[str, str]]:
    """Return the rows of a label; date and inspector only for pieces that have passed.

    inspector    her number; pieces that passed because nobody looked in time say so instead.

    Source: domain.md 7 (product, workshop and address, material, care, date, inspector number).
    """
    rows = [
        (_("Workshop"), workshop),
        (_("Address"), address),
        (_("Material"), material),
        (_("Care"), care),
    ]
    if passed_on is not None:
        rows += [
            (_("Passed on"), day_text(passed_on, locale=locale_name())),
            (_("Inspector"), inspector or _("accepted by the three-day rule")),
        ]
    return [(str(label), str(value)) for label, value in rows if value]
