"""The one door to payment providers: Stripe's library, the demonstration and a null twin."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from shop.kernel.db import outside_transaction
from shop.kernel.errors import NotFound, ShopError
from shop.kernel.later import later
from shop.kernel.money import Money
from shop.payments.fakestripe.database import DatabaseStore
from shop.payments.fakestripe.house import FakeStripe
from shop.payments.fakestripe.refusals import ConnectionLost
from shop.payments.rules import DisputeState, PaymentState, RefundState

if TYPE_CHECKING:
    import stripe
else:
    stripe = later("stripe")

CHANNELS: list[str] = ["card", "alipay", "wechat_pay"]
PATIENCE_SECONDS = 20
TRIES_AGAIN = 2
A_PAGE = 100  # the most that Stripe lists at once
SERVER_FAULT = 500
DEMO_PAGES = "{origin}/demo-pay/{id}"
DEMO_KEY = "sk_demo_no_money_moves"


class PaymentDeclined(ShopError):
    """The bank turned the payment down; ``decline_code`` is its own word for why."""

    code = "payments.declined"
    status = 402


class GatewayUnreachable(ShopError):
    """No answer came, so the result is unclear; ask again with the same public id."""

    code = "payments.unreachable"
    status = 503


class GatewayNonsense(ShopError):
    """The provider refused our request as wrong or answered what we do not understand."""

    code = "payments.nonsense"
    status = 502


class RefundRefused(ShopError):
    """The provider will not send this money back: too much, already back, or disputed."""

    code = "payments.refund_refused"


class UnknownToProvider(NotFound):
    """The provider knows nothing by this name."""

    code = "payments.unknown_to_provider"


class ProviderKeyReused(ShopError):
    """The same public id came back with another content; the first one stands."""

    code = "payments.provider_key_reused"


class ProviderNotConnected(ShopError):
    """This payment went through a provider that is not connected any more."""

    code = "payments.provider_not_connected"


class UnreadableEvent(ShopError):
    """A message from the provider is not what an event looks like."""

    code = "payments.unreadable_event"
    status = 400


class BadSignature(ShopError):
    """A message claims to come from the provider and does not prove it, or is too old."""

    code = "payments.bad_signature"
    status = 400


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """What the provider must know to take one payment; nothing about members.

    title         what the buyer reads on the provider's page.
    success_url   absolute, like ``cancel_url``; neither proves anything by being visited.
    expires_at    30 minutes to 24 hours ahead; taken from the payment's opening, not from the
                  moment of calling, so that a repeated call is the same call.
    """

    payment_public_id: str
    amount: Money
    title: str
    success_url: str
    cancel_url: str
    locale: str = "zh"
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StartedPayment:
    """The provider's name for the payment, and where the buyer goes to pay."""

    provider_ref: str
    redirect_url: str


@dataclass(frozen=True, slots=True)
class ProviderDispute:
    """What the provider says about one dispute now.

    has_taken    the bank has taken the money until it decides; without that it only asks.
    fee          what the provider keeps for the dispute so far; less when it gives some back.
    """

    provider_ref: str
    payment_public_id: str | None
    state: DisputeState
    amount: Money
    reason: str
    answer_by: datetime | None
    opened_at: datetime
    has_taken: bool = True
    fee: Money = field(default_factory=lambda: Money(0))


@dataclass(frozen=True, slots=True)
class ProviderPayment:
    """What the provider says about one payment now; ``fee`` is None until it is known."""

    provider_ref: str
    payment_public_id: str | None
    state: PaymentState
    captured: Money
    fee: Money | None
    refunded: Money
    channel: str = ""
    failure_code: str = ""
    disputes: tuple[ProviderDispute, ...] = ()


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """Money to send back from one payment; the refund's public id is the idempotency key."""

    refund_public_id: str
    payment_provider_ref: str
    amount: Money


@dataclass(frozen=True, slots=True)
class ProviderRefund:
    """What the provider says about one refund now."""

    provider_ref: str
    refund_public_id: str | None
    state: RefundState
    amount: Money
    failure_code: str = ""


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """What a proven message is about; its claims are not used, the truth is looked up."""

    external_id: str
    kind: str
    object_ref: str
    payment_public_id: str | None
    refund_public_id: str | None
    created_at: datetime


