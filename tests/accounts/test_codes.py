from __future__ import annotations

import contextlib
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from shop.accounts import buyers, codes, queries, rules
from shop.accounts import services as accounts
from shop.accounts.models import BuyerContact, SignInCode, User
from shop.accounts.rules import ContactKind
from shop.kernel.access import SYSTEM
from shop.kernel.db import db
from shop.kernel.errors import NotFound
from shop.kernel.telling import CodePurpose
from tests.builders.accounts import a_maker

PHONE = "13800001111"


def ask(now, contact=PHONE, ticket="of this browser", network="", **kwargs):
    return codes.ask(
        contact=contact, ticket=ticket, network=network, locale="zh_Hans", now=now, **kwargs
    )


def use(asked, now, code=None, ticket="of this browser"):
    return codes.use(name=asked.public_id, ticket=ticket, code=code or asked.code, now=now)


def wrong_for(asked):
    return f"{(int(asked.code) + 1) % 10**6:06d}"


@pytest.mark.parametrize(
    ("typed", "kind", "address"),
    [
        ("138 0000 1111", ContactKind.PHONE, PHONE),
        ("+86 138-0000-1111", ContactKind.PHONE, PHONE),
        ("１３８００００１１１１", ContactKind.PHONE, PHONE),
        (" Liu@Example.CN ", ContactKind.EMAIL, "liu@example.cn"),
    ],
)
def test_a_number_or_an_address_is_understood_however_it_is_typed(typed, kind, address):
    assert rules.contact_of(typed) == (kind, address)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "12345",
        "023 5900 0001",  # no message reaches a landline
        "+44 7700 900123",  # a message abroad costs many times as much
        "liu@",
        "liu@example",
        "liu@example.cn\nBcc: all@example.cn",
        "<liu@example.cn>",
        "liu@example.cn,all@example.cn",
        "a" * 120 + "@example.cn",
    ],
)
def test_what_no_code_can_be_sent_to_is_refused(app, noon, typed):
    with pytest.raises(codes.ContactUnreadable):
        ask(noon, contact=typed)


def test_a_code_opens_an_account_the_first_time_and_the_same_one_after_that(app, noon):
    first = buyers.enter(
        proven=use(ask(noon), noon), device="a phone", is_own_device=False, now=noon
    )
    later = noon + timedelta(days=1)
    again = buyers.enter(
        proven=use(ask(later), later), device="a tablet", is_own_device=False, now=later
    )

    assert again.user_id == first.user_id
    assert [(c.kind, c.address) for c in buyers.contacts_of(first.user_id)] == [
        (ContactKind.PHONE, PHONE)
    ]


def test_asking_answers_the_same_for_who_has_an_account_and_who_has_none(app, noon):
    buyers.enter(proven=use(ask(noon), noon), device="", is_own_device=False, now=noon)
    later = noon + timedelta(hours=2)

    known, unknown = ask(later), ask(later, contact="13900002222")

    assert (known.kind, len(known.code)) == (unknown.kind, len(unknown.code))


def test_a_makers_number_opens_a_buyers_account_and_nothing_of_the_makers(app, noon):
    maker = a_maker(phone=PHONE)
    opened = buyers.enter(proven=use(ask(noon), noon), device="", is_own_device=False, now=noon)

    actor = queries.actor_for_token(opened.token, now=noon)
    assert actor is not None
    assert actor.user_id != maker.user_id
    assert actor.member_id is None
    assert actor.reaches == ()


def test_a_code_works_once(app, noon):
    asked = ask(noon)
    use(asked, noon)

    with pytest.raises(codes.CodeWrong):
        use(asked, noon)


def test_a_code_is_too_old_after_ten_minutes(app, noon):
    asked = ask(noon)

    with pytest.raises(codes.CodeWrong):
        use(asked, noon + timedelta(minutes=10))


def test_after_five_wrong_tries_the_right_code_opens_nothing(app, noon):
    asked = ask(noon)
    for _ in range(5):
        with pytest.raises(codes.CodeWrong):
            use(asked, noon, wrong_for(asked))

    with pytest.raises(codes.CodeWrong):
        use(asked, noon)


