from __future__ import annotations

from datetime import timedelta

import pytest

from shop.kernel.access import Permission
from shop.kernel.errors import Forbidden, NotFound
from shop.kernel.money import Money
from shop.ledger import queries as ledger
from shop.ledger.rules import AccountKind, account
from shop.media import queries as media
from shop.media.rules import NotAPicture, Subject
from shop.orders import queries as orders
from shop.orders.rules import FulfillmentState, Handover
from shop.payments.rules import Method
from shop.stock import queries as stock
from shop.workflows import handing_over
from shop.workflows.delivering import MoneyStillDue
from shop.workflows.handing_over import (
    AlreadyHandedOver,
    AlreadyPaid,
    NotPickedUp,
    ProofMissing,
    TooLittleCash,
    TooMuchCash,
    WrongCode,
    change_of,
    hand_over,
    take_cash,
)
from shop.workflows.selling import NotPaidHere
from tests.builders.accounts import a_cashier, a_social_worker
from tests.builders.media import a_zip, sent
from tests.builders.orders import (
    MS_LIU,
    a_bank,
    a_paid_order,
    an_order,
    pay,
    some_goods,
    some_pendants,
)
from tests.builders.stations import CIZHU, a_room


def fetched(noon, *, method=Method.PAY_ON_PICK_UP, handover=Handover.PICK_UP):
    """Return goods and the part of E14's sale: one pair of sandals and two pendants, 144.00."""
    sandals, pendants = some_goods(), some_pendants()
    placed = an_order(
        now=noon,
        goods={sandals: 1, pendants: 2},
        method=method,
        handover=handover,
        contact=MS_LIU,
    )
    (part,) = orders.order(placed.order_id).parts
    return sandals, part


def in_the_drawer(goods):
    return -ledger.balance(account(AccountKind.CASH, goods.workshop_id))  # debit is minus


@pytest.mark.parametrize(
    ("due", "given", "change"),
    [
        pytest.param(14400, 15000, 600, id="E14"),
        pytest.param(14400, 14400, 0, id="exact"),
        pytest.param(9999, 10000, 1, id="one fen is given back"),
        pytest.param(1, 10000, 9999, id="a whole note for one fen"),
    ],
)
def test_change_is_what_is_over_to_the_fen(due, given, change):
    assert change_of(due=Money(due), given=Money(given)) == Money(change)


def test_one_fen_too_little_is_too_little():
    with pytest.raises(TooLittleCash) as refusal:
        change_of(due=Money(14400), given=Money(14399))

    assert refusal.value.details == {"missing": Money(1), "due": Money(14400)}


def test_a_note_that_would_only_come_back_is_a_slip_of_the_finger():
    with pytest.raises(TooMuchCash):
        change_of(due=Money(14400), given=Money(24400))


def test_cash_pays_the_order_and_its_change_is_kept(app, noon):
    sandals, part = fetched(noon)
    worker = a_social_worker()

    cash = take_cash(
        fulfillment_public_id=part.public_id,
        given=Money(15000),
        key="tap",
        actor=worker,
        now=noon,
    )

    assert (cash.given, cash.change) == (Money(15000), Money(600))
    assert (cash.taken_by_id, cash.taken_at) == (worker.user_id, noon)
    assert orders.order(part.order_id).paid_at == noon
    assert in_the_drawer(sandals) == Money(14400)


def test_a_second_tap_takes_nothing_and_says_the_same(app, noon):
    sandals, part = fetched(noon)
    worker = a_social_worker()
    tap = {
        "fulfillment_public_id": part.public_id,
        "key": "tap",
        "actor": worker,
    }

    first = take_cash(given=Money(15000), now=noon, **tap)
    again = take_cash(given=Money(15000), now=noon + timedelta(seconds=1), **tap)

    assert again == first
    assert in_the_drawer(sandals) == Money(14400)


def test_another_form_does_not_take_the_money_twice(app, noon):
    sandals, part = fetched(noon)
    take_cash(
        fulfillment_public_id=part.public_id,
        given=Money(15000),
        key="one",
        actor=a_social_worker(),
        now=noon,
    )

    with pytest.raises(AlreadyPaid):
        take_cash(
            fulfillment_public_id=part.public_id,
            given=Money(14400),
            key="other",
            actor=a_social_worker(),
            now=noon,
        )

    assert in_the_drawer(sandals) == Money(14400)


