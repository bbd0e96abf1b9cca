"""Pictures as buyers of the demonstration send them: woven cloth seen close, drawn by us."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from shop.kernel.later import later

if TYPE_CHECKING:
    from PIL import Image, ImageChops, ImageDraw, ImageFilter
else:
    Image, ImageChops = later("PIL.Image"), later("PIL.ImageChops")
    ImageDraw, ImageFilter = later("PIL.ImageDraw"), later("PIL.ImageFilter")

# Pictures of cloth: warp, weft, and the table it lies on.
Color = tuple[int, int, int]
Cloth = tuple[Color, Color, Color]
INDIGO: Cloth = ((214, 178, 120), (38, 62, 120), (120, 92, 70))
STRAW: Cloth = ((226, 205, 170), (196, 150, 90), (70, 78, 70))
RED: Cloth = ((190, 60, 50), (230, 220, 200), (150, 140, 125))

SIDE = 900
CELL = 54
TURNED = 11  # degrees; nobody holds a telephone straight


def snapshot(cloth: Cloth) -> bytes:
    """Return a JPEG of cloth woven of two threads, lying on a table of the third color."""
    warp, weft, ground = cloth
    canvas = Image.new("RGB", (SIDE * 3 // 2, SIDE * 3 // 2), ground)
    draw = ImageDraw.Draw(canvas)
    cells = canvas.width // CELL
    for row in range(2, cells - 2):
        for column in range(2, cells - 2):
            _strand(draw, column * CELL, row * CELL, warp, weft, is_over=(row + column) % 2 == 0)
    turned = canvas.rotate(TURNED, resample=Image.Resampling.BICUBIC, fillcolor=ground)
    edge = (turned.width - SIDE) // 2
    shot = turned.crop((edge - 90, edge - 60, edge - 90 + SIDE, edge - 60 + SIDE))
    out = BytesIO()
    _lit(shot.filter(ImageFilter.GaussianBlur(1.1))).save(out, "JPEG", quality=88)
    return out.getvalue()


def _strand(
    draw: ImageDraw.ImageDraw, x: int, y: int, warp: Color, weft: Color, *, is_over: bool
) -> None:
    """Draw one crossing: the thread above, round by its light, over the shadow of the one below."""
    above, below = (warp, weft) if is_over else (weft, warp)
    draw.rectangle((x, y, x + CELL, y + CELL), fill=_shade(below, 0.45))
    width, step = CELL - 8, 2
    for offset in range(0, width, step):
        middle = abs(offset - width / 2) / (width / 2)
        color = _shade(above, 1.08 - 0.5 * middle**2)
        if is_over:
            draw.rectangle((x + 4 + offset, y - 5, x + 4 + offset + step, y + CELL + 5), fill=color)
        else:
            draw.rectangle((x - 5, y + 4 + offset, x + CELL + 5, y + 4 + offset + step), fill=color)


def _shade(color: Color, by: float) -> Color:
    red, green, blue = (min(255, int(part * by)) for part in color)
    return red, green, blue


def _lit(shot: Image.Image) -> Image.Image:
    """Let daylight fall in from the upper left, with the grain of a small lens."""
    wide = Image.radial_gradient("L").resize((SIDE * 2, SIDE * 2))
    light = wide.crop((SIDE // 2, SIDE // 2, SIDE * 3 // 2, SIDE * 3 // 2))
    light = ImageChops.offset(light.point(lambda value: 255 - value * 2 // 3), -60, -60)
    dimmed = ImageChops.multiply(shot, Image.merge("RGB", (light, light, light)))
    grain = Image.effect_noise((SIDE, SIDE), 14).convert("RGB")
    return Image.blend(dimmed, grain, 0.05)