def test_many_tries_at_once_do_not_get_more_than_five(app, noon):
    asked = ask(noon)
    db.session.remove()
    refused = []

    def try_one():
        with app.app_context():
            try:
                use(asked, noon, wrong_for(asked))
            except codes.CodeWrong:
                refused.append(1)
            db.session.remove()

    threads = [threading.Thread(target=try_one) for _ in range(12)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert len(refused) == 12
    assert db.session.scalar(sa.select(SignInCode.tries)) == 5


def test_a_code_works_in_no_other_browser_than_the_one_that_asked(app, noon):
    asked = ask(noon)

    with pytest.raises(NotFound):
        use(asked, noon, ticket="of another browser")


def test_nothing_that_is_kept_tells_a_code(app, noon):
    asked = ask(noon)

    row = db.session.execute(sa.select(*SignInCode.__table__.c)).one()
    assert asked.code not in [str(value) for value in row]
    assert len(row.code_digest) == 64


@pytest.mark.parametrize(
    ("already", "apart", "minutes"),
    [
        pytest.param(1, timedelta(seconds=20), 1, id="one in a minute"),
        pytest.param(5, timedelta(minutes=2), 52, id="five in an hour"),
        pytest.param(10, timedelta(hours=2), 6 * 60, id="ten in a day"),
    ],
)
def test_one_number_gets_few_codes(app, noon, already, apart, minutes):
    for number in range(already):
        ask(noon + number * apart)
    last = noon + (already - 1) * apart

    with pytest.raises(codes.TooManyCodes) as refused:
        ask(last)

    assert refused.value.details["minutes"] == minutes
    ask(last, contact="13900002222")  # another number is not meant


def test_one_network_asks_for_few_codes_and_a_network_without_a_name_is_not_counted(app, noon):
    for number in range(15):
        ask(noon, contact=f"138000010{number:02d}", network="of the tea house")
        ask(noon, contact=f"138000020{number:02d}")

    with pytest.raises(codes.TooManyCodes):
        ask(noon, contact="13800003000", network="of the tea house")
    ask(noon, contact="13800003000", network="of somebody else")


def test_nobody_can_have_more_codes_sent_than_the_house_can_pay(app, noon):
    for number in range(120):
        ask(noon, contact=f"13800010{number:03d}")

    with pytest.raises(codes.TooManyCodes):
        ask(noon, contact="13900002222")
    ask(noon + timedelta(hours=1), contact="13900002222")


def test_fifty_askings_in_one_moment_send_one_code(app, noon):
    db.session.remove()
    sent = []

    def one():
        with app.app_context():
            with contextlib.suppress(codes.TooManyCodes):
                sent.append(ask(noon))
            db.session.remove()

    threads = [threading.Thread(target=one) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(sent) == 1


def test_one_number_proved_twice_in_one_moment_is_one_account(app, noon):
    asked = [ask(noon), ask(noon + timedelta(minutes=2))]
    later = noon + timedelta(minutes=3)
    proven = [use(one, later) for one in asked]
    db.session.remove()
    opened = []

    def enter(one):
        with app.app_context():
            opened.append(
                buyers.enter(proven=one, device="", is_own_device=False, now=later).user_id
            )
            db.session.remove()

    threads = [threading.Thread(target=enter, args=[one]) for one in proven]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(opened)) == 1
    assert db.session.scalar(sa.select(sa.func.count()).select_from(BuyerContact)) == 1
    assert db.session.scalar(sa.select(sa.func.count()).select_from(User)) == 1


@pytest.mark.parametrize(
    ("is_own_device", "lasts"),
    [(False, timedelta(hours=12)), (True, timedelta(days=30))],
)
def test_a_buyer_stays_signed_in_for_long_only_on_a_device_of_her_own(
    app, noon, is_own_device, lasts
):
    opened = buyers.enter(
        proven=use(ask(noon), noon), device="", is_own_device=is_own_device, now=noon
    )

    almost = noon + lasts - timedelta(seconds=1)
    assert queries.actor_for_token(opened.token, now=almost) is not None
    assert queries.actor_for_token(opened.token, now=noon + lasts) is None


def test_an_account_that_is_switched_off_is_not_opened_by_a_code(app, noon):
    opened = buyers.enter(proven=use(ask(noon), noon), device="", is_own_device=False, now=noon)
    accounts.switch_off(user_id=opened.user_id, actor=SYSTEM, now=noon)
    later = noon + timedelta(minutes=2)
    proven = use(ask(later), later)

    with pytest.raises(accounts.WrongSignIn):
        buyers.enter(proven=proven, device="", is_own_device=False, now=later)


def test_codes_and_the_numbers_they_went_to_are_gone_after_two_days(app, noon):
    ask(noon)
    ask(noon + timedelta(days=1))

    assert codes.forget_codes(now=noon + timedelta(days=2)) == 1
    assert codes.forget_codes(now=noon + timedelta(days=2)) == 0


def test_one_device_is_signed_out_and_the_others_stay(app, noon):
    first = buyers.enter(proven=use(ask(noon), noon), device="", is_own_device=False, now=noon)
    later = noon + timedelta(minutes=2)
    second = buyers.enter(proven=use(ask(later), later), device="", is_own_device=False, now=later)
    (lost,) = [
        d.id for d in queries.devices(first.user_id, token=second.token, now=later) if not d.is_this
    ]

    accounts.sign_out_device(user_id=first.user_id, sign_in_id=lost, now=later)
    accounts.sign_out_device(user_id=first.user_id, sign_in_id=lost, now=later)

    assert queries.present(first.token, now=later) is None
    assert queries.present(second.token, now=later) is not None
    with pytest.raises(NotFound):
        accounts.sign_out_device(user_id=first.user_id + 1, sign_in_id=lost, now=later)


def test_a_code_says_for_what_it_was_asked(app, noon):
    asked = ask(noon, purpose=CodePurpose.CONFIRM_ACT)

    assert use(asked, noon).purpose is CodePurpose.CONFIRM_ACT
