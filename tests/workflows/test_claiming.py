from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from shop.accounts.rules import Role
from shop.catalog.rules import PayLane
from shop.claims import queries as claims
from shop.claims import services as claim_work
from shop.claims.rules import CLAIM_WINDOW, ClaimKind, ClaimState
from shop.claims.services import ClaimClosed, ClaimedAlready, NothingClaimed, WordsMissing
from shop.earnings import queries as earnings
from shop.kernel.access import SYSTEM, Scope
from shop.kernel.db import db
from shop.kernel.errors import Forbidden, NotFound, OutOfReach
from shop.kernel.money import Money
from shop.ledger import queries as ledger
from shop.media import queries as media
from shop.media.rules import NotAPicture, Subject
from shop.orders import queries as orders
from shop.orders.rules import FulfillmentState
from shop.oversight import proof
from shop.payments import queries as payments
from shop.payments.rules import RefundCause, RefundState
from shop.stock import queries as stock
from shop.stock.services import OutOfStock
from shop.workflows import claiming, delivering
from shop.workflows.claiming import AnotherPerson, CourierMissing, NotHereYet, TooLateToClaim
from shop.workflows.rules import NotReturnable, TooLateToReturn
from tests.builders.accounts import a_bookkeeper, a_social_worker, an_actor
from tests.builders.media import a_zip, sent
from tests.builders.orders import an_order, pay, some_goods
from tests.builders.reviews import an_arrived_order
from tests.builders.stations import CIZHU, a_member, a_room, a_workshop

pytestmark = pytest.mark.usefixtures("app")

DAY = timedelta(days=1)
EVERYWHERE = Scope(("/",))


def arrived(noon, **more):
    """Return an order of two pairs of sandals at 88.00 that came just now."""
    return orders.order(orders.order_id_of(an_arrived_order(now=noon, **more)) or 0)


@pytest.fixture
def order(noon):
    return arrived(noon, goods={some_goods(): 2})


def bring(
    order, noon, *, kind=ClaimKind.RETURN, pieces=2, key="form-1", words="鞋面有破洞", **more
):
    return claiming.open_claim(
        order_id=order.id,
        kind=kind,
        pieces={order.lines[0].id: pieces},
        words="" if kind is ClaimKind.RETURN else words,
        key=key,
        now=noon,
        **more,
    )


def state(name) -> ClaimState:
    db.session.rollback()
    return claims.claim(name, scope=EVERYWHERE).state


def send_back(order, name, noon):
    claiming.note_sent_back(
        order_id=order.id, public_id=name, carrier="邮政", tracking="E9", now=noon
    )


def refused(order, noon, *, by=None):
    name = bring(order, noon, kind=ClaimKind.FAULTY)
    claiming.refuse(public_id=name, words="是穿坏的", actor=by or a_bookkeeper(), now=noon)
    return name


def balance(kind: str) -> Money:
    db.session.rollback()
    return ledger.balance(f"{kind}:{a_workshop()}")


def findings() -> list[str]:
    db.session.rollback()
    return [f"{f.code} {f.subject}: {f.detail}" for f in proof.prove(tell=lambda _: None)]


def test_a_return_without_a_reason_goes_from_announcement_to_money(order, noon):
    name = bring(order, noon)
    assert state(name) is ClaimState.ASKED

    send_back(order, name, noon + DAY)
    claiming.note_arrival(public_id=name, actor=a_bookkeeper(), now=noon + 9 * DAY)
    plan = claiming.simulate_making_good(public_id=name, actor=a_bookkeeper(), now=noon + 9 * DAY)
    asked = claiming.make_good(
        public_id=name, are_goods_back=True, actor=a_bookkeeper(), now=noon + 9 * DAY
    )

    # E5: the price of the goods; what sending here cost stays. Asked in time, settled later.
    assert plan.amount == asked.amount == Money(17600)
    assert payments.refund(asked.refund_id).cause is RefundCause.NO_REASON_RETURN
    found = claims.claim(name, scope=EVERYWHERE)
    assert [step.state for step in found.steps] == [
        ClaimState.ASKED,
        ClaimState.SENT,
        ClaimState.ARRIVED,
        ClaimState.REFUNDED,
    ]
    assert (found.carrier, found.tracking, found.refund_id) == ("邮政", "E9", asked.refund_id)
    variant = order.lines[0].variant_id or 0
    assert stock.available([variant], noon + 9 * DAY)[variant] == 10
    assert findings() == []


