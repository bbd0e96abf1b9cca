"""The door of the darkroom: starts the small process, waits, and believes only what it checks."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from shop.kernel.db import outside_transaction
from shop.media.rules import FORMS, REFUSALS, VIDEO_KINDS

PATIENCE_SECONDS = 90
VIDEO_PATIENCE_SECONDS = 200
_HOUSE = Path(__file__).resolve().parents[3]


class DarkroomFailed(RuntimeError):
    """The small process died, took too long or said nothing that can be understood."""


@dataclass(frozen=True, slots=True)
class Developed:
    """Everything that was made of one file; ``copies`` are contents by (width, form).

    Of a video the copies are of its poster, and ``film`` is the video itself.
    """

    width: int
    height: int
    widths: tuple[int, ...]
    tint: str
    copies: dict[tuple[int, str], bytes]
    film: bytes | None = None
    seconds: int = 0


def reads_heif() -> bool:
    """Say whether the extra is installed that reads an iPhone's own kind of picture."""
    return find_spec("pillow_heif") is not None


def makes_films() -> bool:
    """Say whether the extra is installed that makes a video anew."""
    return find_spec("av") is not None


def developed(data: bytes, *, kind: str) -> Developed:
    """Return the copies of an uploaded file, made by a process of low priority and bounded memory.

    Raises PictureDamaged, PictureTooLarge, HeicUnread, VideoTooLong; DarkroomFailed when the
    process itself failed, which may go better another time.
    """
    outside_transaction()
    with tempfile.TemporaryDirectory(prefix="darkroom-") as folder:
        said = _ask(data, kind, folder)
        if "refused" in said:
            raise REFUSALS[said["refused"]]
        widths = tuple(said["widths"])
        return Developed(
            width=said["width"],
            height=said["height"],
            widths=widths,
            tint=said["tint"],
            copies={
                (width, form): (Path(folder) / f"{width}.{form}").read_bytes()
                for width in widths
                for form in FORMS
            },
            film=(Path(folder) / "film.mp4").read_bytes() if kind in VIDEO_KINDS else None,
            seconds=said.get("seconds", 0),
        )


def _ask(data: bytes, kind: str, folder: str) -> dict[str, Any]:  # what JSON can say
    patience = VIDEO_PATIENCE_SECONDS if kind in VIDEO_KINDS else PATIENCE_SECONDS
    try:
        done = subprocess.run(  # noqa: S603 - our own module, by our own interpreter
            [sys.executable, "-m", "shop.media.darkroom", kind, folder, str(patience)],
            input=data,
            capture_output=True,
            check=False,
            cwd=folder,
            # No secret of the house is in there.
            env={"PYTHONPATH": str(_HOUSE), "LANG": "C.UTF-8"},
            timeout=2 * patience,
        )
        said: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError) as failed:
        raise DarkroomFailed from failed
    if done.returncode:
        raise DarkroomFailed(done.returncode)
    return said