def test_too_little_cash_leaves_nothing_behind(app, noon):
    sandals, part = fetched(noon)

    with pytest.raises(TooLittleCash):
        take_cash(
            fulfillment_public_id=part.public_id,
            given=Money(14000),
            key="tap",
            actor=a_social_worker(),
            now=noon,
        )

    assert orders.order(part.order_id).paid_at is None
    assert handing_over.cash_taken(part.order_id) is None
    assert in_the_drawer(sandals) == Money(0)


def test_what_is_paid_online_is_not_paid_in_cash(app, noon):
    with a_bank():
        _, part = fetched(noon, method=Method.ONLINE)

        with pytest.raises(NotPaidHere):
            take_cash(
                fulfillment_public_id=part.public_id,
                given=Money(14400),
                key="tap",
                actor=a_social_worker(),
                now=noon,
            )


def test_goods_leave_once_and_a_second_tap_says_the_same(app, noon):
    sandals, part = fetched(noon)
    worker = a_social_worker()
    take_cash(
        fulfillment_public_id=part.public_id,
        given=Money(14400),
        key="cash",
        actor=worker,
        now=noon,
    )
    tap = {
        "fulfillment_public_id": part.public_id,
        "was_asked": True,
        "key": "tap",
        "actor": worker,
    }

    first = hand_over(now=noon, **tap)
    again = hand_over(now=noon + timedelta(seconds=1), **tap)

    assert again == first
    assert (first.by_id, first.at) == (worker.user_id, noon)
    assert orders.part_by_id(part.id).state is FulfillmentState.RECEIVED
    level = stock.levels([sandals.variant_id], now=noon)
    assert [one.on_hand for one in level] == [9]


def test_goods_that_were_handed_over_are_not_handed_over_by_another_form(app, noon):
    _, part = fetched(noon)
    worker = a_social_worker()
    part_of = {"fulfillment_public_id": part.public_id, "actor": worker, "now": noon}
    take_cash(given=Money(14400), key="cash", **part_of)
    hand_over(was_asked=True, key="one", **part_of)

    with pytest.raises(AlreadyHandedOver):
        hand_over(was_asked=True, key="other", **part_of)


def test_nothing_leaves_before_its_money_came(app, noon):
    _, part = fetched(noon)

    with pytest.raises(MoneyStillDue):
        hand_over(
            was_asked=True,
            fulfillment_public_id=part.public_id,
            key="tap",
            actor=a_social_worker(),
            now=noon,
        )

    assert orders.part_by_id(part.id).state is FulfillmentState.PLACED


def test_what_was_paid_online_is_only_handed_over(app, noon):
    with a_bank():
        placed = a_paid_order(now=noon, handover=Handover.PICK_UP)
    (part,) = orders.order(placed.order_id).parts

    handed = hand_over(
        was_asked=True,
        fulfillment_public_id=part.public_id,
        key="tap",
        actor=a_social_worker(),
        now=noon,
    )

    assert handed.at == noon


def test_a_parcel_does_not_cross_the_counter(app, noon):
    with a_bank():
        placed = a_paid_order(now=noon)
    (part,) = orders.order(placed.order_id).parts

    with pytest.raises(NotPickedUp):
        hand_over(
            was_asked=True,
            fulfillment_public_id=part.public_id,
            key="tap",
            actor=a_social_worker(),
            now=noon,
        )


def test_an_order_of_another_room_is_not_there(app, noon):
    _, part = fetched(noon)
    stranger = a_social_worker(at=a_room(CIZHU))

    with pytest.raises(NotFound):
        take_cash(
            fulfillment_public_id=part.public_id,
            given=Money(14400),
            key="tap",
            actor=stranger,
            now=noon,
        )

    assert orders.order(part.order_id).paid_at is None


def test_a_cashier_takes_the_money_and_leaves_the_goods_to_others(app, noon):
    _, part = fetched(noon)
    cashier = a_cashier()
    part_of = {"fulfillment_public_id": part.public_id, "actor": cashier, "now": noon}

    take_cash(given=Money(14400), key="cash", **part_of)

    with pytest.raises(Forbidden):
        hand_over(was_asked=True, key="tap", **part_of)


def test_a_counter_finds_by_number_by_its_end_and_by_the_end_of_a_phone(app, noon):
    _, part = fetched(noon)
    number = orders.order(part.order_id).number
    scope = a_social_worker().scope(Permission.TAKE_MONEY)

    for text in ("", number, number[-5:], "1111"):
        assert [one.public_id for one in orders.parts_to_pick_up(scope, text=text)] == [
            part.public_id
        ], text


