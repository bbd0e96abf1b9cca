"""The quarterly report of every seller's income, as a file."""

from __future__ import annotations

from collections.abc import Iterator

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.kernel.access import Permission
from shop.kernel.clock import business_day
from shop.kernel.errors import NotFound
from shop.oversight.income import Quarter, SellerIncome, income, quarters_before
from shop.web.access import current_actor, now, requires
from shop.web.downloads import csv_file
from shop.web.filters import localized
from shop.web.oversight.room import blueprint

# Deal records are kept for three years (domain.md 7); older reports were taken in their time.
QUARTERS_KEPT = 12
QUARTERS_SHOWN = 4


def quarters() -> list[Quarter]:
    """Return the quarters whose report can be taken, the latest first."""
    return quarters_before(business_day(now()), most=QUARTERS_KEPT)


def latest_quarters() -> list[Quarter]:
    """Return the quarters that pages offer."""
    return quarters()[:QUARTERS_SHOWN]


@blueprint.get("/income.csv")
@requires(Permission.SEE_OVERSIGHT)
def income_report() -> ResponseReturnValue:
    """Send the report of one quarter that is over, of every seller within reach."""
    known = {one.name: one for one in quarters()}
    quarter = known.get(request.args.get("quarter", ""))
    if quarter is None:
        raise NotFound(what="quarter")
    sellers = income(current_actor().scope(Permission.SEE_OVERSIGHT), quarter)
    return csv_file(_rows(quarter, sellers), f"income-{quarter.name}.csv")


def _rows(quarter: Quarter, sellers: list[SellerIncome]) -> Iterator[list[str]]:
    yield [
        _("Quarter"),
        _("Seller of record"),
        _("Licence"),
        _("Workshop"),
        _("Place"),
        _("Taken in"),
        _("Given back"),
        _("Net income"),
    ]
    for one in sellers:
        yield [
            quarter.name,
            one.workshop.seller_name,
            one.workshop.seller_license
            or _("registration as a market entity is not required by law"),
            localized(one.workshop, "name"),
            " ".join(one.workshop.place),
            one.gross.figures,
            one.returned.figures,
            one.net.figures,
        ]