class PaymentGateway(Protocol):
    """One provider. Every method raises NetworkInsideTransaction inside a transaction."""

    @property
    def provider(self) -> str:
        """Return the provider's name as payments keep it."""

    def start(self, request: PaymentRequest) -> StartedPayment:
        """Return where the buyer pays; safe to repeat, the public id is the key.

        Raises GatewayUnreachable (unclear: repeat), GatewayNonsense, ProviderKeyReused.
        """

    def look_up(self, provider_ref: str) -> ProviderPayment:
        """Return what is true of a payment now. Raises UnknownToProvider, GatewayUnreachable."""

    def refund(self, request: RefundRequest) -> ProviderRefund:
        """Send money back, once per public id.

        Raises RefundRefused (final), GatewayUnreachable (unclear: repeat with the same id),
        UnknownToProvider, ProviderKeyReused.
        """

    def look_up_refund(self, provider_ref: str) -> ProviderRefund:
        """Return what is true of a refund now. Raises UnknownToProvider, GatewayUnreachable."""

    def look_up_dispute(self, provider_ref: str) -> ProviderDispute:
        """Return what is true of a dispute now. Raises UnknownToProvider, GatewayUnreachable."""

    def cancel(self, provider_ref: str) -> ProviderPayment:
        """Ask the provider to take no money any more; return what is true after that.

        It may say succeeded: the buyer was faster. Safe to repeat.
        Raises UnknownToProvider, GatewayUnreachable.
        """

    def list_payments(self, *, since: datetime) -> Iterator[ProviderPayment]:
        """Yield every payment begun since then as it is now, page by page, the newest first.

        Raises GatewayUnreachable, GatewayNonsense, also on the way.
        """

    def list_refunds(self, *, since: datetime) -> Iterator[ProviderRefund]:
        """Yield every refund made since then as it is now; raises as ``list_payments``."""

    def list_disputes(self, *, since: datetime) -> Iterator[ProviderDispute]:
        """Yield every dispute opened since then as it is now; raises as ``list_payments``."""

    def read_event(self, payload: bytes, signature: str) -> ProviderEvent:
        """Return what a signed message is about. Raises BadSignature, UnreadableEvent."""


