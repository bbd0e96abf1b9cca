"""What a maker's page says aloud: her three pots, and the sentence behind every amount. Pure."""

from __future__ import annotations

from datetime import date

from shop.earnings import rules
from shop.earnings.queries import EarningLine, Pots
from shop.earnings.rules import MINIMUM_PAYOUT, Sentence
from shop.kernel import spoken
from shop.kernel.money import Money
from shop.kernel.spoken import PAUSE

PHRASES = {
    "sure": "验收好了要发给您的钱",
    "waiting": "还在等的钱",
    "paid": "发过的钱",
    "together": "一共",
    "comes": "发给您",
    "was-due": "本来该发",
    "is-late": "还没有发请您问一问",
    "small-waits": "不到五十块的先等一等您开口要就发",
    "you-asked": "您开口要了下次一起发",
    "until": "等到",
    "until-received": "等买家收货满七天",
    "last": "上一次是",
    "nothing": "没有",
    "was-paid": "发过了",
    "handed-in": "您交了",
    "passed": "合格",
    "second-grade": "让步接收",
    "piece": "件",
    "each": "每件",
    "sold": "卖了",
    "your-share": "您分到",
    "taught": "您上了一次课",
    "helped": "您帮了一次课",
    "guests": "位客人",
    "trained": "您来学习了",
    "days": "天",
    "a-day": "每天",
    "came-back": "退回来",
    "taken-back": "从您的钱里扣",
    "you-get": "归您",
}
CLIPS = spoken.NUMBERS | PHRASES
PARTS_SAID = 3


def page_said(pots: Pots, *, is_asked: bool, today: date) -> list[str]:
    """Return the clips of her first page: what is sure and when, what waits, what was paid.

    is_asked    she asked for a small sum already.
    """
    sure = _sure(pots, is_asked=is_asked, today=today)
    said = [*sure, PAUSE, *_waiting(pots, today), PAUSE, *_paid(pots, today)]
    # One breath between two things, however many parts ask for one.
    pairs = zip(said, [*said[1:], ""], strict=True)
    return [one for one, after in pairs if (one, after) != (PAUSE, PAUSE)]


def _sure(pots: Pots, *, is_asked: bool, today: date) -> list[str]:
    if pots.sure <= Money(0):
        return ["sure", PAUSE, "nothing"]
    said = ["sure", PAUSE, "together", *spoken.money(pots.sure), PAUSE]
    for part in pots.due[:PARTS_SAID]:
        said += spoken.day(part.pay_on, today=today)
        said.append("was-due" if part.is_late else "comes")
        said += spoken.money(part.amount) if len(pots.due) > 1 else []
        said += [PAUSE, "is-late"] if part.is_late else []
        said.append(PAUSE)
    if pots.taken:
        said += ["taken-back", *spoken.money(pots.taken), PAUSE]
    if pots.sure < MINIMUM_PAYOUT:
        said.append("you-asked" if is_asked else "small-waits")
    return said


def _waiting(pots: Pots, today: date) -> list[str]:
    if not pots.waiting:
        return ["waiting", PAUSE, "nothing"]
    said = ["waiting", PAUSE, "together", *spoken.money(pots.waiting), PAUSE]
    if pots.waiting_until is None:
        return [*said, "until-received"]
    return [*said, "until", *spoken.day(pots.waiting_until, today=today)]


def _paid(pots: Pots, today: date) -> list[str]:
    if pots.last_paid_on is None:
        return ["paid", PAUSE, "nothing"]
    day = spoken.day(pots.last_paid_on, today=today)
    return ["paid", PAUSE, "together", *spoken.money(pots.paid), PAUSE, "last", *day]


def line_said(line: EarningLine, *, today: date) -> list[str]:
    """Return the clips of one amount: the sentence behind it, and when it comes or came."""
    said = sentence_said(line.sentence, today=today)
    if line.paid_on is not None:
        return [*said, PAUSE, *spoken.day(line.paid_on, today=today), "was-paid"]
    if line.pay_on is not None:
        return [*said, PAUSE, *spoken.day(line.pay_on, today=today), "comes"]
    return [*said, PAUSE, "until-received"]


def sentence_said(sentence: Sentence, *, today: date) -> list[str]:
    """Return the clips of one sentence; names of pieces are left to its text."""
    blanks = sentence.blanks
    day = spoken.day(_day(blanks["day"]), today=today)
    amount = spoken.money(_money(blanks["sum"]))

    def pieces(name: str) -> list[str]:
        return [*spoken.count(_whole(blanks[name])), "piece"]

    def each(name: str) -> list[str]:
        return ["each", *spoken.money(_money(blanks[name]))]

    match sentence.msgid:
        case rules.WAGE | rules.WAGE_WITH_SECONDS:
            said = ["handed-in", *pieces("pieces"), PAUSE, "passed", *pieces("passed")]
            said += each("rate")
            if sentence.msgid == rules.WAGE_WITH_SECONDS:
                said += [PAUSE, "second-grade", *pieces("second"), *each("second_rate")]
            said += [PAUSE, "together", *amount]
        case rules.SHARE:
            said = ["sold", *pieces("quantity"), PAUSE, *spoken.money(_money(blanks["price"]))]
            share = spoken.percent(_whole(blanks["percent"]))
            said += [PAUSE, "your-share", *share, PAUSE, "you-get", *amount]
        case rules.INSTRUCTOR | rules.ASSISTANT:
            said = ["taught" if sentence.msgid == rules.INSTRUCTOR else "helped"]
            said += [*spoken.count(_whole(blanks["guests"])), "guests", PAUSE, "you-get", *amount]
        case rules.ALLOWANCE:
            said = ["trained", *spoken.count(_whole(blanks["days"])), "days", PAUSE, "a-day"]
            said += [*spoken.money(_money(blanks["rate"])), PAUSE, "you-get", *amount]
        case rules.TAKEN_BACK:
            said = ["came-back", *pieces("quantity"), PAUSE, "taken-back", *amount]
        case _:
            said = ["taken-back" if _money(blanks["sum"]) < Money(0) else "you-get", *amount]
    return [*day, PAUSE, *said]


def text_of(clips: list[str]) -> str:
    """Return what a list of clips says, in characters: for whoever reads, and where no sound is."""
    return "".join("，" if one == PAUSE else CLIPS[one] for one in clips) + "。"


def _money(value: object) -> Money:
    assert isinstance(value, Money)  # noqa: S101 - the sentences of rules say so
    return value


def _whole(value: object) -> int:
    assert isinstance(value, int)  # noqa: S101 - the sentences of rules say so
    return value


def _day(value: object) -> date:
    assert isinstance(value, date)  # noqa: S101 - the sentences of rules say so
    return value
