"""Stripe's contract as its own library states it: parameter types and the annotations of objects."""

from __future__ import annotations

import importlib
import inspect
import sys
import types
import typing
from collections.abc import Callable, Iterator

import stripe
import typing_extensions as te
from stripe import StripeObject

Types = dict[str, object]


def request_faults(value: object, hint: object, at: str = "", home: str = "") -> Iterator[str]:
    """Yield what is wrong with the parameters of one call."""
    if isinstance(hint, str):
        hint = _resolve(hint, home)
    if isinstance(hint, typing.ForwardRef):
        hint = _resolve(hint.__forward_arg__, home)
    origin = te.get_origin(hint)
    if origin in (te.NotRequired, typing.NotRequired, te.Required):
        yield from request_faults(value, te.get_args(hint)[0], at, home)
    elif origin in (typing.Union, types.UnionType):
        yield from _union_faults(value, te.get_args(hint), at, home)
    elif origin is typing.Literal:
        if value not in te.get_args(hint):
            yield f"{at}: {value!r} is none of the words Stripe knows"
    elif origin in (list, typing.List):
        if not isinstance(value, list):
            yield f"{at}: {value!r} is no list"
            return
        for place, item in enumerate(value):
            yield from request_faults(item, te.get_args(hint)[0], f"{at}[{place}]", home)
    elif origin in (dict, typing.Dict):
        if not isinstance(value, dict):
            yield f"{at}: {value!r} is no mapping"
    elif isinstance(hint, type) and te.is_typeddict(hint):
        yield from _mapping_faults(value, hint, at)
    elif isinstance(hint, type) and (
        not isinstance(value, hint) or (isinstance(value, bool) and hint is int)
    ):
        yield f"{at}: {value!r} is no {hint.__name__}"


def _resolve(name: str, home: str) -> object:
    places = vars(sys.modules[home])
    return eval(name, {**vars(typing), **places})  # noqa: S307 - the library's own annotations


def _union_faults(value: object, options: tuple[object, ...], at: str, home: str) -> Iterator[str]:
    words = [o for o in options if te.get_origin(o) is typing.Literal]
    # ``Literal[...] | str`` is how the library says enum; the words are what Stripe takes.
    if words and str in options and isinstance(value, str):
        options = tuple(o for o in options if o is not str)
    yield from _first_that_fits(request_faults, value, options, at, home)


def _first_that_fits(
    ask: Callable[..., Iterator[str]], value: object, options: tuple[object, ...], at: str, home: str
) -> Iterator[str]:
    least: list[str] | None = None
    for option in options:
        found = list(ask(value, option, at, home))
        if not found:
            return
        if least is None or len(found) < len(least):
            least = found
    yield from least or []


