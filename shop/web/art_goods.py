"""The goods of the demonstration, drawn in one hand until photographs exist."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, hypot, pi, sin

from shop.web.art_threads import (
    BAMBOO,
    BAMBOO_DEEP,
    BAMBOO_LIGHT,
    INDIGO,
    INDIGO_DEEP,
    INDIGO_LIGHT,
    INK,
    LAMP,
    LAMP_DEEP,
    LAMP_LIGHT,
    PERSIMMON,
    PERSIMMON_DEEP,
    PERSIMMON_LIGHT,
    RAMIE,
    RAMIE_LIGHT,
    STRAW,
    STRAW_DEEP,
    STRAW_LIGHT,
    WOOD,
    WOOD_DEEP,
    WOOD_LIGHT,
    Colors,
    Point,
    braid,
    circle,
    curve,
    disc,
    group,
    lattice,
    number,
    oval,
    pair,
    plait,
    polyline,
    shape,
    smooth,
    stroke,
    tassel,
)

WIDTH, HEIGHT = 400, 500

STRAWS: Colors = (STRAW_LIGHT, STRAW, STRAW_DEEP)
INDIGOS: Colors = (INDIGO_LIGHT, INDIGO, INDIGO_DEEP)
PERSIMMONS: Colors = (PERSIMMON_LIGHT, PERSIMMON, PERSIMMON_DEEP)
LAMPS: Colors = (LAMP_LIGHT, LAMP, LAMP_DEEP)
BAMBOOS: Colors = (BAMBOO_LIGHT, BAMBOO, BAMBOO_DEEP)
RAMIES: Colors = ("#fffaf0", "#ece0c6", "#b7a27a")


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture: what it is called and the function that draws it."""

    title: str
    draw: Callable[[], str]


def ground(table: str, thread: str, name: str, *, width: int = WIDTH, height: int = HEIGHT) -> str:
    """Return the table cloth that things lie on, lit by a lamp from the upper left."""
    return (
        f'<defs><pattern id="{name}-cloth" width="12" height="12" patternUnits="userSpaceOnUse">'
        f'<path d="M0 3h5M7 9h5M3 6v6M9 0v6" stroke="{thread}" stroke-width="1.3" '
        f'stroke-linecap="round" opacity=".32"/></pattern>'
        f'<radialGradient id="{name}-light" cx=".25" cy=".12" r="1.05">'
        f'<stop offset="0" stop-color="#fff3cf" stop-opacity=".75"/>'
        f'<stop offset=".55" stop-color="#fff3cf" stop-opacity="0"/>'
        f'<stop offset="1" stop-color="#4a3320" stop-opacity=".2"/></radialGradient></defs>'
        f'<rect width="{width}" height="{height}" fill="{table}"/>'
        f'<rect width="{width}" height="{height}" fill="url(#{name}-cloth)"/>'
        f'<rect width="{width}" height="{height}" fill="url(#{name}-light)"/>'
    )


def shadow(data: str, dx: float = 9, dy: float = 12) -> str:
    """Return the soft dark shape that something throws on the table."""
    return group(shape(data, "#3a2614", more='opacity=".2"'), f"translate({dx} {dy})")


FOOT: tuple[Point, ...] = (
    (-10, -146), (20, -142), (44, -118), (53, -76), (47, -24), (38, 30), (39, 76), (37, 114),
    (20, 142), (-5, 147), (-30, 136), (-41, 104), (-39, 62), (-42, 12), (-52, -38), (-58, -84),
    (-44, -126),
)  # fmt: skip


def _inset(by: float) -> list[Point]:
    return [(x * (1 - by / 52), y * (1 - by / 148)) for x, y in FOOT]


def _sole(colors: Colors) -> str:
    """Return a sole sewn from one long plait laid round and round."""
    light, mid, deep = colors
    outline = smooth(_inset(0), closed=True)
    rings = "".join(
        plait(smooth(_inset(inset), closed=True), 12.5, light=light, mid=mid, deep=deep)
        for inset in (5, 16, 27, 37)
    )
    spine = stroke("M-1 -92C3 -40 -2 30 -1 92", deep, 16) + plait(
        "M-1 -92C3 -40 -2 30 -1 92", 13, light=light, mid=mid, deep=deep
    )
    return shape(outline, mid, edge=deep, width=5) + rings + spine


