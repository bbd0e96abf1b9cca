"""The work desk: what staff of a room do all day, from giving out work to paying for it."""

from shop.web.backoffice import (
    catalog,
    facts,
    goods,
    hand_ins,
    orders,
    pace,
    pay_runs,
    pictures,
    refunds,
    returns,
    sessions,
    shelves,
    today,
    voices,
    wishes,
    words,
    work,
)
from shop.web.backoffice.room import blueprint

__all__ = [
    "blueprint",
    "catalog",
    "facts",
    "goods",
    "hand_ins",
    "orders",
    "pace",
    "pay_runs",
    "pictures",
    "refunds",
    "returns",
    "sessions",
    "shelves",
    "today",
    "voices",
    "wishes",
    "words",
    "work",
]
