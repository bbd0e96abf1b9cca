"""Where rendered pages are kept: in this process, and in Redis beside it when several serve."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import structlog

log = structlog.get_logger(__name__)

# What an entry costs beside its body: key, headers, tags, the places in two tables.
BESIDES_BODY = 1536


@dataclass(frozen=True, slots=True)
class Key:
    """Everything a page may depend on beside the database and the clock."""

    host: str
    path: str
    query: str
    language: str
    elder: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """One page as it was rendered, and how to learn whether it may be shown again.

    body          gzip.
    total         the sum of its tags' versions that it was rendered at.
    good_until    seconds since 1970; the clock alone changes it then.
    """

    body: bytes
    etag: str
    headers: tuple[tuple[str, str], ...]
    tags: tuple[str, ...]
    total: int
    good_until: float


IsGood = Callable[[Kept], bool]


class PageStore(Protocol):
    """A place for rendered pages. It forgets as it likes and never decides whether one is fresh."""

    def find(self, key: Key, is_good: IsGood) -> Kept | None:
        """Return the page kept under a key if it may still be shown."""

    def put(self, key: Key, page: Kept) -> None:
        """Keep a page in place of the one that was kept under its key."""

    def forget(self) -> None:
        """Forget all pages."""


class _Shelf:
    """Pages up to a number of bytes. One that is asked for again outlasts any number that is not.

    New pages stand in a waiting row; the second time they are asked for they move to the row that
    stays. A flood of pages that nobody asks for twice passes through the waiting row alone.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._most_staying = most_bytes * 4 // 5
        self._waiting: OrderedDict[Key, Kept] = OrderedDict()
        self._staying: OrderedDict[Key, Kept] = OrderedDict()
        self._bytes = self._bytes_staying = 0
        self._lock = threading.Lock()

    def get(self, key: Key) -> Kept | None:
        with self._lock:
            page = self._staying.get(key)
            if page is not None:
                self._staying.move_to_end(key)
                return page
            page = self._waiting.pop(key, None)
            if page is not None:
                self._staying[key] = page
                self._bytes_staying += _size(page)
                self._send_back()
            return page

    def put(self, key: Key, page: Kept) -> None:
        if _size(page) > self._most // 8:
            return
        with self._lock:
            row = self._staying if key in self._staying else self._waiting
            former = row.pop(key, None)
            row[key] = page
            grown = _size(page) - (_size(former) if former is not None else 0)
            self._bytes += grown
            if row is self._staying:
                self._bytes_staying += grown
                self._send_back()
            while self._bytes > self._most:
                self._drop()

    def forget(self) -> None:
        with self._lock:
            self._waiting.clear()
            self._staying.clear()
            self._bytes = self._bytes_staying = 0

    def _send_back(self) -> None:
        while self._bytes_staying > self._most_staying:
            key, page = self._staying.popitem(last=False)
            self._bytes_staying -= _size(page)
            self._waiting[key] = page

    def _drop(self) -> None:
        row = self._waiting or self._staying
        _, page = row.popitem(last=False)
        self._bytes -= _size(page)
        if row is self._staying:
            self._bytes_staying -= _size(page)


def _size(page: Kept) -> int:
    return len(page.body) + BESIDES_BODY


