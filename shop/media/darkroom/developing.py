"""Copies of one picture, made from decoded pixels: upright, in sRGB, without a word of metadata."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageCms, ImageOps

from shop.media.rules import (
    FORMS,
    LONGEST_SIDE,
    MOST_PIXELS,
    WIDTHS,
    HeicUnread,
    PictureDamaged,
    PictureTooLarge,
    copy_widths,
    tint_of,
)

MOST_PROFILE_BYTES = 1024 * 1024
PAPER = (255, 255, 255)
# Chosen by looking at woven cloth at twice its size, and by bytes: at these three the threads stay
# apart, and AVIF weighs half of JPEG. AVIF's speed 6 costs a fifth of speed 4 for 5 % more bytes.
_HOW: dict[str, tuple[str, dict[str, object]]] = {
    "avif": ("AVIF", {"quality": 55, "speed": 6, "max_threads": 1}),
    "webp": ("WEBP", {"quality": 76, "method": 4}),
    "jpg": ("JPEG", {"quality": 80, "progressive": True, "optimize": True}),
}
# All that a decoder may throw at bytes it does not understand.
_UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    ArithmeticError,
    AssertionError,
    RuntimeError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True, slots=True)
class Copies:
    """What was made: size of the widest copy in pixels, every width, the ground to wait on."""

    width: int
    height: int
    widths: tuple[int, ...]
    tint: str


def develop(data: bytes, *, kind: str, folder: Path) -> Copies:
    """Write every copy of a picture into a folder as ``640.avif`` and return what was made.

    kind    as ``heads`` found it; no other decoder is tried.

    Raises PictureDamaged, PictureTooLarge, HeicUnread.
    """
    return print_copies(_decoded(data, kind=kind), folder=folder)


def print_copies(picture: Image.Image, *, folder: Path) -> Copies:
    """Write the copies of a decoded picture in sRGB."""
    # Pillow writes the JPEG comment and the color profile back unless they are forgotten here.
    picture.info.clear()
    widths = copy_widths(picture.width)
    height = 0
    for width in widths:
        copy = _narrowed(picture, width)
        height = copy.height
        for form in FORMS:
            encoder, how = _HOW[form]
            copy.save(folder / f"{width}.{form}", encoder, **how)
    red, green, blue = picture.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))  # type: ignore[misc]  # RGB by now
    return Copies(width=widths[-1], height=height, widths=widths, tint=tint_of(red, green, blue))


def _decoded(data: bytes, *, kind: str) -> Image.Image:
    if kind == "HEIF":
        _learn_heif()
    try:
        with Image.open(BytesIO(data), formats=(kind,)) as opened:
            # The head alone was read so far: a bomb is refused before a pixel of it is made.
            if opened.width * opened.height > MOST_PIXELS or max(opened.size) > LONGEST_SIDE:
                raise PictureTooLarge
            # A JPEG decodes itself to a half or a quarter, as long as that is wide enough.
            opened.draft("RGB", (2 * WIDTHS[-1], 2 * WIDTHS[-1]))
            opened.load()
            return _in_srgb(ImageOps.exif_transpose(opened))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise PictureTooLarge from bomb
    except _UNREADABLE as broken:
        raise PictureDamaged from broken


def _learn_heif() -> None:
    try:
        from pillow_heif import register_heif_opener  # noqa: PLC0415 - an extra: not always there
    except ImportError as missing:
        raise HeicUnread from missing
    register_heif_opener(thumbnails=False)


def _in_srgb(picture: Image.Image) -> Image.Image:
    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        with_alpha = picture.convert("RGBA")
        paper = Image.new("RGB", with_alpha.size, PAPER)
        paper.paste(with_alpha, mask=with_alpha.getchannel("A"))
        return paper
    if picture.mode.startswith("I;16"):
        # Sixteen-bit gray would be cut off at white instead of scaled.
        picture = picture.point(lambda value: value / 256).convert("L")
    profile = picture.info.get("icc_profile")
    if picture.mode == "RGB" and profile and len(profile) <= MOST_PROFILE_BYTES:
        try:
            # Phones photograph in Display P3; dropping the profile alone would dull the colors.
            converted = ImageCms.profileToProfile(
                picture, BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
        except (ImageCms.PyCMSError, *_UNREADABLE):
            converted = None
        if converted is not None:
            return converted
    return picture.convert("RGB")


def _narrowed(picture: Image.Image, width: int) -> Image.Image:
    if picture.width <= width:
        return picture
    height = max(1, round(picture.height * width / picture.width))
    return picture.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