VAMP_TOP: tuple[Point, ...] = ((-60, -98), (-34, -112), (0, -117), (32, -111), (57, -90))
VAMP_HEM: tuple[Point, ...] = ((52, -16), (28, -34), (-2, -40), (-30, -33), (-53, -14))


def _sandal(name: str, bands: Colors, cross: Colors, heel: Colors, *, knot: str) -> str:
    """Return one right sandal seen from above, toe up: sole, woven vamp, heel strap, knot."""
    vamp = smooth(VAMP_TOP) + "L" + smooth(VAMP_HEM)[1:] + "Z"
    rows = [((-84, y), (84, y + 112)) for y in range(-226, 10, 27)]
    columns = [((-84, y + 112), (84, y)) for y in range(-226, 10, 27)]
    strap = curve([(-42, 4), (-50, 60), (-45, 118), (-24, 149), (-2, 156), (20, 152), (41, 122),
                   (46, 64), (40, 8)], 8)  # fmt: skip
    ankle = curve([(-44, 34), (-16, 20), (16, 22), (42, 40)], 8)
    light, mid, deep = heel
    return (
        _sole(STRAWS)
        + group(shape(vamp, "#3a2614", more='opacity=".3"'), "translate(2 9)")
        + f'<clipPath id="{name}"><path d="{vamp}"/></clipPath>'
        + shape(vamp, bands[2])
        + group(
            lattice(rows, columns, 17, row_colors=bands, column_colors=cross),
            "translate(0 0)", more=f'clip-path="url(#{name})"',
        )
        + plait(smooth(VAMP_TOP), 11, light=light, mid=mid, deep=deep)
        + plait(smooth(VAMP_HEM), 11, light=light, mid=mid, deep=deep)
        + braid(strap, 15, light=light, mid=mid, deep=deep)
        + braid(ankle, 13, light=light, mid=mid, deep=deep)
        + disc((42, 40), 9, knot, edge=INK, width=2)
        + stroke("M38 38l8 4M40 44l4 -8", INK, 1.6)
    )  # fmt: skip


def _pair(name: str, sandal: Callable[[str], str], scale: float, turn: float, apart: float) -> str:
    outline = smooth([(x * 1.06, y * 1.04) for x, y in FOOT], closed=True)
    left = f"translate({200 - apart} 262) rotate({-turn}) scale({-scale} {scale})"
    right = f"translate({200 + apart} 240) rotate({turn}) scale({scale})"
    return (
        group(shadow(outline, -9, 12), left)
        + group(shadow(outline), right)
        + group(sandal(f"{name}-left"), left)
        + group(sandal(f"{name}-right"), right)
    )


def _sandals() -> str:
    def one(name: str) -> str:
        return _sandal(name, INDIGOS, RAMIES, INDIGOS, knot=PERSIMMON)

    straws = "".join(
        stroke(f"M{x} {y}q{bend} -14 {length} -20", STRAW_DEEP, 2.2)
        for x, y, bend, length in ((36, 462, 30, 74), (52, 474, 26, 60), (300, 52, 20, 62))
    )
    return (
        ground("#e9dcc3", "#9a835a", "sandals")
        + straws
        + _pair("sandals", one, 1.24, 3, 88)
    )  # fmt: skip


def _child_sandals() -> str:
    def one(name: str) -> str:
        return _sandal(name, LAMPS, RAMIES, PERSIMMONS, knot=LAMP) + flower(
            (2, -62), 21, PERSIMMONS, LAMP, petals=6
        )

    ball = (
        disc((82, 96), 42, PERSIMMON, edge=PERSIMMON_DEEP)
        + stroke("M44 84C60 70 96 66 120 82M42 100C62 86 100 84 123 98"
                 "M48 118C66 104 96 102 116 116",
                 PERSIMMON_LIGHT, 3)
        + stroke("M62 60C54 82 56 112 72 136M84 54C78 80 80 112 92 136"
                 "M104 62C104 86 104 108 108 128",
                 PERSIMMON_DEEP, 2.4)
        + stroke("M118 118C150 138 180 112 204 92S250 62 286 74", PERSIMMON, 4)
    )  # fmt: skip
    return (
        ground("#dfe5d3", "#7d9470", "child")
        + shadow(circle((82, 96), 42), 6, 9)
        + ball
        + group(_pair("child", one, 0.98, -2, 74), "translate(0 52)")
    )


