"""Words in pictures: two typefaces of the house, each helping out where the other has no sign."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import ImageDraw, ImageFont

FONTS = Path(__file__).resolve().parents[1] / "data" / "fonts"
TITLE, BODY = "title.otf", "body.ttc"
# What printers of old set where a sign was missing from the case.
MISSING = "〓"
_UNKNOWN = "\ufffe"


@lru_cache(maxsize=32)
def _face(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONTS / name, size, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=4096)
def _has(name: str, sign: str) -> bool:
    if sign.isspace():
        return True
    face = _face(name, 24)
    mask, unknown = face.getmask(sign), face.getmask(_UNKNOWN)
    return mask.size != unknown.size or bytes(mask) != bytes(unknown)


def missing_signs(text: str) -> list[str]:
    """Return the signs of a text that neither typeface has, each once."""
    return [s for s in dict.fromkeys(text) if not _has(TITLE, s) and not _has(BODY, s)]


@dataclass(frozen=True, slots=True)
class Hand:
    """A typeface in one size, with the other behind it."""

    first: str
    size: int

    def _runs(self, text: str) -> list[tuple[ImageFont.FreeTypeFont, str]]:
        """Return a text in pieces, each with the typeface that has its signs."""
        second = BODY if self.first == TITLE else TITLE
        runs: list[tuple[str, str]] = []
        for sign in text:
            name = next((one for one in (self.first, second) if _has(one, sign)), "")
            shown = sign if name else MISSING
            name = name or self.first
            if runs and runs[-1][0] == name:
                runs[-1] = (name, runs[-1][1] + shown)
            else:
                runs.append((name, shown))
        return [(_face(name, self.size), run) for name, run in runs]

    def length(self, text: str) -> float:
        """Return how wide a text stands, in pixels."""
        return sum(face.getlength(run) for face, run in self._runs(text))

    def write(
        self, draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, ink: str
    ) -> None:
        """Write a text with its baseline beginning ``at`` a point."""
        x, y = at
        for face, run in self._runs(text):
            draw.text((x, y), run, fill=ink, font=face, anchor="ls")
            x += face.getlength(run)

    def lines(self, text: str, width: float, most: int) -> list[str]:
        """Return a text broken to a width; what does not fit into ``most`` lines ends in dots."""
        lines = [""]
        for word in _words(text):
            line = lines[-1] + word
            if self.length(line.rstrip()) <= width or not lines[-1]:
                lines[-1] = line
            else:
                lines.append(word.lstrip())
        if len(lines) > most:
            lines = [*lines[: most - 1], "".join(lines[most - 1 :])]
        return [self.cut(line.rstrip(), width) for line in lines]

    def cut(self, text: str, width: float) -> str:
        """Return a text no wider than ``width``, with dots where something was left out."""
        if self.length(text) <= width:
            return text
        while text and self.length(f"{text}…") > width:
            text = text[:-1]
        return f"{text.rstrip()}…"


# No line begins with these.
_CLOSING = "，。、；：！？）》」』”’…·,.;:!?) "
_FIRST_CHINESE = "\u2e80"


def _words(text: str) -> list[str]:
    """Return what may stand at the beginning of a line: Latin words whole, Chinese sign by sign."""
    words: list[str] = []
    for sign in text:
        before = words[-1][-1:] if words else ""
        goes_on = before not in ("", " ") and max(before, sign) < _FIRST_CHINESE
        if words and (sign in _CLOSING or goes_on):
            words[-1] += sign
        else:
            words.append(sign)
    return words
