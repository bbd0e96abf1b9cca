"""What each seller took in and gave back in a quarter: the report that a platform owes.

Source: domain.md 7 (seller of record: quarterly income per seller, gross, returns, net).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from shop.kernel.access import Scope
from shop.kernel.clock import start_of_day
from shop.kernel.db import db
from shop.kernel.money import Money
from shop.ledger.models import Entry, LedgerAccount, Posting
from shop.ledger.rules import AccountKind
from shop.stations import queries as stations
from shop.stations.queries import WorkshopView

INCOME = (AccountKind.SALES, AccountKind.SHIPPING_INCOME, AccountKind.SESSION_INCOME)
BACK = (AccountKind.SALES_RETURNS,)
MONTHS = 3


@dataclass(frozen=True, slots=True)
class Quarter:
    """Three months of a year at the place; ``number`` is 1 to 4."""

    year: int
    number: int

    @property
    def name(self) -> str:
        """Return how it is called, such as ``2026-3``."""
        return f"{self.year}-{self.number}"

    @property
    def since(self) -> datetime:
        """Return the instant at which it begins."""
        return start_of_day(date(self.year, (self.number - 1) * MONTHS + 1, 1))

    @property
    def until(self) -> datetime:
        """Return the instant at which the next one begins."""
        return self.next.since

    @property
    def next(self) -> Quarter:
        """Return the quarter after it."""
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)

    @property
    def before(self) -> Quarter:
        """Return the quarter before it."""
        return Quarter(self.year - (self.number == 1), (self.number - 2) % 4 + 1)


@dataclass(frozen=True, slots=True)
class SellerIncome:
    """One seller's quarter: what buyers paid for, what went back to them, what is left."""

    workshop: WorkshopView
    gross: Money
    returned: Money

    @property
    def net(self) -> Money:
        """Return what is left."""
        return self.gross - self.returned


def quarter_of(day: date) -> Quarter:
    """Return the quarter in which a day lies."""
    return Quarter(day.year, (day.month - 1) // MONTHS + 1)


def quarters_before(day: date, *, most: int) -> list[Quarter]:
    """Return the quarters that are over on this day, the latest first."""
    found = [quarter_of(day).before]
    while len(found) < most:
        found.append(found[-1].before)
    return found


def income(scope: Scope, quarter: Quarter) -> list[SellerIncome]:
    """Return every seller within reach with her quarter, also who took in nothing.

    As the books have it: goods and postage when paid, sessions when held; what was given back
    counts in the quarter in which it went back.
    """
    sellers = stations.workshops(scope)
    of_account = {f"{kind.value}:{one.id}": one.id for one in sellers for kind in (*INCOME, *BACK)}
    gross: dict[int, int] = {}
    returned: dict[int, int] = {}
    plus = sa.func.sum(sa.case((Posting.amount_minor > 0, Posting.amount_minor), else_=0))
    minus = sa.func.sum(sa.case((Posting.amount_minor < 0, -Posting.amount_minor), else_=0))
    for key, taken_in, given_back in db.session.execute(
        sa.select(LedgerAccount.key, plus, minus)
        .join(Posting, Posting.account_id == LedgerAccount.id)
        .join(Entry, Entry.id == Posting.entry_id)
        .where(
            LedgerAccount.kind.in_([kind.value for kind in (*INCOME, *BACK)]),
            Entry.happened_at >= quarter.since,
            Entry.happened_at < quarter.until,
        )
        .group_by(LedgerAccount.key)
    ):
        seller = of_account.get(key)
        if seller is None:
            continue
        # A counter-entry of a return stands on its account as a plus, of a sale as a minus.
        is_back = key.startswith(f"{AccountKind.SALES_RETURNS.value}:")
        gross[seller] = gross.get(seller, 0) + (0 if is_back else int(taken_in))
        back = int(given_back) - (int(taken_in) if is_back else 0)
        returned[seller] = returned.get(seller, 0) + back
    return [
        SellerIncome(one, Money(gross.get(one.id, 0)), Money(returned.get(one.id, 0)))
        for one in sellers
    ]