class StripeGateway:
    """Stripe through its own library: hosted Checkout, so that no card data comes near us.

    api_base       Stripe's own unless given; a test points it at a loopback port.
    http_client    Stripe's default unless given; the demonstration brings one without a network.

    The library is loaded with the first question to Stripe.
    """

    def __init__(
        self,
        *,
        api_key: str,
        webhook_secret: str | Callable[[], str],
        api_base: str = "",
        http_client: stripe.HTTPClient | None = None,
        provider: str = "stripe",
    ) -> None:
        """Connect; nothing is sent yet."""
        self._provider = provider
        self._secret = webhook_secret
        self._api_key, self._api_base, self._http_client = api_key, api_base, http_client

    @cached_property
    def _client(self) -> stripe.StripeClient:
        return stripe.StripeClient(
            self._api_key,
            base_addresses={"api": self._api_base or stripe.DEFAULT_API_BASE},
            http_client=self._carrier(),
            # The client does not retry by default; its retries reuse one idempotency key.
            max_network_retries=TRIES_AGAIN,
        )

    def _carrier(self) -> stripe.HTTPClient:
        return self._http_client or stripe.RequestsClient(timeout=PATIENCE_SECONDS)

    @property
    def provider(self) -> str:
        """Return the provider's name as payments keep it."""
        return self._provider

    def start(self, request: PaymentRequest) -> StartedPayment:
        """Open a hosted Checkout Session (see PaymentGateway)."""
        outside_transaction()
        marks = {"payment": request.payment_public_id}
        params: stripe.params.checkout.SessionCreateParams = {
            "mode": "payment",
            "client_reference_id": request.payment_public_id,
            "metadata": marks,
            "payment_intent_data": {"metadata": marks, "description": request.title},
            "allowed_payment_method_types": CHANNELS,
            "payment_method_options": {"wechat_pay": {"client": "web"}},
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": request.amount.currency.lower(),
                        "unit_amount": request.amount.minor,
                        "product_data": {"name": request.title},
                    },
                }
            ],
            "locale": request.locale,
            "success_url": request.success_url,
            "cancel_url": request.cancel_url,
        }
        if request.expires_at is not None:
            params["expires_at"] = int(request.expires_at.timestamp())
        with _named_refusals():
            session = self._client.v1.checkout.sessions.create(
                params, {"idempotency_key": request.payment_public_id}
            )
            if not session.url or session.client_reference_id != request.payment_public_id:
                raise GatewayNonsense(about=session.id)
            return StartedPayment(provider_ref=session.id, redirect_url=session.url)

    def look_up(self, provider_ref: str) -> ProviderPayment:
        """Ask for the session with its intent, charge and fee (see PaymentGateway)."""
        outside_transaction()
        with _named_refusals():
            session = self._client.v1.checkout.sessions.retrieve(
                provider_ref,
                {"expand": ["payment_intent.latest_charge.balance_transaction"]},
            )
            return self._with_disputes(session)

    def _with_disputes(self, session: stripe.checkout.Session) -> ProviderPayment:
        said = _payment_of(session)
        if not _is_disputed(session):
            return said
        listed = self._client.v1.disputes.list(
            {"payment_intent": _name_of(session.payment_intent or ""), "limit": 100}
        )
        disputes = tuple(_dispute_of(one, said.payment_public_id) for one in listed.data)
        return replace(said, disputes=disputes)

    def refund(self, request: RefundRequest) -> ProviderRefund:
        """Refund the session's intent (see PaymentGateway)."""
        outside_transaction()
        with _named_refusals():
            session = self._client.v1.checkout.sessions.retrieve(request.payment_provider_ref)
            if session.payment_intent is None:
                raise RefundRefused(reason="nothing_captured")
            made = self._client.v1.refunds.create(
                {
                    "payment_intent": _name_of(session.payment_intent),
                    "amount": request.amount.minor,
                    "reason": "requested_by_customer",
                    "metadata": {"refund": request.refund_public_id},
                },
                {"idempotency_key": request.refund_public_id},
            )
            return _refund_of(made)

    def look_up_refund(self, provider_ref: str) -> ProviderRefund:
        """Ask for the refund (see PaymentGateway)."""
        outside_transaction()
        with _named_refusals():
            return _refund_of(self._client.v1.refunds.retrieve(provider_ref))

    def look_up_dispute(self, provider_ref: str) -> ProviderDispute:
        """Ask for the dispute and whose payment it is about (see PaymentGateway)."""
        outside_transaction()
        with _named_refusals():
            found = self._client.v1.disputes.retrieve(provider_ref, {"expand": ["payment_intent"]})
            return _dispute_of(found, _mark_of(found))

    def list_payments(self, *, since: datetime) -> Iterator[ProviderPayment]:
        """Page through the sessions (see PaymentGateway)."""
        outside_transaction()
        with _named_refusals():
            listed = self._client.v1.checkout.sessions.list(
                {
                    "created": {"gte": int(since.timestamp())},
                    "limit": A_PAGE,
                    "expand": ["data.payment_intent.latest_charge.balance_transaction"],
                }
            )
            for session in listed.auto_paging_iter():
                yield self._with_disputes(session)

    def list_refunds(self, *, since: datetime) -> Iterator[ProviderRefund]:
        """Page through the refunds (see PaymentGateway)."""
        outside_transaction()
        with _named_refusals():
            listed = self._client.v1.refunds.list(
                {"created": {"gte": int(since.timestamp())}, "limit": A_PAGE}
            )
            for refund in listed.auto_paging_iter():
                yield _refund_of(refund)

    def list_disputes(self, *, since: datetime) -> Iterator[ProviderDispute]:
        """Page through the disputes with the payments they are about (see PaymentGateway)."""
        outside_transaction()
        with _named_refusals():
            listed = self._client.v1.disputes.list(
                {
                    "created": {"gte": int(since.timestamp())},
                    "limit": A_PAGE,
                    "expand": ["data.payment_intent"],
                }
            )
            for dispute in listed.auto_paging_iter():
                yield _dispute_of(dispute, _mark_of(dispute))

    def cancel(self, provider_ref: str) -> ProviderPayment:
        """Expire the session unless it is over already (see PaymentGateway)."""
        outside_transaction()
        now = self.look_up(provider_ref)
        if now.state is not PaymentState.OPEN:
            return now
        try:
            with _named_refusals():
                self._client.v1.checkout.sessions.expire(provider_ref)
        except GatewayNonsense:
            # The buyer finished between the question and the wish: what is true is asked below.
            pass
        return self.look_up(provider_ref)

    def read_event(self, payload: bytes, signature: str) -> ProviderEvent:
        """Check the signature over the raw body, then read it (see PaymentGateway)."""
        outside_transaction()
        secret = self._secret if isinstance(self._secret, str) else self._secret()
        try:
            return _event_of(self._client.construct_event(payload, signature, secret))
        except stripe.SignatureVerificationError as error:
            raise BadSignature from error
        except (ValueError, AttributeError, KeyError, TypeError) as error:
            raise UnreadableEvent from error


class _named_refusals:  # noqa: N801 - read as a statement: with _named_refusals()
    """Turn what the library raises into refusals of this house."""

    def __enter__(self) -> None:
        """Begin to listen."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        """Raise the named refusal in place of the library's own error."""
        if isinstance(error, stripe.StripeError):
            raise _refusal_for(error) from error
        if isinstance(error, NOT_AS_PROMISED):
            raise GatewayNonsense(reason=type(error).__name__) from error


# What reading an answer of another shape than the promised one ends in.
NOT_AS_PROMISED = (AttributeError, KeyError, TypeError, ValueError)

# Stripe's own codes for a wrong request, and what they mean to us.
REQUEST_REFUSALS: dict[str, type[ShopError]] = {
    "resource_missing": UnknownToProvider,
    "charge_already_refunded": RefundRefused,
    "charge_disputed": RefundRefused,
    "amount_too_large": RefundRefused,
    "lock_timeout": GatewayUnreachable,
}


def _refusal_for(error: stripe.StripeError) -> ShopError:
    code = error.code or ""
    if isinstance(error, stripe.CardError):
        decline = error.error.decline_code if error.error is not None else None
        return PaymentDeclined(decline_code=decline or code)
    meaning: type[ShopError] = GatewayNonsense
    is_their_fault = (error.http_status or 0) >= SERVER_FAULT
    if is_their_fault or isinstance(error, stripe.APIConnectionError | stripe.RateLimitError):
        meaning = GatewayUnreachable
    elif isinstance(error, stripe.IdempotencyError):
        meaning = ProviderKeyReused
    elif isinstance(error, stripe.InvalidRequestError):
        meaning = REQUEST_REFUSALS.get(code, GatewayNonsense)
    return meaning(reason=code, request=error.request_id or "")


def _name_of(thing: str | stripe.StripeObject) -> str:
    return thing if isinstance(thing, str) else str(thing["id"])


def _payment_of(session: stripe.checkout.Session) -> ProviderPayment:
    currency = (session.currency or "").upper()
    captured, refunded, fee, channel, failure = 0, 0, None, "", ""
    intent = session.payment_intent
    if isinstance(intent, stripe.PaymentIntent):
        captured = intent.amount_received
        if intent.last_payment_error is not None:
            failure = intent.last_payment_error.decline_code or intent.last_payment_error.code or ""
        charge = intent.latest_charge
        if isinstance(charge, stripe.Charge) and charge.paid:
            refunded = charge.amount_refunded
            channel = charge.payment_method_details.type if charge.payment_method_details else ""
            line = charge.balance_transaction
            # An account that settles in another currency tells its fee in that one: not ours.
            if isinstance(line, stripe.BalanceTransaction) and line.currency.upper() == currency:
                fee = Money(line.fee, currency)
    return ProviderPayment(
        provider_ref=session.id,
        payment_public_id=session.client_reference_id,
        state=_state_of(session, intent if isinstance(intent, stripe.PaymentIntent) else None),
        captured=Money(captured, currency),
        fee=fee,
        refunded=Money(refunded, currency),
        channel=channel,
        failure_code=failure,
    )