def _slipper(name: str) -> str:
    top = [
        (-60, -8), (-64, -70), (-50, -132), (-12, -156), (26, -150), (52, -118), (60, -62),
        (54, -2),
    ]  # fmt: skip
    opening = [(54, -2), (36, -26), (6, -38), (-26, -34), (-60, -8)]
    vamp = smooth(top) + "L" + smooth(opening)[1:] + "Z"
    checks = stroke(
        "".join(f"M{x} {y}h12" for x in range(-82, 84, 24) for y in range(-166, 20, 24))
        + "".join(
            f"M{x + 12} {y + 12}h12" for x in range(-82, 84, 24) for y in range(-166, 20, 24)
        ),
        INDIGO_LIGHT,
        12,
        more='opacity=".7"',
    ).replace('linecap="round"', 'linecap="butt"')
    band = stroke(
        "M-70 -78C-30 -100 34 -98 70 -74M-70 -64C-30 -86 34 -84 70 -60", RAMIE_LIGHT, 4
    ) + stroke("M-70 -71C-30 -93 34 -91 70 -67", PERSIMMON, 5, more='stroke-dasharray="6 5"')
    lining = "".join(
        stroke(f"M{x} {y}l5 4", "#dcc9a3", 2)
        for x, y in (
            (-18, 20), (4, 34), (20, 14), (-22, 58), (2, 74), (20, 58), (-14, 100), (12, 108),
            (-8, 0),
        )
    )  # fmt: skip
    return (
        _sole(STRAWS)
        + shape(smooth([(x * 0.8, y * 0.9 + 4) for x, y in FOOT], closed=True), "#f6ead2")
        + lining
        + shape(smooth(opening) + "L50 2L-56 -2Z", "#3a2614", more='opacity=".2"')
        + f'<clipPath id="{name}"><path d="{vamp}"/></clipPath>'
        + shape(vamp, INDIGO)
        + group(
            group(checks, "rotate(9 0 -80)") + band,
            "translate(0 0)",
            more=f'clip-path="url(#{name})"',
        )
        + shape(vamp, "none", edge=INDIGO_DEEP, width=4)
        + stroke(smooth(opening), INDIGO_DEEP, 13)
        + stroke(smooth(opening), PERSIMMON, 9)
        + stroke(smooth(opening), LAMP_LIGHT, 3, more='stroke-dasharray="7 6"')
    )


def _slippers() -> str:
    return ground("#dcdfe6", "#7c88a3", "slippers") + _pair("slippers", _slipper, 1.26, 4, 86)


def petal(center: Point, angle: float, reach: float, spread: float) -> str:
    """Return path data of one petal that leaves a center at an angle."""
    points = [
        (0.0, 0.0), (reach * 0.42, -spread), (reach * 0.86, -spread * 0.8), (reach, 0.0),
        (reach * 0.86, spread * 0.8), (reach * 0.42, spread),
    ]  # fmt: skip
    turned = [
        (
            center[0] + x * cos(angle) - y * sin(angle),
            center[1] + x * sin(angle) + y * cos(angle),
        )
        for x, y in points
    ]
    return smooth(turned, closed=True)


