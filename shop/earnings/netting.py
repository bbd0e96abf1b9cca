"""What may be taken from pay, how much of it in one run, and the sentence that says why. Pure.

Advances, the closed list of deductions, and corrections. Nobody fines here: there is no such kind.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shop.earnings.rules import Blanks, Sentence, Words
from shop.kernel.i18n import N_
from shop.kernel.money import Money, total

# Deductions and recoveries together, of a run's pay for work. Source: domain.md 4.
MOST_RECOVERED_PERCENT = 20
# At least this part of a run is paid out, whatever was advanced. Source: domain.md 4.
LEAST_PAID_PERCENT = 50
# Of the wage of one open work order. Source: domain.md 6 (advance to maker).
MOST_ADVANCED_PERCENT = 50
# A correction against her reaches no further back. Source: domain.md 4.
MONTHS_BACK = 3


class AdjustmentKind(StrEnum):
    """Why her pay changes. Source: domain.md 4 (closed list of deductions, corrections), 6."""

    ADVANCE = "advance"
    TOOL = "tool"
    MATERIAL = "material"
    OVERPAYMENT = "overpayment"
    BACK_PAY = "back_pay"


class AdjustmentState(StrEnum):
    """Where an adjustment stands; only what stands changes her pay."""

    PROPOSED = "proposed"
    APPROVED = "approved"  # an advance before its money has left
    STANDING = "standing"
    REFUSED = "refused"


ADJUSTMENT_MOVES: dict[AdjustmentState, frozenset[AdjustmentState]] = {
    AdjustmentState.PROPOSED: frozenset(
        {AdjustmentState.APPROVED, AdjustmentState.STANDING, AdjustmentState.REFUSED}
    ),
    AdjustmentState.APPROVED: frozenset({AdjustmentState.STANDING, AdjustmentState.REFUSED}),
    AdjustmentState.STANDING: frozenset(),
    AdjustmentState.REFUSED: frozenset(),
}
DEDUCTIONS = frozenset({AdjustmentKind.TOOL, AdjustmentKind.MATERIAL})
CORRECTIONS = frozenset({AdjustmentKind.OVERPAYMENT, AdjustmentKind.BACK_PAY})


@dataclass(frozen=True, slots=True)
class Owing:
    """What is still to be taken for one adjustment."""

    adjustment_id: int
    kind: AdjustmentKind
    left: Money


def taken(owing: Sequence[Owing], *, gross: Money, for_work: Money) -> dict[int, Money]:
    """Return how much one run takes of each adjustment, by its id; nothing taken is left out.

    The older goes first; deductions and corrections before advances, which have no cap of their
    own. Every cap is rounded in her favour.

    gross       what the run owes her.
    for_work    the part of it that is pay for work; allowances are not.

    Source: domain.md 4, 5 E8 and E10.
    """
    free = max(0, gross.minor) * (100 - LEAST_PAID_PERCENT) // 100
    capped = max(0, for_work.minor) * MOST_RECOVERED_PERCENT // 100
    parts: dict[int, Money] = {}
    for one in sorted(owing, key=_turn):
        is_advance = one.kind is AdjustmentKind.ADVANCE
        part = min(one.left.minor, free if is_advance else min(free, capped))
        if part > 0:
            parts[one.adjustment_id] = Money(part)
            free -= part
            capped -= 0 if is_advance else part
    return parts


def _turn(one: Owing) -> tuple[bool, int]:
    return one.kind is AdjustmentKind.ADVANCE, one.adjustment_id


def net(owing: Sequence[Owing], *, gross: Money, for_work: Money) -> Money:
    """Return what a run pays out of what it owes her; see ``taken``."""
    return gross - total(list(taken(owing, gross=gross, for_work=for_work).values()))


def most_advanced(wage: Money, *, before: Money) -> Money:
    """Return how much may still be advanced on an order whose whole wage is known.

    before    advanced on it already, or asked for.
    """
    return max(Money(0), Money(wage.minor * MOST_ADVANCED_PERCENT // 100) - before)


def reaches_back_to(today: date) -> date:
    """Return the first day whose pay may still be corrected against her."""
    year, month = divmod(today.year * 12 + today.month - 1 - MONTHS_BACK, 12)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(today.day, last))


ADVANCED = N_("%(day)s: %(sum)s paid in advance for work order %(number)s (%(title)s).")
TOOL = N_("%(day)s: “%(item)s” was not given back; its cost, by paper %(paper)s: %(sum)s.")
MATERIAL = N_(
    "%(day)s: more “%(item)s” was lost than is allowed for; its cost, by paper %(paper)s: %(sum)s."
)
OVERPAID = N_("%(day)s: too much was written for “%(title)s” (%(reason)s): %(sum)s less.")
BACK_PAID = N_("%(day)s: too little was written for “%(title)s” (%(reason)s): %(sum)s more.")

_SENTENCES = {
    AdjustmentKind.ADVANCE: ADVANCED,
    AdjustmentKind.TOOL: TOOL,
    AdjustmentKind.MATERIAL: MATERIAL,
    AdjustmentKind.OVERPAYMENT: OVERPAID,
    AdjustmentKind.BACK_PAY: BACK_PAID,
}
_WORDS = frozenset({"item", "paper", "reason", "number"})


def sentence(
    kind: AdjustmentKind, facts: Mapping[str, object], *, amount: Money, day: date
) -> Sentence:
    """Return the sentence that explains one adjustment.

    facts    of an advance ``number``, ``title``, ``title_en``; of a deduction ``item`` and
             ``paper``; of a correction ``title``, ``title_en``, ``reason``.
    day      of the work that is corrected, or the day on which it was noted.
    """
    blanks: Blanks = {"day": day, "sum": amount}
    blanks |= {name: str(facts[name]) for name in _WORDS & facts.keys()}
    title = str(facts.get("title", ""))
    blanks["title"] = Words(title, str(facts.get("title_en") or title))
    return Sentence(_SENTENCES[kind], blanks)
