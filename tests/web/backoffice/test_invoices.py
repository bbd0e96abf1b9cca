from __future__ import annotations

import re

from shop.accounts.rules import Role
from tests.builders.orders import a_bank
from tests.workflows.test_invoicing import an_order_with_invoice, pay


def words(response) -> str:
    return response.get_data(as_text=True)


def test_a_bookkeeper_writes_an_invoice_and_notes_its_number(worker, in_app, noon):
    def make():
        with a_bank():
            pay(an_order_with_invoice(noon), now=noon)

    in_app(make)
    bookkeeper = worker(Role.BOOKKEEPER)
    page = words(bookkeeper.open("/desk/invoices"))
    assert "医院工会" in page
    assert "91110108551385082Q" in page
    written = re.search(r'action="([^"]+/written)"', page)[1]

    wrong = bookkeeper.send(written, {"number": "7" * 41}, via="/desk/invoices", status=422)
    assert "7" * 41 in words(wrong)
    bookkeeper.send(written, {"number": "24950000000012345678"}, via="/desk/invoices")
    bookkeeper.send(written, {"number": "2"}, via="/desk/invoices", status=409)

    assert "24950000000012345678" in words(bookkeeper.open("/desk/invoices"))


def test_who_sends_parcels_sees_no_names_of_invoices(worker):
    worker(Role.CASHIER).open("/desk/invoices", status=403)