def flower(center: Point, reach: float, colors: Colors, heart: str, *, petals: int) -> str:
    """Return a flower of sewn petals with a woven heart."""
    light, mid, deep = colors
    parts = []
    for i in range(petals):
        angle = 2 * pi * i / petals - pi / 2
        parts.append(
            shape(petal(center, angle, reach, reach * 0.36), mid, edge=deep, width=reach / 24)
        )
        for part in (-0.32, 0, 0.32):
            start = (
                center[0] + reach * 0.3 * cos(angle + part),
                center[1] + reach * 0.3 * sin(angle + part),
            )
            end = (
                center[0] + reach * 0.84 * cos(angle + part * 0.8),
                center[1] + reach * 0.84 * sin(angle + part * 0.8),
            )
            parts.append(
                stroke(
                    f"M{pair(start)}L{pair(end)}",
                    light,
                    reach / 24,
                    more=f'stroke-dasharray="{number(reach / 10)} {number(reach / 12)}"',
                )
            )
    parts.append(disc(center, reach * 0.3, heart, edge=LAMP_DEEP, width=reach / 24))
    parts.append(
        stroke(
            "".join(
                f"M{pair((center[0] - reach * 0.2, center[1] + reach * k))}h{number(reach * 0.4)}"
                f"M{pair((center[0] + reach * k, center[1] - reach * 0.2))}v{number(reach * 0.4)}"
                for k in (-0.12, 0, 0.12)
            ),
            LAMP_DEEP,
            reach / 40,
        )
    )
    return "".join(parts)


def knot(center: Point, size: float, colors: Colors) -> str:
    """Return a flat knot of one cord that passes over and under itself three times each way."""
    x, y = center
    light, mid, deep = colors
    third = size / 3
    loops = "".join(
        plait(
            f"M{pair((x + side * size, y - third))}"
            f"C{pair((x + side * size * 2.3, y - size))} {pair((x + side * size * 2.3, y + size))} "
            f"{pair((x + side * size, y + third))}",
            size * 0.24,
            light=light,
            mid=mid,
            deep=deep,
        )
        for side in (1, -1)
    )
    rows = [((x - size, y + k * third * 1.1), (x + size, y + k * third * 1.1)) for k in (-1, 0, 1)]
    columns = [
        ((x + k * third * 1.1, y - size), (x + k * third * 1.1, y + size)) for k in (-1, 0, 1)
    ]
    woven = lattice(rows, columns, size * 0.27, row_colors=colors, column_colors=colors)
    return loops + group(woven, f"rotate(45 {number(x)} {number(y)})")


def _flower_pendant() -> str:
    cord = "M200 -10C196 30 206 60 200 92"
    leaves = "".join(
        shape(petal((200, 262), angle, 112, 24), BAMBOO, edge=BAMBOO_DEEP)
        + stroke(
            f"M200 262L{pair((200 + 100 * cos(angle), 262 + 100 * sin(angle)))}", BAMBOO_LIGHT, 2.4,
            more='stroke-dasharray="6 5"',
        )
        for angle in (pi * 0.17, pi * 0.83, -pi * 0.12, -pi * 0.88)
    )  # fmt: skip
    hanging = circle((200, 262), 92)
    return (
        ground("#f1dcc9", "#b98a68", "flower")
        + shadow(hanging, 12, 16)
        + shadow("M184 384h32l6 98h-44z", 12, 12)
        + plait(cord, 9, light=PERSIMMON_LIGHT, mid=PERSIMMON, deep=PERSIMMON_DEEP)
        + knot((200, 118), 30, PERSIMMONS)
        + plait("M200 158V182", 9, light=PERSIMMON_LIGHT, mid=PERSIMMON, deep=PERSIMMON_DEEP)
        + leaves
        + flower((200, 262), 98, PERSIMMONS, LAMP, petals=8)
        + flower((200, 262), 58, (RAMIE_LIGHT, "#f3c9a4", PERSIMMON_DEEP), LAMP, petals=8)
        + plait("M200 356V372", 9, light=PERSIMMON_LIGHT, mid=PERSIMMON, deep=PERSIMMON_DEEP)
        + disc((200, 374), 11, LAMP, edge=LAMP_DEEP)
        + tassel((200, 382), 104, 30, light=PERSIMMON_LIGHT, mid=PERSIMMON, deep=PERSIMMON_DEEP)
    )


