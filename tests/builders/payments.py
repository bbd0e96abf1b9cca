"""Payments and requests as tests need them."""

from __future__ import annotations

from datetime import datetime, timedelta

from shop.kernel.money import Money
from shop.payments import services as payments
from shop.payments.gateway import PaymentRequest, ProviderDispute, RefundRequest
from shop.payments.rules import DisputeState, Method, RefundBearer, RefundCause
from shop.payments.services import OpenedPayment, OpenedRefund
from shop.payments.transfers import BankAccount

AN_ACCOUNT = BankAccount("灯梁合作社", "城口农商行", "6222 0000 1111")


def a_payment_request(
    *, public_id: str = "pay_7K3M9XQ2", fen: int = 15200, host: str = "https://shop.example"
) -> PaymentRequest:
    return PaymentRequest(
        payment_public_id=public_id,
        amount=Money(fen),
        title="Dengliang 0720-3",
        success_url=f"{host}/orders/0720-3",
        cancel_url=f"{host}/checkout",
    )


def a_refund_request(
    *, of: str, public_id: str = "ref_9XQ27K3M", fen: int = 14400
) -> RefundRequest:
    return RefundRequest(refund_public_id=public_id, payment_provider_ref=of, amount=Money(fen))


def a_payment(
    *,
    now: datetime,
    order_id: int,
    station_id: int,
    fen: int = 15200,
    key: str = "order-1-pay",
    method: Method = Method.ONLINE,
    provider: str = "demo",
) -> OpenedPayment:
    return payments.open(
        order_id=order_id,
        station_id=station_id,
        amount=Money(fen),
        method=method,
        provider=provider,
        key=key,
        now=now,
    )


def a_paid_payment(
    *, now: datetime, order_id: int, station_id: int, fen: int = 15200, key: str = "order-1-pay"
) -> OpenedPayment:
    opened = a_payment(now=now, order_id=order_id, station_id=station_id, fen=fen, key=key)
    payments.settle(payment_id=opened.id, captured=Money(fen), fee=Money(91), now=now)
    return opened


def a_dispute(
    *,
    now: datetime,
    fen: int = 9600,
    state: DisputeState = DisputeState.NEEDS_ANSWER,
    ref: str = "du_1",
    has_taken: bool = True,
    fee: int = 0,
) -> ProviderDispute:
    """Return what a provider says about a dispute that wants an answer within a week."""
    return ProviderDispute(
        provider_ref=ref,
        payment_public_id=None,
        state=state,
        amount=Money(fen),
        reason="product_not_received",
        answer_by=now + timedelta(days=7),
        opened_at=now,
        has_taken=has_taken,
        fee=Money(fee),
    )


def a_refund(*, of: int, now: datetime, fen: int = 14400, key: str = "refund-1") -> OpenedRefund:
    return payments.open_refund(
        payment_id=of,
        amount=Money(fen),
        cause=RefundCause.NO_REASON_RETURN,
        bearer=RefundBearer.COOP,
        key=key,
        now=now,
    )