def _is_disputed(session: stripe.checkout.Session) -> bool:
    intent = session.payment_intent
    charge = intent.latest_charge if isinstance(intent, stripe.PaymentIntent) else None
    return isinstance(charge, stripe.Charge) and charge.disputed


# A "warning" is a bank that only asks: no money has moved, but an answer is due all the same.
DISPUTE_STATES = {
    "needs_response": DisputeState.NEEDS_ANSWER,
    "under_review": DisputeState.ANSWERED,
    "won": DisputeState.WON,
    "lost": DisputeState.LOST,
    "warning_needs_response": DisputeState.NEEDS_ANSWER,
    "warning_under_review": DisputeState.ANSWERED,
    "warning_closed": DisputeState.WON,
    "prevented": DisputeState.WON,
}


def _mark_of(dispute: stripe.Dispute) -> str | None:
    """Return the name that we gave the payment which a dispute is about."""
    intent = dispute.payment_intent
    if not isinstance(intent, stripe.PaymentIntent) or intent.metadata is None:
        return None
    marks: Mapping[str, Any] = intent.metadata.to_dict()  # Any: JSON of the provider
    return marks.get("payment")


def _dispute_of(dispute: stripe.Dispute, payment_public_id: str | None) -> ProviderDispute:
    state = DISPUTE_STATES.get(dispute.status)
    if state is None:
        raise GatewayNonsense(about=dispute.id)
    due = dispute.evidence_details.due_by
    # An account that settles in another currency tells its fees in that one: not ours.
    fees = [line.fee for line in dispute.balance_transactions if line.currency == dispute.currency]
    return ProviderDispute(
        provider_ref=dispute.id,
        payment_public_id=payment_public_id,
        state=state,
        amount=Money(dispute.amount, dispute.currency.upper()),
        reason=dispute.reason,
        answer_by=None if due is None else datetime.fromtimestamp(due, UTC),
        opened_at=datetime.fromtimestamp(dispute.created, UTC),
        has_taken=not dispute.status.startswith("warning") and dispute.status != "prevented",
        fee=Money(max(0, sum(fees)), dispute.currency.upper()),
    )


def _state_of(
    session: stripe.checkout.Session, intent: stripe.PaymentIntent | None
) -> PaymentState:
    status = intent.status if intent is not None else ""
    if status == "succeeded":
        return PaymentState.SUCCEEDED
    if session.status == "expired" or status == "canceled":
        return PaymentState.CANCELLED
    if session.status == "open":
        # A declined try leaves the page open: the buyer may take another way.
        return PaymentState.OPEN
    if session.status == "complete" and status == "requires_payment_method":
        return PaymentState.FAILED
    if session.status == "complete":
        return PaymentState.PROCESSING
    raise GatewayNonsense(about=session.id)


REFUND_STATES = {
    "succeeded": RefundState.SETTLED,
    "pending": RefundState.PENDING,
    "requires_action": RefundState.PENDING,
    "failed": RefundState.FAILED,
    "canceled": RefundState.FAILED,
}


def _refund_of(refund: stripe.Refund) -> ProviderRefund:
    state = REFUND_STATES.get(refund.status or "")
    if state is None:
        raise GatewayNonsense(about=refund.id)
    marks: Mapping[str, Any] = refund.metadata.to_dict() if refund.metadata is not None else {}
    failure = refund.to_dict().get("failure_reason")
    return ProviderRefund(
        provider_ref=refund.id,
        refund_public_id=marks.get("refund"),
        state=state,
        amount=Money(refund.amount, refund.currency.upper()),
        failure_code=str(failure or ""),
    )


