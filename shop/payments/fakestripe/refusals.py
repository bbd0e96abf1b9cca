"""The error bodies that Stripe sends, by name."""

from __future__ import annotations


class Refusal(Exception):
    """An answer with an error body; ``status`` is its HTTP number."""

    def __init__(self, status: int, body: dict[str, object]) -> None:
        """Keep the number and the inner error object."""
        self.status = status
        self.body = body
        super().__init__(status, body)


class ConnectionLost(Exception):
    """The answer never reaches the caller; what was done stays done."""


def invalid(message: str, *, code: str = "", param: str = "", status: int = 400) -> Refusal:
    """Return a refusal of the request itself."""
    body: dict[str, object] = {"type": "invalid_request_error", "message": message}
    if code:
        body["code"] = code
    if param:
        body["param"] = param
    return Refusal(status, body)


def missing(noun: str, name: str) -> Refusal:
    """Return the answer to a name that Stripe does not know."""
    return invalid(f"No such {noun}: '{name}'", code="resource_missing", param="id", status=404)


def unexpected_state(message: str, code: str = "payment_intent_unexpected_state") -> Refusal:
    """Return the answer to a step that the object's state does not allow."""
    return invalid(message, code=code)


def declined(code: str, decline_code: str, charge: str, intent: dict[str, object]) -> Refusal:
    """Return the 402 of a card that was turned down; the intent rides along, as at Stripe."""
    return Refusal(
        402,
        {
            "type": "card_error",
            "code": code,
            "decline_code": decline_code,
            "message": "Your card was declined.",
            "charge": charge,
            "payment_intent": intent,
        },
    )


def key_reused(key: str) -> Refusal:
    """Return the answer to a key that comes back with another content."""
    return Refusal(
        400,
        {
            "type": "idempotency_error",
            "message": f"Keys for idempotent requests can only be used with the same parameters"
            f" they were first used with. Key: {key}",
        },
    )


def busy(status: int) -> Refusal:
    """Return 409, 429 or 500 as Stripe words them."""
    words = {
        409: ("invalid_request_error", "lock_timeout"),
        429: ("invalid_request_error", "rate_limit"),
        500: ("api_error", ""),
    }
    kind, code = words[status]
    body: dict[str, object] = {"type": kind, "message": "Please try again."}
    if code:
        body["code"] = code
    return Refusal(status, body)
