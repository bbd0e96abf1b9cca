"""More goods of the demonstration: new drawings in the same hand, and the old ones dyed anew."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from math import cos, pi, sin

from shop.web.art_goods import (
    BAMBOOS,
    GOODS,
    INDIGOS,
    LAMPS,
    PERSIMMONS,
    RAMIES,
    STRAWS,
    Drawing,
    flower,
    ground,
    knot,
    petal,
    shadow,
)
from shop.web.art_threads import (
    BAMBOO,
    BAMBOO_DEEP,
    BAMBOO_LIGHT,
    INDIGO,
    INDIGO_DEEP,
    INDIGO_LIGHT,
    LAMP,
    LAMP_DEEP,
    LAMP_LIGHT,
    PERSIMMON,
    PERSIMMON_DEEP,
    PERSIMMON_LIGHT,
    RAMIE_LIGHT,
    WOOD,
    WOOD_DEEP,
    WOOD_LIGHT,
    Colors,
    braid,
    circle,
    curve,
    disc,
    group,
    lattice,
    oval,
    plait,
    shape,
    smooth,
    stroke,
    tassel,
)

SPLINTS: Colors = ("#efdca4", "#d3b56a", "#94752f")
GREENS: Colors = (BAMBOO_LIGHT, BAMBOO, BAMBOO_DEEP)
FIVE = (INDIGO, PERSIMMON, RAMIE_LIGHT, LAMP, BAMBOO)


def _clipped(name: str, outline: str, content: str) -> str:
    return f'<clipPath id="{name}"><path d="{outline}"/></clipPath>' + group(
        content, "translate(0 0)", more=f'clip-path="url(#{name})"'
    )


def _basket() -> str:
    body = "M84 232C90 320 112 404 140 432Q200 446 260 432C288 404 310 320 316 232Z"
    rows = [((70, y), (330, y)) for y in range(240, 444, 19)]
    columns = [((x, 226), (200 + (x - 200) * 0.62, 446)) for x in range(80, 330, 24)]
    handle = curve([(98, 236), (112, 130), (200, 72), (288, 130), (302, 236)], 12)
    shoots = "".join(
        shape(petal((x, 246), -pi / 2 + turn, reach, 20), BAMBOO, edge=BAMBOO_DEEP)
        + stroke(f"M{x} 240l{reach * 0.7 * sin(turn):.0f} {-reach * 0.75:.0f}", BAMBOO_LIGHT, 3)
        for x, turn, reach in ((150, -0.35, 84), (190, -0.08, 104), (232, 0.2, 92), (262, 0.5, 70))
    )
    light, mid, deep = SPLINTS
    return (
        ground("#e3dfcb", "#948d63", "basket")
        + shadow("M96 250H304L270 440H130Z", 14, 22)
        + braid(handle, 20, light=light, mid=mid, deep=deep)
        + oval((200, 236), 116, 30, "#6f5426")
        + shoots
        + shape(body, deep)
        + _clipped(
            "basket-body",
            body,
            lattice(rows, columns, 17, row_colors=SPLINTS, column_colors=GREENS),
        )
        + plait("M84 236C110 262 290 262 316 236", 15, light=light, mid=mid, deep=deep)
        + plait("M136 428C164 444 236 444 264 428", 13, light=light, mid=mid, deep=deep)
    )


def _hat() -> str:
    light, mid, deep = STRAWS
    rim = [
        plait(circle((0, 0), radius), 13, light=light, mid=mid, deep=deep)
        for radius in range(166, 82, -12)
    ]
    crown = [
        plait(circle((0, -8), radius), 12, light=light, mid=mid, deep=deep)
        for radius in range(70, 4, -11)
    ]
    band = stroke(circle((0, -4), 80), INDIGO, 20) + stroke(
        circle((0, -4), 80), INDIGO_LIGHT, 2.4, more='stroke-dasharray="7 6"'
    )
    bow = shape("M58 52q34 4 56 40l-26 -2l-8 24q-18 -26 -34 -44z", INDIGO, edge=INDIGO_DEEP)
    return (
        ground("#dde3da", "#87977d", "hat")
        + group(shadow(circle((0, 0), 172), 14, 20), "translate(200 252) scale(1 .93)")
        + group(
            disc((0, 0), 172, mid, edge=deep, width=3)
            + "".join(rim)
            + band
            + disc((0, -8), 72, mid, edge=deep)
            + "".join(crown)
            + bow
            + flower((74, 44), 22, PERSIMMONS, LAMP, petals=6),
            "translate(200 252) scale(1 .93) rotate(-8)",
        )
    )


def _tray() -> str:
    inner = circle((200, 250), 138)
    rows = [((40, y), (360, y)) for y in range(116, 390, 21)]
    columns = [((x, 96), (x, 404)) for x in range(66, 340, 21)]
    light, mid, deep = SPLINTS
    leaves = "".join(
        shape(petal((200 + r * cos(a), 250 + r * sin(a)), a * 2.3, 26, 6), BAMBOO, edge=BAMBOO_DEEP)
        for a, r in ((0.3, 60), (1.2, 84), (2.1, 40), (2.9, 92), (3.8, 66), (4.6, 96), (5.5, 50))
    )
    return (
        ground("#e8dcc8", "#a08660", "tray")
        + shadow(circle((200, 250), 160), 14, 20)
        + disc((200, 250), 160, deep)
        + _clipped(
            "tray-floor",
            inner,
            group(
                lattice(rows, columns, 18, row_colors=SPLINTS, column_colors=STRAWS),
                "rotate(45 200 250)",
            ),
        )
        + plait(circle((200, 250), 152), 17, light=light, mid=mid, deep=deep)
        + stroke(circle((200, 250), 138), deep, 3)
        + leaves
    )


def _fan() -> str:
    leaf = smooth(
        [(200, 60), (290, 92), (330, 180), (300, 268), (216, 312), (184, 312), (100, 268),
         (70, 180), (110, 92)], closed=True,
    )  # fmt: skip
    rows = [((20, y), (380, y + 120)) for y in range(-100, 360, 19)]
    columns = [((20, y + 120), (380, y)) for y in range(-100, 360, 19)]
    light, mid, deep = SPLINTS
    return (
        ground("#d9e0df", "#7e9293", "fan")
        + shadow(leaf, 14, 20)
        + shadow("M190 300h22v150h-22z", 12, 16)
        + shape("M190 296h20l4 150q-14 10 -28 0z", WOOD, edge=WOOD_DEEP)
        + stroke("M197 306v130", WOOD_LIGHT, 3)
        + shape(leaf, deep)
        + _clipped(
            "fan-leaf", leaf, lattice(rows, columns, 16, row_colors=SPLINTS, column_colors=INDIGOS)
        )
        + plait(leaf, 13, light=light, mid=mid, deep=deep)
        + braid(curve([(180, 318), (200, 326), (222, 318)], 8), 13, light=light, mid=mid, deep=deep)
        + disc((200, 446), 9, LAMP, edge=LAMP_DEEP)
        + tassel((200, 452), 48, 20, light=INDIGO_LIGHT, mid=INDIGO, deep=INDIGO_DEEP)
    )


def _tote() -> str:
    bag = "M86 176H314L330 418Q330 436 312 436H88Q70 436 70 418Z"
    flowers = "".join(
        group(
            "".join(
                shape(petal((0, 0), 2 * pi * i / 6, 30, 8), RAMIE_LIGHT, more='opacity=".92"')
                for i in range(6)
            )
            + disc((0, 0), 6, INDIGO),
            f"translate({x} {y}) rotate({turn})",
        )
        for x, y, turn in (
            (130, 232, 0), (214, 250, 20), (286, 222, 8), (108, 318, 15), (192, 344, 3),
            (278, 326, 26), (132, 400, 9), (226, 420, 30), (306, 402, 12),
        )
    )  # fmt: skip
    dots = "".join(
        disc((78 + (n * 61) % 250, 196 + (n * 37) % 230), 3.2, "#b9c6e2") for n in range(34)
    )
    handles = "".join(
        stroke(f"M{x} {y}C{x} {top} {400 - x} {top} {400 - x} {y}", INDIGO_DEEP, 17)
        + stroke(f"M{x} {y}C{x} {top} {400 - x} {top} {400 - x} {y}", color, 12)
        for x, y, top, color in ((140, 176, 36, INDIGO_LIGHT), (136, 190, 60, RAMIE_LIGHT))
    )
    stitches = 'stroke-dasharray="8 6"'
    return (
        ground("#ece0cb", "#a88d63", "tote")
        + shadow(bag, 16, 22)
        + handles
        + shape(bag, INDIGO, edge=INDIGO_DEEP, width=3)
        + _clipped("tote-face", bag, dots + flowers)
        + stroke("M92 200H308", RAMIE_LIGHT, 2.6, more=stitches)
        + stroke("M80 410Q80 426 92 426H308Q320 426 320 410", RAMIE_LIGHT, 2.2, more=stitches)
    )


def _cloth(*, has_cup: bool) -> str:
    left, right, top, bottom = 118, 282, 30, 412
    bands = []
    for row in range((bottom - top) // 8):
        place = row % 24
        color = INDIGO if place in {2, 3, 8, 9} else PERSIMMON if place in {5, 6} else RAMIE_LIGHT
        bands.append(stroke(f"M{left + 4} {top + row * 8 + 4}H{right - 4}", color, 7.2))
    grain = stroke(
        "".join(f"M{x} {top}V{bottom}" for x in range(left + 6, right, 7)), "#4a3320", 1,
        more='opacity=".24" stroke-dasharray="5 4"',
    )  # fmt: skip
    fringe = "".join(
        stroke(f"M{x} {bottom}q{(-1) ** n * 3} 22 0 46", "#5b4226", 4.4)
        + stroke(f"M{x} {bottom}q{(-1) ** n * 3} 22 0 46", RAMIE_LIGHT, 3)
        for n, x in enumerate(range(left + 6, right, 11))
    )
    cup = (
        oval((296, 250), 44, 42, "#3a2614", more='opacity=".22"')
        + disc((288, 240), 40, "#f5efe2", edge="#8e9aa8", width=3)
        + disc((288, 240), 31, "#c8b56a", edge="#8b7a34")
        + stroke("M268 228q10 -12 26 -10", "#f2e9b8", 4, more='opacity=".8"')
    )
    cloth = f"M{left} {top}H{right}V{bottom}H{left}Z"
    return (
        ground("#c9a679", "#7d5a33", "runner")
        + stroke("M0 120H400M0 300H400", WOOD_DEEP, 3, more='opacity=".35"')
        + group(
            shadow(cloth, 12, 16) + shape(cloth, "#d9c9a8") + "".join(bands) + grain + fringe,
            "rotate(-7 200 240)",
        )
        + (cup if has_cup else "")
    )


def _sachet() -> str:
    pouch = smooth(
        [(200, 168), (258, 196), (300, 262), (286, 330), (200, 352), (114, 330), (100, 262),
         (142, 196)], closed=True,
    )  # fmt: skip
    diamonds = "".join(
        shape(
            f"M{x} {y - 22}L{x + 15} {y}L{x} {y + 22}L{x - 15} {y}Z", FIVE[(x // 15 + y // 22) % 5]
        )
        for row in range(10)
        for x, y in ((60 + column * 30 + row % 2 * 15, 150 + row * 22) for column in range(10))
    )
    cords = "".join(
        stroke(f"M{192 + n * 4} -10Q{196 + n * 3} 60 {194 + n * 3} 118", color, 3.6)
        for n, color in enumerate(FIVE)
    )
    tails = "".join(
        tassel((x, 350), 86, 16, light=light, mid=mid, deep=deep)
        for x, (light, mid, deep) in (
            (160, GREENS), (200, (LAMP_LIGHT, LAMP, LAMP_DEEP)),
            (240, (INDIGO_LIGHT, INDIGO, INDIGO_DEEP)),
        )
    )  # fmt: skip
    return (
        ground("#dfe5d3", "#7d9470", "sachet")
        + shadow(pouch, 12, 16)
        + cords
        + knot((200, 128), 22, PERSIMMONS)
        + tails
        + shape(pouch, PERSIMMON, edge=PERSIMMON_DEEP, width=3)
        + _clipped("sachet-face", pouch, diamonds)
        + stroke(pouch, PERSIMMON_DEEP, 9)
        + stroke(pouch, LAMP_LIGHT, 2.6, more='stroke-dasharray="7 6"')
        + flower((200, 262), 46, (RAMIE_LIGHT, "#f3c9a4", PERSIMMON_DEEP), LAMP, petals=6)
    )


def _bracelet() -> str:
    ring = circle((200, 250), 104)
    turns = "".join(
        stroke(
            ring,
            color,
            17,
            more=f'stroke-dasharray="16 49.35" stroke-dashoffset="{-n * 13.07:.1f}"',
        )
        for n, color in enumerate(FIVE)
    )
    beads = "".join(
        disc((200 + 104 * cos(a), 250 + 104 * sin(a)), 12, color, edge=edge, width=2.5)
        for a, color, edge in (
            (pi * 0.42, LAMP, LAMP_DEEP), (pi * 0.5, PERSIMMON, PERSIMMON_DEEP),
            (pi * 0.58, LAMP, LAMP_DEEP),
        )
    )  # fmt: skip
    return (
        ground("#efe0cf", "#b08a63", "bracelet")
        + group(stroke(ring, "#3a2614", 24, more='opacity=".2"'), "translate(9 13)")
        + stroke(ring, "#5b4226", 22)
        + turns
        + stroke(ring, "#fff6e0", 2.4, more='opacity=".5" stroke-dasharray="4 9"')
        + beads
        + tassel((186, 366), 66, 14, light=PERSIMMON_LIGHT, mid=PERSIMMON, deep=PERSIMMON_DEEP)
        + tassel((214, 366), 66, 14, light=INDIGO_LIGHT, mid=INDIGO, deep=INDIGO_DEEP)
    )


def _lampshade() -> str:
    dome = "M200 128C262 132 316 210 322 304Q200 342 78 304C84 210 138 132 200 128Z"
    rows = [((60, y), (340, y)) for y in range(140, 334, 22)]
    columns = [((200 + (x - 200) * 0.25, 126), (x, 336)) for x in range(70, 340, 22)]
    light, mid, deep = SPLINTS
    return (
        ground("#39406a", "#20264a", "lampshade")
        + '<radialGradient id="lampshade-glow" cx="200" cy="300" r="210" '
        'gradientUnits="userSpaceOnUse"><stop offset="0" stop-color="#fff1b8"/>'
        '<stop offset=".45" stop-color="#f9cf6b" stop-opacity=".55"/>'
        '<stop offset="1" stop-color="#f9cf6b" stop-opacity="0"/></radialGradient>'
        + '<circle cx="200" cy="310" r="210" fill="url(#lampshade-glow)"/>'
        + stroke("M200 -10V118", "#1b1f3c", 5)
        + disc((200, 122), 14, WOOD, edge=WOOD_DEEP, width=3)
        + shape(dome, "#f7d27a")
        + _clipped(
            "lampshade-dome",
            dome,
            lattice(rows, columns, 11, row_colors=SPLINTS, column_colors=SPLINTS),
        )
        + plait("M78 306C130 340 270 340 322 306", 14, light=light, mid=mid, deep=deep)
        + disc((200, 352), 24, "#fff4cc")
    )


def dyed(draw: Callable[[], str], dyes: Mapping[str, str]) -> Callable[[], str]:
    """Return a drawing in other threads: every color of ``dyes`` becomes the one it names."""
    pattern = re.compile("|".join(map(re.escape, dyes)))

    def in_new_colors() -> str:
        return pattern.sub(lambda found: dyes[found[0]], draw())

    return in_new_colors


def _instead(*pairs: tuple[Colors, Colors]) -> dict[str, str]:
    return {old: new for before, after in pairs for old, new in zip(before, after, strict=True)}


TO_RED = _instead((INDIGOS, PERSIMMONS), (PERSIMMONS, LAMPS))
TO_GREEN = _instead((INDIGOS, BAMBOOS), (PERSIMMONS, STRAWS))
TO_BLUE = _instead((PERSIMMONS, INDIGOS), (LAMPS, BAMBOOS))
TO_GOLD = _instead((PERSIMMONS, LAMPS), (LAMPS, PERSIMMONS))
TO_DUSK = _instead((INDIGOS, ("#c98a6a", "#8f4a3a", "#57291f")), (LAMPS, RAMIES)) | {
    "#7f97c2": "#e2a07c"
}


def _in(name: str, dyes: Mapping[str, str]) -> Callable[[], str]:
    return dyed(GOODS[name].draw, dyes)


WARES: dict[str, Drawing] = {
    "basket": Drawing("竹编提篮 · Bamboo basket", _basket),
    "hat": Drawing("草编帽 · Straw hat", _hat),
    "tray": Drawing("竹茶盘 · Bamboo tray", _tray),
    "fan": Drawing("竹编团扇 · Bamboo fan", _fan),
    "tote": Drawing("蓝染布袋 · Indigo-dyed bag", _tote),
    "runner": Drawing("苎麻桌旗 · Ramie table runner", partial(_cloth, has_cup=True)),
    "sachet": Drawing("香囊 · Sachet", _sachet),
    "bracelet": Drawing("五彩绳 · Five-colour bracelet", _bracelet),
    "lampshade": Drawing("竹编灯罩 · Bamboo lampshade", _lampshade),
    "sandals_red": Drawing("手编凉鞋，柿红 · Sandals, persimmon", _in("sandals", TO_RED)),
    "sandals_green": Drawing("手编凉鞋，竹青 · Sandals, bamboo", _in("sandals", TO_GREEN)),
    "child_sandals_blue": Drawing("软底鞋，靛蓝 · Soft shoes", _in("child_sandals", TO_BLUE)),
    "slippers_red": Drawing("凉拖，柿红 · Slides, persimmon", _in("slippers", TO_RED)),
    "flower_pendant_gold": Drawing("小挂件·菊 · Pendant", _in("flower_pendant", TO_GOLD)),
    "key_ring_blue": Drawing("圆球包挂 · Bag charm", _in("key_ring", TO_BLUE)),
    "cushion_green": Drawing("拼布靠枕套 · Patchwork cover", _in("cushion", TO_GREEN)),
    "coasters_blue": Drawing("杯垫 · Coasters", _in("coasters", TO_BLUE)),
    "wall_hanging_dusk": Drawing("墙饰·晚霞 · Wall hanging, dusk", _in("wall_hanging", TO_DUSK)),
    "scarf": Drawing(
        "土布围巾 · Village cloth scarf", dyed(partial(_cloth, has_cup=False), TO_GREEN)
    ),
}
