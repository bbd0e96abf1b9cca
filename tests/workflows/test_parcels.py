from __future__ import annotations

from datetime import timedelta

import pytest

from shop.accounts.rules import Role
from shop.claims.rules import ClaimKind
from shop.kernel.access import SYSTEM, VISITOR, Permission
from shop.kernel.db import db, outside_transaction
from shop.kernel.errors import Forbidden, NotFound, OutOfReach
from shop.kernel.money import Money
from shop.ledger import queries as ledger
from shop.notifications.rules import Kind
from shop.orders import couriers, parcels
from shop.orders import queries as orders
from shop.orders.parcels import (
    FromTheFuture,
    NothingInIt,
    ParcelNotOpen,
    PartNotOpen,
    PiecesNotHere,
    TrackingMissing,
    WordsMissing,
)
from shop.orders.rules import FulfillmentState, Handover, OrderState, ParcelState, Scan
from shop.orders.services import KeyReused
from shop.oversight import proof
from shop.payments.rules import RefundCause
from shop.stock import queries as stock
from shop.workflows import claiming, delivering, refunding
from shop.workflows.refunding import Wish
from shop.workflows.rules import AlreadySent, TooLateToReturn
from tests.builders.accounts import a_social_worker, an_actor
from tests.builders.messages import told
from tests.builders.orders import a_bank, a_paid_order, an_order, some_goods, some_pendants
from tests.builders.stations import BEGINNING, CIZHU, a_room, a_town, a_workshop

DAY = timedelta(days=1)


def another_town():
    return an_actor(Role.TOWN_SUPERVISOR, at=a_town("500229107"))


@pytest.fixture(autouse=True)
def bank(app):
    with a_bank() as bank:
        yield bank


@pytest.fixture
def order(noon):
    """Return an order of two sandals and three pendants, paid."""
    placed = a_paid_order(now=noon, goods={some_goods(): 2, some_pendants(): 3})
    return placed.order_id


def part_of(order_id):
    db.session.rollback()
    (part,) = orders.order(order_id).parts
    return part


def pieces(order_id, sandals, pendants):
    first, second = part_of(order_id).lines
    return {first.id: sandals, second.id: pendants}


def send(order_id, now, *, what=None, key="a", **more):
    given = {"carrier": "中国邮政", "tracking": f"EMS-{key}", "actor": SYSTEM} | more
    return delivering.send_parcel(
        fulfillment_public_id=part_of(order_id).public_id, pieces=what, key=key, now=now, **given
    )


def to_town(order_id, now, *, what=None, key="t", actor=SYSTEM):
    name = part_of(order_id).public_id
    return delivering.pack_for_town(
        fulfillment_public_id=name, pieces=what, key=key, actor=actor, now=now
    )


def send_on(name, now, *, tracking="EMS-2", actor=SYSTEM, **more):
    return delivering.send_again(
        parcel_public_id=name, carrier="顺丰", tracking=tracking, actor=actor, now=now, **more
    )


def receive(name, now):
    parcel_id, _, _ = orders.parcel_and_part(name, SYSTEM.scope(Permission.FULFILL))
    return parcels.receive(parcel_id=parcel_id, actor=VISITOR, now=now)


def on_hand(order_id):
    variants = [line.variant_id for line in part_of(order_id).lines]
    levels = {one.variant_id: one.on_hand for one in stock.levels(variants, now=BEGINNING)}
    return [levels[variant] for variant in variants]


def refund(order_id, wanted, cause, now, *, key="back", **more):
    wishes = [Wish(line, n) for line, n in wanted.items() if n]
    return refunding.request_refund(
        order_id=order_id, wishes=wishes, cause=cause, actor=SYSTEM, key=key, now=now, **more
    )


def states(order_id):
    part = part_of(order_id)
    return part.state, [one.state for one in part.parcels]


def findings():
    db.session.rollback()
    return [f"{f.code} {f.subject}: {f.detail}" for f in proof.prove(tell=lambda _: None)]