@pytest.mark.parametrize("text", ["9999", "111%", "_111", "260720-", "NOBODY"])
def test_a_counter_does_not_guess(app, noon, text):
    fetched(noon)
    scope = a_social_worker().scope(Permission.TAKE_MONEY)

    assert orders.parts_to_pick_up(scope, text=text) == []


def test_a_counter_finds_nothing_of_another_room(app, noon):
    fetched(noon)
    scope = a_social_worker(at=a_room(CIZHU)).scope(Permission.TAKE_MONEY)

    assert orders.parts_to_pick_up(scope, text="1111") == []


def test_what_was_handed_over_does_not_wait_any_more_but_is_found(app, noon):
    with a_bank():
        placed = an_order(now=noon, handover=Handover.PICK_UP, contact=MS_LIU)
        pay(placed, now=noon)
    (part,) = orders.order(placed.order_id).parts
    worker = a_social_worker()
    hand_over(
        was_asked=True, fulfillment_public_id=part.public_id, key="tap", actor=worker, now=noon
    )
    scope = worker.scope(Permission.TAKE_MONEY)

    assert orders.parts_to_pick_up(scope) == []
    assert len(orders.parts_to_pick_up(scope, text="1111")) == 1


def test_the_code_of_an_order_fetches_it_once_and_is_kept_with_who_gave(app, noon):
    part = a_paid_part(noon)
    worker = a_social_worker()
    given = {"fulfillment_public_id": part.public_id, "actor": worker, "now": noon}
    code = part.pick_up_code

    with pytest.raises(WrongCode):
        hand_over(code="2222 2222", was_asked=True, key="tap", **given)
    handed = hand_over(code=f" {code[:4].lower()} {code[4:]} ", key="tap", **given)

    assert (handed.proof, handed.by_id) == ("code", worker.user_id)
    with pytest.raises(AlreadyHandedOver):
        hand_over(code=code, key="another", **given)


def test_without_a_code_a_worker_must_have_asked(app, noon):
    part = a_paid_part(noon)
    given = {"fulfillment_public_id": part.public_id, "actor": a_social_worker(), "now": noon}

    with pytest.raises(ProofMissing):
        hand_over(code="  ", key="tap", **given)

    assert orders.part_by_id(part.id).state is FulfillmentState.PLACED
    assert hand_over(was_asked=True, key="tap", **given).proof == "asked"


def test_each_fetched_part_has_a_code_of_its_own_and_a_parcel_none(app, noon):
    with a_bank():
        parcel = a_paid_order(now=noon)
    codes = {a_paid_part(noon).pick_up_code for _ in range(5)}

    assert len(codes) == 5
    assert orders.order(parcel.order_id).parts[0].pick_up_code is None


def test_a_counter_finds_by_the_code_as_it_is_said(app, noon):
    part = a_paid_part(noon)
    code = part.pick_up_code
    scope = a_social_worker().scope(Permission.TAKE_MONEY)

    for text in (code, f"{code[:4]} {code[4:]}", f"{code[:4]}-{code[4:]}".lower()):
        assert [one.public_id for one in orders.parts_to_pick_up(scope, text=text)] == [
            part.public_id
        ]


def test_a_photograph_of_the_hand_over_is_kept_sixty_days_and_a_bad_file_hands_nothing_over(
    app, noon
):
    part = a_paid_part(noon)
    given = {"fulfillment_public_id": part.public_id, "actor": a_social_worker(), "now": noon}

    with pytest.raises(NotAPicture):
        hand_over(was_asked=True, files=[sent(a_zip(), "a.jpg")], key="tap", **given)
    assert orders.part_by_id(part.id).state is FulfillmentState.PLACED
    for _ in range(2):
        hand_over(was_asked=True, files=[sent()], key="tap", **given)

    assert len(media.at_desk(Subject.HAND_OVER, part.id)) == 1
    assert handing_over.forget_pictures(now=noon + timedelta(days=60)) == 0
    assert handing_over.forget_pictures(now=noon + timedelta(days=61)) == 1
    assert media.at_desk(Subject.HAND_OVER, part.id) == ()


def test_who_is_forgotten_leaves_no_photograph_at_the_counter(app, noon):
    part = a_paid_part(noon)
    hand_over(
        fulfillment_public_id=part.public_id, was_asked=True, files=[sent()], key="tap",
        actor=a_social_worker(), now=noon,
    )  # fmt: skip

    handing_over.forget(order_id=part.order_id, now=noon)

    assert media.at_desk(Subject.HAND_OVER, part.id) == ()


def a_paid_part(noon):
    with a_bank():
        placed = a_paid_order(now=noon, handover=Handover.PICK_UP)
    return orders.order(placed.order_id).parts[0]
