"""What a file says of itself before anything is decoded; the request looks no deeper.

Written out here, in Python, so that no decoder ever sees bytes in the process that serves pages.
The name and the type that a browser sends are never believed.
"""

from __future__ import annotations

import re
import struct
import zipfile
from dataclasses import dataclass
from io import BytesIO

from shop.media.rules import (
    LONGEST_SIDE,
    MOST_BYTES,
    MOST_PIXELS,
    MOST_VIDEO_BYTES,
    NotAPicture,
    PictureDamaged,
    PictureMoves,
    PictureTooLarge,
    VideoTooLong,
)

# What browsers and PDF readers look for near the beginning of a file of any name.
_LOOKED_AT = 1024
_ANOTHER_KIND = re.compile(rb"%PDF-|<!doctype|<html|<script|<svg|<\?php", re.IGNORECASE)
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_EBML = b"\x1a\x45\xdf\xa3"
_FILM_BRANDS = {
    *(b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"mmp4"),
    *(b"M4V ", b"qt  ", b"3gp4", b"3gp5", b"3gp6"),
}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"mif1"}
# Frame headers of JPEG: C0 to CF without the three that say something else.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_START_OF_SCAN = 0xDA
# The same marker twice may pad a JPEG; these stand alone, without a length.
_ALONE = {0x01, 0xFF, *range(0xD0, 0xD9)}
_MOVES_FLAG = 0x02


@dataclass(frozen=True, slots=True)
class Head:
    """A file's kind and its size in pixels; HEIF, MP4 and WEBM keep theirs to themselves."""

    kind: str
    width: int = 0
    height: int = 0


def head_of(data: bytes) -> Head:
    """Return what a file says it is, having refused what can be refused without decoding.

    Raises NotAPicture, PictureMoves, PictureTooLarge, PictureDamaged, VideoTooLong.
    """
    film = _film(data)
    if film is None and len(data) > MOST_BYTES:
        raise PictureTooLarge
    if film is not None and len(data) > MOST_VIDEO_BYTES:
        raise VideoTooLong
    refuse_two_things_at_once(data)
    if film is not None:
        return film
    if data.startswith(_JPEG):
        head = _jpeg(data)
    elif data.startswith(_PNG):
        head = _png(data)
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        head = _webp(data)
    elif data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        return Head("HEIF")
    else:
        raise NotAPicture
    if head.width * head.height > MOST_PIXELS or max(head.width, head.height) > LONGEST_SIDE:
        raise PictureTooLarge
    if not head.width or not head.height:
        raise PictureDamaged
    return head


def _film(data: bytes) -> Head | None:
    if data.startswith(_EBML):
        return Head("WEBM")
    if data[4:8] == b"ftyp" and data[8:12] in _FILM_BRANDS:
        return Head("MP4")
    return None


def refuse_two_things_at_once(data: bytes) -> None:
    """Return when a file is nothing beside what it begins as. Raises NotAPicture."""
    if _ANOTHER_KIND.search(data[:_LOOKED_AT]) or zipfile.is_zipfile(BytesIO(data)):
        raise NotAPicture


def _jpeg(data: bytes) -> Head:
    head = None
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:  # noqa: PLR2004 - how every marker of a JPEG begins
            break
        marker = data[at + 1]
        if marker in _ALONE:
            at += 1 if marker == 0xFF else 2  # noqa: PLR2004 - the same
            continue
        if marker == _START_OF_SCAN:
            # From here on FF D9 can only be the end; phones hang films and maps behind it.
            if head is None or data.find(b"\xff\xd9", at) < 0:
                break
            return head
        (length,) = struct.unpack_from(">H", data, at + 2)
        if marker in _FRAMES and at + 9 <= len(data):
            height, width = struct.unpack_from(">HH", data, at + 5)
            head = Head("JPEG", width, height)
        at += 2 + length
    raise PictureDamaged


def _png(data: bytes) -> Head:
    head = None
    at = len(_PNG)
    while at + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        if name == b"acTL":
            raise PictureMoves
        if name == b"IHDR" and length >= 8:  # noqa: PLR2004 - two numbers of four bytes
            head = Head("PNG", *struct.unpack_from(">II", data, at + 8))
        if name == b"IEND" and head is not None:
            return head
        at += 12 + length
    raise PictureDamaged


def _webp(data: bytes) -> Head:
    (length,) = struct.unpack_from("<I", data, 4)
    if length + 8 > len(data) or len(data) < 30:  # noqa: PLR2004 - the longest of the three heads
        raise PictureDamaged
    name = data[12:16]
    if name == b"VP8X":
        if data[20] & _MOVES_FLAG:
            raise PictureMoves
        width, height = (int.from_bytes(data[i : i + 3], "little") + 1 for i in (24, 27))
    elif name == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif name == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
    else:
        raise PictureDamaged
    return Head("WEBP", width, height)
