"""Sets of recorded clips, and the one sound that a list of them makes.

A set is a folder: ``voice.json`` names who speaks, and for every clip there is a WAV file of one
and the same format. ``house`` is everybody's; a workshop's own set lies under its slug and comes
first, so that a woman of the village can speak it in her own way.
"""

from __future__ import annotations

import io
import json
import wave
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from shop.kernel.spoken import PAUSE

ABOUT = "voice.json"
HOUSE = "house"
PAUSE_SECONDS = 0.35
SETS_KEPT = 8


@dataclass(frozen=True, slots=True)
class Voice:
    """One set: who speaks, whether a machine does, and the frames of every clip."""

    name: str
    is_synthetic: bool
    channels: int
    width: int
    rate: int
    clips: dict[str, bytes]

    def sound(self, names: Sequence[str]) -> bytes | None:
        """Return a WAV file that says the clips in a row; None where one is missing."""
        if any(one != PAUSE and one not in self.clips for one in names):
            return None
        # Silence is zero, but the middle of the scale where a sample is a single byte.
        still = b"\x80" if self.width == 1 else b"\x00" * self.width
        pause = still * (self.channels * int(self.rate * PAUSE_SECONDS))
        sound = io.BytesIO()
        with wave.open(sound, "wb") as file:
            file.setnchannels(self.channels)
            file.setsampwidth(self.width)
            file.setframerate(self.rate)
            file.writeframes(b"".join(pause if one == PAUSE else self.clips[one] for one in names))
        return sound.getvalue()


@dataclass(slots=True)
class _Place:
    folder: Path | None = None


_place = _Place()


def install(folder: Path) -> None:
    """Say where sets lie; called once at the start. A folder that is not there has none."""
    _place.folder = folder


def voice_for(slug: str) -> Voice | None:
    """Return the set of a workshop, else the house's; None where there is neither.

    A set that is replaced is read anew.
    """
    if _place.folder is None:
        return None
    for name in (slug, HOUSE):
        about = _place.folder / name / ABOUT
        if about.is_file():
            return _read(about, about.stat().st_mtime_ns)
    return None


@lru_cache(maxsize=SETS_KEPT)
def _read(about: Path, _changed: int) -> Voice:
    said = json.loads(about.read_text(encoding="utf-8"))
    clips: dict[str, bytes] = {}
    channels = width = rate = 0
    for path in sorted(about.parent.glob("*.wav")):
        with wave.open(str(path), "rb") as file:
            shape = (file.getnchannels(), file.getsampwidth(), file.getframerate())
            if not clips:
                channels, width, rate = shape
            if shape == (channels, width, rate):
                clips[path.stem] = file.readframes(file.getnframes())
    return Voice(str(said["name"]), bool(said["is_synthetic"]), channels, width, rate, clips)


def missing(folder: Path, names: Iterable[str]) -> list[str]:
    """Return which clips a set in a folder does not have, or not in the format of its others."""
    about = folder / ABOUT
    known = _read(about, about.stat().st_mtime_ns).clips if about.is_file() else {}
    return sorted(set(names) - set(known))
