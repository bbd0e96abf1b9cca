from __future__ import annotations

from shop import freshness
from shop.kernel.events import Event
from tests.architecture.test_house import everything


def kinds() -> set[type[Event]]:
    everything()
    # A dataclass with slots leaves the class that it was made from behind; the book has the other.
    return {kind for kind in Event.known.values() if kind.__module__.startswith("shop.")}


def test_every_event_says_whether_the_public_sees_it():
    unplaced = kinds() - set(freshness.STALE) - freshness.NOT_PUBLIC
    assert {f"{kind.__module__}.{kind.__name__}" for kind in unplaced} == set()


def test_no_event_is_public_and_not_public():
    assert set(freshness.STALE) & freshness.NOT_PUBLIC == set()
