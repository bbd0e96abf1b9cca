"""What Stripe does with an object at each step: intents, sessions, charges, refunds, disputes."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from shop.kernel.money import Money
from shop.payments.fakestripe import objects, refusals
from shop.payments.fakestripe.stores import Json, Shelf
from shop.payments.rules import FEE_PERCENT

HALF_HOUR, DAY = 30 * 60, 24 * 60 * 60

# Stripe's test cards that this house meets: name -> (code, decline code).
DECLINES = {
    "pm_card_visa_chargeDeclined": ("card_declined", "generic_decline"),
    "pm_card_visa_chargeDeclinedInsufficientFunds": ("card_declined", "insufficient_funds"),
    "pm_card_visa_chargeDeclinedLostCard": ("card_declined", "lost_card"),
    "pm_card_visa_chargeDeclinedStolenCard": ("card_declined", "stolen_card"),
    "pm_card_chargeDeclinedExpiredCard": ("expired_card", "expired_card"),
    "pm_card_chargeDeclinedIncorrectCvc": ("incorrect_cvc", "incorrect_cvc"),
    "pm_card_chargeDeclinedProcessingError": ("processing_error", "processing_error"),
}
GOOD_CARD = "pm_card_visa"
CHALLENGED_CARD = "pm_card_threeDSecure2Required"
OPEN_INTENT = frozenset({"requires_payment_method", "requires_confirmation", "requires_action"})
NOUNS = {
    "payment_intent": "payment_intent",
    "session": "checkout.session",
    "charge": "charge",
    "refund": "refund",
    "dispute": "dispute",
    "event": "event",
    "balance_transaction": "balance_transaction",
}
# What the demonstration's provider takes for a dispute, and gives back to who wins it.
DISPUTE_FEE = Money(15_00)


@dataclass(slots=True)
class Books:
    """Stripe's objects during one change, at one moment, on behalf of one request."""

    shelf: Shelf
    now: int
    page_address: str
    refunds_wait: bool
    request: Json

    def find(self, kind: str, name: object) -> Json:
        """Return one object. Raises Refusal 404 ``resource_missing``."""
        found = self.shelf.get(kind, str(name))
        if found is None:
            raise refusals.missing(NOUNS[kind], str(name))
        return found

    def emit(self, kind: str, about: Json) -> None:
        """Write the event down and let it be delivered."""
        happened = objects.event(kind=kind, about=about, created=self.now, request=self.request)
        self.shelf.put("event", happened["id"], happened)
        self.shelf.emitted(happened["id"])

    # Payment intents

    def create_intent(self, params: Json) -> Json:
        """Return a new intent, confirmed at once when ``confirm`` says so."""
        made = objects.intent(
            amount=params["amount"],
            currency=params["currency"],
            created=self.now,
            allowed_payment_method_types=params.get("allowed_payment_method_types"),
            capture_method=params.get("capture_method"),
            description=params.get("description"),
            metadata=params.get("metadata"),
        )
        self.shelf.put("payment_intent", made["id"], made)
        self.emit("payment_intent.created", made)
        if params.get("confirm"):
            return self.confirm_intent(made["id"], params)
        return made

    def confirm_intent(self, name: str, params: Json) -> Json:
        """Try to take the money; Alipay, WeChat and challenged cards need the buyer first."""
        intent = self.find("payment_intent", name)
        if intent["status"] not in OPEN_INTENT:
            raise refusals.unexpected_state(
                f"This PaymentIntent's status is {intent['status']}; it cannot be confirmed."
            )
        means = params.get("payment_method")
        channel = (params.get("payment_method_data") or {}).get("type") or "card"
        if means is None and channel == "card":
            raise refusals.invalid(
                "You cannot confirm this PaymentIntent because it's missing a payment method.",
                code="payment_intent_unexpected_state",
                param="payment_method",
            )
        if channel not in intent["payment_method_types"]:
            raise refusals.invalid(
                f"The payment method type {channel} is not allowed.", param="payment_method_data"
            )
        intent["payment_method"] = means or objects.fresh("pm")
        intent["last_payment_error"] = None
        if channel != "card" or means == CHALLENGED_CARD:
            return self._ask_buyer(intent, channel, params.get("return_url"))
        if means in DECLINES:
            self._decline(intent, channel, DECLINES[means])
            raise refusals.declined(*DECLINES[means], intent["latest_charge"], intent)
        if means != GOOD_CARD:
            raise refusals.missing("PaymentMethod", str(means))
        return self._take(intent, channel)

    def answer_challenge(self, name: str, *, is_passed: bool) -> Json:
        """Go on after the buyer has approved in the app, scanned the code or passed 3-D Secure."""
        intent = self.find("payment_intent", name)
        if intent["status"] != "requires_action":
            raise refusals.unexpected_state("Nothing was asked of the buyer.")
        channel = channel_of(intent["next_action"])
        if is_passed:
            return self._take(intent, channel)
        return self._decline(
            intent, channel, ("payment_intent_authentication_failure", "authentication_required")
        )

    def capture_intent(self, name: str, params: Json) -> Json:
        """Take money that was only authorized, all of it or less."""
        intent = self.find("payment_intent", name)
        if intent["status"] != "requires_capture":
            raise refusals.unexpected_state(
                f"This PaymentIntent could not be captured: its status is {intent['status']}."
            )
        wanted = int(params.get("amount_to_capture") or intent["amount_capturable"])
        if wanted > intent["amount_capturable"]:
            raise refusals.invalid(
                "The amount to capture is larger than what was authorized.",
                code="amount_too_large",
                param="amount_to_capture",
            )
        taken = self.find("charge", intent["latest_charge"])
        taken.update(captured=True, amount_captured=wanted)
        self._book(taken, wanted)
        intent.update(status="succeeded", amount_received=wanted, amount_capturable=0)
        return self._keep(intent, "payment_intent.succeeded")

    def cancel_intent(self, name: str, params: Json) -> Json:
        """Close an intent that has taken nothing."""
        intent = self.find("payment_intent", name)
        if intent["status"] not in OPEN_INTENT | {"requires_capture"}:
            raise refusals.unexpected_state(
                f"You cannot cancel this PaymentIntent: its status is {intent['status']}."
            )
        intent.update(
            status="canceled",
            canceled_at=self.now,
            next_action=None,
            amount_capturable=0,
            cancellation_reason=params.get("cancellation_reason"),
        )
        return self._keep(intent, "payment_intent.canceled")

    def _keep(self, intent: Json, kind: str) -> Json:
        self.shelf.put("payment_intent", intent["id"], intent)
        self.emit(kind, intent)
        return intent

    def _ask_buyer(self, intent: Json, channel: str, return_url: object) -> Json:
        page = f"{self._page(intent['id'], near=return_url)}/step"
        actions: dict[str, tuple[str, Json]] = {
            "alipay": (
                "alipay_handle_redirect",
                {"native_data": None, "native_url": None, "return_url": return_url, "url": page},
            ),
            "wechat_pay": (
                "wechat_pay_display_qr_code",
                {
                    "data": f"weixin://wxpay/bizpayurl?pr={intent['id']}",
                    "hosted_instructions_url": page,
                    "image_data_url": "data:image/svg+xml,%3Csvg/%3E",
                    "image_url_png": f"{page}.png",
                    "image_url_svg": f"{page}.svg",
                },
            ),
            "card": ("redirect_to_url", {"return_url": return_url, "url": page}),
        }
        kind, details = actions[channel]
        intent.update(status="requires_action", next_action={"type": kind, kind: details})
        return self._keep(intent, "payment_intent.requires_action")

    def _take(self, intent: Json, channel: str) -> Json:
        made = objects.charge(of=intent, created=self.now, channel=channel, failure=None)
        intent.update(latest_charge=made["id"], next_action=None, processing=None)
        if not made["captured"]:
            intent.update(status="requires_capture", amount_capturable=intent["amount"])
            self.shelf.put("charge", made["id"], made)
            return self._keep(intent, "payment_intent.amount_capturable_updated")
        self._book(made, intent["amount"])
        intent.update(status="succeeded", amount_received=intent["amount"])
        self.emit("charge.succeeded", made)
        return self._keep(intent, "payment_intent.succeeded")

    def _book(self, charge: Json, amount: int) -> None:
        fee = Money(amount).percent(FEE_PERCENT).minor
        line = objects.balance_transaction(
            of=charge,
            kind="charge",
            amount=amount,
            fee=fee,
            created=self.now,
        )
        charge["balance_transaction"] = line["id"]
        self.shelf.put("balance_transaction", line["id"], line)
        self.shelf.put("charge", charge["id"], charge)

    def _decline(self, intent: Json, channel: str, failure: tuple[str, str]) -> Json:
        made = objects.charge(of=intent, created=self.now, channel=channel, failure=failure)
        self.shelf.put("charge", made["id"], made)
        self.emit("charge.failed", made)
        intent.update(
            status="requires_payment_method",
            latest_charge=made["id"],
            next_action=None,
            processing=None,
            payment_method=None,
            last_payment_error={
                "type": "card_error",
                "code": failure[0],
                "decline_code": failure[1],
                "message": "Your card was declined.",
                "payment_method_type": channel,
            },
        )
        return self._keep(intent, "payment_intent.payment_failed")

    # Checkout sessions

    def create_session(self, params: Json) -> Json:
        """Return an open session whose hosted page takes one payment."""
        ends = params.get("expires_at", self.now + DAY)
        if not self.now + HALF_HOUR - 60 <= ends <= self.now + DAY:
            raise refusals.invalid(
                "The `expires_at` timestamp must be between 30 minutes and 24 hours from now.",
                param="expires_at",
            )
        total = sum(
            line["price_data"]["unit_amount"] * line.get("quantity", 1)
            for line in params["line_items"]
        )
        made = objects.session(params=params, total=total, created=self.now, expires_at=ends)
        made["url"] = self._page(made["id"], near=params.get("success_url"))
        self.shelf.put("session", made["id"], made)
        self.shelf.put("session_wishes", made["id"], params.get("payment_intent_data") or {})
        return made

    def _page(self, name: str, *, near: object) -> str:
        origin = urlsplit(str(near))
        return self.page_address.format(origin=f"{origin.scheme}://{origin.netloc}", id=name)

    def session(self, name: str) -> Json:
        """Return a session as it is now; one whose time has passed is expired here."""
        found = self.find("session", name)
        if found["status"] == "open" and found["expires_at"] <= self.now:
            return self._expire(found)
        return found

    def expire_session(self, name: str, _: Json) -> Json:
        """Close an open session. Raises Refusal when it is not open any more."""
        found = self.session(name)
        if found["status"] != "open":
            raise refusals.invalid(
                f'Only Checkout Sessions with a status in ["open"] can be expired.'
                f" This Checkout Session has a status of `{found['status']}`.",
            )
        return self._expire(found)

    def _expire(self, session: Json) -> Json:
        session.update(status="expired", url=None)
        self.shelf.put("session", session["id"], session)
        if session["payment_intent"]:
            intent = self.find("payment_intent", session["payment_intent"])
            if intent["status"] in OPEN_INTENT:
                self.cancel_intent(intent["id"], {"cancellation_reason": "abandoned"})
        self.emit("checkout.session.expired", session)
        return session

    def try_session(self, name: str, *, channel: str, card: str = GOOD_CARD) -> Json:
        """Let the buyer press Pay on the hosted page; return the intent after that.

        Alipay, WeChat and a challenged card then wait for ``answer_session``.
        Raises Refusal when the session is not open.
        """
        session = self._open_session(name)
        if session["payment_intent"] is None:
            wishes = self.find("session_wishes", name)
            intent = self.create_intent(
                {
                    **wishes,
                    "amount": session["amount_total"],
                    "currency": session["currency"],
                    "allowed_payment_method_types": session["payment_method_types"],
                }
            )
            session["payment_intent"] = intent["id"]
            self.shelf.put("session", name, session)
        means: Json = {"return_url": session["success_url"]}
        if channel == "card":
            means["payment_method"] = card
        else:
            means["payment_method_data"] = {"type": channel}
        try:
            intent = self.confirm_intent(session["payment_intent"], means)
        except refusals.Refusal as refusal:
            if refusal.status != 402:  # noqa: PLR2004 - Stripe's number for a declined card
                raise
            return self.find("payment_intent", session["payment_intent"])
        self._close_if_paid(session, intent)
        return intent

    def answer_session(self, name: str, *, is_passed: bool) -> Json:
        """Go on after the buyer's own step on the hosted page; return the intent."""
        session = self._open_session(name)
        intent = self.answer_challenge(session["payment_intent"], is_passed=is_passed)
        self._close_if_paid(session, intent)
        return intent

    def delay_session(self, name: str) -> Json:
        """Take the buyer's approval now and the money later: the session ends unpaid."""
        session = self._open_session(name)
        intent = self.find("payment_intent", session["payment_intent"])
        intent.update(status="processing", next_action=None)
        self._keep(intent, "payment_intent.processing")
        session.update(status="complete", url=None)
        self.shelf.put("session", name, session)
        self.emit("checkout.session.completed", session)
        return session

    def finish_session(self, name: str, *, is_paid: bool) -> Json:
        """Say how a delayed payment came out."""
        session = self.find("session", name)
        intent = self.find("payment_intent", session["payment_intent"])
        channel = "alipay"
        if not is_paid:
            self._decline(intent, channel, ("payment_method_provider_decline", "generic_decline"))
            self.emit("checkout.session.async_payment_failed", session)
            return session
        self._take(intent, channel)
        session["payment_status"] = "paid"
        self.shelf.put("session", name, session)
        self.emit("checkout.session.async_payment_succeeded", session)
        return session

    def _open_session(self, name: str) -> Json:
        session = self.session(name)
        if session["status"] != "open":
            raise refusals.unexpected_state(
                f"This Checkout Session is {session['status']}.", "checkout_session_not_open"
            )
        return session

    def _close_if_paid(self, session: Json, intent: Json) -> None:
        if intent["status"] not in {"succeeded", "requires_capture"}:
            return
        session.update(status="complete", payment_status="paid", url=None)
        self.shelf.put("session", session["id"], session)
        self.emit("checkout.session.completed", session)

    # Refunds

    def create_refund(self, params: Json) -> Json:
        """Send money back from the charge of an intent, never more than is left of it."""
        name = params.get("charge")
        if name is None:
            intent = self.find("payment_intent", params.get("payment_intent"))
            name = intent["latest_charge"]
            if intent["status"] != "succeeded":
                raise refusals.unexpected_state(
                    "This PaymentIntent does not have a successful charge to refund."
                )
        charge = self.find("charge", name)
        left = charge["amount_captured"] - charge["amount_refunded"]
        wanted = params.get("amount", left)
        if left == 0:
            raise refusals.invalid(
                f"Charge {name} has already been refunded.", code="charge_already_refunded"
            )
        if charge["disputed"]:
            raise refusals.invalid(f"Charge {name} is disputed.", code="charge_disputed")
        if not 0 < wanted <= left:
            raise refusals.invalid(
                f"Refund amount ({wanted}) is greater than unrefunded amount on charge ({left})",
                code="amount_too_large",
                param="amount",
            )
        made = objects.refund(
            of=charge,
            amount=wanted,
            created=self.now,
            reason=params.get("reason"),
            metadata=params.get("metadata") or {},
        )
        charge["amount_refunded"] += wanted
        charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
        self.shelf.put("charge", charge["id"], charge)
        self.shelf.put("refund", made["id"], made)
        self.emit("refund.created", made)
        self.emit("charge.refunded", charge)
        if not self.refunds_wait:
            return self.finish_refund(made["id"], is_paid=True)
        return made

    def finish_refund(self, name: str, *, is_paid: bool) -> Json:
        """Let a pending refund arrive; or let one come back to the charge, even days later."""
        made = self.find("refund", name)
        if made["status"] not in ({"pending"} if is_paid else {"pending", "succeeded"}):
            raise refusals.invalid(f"Refund {name} is {made['status']}.")
        if is_paid:
            line = objects.balance_transaction(
                of=made, kind="refund", amount=-made["amount"], fee=0, created=self.now
            )
            self.shelf.put("balance_transaction", line["id"], line)
            made.update(status="succeeded", balance_transaction=line["id"])
        else:
            if made["status"] == "succeeded":
                line = objects.balance_transaction(
                    of=made,
                    kind="refund_failure",
                    amount=made["amount"],
                    fee=0,
                    created=self.now,
                )
                self.shelf.put("balance_transaction", line["id"], line)
                made.update(failure_balance_transaction=line["id"])
            made.update(status="failed", failure_reason="expired_or_canceled_card")
            charge = self.find("charge", made["charge"])
            charge["amount_refunded"] -= made["amount"]
            charge["refunded"] = False
            self.shelf.put("charge", charge["id"], charge)
        self.shelf.put("refund", name, made)
        self.emit("refund.updated" if is_paid else "refund.failed", made)
        return made

    # Disputes

    def open_dispute(self, charge_name: str, reason: str = "fraudulent") -> Json:
        """Let the buyer's bank ask for the whole charge back."""
        charge = self.find("charge", charge_name)
        made = objects.dispute(of=charge, created=self.now, reason=reason)
        self._withdraw(made, -charge["amount"], DISPUTE_FEE.minor)
        charge["disputed"] = True
        self.shelf.put("charge", charge_name, charge)
        self.shelf.put("dispute", made["id"], made)
        self.emit("charge.dispute.created", made)
        self.emit("charge.dispute.funds_withdrawn", made)
        return made

    def _withdraw(self, dispute: Json, amount: int, fee: int) -> None:
        line = objects.balance_transaction(
            of=dispute, kind="adjustment", amount=amount, fee=fee, created=self.now
        )
        self.shelf.put("balance_transaction", line["id"], line)
        dispute["balance_transactions"].append(line)

    def close_dispute(self, name: str, *, is_won: bool) -> Json:
        """Decide a dispute for us, who get the fee back too, or for the buyer."""
        made = self.find("dispute", name)
        made["status"] = "won" if is_won else "lost"
        if is_won:
            self._withdraw(made, made["amount"], -DISPUTE_FEE.minor)
        self.shelf.put("dispute", name, made)
        if is_won:
            self.emit("charge.dispute.funds_reinstated", made)
        self.emit("charge.dispute.closed", made)
        return made


def channel_of(action: Json) -> str:
    """Return by which way a buyer is asked for a step of her own."""
    kind = str(action["type"])
    return {
        "alipay_handle_redirect": "alipay",
        "wechat_pay_display_qr_code": "wechat_pay",
    }.get(kind, "card")
