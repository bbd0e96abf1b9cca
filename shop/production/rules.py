"""What a piece is worth in time, what a verdict is, and how work moves on. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from shop.kernel.errors import InvalidInput
from shop.kernel.i18n import N_
from shop.kernel.ids import ALPHABET
from shop.kernel.money import Money

# Reference hourly wage; the county's minimum may be higher. Source: domain.md 4 (piece rate).
REFERENCE_HOURLY = Money(2200)
# Fetching and sorting come on top of the minutes of the time study. Source: domain.md 4.
SORTING_PERCENT = 105
ROUNDED_UP_TO_FEN = 10
# No decision in this time means passed. Source: domain.md 3 and 6 (silence = passed).
DECISION_TIME = timedelta(days=3)

# She may object to a verdict so long. Source: domain.md 3 (appeal, 7 days).
APPEAL_TIME = timedelta(days=7)

# Beyond these a number is a slip of the keyboard.
MOST_PIECES = 10_000
MOST_MATERIAL = 1_000_000
MOST_MINUTES = 60 * 24 * 30
# A slip older than this is a mistyped day; nobody waits longer to key one in.
OLDEST_PAPER = timedelta(days=60)
MOST_SLIPS = 100
PAPER_SERIES = "P"


class WorkOrderState(StrEnum):
    """Where a work order stands. Source: domain.md 3."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    MATERIAL_ISSUED = "material_issued"
    PARTLY_HANDED_IN = "partly_handed_in"
    ALL_HANDED_IN = "all_handed_in"
    CLOSED = "closed"


class HandInState(StrEnum):
    """Counted and waiting, or decided."""

    COUNTED = "counted"
    INSPECTED = "inspected"


class AppealState(StrEnum):
    """A maker's objection to a verdict waits, was right, or the verdict is kept."""

    OPEN = "open"
    UPHELD = "upheld"
    KEPT = "kept"


class Fault(StrEnum):
    """What an inspector points at instead of writing; each has its own picture."""

    BROKEN_STRAND = "broken-strand"
    LOOSE_WEAVE = "loose-weave"
    LOOSE_END = "loose-end"
    CROOKED = "crooked"
    UNEQUAL_PAIR = "unequal-pair"
    WRONG_SIZE = "wrong-size"
    STAIN = "stain"
    WRONG_COLOR = "wrong-color"


FAULT_WORDS: dict[Fault, str] = {
    Fault.BROKEN_STRAND: N_("strand broken"),
    Fault.LOOSE_WEAVE: N_("weave too loose"),
    Fault.LOOSE_END: N_("end not tucked in"),
    Fault.CROOKED: N_("crooked"),
    Fault.UNEQUAL_PAIR: N_("pair unequal"),
    Fault.WRONG_SIZE: N_("wrong size"),
    Fault.STAIN: N_("stain"),
    Fault.WRONG_COLOR: N_("wrong color"),
}


# A piece sent back for rework opens a work order that was all handed in.
WORK_MOVES: dict[WorkOrderState, frozenset[WorkOrderState]] = {
    WorkOrderState.OFFERED: frozenset({WorkOrderState.ACCEPTED, WorkOrderState.DECLINED}),
    WorkOrderState.ACCEPTED: frozenset(
        {
            WorkOrderState.MATERIAL_ISSUED,
            WorkOrderState.PARTLY_HANDED_IN,
            WorkOrderState.ALL_HANDED_IN,
            WorkOrderState.CLOSED,
        }
    ),
    WorkOrderState.DECLINED: frozenset(),
    WorkOrderState.MATERIAL_ISSUED: frozenset(
        {
            WorkOrderState.PARTLY_HANDED_IN,
            WorkOrderState.ALL_HANDED_IN,
            WorkOrderState.CLOSED,
        }
    ),
    WorkOrderState.PARTLY_HANDED_IN: frozenset(
        {WorkOrderState.ALL_HANDED_IN, WorkOrderState.CLOSED}
    ),
    WorkOrderState.ALL_HANDED_IN: frozenset(
        {WorkOrderState.PARTLY_HANDED_IN, WorkOrderState.CLOSED}
    ),
    WorkOrderState.CLOSED: frozenset(),
}
HAND_IN_MOVES: dict[HandInState, frozenset[HandInState]] = {
    HandInState.COUNTED: frozenset({HandInState.INSPECTED}),
    HandInState.INSPECTED: frozenset(),
}
APPEAL_MOVES: dict[AppealState, frozenset[AppealState]] = {
    AppealState.OPEN: frozenset({AppealState.UPHELD, AppealState.KEPT}),
    AppealState.UPHELD: frozenset(),
    AppealState.KEPT: frozenset(),
}
TAKES_PIECES = frozenset(
    {
        WorkOrderState.ACCEPTED,
        WorkOrderState.MATERIAL_ISSUED,
        WorkOrderState.PARTLY_HANDED_IN,
        WorkOrderState.ALL_HANDED_IN,
    }
)
OPEN = TAKES_PIECES | {WorkOrderState.OFFERED}


class CountMismatch(InvalidInput):
    """The verdict's counts do not add up to the pieces handed in."""

    code = "production.count_mismatch"


class ReasonMissing(InvalidInput):
    """A piece that did not pass as good needs a fault or a reason that its maker can read."""

    code = "production.reason_missing"


CODE_LETTERS = 8


def plain_code(typed: str) -> str:
    """Return the code of a label as it is kept: large letters without blanks and hyphens.

    What cannot be a code comes out as nothing, so that nobody is asked about it.
    """
    code = "".join(sign for sign in unicodedata.normalize("NFKC", typed).upper() if sign.isalnum())
    return code if len(code) == CODE_LETTERS and set(code) <= set(ALPHABET) else ""


