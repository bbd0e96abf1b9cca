from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.invoices.rules import (
    InvoiceWish,
    PartDue,
    TaxNumberWrong,
    TitleKind,
    TitleMissing,
    dues,
    is_tax_number,
    require_sound,
)
from shop.kernel.money import Money

# Codes that public bodies print on their own pages.
TRUE = ["91110108551385082Q", "91350100M000100Y43", "92371000MA3MXH0E3W"]


@pytest.mark.parametrize("code", TRUE)
def test_a_true_code_is_taken(code):
    assert is_tax_number(code)


@pytest.mark.parametrize("code", TRUE)
@given(place=st.integers(0, 17), sign=st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXY"))
def test_any_one_sign_written_wrongly_is_found(code, place, sign):
    wrong = code[:place] + sign + code[place + 1 :]
    assert is_tax_number(wrong) is (wrong == code)


@pytest.mark.parametrize(
    "code",
    ["", "123", TRUE[0][:-1], TRUE[0] + "0", TRUE[0].lower(), TRUE[0].replace("1", "I"), "字" * 18],
)
def test_what_is_no_code_is_refused(code):
    assert not is_tax_number(code)


def test_a_body_needs_its_number_and_everybody_a_name():
    require_sound(InvoiceWish(TitleKind.PERSONAL, "刘女士"))
    require_sound(InvoiceWish(TitleKind.COMPANY, "医院工会", TRUE[0]))
    with pytest.raises(TaxNumberWrong):
        require_sound(InvoiceWish(TitleKind.COMPANY, "医院工会"))
    for title in ("", "  ", "长" * 101):
        with pytest.raises(TitleMissing):
            require_sound(InvoiceWish(TitleKind.PERSONAL, title))


def a_part(workshop, *, goods, shipping=0, returned=0):
    return PartDue(workshop, 1, Money(goods + shipping), Money(shipping), Money(returned))


def test_each_workshop_writes_what_was_paid_to_it_less_what_went_back():
    parts = [
        a_part(1, goods=8800, shipping=800),
        a_part(1, goods=9800),
        a_part(2, goods=4800, shipping=1000, returned=4800),
    ]

    assert dues(parts, given_back=Money(4800)) == {1: Money(19400), 2: Money(1000)}
    # 18.00 for the ways went back too: 8.00 of the one and 10.00 of the other.
    assert dues(parts, given_back=Money(6600)) == {1: Money(18600), 2: Money(0)}


@given(
    parts=st.lists(
        st.tuples(st.integers(0, 10_000), st.integers(0, 2_000), st.integers(0, 100)),
        min_size=1,
        max_size=5,
    ),
    ways=st.integers(0, 10_000),
)
def test_invoices_never_come_to_less_than_nothing_and_add_up(parts, ways):
    rows = [
        a_part(n, goods=goods, shipping=way, returned=goods * percent // 100)
        for n, (goods, way, percent) in enumerate(parts)
    ]
    pieces = sum(row.returned.minor for row in rows)
    ways = min(ways, sum(row.shipping.minor for row in rows))

    sums = dues(rows, given_back=Money(pieces + ways))

    assert all(due.minor >= 0 for due in sums.values())
    assert sum(due.minor for due in sums.values()) == (
        sum(row.paid.minor for row in rows) - pieces - ways
    )
