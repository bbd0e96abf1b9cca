"""The shapes of Stripe's objects as this house meets them; amounts are whole minor units."""

from __future__ import annotations

import secrets

from shop.payments.fakestripe.stores import Json

API_VERSION = "2026-10-28.endive"
CHANNELS = ("card", "alipay", "wechat_pay")


def fresh(prefix: str) -> str:
    """Return a new name such as ``pi_3f…`` that nobody can guess."""
    return f"{prefix}_{secrets.token_hex(16)}"


def intent(*, amount: int, currency: str, created: int, **wishes: object) -> Json:
    """Return a PaymentIntent that waits for a payment method."""
    name = fresh("pi")
    channels = wishes.get("allowed_payment_method_types") or list(CHANNELS)
    return {
        "id": name,
        "object": "payment_intent",
        "allowed_payment_method_types": channels,
        "amount": amount,
        "amount_capturable": 0,
        "amount_received": 0,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": wishes.get("capture_method") or "automatic",
        "client_secret": f"{name}_secret_{secrets.token_hex(8)}",
        "confirmation_method": "automatic",
        "created": created,
        "currency": currency,
        "description": wishes.get("description"),
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": wishes.get("metadata") or {},
        "next_action": None,
        "payment_method": None,
        "payment_method_types": channels,
        "processing": None,
        "status": "requires_payment_method",
    }


def charge(*, of: Json, created: int, channel: str, failure: tuple[str, str] | None) -> Json:
    """Return the charge of one attempt; ``failure`` is (code, decline code) or None."""
    captured = failure is None and of["capture_method"] == "automatic"
    return {
        "id": fresh("ch"),
        "object": "charge",
        "amount": of["amount"],
        "amount_captured": of["amount"] if captured else 0,
        "amount_refunded": 0,
        "balance_transaction": None,
        "billing_details": {"address": None, "email": None, "name": None, "phone": None},
        "captured": captured,
        "created": created,
        "currency": of["currency"],
        "description": of["description"],
        "disputed": False,
        "failure_code": failure[0] if failure else None,
        "failure_message": "Your card was declined." if failure else None,
        "livemode": False,
        "metadata": of["metadata"],
        "outcome": _outcome(failure),
        "paid": failure is None,
        "payment_intent": of["id"],
        "payment_method": of["payment_method"],
        "payment_method_details": _details(channel),
        "refunded": False,
        "status": "failed" if failure else "succeeded",
    }


def _outcome(failure: tuple[str, str] | None) -> Json:
    return {
        "network_status": "declined_by_network" if failure else "approved_by_network",
        "reason": failure[1] if failure else None,
        "risk_level": "normal",
        "seller_message": "The bank declined." if failure else "Payment complete.",
        "type": "issuer_declined" if failure else "authorized",
    }


def _details(channel: str) -> Json:
    details: Json = {"type": channel, channel: {}}
    if channel == "card":
        details["card"] = {
            "brand": "visa",
            "country": "HK",
            "exp_month": 12,
            "exp_year": 2034,
            "funding": "debit",
            "last4": "4242",
            "network": "visa",
        }
    return details


def balance_transaction(*, of: Json, kind: str, amount: int, fee: int, created: int) -> Json:
    """Return the line in Stripe's account of us: ``amount`` comes or goes, less ``fee``."""
    return {
        "id": fresh("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": created + 7 * 86400,
        "balance_type": "payments",
        "created": created,
        "currency": of["currency"],
        "description": None,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [
            {
                "amount": fee,
                "application": None,
                "currency": of["currency"],
                "description": "Processing fees",
                "type": "stripe_fee",
            }
        ]
        if fee
        else [],
        "net": amount - fee,
        "reporting_category": kind,
        "source": of["id"],
        "status": "pending",
        "type": kind,
    }


def refund(*, of: Json, amount: int, created: int, reason: str | None, metadata: Json) -> Json:
    """Return a refund that has not yet arrived."""
    return {
        "id": fresh("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": of["id"],
        "created": created,
        "currency": of["currency"],
        "metadata": metadata,
        "payment_intent": of["payment_intent"],
        "reason": reason,
        "receipt_number": None,
        "status": "pending",
    }


def session(*, params: Json, total: int, created: int, expires_at: int) -> Json:
    """Return an open Checkout Session of ``total`` minor units."""
    return {
        "id": fresh("cs_test"),
        "object": "checkout.session",
        "allowed_payment_method_types": params.get("allowed_payment_method_types"),
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "created": created,
        "currency": params["line_items"][0]["price_data"]["currency"],
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "expires_at": expires_at,
        "livemode": False,
        "locale": params.get("locale"),
        "metadata": params.get("metadata") or {},
        "mode": "payment",
        "payment_intent": None,
        "payment_method_types": params.get("allowed_payment_method_types") or list(CHANNELS),
        "payment_status": "unpaid",
        "shipping_options": [],
        "status": "open",
        "success_url": params.get("success_url"),
        "ui_mode": "hosted_page",
        "url": None,
    }


def dispute(*, of: Json, created: int, reason: str) -> Json:
    """Return a dispute of the whole charge that wants an answer within a week."""
    return {
        "id": fresh("du"),
        "object": "dispute",
        "amount": of["amount"],
        "balance_transactions": [],
        "charge": of["id"],
        "created": created,
        "currency": of["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {"enhanced_evidence": {}},
        "evidence_details": {
            "due_by": created + 7 * 86400,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": of["payment_intent"],
        "reason": reason,
        "status": "needs_response",
    }


def event(*, kind: str, about: Json, created: int, request: Json) -> Json:
    """Return an event that carries the object as it is at this moment."""
    return {
        "id": fresh("evt"),
        "object": "event",
        "api_version": API_VERSION,
        "created": created,
        "data": {"object": about},
        "livemode": False,
        "pending_webhooks": 1,
        "request": request,
        "type": kind,
    }