def _mapping_faults(value: object, hint: type, at: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{at}: {value!r} is no mapping"
        return
    known = {n: h for base in reversed(hint.__mro__) for n, h in inspect.get_annotations(base).items()}
    for base in getattr(hint, "__orig_bases__", ()):
        known = {**inspect.get_annotations(base), **known}
    for name in value:
        if name not in known:
            yield f"{at}.{name}: unknown to Stripe"
    for name, inner in known.items():
        text = inner.__forward_arg__ if isinstance(inner, typing.ForwardRef) else str(inner)
        if name in value:
            yield from request_faults(value[name], inner, f"{at}.{name}", hint.__module__)
        elif "NotRequired" not in text:
            yield f"{at}.{name}: missing"


def payload_faults(body: object, hint: object, at: str = "", home: str = "") -> Iterator[str]:
    """Yield what is wrong with an object that Stripe would have sent."""
    if isinstance(hint, str):
        hint = _resolve_in_class(hint, home)
    if isinstance(hint, typing.ForwardRef):
        hint = _resolve_in_class(hint.__forward_arg__, home)
    origin, args = te.get_origin(hint), te.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        words = [a for a in args if te.get_origin(a) is typing.Literal]
        if words and str in args and isinstance(body, str):
            args = tuple(words)
        yield from _first_that_fits(payload_faults, body, args, at, home)
    elif origin is typing.Literal:
        if body not in args:
            yield f"{at}: {body!r} is none of the words Stripe knows"
    elif origin in (list, typing.List):
        if not isinstance(body, list):
            yield f"{at}: {body!r} is no list"
            return
        for place, item in enumerate(body):
            yield from payload_faults(item, args[0], f"{at}[{place}]", home)
    elif hint is type(None):
        if body is not None:
            yield f"{at}: {body!r} is not null"
    elif inspect.isclass(hint) and issubclass(hint, StripeObject):
        yield from _object_faults(body, hint, at)
    elif hint in (str, int, bool, float) and (
        not isinstance(body, hint) or (isinstance(body, bool) and hint is int)
    ):
        yield f"{at}: {body!r} is no {hint.__name__}"
    elif inspect.isclass(origin) and issubclass(origin, StripeObject) and not isinstance(body, dict):
        yield f"{at}: {body!r} is no mapping"


def _object_faults(body: object, kind: type[StripeObject], at: str) -> Iterator[str]:
    if not isinstance(body, dict):
        yield f"{at}: {body!r} is no object"
        return
    known = {
        name: hint
        for name, hint in inspect.get_annotations(kind).items()
        if name not in {"OBJECT_NAME", "_inner_class_types", "deleted"}
    }
    place = f"{kind.__module__}:{kind.__qualname__}"
    for name in body:
        if name not in known:
            yield f"{at}.{name}: unknown to the library"
    for name, hint in known.items():
        if name in body:
            yield from payload_faults(body[name], hint, f"{at}.{name}", place)
        elif not _is_optional(hint):
            yield f"{at}.{name}: missing"


def _is_optional(hint: object) -> bool:
    text = hint if isinstance(hint, str) else repr(hint)
    return "Optional" in text or type(None) in te.get_args(hint)


def _resolve_in_class(name: str, home: str) -> object:
    module_name, _, qualname = home.partition(":")
    module = sys.modules[module_name]
    names: Types = {**vars(typing), **vars(stripe), **vars(module)}
    owner: object = module
    for step in qualname.split("."):
        owner = getattr(owner, step)
        names.update(vars(owner))
    return eval(name, {}, _Lazily(names))  # noqa: S307 - the library's own annotations


class _Lazily(dict[str, object]):
    """Names of the library, which loads its classes only when they are asked for."""

    def __missing__(self, name: str) -> object:
        try:
            return getattr(stripe, name.removesuffix("Resource"))
        except AttributeError:
            raise KeyError(name) from None


def params_type(path: str) -> object:
    """Return the parameter type of a call by its path."""
    shapes = {
        "/v1/checkout/sessions": "checkout._session_create_params.SessionCreateParams",
        "/v1/refunds": "_refund_create_params.RefundCreateParams",
        "/v1/payment_intents": "_payment_intent_create_params.PaymentIntentCreateParams",
    }
    tails = {
        "expire": "checkout._session_expire_params.SessionExpireParams",
        "confirm": "_payment_intent_confirm_params.PaymentIntentConfirmParams",
        "capture": "_payment_intent_capture_params.PaymentIntentCaptureParams",
        "cancel": "_payment_intent_cancel_params.PaymentIntentCancelParams",
    }
    found = shapes.get(path) or tails[path.rsplit("/", 1)[1]]
    module, _, name = found.rpartition(".")
    return getattr(importlib.import_module(f"stripe.params.{module}"), name)


OBJECTS: dict[str, type[StripeObject]] = {
    "payment_intent": stripe.PaymentIntent,
    "charge": stripe.Charge,
    "refund": stripe.Refund,
    "dispute": stripe.Dispute,
    "checkout.session": stripe.checkout.Session,
    "balance_transaction": stripe.BalanceTransaction,
    "event": stripe.Event,
}


def object_faults(body: dict[str, object]) -> list[str]:
    """Return what is wrong with one object, by its own ``object`` field."""
    kind = OBJECTS[str(body["object"])]
    return list(payload_faults(body, kind, at=str(body["object"])))