def test_a_return_is_decided_when_its_goods_are_here(order, noon):
    name = bring(order, noon)

    for act in (
        lambda: claiming.make_good(public_id=name, actor=a_bookkeeper(), now=noon),
        lambda: claiming.simulate_making_good(public_id=name, actor=a_bookkeeper(), now=noon),
        lambda: claiming.refuse(public_id=name, words="不", actor=a_bookkeeper(), now=noon),
    ):
        with pytest.raises(ClaimClosed):
            act()
    send_back(order, name, noon)
    with pytest.raises(ClaimClosed):
        claiming.make_good(public_id=name, actor=a_bookkeeper(), now=noon)
    assert state(name) is ClaimState.SENT
    assert payments.refunds_of_order(order.id) == []


def test_the_same_form_sent_twice_is_one_matter_and_made_good_once(order, noon):
    name = bring(order, noon, kind=ClaimKind.DAMAGED)
    assert bring(order, noon, kind=ClaimKind.DAMAGED) == name

    first = claiming.make_good(public_id=name, actor=a_bookkeeper(), now=noon)
    again = claiming.make_good(public_id=name, actor=a_bookkeeper(), now=noon)

    assert first.refund_id == again.refund_id
    assert len(payments.refunds_of_order(order.id)) == 1
    assert findings() == []


def test_two_matters_never_name_the_same_piece(order, noon):
    bring(order, noon, pieces=1)
    with pytest.raises(ClaimedAlready) as refusal:
        bring(order, noon, kind=ClaimKind.FAULTY, pieces=2, key="form-2")
    assert refusal.value.details["left"] == 1
    second = bring(order, noon, kind=ClaimKind.FAULTY, pieces=1, key="form-3")

    claiming.make_good(public_id=second, actor=a_bookkeeper(), now=noon)

    with pytest.raises(ClaimedAlready):
        bring(order, noon, kind=ClaimKind.MISSING, pieces=1, key="form-4")
    assert findings() == []


def test_what_is_refunded_cannot_be_claimed_again(order, noon):
    name = bring(order, noon, kind=ClaimKind.MISSING)
    claiming.make_good(public_id=name, actor=a_bookkeeper(), now=noon)

    with pytest.raises(ClaimedAlready):
        bring(order, noon, kind=ClaimKind.FAULTY, pieces=1, key="form-2")


def test_part_of_a_claim_can_be_made_good(order, noon):
    name = bring(order, noon, kind=ClaimKind.FAULTY)

    asked = claiming.make_good(
        public_id=name,
        pieces={order.lines[0].id: 1},
        return_postage=Money(900),
        actor=a_bookkeeper(),
        now=noon,
    )

    assert asked.amount == Money(8800)
    assert balance("postage") == Money(-900)  # E6: we pay for the way back of what was faulty
    assert findings() == []


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"pieces": 0}, NothingClaimed),
        ({"pieces": -1}, NothingClaimed),
        ({"pieces": 3}, ClaimedAlready),
        ({"kind": ClaimKind.FAULTY, "words": " "}, WordsMissing),
        ({"kind": ClaimKind.FAULTY, "words": "破" * 501}, claiming.WordsTooLong),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(order, noon, change, refusal):
    with pytest.raises(refusal):
        bring(order, noon, **change)
    assert claims.claims_of_order(order.id) == []


def test_lines_of_a_stranger_are_not_there(order, noon):
    other = arrived(noon, goods={some_goods(): 1})

    with pytest.raises(NotFound):
        claiming.open_claim(
            order_id=order.id,
            kind=ClaimKind.RETURN,
            pieces={other.lines[0].id: 1},
            key="form-1",
            now=noon,
        )
    name = bring(other, noon, pieces=1)
    with pytest.raises(NotFound):
        claiming.withdraw(order_id=order.id, public_id=name, now=noon)


def test_times_end(order, noon):
    with pytest.raises(TooLateToReturn):
        bring(order, noon + 9 * DAY)
    bring(order, noon + 9 * DAY, kind=ClaimKind.FAULTY)
    with pytest.raises(TooLateToClaim):
        bring(order, noon + CLAIM_WINDOW + DAY, kind=ClaimKind.FAULTY, pieces=1, key="form-2")
    assert claiming.claimable(order, now=noon + CLAIM_WINDOW + DAY) == []


def test_what_has_not_left_is_cancelled_and_not_claimed(noon):
    placed = an_order(now=noon)
    pay(placed, now=noon)
    order = orders.order(placed.order_id)

    assert claiming.claimable(order, now=noon) == []
    with pytest.raises(NotHereYet):
        bring(order, noon, kind=ClaimKind.MISSING, pieces=1)


