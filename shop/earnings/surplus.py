"""How a year's surplus is shared among the members of a co-operative. Pure.

Source: domain.md 5 E17; 农民专业合作社法 (2017), articles 42 to 44.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shop.kernel.money import Money

RESERVE_PERCENT = 10
PATRONAGE_PERCENT = 70
# The law: at least so much of what can be shared goes by work.
LEAST_BY_PATRONAGE_PERCENT = 60
# The papers lie open so long before the members meet.
DAYS_OPEN = 15
NOTHING = Money(0)


@dataclass(frozen=True, slots=True)
class MemberAccount:
    """What stands on a member's account before the year is shared."""

    capital: Money = NOTHING
    reserve: Money = NOTHING
    subsidy: Money = NOTHING

    @property
    def together(self) -> Money:
        """Return the sum by which the rest of the surplus is shared."""
        return self.capital + self.reserve + self.subsidy


@dataclass(frozen=True, slots=True)
class Share:
    """What one member gets of a year, and what her account gains."""

    refund: Money
    share: Money
    new_reserve: Money

    @property
    def together(self) -> Money:
        """Return what is paid out to her."""
        return self.refund + self.share


@dataclass(frozen=True, slots=True)
class Surplus:
    """The parts of a year's surplus; reserve, patronage and rest make up what is shared."""

    surplus: Money
    old_loss: Money
    reserve: Money
    by_patronage: Money
    by_accounts: Money

    @property
    def distributable(self) -> Money:
        """Return what is paid out to members."""
        return self.by_patronage + self.by_accounts

    @property
    def least_by_patronage(self) -> Money:
        """Return how much the law wants to go by work at least."""
        return self.distributable.percent(LEAST_BY_PATRONAGE_PERCENT)

    @property
    def is_lawful(self) -> bool:
        """Say whether enough goes by work."""
        return self.by_patronage >= self.least_by_patronage


def parted(
    surplus: Money, *, old_loss: Money, reserve_percent: int, patronage_percent: int
) -> Surplus | None:
    """Return the parts of a surplus, or None when nothing is left of it after an old loss."""
    left = surplus - old_loss
    if left <= NOTHING:
        return None
    reserve = left.percent(reserve_percent)
    distributable = left - reserve
    by_patronage = distributable.percent(patronage_percent)
    return Surplus(surplus, old_loss, reserve, by_patronage, distributable - by_patronage)


def shares(
    parts: Surplus, *, patronage: Mapping[int, Money], accounts: Mapping[int, MemberAccount]
) -> dict[int, Share]:
    """Return what each member gets; the shares add up to the parts to the fen.

    patronage    accepted pay of the year by member, in the order in which ties are broken.
    accounts     of the same members; who has none holds nothing.

    Where nobody's account holds anything, the rest goes by work too.
    """
    members = list(patronage)
    if not members:
        return {}
    by_work = [max(0, patronage[one].minor) for one in members]
    by_account = [accounts.get(one, MemberAccount()).together.minor for one in members]
    refunds = parts.by_patronage.share_out(by_work)
    rests = parts.by_accounts.share_out(by_account if any(by_account) else by_work)
    reserves = parts.reserve.share_out(by_work)
    return {
        one: Share(refund, rest, reserve)
        for one, refund, rest, reserve in zip(members, refunds, rests, reserves, strict=True)
    }