def _event_of(event: stripe.Event) -> ProviderEvent:
    body: Mapping[str, Any] = event.data.object.to_dict()  # Any: JSON of the provider
    marks = body.get("metadata") or {}
    return ProviderEvent(
        external_id=event.id,
        kind=event.type,
        object_ref=str(body.get("id") or ""),
        payment_public_id=body.get("client_reference_id") or marks.get("payment"),
        refund_public_id=marks.get("refund"),
        created_at=datetime.fromtimestamp(event.created, UTC),
    )


def in_process_client(application: FakeStripe) -> stripe.HTTPClient:
    """Return what carries the library's requests to an application in this process.

    Its class is made here, because its parent is the library's.
    """

    class InProcessClient(stripe.HTTPClient):
        name = "in-process"

        def request(
            self,
            method: str,
            url: str,
            headers: Mapping[str, str] | None,
            post_data: Any = None,
            *,
            _usage: list[str] | None = None,
        ) -> tuple[str, int, Mapping[str, str]]:
            """Return body, status and headers of the answer.

            Raises APIConnectionError when the connection is lost.
            """
            path, _, query = url.partition("://")[2].partition("/")[2].partition("?")
            sent = (post_data or "").encode()
            environ = {
                "REQUEST_METHOD": method.upper(),
                "PATH_INFO": f"/{path}",
                "QUERY_STRING": query,
                "CONTENT_LENGTH": str(len(sent)),
                "wsgi.input": io.BytesIO(sent),
            } | {f"HTTP_{k.upper().replace('-', '_')}": v for k, v in (headers or {}).items()}
            answered: list[tuple[int, Mapping[str, str]]] = []

            def start_response(status: str, sent_back: list[tuple[str, str]]) -> None:
                answered.append((int(status[:3]), {k.lower(): v for k, v in sent_back}))

            try:
                body = b"".join(application(environ, start_response))
            except ConnectionLost as lost:
                raise stripe.APIConnectionError(  # type: ignore[no-untyped-call]  # the library's own
                    "connection lost", should_retry=True
                ) from lost
            return body.decode(), *answered[0]

        def _sleep_time_seconds(self, num_retries: int) -> float:  # noqa: ARG002 - the library's own
            # Nothing recovers by waiting inside one process.
            return 0.0

        def close(self) -> None:
            """Do nothing: there is no connection."""

    return InProcessClient()


class DemoGateway(StripeGateway):
    """The same gateway with a pretended Stripe behind it; no money moves."""

    def __init__(self, house: FakeStripe) -> None:
        """Connect to one pretended account."""
        self.house = house
        super().__init__(
            api_key=DEMO_KEY,
            webhook_secret=house.secret,
            provider="demo",
        )

    def _carrier(self) -> stripe.HTTPClient:
        return in_process_client(self.house)