def test_a_part_leaves_in_parcels_and_each_takes_its_own_pieces_and_cost(order, noon):
    w = a_workshop()
    first = send(order, noon, what=pieces(order, 1, 2), postage=Money(720))
    assert send(order, noon, what=pieces(order, 1, 2), postage=Money(720)) == first
    half = ledger.balance(f"cost_of_goods:{w}")

    assert states(order) == (FulfillmentState.PLACED, [ParcelState.SENT])
    assert on_hand(order) == [9, 8]
    assert [line.here for line in part_of(order).lines] == [1, 1]
    assert findings() == []

    send(order, noon + DAY, key="b")
    assert states(order) == (FulfillmentState.SHIPPED, [ParcelState.SENT] * 2)
    assert part_of(order).shipped_at == noon + DAY
    assert on_hand(order) == [8, 7]
    lines = part_of(order).lines
    whole = sum(line.cost.minor * line.quantity for line in lines)
    assert ledger.balance(f"cost_of_goods:{w}").minor == -whole
    assert half.minor == -(lines[0].cost.minor + 2 * lines[1].cost.minor)
    assert findings() == []


def test_the_buyer_hears_of_each_parcel_and_of_what_follows(order, noon):
    send(order, noon, what=pieces(order, 1, 2))
    send(order, noon, key="b")

    texts = told(noon, Kind.SHIPPED)

    assert sorted("EMS-a" in text for text in texts) == [False, True]
    assert sorted("EMS-b" in text for text in texts) == [False, True]


def test_the_seven_days_begin_when_the_last_parcel_has_come(order, noon):
    first = send(order, noon, what=pieces(order, 2, 0))
    assert receive(first, noon + DAY)
    assert not receive(first, noon + DAY)
    assert states(order) == (FulfillmentState.PLACED, [ParcelState.RECEIVED])
    assert part_of(order).may_return_until is None

    second = send(order, noon + 2 * DAY, key="b")
    assert states(order)[0] is FulfillmentState.SHIPPED
    receive(second, noon + 5 * DAY)

    part = part_of(order)
    assert (part.state, part.received_at) == (FulfillmentState.RECEIVED, noon + 5 * DAY)
    assert part.may_return_until == noon + 12 * DAY
    assert delivering.complete_due(now=noon + 11 * DAY) == 0
    assert delivering.complete_due(now=noon + 12 * DAY) == 1
    assert orders.order(order).state is OrderState.COMPLETED


def test_a_parcel_that_nobody_confirms_counts_as_received_after_ten_days_by_itself(order, noon):
    send(order, noon, what=pieces(order, 2, 0))
    send(order, noon + 4 * DAY, key="b")

    delivering.complete_due(now=noon + 10 * DAY)
    assert states(order)[1] == [ParcelState.RECEIVED, ParcelState.SENT]
    delivering.complete_due(now=noon + 14 * DAY)

    assert states(order) == (FulfillmentState.RECEIVED, [ParcelState.RECEIVED] * 2)
    assert part_of(order).received_at == noon + 14 * DAY


@pytest.mark.parametrize(
    ("sandals", "pendants", "refusal"),
    [
        pytest.param(0, 0, NothingInIt, id="nothing"),
        pytest.param(-1, 2, NothingInIt, id="less than nothing"),
        pytest.param(3, 0, PiecesNotHere, id="more than were bought"),
    ],
)
def test_a_parcel_holds_what_waits_and_nothing_else(order, noon, sandals, pendants, refusal):
    with pytest.raises(refusal):
        send(order, noon, what=pieces(order, sandals, pendants))

    assert states(order) == (FulfillmentState.PLACED, [])
    assert on_hand(order) == [10, 10]


def test_a_piece_goes_into_one_parcel_only(order, noon):
    to_town(order, noon, what=pieces(order, 2, 1))

    with pytest.raises(PiecesNotHere):
        send(order, noon, what=pieces(order, 1, 1))
    send(order, noon, what=pieces(order, 0, 2))
    with pytest.raises(NothingInIt):
        send(order, noon, key="c")


def test_a_parcel_without_carrier_or_number_or_of_another_part_is_refused_whole(order, noon):
    with pytest.raises(TrackingMissing):
        send(order, noon, tracking=" ")
    assert states(order) == (FulfillmentState.PLACED, [])

    send(order, noon)
    other = a_paid_order(now=noon).order_id
    with pytest.raises(KeyReused):
        send(other, noon, key="a")
    with pytest.raises(PartNotOpen):
        send(order, noon, key="more")


