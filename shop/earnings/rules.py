"""What work is worth, when it is paid, and the sentence behind every amount. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from shop.kernel.i18n import N_
from shop.kernel.money import Money
from shop.production.rules import FAULT_WORDS, Fault
from shop.stations.rules import Tier

SECOND_GRADE_PERCENT = 70  # domain.md 6
MINIMUM_PAYOUT = Money(5000)  # domain.md 6; any smaller sum on request
# An account in another's name is looked at anew after so long. Source: domain.md 6 (payee).
PAYEE_REVIEW = timedelta(days=365)
# A transfer on the phone waits so long for its payee. Source: domain.md 6 (channels).
CONFIRM_TIME = timedelta(hours=24)
# A run above it needs the town's yes as well. Source: domain.md 2 (default 5,000 yuan a run).
TOWN_LIMIT = Money(500_000)
# Late pay is seen at the room on the first day, at the town and the county when it stays late: so
# many days after the promised one. The figures are ours; the source names only the three tiers.
LATE_PAY_CLIMBS = {Tier.ROOM: 1, Tier.TOWN: 3, Tier.COUNTY: 7}
MOST_CARRIED_RUNS = 2  # domain.md 5 E9: after two it is paid whatever it is
# Notes and coins in use, by worth in fen: 100 to 1 yuan, 5 and 1 jiao.
DENOMINATIONS = (10000, 5000, 2000, 1000, 500, 100, 50, 10)
# Accepted up to the first day is paid on the second. Source: domain.md 6 (pay days).
PAY_DAYS = ((5, 10), (20, 25))


class EarningKind(StrEnum):
    """What she is paid for."""

    PIECE_WAGE = "piece_wage"
    CONSIGNMENT_SHARE = "consignment_share"
    INSTRUCTOR_FEE = "instructor_fee"
    ASSISTANT_FEE = "assistant_fee"
    REVERSAL = "reversal"
    BACK_PAY = "back_pay"
    PROJECT_ALLOWANCE = "project_allowance"
    PATRONAGE_REFUND = "patronage_refund"
    ACCOUNT_SHARE = "account_share"


class PayeeState(StrEnum):
    """Where a member's bank account stands; money is sent to a standing one only."""

    PROPOSED = "proposed"
    STANDING = "standing"
    REFUSED = "refused"
    ENDED = "ended"


class YearState(StrEnum):
    """Where the sharing of a year's surplus stands; the members' meeting decides."""

    DRAFT = "draft"
    OPEN = "open"
    DECIDED = "decided"
    DROPPED = "dropped"


class Pot(StrEnum):
    """Where an amount lies for her. Source: domain.md 4 (three pots)."""

    SURE = "sure"
    WAITING = "waiting"
    PAID = "paid"


class PayRunState(StrEnum):
    """Where a pay run stands; the preparer never approves it, and the town is a third person."""

    DRAFT = "draft"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    PAYING = "paying"
    CLOSED = "closed"


class PayoutState(StrEnum):
    """Where the money of one slip stands."""

    PENDING = "pending"
    SENDING = "sending"
    PAID = "paid"
    RETURNED = "returned"
    CARRIED = "carried"


class PayChannel(StrEnum):
    """How she is paid."""

    BANK = "bank"
    CASH = "cash"
    WECHAT = "wechat"


