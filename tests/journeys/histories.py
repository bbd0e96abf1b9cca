"""Random lives of orders over the real services, beside a model that is counted on fingers.

Each history is one order: placed, perhaps paid, late, twice or never, sent, received, given back in
parts for any reason, refused and tried again, disputed, paid out by the channel. After every act
the order is held against what must be true of it; in the end the whole house is proven.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shop.catalog.rules import PayLane
from shop.kernel.access import SYSTEM
from shop.kernel.db import db
from shop.kernel.errors import ShopError
from shop.kernel.money import Money, total
from shop.ledger import queries as ledger
from shop.ledger.rules import AccountKind, kind_of
from shop.orders import parcels as parcel_moves
from shop.orders import queries as orders
from shop.orders.queries import OrderView
from shop.orders.rules import FulfillmentState, Handover, OrderState, ParcelState
from shop.payments import queries as payments
from shop.payments.gateway import NullGateway
from shop.payments.queries import PaymentFacts, RefundFacts
from shop.payments.rules import DisputeState, Method, RefundCause, RefundState, RefundWay
from shop.stock import queries as stock
from shop.workflows import delivering, disputing, giving_back, refunding, selling
from shop.workflows.refunding import Wish
from tests.builders.accounts import a_cashier, a_social_worker
from tests.builders.orders import Goods, an_order, some_goods, some_pendants
from tests.builders.payments import a_dispute
from tests.builders.stations import CIZHU, a_member, a_room, a_workshop

MOST_ACTS = 14
SHELF = 100_000
MONEY = {AccountKind.CLEARING, AccountKind.BANK, AccountKind.CASH, AccountKind.RECEIVABLE}
CAUSES = (
    RefundCause.NO_REASON_RETURN,
    RefundCause.FAULTY,
    RefundCause.DAMAGED,
    RefundCause.LOST_IN_POST,
    RefundCause.CANCELLED_BY_BUYER,
    RefundCause.CANCELLED_BY_HOUSE,
    RefundCause.GOODWILL,
)
URLS = {"success_url": "https://shop.example/ok", "cancel_url": "https://shop.example/no"}


@dataclass
class World:
    """Goods of two workshops, both lanes of pay, and how many pieces must lie on each shelf."""

    bank: NullGateway
    goods: list[Goods] = field(default_factory=list)
    on_hand: Counter[int] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """Fill the shelves."""
        other = a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹土布坊")
        share = {"pay_lane": PayLane.CONSIGNMENT, "share_percent": 55, "maker_id": a_member()}
        self.goods = [
            some_goods(pieces=SHELF),
            some_pendants(pieces=SHELF),
            some_goods(pieces=SHELF, fen=3333, pay=100, material=100, **share),
            some_pendants(pieces=SHELF, workshop_id=other),
        ]
        self.on_hand.update({one.variant_id: SHELF for one in self.goods})
        self.clerk, self.cashier = a_social_worker(), a_cashier()

    def wrong_shelves(self, now: datetime) -> list[str]:
        """Return where a shelf and the model disagree."""
        return [
            f"variant {level.variant_id}: {level.on_hand} lie there, the model says"
            f" {self.on_hand[level.variant_id]}"
            for level in stock.levels(list(self.on_hand), now=now)
            if level.on_hand != self.on_hand[level.variant_id]
        ]


class History:
    """One order's random life; the same seed lives it again."""

    def __init__(self, world: World, seed: int, now: datetime) -> None:
        self.world, self.seed, self.now = world, seed, now
        self.chance = random.Random(seed)
        self.dispute_open: Money | None = None
        self.acts: list[str] = []

    def live(self) -> None:
        """Live it; raises AssertionError with the seed and the acts where something is wrong."""
        is_fetched = self.chance.random() < 0.25
        pays_there = is_fetched and self.chance.random() < 0.5
        # One counter hands over what its own workshop made.
        reach = self.world.goods[:3] if is_fetched else self.world.goods
        chosen = self.chance.sample(reach, self.chance.randint(1, 3))
        self.placed = an_order(
            now=self.now,
            goods={one: self.chance.randint(1, 3) for one in chosen},
            handover=Handover.PICK_UP if is_fetched else Handover.SHIP,
            method=Method.PAY_ON_PICK_UP if pays_there else Method.ONLINE,
            key=f"history-{self.seed}",
        )
        acts: list[Callable[[], object]] = [
            self.pay, self.pay, self.pay, self.wait, self.send, self.send, self.send, self.receive,
            self.move_parcel, self.move_parcel, self.move_parcel,
            self.give_back, self.give_back, self.give_back, self.refuse, self.take_up,
            self.dispute, self.pay_out, self.cancel, self.settle_down,
        ]  # fmt: skip
        self.pay()
        for _ in range(self.chance.randint(2, MOST_ACTS)):
            act = self.chance.choice(acts)
            self.now += timedelta(minutes=self.chance.choice((1, 5, 20, 600, 4000)))
            self.acts.append(act.__name__)
            try:
                act()
                self.world.told[act.__name__] += 1
            except ShopError as refusal:
                self.world.told[f"{act.__name__}: {refusal.code}"] += 1
            finally:
                self.world.bank.refuses_refunds = False
            self.hold()

    @property
    def order(self) -> OrderView:
        """Return the order as it stands."""
        return orders.order(self.placed.order_id)

    # What may happen

    def pay(self) -> None:
        """Pay, or try to: in time, late, again."""
        order, payment = self.order, payments.payment_of_order(self.placed.order_id)
        assert payment is not None
        if payment.method is Method.PAY_ON_PICK_UP:
            selling.take_money(order_id=order.id, actor=SYSTEM, now=self.now)
            return
        name = payment.public_id
        if payment.provider_ref is None:
            selling.start_payment(payment_public_id=name, now=self.now, **URLS)
            payment = payments.payment_by_public_id(name)
        if self.chance.random() < 0.85:
            self.world.bank.pay(payment.provider_ref or "")
            said = self.world.bank.look_up(payment.provider_ref or "")
            for _ in range(self.chance.randint(1, 2)):
                selling.apply_payment_answer(payment=payment, said=said, now=self.now)

    def wait(self) -> None:
        """Let the clerk's clock sweep what nobody paid."""
        selling.expire_unpaid(now=self.now)

    def cancel(self) -> None:
        """Let the buyer cancel, paid or not."""
        if self.order.state is OrderState.PLACED:
            selling.cancel_unpaid(order_id=self.order.id, actor=SYSTEM, now=self.now)
        else:
            key = f"cancel-{self.seed}-{len(self.acts)}"
            refunding.cancel_by_buyer(order_id=self.order.id, key=key, now=self.now)

    def send(self) -> None:
        """Send some or all pieces of a part, or hand it over."""
        part = self.chance.choice(self.order.parts)
        if part.handover is Handover.PICK_UP:
            name = part.public_id
            if delivering.hand_over_part(fulfillment_public_id=name, actor=SYSTEM, now=self.now):
                self._leave({line.id: line.here for line in part.lines})
            return
        pieces = {line.id: self.chance.randint(0, line.quantity) for line in part.lines}
        key = f"parcel-{self.seed}-{len(self.acts)}"
        act = delivering.pack_for_town if self.chance.random() < 0.3 else self._send
        for _ in range(self.chance.randint(1, 2)):  # a double tap
            act(
                fulfillment_public_id=part.public_id,
                pieces=pieces,
                key=key,
                actor=SYSTEM,
                now=self.now,
            )
        if act == self._send:
            self._leave(pieces)

    def _send(self, **given: Any) -> object:  # Any: what the workflow takes
        return delivering.send_parcel(carrier="邮政", tracking="1", **given)

    def _leave(self, pieces: Mapping[int, int]) -> None:
        for line in self.order.lines:
            self.world.on_hand[line.variant_id or 0] -= pieces.get(line.id, 0)

    def move_parcel(self) -> None:
        """Move a parcel on, whichever way: to the town, with a carrier, back, apart, received."""
        parcels = [one for part in self.order.parts for one in part.parcels]
        if not parcels:
            return
        parcel, act = self.chance.choice(parcels), self.chance.randint(0, 4)
        given = {"actor": SYSTEM, "now": self.now}
        name = parcel.public_id
        if act == 0:
            delivering.take_in_at_town(public_ids=[name], **given)
        elif act == 1:
            number = str(self.chance.randint(1, 3))
            moved = delivering.send_again(
                parcel_public_id=name, carrier="邮政", tracking=number, **given
            )
            if moved and parcel.is_ours:
                self._leave(parcel.pieces)
        elif act == 2:
            delivering.note_came_back(parcel_public_id=name, **given)
        elif act == 3:
            delivering.open_parcel(parcel_public_id=name, **given)
        else:
            parcel_moves.receive(parcel_id=parcel.id, **given)

    def receive(self) -> None:
        """Let a parcel reach its buyer."""
        part = self.chance.choice(self.order.parts)
        delivering.receive_part(fulfillment_public_id=part.public_id, actor=SYSTEM, now=self.now)

    def settle_down(self) -> None:
        """Let return windows end."""
        self.now += timedelta(days=self.chance.choice((1, 8, 30)))
        delivering.complete_due(now=self.now)

    def give_back(self) -> None:
        """Give something back, for any reason, with or without its goods."""
        order = self.order
        gone = {line.id: line.returned - line.cancelled for line in order.lines}
        lines = self.chance.sample(order.lines, self.chance.randint(0, len(order.lines)))
        wishes = [Wish(line.id, self.chance.randint(1, line.quantity)) for line in lines]
        is_back = self.chance.random() < 0.5
        shipping = self.chance.choice((None, None, None, Money(0), Money(350), Money(800)))
        key = f"back-{self.seed}-{len(self.acts)}"
        for _ in range(self.chance.randint(1, 2)):  # a double tap
            refunding.request_refund(
                order_id=order.id,
                wishes=wishes,
                cause=self.chance.choice(CAUSES) if _ == 0 else payments.refund_by_key(key).cause,
                are_goods_back=is_back,
                shipping=shipping,
                actor=SYSTEM,
                key=key,
                now=self.now,
            )
            if is_back and _ == 0:
                for line in self.order.lines:
                    back = line.returned - line.cancelled - gone[line.id]
                    self.world.on_hand[line.variant_id or 0] += back

    def refuse(self) -> None:
        """Give something back while the buyer's bank refuses."""
        self.world.bank.refuses_refunds = True
        self.give_back()

    def take_up(self) -> None:
        """Try refused money again, or count it out in cash by two people."""
        refused = [one for one in payments.standing_refunds(self.order.id) if one.is_refused]
        for one in refused:
            if self.chance.random() < 0.5:
                giving_back.try_again(refund_public_id=one.public_id, actor=SYSTEM, now=self.now)
                continue
            offered = giving_back.offer_cash(
                refund_public_id=one.public_id, actor=self.world.clerk, now=self.now
            )
            giving_back.give_by_hand(
                refund_public_id=offered.public_id,
                proof="收据 1",
                actor=self.world.cashier,
                now=self.now,
            )

    def dispute(self) -> None:
        """Let a bank want money back, or decide about it."""
        payment = payments.payment_of_order(self.placed.order_id)
        assert payment is not None
        if self.dispute_open is None:
            most = payment.captured.minor
            self.dispute_open = Money(self.chance.choice((most, max(most // 3, 1))))
        state = self.chance.choice(tuple(DisputeState))
        said = a_dispute(
            now=self.now, fen=self.dispute_open.minor, state=state, ref=f"du_{self.seed}"
        )
        disputing.take_dispute(payment_id=payment.id, said=said, now=self.now)

    def pay_out(self) -> None:
        """Let the channel pay out to our bank."""
        payment = payments.payment_of_order(self.placed.order_id)
        assert payment is not None
        giving_back.settle_channel(payment_id=payment.id, actor=SYSTEM, now=self.now)

    # What must be true

    def hold(self) -> None:
        """Hold the order against what must be true of it; the seed and the acts name it."""
        db.session.rollback()
        wrong = list(self._wrong())
        assert wrong == [], f"seed {self.seed}: {wrong} after {self.acts}"

    def _wrong(self) -> Iterator[str]:
        order = self.order
        yield from self._wrong_lines(order)
        yield from self._wrong_parcels(order)
        sources = [f"order:{order.id}"]
        came = went = Money(0)
        for payment in payments.payments_of_order(order.id):
            tries = payments.refunds_of(payment.id)
            yield from self._wrong_refunds(payment, tries)
            came, went = came + payment.captured, went + payment.refunded
            sources.append(f"payment:{payment.id}")
            sources += [f"refund:{one.id}" for one in tries]
            sources += [f"dispute:{one.id}" for one in payments.disputes_of_payment(payment.id)]
        entries = [entry for source in sources for entry in ledger.entries_of(source)]
        if any(total([one.amount for one in entry.lines]) for entry in entries):
            yield "an entry does not balance"
        lies = total(
            [
                -one.amount
                for entry in entries
                for one in entry.lines
                if kind_of(one.account_key) in MONEY | {AccountKind.FEE}
            ]
        )
        if lies != came - went:
            yield f"the books hold {lies}, but {came} came and {went} went"

    def _wrong_lines(self, order: OrderView) -> Iterator[str]:
        nothing = Money(0)
        # What a buyer's bank has kept she is not given a second time.
        bank_kept = any(
            one.way is RefundWay.DISPUTE
            for payment in payments.payments_of_order(order.id)
            for one in payments.refunds_of(payment.id)
        )
        if order.total != total([line.total for line in order.lines]) + order.shipping:
            yield "the total is not the sum of its parts"
        for line in order.lines:
            if not (0 <= line.returned <= line.quantity and nothing <= line.refunded <= line.total):
                yield f"line {line.position}: {line.returned} back, {line.refunded} of {line.total}"
            if line.here < 0 or line.with_buyer < 0 or line.sent + line.cancelled > line.quantity:
                yield f"line {line.position}: {line.sent} left and {line.cancelled} fell"
            if line.returned == line.quantity and line.refunded != line.total and not bank_kept:
                yield f"line {line.position}: all came back for {line.refunded} of {line.total}"

    def _wrong_parcels(self, order: OrderView) -> Iterator[str]:
        for part in order.parts:
            for line in part.lines:
                inside = {
                    is_ours: sum(
                        one.pieces.get(line.id, 0)
                        for one in part.parcels
                        if one.is_ours is is_ours and one.state is not ParcelState.OPENED
                    )
                    for is_ours in (True, False)
                }
                if part.handover is Handover.SHIP and inside[False] != line.sent:
                    yield f"line {line.position}: {line.sent} left, in parcels {inside[False]}"
                if inside[True] > line.here:
                    yield f"line {line.position}: {inside[True]} packed of {line.here}"
            if part.state is FulfillmentState.SHIPPED and any(line.here for line in part.lines):
                yield f"part {part.id} has left, but not all of it"

    def _wrong_refunds(self, payment: PaymentFacts, tries: list[RefundFacts]) -> Iterator[str]:
        settled = total([one.amount for one in tries if one.state is RefundState.SETTLED])
        pending = total([one.amount for one in tries if one.state is RefundState.PENDING])
        if (payment.refunded, payment.pending_refund) != (settled, pending):
            yield f"{payment.public_id}: counters and refunds disagree"
        if not Money(0) <= settled + pending + payment.disputed <= payment.captured:
            yield f"{payment.public_id}: {settled} + {pending} of {payment.captured} went back"