def test_what_is_still_on_its_way_is_not_sent_back_yet(noon):
    placed = an_order(now=noon)
    pay(placed, now=noon)
    (part,) = orders.order(placed.order_id).parts
    delivering.send_parcel(
        fulfillment_public_id=part.public_id,
        carrier="邮政",
        tracking="1",
        key="on its way",
        actor=SYSTEM,
        now=noon,
    )
    order = orders.order(placed.order_id)

    with pytest.raises(NotHereYet):
        bring(order, noon, pieces=1)
    assert bring(order, noon, kind=ClaimKind.MISSING, pieces=1)


def test_what_was_made_for_one_buyer_comes_back_only_for_a_fault(order, noon):
    line = order.lines[0]
    db.session.execute(
        sa.text(
            "UPDATE order_lines SET may_come_back = :no, agreed_words = '我知道', agreed_at = :at"
            " WHERE id = :id"
        ),
        {"id": line.id, "no": False, "at": noon.replace(tzinfo=None)},
    )
    db.session.commit()

    with pytest.raises(NotReturnable):
        bring(orders.order(order.id), noon)
    assert bring(orders.order(order.id), noon, kind=ClaimKind.FAULTY)


def test_pictures_are_hung_beside_it_and_a_file_that_is_none_opens_nothing(order, noon):
    with pytest.raises(NotAPicture):
        bring(order, noon, kind=ClaimKind.FAULTY, files=[sent(a_zip(), "a.jpg")])
    assert claims.claims_of_order(order.id) == []

    name = bring(order, noon, kind=ClaimKind.FAULTY, files=[sent()])

    found = claims.claim(name, scope=EVERYWHERE)
    assert len(media.at_desk(Subject.CLAIM, found.id)) == 1


def test_a_withdrawn_matter_frees_its_pieces(order, noon):
    name = bring(order, noon)
    assert claiming.withdraw(order_id=order.id, public_id=name, now=noon)
    assert not claiming.withdraw(order_id=order.id, public_id=name, now=noon)

    with pytest.raises(ClaimClosed):
        send_back(order, name, noon)
    bring(order, noon, key="form-2")
    assert findings() == []


def test_an_announcement_that_nobody_follows_falls_after_two_weeks(order, noon):
    name = bring(order, noon)
    assert claim_work.let_unsent_fall(now=noon + 13 * DAY) == 0
    assert claim_work.let_unsent_fall(now=noon + 14 * DAY) == 1
    assert claim_work.let_unsent_fall(now=noon + 14 * DAY) == 0
    assert state(name) is ClaimState.WITHDRAWN


def test_a_parcel_back_has_a_carrier_and_a_number(order, noon):
    name = bring(order, noon)
    with pytest.raises(CourierMissing):
        claiming.note_sent_back(
            order_id=order.id, public_id=name, carrier="邮政", tracking=" ", now=noon
        )
    assert state(name) is ClaimState.ASKED


def test_while_something_is_open_a_part_does_not_complete(order, noon):
    name = bring(order, noon + 6 * DAY)
    delivering.complete_due(now=noon + 8 * DAY)
    assert orders.order(order.id).parts[0].state is FulfillmentState.RECEIVED

    claiming.withdraw(order_id=order.id, public_id=name, now=noon + 8 * DAY)
    delivering.complete_due(now=noon + 8 * DAY)

    assert orders.order(order.id).parts[0].state is FulfillmentState.COMPLETED


