"""Six events of one payment, in every order and twice each, end where the natural order ends."""

from __future__ import annotations

import itertools
from contextlib import closing
from datetime import timedelta

import pytest

from shop.kernel.clock import utc_now
from shop.kernel.db import db, sqlite_module
from shop.kernel.money import Money
from shop.orders import queries as orders
from shop.orders.rules import OrderState
from shop.payments import gateway as gateways
from shop.payments import queries as payments
from shop.payments import services as payment_services
from shop.payments.events import ProviderEventReceived
from shop.payments.fakestripe.house import FakeStripe
from shop.payments.fakestripe.stores import MemoryStore
from shop.payments.gateway import DemoGateway
from shop.payments.rules import DisputeState, PaymentState
from shop.workflows import selling
from tests.builders.orders import an_order, some_goods
from tests.workflows.test_selling_webhooks import URLS, findings, rows

SIX = (
    "payment_intent.created",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.succeeded",
    "charge.refunded",
    "charge.dispute.created",
)
ALL_ORDERS = list(itertools.permutations(range(len(SIX))))
pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture(autouse=True)
def _as_it_was():
    before = list(gateways._installed.values())
    yield
    gateways.install(*before)


class Story:
    """One order at a pretended Stripe of its own, and the six events of its whole life.

    A declined card, then Alipay whose money comes late, a refund at Stripe's own desk, and a bank
    that wants the rest back.
    """

    def __init__(self, goods, now, *, tells=lambda _: None, door=DemoGateway):
        self.now, self.tells = now, tells
        self.house = FakeStripe(MemoryStore())
        gateways.install(door(self.house))
        self.placed = an_order(now=now, goods={goods: 1})
        selling.start_payment(payment_public_id=self.placed.payment_public_id, now=now, **URLS)
        payment = payments.payment_by_public_id(self.placed.payment_public_id)
        self.payment_id, page = payment.id, payment.provider_ref
        self.house.pay(page, channel="card", will_succeed=False)
        self.told()
        with self.house.books() as books:
            books.try_session(page, channel="alipay")
            books.delay_session(page)
        self.told()
        with self.house.books() as books:
            books.finish_session(page, is_paid=True)
        self.told()
        with self.house.books() as books:
            intent = books.session(page)["payment_intent"]
            books.create_refund({"payment_intent": intent, "amount": 1000})
        self.told()
        with self.house.books() as books:
            books.open_dispute(books.find("payment_intent", intent)["latest_charge"])
        self.told()
        with self.house.books() as books:
            by_kind = {
                books.find("event", name)["type"]: name for name in books.shelf.names("event")
            }
        self.events = [by_kind[kind] for kind in SIX]

    def told(self):
        """Give whoever listens as it happens the chance to hear."""
        self.tells(self)

    def hear(self, event_id, times=1):
        for _ in range(times):
            body, signature = self.house.signed_event(event_id)
            taken = payment_services.take_webhook(body=body, signature=signature, now=self.now)
            if taken is not None:
                selling.apply_provider_event(ProviderEventReceived(taken), now=self.now)

    def state(self):
        """Return what stands here in the end, in plain words, without names and numbers."""
        order = orders.order(self.placed.order_id)
        payment = payments.payment(self.payment_id)
        (dispute,) = payments.disputes_of_payment(self.payment_id)
        lines = rows(
            "SELECT accounts.kind, SUM(postings.amount_minor) FROM postings"
            " JOIN entries ON entries.id = postings.entry_id"
            " JOIN ledger_accounts accounts ON accounts.id = postings.account_id"
            f" WHERE entries.source IN ('order:{order.id}', 'dispute:{dispute.id}')"
            " GROUP BY accounts.kind ORDER BY accounts.kind"
        )
        return {
            "order": order.state,
            "payment": payment.state,
            "captured": payment.captured,
            "refundable": payment.refundable,
            "dispute": dispute.state,
            "claimed": dispute.claimed,
            "answer in": dispute.answer_by - dispute.opened_at,
            "books": {kind: int(sum_) for kind, sum_ in lines},
        }


# The right state, named: agreement alone is not correctness.
RIGHT = {
    "order": OrderState.PAID,
    "payment": PaymentState.SUCCEEDED,
    "captured": Money(9600),
    "refundable": Money(0),
    "dispute": DisputeState.NEEDS_ANSWER,
    "claimed": Money(9600),
    "answer in": timedelta(days=7),
    "books": {
        "clearing": 58,  # the fee is lost; the rest lies with the bank
        "fee": -58,
        "receivable": -9600,
        "sales": 8800,
        "shipping_income": 800,
    },
}


