"""How money, days, people and places are written in the reader's language."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date

from shop.kernel import hanzi
from shop.kernel.clock import SHANGHAI
from shop.kernel.money import CNY, Money

CHINESE = "zh_Hans"
ENGLISH = "en"

MINUS = "\N{MINUS SIGN}"
DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
GROUPS = ("", "万", "亿")
GROUP = 10_000
MOST_IN_WORDS = GROUP ** len(GROUPS)


def N_(msgid: str) -> str:  # noqa: N802 - the name that message extractors know
    """Return the text as it is, marked for translation where it is later shown."""
    return msgid


def money_text(amount: Money) -> str:
    """Return an amount such as ``¥1,186.54``: the sign people know, two decimals, thousands apart.

    It reads the same in both languages. Any other currency is named by its three letters. The
    same text as the macro ``money``.
    """
    sign = "¥" if amount.currency == CNY else f"{amount.currency} "
    yuan, fen = divmod(abs(amount.minor), 100)
    return f"{MINUS if amount.minor < 0 else ''}{sign}{yuan:,}.{fen:02d}"


def day_text(day: date, *, locale: str, today: date | None = None) -> str:
    """Return a day as one says it: ``7月25日`` or ``25 July``; the year where it is another.

    today    the day of reading; None always names the year.
    """
    if locale.startswith("en"):
        # British order: the day first, as in the sentences around it.
        short = format_date(day, "d MMMM", locale="en")
        return short if today and today.year == day.year else f"{short} {day.year}"
    short = f"{day.month}月{day.day}日"
    return short if today and today.year == day.year else f"{day.year}年{short}"


def instant_text(instant: datetime, *, locale: str, zone: str = SHANGHAI) -> str:
    """Return an instant at the place: ``7月20日 15:30`` or ``20 July, 15:30``."""
    local = instant.astimezone(ZoneInfo(zone))
    day = day_text(local.date(), locale=locale, today=local.date())
    return f"{day}{', ' if locale.startswith('en') else ' '}{local:%H:%M}"


def person_text(name: str, name_en: str | None, *, locale: str) -> str:
    """Return a person's name in the reader's language, the Chinese where there is no other."""
    return name_en if locale.startswith("en") and name_en else name


def amount_in_words(amount: Money) -> str:
    """Return a yuan amount in the capital figures of slips and receipts, 人民币 before it.

    Ends in 整 after whole yuan, in nothing after 角 or 分; a gap is one 零. Source: domain.md 12.

    Raises ValueError for another currency and from 10,000 亿 yuan on.
    """
    if amount.currency != CNY or abs(amount.minor) >= MOST_IN_WORDS * 100:
        message = f"no words for {amount}"
        raise ValueError(message)
    yuan, rest = divmod(abs(amount.minor), 100)
    jiao, fen = divmod(rest, 10)
    words = f"{_integer_in_words(yuan)}元" if yuan else ""
    if jiao:
        words += f"{DIGITS[jiao]}角"
    elif fen and yuan:
        words += "零"
    if fen:
        words += f"{DIGITS[fen]}分"
    if not rest:
        words = f"{words or '零元'}整"
    return f"人民币{'负' if amount.minor < 0 else ''}{words}"


def _integer_in_words(number: int) -> str:
    groups: list[int] = []
    while number:
        number, group = divmod(number, GROUP)
        groups.append(group)
    words = ""
    gap = False
    for place in range(len(groups) - 1, -1, -1):
        group = groups[place]
        if group == 0:
            gap = True
            continue
        if words and (gap or group < GROUP // 10):
            words += "零"
        words += _group_in_words(group) + GROUPS[place]
        gap = False
    return words


def _group_in_words(group: int) -> str:
    words = ""
    gap = False
    for place in range(3, -1, -1):
        digit = group // 10**place % 10
        if digit == 0:
            gap = bool(words)
            continue
        words += ("零" if gap else "") + DIGITS[digit] + PLACES[place]
        gap = False
    return words


def romanized(text: str) -> str:
    """Return Chinese characters in Latin letters, one word with a capital: 灯梁 gives Dengliang.

    An apostrophe parts syllables that would run together (南岸 gives Nan'an). Meant for names of
    places; a person's own spelling is asked of her.
    """
    word = ""
    for sign, sound in zip(text, hanzi.syllables(text), strict=True):
        syllable = sound.replace("v", "ü") or sign
        joint = "'" if word[-1:].isalpha() and syllable[:1] in {"a", "e", "o"} else ""
        word += joint + syllable
    return word[:1].upper() + word[1:]
