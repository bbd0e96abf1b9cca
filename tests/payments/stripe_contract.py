"""Stripe's contract as its own library states it: types of parameters, annotations of objects."""

from __future__ import annotations

import importlib
import inspect
import sys
import types
import typing
from collections.abc import Iterator
from typing import Literal, Union

import stripe
import typing_extensions as te
from stripe import StripeObject

Hint = object
OPTIONAL_KEYS = (typing.NotRequired, te.NotRequired, typing.Required, te.Required)


def faults(value: object, hint: Hint, at: str, home: str) -> Iterator[str]:
    """Yield what is wrong with a value; ``home`` is where the names in the hint are known."""
    hint = _resolved(hint, home)
    origin, args = te.get_origin(hint), te.get_args(hint)
    if origin in OPTIONAL_KEYS:
        yield from faults(value, args[0], at, home)
    elif origin in (Union, types.UnionType):
        yield from _union_faults(value, args, at, home)
    elif origin is Literal:
        yield from () if value in args else [f"{at}: {value!r} is no word that Stripe knows"]
    elif origin is list:
        yield from _list_faults(value, args[0], at, home)
    else:
        yield from _plain_faults(value, origin or hint, at)


def _plain_faults(value: object, kind: Hint, at: str) -> Iterator[str]:
    if not isinstance(kind, type) or kind is object:
        return
    if te.is_typeddict(kind):
        yield from _keys_faults(value, _keys_of(kind), at, kind.__module__)
    elif issubclass(kind, StripeObject):
        home = f"{kind.__module__}:{kind.__qualname__}"
        fields = inspect.get_annotations(kind)
        yield from _keys_faults(value, fields, at, home) if fields else ()
    elif not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
        yield f"{at}: {value!r} is no {kind.__name__}"


def _union_faults(value: object, options: tuple[Hint, ...], at: str, home: str) -> Iterator[str]:
    # ``Literal[...] | str`` is how the library says enum; only the words are what Stripe takes.
    if isinstance(value, str) and any(te.get_origin(o) is Literal for o in options):
        options = tuple(o for o in options if o is not str)
    least: list[str] | None = None
    if value is not None:
        options = tuple(o for o in options if o is not type(None))
    for option in options:
        found = list(faults(value, option, at, home))
        if not found:
            return
        least = found if least is None or len(found) < len(least) else least
    yield from least or ()


def _list_faults(value: object, item: Hint, at: str, home: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{at}: {value!r} is no list"
        return
    for place, one in enumerate(value):
        yield from faults(one, item, f"{at}[{place}]", home)


def _keys_faults(value: object, known: dict[str, Hint], at: str, home: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{at}: {value!r} is no mapping"
        return
    for name in value.keys() - known.keys():
        yield f"{at}.{name}: unknown to Stripe"
    for name, hint in known.items():
        if name in value:
            yield from faults(value[name], hint, f"{at}.{name}", home)
        elif not _may_be_missing(name, hint):
            yield f"{at}.{name}: missing"


def _keys_of(kind: type) -> dict[str, Hint]:
    keys: dict[str, Hint] = {}
    for base in getattr(kind, "__orig_bases__", ()):
        if te.is_typeddict(base):
            keys |= _keys_of(base)
    return keys | inspect.get_annotations(kind)


def _may_be_missing(name: str, hint: Hint) -> bool:
    text = str(getattr(hint, "__forward_arg__", hint))
    is_of_the_library = name == "OBJECT_NAME" or name.startswith("_") or name == "deleted"
    is_optional = type(None) in te.get_args(hint) or "Optional" in text or "NotRequired" in text
    return is_of_the_library or is_optional


def _resolved(hint: Hint, home: str) -> Hint:
    if hint is None:
        return type(None)
    text = getattr(hint, "__forward_arg__", hint)
    if not isinstance(text, str):
        return hint
    module_name, _, qualname = home.partition(":")
    owner: object = sys.modules[module_name]
    names: dict[str, object] = {**vars(typing), **vars(owner)}
    for step in qualname.split(".") if qualname else ():
        owner = getattr(owner, step)
        names |= vars(owner)
    return eval(text, {}, _Lazily(names))  # noqa: S307 - the library's own annotations


class _Lazily(dict[str, object]):
    # The library loads its classes only when they are asked for.
    def __missing__(self, name: str) -> object:
        try:
            return getattr(stripe, name.removesuffix("Resource"))
        except AttributeError:
            raise KeyError(name) from None


PARAMS = {
    "/v1/checkout/sessions": "checkout._session_create_params.SessionCreateParams",
    "/v1/refunds": "_refund_create_params.RefundCreateParams",
    "/v1/payment_intents": "_payment_intent_create_params.PaymentIntentCreateParams",
    "expire": "checkout._session_expire_params.SessionExpireParams",
    "confirm": "_payment_intent_confirm_params.PaymentIntentConfirmParams",
    "capture": "_payment_intent_capture_params.PaymentIntentCaptureParams",
    "cancel": "_payment_intent_cancel_params.PaymentIntentCancelParams",
}
OBJECTS: dict[str, type[StripeObject]] = {
    "payment_intent": stripe.PaymentIntent,
    "charge": stripe.Charge,
    "refund": stripe.Refund,
    "dispute": stripe.Dispute,
    "checkout.session": stripe.checkout.Session,
    "balance_transaction": stripe.BalanceTransaction,
    "event": stripe.Event,
}


def request_faults(path: str, params: dict[str, object]) -> list[str]:
    """Return what Stripe's parameter types hold against one call."""
    found = PARAMS.get(path) or PARAMS[path.rpartition("/")[2]]
    module, _, name = found.rpartition(".")
    home = importlib.import_module(f"stripe.params.{module}")
    return list(faults(params, getattr(home, name), path, home.__name__))


def object_faults(body: dict[str, object]) -> list[str]:
    """Return what the library's annotations hold against one object."""
    name = str(body["object"])
    found = list(faults(body, OBJECTS[name], name, ""))
    if name == "event":
        found += object_faults(body["data"]["object"])  # type: ignore[index]
    return found