def test_the_natural_order_heard_as_it_happens_ends_in_the_right_state():
    heard = []

    def listen(story):
        for event_id in story.house.event_ids():
            if event_id not in heard:
                heard.append(event_id)
                story.hear(event_id)

    story = Story(some_goods(), utc_now(), tells=listen)

    assert story.state() == RIGHT
    assert findings() == []


def hear_in_order(goods, now, order, number=0):
    """Return the end of one story whose events came in this order, twice and again later."""
    story = Story(goods, now)
    for place in order:
        story.hear(story.events[place], times=2)
    for place in order[:: 1 + number % 3]:
        story.hear(story.events[place])
    return story.state()


def test_a_sample_of_the_720_orders_with_doubles_ends_in_the_right_state():
    chosen = ALL_ORDERS[::36]
    goods, now = some_goods(pieces=len(chosen)), utc_now()

    ends = [(order, hear_in_order(goods, now, order, n)) for n, order in enumerate(chosen)]

    assert [(order, end) for order, end in ends if end != RIGHT] == []
    assert rows("SELECT COUNT(*) FROM provider_events") == [(len(chosen) * len(SIX),)]
    assert rows("SELECT COUNT(*) FROM orders WHERE state = 'paid'") == [(len(chosen),)]
    assert findings() == []


# What the order of hearing may leave its mark on: the inbox, and the log of what happened when.
MARKED = {"provider_events", "events", "deliveries", "freshness", "heartbeats"}


class Memory:
    """The whole database at a moment, to be gone back to: only a file can be taken up like this."""

    def __init__(self, file):
        self.kept = sqlite_module().connect(":memory:")
        db.session.remove()
        with closing(sqlite_module().connect(str(file))) as source:
            source.backup(self.kept)
        self.file = file

    def go_back(self):
        db.session.remove()
        db.engine.dispose()
        with closing(sqlite_module().connect(str(self.file))) as target:
            self.kept.backup(target)

    def digest(self):
        """Return everything but the marks, so that two ways to here can be told to have met."""
        names = [
            name
            for (name,) in self.kept.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if name not in MARKED and not name.startswith(("sqlite_", "index_"))
        ]
        return hash(
            tuple(
                (name, tuple(sorted(map(repr, self.kept.execute(self._read(name))))))
                for name in sorted(names)
            )
        )

    def _read(self, name):
        # Names that are drawn by lot differ on every path.
        columns = [row[1] for row in self.kept.execute(f"PRAGMA table_info({name})")]
        return f"SELECT {', '.join(c for c in columns if c != 'public_id')} FROM {name}"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_all_720_orders_and_their_doubles_end_in_the_right_state(database):
    """Walk every order as a path: where two paths have heard the same and stand alike, as one.

    What follows depends on nothing but where one stands, so each of the 720 is walked; plainly
    one by one they are replayed by ``bench/event_orders.py``.
    """
    story = Story(some_goods(), utc_now())
    standing = {(frozenset(), 0): (Memory(database.file), 1)}
    for _ in SIX:
        reached = {}
        for (heard, _mark), (memory, ways) in standing.items():
            for event_id in set(story.events) - heard:
                memory.go_back()
                story.hear(event_id, times=2)
                for again in heard:
                    story.hear(again)
                here = Memory(database.file)
                place = (heard | {event_id}, here.digest())
                reached[place] = (here, ways + reached.get(place, (None, 0))[1])
        standing = reached

    assert sum(ways for _, ways in standing.values()) == 720
    for memory, _ in standing.values():
        memory.go_back()
        assert story.state() == RIGHT
        assert findings() == []


class Forgetful(DemoGateway):
    """A provider that goes on saying what it said first."""

    def __init__(self, house):
        super().__init__(house)
        self.said = {}

    def look_up(self, provider_ref):
        return self.said.setdefault(provider_ref, super().look_up(provider_ref))


def test_the_named_state_is_missed_when_the_truth_is_not_asked_anew():
    heard = []

    def listen(story):
        for event_id in story.house.event_ids():
            if event_id not in heard:
                heard.append(event_id)
                story.hear(event_id)

    story = Story(some_goods(), utc_now(), tells=listen, door=Forgetful)

    assert payments.payment(story.payment_id).state is not PaymentState.SUCCEEDED
    assert payments.disputes_of_payment(story.payment_id) == []