RUN_MOVES: dict[PayRunState, frozenset[PayRunState]] = {
    PayRunState.DRAFT: frozenset({PayRunState.REVIEWED, PayRunState.APPROVED, PayRunState.CLOSED}),
    PayRunState.REVIEWED: frozenset({PayRunState.APPROVED, PayRunState.DRAFT}),
    PayRunState.APPROVED: frozenset({PayRunState.PAYING, PayRunState.CLOSED}),
    PayRunState.PAYING: frozenset({PayRunState.CLOSED}),
    PayRunState.CLOSED: frozenset(),
}
PAYOUT_MOVES: dict[PayoutState, frozenset[PayoutState]] = {
    PayoutState.PENDING: frozenset({PayoutState.SENDING, PayoutState.PAID}),
    PayoutState.SENDING: frozenset({PayoutState.PAID, PayoutState.RETURNED}),
    PayoutState.RETURNED: frozenset({PayoutState.SENDING, PayoutState.PAID}),
    PayoutState.PAID: frozenset(),
    PayoutState.CARRIED: frozenset(),
}
YEAR_MOVES: dict[YearState, frozenset[YearState]] = {
    YearState.DRAFT: frozenset({YearState.OPEN, YearState.DROPPED}),
    YearState.OPEN: frozenset({YearState.DECIDED, YearState.DROPPED}),
    YearState.DECIDED: frozenset(),
    YearState.DROPPED: frozenset(),
}
PAYEE_MOVES: dict[PayeeState, frozenset[PayeeState]] = {
    PayeeState.PROPOSED: frozenset({PayeeState.STANDING, PayeeState.REFUSED}),
    PayeeState.STANDING: frozenset({PayeeState.ENDED}),
    PayeeState.REFUSED: frozenset(),
    PayeeState.ENDED: frozenset(),
}
# A run stays open while one of its lines is on its way. Source: domain.md 5 E11.
KEEPS_RUN_OPEN = frozenset({PayoutState.PENDING, PayoutState.SENDING})
# A slip under the minimum begins, and stays, as carried over to the next run.
BEGINNINGS = frozenset(
    {PayoutState.PENDING, PayoutState.CARRIED, PayeeState.PROPOSED, YearState.DRAFT}
)
# What is taken back when a sale is: never a wage for work. Source: domain.md 4 (two lanes of pay).
REVERSIBLE = frozenset({EarningKind.CONSIGNMENT_SHARE})
# Pay for work that a correction may change; a share goes back with its sale instead.
CORRECTABLE = frozenset(
    {EarningKind.PIECE_WAGE, EarningKind.INSTRUCTOR_FEE, EarningKind.ASSISTANT_FEE}
)
SHARES_OF_SURPLUS = frozenset({EarningKind.PATRONAGE_REFUND, EarningKind.ACCOUNT_SHARE})
# Given for coming to a training, or for owning the co-operative, not for work: no deduction is
# measured by it (domain.md 4, 5 E8).
NOT_FOR_WORK = SHARES_OF_SURPLUS | {EarningKind.PROJECT_ALLOWANCE}
ON_CONSIGNMENT = frozenset({EarningKind.CONSIGNMENT_SHARE, EarningKind.REVERSAL})


def account_number(typed: str) -> str | None:
    """Return the digits of an account or card, or None for what cannot be one.

    Blanks and strokes between groups do not matter.
    """
    digits = re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", typed))
    return digits if re.fullmatch(r"[0-9]{8,32}", digits) else None


def is_own_name(holder: str, name: str) -> bool:
    """Say whether an account stands in the member's own name; blanks and points do not matter."""

    def bare(text: str) -> str:
        return re.sub(r"[\s·•・]", "", unicodedata.normalize("NFKC", text)).casefold()

    return bool(bare(name)) and bare(holder) == bare(name)


def piece_wage(rate: Money, *, passed: int, second_grade: int = 0) -> Money:
    """Return the wage for one hand-in; ``rate`` is for one good piece. Source: domain.md 5 E8."""
    return rate * passed + rate.percent(SECOND_GRADE_PERCENT) * second_grade


def consignment_share(sold_for: Money, percent: int) -> Money:
    """Return her part of what her own piece was sold for. Source: domain.md 4."""
    return sold_for.percent(percent)


def source_of(key: str) -> str:
    """Return the ledger source that an earning's key begins with.

    ``hand_in:12`` is its own; ``order:31:line:2`` belongs to ``order:31``.
    """
    return ":".join(key.split(":")[:2])


def pay_day_for(day: date) -> date:
    """Return when that is paid which became sure on ``day``. Source: domain.md 6 (pay days)."""
    for last, paid_on in PAY_DAYS:
        if day.day <= last:
            return day.replace(day=paid_on)
    return _first_of_next_month(day).replace(day=PAY_DAYS[0][1])


def next_pay_day(today: date) -> date:
    """Return the first pay day that is not over, today included."""
    for _, paid_on in PAY_DAYS:
        if today.day <= paid_on:
            return today.replace(day=paid_on)
    return _first_of_next_month(today).replace(day=PAY_DAYS[0][1])


def is_period_end(day: date) -> bool:
    """Say whether a period of pay ends on this day."""
    return day.day in {last for last, _ in PAY_DAYS}


def last_period_end(today: date) -> date:
    """Return the end of the latest period that is over."""
    yesterday = today - timedelta(days=1)
    ends = [last for last, _ in PAY_DAYS if last <= yesterday.day]
    if ends:
        return yesterday.replace(day=ends[-1])
    return (yesterday.replace(day=1) - timedelta(days=1)).replace(day=PAY_DAYS[-1][0])


def _first_of_next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def state_approved(paid: Money, *, limit: Money) -> PayRunState:
    """Return where a run stands once its second person has approved it.

    paid     what the run pays out; of nothing nothing is left to do.
    limit    above it the town confirms the run.

    Source: domain.md 2 and 3 (draft, reviewed, town approval, paying).
    """
    if not paid:
        return PayRunState.CLOSED
    return PayRunState.REVIEWED if paid > limit else PayRunState.APPROVED


def is_carried(due: Money, *, carried_before: int, asked: bool) -> bool:
    """Say whether a sum waits for the next run instead of being paid.

    carried_before    runs in a row that carried hers over already.
    asked             she wants it now: then any sum is paid.

    Source: domain.md 5 E9, 6 (minimum payout); trust.md L5 (less than nothing is never paid).
    """
    if due <= Money(0):
        return True
    return due < MINIMUM_PAYOUT and carried_before < MOST_CARRIED_RUNS and not asked


