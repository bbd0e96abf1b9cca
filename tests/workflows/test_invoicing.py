from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from shop.invoices import queries as known
from shop.invoices import services as invoices
from shop.invoices.rules import InvoiceWish, TaxNumberWrong, TitleKind
from shop.kernel.access import SYSTEM, VISITOR, Scope
from shop.kernel.db import db
from shop.kernel.errors import NotFound
from shop.kernel.money import Money
from shop.orders import queries as orders
from shop.oversight import proof
from shop.payments.rules import Method, RefundCause
from shop.workflows import invoicing, quoting, refunding, selling
from shop.workflows.refunding import Wish
from tests.builders.orders import a_buyer, a_cart, pay, some_goods
from tests.builders.stations import CIZHU, a_room, a_workshop

pytestmark = pytest.mark.usefixtures("app", "bank")
EVERYWHERE = Scope(("/",))
COMPANY = InvoiceWish(TitleKind.COMPANY, "医院工会", "91110108551385082Q")


def an_order_with_invoice(now, *, goods=None, wish=COMPANY, key="form-of-the-invoice"):
    cart = a_cart(now=now, goods=goods or {some_goods(): 2})
    return selling.place_order(
        cart_token=cart,
        contact=a_buyer(key),
        method=Method.ONLINE,
        expected_total=quoting.quote(cart, now=now).total,
        key=key,
        invoice=wish,
        actor=VISITOR,
        now=now,
    )


def findings() -> list[str]:
    db.session.rollback()
    return [f"{f.code} {f.subject}: {f.detail}" for f in proof.prove(tell=lambda _: None)]


def the_row(scope=EVERYWHERE):
    db.session.rollback()
    (row,) = invoicing.rows(scope)
    return row


def test_an_invoice_is_written_for_what_was_paid_once_and_taken_back_in_red_after_a_refund(noon):
    placed = an_order_with_invoice(noon)
    assert not the_row().is_to_write
    pay(placed, now=noon)
    row = the_row()
    assert (row.due, row.is_to_write) == (Money(18400), True)

    def note(verb, number):
        verb(
            public_id=row.invoice.public_id, number=number, scope=EVERYWHERE, actor=SYSTEM, now=noon
        )

    with pytest.raises(invoices.NumberMissing):
        note(invoicing.note_written, "  ")
    with pytest.raises(invoices.InvoiceNotOpen):
        note(invoicing.note_red, "R-1")
    note(invoicing.note_written, "24950000000012345678")
    with pytest.raises(invoices.InvoiceNotOpen):
        note(invoicing.note_written, "again")

    line = orders.order(placed.order_id).lines[0]
    refunding.request_refund(
        order_id=placed.order_id,
        wishes=[Wish(line.id, 1)],
        cause=RefundCause.CANCELLED_BY_BUYER,
        actor=SYSTEM,
        key="one back",
        now=noon,
    )
    assert (the_row().is_to_redden, the_row().due) == (True, Money(9600))
    note(invoicing.note_red, "24950000000099999999")
    assert (the_row().is_to_redden, the_row().invoice.stands_for) == (False, Money(9600))
    assert findings() == []


def test_each_workshop_sees_and_writes_only_its_own(noon):
    own = some_goods()
    other = a_workshop(slug="cizhu", station_id=a_room(CIZHU), name="茨竹工坊")
    foreign = some_goods(workshop_id=other)
    pay(an_order_with_invoice(noon, goods={own: 1, foreign: 1}), now=noon)
    here = Scope(("/500229/212/202/",))

    row = the_row(here)
    assert row.due == Money(9600)
    elsewhere = next(
        one for one in known.invoices(EVERYWHERE) if one.workshop_id == foreign.workshop_id
    )
    with pytest.raises(NotFound):
        invoicing.note_written(
            public_id=elsewhere.public_id, number="1", scope=here, actor=SYSTEM, now=noon
        )


def test_an_order_with_a_wrong_tax_number_is_not_placed(noon):
    wrong = InvoiceWish(TitleKind.COMPANY, "医院工会", "91110108551385082A")

    with pytest.raises(TaxNumberWrong):
        an_order_with_invoice(noon, wish=wrong)

    assert db.session.scalar(sa.text("SELECT COUNT(*) FROM orders")) == 0


def test_the_same_key_in_another_name_is_refused(noon):
    cart_goods = {some_goods(): 2}
    an_order_with_invoice(noon, goods=cart_goods)

    with pytest.raises(selling.orders.KeyReused):
        an_order_with_invoice(
            noon, goods=cart_goods, wish=InvoiceWish(TitleKind.PERSONAL, "刘女士")
        )


def test_a_name_is_deleted_half_a_year_after_writing_and_number_and_sum_stay(noon):
    pay(an_order_with_invoice(noon), now=noon)
    row = the_row()
    invoicing.note_written(
        public_id=row.invoice.public_id, number="1234", scope=EVERYWHERE, actor=SYSTEM, now=noon
    )

    assert invoices.forget_due(now=noon + timedelta(days=179)) == 0
    assert invoices.forget_due(now=noon + timedelta(days=180)) == 1
    assert invoices.forget_due(now=noon + timedelta(days=181)) == 0

    kept = the_row().invoice
    assert (kept.wish, kept.number, kept.written) == (None, "1234", Money(18400))
    assert findings() == []


def test_a_name_that_nobody_wrote_an_invoice_for_is_deleted_after_a_year(noon):
    an_order_with_invoice(noon)

    assert invoices.forget_due(now=noon + timedelta(days=364)) == 0
    assert invoices.forget_due(now=noon + timedelta(days=365)) == 1