def test_parcels_gather_at_the_town_and_leave_there(order, noon):
    town = an_actor(Role.TOWN_SUPERVISOR)
    name = to_town(order, noon, actor=a_social_worker())
    assert to_town(order, noon, actor=a_social_worker()) == name
    assert states(order) == (FulfillmentState.PACKED, [ParcelState.TO_TOWN])
    assert on_hand(order) == [10, 10]

    for _ in range(2):
        delivering.take_in_at_town(public_ids=[name], actor=town, now=noon + DAY)
    assert states(order)[1] == [ParcelState.AT_TOWN]
    assert send_on(name, noon + 2 * DAY, actor=town, postage=Money(500))
    assert not send_on(name, noon + 2 * DAY, actor=town, postage=Money(500))

    assert states(order) == (FulfillmentState.SHIPPED, [ParcelState.SENT])
    assert on_hand(order) == [8, 7]
    assert ledger.balance(f"postage:{a_workshop()}") == Money(-500)
    with pytest.raises(ParcelNotOpen):
        send_on(name, noon + 3 * DAY, tracking="another")
    assert findings() == []


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        pytest.param(lambda: a_social_worker(at=a_room(CIZHU)), NotFound, id="another village"),
        pytest.param(another_town, NotFound, id="another town"),
    ],
)
def test_a_strangers_parcel_is_not_there(order, noon, who, refusal):
    name, actor = to_town(order, noon), who()

    for act in (
        lambda: delivering.take_in_at_town(public_ids=[name], actor=actor, now=noon),
        lambda: send_on(name, noon, actor=actor),
        lambda: delivering.open_parcel(parcel_public_id=name, actor=actor, now=noon),
        lambda: delivering.note_came_back(parcel_public_id=name, actor=actor, now=noon),
    ):
        with pytest.raises(refusal):
            act()

    assert states(order)[1] == [ParcelState.TO_TOWN]


def test_a_part_whose_town_parcel_is_opened_waits_to_be_packed_again(order, noon):
    name = to_town(order, noon)
    delivering.open_parcel(parcel_public_id=name, actor=SYSTEM, now=noon)
    assert states(order) == (FulfillmentState.PLACED, [ParcelState.OPENED])

    to_town(order, noon, key="again")
    assert states(order)[0] is FulfillmentState.PACKED
    cancelled = pieces(order, 1, 0)
    refund(order, cancelled, RefundCause.CANCELLED_BY_BUYER, noon)
    assert states(order) == (FulfillmentState.PLACED, [ParcelState.OPENED] * 2)
    assert findings() == []


def test_a_wrong_number_is_corrected_told_and_takes_a_strangers_journey_with_it(order, noon):
    name = send(order, noon)
    assert len(told(noon, Kind.SHIPPED)) == 1
    delivering.note_scan(parcel_public_id=name, scan=Scan(noon, "到达广州"), actor=SYSTEM, now=noon)
    right = {"parcel_public_id": name, "carrier": "顺丰", "actor": a_social_worker(), "now": noon}

    assert delivering.renumber(tracking=" SF-1 ", **right)
    assert not delivering.renumber(tracking="SF-1", **right)

    (parcel,) = part_of(order).parcels
    assert (parcel.carrier, parcel.tracking, parcel.scans) == ("顺丰", "SF-1", ())
    assert parcel.sent_at == noon
    wrong, told_anew = told(noon, Kind.SHIPPED)
    assert "EMS-a" in wrong
    assert "SF-1" in told_anew
    delivering.renumber(**right | {"carrier": "中国邮政", "tracking": "EMS-a"})
    assert "EMS-a" in told(noon, Kind.SHIPPED)[2]  # right after all: told once more
    delivering.renumber(tracking="SF-1", **right)
    with pytest.raises(TrackingMissing):
        delivering.renumber(tracking=" ", **right)
    with pytest.raises(NotFound):
        delivering.renumber(tracking="SF-2", **right | {"actor": a_social_worker(at=a_room(CIZHU))})
    receive(name, noon)
    with pytest.raises(ParcelNotOpen):
        delivering.renumber(tracking="SF-2", **right)


