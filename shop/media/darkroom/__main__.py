"""The small poor process: reads one file from standard input, leaves its copies in a folder.

Nothing of the application is known here: no settings, no secret, no database. What it says on
standard output is one line of JSON: what was made, or the code of the refusal.
"""

from __future__ import annotations

import ctypes
import dataclasses
import json
import os
import resource
import signal
import sys
from pathlib import Path

from shop.kernel.errors import ShopError
from shop.media.darkroom.developing import Copies, develop
from shop.media.rules import MEGABYTE, VIDEO_KINDS, VideoNotTaken

NICENESS = 15
MOST_MEMORY = 1024 * MEGABYTE
MOST_WRITTEN = 64 * MEGABYTE
_DIE_WITH_PARENT = 1


def _live_poorly(seconds: int) -> None:
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_WRITTEN, MOST_WRITTEN))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        # Whoever stops or kills the house stops the darkroom with it.
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)


def _made(data: bytes, kind: str, folder: Path) -> Copies:
    if kind not in VIDEO_KINDS:
        return develop(data, kind=kind, folder=folder)
    try:
        from shop.media.darkroom.filming import film  # noqa: PLC0415 - needs an extra
    except ImportError as missing:
        raise VideoNotTaken from missing
    return film(data, folder=folder)


def main(kind: str, folder: str, seconds: str) -> None:
    """Develop what comes in on standard input."""
    _live_poorly(int(seconds))
    try:
        made = _made(sys.stdin.buffer.read(), kind, Path(folder))
    except ShopError as refusal:
        print(json.dumps({"refused": refusal.code}))  # noqa: T201 - how this process answers
        return
    print(json.dumps(dataclasses.asdict(made)))  # noqa: T201 - the same


if __name__ == "__main__":
    main(*sys.argv[1:])