def said_code(code: str) -> str:
    """Return a code as it is printed and said on the telephone: ``7K3M-9XQ2``."""
    return f"{code[:4]}-{code[4:]}"


def inspector_number(inspector_id: int | None) -> str:
    """Return the number of an inspector on a label; nothing where silence passed the pieces."""
    return "" if inspector_id is None else f"{inspector_id:03d}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found in one hand-in, in pieces; faults and ``reason`` tell why any was not good."""

    passed: int
    rework: int = 0
    second_grade: int = 0
    rejected: int = 0
    reason: str = ""
    faults: tuple[Fault, ...] = ()

    @property
    def pieces(self) -> int:
        """Return how many pieces were looked at."""
        return self.passed + self.rework + self.second_grade + self.rejected

    @property
    def accepted(self) -> int:
        """Return how many pieces go on the shelf: good ones and second grade."""
        return self.passed + self.second_grade

    @property
    def lost(self) -> int:
        """Return how many pieces earn her less than good ones; rework may yet become good."""
        return self.second_grade + self.rejected

    @property
    def finished(self) -> int:
        """Return how many pieces are decided for good; rework comes back."""
        return self.accepted + self.rejected

    @property
    def as_kept(self) -> Verdict:
        """Return it as it is written down: words without blanks around, faults in one order."""
        return replace(
            self, reason=self.reason.strip(), faults=faults_read(faults_kept(self.faults))
        )

    def fit(self, pieces: int) -> None:
        """Return when the verdict can be one on so many pieces.

        Raises CountMismatch, ReasonMissing.
        """
        counts = (self.passed, self.rework, self.second_grade, self.rejected)
        if min(counts) < 0 or self.pieces != pieces:
            raise CountMismatch(seen=self.pieces, handed_in=pieces)
        if self.passed != pieces and not (self.faults or self.reason.strip()):
            raise ReasonMissing


def piece_rate(*, minutes: int, hourly: Money = REFERENCE_HOURLY) -> Money:
    """Return what one good piece earns, rounded up to 0.10 yuan in the maker's favor.

    minutes    for one piece, from the time study.
    hourly     reference wage of an hour.

    Source: domain.md 4 and 5 E1.
    """
    # Whole numbers to the end: a fraction on the way would round twice.
    parts = minutes * hourly.minor * SORTING_PERCENT
    step = 60 * 100 * ROUNDED_UP_TO_FEN
    return Money(-(-parts // step) * ROUNDED_UP_TO_FEN, hourly.currency)


@dataclass(frozen=True, slots=True)
class Paper:
    """A slip written by hand while the power was out: its printed number, and its day."""

    number: int
    on_day: date


def paper_said(number: int) -> str:
    """Return the number of a slip for writing by hand as it is printed: ``P-00041``."""
    return f"P-{number:05d}"


def paper_number(typed: str) -> int | None:
    """Return the number of a paper slip from what somebody typed: ``P-00041``, ``p41``, ``41``."""
    found = re.fullmatch(
        r"P?[\s\-_.]*(\d{1,9})", unicodedata.normalize("NFKC", typed).strip().upper()
    )
    return int(found[1]) or None if found else None


def decide_by(counted_at: datetime) -> datetime:
    """Return the instant at which silence becomes "passed". Source: domain.md 6."""
    return counted_at + DECISION_TIME


def state_after(*, quantity: int, counted: int, done: int) -> WorkOrderState:
    """Return where a work order stands once pieces were counted or decided.

    quantity    pieces ordered; ``counted`` wait for a verdict; ``done`` have theirs for good.
    """
    if done == quantity:
        return WorkOrderState.CLOSED
    if done + counted == quantity:
        return WorkOrderState.ALL_HANDED_IN
    return WorkOrderState.PARTLY_HANDED_IN


def sources_of(state: WorkOrderState) -> frozenset[WorkOrderState]:
    """Return the states from which a work order may move to ``state``."""
    return frozenset(source for source, targets in WORK_MOVES.items() if state in targets)


class MoreThanThere(InvalidInput):
    """More pieces are raised than the verdict had in that grade."""

    code = "production.more_than_there"


@dataclass(frozen=True, slots=True)
class Raised:
    """Pieces that a second look puts into a better grade; rework is simply brought again."""

    second_to_passed: int = 0
    rejected_to_passed: int = 0
    rejected_to_second: int = 0

    @property
    def pieces(self) -> int:
        """Return how many pieces it raises."""
        return self.second_to_passed + self.rejected_to_passed + self.rejected_to_second

    @property
    def to_shelf(self) -> int:
        """Return how many pieces go on the shelf by it; raised second grade lies there already."""
        return self.rejected_to_passed + self.rejected_to_second

    def of(self, verdict: Verdict) -> Verdict:
        """Return what a verdict becomes by it. Raises MoreThanThere."""
        counts = (self.second_to_passed, self.rejected_to_passed, self.rejected_to_second)
        if min(counts) < 0:
            raise MoreThanThere
        if self.second_to_passed > verdict.second_grade or self.to_shelf > verdict.rejected:
            raise MoreThanThere
        return replace(
            verdict,
            passed=verdict.passed + self.second_to_passed + self.rejected_to_passed,
            second_grade=verdict.second_grade - self.second_to_passed + self.rejected_to_second,
            rejected=verdict.rejected - self.to_shelf,
        )


def faults_kept(faults: Iterable[Fault]) -> str:
    """Return faults as a column keeps them: each once, in the order of the pictures."""
    found = set(faults)
    return " ".join(fault for fault in Fault if fault in found)


def faults_read(kept: str) -> tuple[Fault, ...]:
    """Return the faults that a column keeps."""
    return tuple(Fault(word) for word in kept.split())