def test_a_town_gathers_and_dispatches_but_packs_nothing(order, noon):
    with pytest.raises((Forbidden, OutOfReach)):
        to_town(order, noon, actor=an_actor(Role.TOWN_SUPERVISOR))

    assert states(order) == (FulfillmentState.PLACED, [])


def test_what_was_cancelled_is_not_sent_by_the_town(order, noon):
    first = to_town(order, noon, what=pieces(order, 1, 0))
    second = to_town(order, noon, what=pieces(order, 1, 3), key="u")
    delivering.take_in_at_town(public_ids=[first, second], actor=SYSTEM, now=noon)

    refund(order, pieces(order, 0, 1), RefundCause.CANCELLED_BY_BUYER, noon)

    assert states(order)[1] == [ParcelState.AT_TOWN, ParcelState.OPENED]
    with pytest.raises(ParcelNotOpen):
        send_on(second, noon)
    assert [line.here for line in part_of(order).lines] == [2, 2]
    send(order, noon)
    assert send_on(first, noon)
    assert states(order)[0] is FulfillmentState.SHIPPED
    assert on_hand(order) == [8, 8]
    assert findings() == []


def test_a_parcel_is_opened_again_and_packed_anew(order, noon):
    name = to_town(order, noon)
    assert delivering.open_parcel(parcel_public_id=name, actor=SYSTEM, now=noon)
    assert not delivering.open_parcel(parcel_public_id=name, actor=SYSTEM, now=noon)

    send(order, noon)

    assert states(order) == (FulfillmentState.SHIPPED, [ParcelState.OPENED, ParcelState.SENT])
    with pytest.raises(ParcelNotOpen):
        delivering.open_parcel(
            parcel_public_id=part_of(order).parcels[1].public_id, actor=SYSTEM, now=noon
        )


def test_the_buyer_cancels_what_has_not_left_and_the_part_has_left_then(order, noon):
    send(order, noon, what=pieces(order, 1, 2))

    asked = refunding.cancel_by_buyer(order_id=order, key="cancel", now=noon)

    sandals, pendants = part_of(order).lines
    assert asked.amount == sandals.unit + pendants.unit
    assert (sandals.cancelled, sandals.with_buyer, sandals.here) == (1, 1, 0)
    assert states(order) == (FulfillmentState.SHIPPED, [ParcelState.SENT])
    assert on_hand(order) == [9, 8]
    variants = [line.variant_id for line in part_of(order).lines]
    assert stock.available(variants, noon) == dict(zip(variants, (9, 8), strict=True))
    with pytest.raises(AlreadySent):
        refunding.cancel_by_buyer(order_id=order, key="again", now=noon)
    assert findings() == []


def test_a_return_means_pieces_that_came_even_while_others_wait(order, noon):
    name = send(order, noon, what=pieces(order, 1, 0))
    with pytest.raises(TooLateToReturn):
        refund(order, pieces(order, 1, 0), RefundCause.NO_REASON_RETURN, noon)
    receive(name, noon)

    refund(order, pieces(order, 1, 0), RefundCause.NO_REASON_RETURN, noon, are_goods_back=True)
    with pytest.raises(TooLateToReturn):  # the other pair has not left: it can be cancelled
        refund(order, pieces(order, 1, 0), RefundCause.NO_REASON_RETURN, noon, key="two")

    sandals, _ = part_of(order).lines
    assert (sandals.sent, sandals.returned, sandals.cancelled, sandals.here) == (1, 1, 0, 1)
    assert on_hand(order) == [10, 10]
    assert findings() == []


def test_a_claim_names_pieces_that_were_sent(order, noon):
    with pytest.raises(claiming.NotHereYet):
        _claim(order, pieces(order, 1, 0), noon)
    name = send(order, noon, what=pieces(order, 1, 0))
    receive(name, noon)

    (one,) = claiming.claimable(orders.order(order), now=noon)
    assert (one.left, one.may_come_back, one.until) == (1, True, None)
    with pytest.raises(claiming.NotHereYet):
        _claim(order, pieces(order, 0, 1), noon)
    assert _claim(order, pieces(order, 1, 0), noon, kind=ClaimKind.RETURN)


