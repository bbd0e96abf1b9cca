from __future__ import annotations

from datetime import timedelta

import pytest

from shop.accounts import picture_pins, pins
from shop.accounts import services as accounts
from shop.accounts.services import WrongSignIn
from tests.builders.accounts import a_maker, a_social_worker, an_inspector

PHONE = "13983720001"
HERS = (3, 7, 1, 11)
pytestmark = pytest.mark.usefixtures("app")


def test_pictures_kept_by_many_taps_at_once_are_one_code(noon, at_once):
    maker = a_maker(phone=PHONE)

    answers = at_once(
        lambda _: picture_pins.set_pictures(
            member_id=maker.member_id, chosen=HERS, actor=maker, now=noon
        ),
        8,
    )

    assert set(answers) == {picture_pins.code_of(maker.member_id)}
    second = timedelta(seconds=1)
    (code,) = set(answers)
    assert maker.member_id == picture_pins.open_with(
        code=str(code), chosen=HERS, begun_at=noon + second, now=noon + second
    )


def test_of_many_witnesses_at_once_one_gives_the_pin(noon, at_once):
    maker = a_maker(phone=PHONE)
    name = pins.ask(member_id=maker.member_id, reason="忘了", actor=a_social_worker(), now=noon)
    typed = [f"73920{number}" for number in range(8)]
    witnesses = [an_inspector() for _ in typed]

    def witness(number):
        pins.witness(
            name=name, pin=typed[number], again=typed[number], actor=witnesses[number], now=noon
        )
        return "given"

    answers = at_once(witness, len(typed))

    assert sorted(map(str, answers)) == sorted(["given"] + ["not_found"] * 7)
    given = pins.last_given(maker.member_id)
    assert given is not None
    assert given.witness_id == witnesses[answers.index("given")].user_id
    kept = answers.index("given")
    assert accounts.sign_in(login=PHONE, password=typed[kept], device="", now=noon).token
    with pytest.raises(WrongSignIn):
        accounts.sign_in(login=PHONE, password=typed[kept - 1], device="", now=noon)
