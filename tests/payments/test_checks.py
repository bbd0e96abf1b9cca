from __future__ import annotations

import pytest
import sqlalchemy as sa

from shop.kernel.db import Base, transaction
from shop.payments.checks import CHECKS
from tests.builders.payments import a_paid_payment, a_payment, a_refund


def findings() -> set[tuple[str, str]]:
    return {(found.code, found.subject) for check in CHECKS for found in check.run()}


def spoil(table: str, **values: object) -> None:
    with transaction() as session:
        session.execute(sa.update(Base.metadata.tables[table]).values(**values))


def test_a_house_in_order_has_no_findings(place):
    a_payment(**place, key="open")
    paid = a_paid_payment(**place, key="paid")
    a_refund(of=paid.id, now=place["now"])

    assert findings() == set()


@pytest.mark.parametrize(
    ("table", "values", "code"),
    [
        pytest.param("payments", {"refunded_minor": 5}, "P4", id="a counter without a refund"),
        pytest.param("payments", {"pending_refund_minor": 1}, "P4", id="a claim too small"),
        pytest.param("refunds", {"amount_minor": 15201}, "P4", id="a refund too large"),
        pytest.param("refunds", {"state": "settled"}, "P4", id="settled behind our back"),
        pytest.param("payments", {"succeeded_at": None}, "P2", id="paid at no time"),
        pytest.param("payments", {"captured_minor": 15199}, "P5", id="a fen short"),
    ],
)
def test_a_planted_fault_is_found_with_its_payment(place, table, values, code):
    paid = a_paid_payment(**place)
    a_refund(of=paid.id, now=place["now"])
    spoil(table, **values)

    assert findings() == {(code, f"payment:{paid.id}")}


def test_an_event_finished_at_no_time_is_found(place):
    with transaction() as session:
        session.execute(
            sa.insert(Base.metadata.tables["provider_events"]).values(
                provider="demo",
                external_id="evt_1",
                kind="x",
                payload="{}",
                state="applied",
                received_at=place["now"],
            )
        )

    assert [code for code, _ in findings()] == ["P3"]