def _claim(order_id, wanted, now, *, kind=ClaimKind.FAULTY):
    return claiming.open_claim(
        order_id=order_id, kind=kind, pieces=wanted, words="坏了", key="claim", now=now
    )


def test_a_parcel_that_came_back_is_sent_again_or_paid_back(order, noon):
    again = send(order, noon, what=pieces(order, 2, 0))
    back = send(order, noon, what=pieces(order, 0, 3), key="b")
    for name in (again, back):
        assert delivering.note_came_back(parcel_public_id=name, actor=SYSTEM, now=noon + DAY)
        assert not delivering.note_came_back(parcel_public_id=name, actor=SYSTEM, now=noon + DAY)
    delivering.complete_due(now=noon + 20 * DAY)
    assert states(order) == (FulfillmentState.SHIPPED, [ParcelState.CAME_BACK] * 2)
    assert len(told(noon + DAY, Kind.CAME_BACK)) == 2

    send_on(again, noon + 2 * DAY, postage=Money(720))
    receive(again, noon + 4 * DAY)
    assert states(order)[0] is FulfillmentState.SHIPPED
    wanted = pieces(order, 0, 3)
    refund(order, wanted, RefundCause.GOODWILL, noon + 5 * DAY, are_goods_back=True)

    part = part_of(order)
    assert (part.state, part.received_at) == (FulfillmentState.RECEIVED, noon + 4 * DAY)
    assert on_hand(order) == [8, 10]
    assert findings() == []


def test_an_order_that_came_back_whole_and_was_paid_back_is_over(order, noon):
    name = send(order, noon)
    delivering.note_came_back(parcel_public_id=name, actor=SYSTEM, now=noon + DAY)
    scope = SYSTEM.scope(Permission.FULFILL)
    assert orders.parts_come_back(scope) == [part_of(order).public_id]

    wanted = pieces(order, 2, 3)
    refund(order, wanted, RefundCause.GOODWILL, noon + DAY, are_goods_back=True)

    assert states(order)[0] is FulfillmentState.CANCELLED
    assert orders.parts_come_back(scope) == []
    assert on_hand(order) == [10, 10]
    assert findings() == []


def test_what_is_fetched_goes_into_no_parcel(noon):
    placed = an_order(now=noon, handover=Handover.PICK_UP)
    with pytest.raises(PartNotOpen):
        send(placed.order_id, noon)


class Answering:
    """A carrier that answers what a test put there, or does not."""

    def __init__(self, *scans):
        self.known, self.asked, self.is_silent = list(scans), [], False

    def scans(self, tracking):
        outside_transaction()
        self.asked.append(tracking)
        if self.is_silent:
            raise couriers.CourierUnreachable
        return self.known


@pytest.fixture
def carrier():
    found = Answering()
    couriers.install({"顺丰": found})
    yield found
    couriers.install({})


def scans(order_id):
    return [(one.words, one.place) for one in part_of(order_id).parcels[0].scans]


def test_a_carrier_that_answers_is_asked_and_a_signature_receives_the_parcel(order, noon, carrier):
    send(order, noon, carrier="顺丰")
    other = a_paid_order(now=noon).order_id
    send(other, noon, key="other")
    carrier.known = [Scan(noon, "已揽收", "城口")]
    assert delivering.ask_couriers(now=noon + DAY) == 1
    assert carrier.asked == ["EMS-a"]  # the other one goes by a carrier that tells nothing

    carrier.known.append(Scan(noon + 2 * DAY, "已签收", "重庆", is_signed=True))
    assert delivering.ask_couriers(now=noon + 3 * DAY) == 1
    assert delivering.ask_couriers(now=noon + 3 * DAY) == 0

    assert scans(order) == [("已揽收", "城口"), ("已签收", "重庆")]
    assert part_of(order).received_at == noon + 2 * DAY
    assert states(other)[1] == [ParcelState.SENT]


