"""What a picture must be, what becomes of it, where its copies lie. Pure: no database, no disk."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from shop.kernel.errors import InvalidInput, NotFound, ShopError

MEGABYTE = 1024 * 1024
MOST_BYTES = 15 * MEGABYTE
MOST_VIDEO_BYTES = 20 * MEGABYTE
MOST_VIDEO_SECONDS = 30
MOST_PIXELS = 40_000_000
LONGEST_SIDE = 12_000
LONGEST_WORDS = 200
LONGEST_CAPTIONS = 2000

# A phone's column, a phone's width, a desk's half, a desk's whole; never enlarged.
WIDTHS = (320, 640, 1080, 1600)
# The lightest first: a browser takes the first it knows.
FORMS = ("avif", "webp", "jpg")
VIDEO_FORM = "mp4"

ORIGINALS = "originals"
PUBLIC = "public"
PRIVATE = "private"

# The point of interest, column and row of five by five; what is cut off is cut far from it.
STEPS = 5
MIDDLE = "22"
FOCUSES = tuple(f"{column}{row}" for row in range(STEPS) for column in range(STEPS))


class Subject(StrEnum):
    """What a picture shows: a row of which kind."""

    PRODUCT = "product"
    REVIEW = "review"
    WORKSHOP = "workshop"
    MEMBER = "member"
    EXPERIENCE = "experience"
    CLAIM = "claim"
    HAND_OVER = "hand_over"
    HAND_IN = "hand_in"


# Of the others everybody may see the copies; what a claim shows is for the room and who supervises
# it, what was photographed at the counter for the counter alone, and a fault for the room and the
# maker of the piece.
PRIVATE_SUBJECTS = frozenset({Subject.CLAIM, Subject.HAND_OVER, Subject.HAND_IN})
# What is shown with films; elsewhere a page has no place for one.
WITH_FILMS = frozenset({Subject.PRODUCT, Subject.WORKSHOP, Subject.EXPERIENCE})
# How many pictures one subject has at most.
MOST_OF = {
    Subject.PRODUCT: 12,
    Subject.REVIEW: 4,
    Subject.WORKSHOP: 12,
    Subject.MEMBER: 3,
    Subject.EXPERIENCE: 12,
    Subject.CLAIM: 4,
    Subject.HAND_OVER: 2,
    Subject.HAND_IN: 4,
}


class Medium(StrEnum):
    """Does it stand still."""

    PHOTO = "photo"
    VIDEO = "video"


VIDEO_KINDS = frozenset({"MP4", "WEBM"})


class PictureState(StrEnum):
    """Where a picture stands between the phone and the shop window."""

    WAITING = "waiting"
    READY = "ready"
    REFUSED = "refused"
    REMOVED = "removed"


PICTURE_MOVES: dict[PictureState, frozenset[PictureState]] = {
    PictureState.WAITING: frozenset(
        {PictureState.READY, PictureState.REFUSED, PictureState.REMOVED}
    ),
    PictureState.READY: frozenset({PictureState.REMOVED}),
    PictureState.REFUSED: frozenset({PictureState.REMOVED}),
    PictureState.REMOVED: frozenset(),
}


class Place(StrEnum):
    """Where a picture moves among the others."""

    FIRST = "first"
    EARLIER = "earlier"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as a person sent it: its own name, for telling it from others, and its content."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Original:
    """A file that was looked at and lies where nobody but the darkroom reads it."""

    name: str
    kind: str
    medium: Medium
    sent_as: str
    sent_digest: str


@dataclass(frozen=True, slots=True)
class Words:
    """What is seen, for those who cannot see it; what is said in a video; where the eye goes."""

    alt: str = ""
    alt_en: str = ""
    focus: str = MIDDLE
    captions: str = ""
    captions_en: str = ""


@dataclass(frozen=True, slots=True)
class NewPicture:
    """An original about to be hung; without words it waits for them, and buyers do not see it."""

    original: Original
    words: Words = Words()


class NotAPicture(InvalidInput):
    """The file is no picture of a kind we take, or is that and something else at once."""

    code: ClassVar[str] = "media.not_a_picture"
    status: ClassVar[int] = 415


class PictureDamaged(InvalidInput):
    """The file begins like a picture, but cannot be read to its end."""

    code: ClassVar[str] = "media.damaged"


class PictureTooLarge(InvalidInput):
    """The picture has too many bytes or too many pixels."""

    code: ClassVar[str] = "media.too_large"
    status: ClassVar[int] = 413

    def __init__(self) -> None:
        """Say how much is allowed."""
        super().__init__(megabytes=MOST_BYTES // MEGABYTE, megapixels=MOST_PIXELS // 10**6)


class PictureMoves(InvalidInput):
    """The picture is a little film: frames that follow each other."""

    code: ClassVar[str] = "media.moves"
    status: ClassVar[int] = 415


class HeicUnread(InvalidInput):
    """An iPhone's own kind of picture, which this installation cannot read."""

    code: ClassVar[str] = "media.heic_unread"
    status: ClassVar[int] = 415


