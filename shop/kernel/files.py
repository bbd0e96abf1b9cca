"""Photographs: made by us from decoded pixels, kept by content, in three widths and two formats."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import struct
import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import ClassVar

from PIL import Image, ImageCms, ImageOps

from shop.kernel.errors import InvalidInput

MOST_BYTES = 15 * 1024 * 1024
MOST_PIXELS = 40_000_000
LONGEST_SIDE = 12_000
MOST_PROFILE_BYTES = 1024 * 1024
WIDTHS = (480, 960, 1600)
FORMATS = ("webp", "jpg")
PUBLIC_FOLDER = "public"
PAPER = (255, 255, 255)

# How the three kinds begin; the name and the type that a browser sends are never believed.
_BEGINNINGS = (
    ("JPEG", re.compile(rb"\xff\xd8\xff")),
    ("PNG", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("WEBP", re.compile(rb"RIFF....WEBP", re.DOTALL)),
)
# What browsers and PDF readers look for near the beginning of a file of any name.
_LOOKED_AT = 1024
_ANOTHER_KIND = re.compile(rb"%PDF-|<!doctype|<html|<script|<svg|<\?php", re.IGNORECASE)
# All that a decoder may throw at bytes it does not understand.
_UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    ArithmeticError,
    MemoryError,
    AssertionError,
    struct.error,
    zlib.error,
)


class NotAPhotograph(InvalidInput):
    """The file is not a JPEG, PNG or WebP picture, or is that and something else at once."""

    code: ClassVar[str] = "files.not_a_photograph"
    status: ClassVar[int] = 415


class DamagedPhotograph(InvalidInput):
    """The file begins like a picture, but cannot be read to its end."""

    code: ClassVar[str] = "files.damaged_photograph"


class PhotographTooLarge(InvalidInput):
    """The picture has too many bytes or too many pixels."""

    code: ClassVar[str] = "files.photograph_too_large"
    status: ClassVar[int] = 413


@dataclass(frozen=True, slots=True)
class Photograph:
    """A kept photograph: its content's name and the size in pixels of its widest copy."""

    digest: str
    width: int
    height: int


def keep_photograph(data: bytes, *, folder: Path) -> Photograph:
    """Make our own copies of an uploaded picture and return the name they are kept under.

    Upright, in sRGB, without metadata, as WebP and JPEG in the widths 480, 960 and 1600 pixels
    (never enlarged). The same picture sent again is kept once, so this is safe to repeat.

    data      the file as it was sent: JPEG, PNG or WebP, at most 15 MB and 40 million pixels.
    folder    the media folder; copies go below its ``public``.

    Raises NotAPhotograph, DamagedPhotograph, PhotographTooLarge; then nothing was written.
    Source: trust.md I3, 1 fact 4, 5 threat 7.
    """
    if len(data) > MOST_BYTES:
        raise PhotographTooLarge(megabytes=MOST_BYTES // 1024**2, megapixels=MOST_PIXELS // 10**6)
    picture = _decoded(data, kind=_kind_of(data))
    copies: dict[tuple[int, str], bytes] = {}
    for width in WIDTHS:
        copy = _narrowed(picture, width)
        copies[width, "webp"] = _encoded(copy, "WEBP", quality=82, method=4)
        copies[width, "jpg"] = _encoded(copy, "JPEG", quality=84, progressive=True, optimize=True)
    digest = hashlib.sha256(copies[WIDTHS[-1], "webp"]).hexdigest()
    for (width, form), content in copies.items():
        _write(folder / PUBLIC_FOLDER / photograph_path(digest, width=width, form=form), content)
    widest = _narrowed(picture, WIDTHS[-1])
    return Photograph(digest=digest, width=widest.width, height=widest.height)


def photograph_path(digest: str, *, width: int, form: str = "webp") -> str:
    """Return where one copy lies below the public media folder: ``ab/ab12…-960.webp``.

    width    one of WIDTHS; a picture that was narrower has all three names all the same.
    form     ``webp`` or ``jpg``.
    """
    return f"{digest[:2]}/{digest}-{width}.{form}"


def _kind_of(data: bytes) -> str:
    if _ANOTHER_KIND.search(data[:_LOOKED_AT]) or zipfile.is_zipfile(BytesIO(data)):
        raise NotAPhotograph
    for kind, beginning in _BEGINNINGS:
        if beginning.match(data):
            return kind
    raise NotAPhotograph


def _decoded(data: bytes, *, kind: str) -> Image.Image:
    too_large = PhotographTooLarge(megabytes=MOST_BYTES // 1024**2, megapixels=MOST_PIXELS // 10**6)
    try:
        with Image.open(BytesIO(data), formats=(kind,)) as opened:
            # The head alone was read so far: a bomb is refused before a pixel of it is made.
            if opened.width * opened.height > MOST_PIXELS or max(opened.size) > LONGEST_SIDE:
                raise too_large
            # A JPEG decodes itself to a half or a quarter, as long as that is wide enough.
            opened.draft("RGB", (2 * WIDTHS[-1], 2 * WIDTHS[-1]))
            opened.load()
            upright = ImageOps.exif_transpose(opened)
            pixels = _in_srgb(upright)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise too_large from bomb
    except _UNREADABLE as broken:
        raise DamagedPhotograph from broken
    # Pillow writes the JPEG comment and the color profile back unless they are forgotten here.
    pixels.info.clear()
    return pixels


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


def _encoded(picture: Image.Image, form: str, **how: int) -> bytes:
    out = BytesIO()
    picture.save(out, form, **how)
    return out.getvalue()


def _write(path: Path, content: bytes) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written beside its place and moved there whole: a reader or a backup never sees half a file.
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
