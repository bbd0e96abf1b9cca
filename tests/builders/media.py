"""Pictures as phones send them, and files that only pretend."""

from __future__ import annotations

import struct
import zipfile
import zlib
from io import BytesIO

from PIL import Image

from shop.media.rules import Sent

COPPER = (180, 90, 40)


def a_picture(
    form: str = "JPEG",
    *,
    size: tuple[int, int] = (600, 450),
    mode: str = "RGB",
    color: tuple[int, ...] | int = COPPER,
    **how: object,
) -> bytes:
    """Return a picture of one color."""
    out = BytesIO()
    Image.new(mode, size, color).save(out, form, **how)
    return out.getvalue()


def a_picture_red_on_the_left(form: str = "JPEG", **how: object) -> bytes:
    """Return a picture that shows which side is up."""
    picture = Image.new("RGB", (400, 200), (0, 0, 255))
    picture.paste((255, 0, 0), (0, 0, 200, 200))
    out = BytesIO()
    picture.save(out, form, **how)
    return out.getvalue()


def a_noisy_picture(form: str, *, size: tuple[int, int] = (300, 300)) -> bytes:
    """Return a picture of which every byte matters."""
    out = BytesIO()
    Image.effect_noise(size, 80).convert("RGB").save(out, form)
    return out.getvalue()


def a_little_film(form: str, **how: object) -> bytes:
    """Return a picture of two frames."""
    out = BytesIO()
    frames = [Image.new("RGB", (40, 30), color) for color in (COPPER, (0, 0, 255))]
    frames[0].save(out, form, save_all=True, append_images=frames[1:], **how)
    return out.getvalue()


def a_png_that_claims(width: int, height: int) -> bytes:
    """Return a PNG whose head promises far more than its body holds."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return (
        b"\x89PNG\r\n\x1a\n"
        + a_png_part(b"IHDR", head)
        + a_png_part(b"IDAT", body)
        + a_png_part(b"IEND", b"")
    )


def a_png_part(name: bytes, body: bytes) -> bytes:
    """Return one chunk of a PNG."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def a_zip() -> bytes:
    """Return an archive with a program in it."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("evil.js", "alert(1)")
    return out.getvalue()


def sent(data: bytes | None = None, name: str = "IMG_0001.jpg") -> Sent:
    """Return a file as a form brings it."""
    return Sent(name=name, data=a_picture() if data is None else data)
