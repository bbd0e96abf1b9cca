from __future__ import annotations

import re

import pytest

from shop.accounts import picture_pins, queries
from shop.web.access import SIGN_IN_KEY
from tests.builders.earnings import AFTER_JULY, an_earning
from tests.web.member.test_own_pages import clock, her, open_pages, words

__all__ = ["clock", "her"]
HERS = (3, 7, 1, 11)
PAGE = "/member/borrowed"


@pytest.fixture
def code(in_app, her):
    def choose():
        maker = queries.actor_of(queries.user_of_member(her).id)
        return picture_pins.set_pictures(member_id=her, chosen=HERS, actor=maker, now=AFTER_JULY)

    return in_app(choose)


def steps_of(response):
    return re.search(r'name="steps" value="([^"]+)"', words(response))[1]


def touch(visitor, code, pictures, page=PAGE, status=200):
    """Send the code and then the pictures; return the last answer and what it was sent with."""
    answer = visitor.send(page, {"code": code}, via=page, status=200)
    sent = {}
    for place, picture in enumerate(pictures, 1):
        sent = {"steps": steps_of(answer), "picture": str(picture)}
        expected = status if place == len(pictures) else 200
        answer = visitor.send(page, sent, via=page, status=expected)
    return answer, sent


def test_a_code_and_four_pictures_show_her_sums_for_two_minutes(visitor, in_app, clock, her, code):
    in_app(an_earning, member_id=her, fen=50820)
    clock.on(seconds=1)
    visitor.open(f"{PAGE}?lang=en")

    answer, _ = touch(visitor, code, HERS)

    assert 'value="508.20"' in words(answer)
    assert answer.headers["Cache-Control"] == "no-store"
    assert '<meta http-equiv="refresh" content="120;url=/member/closed">' in words(answer)
    assert "Wang" not in words(answer)
    assert len(answer.get_data()) <= 40_000
    with visitor.client.session_transaction() as session:
        assert SIGN_IN_KEY not in session
    assert visitor.client.get("/member").location.startswith("/sign-in")


def test_going_back_and_sending_it_again_shows_nothing(visitor, in_app, clock, her, code):
    in_app(an_earning, member_id=her, fen=50820)
    clock.on(seconds=1)
    visitor.open(f"{PAGE}?lang=en")
    _, sent = touch(visitor, code, HERS)
    clock.on(seconds=5)

    again = visitor.send(PAGE, sent, via=PAGE, status=422)

    assert "508.20" not in words(again)
    assert "put away" in words(again)


def test_a_wrong_picture_shows_nothing_and_says_not_which(visitor, in_app, clock, her, code):
    in_app(an_earning, member_id=her, fen=50820)
    clock.on(seconds=1)
    visitor.open(f"{PAGE}?lang=en")

    wrong, _ = touch(visitor, code, (3, 7, 1, 10), status=422)
    nobody, _ = touch(visitor, "000000" if code != "000000" else "000001", HERS, status=422)

    for answer in (wrong, nobody):
        assert "508.20" not in words(answer)
        assert "do not belong together" in words(answer)


def test_what_travels_between_the_steps_cannot_be_read(visitor, in_app, clock, her, code):
    answer = visitor.send(PAGE, {"code": code}, via=PAGE, status=200)
    for picture in HERS[:3]:
        sent = {"steps": steps_of(answer), "picture": str(picture)}
        answer = visitor.send(PAGE, sent, via=PAGE, status=200)

    assert code not in words(answer)
    assert words(answer).count("pin-dot-full") == 3


@pytest.mark.parametrize("forged", ["", "x", "gAAAAA" + "A" * 90, "²" * 5])
def test_forged_steps_begin_anew(visitor, in_app, clock, forged):
    answer = visitor.send(PAGE, {"steps": forged, "picture": "99"}, via=PAGE, status=200)

    assert 'name="code"' in words(answer)


def test_she_chooses_her_pictures_sees_them_once_and_gets_her_code(visitor, in_app, clock, her):
    page = "/member/pictures"
    open_pages(visitor)
    answer = visitor.send(page, {"act": "begin"}, via=page, status=200)
    for picture in HERS:
        sent = {"steps": steps_of(answer), "picture": str(picture)}
        answer = visitor.send(page, sent, via=page, status=200)
    assert words(answer).count('class="pin-picture"') == 4

    visitor.send(page, {"act": "keep", "steps": steps_of(answer)}, via=page)

    code = in_app(picture_pins.code_of, her)
    shown = words(visitor.open(page))
    assert f"{code[:3]} {code[3:]}" in shown
    visitor.send(page, {"act": "end"}, via=page)
    assert in_app(picture_pins.code_of, her) is None


def test_pictures_that_anybody_would_try_are_named(visitor, in_app, clock, her):
    page = "/member/pictures"
    open_pages(visitor)
    answer = visitor.send(page, {"act": "begin"}, via=page, status=200)
    for _ in HERS:
        sent = {"steps": steps_of(answer), "picture": "5"}
        answer = visitor.send(page, sent, via=page, status=200)

    visitor.send(page, {"act": "keep", "steps": steps_of(answer)}, via=page)

    assert in_app(picture_pins.code_of, her) is None
    assert "not the same one again" in words(visitor.open(page))


def test_her_page_says_that_it_was_shown_on_a_borrowed_telephone(visitor, in_app, clock, her, code):
    clock.on(seconds=1)
    touch(visitor, code, HERS)

    assert "Shown on a borrowed telephone on 23 July" in words(open_pages(visitor))