class InProcess:
    """Pages in the memory of this process, bounded in bytes.

    Pages with a question in their address have a quarter of it for themselves: whoever asks a
    thousand questions takes no place from pages that lead to goods.
    """

    def __init__(self, most_bytes: int) -> None:
        """Keep pages up to a number of bytes; none for zero."""
        self._plain = _Shelf(most_bytes * 3 // 4)
        self._asked = _Shelf(most_bytes // 4)

    def _shelf(self, key: Key) -> _Shelf:
        return self._asked if key.query else self._plain

    def find(self, key: Key, is_good: IsGood) -> Kept | None:
        """Return the page kept under a key if it may still be shown."""
        page = self._shelf(key).get(key)
        return page if page is not None and is_good(page) else None

    def put(self, key: Key, page: Kept) -> None:
        """Keep a page in place of the one that was kept under its key."""
        self._shelf(key).put(key, page)

    def forget(self) -> None:
        """Forget all pages."""
        self._plain.forget()
        self._asked.forget()


class InRedis:
    """Pages in Redis, for every process and machine that serves the same house.

    What this process has used lies in its own memory as well. Redis may be away: then it is not
    asked for a few seconds, and pages are rendered.
    """

    MOST_PAGES = 8_000
    MOST_ASKED = 2_000
    MOST_BYTES = 64 * 1024
    KEPT_SECONDS = 24 * 3600
    PATIENCE_SECONDS = 0.25
    REST_SECONDS = 5.0

    def __init__(self, url: str, *, house: str, near: InProcess) -> None:
        """Keep pages at a Redis.

        house    tells apart what may not be mixed: releases, settings, databases.
        near     the memory of this process.
        """
        # Loaded where it is used: one process alone needs no driver.
        import redis  # noqa: PLC0415 - see above

        self._failed: type[Exception] = redis.RedisError
        self._redis: Any = redis.from_url(
            url, socket_timeout=self.PATIENCE_SECONDS, socket_connect_timeout=self.PATIENCE_SECONDS
        )
        self._house = f"pages:{house}"
        self._near = near
        self._rests_until = 0.0

    def find(self, key: Key, is_good: IsGood) -> Kept | None:
        """Return the page kept under a key, here or there, if it may still be shown."""
        page = self._near.find(key, is_good)
        if page is not None:
            return page
        packed = self._try(lambda: self._redis.get(self._name(key)))
        page = _unpacked(packed) if packed else None
        if page is None or not is_good(page):
            return None
        self._near.put(key, page)
        return page

    def put(self, key: Key, page: Kept) -> None:
        """Keep a page here and there."""
        self._near.put(key, page)
        if len(page.body) <= self.MOST_BYTES:
            self._try(lambda: self._send(key, _packed(page)))

    def forget(self) -> None:
        """Forget all pages, here and there."""
        self._near.forget()
        self._try(self._clear)

    def _send(self, key: Key, packed: bytes) -> None:
        name, row = self._name(key), f"{self._house}:{'asked' if key.query else 'plain'}"
        most = self.MOST_ASKED if key.query else self.MOST_PAGES
        with self._redis.pipeline(transaction=False) as together:
            together.set(name, packed, ex=self.KEPT_SECONDS)
            together.zadd(row, {name: time.time()})
            together.zcard(row)
            *_, there = together.execute()
        if there > most:
            oldest = [name for name, _ in self._redis.zpopmin(row, there - most)]
            self._redis.delete(*oldest)

    def _clear(self) -> None:
        for name in self._redis.scan_iter(f"{self._house}:*", count=500):
            self._redis.delete(name)

    def _name(self, key: Key) -> str:
        text = json.dumps([key.host, key.path, key.query, key.language, key.elder])
        return f"{self._house}:{hashlib.sha256(text.encode()).hexdigest()[:32]}"

    def _try(self, act: Callable[[], Any]) -> Any:
        if time.monotonic() < self._rests_until:
            return None
        try:
            return act()
        except self._failed as error:
            self._rests_until = time.monotonic() + self.REST_SECONDS
            log.warning("no page store", error=str(error))
            return None


def _packed(page: Kept) -> bytes:
    head = json.dumps([page.etag, page.headers, page.tags, page.total, page.good_until]).encode()
    return len(head).to_bytes(4, "big") + head + page.body


def _unpacked(packed: bytes) -> Kept | None:
    end = 4 + int.from_bytes(packed[:4], "big")
    try:
        etag, headers, tags, total, good_until = json.loads(packed[4:end])
    except ValueError:
        return None
    return Kept(
        body=packed[end:],
        etag=etag,
        headers=tuple((name, value) for name, value in headers),
        tags=tuple(tags),
        total=total,
        good_until=good_until,
    )
