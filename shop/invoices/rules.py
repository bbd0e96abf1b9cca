"""In whose name an invoice is written, and how much of it still has to be.

Pure: no database, no clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from shop.kernel.errors import InvalidInput
from shop.kernel.money import Money

LONGEST_TITLE = 100
# Once it is written, title and tax number lie in the tax office's system; here they have served.
KEPT_AFTER_WRITING = timedelta(days=180)
KEPT_UNWRITTEN = timedelta(days=365)

_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CODE_DIGITS = 18
_SMALLEST_BASE, _LARGEST = 3, 31


class TitleKind(StrEnum):
    """In whose name: a person's, or a body's with its tax number."""

    PERSONAL = "personal"
    COMPANY = "company"


class TitleMissing(InvalidInput):
    """An invoice stands in somebody's name."""

    code = "invoices.title_missing"


class TaxNumberWrong(InvalidInput):
    """This is no unified social credit code: a sign or its check sign is wrong."""

    code = "invoices.tax_number_wrong"


@dataclass(frozen=True, slots=True)
class InvoiceWish:
    """What a buyer wants on her invoice; the tax number only for a body."""

    kind: TitleKind
    title: str
    tax_number: str = ""


@dataclass(frozen=True, slots=True)
class PartDue:
    """What one workshop took with an order: paid, and given back of it."""

    workshop_id: int
    station_id: int
    paid: Money
    shipping: Money
    returned: Money


def is_tax_number(text: str) -> bool:
    """Say whether a text is a unified social credit code with the right check sign.

    Source: GB 32100-2015 (18 signs without I, O, S, V, Z; weights are powers of 3 modulo 31).
    """
    if len(text) != _CODE_DIGITS or any(sign not in _SIGNS for sign in text):
        return False
    weighed = sum(
        _SIGNS.index(sign) * pow(_SMALLEST_BASE, place, _LARGEST)
        for place, sign in enumerate(text[:-1])
    )
    return _SIGNS[-weighed % _LARGEST] == text[-1]


def require_sound(wish: InvoiceWish) -> None:
    """Return when an invoice can be written in this name. Raises TitleMissing, TaxNumberWrong."""
    if not 0 < len(wish.title.strip()) <= LONGEST_TITLE:
        raise TitleMissing
    if wish.kind is TitleKind.COMPANY and not is_tax_number(wish.tax_number):
        raise TaxNumberWrong


def dues(parts: Sequence[PartDue], *, given_back: Money) -> dict[int, Money]:
    """Return what each workshop's invoice comes to now.

    given_back    all that went back for the order. What of it is not for pieces was for the ways:
                  it falls on them in proportion to what they cost, never below nothing.
    """
    pieces = sum(part.returned.minor for part in parts)
    ways = max(0, given_back.minor - pieces)
    weights = [part.shipping.minor for part in parts]
    falling = Money(min(ways, sum(weights))).share_out(weights) if sum(weights) else []
    sums: dict[int, Money] = {}
    for place, part in enumerate(parts):
        due = part.paid - part.returned - (falling[place] if falling else Money(0))
        sums[part.workshop_id] = sums.get(part.workshop_id, Money(0)) + max(due, Money(0))
    return sums