def in_notes(amount: Money) -> tuple[dict[int, int], Money]:
    """Return the notes and coins of one envelope, and the fen for which there is no coin.

    Few pieces, the largest first: by worth in fen, how many; what is not needed is left out.
    Source: domain.md 8 (real denominations).
    """
    pieces: dict[int, int] = {}
    rest = amount.minor
    for worth in DENOMINATIONS:
        many, rest = divmod(rest, worth)
        if many:
            pieces[worth] = many
    return pieces, Money(rest)


@dataclass(frozen=True, slots=True)
class Words:
    """One thing's name in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why pieces were not good: texts to translate, and what somebody typed."""

    msgids: tuple[str, ...]
    typed: str


Blank = int | str | Money | date | Words | Reasons


@dataclass(frozen=True, slots=True)
class Sentence:
    """An amount explained: a text to translate and what fills its blanks.

    A blank is a number, a Money, a day, Words, Reasons or text as somebody typed it.
    """

    msgid: str
    blanks: Mapping[str, Blank]


WAGE = N_(
    "%(day)s, slip %(slip)s: %(pieces)s pieces of %(title)s handed in, %(passed)s passed, "
    "%(rate)s each: %(sum)s."
)
WAGE_WITH_SECONDS = N_(
    "%(day)s, slip %(slip)s: %(pieces)s pieces of %(title)s handed in, %(passed)s passed at "
    "%(rate)s each, %(second)s second grade at %(second_rate)s each (%(reason)s): %(sum)s."
)
WAGE_RAISED = N_(
    "%(day)s, slip %(slip)s, looked at again because you objected: %(passed)s pieces of %(title)s "
    "passed at %(rate)s each, %(second)s second grade at %(second_rate)s each, %(together)s "
    "instead of %(before)s: %(sum)s more."
)
SHARE = N_(
    "%(day)s: %(quantity)s × %(title)s sold for %(price)s; your share is %(percent)s percent: "
    "%(sum)s."
)
INSTRUCTOR = N_("%(day)s: you taught “%(title)s” to %(guests)s guests: %(sum)s.")
ASSISTANT = N_("%(day)s: you helped at “%(title)s” with %(guests)s guests: %(sum)s.")
BACK_PAY = N_("%(day)s: too little was written for “%(title)s” (%(reason)s): %(sum)s more.")
ALLOWANCE = N_(
    "%(days)s days of training up to %(day)s, %(rate)s a day, from project %(number)s "
    "(%(title)s): %(sum)s."
)
PATRONAGE = N_(
    "%(year)s: your work was worth %(hers)s of %(all)s; of the surplus %(part)s was shared out by "
    "work: %(sum)s."
)
BY_ACCOUNTS = N_(
    "%(year)s: your account holds %(hers)s of %(all)s; of the surplus %(part)s was shared out by "
    "accounts: %(sum)s."
)
TAKEN_BACK = N_(
    "%(day)s: %(quantity)s × %(title)s came back and the buyer was refunded; "
    "your share of that sale: %(sum)s."
)
PLAIN = N_("%(day)s: %(sum)s.")


def share_facts(
    *, title: str, title_en: str | None, quantity: int, price: Money, percent: int
) -> dict[str, object]:
    """Return what the sentence of a consignment share needs; ``price`` is for all pieces."""
    return {
        "title": title,
        "title_en": title_en or title,
        "quantity": quantity,
        "price_minor": price.minor,
        "percent": percent,
    }


def fee_facts(*, title: str, title_en: str | None, guests: int) -> dict[str, object]:
    """Return what the sentence of an instructor's or assistant's fee needs."""
    return {"title": title, "title_en": title_en or title, "guests": guests}


def allowance_facts(
    *, number: str, title: str, title_en: str, days: int, day_rate: Money, last_day: date
) -> dict[str, object]:
    """Return what the sentence of a project's training allowance needs.

    number    of the project, whose title this is.
    """
    return {
        "number": number,
        "title": title,
        "title_en": title_en,
        "days": days,
        "rate_minor": day_rate.minor,
        "day": last_day.isoformat(),
    }


def surplus_facts(*, year: int, hers: Money, everyones: Money, part: Money) -> dict[str, object]:
    """Return what the sentence of a share of the surplus needs.

    hers, everyones    her work or account, and that of all members together.
    part               of the surplus, shared out in that proportion.
    """
    return {
        "title": str(year),
        "year": year,
        "hers_minor": hers.minor,
        "all_minor": everyones.minor,
        "part_minor": part.minor,
    }


