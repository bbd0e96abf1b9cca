from __future__ import annotations

import random
import re
from datetime import date

import pytest

from shop.kernel import spoken
from shop.kernel.money import Money
from shop.kernel.spoken import NUMBERS

TODAY = date(2026, 7, 23)
# Two of a thing are 两; only after a ten or a gap does 二 stand before a unit.
WRONG_TWO = re.compile("(?<![十零])二[百千万块毛分]|两十")
PLACES = {"十": 10, "百": 100, "千": 1000}
DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"两": 2}


def said(clips):
    return "".join(NUMBERS[one] for one in clips)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "零"),
        (2, "二"),
        (10, "十"),
        (12, "十二"),
        (20, "二十"),
        (22, "二十二"),
        (100, "一百"),
        (101, "一百零一"),
        (110, "一百一十"),
        (112, "一百一十二"),
        (200, "两百"),
        (202, "两百零二"),
        (220, "两百二十"),
        (1000, "一千"),
        (1002, "一千零二"),
        (1010, "一千零一十"),
        (2020, "两千零二十"),
        (2200, "两千两百"),
        (10000, "一万"),
        (10001, "一万零一"),
        (10010, "一万零一十"),
        (10200, "一万零两百"),
        (12000, "一万两千"),
        (20002, "两万零二"),
        (22222, "两万两千两百二十二"),
        (99999, "九万九千九百九十九"),
        (120000, "十二万"),
        (1000000, "一百万"),
    ],
)
def test_a_number_is_said_as_in_mandarin(number, words):
    assert said(spoken.number(number)) == words


@pytest.mark.parametrize(
    ("fen", "words"),
    [
        (0, "零块"),
        (1, "一分"),
        (2, "两分"),
        (10, "一毛"),
        (20, "两毛"),
        (25, "两毛五分"),
        (100, "一块"),
        (105, "一块零五分"),
        (200, "两块"),
        (222, "两块两毛两分"),
        (1000, "十块"),
        (1002, "十块零两分"),
        (1200, "十二块"),
        (2310, "二十三块一毛"),
        (4620, "四十六块两毛"),
        (20000, "两百块"),
        (50820, "五百零八块两毛"),
        (114564, "一千一百四十五块六毛四分"),
        (200000, "两千块"),
        (1000005, "一万块零五分"),
        (9999999, "九万九千九百九十九块九毛九分"),
        (-2310, "二十三块一毛"),
    ],
)
def test_a_sum_is_said_in_kuai_mao_and_fen(fen, words):
    assert said(spoken.money(Money(fen))) == words


def heard(words):
    """Return what somebody understands who hears a number."""
    high, cut, low = words.rpartition("万")
    if cut:
        return heard(high) * 10_000 + (heard(low) if low else 0)
    value = digit = 0
    for sign in words:
        if sign in PLACES:
            value += (digit or 1) * PLACES[sign]
            digit = 0
        else:
            digit = DIGITS[sign]
    return value + digit


def heard_fen(words):
    yuan, cut, rest = words.rpartition("块")
    fen = heard(yuan) * 100 if cut else 0
    rest = rest.removeprefix("零")
    for unit, worth in (("毛", 10), ("分", 1)):
        part, cut, after = rest.partition(unit)
        if cut:
            fen += heard(part) * worth
            rest = after
    assert not rest
    return fen


def test_whoever_listens_hears_the_very_sum():
    chance = random.Random(8)
    sums = [*range(12_000), *(chance.randrange(10_000_000) for _ in range(20_000))]
    for fen in sums:
        words = said(spoken.money(Money(fen)))
        assert heard_fen(words) == fen, words
        assert "零零" not in words
        assert not words.startswith("零块零")
        assert not WRONG_TWO.search(words), words


def test_different_sums_sound_different():
    words = [said(spoken.money(Money(fen))) for fen in range(50_000)]

    assert len(set(words)) == len(words)


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 7, 25), "七月二十五号"),
        (date(2026, 2, 2), "二月二号"),
        (date(2026, 10, 10), "十月十号"),
        (date(2026, 12, 31), "十二月三十一号"),
        (date(2027, 1, 20), "二零二七年一月二十号"),
    ],
)
def test_a_day_is_said_and_another_year_digit_by_digit(day, words):
    assert said(spoken.day(day, today=TODAY)) == words


def test_two_of_a_thing_are_a_pair_and_a_share_is_of_a_hundred():
    assert [said(spoken.count(n)) for n in (1, 2, 12, 22)] == ["一", "两", "十二", "二十二"]
    assert said(spoken.percent(50)) == "百分之五十"
    assert said(spoken.percent(2)) == "百分之二"


@pytest.mark.parametrize("number", [-1, 100_000_000])
def test_what_nobody_here_counts_has_no_clips(number):
    with pytest.raises(ValueError, match="no clips"):
        spoken.number(number)


def test_another_currency_has_no_clips():
    with pytest.raises(ValueError, match="no clips"):
        spoken.money(Money(100, "USD"))
