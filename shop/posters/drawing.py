"""What a poster looks like: a woven border, the picture, the title, the hands, price, code."""

from __future__ import annotations

from io import BytesIO

import resvg_py
import segno
from PIL import Image, ImageDraw, ImageOps

from shop.posters.printing import BODY, TITLE, Hand
from shop.posters.words import Poster

WIDTH, HEIGHT = 1080, 1440
PICTURE_WIDTH, PICTURE_HEIGHT = 1080, 1350
MARGIN = 60
SIDE = WIDTH - 2 * MARGIN
BAND = 36
THREAD = 12
QUALITY = 80

PAPER, SURFACE, LINE = "#f8f4ec", "#fefcf9", "#e5dccd"
INK, MUTED, PRICE = "#211d18", "#5a5046", "#b5401f"
INDIGO, INDIGO_LIGHT, LAMP, LAMP_LIGHT = "#284b83", "#4a6fab", "#d9a441", "#f2cf87"


def picture_of(data: bytes, *, is_drawing: bool) -> Image.Image:
    """Return the pixels of a photograph of ours, or of one of our own drawings."""
    if is_drawing:
        data = bytes(
            resvg_py.svg_to_bytes(
                svg_string=data.decode(), width=PICTURE_WIDTH, skip_system_fonts=True
            )
        )
    picture: Image.Image = Image.open(BytesIO(data))
    if picture.mode != "RGB":
        picture = picture.convert("RGBA")
        ground = Image.new("RGBA", picture.size, SURFACE)
        picture = Image.alpha_composite(ground, picture)
    return picture.convert("RGB")


def fitted(picture: Image.Image, size: tuple[int, int], focus: str = "22") -> Image.Image:
    """Return a picture that fills a frame, cut where it matters least."""
    x, y = (int(quarter) / 4 for quarter in focus)
    return ImageOps.fit(picture, size, Image.Resampling.LANCZOS, centering=(x, y))


def as_jpeg(picture: Image.Image) -> bytes:
    """Return a picture as a JPEG; codes and letters keep their edges."""
    out = BytesIO()
    picture.save(out, "JPEG", quality=QUALITY, subsampling=0, optimize=True)
    return out.getvalue()


def draw_poster(poster: Poster, picture: Image.Image) -> Image.Image:
    """Return the poster of one product."""
    sheet = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(sheet)
    weave(draw, 0)
    weave(draw, HEIGHT - BAND)
    top = BAND + 24
    sheet.paste(fitted(picture, (SIDE, SIDE), poster.focus), (MARGIN, top))
    draw.rectangle((MARGIN, top, MARGIN + SIDE - 1, top + SIDE - 1), outline=LINE)

    code = _code(poster.address)
    code_left = WIDTH - MARGIN - code.width
    code_top = top + SIDE + 36
    sheet.paste(code, (code_left, code_top))
    call = Hand(BODY, 24)
    said = call.cut(poster.call, code.width + 120)
    left = min(code_left + (code.width - call.length(said)) / 2, WIDTH - MARGIN - call.length(said))
    call.write(draw, (left, code_top + code.height + 36), said, MUTED)

    width = code_left - MARGIN - 40
    y = top + SIDE + 36
    title = Hand(TITLE, 56)
    for line in title.lines(poster.title, width, 2):
        y += 60
        title.write(draw, (MARGIN, y), line, INK)
        y += 12
    by = Hand(BODY, 32)
    for line in (poster.by, poster.place):
        if line:
            y += 44
            by.write(draw, (MARGIN, y), by.cut(line, width), MUTED)
    foot = HEIGHT - BAND - 34
    price = Hand(TITLE, 68)
    price.write(draw, (MARGIN, foot), poster.price, PRICE)
    house = Hand(TITLE, 30)
    house.write(draw, (MARGIN + price.length(poster.price) + 28, foot), poster.house, INDIGO)
    return sheet


def weave(draw: ImageDraw.ImageDraw, top: int) -> None:
    """Draw a woven band across the sheet: indigo warp, straw weft, one over, one under."""
    draw.rectangle((0, top, WIDTH, top + BAND - 1), fill=INDIGO)
    for row in range(BAND // THREAD):
        for column in range(WIDTH // THREAD):
            x, y = column * THREAD, top + row * THREAD
            if (row + column) % 2:
                draw.rectangle((x, y + 1, x + THREAD - 1, y + THREAD - 2), fill=LAMP)
                draw.line((x + 1, y + 3, x + THREAD - 2, y + 3), fill=LAMP_LIGHT, width=2)
            else:
                draw.rectangle((x + 1, y, x + THREAD - 2, y + THREAD - 1), fill=INDIGO)
                draw.line((x + 3, y + 1, x + 3, y + THREAD - 2), fill=INDIGO_LIGHT, width=2)


def _code(address: str) -> Image.Image:
    """Return the square code of an address in whole pixels, as near to 260 as its modules allow."""
    code = segno.make(address, error="m", micro=False)
    across = code.symbol_size(border=3)[0]
    out = BytesIO()
    code.save(out, kind="png", scale=max(4, 270 // across), border=3, dark=INK, light=SURFACE)
    return Image.open(out).convert("RGB")