def test_a_carrier_that_is_silent_or_talks_nonsense_changes_nothing(order, noon, carrier):
    send(order, noon, carrier="顺丰")
    carrier.is_silent = True
    assert delivering.ask_couriers(now=noon) == 0
    carrier.is_silent, carrier.known = False, [Scan(noon + DAY, "明天签收", is_signed=True)]
    assert delivering.ask_couriers(now=noon) == 0

    assert scans(order) == []
    assert states(order)[1] == [ParcelState.SENT]


def test_a_silent_carrier_is_asked_once_a_round_and_nonsense_of_one_parcel_hides_no_other(
    order, noon, carrier
):
    send(order, noon, carrier="顺丰")
    send(a_paid_order(now=noon).order_id, noon, carrier="顺丰", key="other")
    carrier.is_silent = True
    assert delivering.ask_couriers(now=noon) == 0
    assert len(carrier.asked) == 1

    carrier.is_silent, carrier.known = False, [Scan(noon + DAY, "明天")]
    assert delivering.ask_couriers(now=noon) == 0
    assert len(carrier.asked) == 3


def test_every_parcel_under_way_is_asked_about_however_many(order, noon, carrier):
    send(order, noon, carrier="顺丰")
    send(a_paid_order(now=noon).order_id, noon, carrier="顺丰", key="other")
    carrier.known = [Scan(noon, "已揽收")]

    assert delivering.ask_couriers(now=noon + DAY, most=1) == 2


def test_what_was_seen_under_a_number_that_is_corrected_meanwhile_is_not_hers(order, noon, carrier):
    name = send(order, noon, carrier="顺丰")
    worker = a_social_worker()

    class CorrectedMeanwhile(Answering):
        def scans(self, tracking):
            delivering.renumber(
                parcel_public_id=name, carrier="顺丰", tracking="SF-1", actor=worker, now=noon
            )
            return super().scans(tracking)

    couriers.install({"顺丰": CorrectedMeanwhile(Scan(noon, "已签收", "广州", is_signed=True))})

    assert delivering.ask_couriers(now=noon + DAY) == 0
    assert states(order) == (FulfillmentState.SHIPPED, [ParcelState.SENT])
    assert scans(order) == []


def test_a_signature_takes_none_of_the_buyers_seven_days(order, noon, carrier):
    send(order, noon, carrier="顺丰")
    carrier.known = [Scan(noon - DAY, "已签收", is_signed=True)]
    delivering.ask_couriers(now=noon + DAY)
    assert part_of(order).received_at == noon  # no earlier than it left

    by_hand = a_paid_order(now=noon).order_id
    name = send(by_hand, noon, key="by hand")
    signed = Scan(noon + DAY, "签收", is_signed=True)
    delivering.note_scan(
        parcel_public_id=name, scan=signed, actor=a_social_worker(), now=noon + 4 * DAY
    )
    assert part_of(by_hand).received_at == noon + 4 * DAY


def test_what_a_person_learned_of_a_carrier_is_written_down_once(order, noon):
    name = send(order, noon)
    said = {"parcel_public_id": name, "actor": a_social_worker(), "now": noon}
    assert delivering.note_scan(scan=Scan(noon, "到达重庆"), **said) == 1
    assert delivering.note_scan(scan=Scan(noon, "到达重庆"), **said) == 0
    for wrong, refusal in (
        (Scan(noon, "  "), WordsMissing),
        (Scan(noon + DAY, "签收"), FromTheFuture),
    ):
        with pytest.raises(refusal):
            delivering.note_scan(scan=wrong, **said)
    with pytest.raises(NotFound):
        stranger = a_social_worker(at=a_room(CIZHU))
        delivering.note_scan(scan=Scan(noon, "到达"), **said | {"actor": stranger})

    assert scans(order) == [("到达重庆", "")]


def test_nobody_saw_a_parcel_on_its_way_that_is_still_ours(order, noon):
    name = to_town(order, noon)
    with pytest.raises(ParcelNotOpen):
        delivering.note_scan(parcel_public_id=name, scan=Scan(noon, "签收"), actor=SYSTEM, now=noon)