def return_facts(*, title: str, title_en: str | None, quantity: int) -> dict[str, object]:
    """Return what the sentence of a reversal needs."""
    return {"title": title, "title_en": title_en or title, "quantity": quantity}


Blanks = dict[str, Blank]
Facts = Mapping[str, object]


def sentence(kind: EarningKind, facts: Facts, *, amount: Money, day: date) -> Sentence:
    """Return the sentence that explains one amount. Source: domain.md 4 (every fen explained).

    facts    of a wage: ``title``, ``title_en``, ``hand_in`` (number of the slip), ``day`` (of the
             hand-in, ISO), ``pieces``, ``passed``, ``rate_minor`` and, with second grade,
             ``second_grade``, ``second_grade_minor``, ``reason`` and, since faults have pictures,
             ``faults``; with ``before_minor`` and ``together_minor`` it is the difference that a
             second look made; of the other kinds what the ``…_facts`` functions give.
    day      the business day on which it was earned, where the facts name none.

    Facts of an older make, or none, still give the day and the sum.
    """
    blanks: Blanks = {"day": day, "sum": amount}
    try:
        title = str(facts["title"])
        msgid = _SENTENCES[kind](facts, blanks)
    except (KeyError, ValueError):
        return Sentence(PLAIN, {"day": day, "sum": amount})
    return Sentence(msgid, blanks | {"title": Words(title, str(facts.get("title_en") or title))})


def _number(facts: Facts, name: str) -> int:
    return int(str(facts[name]))


def _wage(facts: Facts, blanks: Blanks) -> str:
    blanks |= {
        "day": date.fromisoformat(str(facts["day"])),
        "slip": str(facts["hand_in"]),
        "pieces": _number(facts, "pieces"),
        "passed": _number(facts, "passed"),
        "rate": Money(_number(facts, "rate_minor")),
    }
    if "before_minor" in facts:
        blanks |= {
            "second": _number(facts, "second_grade"),
            "second_rate": Money(_number(facts, "second_grade_minor")),
            "together": Money(_number(facts, "together_minor")),
            "before": Money(_number(facts, "before_minor")),
        }
        return WAGE_RAISED
    if not facts.get("second_grade"):
        return WAGE
    blanks |= {
        "second": _number(facts, "second_grade"),
        "second_rate": Money(_number(facts, "second_grade_minor")),
        "reason": Reasons(_fault_msgids(facts.get("faults")), str(facts["reason"])),
    }
    return WAGE_WITH_SECONDS


def _fault_msgids(faults: object) -> tuple[str, ...]:
    return tuple(FAULT_WORDS[Fault(one)] for one in faults) if isinstance(faults, list) else ()


def _share(facts: Facts, blanks: Blanks) -> str:
    blanks |= {
        "quantity": _number(facts, "quantity"),
        "price": Money(_number(facts, "price_minor")),
        "percent": _number(facts, "percent"),
    }
    return SHARE


def _instructor(facts: Facts, blanks: Blanks) -> str:
    blanks |= {"guests": _number(facts, "guests")}
    return INSTRUCTOR


def _assistant(facts: Facts, blanks: Blanks) -> str:
    blanks |= {"guests": _number(facts, "guests")}
    return ASSISTANT


def _taken_back(facts: Facts, blanks: Blanks) -> str:
    blanks |= {"quantity": _number(facts, "quantity")}
    return TAKEN_BACK


def _back_pay(facts: Facts, blanks: Blanks) -> str:
    blanks |= {"reason": str(facts["reason"])}
    return BACK_PAY


def _allowance(facts: Facts, blanks: Blanks) -> str:
    blanks |= {
        "day": date.fromisoformat(str(facts["day"])),
        "number": str(facts["number"]),
        "days": _number(facts, "days"),
        "rate": Money(_number(facts, "rate_minor")),
    }
    return ALLOWANCE


def _of_surplus(msgid: str) -> Callable[[Facts, Blanks], str]:
    def fill(facts: Facts, blanks: Blanks) -> str:
        blanks |= {
            "year": str(facts["year"]),
            "hers": Money(_number(facts, "hers_minor")),
            "all": Money(_number(facts, "all_minor")),
            "part": Money(_number(facts, "part_minor")),
        }
        return msgid

    return fill


_SENTENCES = {
    EarningKind.PIECE_WAGE: _wage,
    EarningKind.CONSIGNMENT_SHARE: _share,
    EarningKind.INSTRUCTOR_FEE: _instructor,
    EarningKind.ASSISTANT_FEE: _assistant,
    EarningKind.REVERSAL: _taken_back,
    EarningKind.BACK_PAY: _back_pay,
    EarningKind.PROJECT_ALLOWANCE: _allowance,
    EarningKind.PATRONAGE_REFUND: _of_surplus(PATRONAGE),
    EarningKind.ACCOUNT_SHARE: _of_surplus(BY_ACCOUNTS),
}
