"""Reconciling: what a provider tells and what stands here, and what a person says about it."""

from __future__ import annotations

from datetime import datetime

from shop.kernel import events
from shop.kernel.access import Actor, Permission
from shop.kernel.db import transactional
from shop.kernel.errors import Conflict, Forbidden, InvalidInput
from shop.payments import queries as payments_known
from shop.payments import services as payments
from shop.payments.events import ProviderEventReviewed
from shop.payments.rules import EventState
from shop.workflows import selling


class WordsMissing(InvalidInput):
    """Whoever closes something says what became of it."""

    code = "reconciling.words_missing"


def _require(actor: Actor) -> None:
    # The account at the provider is one for the whole house, so what fits no order of ours lies
    # in nobody's village.
    if not actor.holds(Permission.RECONCILE):
        raise Forbidden


def hear_again(*, event_id: int, actor: Actor, now: datetime) -> EventState:
    """Ask the provider anew about an event that waits for a person; safe to repeat.

    Returns what became of it. Raises Forbidden without ``payments.reconcile``, NotFound, and
    GatewayUnreachable.
    """
    _require(actor)
    return selling.hear_again(event_id=event_id, now=now)


@transactional
def close_event(*, event_id: int, words: str, actor: Actor, now: datetime) -> None:
    """Close an event that fits nothing here, with a person's words about what became of it.

    Raises Forbidden without ``payments.reconcile``, WordsMissing, NotFound, Conflict when it is
    closed already. Source: trust.md 2, P7.
    """
    _require(actor)
    if not words.strip():
        raise WordsMissing
    told = payments_known.provider_event(event_id)
    if told.state is not EventState.REVIEW:
        raise Conflict(what="provider event")
    payments.finish_event(
        event_id=event_id,
        result=EventState.IGNORED,
        detail=f"{words.strip()[:200]} ({told.detail})",
        now=now,
    )
    events.record(ProviderEventReviewed(event_id), actor=actor, station_id=None, now=now)