def _zodiac_pendant() -> str:
    face = smooth(
        [(200, 158), (258, 168), (298, 212), (300, 268), (262, 316), (200, 330), (138, 316),
         (100, 268), (102, 212), (142, 168)], closed=True,
    )  # fmt: skip
    ears = "".join(
        group(
            disc((0, 0), 32, PERSIMMON, edge=PERSIMMON_DEEP, width=3)
            + disc((0, 3), 18, LAMP_LIGHT, edge=LAMP_DEEP, width=2)
            + stroke("M-9 -4l18 14M-12 6l12 10M0 -10l12 10", LAMP_DEEP, 1.6),
            f"translate({x} 172)",
        )
        for x in (120, 280)
    )
    eyes = "".join(
        oval((x, 240), 23, 25, RAMIE_LIGHT, more=f'stroke="{INK}" stroke-width="2.5"')
        + disc((x, 243), 15, INDIGO_DEEP)
        + disc((x - 4, 237), 5, "#ffffff")
        + stroke(f"M{x - 28} 214q28 -20 56 0", INK, 5)
        + stroke(f"M{x - 26} 206q26 -18 52 0", LAMP, 3, more='stroke-dasharray="5 4"')
        for x in (158, 242)
    )
    brow = stroke("M178 180h44M182 192h36M176 205h48M200 180v25", INK, 5.5)
    whiskers = stroke(
        "M132 284l-44 -8M134 294l-42 8M268 284l44 -8M266 294l42 8", RAMIE_LIGHT, 3.5
    ) + stroke("M132 284l-44 -8M134 294l-42 8M268 284l44 -8M266 294l42 8", LAMP_DEEP, 1)
    stripes = stroke(
        "M112 222l20 6M106 246l20 2M288 222l-20 6M294 246l-20 2M118 198l16 12M282 198l-16 12",
        INK,
        5,
    )
    hem = stroke(
        smooth([(200 + (x - 200) * 0.92, 244 + (y - 244) * 0.9) for x, y in (
            (200, 158), (258, 168), (298, 212), (300, 268), (262, 316), (200, 330), (138, 316),
            (100, 268), (102, 212), (142, 168))], closed=True),
        LAMP_LIGHT, 2.4, more='stroke-dasharray="7 6"',
    )  # fmt: skip
    return (
        ground("#dde2e8", "#7e8ba6", "zodiac")
        + shadow(face, 12, 16)
        + plait("M200 -10C206 30 194 60 200 88", 9, light=LAMP_LIGHT, mid=LAMP, deep=LAMP_DEEP)
        + knot((200, 108), 24, LAMPS)
        + plait("M200 138V160", 9, light=LAMP_LIGHT, mid=LAMP, deep=LAMP_DEEP)
        + ears
        + shape(face, PERSIMMON, edge=PERSIMMON_DEEP, width=3.5)
        + hem
        + stripes
        + brow
        + eyes
        + oval(
            (200, 290), 42, 28, RAMIE_LIGHT, more=f'stroke="{PERSIMMON_DEEP}" stroke-width="2.5"'
        )
        + shape("M184 272h32q4 0 0 6l-16 14l-16 -14q-4 -6 0 -6z", INK)
        + stroke("M200 292v8M200 300q-12 12 -22 2M200 300q12 12 22 2", INK, 4)
        + whiskers
        + "".join(flower((x, 312), 15, BAMBOOS, LAMP, petals=5) for x in (124, 276))
        + disc((200, 340), 10, LAMP, edge=LAMP_DEEP)
        + tassel((162, 326), 104, 20, light=BAMBOO_LIGHT, mid=BAMBOO, deep=BAMBOO_DEEP)
        + tassel((238, 326), 104, 20, light=INDIGO_LIGHT, mid=INDIGO, deep=INDIGO_DEEP)
        + tassel((200, 346), 118, 26, light=LAMP_LIGHT, mid=LAMP, deep=LAMP_DEEP)
    )


