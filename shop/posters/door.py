"""The door of the small process that draws: one drawing at a time, the last ones kept in memory."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from shop.kernel.errors import ShopError
from shop.posters.words import Poster

PATIENCE_SECONDS = 30
WAIT_SECONDS = 8
MOST_KEPT_BYTES = 12 * 1024 * 1024
_HOUSE = Path(__file__).resolve().parents[2]


class PosterBusy(ShopError):
    """Others have pictures drawn just now; in a moment it goes well."""

    code: ClassVar[str] = "posters.busy"
    status: ClassVar[int] = 503


class _Kept:
    """Drawn pictures by what is in them, the one asked for longest ago forgotten first."""

    def __init__(self) -> None:
        self._drawn: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes | None:
        with self._lock:
            drawn = self._drawn.get(key)
            if drawn is not None:
                self._drawn.move_to_end(key)
            return drawn

    def put(self, key: str, drawn: bytes) -> None:
        with self._lock:
            self._bytes += len(drawn) - len(self._drawn.pop(key, b""))
            self._drawn[key] = drawn
            while self._bytes > MOST_KEPT_BYTES:
                _, oldest = self._drawn.popitem(last=False)
                self._bytes -= len(oldest)


_kept = _Kept()
_one_at_a_time = threading.Lock()


def drawn(
    key: str, *, poster: Poster | None, picture: Callable[[], bytes], is_drawing: bool
) -> bytes:
    """Return a poster as JPEG, or without words the picture alone, four wide and five high.

    key         names everything that can be seen on it.
    picture     gives the JPEG of a photograph, or the SVG of one of our drawings.

    Drawing holds the interpreter for most of a second: a process of its own does it. Memory only,
    so that the name of a maker who withdrew it lies on no disk. Raises PosterBusy.
    """
    found = _kept.get(key)
    if found is not None:
        return found
    if not _one_at_a_time.acquire(timeout=WAIT_SECONDS):
        raise PosterBusy
    try:
        found = _kept.get(key)
        if found is None:
            found = _draw(poster, picture(), is_drawing=is_drawing)
            _kept.put(key, found)
        return found
    finally:
        _one_at_a_time.release()


def _draw(poster: Poster | None, picture: bytes, *, is_drawing: bool) -> bytes:
    words = dataclasses.asdict(poster) if poster is not None else None
    order = json.dumps({"is_drawing": is_drawing, "poster": words}).encode()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "shop.posters"],
            input=order + b"\n" + picture,
            capture_output=True,
            check=True,
            # No secret of the house is in there.
            env={"PYTHONPATH": str(_HOUSE), "LANG": "C.UTF-8"},
            timeout=PATIENCE_SECONDS,
        )
    except subprocess.TimeoutExpired as late:
        raise PosterBusy from late
    return done.stdout
