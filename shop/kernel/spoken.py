"""Numbers, money and days as they are said in Mandarin: a list of clips, played one after another.

Pure. A clip is a name; ``NUMBERS`` says which words are recorded under it, so that a set can be
spoken anew by somebody of the village.
"""

from __future__ import annotations

from datetime import date

from shop.kernel.money import Money

PAUSE = "pause"  # a breath: silence, not a recording
NUMBERS = {
    "0": "零",
    "1": "一",
    "2": "二",
    "3": "三",
    "4": "四",
    "5": "五",
    "6": "六",
    "7": "七",
    "8": "八",
    "9": "九",
    "pair": "两",
    "ten": "十",
    "hundred": "百",
    "thousand": "千",
    "myriad": "万",
    "yuan": "块",
    "jiao": "毛",
    "fen": "分",
    "year": "年",
    "month": "月",
    "day": "号",
    "percent": "百分之",
}
PLACES = ("", "ten", "hundred", "thousand")
MYRIAD = 10_000
MOST = MYRIAD * MYRIAD  # from here on nobody here counts
TWO, TEN = 2, 10


def number(value: int) -> list[str]:
    """Return a plain number: 12 is 十二, 22 is 二十二, 202 is 两百零二, 10010 is 一万零一十.

    Raises ValueError below zero and from a hundred million on.
    """
    if not 0 <= value < MOST:
        message = f"no clips for {value}"
        raise ValueError(message)
    if value == 0:
        return ["0"]
    high, low = divmod(value, MYRIAD)
    if not high:
        return _group(low, leads=True)
    said = ["pair" if high == TWO else one for one in _group(high, leads=True)]
    said.append("myriad")
    if low:
        said += ["0"] if low < MYRIAD // TEN else []
        said += _group(low, leads=False)
    return said


def _group(value: int, *, leads: bool) -> list[str]:
    """Return up to four digits; ``leads`` says that nothing stands before them."""
    said: list[str] = []
    gap = False
    for place in (3, 2, 1, 0):
        digit = value // TEN**place % TEN
        if not digit:
            gap = bool(said)
            continue
        if gap:
            said.append("0")
            gap = False
        if place == 1 and digit == 1 and leads and not said:
            said.append("ten")  # 十二, but 一百一十二
        elif place > 1 and digit == TWO:
            said += ["pair", PLACES[place]]
        else:
            said += [str(digit), *([PLACES[place]] if place else [])]
    return said


def count(value: int) -> list[str]:
    """Return a number before what is counted: two are 两, all others as they are."""
    return ["pair"] if value == TWO else number(value)


def money(amount: Money) -> list[str]:
    """Return a sum in 块, 毛 and 分, every fen said: 1145.64 is 一千一百四十五块六毛四分.

    The sign is not said; a gap before single fen is 零 (五块零四分). Source: domain.md 8.

    Raises ValueError for another currency and for sums nobody says.
    """
    if amount.currency != "CNY":
        message = f"no clips for {amount}"
        raise ValueError(message)
    yuan, rest = divmod(abs(amount.minor), 100)
    jiao, fen = divmod(rest, TEN)
    said = [*count(yuan), "yuan"] if yuan or not rest else []
    if jiao:
        said += [*count(jiao), "jiao"]
    elif fen and yuan:
        said.append("0")
    if fen:
        said += [*count(fen), "fen"]
    return said


def day(value: date, *, today: date) -> list[str]:
    """Return a day as 十一月二十五号; the year before it, digit by digit, where it is another."""
    said = [*number(value.month), "month", *number(value.day), "day"]
    if value.year == today.year:
        return said
    return [*str(value.year), "year", *said]


def percent(value: int) -> list[str]:
    """Return a share of a hundred: 百分之五十."""
    return ["percent", *number(value)]