def _key_ring() -> str:
    key = (
        disc((96, 130), 38, "#c9b26a", edge="#84692a", width=3)
        + disc((96, 130), 16, "#dfe5d8", edge="#84692a", width=3)
        + shape("M86 164h20v120l-7 9l-13 -10z", "#c9b26a", edge="#84692a", width=3)
        + shape("M86 220h-14v14h14zM86 246h-20v14h20z", "#c9b26a", edge="#84692a", width=3)
        + stroke("M96 176v92", "#f1e2ac", 3)
    )
    strap = curve([(214, 132), (226, 176), (212, 222), (220, 262)], 10)
    ball = circle((220, 326), 62)
    bands = lattice(
        [((140, y), (300, y + 18)) for y in range(252, 384, 25)],
        [((x, 400), (x + 20, 252)) for x in range(140, 300, 25)],
        20,
        row_colors=PERSIMMONS,
        column_colors=LAMPS,
    )
    steel = stroke(circle((186, 88), 52), "#5f6670", 12)
    return (
        ground("#dfe3d5", "#8b9a78", "key")
        + group(
            shadow("M86 130h20v150h-20z", 10, 12) + shadow(circle((96, 130), 38), 10, 12),
            "rotate(24 120 110)",
        )
        + shadow(ball, 12, 16)
        + group(stroke(polyline(strap), "#3a2614", 24, more='opacity=".2"'), "translate(8 10)")
        + group(key, "rotate(24 120 110)")
        + steel
        + stroke(circle((186, 88), 52), "#aeb6bf", 6)
        + stroke("M150 62q14 -22 40 -20", "#f4f7fa", 3)
        + braid(strap, 30, light=INDIGO_LIGHT, mid=INDIGO, deep=INDIGO_DEEP)
        + shape("M196 118h36v22h-36z", WOOD, edge=WOOD_DEEP)
        + stroke("M201 124h26M201 134h26", LAMP_LIGHT, 2, more='stroke-dasharray="4 3"')
        + f'<clipPath id="key-ball"><path d="{ball}"/></clipPath>'
        + disc((220, 326), 62, PERSIMMON_DEEP)
        + group(bands, "translate(0 0)", more='clip-path="url(#key-ball)"')
        + shape(ball, "none", edge=PERSIMMON_DEEP, width=5)
        + stroke("M180 292q14 -20 38 -22", "#fff0d8", 5, more='opacity=".6"')
        + tassel((220, 386), 92, 28, light=INDIGO_LIGHT, mid=INDIGO, deep=INDIGO_DEEP)
    )  # fmt: skip


LAMP_RADIUS = 30
HEM = 350


def _ridge(x: float, base: float, waves: tuple[tuple[float, float, float], ...]) -> float:
    return base - sum(high * (1 + sin(x / wide + shift)) / 2 for high, wide, shift in waves)