class VideoNotTaken(InvalidInput):
    """A video, where the library that makes one anew is not installed."""

    code: ClassVar[str] = "media.video_not_taken"
    status: ClassVar[int] = 415


class VideoTooLong(InvalidInput):
    """A video of too many seconds or too many bytes."""

    code: ClassVar[str] = "media.video_too_long"
    status: ClassVar[int] = 413

    def __init__(self) -> None:
        """Say how much is allowed."""
        super().__init__(seconds=MOST_VIDEO_SECONDS, megabytes=MOST_VIDEO_BYTES // MEGABYTE)


class TooManyPictures(ShopError):
    """The subject has as many pictures as it may have."""

    code: ClassVar[str] = "media.too_many"


class WordsMissing(InvalidInput):
    """A picture needs words for those who cannot see it, in both languages."""

    code: ClassVar[str] = "media.words_missing"


class PictureGone(NotFound):
    """There is no such picture of this subject any more."""

    code: ClassVar[str] = "media.picture_gone"


class PictureNotMade(ShopError):
    """The darkroom gave up: it took too long or too much memory, several times."""

    code: ClassVar[str] = "media.not_made"


class OriginalLost(ShopError):
    """What was sent is not there any more, so no copies can be made of it."""

    code: ClassVar[str] = "media.original_lost"


REFUSALS: dict[str, type[ShopError]] = {
    kind.code: kind
    for kind in (
        NotAPicture,
        PictureDamaged,
        PictureTooLarge,
        PictureMoves,
        HeicUnread,
        VideoNotTaken,
        VideoTooLong,
        PictureNotMade,
        OriginalLost,
    )
}


def folder_of(subject: Subject) -> str:
    """Return below which folder the copies of such pictures lie."""
    return PRIVATE if subject in PRIVATE_SUBJECTS else PUBLIC


def copy_widths(width: int) -> tuple[int, ...]:
    """Return the widths in which a picture of that many pixels is kept, its own as the last one."""
    widest = min(width, WIDTHS[-1])
    return (*(step for step in WIDTHS if step < widest), widest)


def copy_name(digest: str, *, width: int, form: str) -> str:
    """Return what one copy is called below its folder: ``ab/ab12…-640.avif``."""
    return f"{digest[:2]}/{digest}-{width}.{form}"


def video_name(digest: str) -> str:
    """Return what a video is called below its folder."""
    return f"{digest[:2]}/{digest}.{VIDEO_FORM}"


def copy_names(
    digest: str, *, folder: str, widths: Sequence[int], forms: Sequence[str], is_video: bool
) -> list[str]:
    """Return the names of everything that one ready picture has on the storage."""
    names = [
        f"{folder}/{copy_name(digest, width=width, form=form)}"
        for width in widths
        for form in forms
    ]
    return [*names, f"{folder}/{video_name(digest)}"] if is_video else names


def moved(ids: Sequence[int], one: int, to: Place) -> list[int]:
    """Return the order of pictures after one of them moved; at the end it stays where it is."""
    order = list(ids)
    at = order.index(one)
    order.remove(one)
    order.insert({Place.FIRST: 0, Place.EARLIER: max(0, at - 1), Place.LATER: at + 1}[to], one)
    return order


# Borders of lightness between the five grounds a picture waits on, and what counts as gray.
_LIGHTNESS_BORDERS = (0.34, 0.5, 0.66, 0.82)
_GRAY_CHROMA = 0.025
_HUES = 8


def tint_of(red: int, green: int, blue: int) -> str:
    """Return the ground that stands where a picture will be: lightness 0-4, then hue 0-8.

    red, green, blue    the mean color of the picture, each from 0 to 255.

    Hue 0 is gray; 1 to 8 go round in steps of 45 degrees from red. The stylesheet holds what each
    digit looks like, because our pages allow no style of their own. Source: Ottosson's Oklab.
    """
    lightness, a, b = _oklab(*(_linear(value / 255) for value in (red, green, blue)))
    light = sum(lightness > border for border in _LIGHTNESS_BORDERS)
    if math.hypot(a, b) < _GRAY_CHROMA:
        return f"{light}0"
    degrees = math.degrees(math.atan2(b, a)) % 360
    return f"{light}{1 + round(degrees / (360 / _HUES)) % _HUES}"


def _linear(value: float) -> float:
    # The straight foot and the curve of sRGB.
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4  # noqa: PLR2004


def _oklab(red: float, green: float, blue: float) -> tuple[float, float, float]:
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )
