"""Where the objects lie: a small protocol and the store in memory."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

Json = dict[str, Any]  # Any: the bodies are JSON, whose leaves are of many types


class Shelf(Protocol):
    """The objects while one change is being made."""

    def get(self, kind: str, name: str) -> Json | None:
        """Return one object or None; the caller may change it and put it back."""

    def put(self, kind: str, name: str, body: Json) -> None:
        """Keep one object, new or changed."""

    def names(self, kind: str) -> list[str]:
        """Return the names of one kind in the order in which they came."""

    def emitted(self, event_id: str) -> None:
        """Note that an event waits to be delivered."""


class Store(Protocol):
    """Keeps objects; lets one change happen at a time, whole or not at all."""

    def unit(self) -> AbstractContextManager[Shelf]:
        """Return the context of one change: it holds the store alone, and an error undoes all."""


class MemoryStore:
    """Objects of one process; for tests."""

    def __init__(self) -> None:
        """Begin empty."""
        self._objects: dict[tuple[str, str], Json] = {}
        self._lock = threading.RLock()
        self.waiting_events: list[str] = []

    @contextmanager
    def unit(self) -> Iterator[Shelf]:
        """Hold the lock for one change; an error puts everything back."""
        with self._lock:
            # What lies here is replaced, never changed in place.
            before = dict(self._objects)
            waiting = list(self.waiting_events)
            try:
                yield self
            except BaseException:
                self._objects, self.waiting_events = before, waiting
                raise

    def get(self, kind: str, name: str) -> Json | None:
        """Return a copy of one object or None."""
        return copy.deepcopy(self._objects.get((kind, name)))

    def put(self, kind: str, name: str, body: Json) -> None:
        """Keep a copy of one object."""
        self._objects[kind, name] = copy.deepcopy(body)

    def names(self, kind: str) -> list[str]:
        """Return the names of one kind, oldest first."""
        return [name for other, name in self._objects if other == kind]

    def emitted(self, event_id: str) -> None:
        """Queue the event for whoever delivers it."""
        self.waiting_events.append(event_id)