def test_a_consignment_share_waits_and_falls_with_a_return(noon):
    maker = a_member()
    goods = some_goods(pay_lane=PayLane.CONSIGNMENT, share_percent=60, maker_id=maker)
    order = arrived(noon, goods={goods: 2})
    before = earnings.pots(maker, now=noon).waiting
    name = bring(order, noon, pieces=1)
    delivering.complete_due(now=noon + 8 * DAY)
    assert earnings.pots(maker, now=noon + 8 * DAY).waiting == before

    claiming.note_arrival(public_id=name, actor=a_bookkeeper(), now=noon + 8 * DAY)
    claiming.make_good(
        public_id=name, are_goods_back=True, actor=a_bookkeeper(), now=noon + 8 * DAY
    )
    delivering.complete_due(now=noon + 8 * DAY)

    pots = earnings.pots(maker, now=noon + 8 * DAY)
    assert (pots.waiting, pots.sure) == (Money(0), Money(before.minor // 2))
    assert findings() == []


def test_pieces_sent_anew_leave_the_shelf_at_their_cost_and_no_money_moves(order, noon):
    name = bring(order, noon, kind=ClaimKind.DAMAGED, pieces=1)
    cost = balance("cost_of_goods")

    for _ in range(2):
        claiming.replace(
            public_id=name, carrier="邮政", tracking="E8", actor=a_bookkeeper(), now=noon
        )

    assert state(name) is ClaimState.REPLACED
    assert balance("cost_of_goods") == cost - order.lines[0].cost
    variant = order.lines[0].variant_id or 0
    assert stock.available([variant], noon)[variant] == 7  # ten, two sold, one sent anew
    assert payments.refunds_of_order(order.id) == []
    assert findings() == []


def test_what_is_not_on_the_shelf_cannot_be_sent_anew(noon):
    order = arrived(noon, goods={some_goods(pieces=2): 2})
    name = bring(order, noon, kind=ClaimKind.DAMAGED)

    with pytest.raises(OutOfStock):
        claiming.replace(
            public_id=name, carrier="邮政", tracking="E8", actor=a_bookkeeper(), now=noon
        )
    assert state(name) is ClaimState.ASKED


def test_a_refusal_goes_to_another_person_and_then_to_the_town(order, noon):
    first, second = a_bookkeeper(), a_bookkeeper()
    name = refused(order, noon, by=first)
    at = noon + DAY
    assert claims.claim(name, scope=EVERYWHERE).answer == "是穿坏的"

    claiming.raise_higher(order_id=order.id, public_id=name, words="才穿一天", now=at)
    with pytest.raises(AnotherPerson):
        claiming.refuse(public_id=name, words="不行", actor=first, now=at)
    with pytest.raises(AnotherPerson):
        claiming.make_good(public_id=name, actor=first, now=at)
    claiming.refuse(public_id=name, words="我也看过", actor=second, now=at)
    assert state(name) is ClaimState.UPHELD

    claiming.raise_higher(order_id=order.id, public_id=name, words="请镇里看", now=at)
    assert claims.claim(name, scope=EVERYWHERE).answer_by == at + 10 * DAY
    with pytest.raises(ClaimClosed):
        claiming.make_good(public_id=name, actor=second, now=at)
    town = an_actor(Role.TOWN_SUPERVISOR)
    claiming.decide_at_town(public_id=name, is_for_buyer=True, words="买家有理", actor=town, now=at)
    asked = claiming.make_good(public_id=name, actor=first, now=at)

    assert asked.state is RefundState.SETTLED
    assert state(name) is ClaimState.REFUNDED
    assert findings() == []


def test_the_towns_no_ends_it(order, noon):
    name = refused(order, noon)
    claiming.raise_higher(order_id=order.id, public_id=name, words="一", now=noon)
    claiming.refuse(public_id=name, words="二", actor=a_bookkeeper(), now=noon)
    claiming.raise_higher(order_id=order.id, public_id=name, words="三", now=noon)

    claiming.decide_at_town(
        public_id=name,
        is_for_buyer=False,
        words="四",
        actor=an_actor(Role.TOWN_SUPERVISOR),
        now=noon,
    )

    with pytest.raises(ClaimClosed):
        claiming.raise_higher(order_id=order.id, public_id=name, words="五", now=noon)
    with pytest.raises(ClaimClosed):
        claiming.make_good(public_id=name, actor=a_bookkeeper(), now=noon)


def test_nobody_goes_higher_after_a_month_or_without_words(order, noon):
    name = refused(order, noon)

    with pytest.raises(WordsMissing):
        claiming.raise_higher(order_id=order.id, public_id=name, words=" ", now=noon)
    with pytest.raises(ClaimClosed):
        claiming.raise_higher(order_id=order.id, public_id=name, words="晚了", now=noon + 31 * DAY)


def test_only_who_may_decides_and_only_at_home(order, noon):
    name = bring(order, noon, kind=ClaimKind.FAULTY)
    stranger = a_bookkeeper(at=a_room(CIZHU))

    with pytest.raises(OutOfReach):
        claiming.refuse(public_id=name, words="不", actor=stranger, now=noon)
    with pytest.raises(OutOfReach):
        claiming.make_good(public_id=name, actor=stranger, now=noon)
    with pytest.raises(Forbidden):
        claiming.decide_at_town(
            public_id=name, is_for_buyer=True, words="是", actor=a_social_worker(), now=noon
        )
    assert state(name) is ClaimState.ASKED


def test_a_forgotten_buyer_leaves_no_words_and_no_pictures(order, noon):
    name = bring(order, noon, kind=ClaimKind.FAULTY, files=[sent()])
    claiming.refuse(public_id=name, words="不", actor=a_bookkeeper(), now=noon)

    claim_work.forget(order_id=order.id, now=noon)

    found = claims.claim(name, scope=EVERYWHERE)
    assert (found.words, media.at_desk(Subject.CLAIM, found.id)) == ("", ())
