from __future__ import annotations

from datetime import UTC, date, datetime
from random import Random

import pytest

from shop.kernel import i18n
from shop.kernel.money import Money

VALUES = {digit: value for value, digit in enumerate("零壹贰叁肆伍陆柒捌玖")}
UNITS = {"拾": 10, "佰": 100, "仟": 1000}


@pytest.mark.parametrize(
    ("fen", "words"),
    [
        (10, "壹角"),
        (8008, "捌拾元零捌分"),
        (10000, "壹佰元整"),
        (32504, "叁佰贰拾伍元零肆分"),
        (61230, "陆佰壹拾贰元叁角"),
        (118654, "壹仟壹佰捌拾陆元伍角肆分"),
        (140950, "壹仟肆佰零玖元伍角"),
        (187892, "壹仟捌佰柒拾捌元玖角贰分"),
        (1_000_000, "壹万元整"),
        (0, "零元整"),
        (8, "捌分"),
        (10_000_100, "壹拾万零壹元整"),
        (10_010_000, "壹拾万零壹佰元整"),
        (20_000_000_000, "贰亿元整"),
        (10_001_000_000, "壹亿零壹万元整"),
        (-24110, "负贰佰肆拾壹元壹角"),
    ],
)
def test_amounts_are_written_in_capital_figures_as_on_slips(fen, words):
    assert i18n.amount_in_words(Money(fen)) == f"人民币{words}"


def read_back(words):
    """Read capital figures the way a cashier does: group by group."""
    yuan, _, rest = words.removeprefix("人民币").removesuffix("整").rpartition("元")
    fen = 0
    value = 0
    for sign in rest:
        if sign == "角":
            fen += 10 * value
        elif sign == "分":
            fen += value
        else:
            value = VALUES[sign]
    whole = group = value = 0
    for sign in yuan:
        if sign in VALUES:
            value = VALUES[sign]
        elif sign in UNITS:
            group += value * UNITS[sign]
            value = 0
        else:
            whole = (whole + group + value) * (10_000 if sign == "万" else 1)
            if sign == "亿":
                whole *= 100_000_000
            group = value = 0
    return (whole + group + value) * 100 + fen


def test_capital_figures_read_back_as_the_same_sum():
    chance = Random(20260725)
    for _ in range(500):
        fen = chance.randrange(1, 10 ** chance.randrange(1, 11))
        words = i18n.amount_in_words(Money(fen))
        assert read_back(words) == fen, words
        assert "零零" not in words
        assert not words.endswith("零")


def test_there_are_no_words_for_other_money():
    with pytest.raises(ValueError, match="no words"):
        i18n.amount_in_words(Money(100, "EUR"))


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Money(118654), "¥1,186.54"),
        (Money(5), "¥0.05"),
        (Money(-600), "−¥6.00"),
        (Money(123456789), "¥1,234,567.89"),
        (Money(100, "USD"), "USD 1.00"),
    ],
)
def test_money_reads_alike_in_both_languages(amount, text):
    assert i18n.money_text(amount) == text
    assert i18n.money_text(amount) == text


@pytest.mark.parametrize(
    ("locale", "today", "text"),
    [
        ("zh_Hans", date(2026, 7, 1), "7月25日"),
        ("zh_Hans", date(2025, 12, 31), "2026年7月25日"),
        ("en", date(2026, 7, 1), "25 July"),
        ("en", None, "25 July 2026"),
    ],
)
def test_a_day_is_said_with_the_year_only_where_it_is_another(locale, today, text):
    assert i18n.day_text(date(2026, 7, 25), locale=locale, today=today) == text


def test_an_instant_is_told_in_the_place_s_own_time():
    late = datetime(2026, 7, 20, 16, 30, tzinfo=UTC)

    assert i18n.instant_text(late, locale="zh_Hans") == "7月21日 00:30"
    assert i18n.instant_text(late, locale="en") == "21 July, 00:30"


@pytest.mark.parametrize(
    ("text", "letters"),
    [("灯梁", "Dengliang"), ("南岸", "Nan'an"), ("吕家", "Lüjia"), ("重庆", "Chongqing")],
)
def test_places_are_written_in_latin_letters(text, letters):
    assert i18n.romanized(text) == letters


def test_a_person_s_own_spelling_wins_over_ours():
    assert i18n.person_text("王秀兰", "Wang Xiulan", locale="en") == "Wang Xiulan"
    assert i18n.person_text("王秀兰", None, locale="en") == "王秀兰"
    assert i18n.person_text("王秀兰", "Wang Xiulan", locale="zh_Hans") == "王秀兰"
