from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.kernel.money import Money
from shop.payments.settlement import SettledRow, SettlementUnreadable, rows_of

ENGLISH = (
    "payment,type,gross,fee,currency\npay_1,charge,152.00,0.91,cny\npay_1,refund,-28.00,,CNY\n"
)
CHINESE = "支付单号,类型,金额,手续费\npay_1,支付,￥1 52.00,0.91\n".replace(" ", "")
FIRST = SettledRow(2, "pay_1", is_refund=False, gross=Money(15200), fee=Money(91))


def test_sums_types_and_fees_are_read():
    assert rows_of(ENGLISH.encode()) == [
        FIRST,
        SettledRow(3, "pay_1", is_refund=True, gross=Money(2800), fee=None),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_chinese_headings_are_read_in_every_encoding(encoding):
    assert rows_of(CHINESE.encode(encoding)) == [FIRST]


def test_rows_of_other_types_and_empty_rows_are_left_out():
    text = "payment,type,gross\n,payout,-500.00\n\npay_1,charge,152\n"
    assert [row.ref for row in rows_of(text.encode())] == ["pay_1"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("payment,type\n", 1),
        ("payment,type,gross\npay_1,charge,1.234\n", 2),
        ("payment,type,gross\npay_1,charge,many\n", 2),
        ("payment,type,gross\npay_1,charge,NaN\n", 2),
        ("payment,type,gross\npay_1,charge\n", 2),
        ("payment,type,gross,currency\npay_1,charge,1.00,USD\n", 2),
        ('payment,type,gross\n"pay_1,charge,1.00\n', 2),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(text, line):
    with pytest.raises(SettlementUnreadable) as refusal:
        rows_of(text.encode())
    assert refusal.value.details["line"] == line


def test_what_is_no_text_or_too_much_is_refused():
    for content in (b"\xff\xfe\x00\x01", b"\0", b"x" * (5 * 1024 * 1024 + 1)):
        with pytest.raises(SettlementUnreadable):
            rows_of(content)


@given(st.binary(max_size=300))
def test_no_file_is_answered_with_anything_but_rows_or_a_refusal(content):
    try:
        rows = rows_of(content)
    except SettlementUnreadable:
        return
    assert all(row.gross.minor >= 0 for row in rows)
