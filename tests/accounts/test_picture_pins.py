from __future__ import annotations

from datetime import timedelta

import pytest

from shop.accounts import picture_pins
from shop.accounts import services as accounts
from shop.kernel import events
from shop.kernel.access import SYSTEM
from shop.kernel.errors import Forbidden
from tests.builders.accounts import PIN, a_maker, a_social_worker

HERS = (3, 7, 1, 11)
PHONE = "13983720001"
SECOND = timedelta(seconds=1)


@pytest.fixture
def maker(app):
    return a_maker(phone=PHONE)


@pytest.fixture
def code(maker, noon):
    return picture_pins.set_pictures(member_id=maker.member_id, chosen=HERS, actor=maker, now=noon)


def look(code, noon, chosen=HERS, begun=SECOND, after=SECOND):
    return picture_pins.open_with(
        code=code, chosen=chosen, begun_at=noon + begun, now=noon + max(begun, after)
    )


def test_code_and_pictures_show_whose_sums_they_are_and_leave_a_trace(maker, code, noon):
    assert len(code) == 6
    assert code.isdecimal()
    assert look(code, noon) == maker.member_id
    assert picture_pins.shown_at(maker.member_id) == noon + SECOND
    assert events.history(f"member:{maker.member_id}")[-1].kind == "ShownOnBorrowed"


@pytest.mark.parametrize("chosen", [(7, 3, 1, 11), (3, 7, 1), (3, 7, 1, 10), (), (3, 7, 1, 11, 3)])
def test_other_pictures_and_another_order_show_nothing(code, noon, chosen):
    with pytest.raises(picture_pins.WrongPictures):
        look(code, noon, chosen)


def test_a_code_that_is_nobody_s_sounds_the_same(code, noon):
    with pytest.raises(picture_pins.WrongPictures):
        look("000000" if code != "000000" else "000001", noon)


def test_a_form_works_once_and_an_old_one_not_at_all(code, noon):
    look(code, noon)
    with pytest.raises(picture_pins.BeginAgain):
        look(code, noon)
    with pytest.raises(picture_pins.BeginAgain):
        look(code, noon, begun=SECOND * 0, after=SECOND * 2)
    with pytest.raises(picture_pins.BeginAgain):
        look(code, noon, begun=2 * SECOND, after=timedelta(minutes=6))

    assert look(code, noon, begun=3 * SECOND)


def test_five_wrong_tries_rest_even_the_right_pictures_and_never_her_pin(maker, code, noon):
    for _ in range(5):
        with pytest.raises(picture_pins.WrongPictures):
            look(code, noon, (0, 1, 2, 3))

    with pytest.raises(accounts.Locked):
        look(code, noon)
    assert accounts.sign_in(login=PHONE, password=PIN, device="", now=noon)
    later = timedelta(minutes=16)
    assert look(code, noon, begun=later)


@pytest.mark.parametrize(
    "chosen", [(1, 1, 1, 1), (1, 1, 2, 2), (1, 2, 3), (1, 2, 3, 12), (-1, 2, 3, 4)]
)
def test_pictures_that_anybody_would_try_are_refused(maker, noon, chosen):
    with pytest.raises(picture_pins.WeakPictures):
        picture_pins.set_pictures(member_id=maker.member_id, chosen=chosen, actor=maker, now=noon)


def test_only_she_chooses_and_takes_away(maker, code, noon):
    for other in (a_social_worker(), a_maker(), SYSTEM):
        with pytest.raises(Forbidden):
            picture_pins.set_pictures(member_id=maker.member_id, chosen=HERS, actor=other, now=noon)
        with pytest.raises(Forbidden):
            picture_pins.end(member_id=maker.member_id, actor=other)


def test_new_pictures_keep_the_code_and_end_the_old_ones(maker, code, noon):
    again = picture_pins.set_pictures(
        member_id=maker.member_id, chosen=(0, 4, 8, 9), actor=maker, now=noon
    )

    assert again == code
    with pytest.raises(picture_pins.WrongPictures):
        look(code, noon)
    assert look(code, noon, (0, 4, 8, 9)) == maker.member_id


def test_taken_away_the_code_opens_nothing(maker, code, noon):
    picture_pins.end(member_id=maker.member_id, actor=maker)

    assert picture_pins.code_of(maker.member_id) is None
    with pytest.raises(picture_pins.WrongPictures):
        look(code, noon)


def test_whose_account_is_off_shows_nothing(maker, code, noon):
    accounts.switch_off(user_id=maker.user_id, actor=SYSTEM, now=noon)

    with pytest.raises(picture_pins.WrongPictures):
        look(code, noon)
