"""The year that is about to end: a plan for its surplus, with the members' accounts of E17."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shop.earnings import years
from shop.earnings.surplus import PATRONAGE_PERCENT, RESERVE_PERCENT, MemberAccount
from shop.kernel.clock import business_day
from shop.kernel.money import Money

if TYPE_CHECKING:
    from shop.demo.load import Story

SURPLUS, OLD_LOSS = Money(1_860_000), Money(60_000)
CAPITAL, SUBSIDY = Money(50_000), Money(100_000)
RESERVES = {
    "M-001": Money(31_020),
    "M-003": Money(21_540),
    "M-002": Money(13_305),
    "M-004": Money(8_135),
}


def draw_up(story: Story) -> None:
    """Draw up this year's plan ahead of its end; its papers can lie open from New Year on."""
    years.draw_up(
        workshop_id=story.workshops["dengliang"],
        year=business_day(story.now).year,
        surplus_of_year=SURPLUS,
        old_loss=OLD_LOSS,
        reserve_percent=RESERVE_PERCENT,
        patronage_percent=PATRONAGE_PERCENT,
        accounts={
            story.members["dengliang", code]: MemberAccount(CAPITAL, reserve, SUBSIDY)
            for code, reserve in RESERVES.items()
        },
        actor=story.people["zhoumin"],
        now=story.now,
    )