@dataclass(slots=True)
class NullGateway:
    """A twin without an outside: every payment succeeds when ``pay`` is called.

    For tests of workflows that do not care how a provider speaks.
    """

    provider: str = "null"
    requests: dict[str, PaymentRequest] = field(default_factory=dict)
    states: dict[str, PaymentState] = field(default_factory=dict)
    refunds: dict[str, RefundRequest] = field(default_factory=dict)
    refuses_refunds: bool = False

    def start(self, request: PaymentRequest) -> StartedPayment:
        """Note the request."""
        outside_transaction()
        ref = f"null_{request.payment_public_id}"
        self.requests.setdefault(ref, request)
        self.states.setdefault(ref, PaymentState.OPEN)
        return StartedPayment(provider_ref=ref, redirect_url=request.success_url)

    def pay(self, provider_ref: str) -> None:
        """Let the buyer pay."""
        self.states[provider_ref] = PaymentState.SUCCEEDED

    def look_up(self, provider_ref: str) -> ProviderPayment:
        """Return what was noted."""
        outside_transaction()
        request = self.requests.get(provider_ref)
        if request is None:
            raise UnknownToProvider
        nothing = Money(0, request.amount.currency)
        state = self.states[provider_ref]
        back = [r.amount for r in self.refunds.values() if r.payment_provider_ref == provider_ref]
        return ProviderPayment(
            provider_ref=provider_ref,
            payment_public_id=request.payment_public_id,
            state=state,
            captured=request.amount if state is PaymentState.SUCCEEDED else nothing,
            fee=None,
            refunded=sum(back, nothing),
        )

    def refund(self, request: RefundRequest) -> ProviderRefund:
        """Note the refund, or refuse it."""
        outside_transaction()
        if self.refuses_refunds:
            raise RefundRefused(reason="expired_or_canceled_card")
        self.refunds.setdefault(request.refund_public_id, request)
        return self.look_up_refund(f"null_{request.refund_public_id}")

    def look_up_refund(self, provider_ref: str) -> ProviderRefund:
        """Return what was noted."""
        outside_transaction()
        request = self.refunds.get(provider_ref.removeprefix("null_"))
        if request is None:
            raise UnknownToProvider
        return ProviderRefund(
            provider_ref=provider_ref,
            refund_public_id=request.refund_public_id,
            state=RefundState.SETTLED,
            amount=request.amount,
        )

    def look_up_dispute(self, provider_ref: str) -> ProviderDispute:
        """Refuse: nobody disputes anything here."""
        outside_transaction()
        raise UnknownToProvider(provider_ref=provider_ref)

    def list_payments(self, *, since: datetime) -> Iterator[ProviderPayment]:  # noqa: ARG002 - times are not kept here
        """Yield every payment."""
        outside_transaction()
        for provider_ref in reversed(self.states):
            yield self.look_up(provider_ref)

    def list_refunds(self, *, since: datetime) -> Iterator[ProviderRefund]:  # noqa: ARG002 - times are not kept here
        """Yield every refund."""
        outside_transaction()
        for provider_ref in reversed(self.refunds):
            yield self.look_up_refund(provider_ref)

    def list_disputes(self, *, since: datetime) -> Iterator[ProviderDispute]:  # noqa: ARG002 - times are not kept here
        """Yield nothing: nobody disputes anything here."""
        outside_transaction()
        yield from ()

    def cancel(self, provider_ref: str) -> ProviderPayment:
        """Close the payment unless it is over."""
        outside_transaction()
        if self.states.get(provider_ref) is PaymentState.OPEN:
            self.states[provider_ref] = PaymentState.CANCELLED
        return self.look_up(provider_ref)

    def read_event(self, payload: bytes, signature: str) -> ProviderEvent:  # noqa: ARG002 - nobody sends events here
        """Refuse: nobody signs for this twin."""
        outside_transaction()
        raise BadSignature


_installed: dict[str, PaymentGateway] = {}


def install(*gateways: PaymentGateway) -> None:
    """Connect the providers of this application; the first one takes new payments."""
    _installed.clear()
    _installed.update({gateway.provider: gateway for gateway in gateways})


def from_settings(
    *, api_key: str, api_base: str, webhook_secret: str, allow_demonstration: bool
) -> list[PaymentGateway]:
    """Return the gateways to install: Stripe with a key, else the demonstration where allowed.

    Without either the list is empty: then only paying on pick-up is offered.
    """
    if api_key:
        return [StripeGateway(api_key=api_key, api_base=api_base, webhook_secret=webhook_secret)]
    if allow_demonstration:
        return [DemoGateway(FakeStripe(DatabaseStore(), page_address=DEMO_PAGES))]
    return []


def is_connected() -> bool:
    """Say whether buyers can pay online at all."""
    return bool(_installed)


def current() -> PaymentGateway:
    """Return the gateway for new payments. Raises ProviderNotConnected when there is none."""
    for gateway in _installed.values():
        return gateway
    raise ProviderNotConnected(provider="")


def of(provider: str) -> PaymentGateway:
    """Return the gateway through which an old payment went. Raises ProviderNotConnected."""
    if provider not in _installed:
        raise ProviderNotConnected(provider=provider)
    return _installed[provider]


def demonstration() -> FakeStripe | None:
    """Return the pretended provider when it takes new payments here, else None."""
    gateway = next(iter(_installed.values()), None)
    return gateway.house if isinstance(gateway, DemoGateway) else None
