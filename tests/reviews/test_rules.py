from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shop.reviews import rules
from shop.reviews.rules import FACES, PHRASES, REASONS, STARS, Bought, HidingReason, Phrase

NOON = datetime(2026, 7, 20, 4, 0, tzinfo=UTC)
PAIR = Bought(
    order_id=1,
    order_line_id=1,
    product_id=1,
    variant_id=1,
    workshop_id=1,
    station_id=1,
    maker_id=1,
    arrived=1,
    received_at=NOON,
    buyer_name="刘女士",
)


def test_a_line_may_be_reviewed_for_180_days_from_the_day_it_came():
    assert rules.write_until(PAIR) == NOON + timedelta(days=180)
    assert rules.write_until(replace(PAIR, received_at=None)) is None
    assert rules.write_until(replace(PAIR, arrived=0)) is None


def test_a_review_may_be_changed_once_within_14_days():
    assert rules.edit_until(NOON, None) == NOON + timedelta(days=14)
    assert rules.edit_until(NOON, NOON) is None


@pytest.mark.parametrize(
    ("stars", "average"),
    [
        ([], None),
        ([5], None),
        ([5, 5], None),
        ([5, 5, 4], 47),
        ([1, 2, 2], 17),
        ([4, 5, 4, 4, 5, 4, 5, 4, 4, 5, 5, 5, 5, 4, 5, 4, 4, 5, 4, 4], 45),
        ([5] * 19 + [4], 50),
        ([4] * 19 + [5], 41),
        ([1] * 20, 10),
    ],
)
def test_an_average_stands_on_three_ratings_at_least_and_is_rounded_half_up(stars, average):
    assert rules.average_tenths(sum(stars), len(stars)) == average


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("刘女士", "刘**"),
        ("  欧阳娜娜", "欧**"),
        ("Anna Smith", "A**"),
        ("anna", "A**"),
        ("𠮷田", "𠮷**"),
        ("（王）", "王**"),
        ("138 0000 1111", ""),
        ("", ""),
    ],
)
def test_of_a_name_only_the_first_sign_is_shown(name, shown):
    assert rules.masked_name(name) == shown


@pytest.mark.parametrize("nick", ["灯梁客服", "官方 小店", "ＤＥＮＧＬＩＡＮＧ", "Staff", "社工"])
def test_nobody_signs_as_the_house(nick):
    assert rules.is_house_name(nick)


@pytest.mark.parametrize("nick", ["山里的风", "Weaver", "刘姐"])
def test_other_names_are_free(nick):
    assert not rules.is_house_name(nick)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  很好\r\n很软  ", "很好\n很软"),
        ("很\u202e好\u200b看\x00\x08", "很好看"),
        ("打 138 0000 1111", "打 ***"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("𠮷野家😀", "𠮷野家😀"),
        (" \n\t ", ""),
    ],
)
def test_words_are_kept_as_they_may_be_shown(written, kept):
    assert rules.cleaned(written) == kept


def test_every_face_reason_and_phrase_has_its_words():
    assert set(FACES) == set(STARS)
    assert set(REASONS) == set(HidingReason)
    assert set(PHRASES) == set(Phrase)
    assert len({*FACES.values(), *REASONS.values(), *PHRASES.values()}) == 16
