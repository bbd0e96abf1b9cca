from __future__ import annotations

from datetime import date

import pytest

from shop.earnings import rules, spoken
from shop.earnings.queries import Due, Pots
from shop.earnings.rules import EarningKind
from shop.kernel.money import Money
from tests.builders.earnings import wage_facts

TODAY = date(2026, 7, 23)
NOTHING = Pots(Money(0), (), Money(0), None, Money(0), None)


def heard(pots, *, is_asked=False):
    return spoken.text_of(spoken.page_said(pots, is_asked=is_asked, today=TODAY))


def sentence(kind, facts, fen):
    found = rules.sentence(kind, facts, amount=Money(fen), day=date(2026, 7, 18))
    return spoken.text_of(spoken.sentence_said(found, today=TODAY))


def test_her_page_says_what_is_sure_when_it_comes_what_waits_and_what_was_paid():
    pots = Pots(
        sure=Money(50820),
        due=(Due(date(2026, 7, 25), Money(50820), is_late=False, taken=Money(0)),),
        waiting=Money(9240),
        waiting_until=None,
        paid=Money(20000),
        last_paid_on=date(2026, 7, 10),
    )

    assert heard(pots) == (
        "验收好了要发给您的钱，一共五百零八块两毛，七月二十五号发给您，"
        "还在等的钱，一共九十二块四毛，等买家收货满七天，"
        "发过的钱，一共两百块，上一次是七月十号。"
    )


def test_parts_are_said_each_with_its_sum_and_late_ones_as_late():
    pots = Pots(
        sure=Money(114564),
        due=(
            Due(date(2026, 7, 10), Money(12000), is_late=True, taken=Money(0)),
            Due(date(2026, 7, 25), Money(102564), is_late=False, taken=Money(0)),
        ),
        waiting=Money(100),
        waiting_until=date(2026, 8, 2),
        paid=Money(0),
        last_paid_on=None,
    )

    words = heard(pots)

    assert "七月十号本来该发一百二十块，还没有发请您问一问" in words
    assert "七月二十五号发给您一千零二十五块六毛四分" in words
    assert "一块，等到八月二号" in words
    assert words.endswith("发过的钱，没有。")


def test_a_small_sum_says_that_it_waits_or_that_she_asked():
    due = (Due(date(2026, 7, 25), Money(2310), is_late=False, taken=Money(0)),)
    pots = Pots(Money(2310), due, Money(0), None, Money(0), None)

    assert "您开口要就发" in heard(pots)
    assert "您开口要了下次一起发" in heard(pots, is_asked=True)


def test_who_has_nothing_hears_that():
    assert heard(NOTHING).count("没有") == 3


@pytest.mark.parametrize(
    ("kind", "facts", "fen", "words"),
    [
        (
            EarningKind.PIECE_WAGE,
            wage_facts(),
            50820,
            "七月十八号，您交了十二件，合格十一件每件四十六块两毛，一共五百零八块两毛。",
        ),
        (
            EarningKind.PIECE_WAGE,
            wage_facts()
            | {"second_grade": 2, "second_grade_minor": 3234, "passed": 10, "reason": "短"},
            52668,
            (
                "七月十八号，您交了十二件，合格十件每件四十六块两毛，"
                "让步接收两件每件三十二块三毛四分，一共五百二十六块六毛八分。"
            ),
        ),
        (
            EarningKind.CONSIGNMENT_SHARE,
            rules.share_facts(
                title="壁挂", title_en=None, quantity=1, price=Money(18480), percent=50
            ),
            9240,
            "七月十八号，卖了一件，一百八十四块八毛，您分到百分之五十，归您九十二块四毛。",
        ),
        (
            EarningKind.INSTRUCTOR_FEE,
            rules.fee_facts(title="编凉鞋", title_en=None, guests=8),
            24000,
            "七月十八号，您上了一次课八位客人，归您两百四十块。",
        ),
        (
            EarningKind.ASSISTANT_FEE,
            rules.fee_facts(title="编凉鞋", title_en=None, guests=2),
            8000,
            "七月十八号，您帮了一次课两位客人，归您八十块。",
        ),
        (
            EarningKind.REVERSAL,
            rules.return_facts(title="壁挂", title_en=None, quantity=2),
            -9240,
            "七月十八号，退回来两件，从您的钱里扣九十二块四毛。",
        ),
        (EarningKind.PIECE_WAGE, {}, 1000, "七月十八号，归您十块。"),
        (EarningKind.REVERSAL, {}, -1000, "七月十八号，从您的钱里扣十块。"),
    ],
)
def test_every_sentence_is_said(kind, facts, fen, words):
    assert sentence(kind, facts, fen) == words


def test_every_clip_that_is_said_stands_in_the_list_to_record():
    assert set(spoken.PHRASES).isdisjoint(set(spoken.CLIPS) - set(spoken.PHRASES))
    assert "pause" not in spoken.CLIPS
    assert len(set(spoken.CLIPS.values())) == len(spoken.CLIPS)


def test_what_comes_off_is_said_beside_what_she_gets():
    due = (Due(date(2026, 7, 25), Money(118654), is_late=False, taken=Money(20600)),)
    pots = Pots(Money(118654), due, Money(0), None, Money(0), None)

    assert "一共一千一百八十六块五毛四分，七月二十五号发给您，从您的钱里扣两百零六块，" in heard(
        pots
    )