def _wall_hanging() -> str:
    left, right, top, bottom = 74, 326, 96, 372
    far = ((56.0, 31.0, 2.9), (24.0, 12.0, 0.4))
    middle = ((58.0, 38.0, 5.3), (22.0, 15.0, 2.2))
    near = ((52.0, 36.0, 2.6), (16.0, 15.0, 4.0))
    cell = 7
    rows: dict[str, list[str]] = {}
    for row in range((bottom - top) // cell):
        y = top + row * cell + cell / 2
        start, last = left, ""
        for column in range((right - left) // cell + 1):
            x = left + column * cell
            color = _cloth_color(x + cell / 2, y, far, middle, near) if x + cell <= right else ""
            if color != last:
                if last:
                    rows.setdefault(last, []).append(
                        f"M{start + 3} {number(y)}H{x - 3}" if x - start >= cell else ""
                    )
                start, last = x, color
    cloth = "".join(stroke("".join(data), color, cell - 0.9) for color, data in rows.items())
    grain = stroke(
        "".join(f"M{x} {top}V{bottom}" for x in range(left + 7, right, 7)), "#4a3320", 1,
        more='opacity=".28" stroke-dasharray="5 4"',
    )  # fmt: skip
    fringe = []
    for i, x in enumerate(range(left + 6, right, 12)):
        color = (STRAW, RAMIE_LIGHT, INDIGO, STRAW_LIGHT)[i % 4]
        length = 58 + round(30 * abs(sin(i * 0.42))) + i % 3 * 5
        thread = f"M{x} {bottom + 4}q{(-1) ** i * 4} {length // 2} {(-1) ** (i // 2) * 2} {length}"
        fringe.append(
            stroke(thread, "#5b4226", 6)
            + stroke(thread, color, 4)
            + disc((x, bottom + 10), 4.4, color, edge="#5b4226", width=1.4)
        )  # fmt: skip
    return (
        ground("#e8ddc8", "#a58e68", "hanging")
        + shadow(f"M{left} {top - 12}H{right}V{bottom + 50}H{left}Z", 14, 16)
        + stroke("M64 88L200 24L336 88", "#5b4226", 5)
        + stroke("M64 88L200 24L336 88", STRAW, 3, more='stroke-dasharray="6 4"')
        + disc((200, 22), 6, WOOD_DEEP)
        + f'<rect x="{left}" y="{top - 8}" width="{right - left}" height="{bottom - top + 10}" '
        f'fill="#8d7448"/>'
        + cloth
        + grain
        + f'<rect x="46" y="78" width="308" height="17" rx="8" fill="{WOOD}" stroke="{WOOD_DEEP}" '
        f'stroke-width="2.5"/>'
        + stroke("M58 83h120M210 84h128", WOOD_LIGHT, 2.5)
        + stroke("".join(f"M{x} 77v19" for x in range(84, 322, 18)), RAMIE_LIGHT, 6)
        + stroke("".join(f"M{x} 77v19" for x in range(84, 322, 18)), STRAW_DEEP, 1)
        + "".join(fringe)
    )


def _cloth_color(
    x: float,
    y: float,
    far: tuple[tuple[float, float, float], ...],
    middle: tuple[tuple[float, float, float], ...],
    near: tuple[tuple[float, float, float], ...],
) -> str:
    """Return the weft of one place in the woven landscape: lamp, hem, three ridges, sky."""
    from_lamp = hypot(x - 252, y - 158)
    layers = (
        (from_lamp < LAMP_RADIUS, LAMP),
        (from_lamp < LAMP_RADIUS + 12, LAMP_LIGHT),
        (y > HEM, PERSIMMON),
        (y > _ridge(x, 356, near), INDIGO_DEEP),
        (y > _ridge(x, 318, middle), INDIGO),
        (y > _ridge(x, 276, far), "#7f97c2"),
        (int(y / 27) % 3 > 0, RAMIE_LIGHT),
    )
    return next((color for is_here, color in layers if is_here), RAMIE)


def _coaster(center: Point, radius: float, colors: Colors, accent: Colors) -> str:
    rings = []
    inset = 7.0
    turn = 0
    while inset < radius:
        light, mid, deep = accent if turn in {1, 2} else colors
        path = circle(center, radius - inset)
        rings.append(plait(path, 13, light=light, mid=mid, deep=deep))
        inset += 11.5
        turn += 1
    rim = circle(center, radius)
    light, mid, deep = colors
    return (
        shadow(rim, 8, 11)
        + shape(rim, mid, edge=deep, width=3)
        + "".join(rings)
        + disc(center, 6, accent[1], edge=accent[2], width=2)
    )


def _coasters() -> str:
    cup = (
        oval((284, 368), 66, 63, "#3a2614", more='opacity=".22"')
        + disc((272, 354), 60, "#f5efe2", edge="#8e9aa8", width=3)
        + stroke(circle((272, 354), 53), INDIGO, 4)
        + disc((272, 354), 47, "#c8b56a")
        + disc((272, 354), 47, "none", edge="#8b7a34", width=2.5)
        + stroke("M240 336q16 -18 40 -16", "#f2e9b8", 5, more='opacity=".8"')
        + shape(petal((284, 364), 0.6, 22, 7), BAMBOO, edge=BAMBOO_DEEP, width=1.5)
        + shape(petal((262, 374), 2.4, 18, 6), BAMBOO, edge=BAMBOO_DEEP, width=1.5)
    )
    return (
        ground("#d9cdb8", "#92795a", "coasters")
        + _coaster((126, 128), 88, STRAWS, INDIGOS)
        + _coaster((294, 156), 84, RAMIES, PERSIMMONS)
        + _coaster((114, 330), 86, BAMBOOS, RAMIES)
        + _coaster((276, 360), 92, STRAWS, LAMPS)
        + cup
        + stroke("M258 300q-12 -22 4 -40t2 -40M288 296q-10 -22 6 -38t2 -34", "#fffaf0", 5,
                 more='opacity=".5"')
    )  # fmt: skip


def _cushion() -> str:
    body = smooth(
        [(62, 92), (130, 102), (200, 96), (270, 102), (338, 92), (328, 170), (333, 240), (328, 310),
         (340, 386), (270, 376), (200, 384), (130, 376), (60, 386), (72, 310), (67, 240),
         (72, 170)],
        closed=True,
    )  # fmt: skip
    inner = smooth(
        [(86, 118), (140, 124), (200, 120), (260, 124), (314, 118), (307, 180), (311, 240),
         (307, 300), (315, 360), (260, 353), (200, 358), (140, 353), (85, 360), (93, 300), (89, 240),
         (93, 180)],
        closed=True,
    )  # fmt: skip
    diamonds = []
    for row in range(9):
        for column in range(9):
            x, y = 40 + column * 40 + row % 2 * 20, 96 + row * 34
            color = (INDIGO, PERSIMMON, INDIGO, STRAW)[(row + 2 * (column % 2)) % 4]
            diamonds.append(
                shape(f"M{x} {y - 25}L{x + 15} {y}L{x} {y + 25}L{x - 15} {y}Z", color)
                + stroke(f"M{x - 7} {y}h14M{x - 4} {y - 7}h8M{x - 4} {y + 7}h8", RAMIE_LIGHT, 2)
            )
    weft = stroke(
        "".join(f"M60 {y}h280" for y in range(100, 390, 6)), "#6b5230", 1, more='opacity=".22"'
    )
    corners = "".join(
        group(
            tassel((0, 0), 56, 18, light=PERSIMMON_LIGHT, mid=PERSIMMON, deep=PERSIMMON_DEEP,
                   threads=7),
            f"translate({x} {y}) rotate({turn})",
        )
        for x, y, turn in ((66, 96, 132), (334, 96, -132), (63, 382, 42), (337, 382, -42))
    )  # fmt: skip
    bench = (
        f'<rect x="-10" y="330" width="420" height="180" fill="{WOOD}"/>'
        + stroke("M-10 332h420", WOOD_LIGHT, 5)
        + stroke("M-10 410h420M-10 474h420", WOOD_DEEP, 3)
        + stroke(
            "M20 360q60 8 130 0M240 372q70 -8 130 2M40 442q80 -8 150 0M260 444q50 6 120 0",
            WOOD_LIGHT, 2.4, more='opacity=".6"',
        )
    )  # fmt: skip
    return (
        ground("#dce0d2", "#8b9a78", "cushion")
        + bench
        + shadow(body, 14, 26)
        + corners
        + shape(body, RAMIE, edge="#8d7a55", width=3)
        + f'<clipPath id="cushion-face"><path d="{inner}"/></clipPath>'
        + group("".join(diamonds) + weft, "translate(0 0)", more='clip-path="url(#cushion-face)"')
        + plait(inner, 9, light=STRAW_LIGHT, mid=STRAW, deep=STRAW_DEEP)
        + stroke("M92 108q100 -8 216 0", "#ffffff", 7, more='opacity=".35"')
    )


GOODS: dict[str, Drawing] = {
    "sandals": Drawing("手编凉鞋 · Hand-woven sandals", _sandals),
    "child_sandals": Drawing("童凉鞋 · Children's sandals", _child_sandals),
    "slippers": Drawing("手编拖鞋 · House shoes", _slippers),
    "flower_pendant": Drawing("小挂件 · Flower pendant", _flower_pendant),
    "zodiac_pendant": Drawing("生肖挂件 · Zodiac pendant", _zodiac_pendant),
    "key_ring": Drawing("钥匙扣 · Key ring", _key_ring),
    "wall_hanging": Drawing("墙饰 · Wall hanging", _wall_hanging),
    "coasters": Drawing("杯垫四件 · Coaster set", _coasters),
    "cushion": Drawing("靠枕套 · Cushion cover", _cushion),
}
