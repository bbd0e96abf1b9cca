"""How requests are written: nested form fields in, expanded objects out, known parameters."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl

from shop.payments.fakestripe import refusals
from shop.payments.fakestripe.stores import Json

WHOLE = frozenset({"amount", "unit_amount", "quantity", "expires_at", "amount_to_capture"})

# What this house's fake understands of each call; anything else is refused, so that a test never
# passes because a parameter was quietly ignored.
INTENT = frozenset(
    {"allowed_payment_method_types", "amount", "capture_method", "confirm", "currency"}
    | {"description", "metadata", "payment_method", "payment_method_data"}
    | {"payment_method_options", "return_url"}
)
SESSION = frozenset(
    {"allowed_payment_method_types", "cancel_url", "client_reference_id", "expires_at"}
    | {"line_items", "locale", "metadata", "mode", "payment_intent_data"}
    | {"payment_method_options", "success_url"}
)
KNOWN: dict[str, frozenset[str]] = {
    "create_intent": INTENT,
    "confirm_intent": frozenset({"payment_method", "payment_method_data", "return_url"}),
    "capture_intent": frozenset({"amount_to_capture"}),
    "cancel_intent": frozenset({"cancellation_reason"}),
    "create_session": SESSION,
    "expire_session": frozenset(),
    "create_refund": frozenset({"amount", "charge", "metadata", "payment_intent", "reason"}),
}
NEEDED: dict[str, tuple[str, ...]] = {
    "create_intent": ("amount", "currency"),
    "create_session": ("line_items", "mode", "success_url"),
}
REFUND_REASONS = frozenset({"duplicate", "fraudulent", "requested_by_customer"})


def decode(text: str) -> Json:
    """Return nested parameters from ``a[b][0]=c`` form fields.

    Raises Refusal for a number that is not whole.
    """
    tree: Json = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        steps = key.replace("]", "").split("[")
        place = tree
        for step in steps[:-1]:
            place = place.setdefault(step, {})
        place[steps[-1]] = _leaf(steps, value)
    return {key: _lists(value) for key, value in tree.items()}


def _leaf(steps: list[str], value: str) -> object:
    if "metadata" in steps:
        return value
    if steps[-1] in WHOLE:
        try:
            return int(value)
        except ValueError:
            raise refusals.invalid(
                f"Invalid integer: {value}", code="parameter_invalid_integer", param=steps[-1]
            ) from None
    return value == "true" if steps == ["confirm"] else value


def _lists(value: object) -> object:
    if not isinstance(value, dict):
        return value
    if value and all(key.isdigit() for key in value):
        return [_lists(value[key]) for key in sorted(value, key=int)]
    return {key: _lists(inner) for key, inner in value.items()}


def check(call: str, params: Json) -> None:
    """Return when Stripe would take these parameters for this call; else raise its Refusal."""
    if "payment_method_types" in params:
        raise refusals.invalid(
            "`payment_method_types` is no longer supported. Use `allowed_payment_method_types`.",
            code="payment_method_types_no_longer_supported",
            param="payment_method_types",
        )
    for name in params:
        if name not in KNOWN[call]:
            raise refusals.invalid(
                f"Received unknown parameter: {name}", code="parameter_unknown", param=name
            )
    for name in NEEDED.get(call, ()):
        if name not in params:
            raise refusals.invalid(
                f"Missing required param: {name}.", code="parameter_missing", param=name
            )
    if params.get("amount", 1) < 1:
        raise refusals.invalid(
            "This value must be greater than or equal to 1.",
            code="parameter_invalid_integer",
            param="amount",
        )
    if call == "create_refund" and params.get("reason", "fraudulent") not in REFUND_REASONS:
        raise refusals.invalid("Invalid reason.", param="reason")


LISTED = frozenset({"created", "expand", "limit", "payment_intent", "starting_after"})


def check_list(params: Json) -> None:
    """Return when Stripe would list by these parameters; else raise its Refusal."""
    for name in params:
        if name not in LISTED:
            raise refusals.invalid(
                f"Received unknown parameter: {name}", code="parameter_unknown", param=name
            )


def expand(body: Json, paths: list[str], find: Callable[[str, str], Json | None]) -> Json:
    """Return the object with the named inner objects in place of their names.

    ``find`` takes a kind and a name. A path such as ``payment_intent.latest_charge`` goes deeper;
    one that begins with ``data`` goes through every object of a list.
    """
    for path in [path for path in paths if path.startswith("data.")]:
        for one in body["data"]:
            expand(one, [path.removeprefix("data.")], find)
    for path in [path for path in paths if not path.startswith("data.")]:
        place = body
        for step in path.split("."):
            inner = place.get(step)
            if isinstance(inner, str):
                inner = find(EXPANDABLE.get(step, step), inner)
                place[step] = inner
            if not isinstance(inner, dict):
                break
            place = inner
    return body


EXPANDABLE = {"latest_charge": "charge"}
