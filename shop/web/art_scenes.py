"""Places and lessons, drawn in the same hand as the goods."""

from __future__ import annotations

from math import sin

from shop.web.art_goods import (
    BAMBOOS,
    INDIGOS,
    LAMPS,
    PERSIMMONS,
    RAMIES,
    STRAWS,
    Drawing,
    flower,
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
    INK,
    LAMP,
    LAMP_DEEP,
    LAMP_LIGHT,
    PERSIMMON,
    PERSIMMON_DEEP,
    PERSIMMON_LIGHT,
    RAMIE_DEEP,
    RAMIE_LIGHT,
    SKIN,
    SKIN_DEEP,
    STRAW,
    STRAW_DEEP,
    STRAW_LIGHT,
    WOOD,
    WOOD_DEEP,
    WOOD_LIGHT,
    Colors,
    Point,
    circle,
    curve,
    disc,
    group,
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

WIDTH, HEIGHT = 600, 400

Waves = tuple[tuple[float, float, float], ...]
"""Heights, widths and shifts whose sum is a ridge."""


def _ridge_at(x: float, base: float, waves: Waves) -> float:
    return base - sum(high * (1 + sin(x / wide + shift)) / 2 for high, wide, shift in waves)


def _ridge(base: float, waves: Waves, fill: str) -> str:
    line = [(float(x), _ridge_at(x, base, waves)) for x in range(-20, WIDTH + 40, 20)]
    return shape(smooth(line) + f"V{HEIGHT + 10}H-20Z", fill)


def _light(name: str, at: Point, reach: float) -> str:
    return (
        f'<radialGradient id="{name}" cx="{number(at[0])}" cy="{number(at[1])}" '
        f'r="{number(reach)}" gradientUnits="userSpaceOnUse">'
        f'<stop offset="0" stop-color="#fff2c4"/><stop offset=".3" stop-color="#fde3a0" '
        f'stop-opacity=".8"/><stop offset="1" stop-color="#fbd38a" stop-opacity="0"/>'
        f"</radialGradient>"
    )


def _tiny_house(x: float, y: float, size: float) -> str:
    wall = f"M{number(-14)} 0v-13h28v13z"
    roof = "M-20 -12Q-10 -16 -9 -24H9Q10 -16 20 -12Z"
    return group(
        shape(wall, "#f1e3c6")
        + shape(roof, INDIGO_DEEP)
        + '<rect x="-8" y="-9" width="6" height="6" fill="#f9c65a"/>'
        + '<rect x="3" y="-9" width="5" height="9" fill="#c98b3b"/>',
        f"translate({number(x)} {number(y)}) scale({number(size)})",
    )


def _home_hero() -> str:
    lamp = (206.0, 92.0)
    far: Waves = ((58, 62, 0.4), (18, 23, 2.0))
    back: Waves = ((66, 84, 2.6), (16, 31, 0.3))
    middle: Waves = ((62, 70, 4.4), (18, 27, 1.2))
    front: Waves = ((70, 92, 1.2), (14, 37, 3.4))
    pitch = 14
    crest = 306.0
    warp = []
    for i, x in enumerate(range(7, WIDTH, pitch)):
        color = (RAMIE_LIGHT, STRAW_LIGHT, RAMIE_LIGHT, "#a9b8d8")[i % 4]
        path = [(float(at), _ridge_at(at, crest, front) + 2) for at in range(x - 84, x + 1, 14)]
        low = path[-1][1]
        bend = f"Q{x + 5} {number(low + 2)} {x + 5} {number(low + 16)}V410"
        data = smooth(path) + bend
        warp.append(stroke(data, INDIGO_DEEP, 4.6, more='opacity=".55"') + stroke(data, color, 2.6))
    weft = []
    bands = (PERSIMMONS, RAMIES, INDIGOS, RAMIES, LAMPS, RAMIES, PERSIMMONS)
    for row, (light, mid, deep) in enumerate(bands):
        y = 333 + row * 11
        over = "".join(
            f"M{x + 5} {y - 6}v12" for i, x in enumerate(range(7, WIDTH, pitch)) if (i + row) % 2
        )
        weft.append(
            stroke(f"M-10 {y}H610", deep, 9.6)
            + stroke(f"M-10 {y}H610", mid, 7.6)
            + stroke(f"M-10 {y - 2}H610", light, 1.4, more='opacity=".7"')
            + stroke(over, INDIGO_DEEP, 5.4)
            + stroke(over, RAMIE_LIGHT, 3.4)
        )
    shuttle = group(
        shape("M-64 0Q-40 -17 0 -17T64 0Q40 17 0 17T-64 0Z", "#3a2614", more='opacity=".3"'),
        "translate(437 330) rotate(-6)",
    ) + group(
        shape("M-64 0Q-40 -17 0 -17T64 0Q40 17 0 17T-64 0Z", WOOD, edge=WOOD_DEEP)
        + shape("M-30 0Q-20 -9 0 -9T30 0Q20 9 0 9T-30 0Z", WOOD_DEEP)
        + f'<rect x="-21" y="-6" width="42" height="12" rx="5" fill="{PERSIMMON}"/>'
        + stroke("M-15 -6v12M-8 -6v12M-1 -6v12M6 -6v12M13 -6v12", PERSIMMON_LIGHT, 2)
        + stroke("M-52 -5Q-36 -12 -16 -13", WOOD_LIGHT, 3),
        "translate(434 322) rotate(-6)",
    )
    houses = "".join(
        _tiny_house(x, _ridge_at(x, 262, middle) + 7, size)
        for x, size in ((308, 1.05), (338, 0.85), (372, 1.2), (232, 0.75), (512, 0.9))
    )
    birds = stroke("M430 74q7 -8 13 0q7 -8 13 0M470 94q5 -6 9 0q5 -6 9 0", INDIGO, 2.4)
    return (
        "<defs>"
        '<linearGradient id="hero-sky" x2="0" y2="1"><stop offset="0" stop-color="#b9c6df"/>'
        '<stop offset=".45" stop-color="#f3e3c4"/><stop offset=".75" stop-color="#f6cf98"/>'
        "</linearGradient>" + _light("hero-light", lamp, 190) + "</defs>"
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="url(#hero-sky)"/>'
        + disc(lamp, 190, "url(#hero-light)")
        + disc(lamp, 33, LAMP)
        + disc((lamp[0] - 5, lamp[1] - 6), 21, LAMP_LIGHT)
        + birds
        + _ridge(196, far, "#a7b4d0")
        + _ridge(232, back, "#7d90bb")
        + _ridge(264, middle, "#52689f")
        + houses
        + _ridge(crest, front, INDIGO_DEEP)
        + "".join(warp)
        + "".join(weft)
        + shuttle
    )


def _lantern(x: float, y: float, size: float = 1) -> str:
    return group(
        stroke("M0 -34V-18", INK, 2)
        + oval((0, 0), 19, 18, PERSIMMON, more=f'stroke="{PERSIMMON_DEEP}" stroke-width="2"')
        + stroke("M-9 -15Q-14 0 -9 15M9 -15Q14 0 9 15M0 -17V17", PERSIMMON_DEEP, 1.4)
        + f'<rect x="-9" y="-22" width="18" height="6" rx="2" fill="{LAMP}"/>'
        + f'<rect x="-9" y="16" width="18" height="5" rx="2" fill="{LAMP}"/>'
        + stroke("M-4 22v12M0 22v15M4 22v12", LAMP_DEEP, 2),
        f"translate({number(x)} {number(y)}) scale({number(size)})",
    )


def _weaver(x: float, y: float, coat: Colors, scarf: Colors, *, mirrored: bool = False) -> str:
    """Return a woman on a low stool, bent over her work; her face is her own."""
    light, mid, deep = coat
    body = (
        f'<rect x="-24" y="34" width="54" height="9" rx="3" fill="{WOOD}" stroke="{WOOD_DEEP}" '
        'stroke-width="2"/>'
        + stroke("M-16 44l-5 22M22 44l5 22", WOOD_DEEP, 5)
        + shape("M-28 36Q-40 -22 -6 -38Q30 -40 34 0L36 36Z", mid, edge=deep, width=2.5)
        + shape("M-20 36H44Q66 34 66 52L64 66H44L40 52H-8Z", INK)
        + stroke("M8 -22Q42 -6 58 16", deep, 19)
        + stroke("M8 -22Q42 -6 58 16", mid, 15)
        + disc((60, 18), 8, SKIN, edge=SKIN_DEEP, width=1.5)
        + stroke("M-16 -16Q-20 10 -18 30", light, 2, more='stroke-dasharray="5 4"')
        + disc((16, -54), 20, SKIN, edge=SKIN_DEEP, width=1.5)
        + shape("M-7 -50Q-8 -80 18 -80Q38 -78 38 -58Q22 -60 14 -68Q10 -50 2 -38Z", INK)
        + disc((-8, -56), 11, INK)
        + stroke("M-6 -66Q14 -86 36 -66", scarf[1], 8)
        + stroke("M-6 -66Q14 -86 36 -66", scarf[0], 2, more='stroke-dasharray="4 4"')
        + shape("M46 20h44l-6 44h-32z", STRAW, edge=STRAW_DEEP)
        + stroke("M50 34h36M52 48h32M58 22v40M68 22v40M78 22v40", STRAW_DEEP, 1.6)
        + disc((58, 18), 9, PERSIMMON, edge=PERSIMMON_DEEP, width=1.5)
        + disc((74, 16), 10, LAMP, edge=LAMP_DEEP, width=1.5)
    )
    side = -1 if mirrored else 1
    return group(body, f"translate({number(x)} {number(y)}) scale({side} 1)")


def _workshop() -> str:
    far: Waves = ((54, 74, 1.4), (16, 27, 0.6))
    back: Waves = ((48, 96, 3.4), (12, 33, 2.0))
    terraces = "".join(
        stroke(
            smooth([(float(x), _ridge_at(x, 238 + 15 * k, back) + 6) for x in range(-20, 640, 30)]),
            BAMBOO_LIGHT,
            3,
            more='opacity=".8"',
        )
        for k in range(6)
    )
    tiles = "".join(
        f"M{x} {y}q7 8 14 0" for y in range(120, 168, 12) for x in range(150 - (y - 120), 450, 14)
    )
    roof = "M118 176Q160 160 176 106H424Q440 160 482 176Z"
    house = (
        f'<rect x="150" y="170" width="300" height="138" fill="#f2e6cd" stroke="{WOOD_DEEP}" '
        'stroke-width="3"/>'
        + stroke("M150 216H450M206 172V306M270 172V306M330 172V306M394 172V306", WOOD, 7)
        + f'<rect x="274" y="220" width="52" height="88" fill="{WOOD_DEEP}"/>'
        + '<rect x="280" y="226" width="40" height="82" fill="#f7cf7c"/>'
        + "".join(
            f'<rect x="{x}" y="228" width="38" height="40" fill="#f9d88e" stroke="{WOOD_DEEP}" '
            f'stroke-width="3"/>'
            + stroke(f"M{x + 13} 228v40M{x + 26} 228v40M{x} 241h38M{x} 254h38", WOOD_DEEP, 2)
            for x in (218, 342)
        )
        + f'<clipPath id="room-roof"><path d="{roof}"/></clipPath>'
        + shape("M128 176H472V186H128Z", "#3a2614", more='opacity=".25"')
        + shape(roof, "#525a6b", edge="#343a49", width=3)
        + group(stroke(tiles, "#7c8597", 2), "translate(0 0)", more='clip-path="url(#room-roof)"')
        + stroke("M172 105H428", "#343a49", 9)
        + '<rect x="240" y="184" width="120" height="27" rx="3" fill="#3b2a1c"/>'
        + f'<text x="300" y="204" text-anchor="middle" font-family="Songti SC, Noto Serif SC, '
        f'Noto Serif CJK SC, SimSun, serif" font-size="18" font-weight="700" letter-spacing="4" '
        f'fill="{LAMP_LIGHT}">手工坊</text>' + _lantern(240, 246, 0.9) + _lantern(360, 246, 0.9)
    )
    pole = (
        stroke("M20 332V196M128 332V190", WOOD_DEEP, 7)
        + stroke("M6 202L146 196", BAMBOO, 7)
        + stroke("M6 200L146 194", BAMBOO_LIGHT, 2)
        + shape("M34 202h40v76q-10 -5 -20 0t-20 0z", INDIGO, edge=INDIGO_DEEP)
        + "".join(
            disc((x, y), 4, RAMIE_LIGHT) for x, y in ((46, 220), (62, 232), (46, 246), (62, 260))
        )
        + shape("M84 199h30v58q-8 4 -15 0t-15 0z", RAMIE_LIGHT, edge=RAMIE_DEEP)
        + stroke("M84 212h30M84 238h30", PERSIMMON, 5)
    )
    sandals = "".join(
        group(
            stroke("M0 -18V-4", STRAW_DEEP, 2)
            + shape("M-8 -4Q-11 14 -6 32Q0 38 6 32Q11 14 8 -4Q0 -10 -8 -4Z", STRAW, edge=STRAW_DEEP,
                    width=2)
            + stroke("M-9 6L9 12M-9 13L9 6", INDIGO, 4),
            f"translate({x} {y}) rotate({turn})",
        )
        for x, y, turn in ((482, 236, -4), (502, 236, 5), (534, 233, -5), (555, 233, 4))
    )  # fmt: skip
    line = stroke("M462 214Q520 226 596 208", WOOD_DEEP, 3) + stroke("M592 332V190", WOOD_DEEP, 7)
    yard = shape("M-10 306Q300 288 610 306V410H-10Z", "#d9c49b") + stroke(
        "M40 352q40 -8 90 0M250 378q60 -8 120 0M440 350q40 -6 90 2", "#bda06c", 3
    )
    return (
        '<defs><linearGradient id="room-sky" x2="0" y2="1"><stop offset="0" stop-color="#cfdbe6"/>'
        '<stop offset=".7" stop-color="#f6ead0"/></linearGradient>'
        + _light("room-sun", (492, 76), 130)
        + "</defs>"
        + f'<rect width="{WIDTH}" height="{HEIGHT}" fill="url(#room-sky)"/>'
        + disc((492, 76), 130, "url(#room-sun)")
        + disc((492, 76), 24, LAMP)
        + _ridge(190, far, "#a9bbb8")
        + _ridge(238, back, "#86a57a")
        + terraces
        + yard
        + house
        + pole
        + line
        + sandals
        + oval((186, 368), 70, 10, "#3a2614", more='opacity=".18"')
        + oval((420, 372), 70, 10, "#3a2614", more='opacity=".18"')
        + _weaver(156, 304, INDIGOS, PERSIMMONS)
        + _weaver(450, 308, PERSIMMONS, LAMPS, mirrored=True)
    )


def _hand(sleeve: Colors, *, dots: bool = True) -> str:
    """Return a hand from above with its sleeve, fingers pointing up, thumb to the right."""
    light, mid, deep = sleeve
    fingers = (
        "M-19 -8Q-27 -34 -20 -58",
        "M-7 -14Q-12 -44 -4 -70",
        "M6 -13Q4 -42 11 -66",
        "M18 -6Q18 -32 23 -52",
    )
    thumb = "M20 12Q40 2 44 -22"
    spots = "".join(
        disc((x, y), 3.4, light)
        for x, y in ((-22, 76), (0, 70), (22, 76), (-12, 100), (12, 100), (-26, 124), (0, 124), (26, 124))
    )  # fmt: skip
    return (
        stroke("M0 20V56", SKIN_DEEP, 44)
        + stroke("M0 20V58", SKIN, 41)
        + "".join(stroke(data, SKIN_DEEP, 18) for data in (*fingers, thumb))
        + shape("M-28 -2Q-28 -20 0 -20T28 -2Q30 26 18 34H-18Q-30 24 -28 -2Z", SKIN_DEEP)
        + "".join(stroke(data, SKIN, 15) for data in (*fingers, thumb))
        + shape("M-26 -3Q-26 -20 0 -20T26 -3Q28 24 17 32H-17Q-28 22 -26 -3Z", SKIN)
        + stroke("M-12 -6Q-11 4 -6 8M2 -8Q2 2 4 6M14 -4Q13 4 12 8", SKIN_DEEP, 1.6)
        + stroke("M-20 -56l1 -5M-4 -68l1 -5M11 -64l2 -5M23 -50l2 -5M44 -20v-5", "#f3c9a4", 5)
        + shape("M-31 52H31L48 190H-48Z", mid, edge=deep)
        + (spots if dots else "")
        + stroke("M-31 54H31", deep, 14)
        + stroke("M-31 54H31", light, 3, more='stroke-dasharray="7 5"')
    )


def _ball(center: Point, radius: float, colors: Colors) -> str:
    x, y = center
    light, mid, deep = colors
    r = radius
    arcs = "".join(
        f"M{pair((x - r * 0.9, y + r * k))}Q{pair((x, y + r * (k - 0.5)))} "
        f"{pair((x + r * 0.86, y + r * (k + 0.1)))}"
        for k in (-0.25, 0.1, 0.45)
    )
    across = "".join(
        f"M{pair((x + r * k, y - r * 0.85))}Q{pair((x + r * (k - 0.45), y))} "
        f"{pair((x + r * (k + 0.1), y + r * 0.85))}"
        for k in (-0.2, 0.15, 0.5)
    )
    return (
        shadow(circle(center, radius), 5, 8)
        + disc(center, radius, mid, edge=deep)
        + stroke(across, deep, r / 16)
        + stroke(arcs, light, r / 13)
    )


def _planks(name: str) -> str:
    return (
        f'<defs><radialGradient id="{name}-light" cx=".3" cy=".1" r="1">'
        '<stop offset="0" stop-color="#ffe9b8" stop-opacity=".55"/>'
        '<stop offset=".6" stop-color="#ffe9b8" stop-opacity="0"/>'
        '<stop offset="1" stop-color="#2b190b" stop-opacity=".3"/></radialGradient></defs>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#b98d5e"/>'
        + stroke("M0 92H600M0 196H600M0 302H600", WOOD_DEEP, 2.5, more='opacity=".7"')
        + stroke(
            "M20 40q90 12 190 0M300 56q110 -12 240 4M40 140q70 -10 150 0M380 150q90 12 200 -2"
            "M10 250q80 10 160 0M420 258q80 -10 170 2M60 350q120 12 240 0M390 360q80 -8 180 0",
            "#9a6f43",
            2.4,
            more='opacity=".6"',
        )
        + f'<rect width="{WIDTH}" height="{HEIGHT}" fill="url(#{name}-light)"/>'
    )


def _weave_pendant() -> str:
    tray = (
        shadow(circle((300, 206), 158), 8, 14)
        + disc((300, 206), 158, STRAW_DEEP)
        + "".join(
            plait(circle((300, 206), radius), 15, light=STRAW_LIGHT, mid=STRAW, deep=STRAW_DEEP)
            for radius in (151, 139)
        )
        + disc((300, 206), 131, "#e5cd97")
        + '<clipPath id="tray"><circle cx="300" cy="206" r="131"/></clipPath>'
        + group(
            stroke("".join(f"M160 {y}h280" for y in range(72, 345, 13)), "#c9a865", 2)
            + stroke("".join(f"M{x} 70v280" for x in range(168, 440, 13)), "#d5b97c", 2),
            "rotate(14 300 206)",
            more='clip-path="url(#tray)"',
        )
    )
    scissors = group(
        stroke("M-4 6L30 -84M8 6L-20 -84", "#4e5763", 12)
        + stroke("M-4 6L30 -84M8 6L-20 -84", "#c3cad2", 8)
        + shape(circle((-14, 28), 17), "none", edge=PERSIMMON, width=9)
        + shape(circle((20, 28), 17), "none", edge=PERSIMMON, width=9)
        + disc((3, -14), 4.5, "#4e5763"),
        "translate(520 120) rotate(38)",
    )
    tea = (
        oval((86, 96), 49, 47, "#3a2614", more='opacity=".25"')
        + disc((78, 86), 46, "#f6f0e4", edge="#8e9aa8", width=3)
        + shape(circle((78, 86), 40), "none", edge=INDIGO, width=3)
        + disc((78, 86), 35, "#bfae5d", edge="#8b7a34", width=2)
        + shape(petal((86, 92), 0.5, 18, 6), BAMBOO, edge=BAMBOO_DEEP, width=1.4)
        + stroke("M56 74q10 -14 26 -13", "#efe6b4", 4)
    )
    done = (
        plait("M236 92V112", 5, light=LAMP_LIGHT, mid=LAMP, deep=LAMP_DEEP)
        + flower((236, 136), 28, INDIGOS, LAMP, petals=6)
        + tassel((236, 160), 46, 14, light=LAMP_LIGHT, mid=LAMP, deep=LAMP_DEEP, threads=7)
    )
    needle = stroke("M352 150L398 108", "#6a727d", 4) + stroke(
        "M352 150Q330 172 322 196", PERSIMMON, 3
    )
    return (
        _planks("lesson")
        + tray
        + _ball((352, 126), 27, BAMBOOS)
        + _ball((398, 176), 22, LAMPS)
        + group(done, "rotate(-14 236 150)")
        + tea
        + scissors
        + _ball((534, 266), 30, INDIGOS)
        + stroke("M512 286C486 318 560 340 604 330", INDIGO, 3.5)
        + _ball((66, 236), 24, PERSIMMONS)
        + group(_hand(INDIGOS), "translate(206 322) rotate(28) scale(1.08)")
        + group(_hand(INDIGOS), "translate(398 324) rotate(-28) scale(-1.08 1.08)")
        + shadow(circle((300, 240), 50), 5, 8)
        + flower((300, 240), 54, PERSIMMONS, LAMP, petals=8)
        + flower((300, 240), 31, RAMIES, LAMP, petals=8)
        + needle
    )


def _weave_sandals() -> str:
    frame = (
        shadow("M238 20h124v40h-124z", 8, 12)
        + f'<rect x="236" y="18" width="128" height="40" rx="8" fill="{WOOD}" '
        f'stroke="{WOOD_DEEP}" stroke-width="3"/>'
        + stroke("M246 30h104", WOOD_LIGHT, 4)
        + "".join(
            f'<rect x="{x}" y="8" width="13" height="32" rx="5" fill="{WOOD_LIGHT}" '
            f'stroke="{WOOD_DEEP}" stroke-width="2.5"/>'
            for x in (247, 279, 309, 341)
        )
    )
    outline = smooth(
        [(300, 338), (262, 328), (246, 284), (250, 236), (244, 190), (246, 168), (354, 168),
         (356, 190), (350, 236), (354, 284), (338, 328)], closed=True,
    )  # fmt: skip
    cords = "".join(
        stroke(f"M{top} 26C{top} 80 {low} 110 {low} 176", STRAW_DEEP, 7)
        + stroke(f"M{top} 26C{top} 80 {low} 110 {low} 176", STRAW_LIGHT, 4.4)
        + stroke(
            f"M{top} 26C{top} 80 {low} 110 {low} 176", STRAW, 4.4, more='stroke-dasharray="5 5"'
        )
        for top, low in ((253, 260), (285, 287), (315, 313), (347, 340))
    )
    rows = []
    for k in range(13):
        y = 176 + k * 12.4
        half = 56 - abs(k - 2.2) * 0.9 - max(0, k - 9) ** 2 * 2.1
        colors = (PERSIMMONS, INDIGOS, INDIGOS)[k] if k < 3 else STRAWS
        data = smooth([(300 - half, y + 2), (300, y + 7), (300 + half, y + 2)])
        rows.append(plait(data, 14, light=colors[0], mid=colors[1], deep=colors[2]))
    loose = curve([(356, 182), (404, 170), (432, 196), (424, 236), (446, 266)], 8)
    bundle = group(
        "".join(
            stroke(f"M{x} 0Q{x + bend} 66 {x + 2 * bend} 148", color, 5)
            for x, bend, color in (
                (-26, -9, STRAW_DEEP), (-20, -5, STRAW), (-13, -4, STRAW_LIGHT), (-6, -1, STRAW),
                (0, 1, STRAW_DEEP), (6, 2, STRAW_LIGHT), (13, 4, STRAW), (20, 7, STRAW_LIGHT),
                (26, 9, STRAW_DEEP),
            )
        )
        + stroke("M-32 64H32", PERSIMMON_DEEP, 13)
        + stroke("M-32 64H32", PERSIMMON, 9)
        + stroke("M-30 64H32", PERSIMMON_LIGHT, 2.5, more='stroke-dasharray="6 5"'),
        "translate(92 40) rotate(16)",
    )  # fmt: skip
    finished = group(
        shadow("M-30 -66Q-40 0 -28 64Q0 84 28 64Q40 0 30 -66Q0 -88 -30 -66Z", 7, 10)
        + shape("M-30 -66Q-40 0 -28 64Q0 84 28 64Q40 0 30 -66Q0 -88 -30 -66Z", STRAW, edge=STRAW_DEEP)
        + "".join(
            plait(
                f"M{-30 + inset} {-64 + inset}Q{-38 + inset} 0 {-27 + inset} {62 - inset}"
                f"Q0 {82 - inset * 1.6} {27 - inset} {62 - inset}Q{38 - inset} 0 {30 - inset} "
                f"{-64 + inset}Q0 {-86 + inset * 1.6} {-30 + inset} {-64 + inset}",
                9, light=STRAW_LIGHT, mid=STRAW, deep=STRAW_DEEP,
            )
            for inset in (4, 13, 22)
        )
        + plait("M-37 -22Q0 -44 37 -22", 15, light=INDIGO_LIGHT, mid=INDIGO, deep=INDIGO_DEEP)
        + plait("M-36 -2Q0 -26 36 -2", 15, light=RAMIES[0], mid=RAMIES[1], deep=RAMIES[2]),
        "translate(520 96) rotate(20)",
    )  # fmt: skip
    return (
        _planks("bench")
        + bundle
        + finished
        + frame
        + cords
        + shadow(outline, 7, 10)
        + "".join(rows)
        + plait(polyline(loose), 9, light=INDIGO_LIGHT, mid=INDIGO, deep=INDIGO_DEEP)
        + _ball((68, 268), 27, INDIGOS)
        + group(_hand(PERSIMMONS), "translate(196 288) rotate(34) scale(1.1)")
        + group(_hand(PERSIMMONS), "translate(420 292) rotate(-38) scale(-1.1 1.1)")
    )


SCENES: dict[str, Drawing] = {
    "home_hero": Drawing("山脊化作经线 · Ridges that turn into warp threads", _home_hero),
    "workshop": Drawing("手工坊 · A workshop in a village", _workshop),
    "weave_pendant": Drawing("编小挂件 · Weaving a pendant", _weave_pendant),
    "weave_sandals": Drawing("编凉鞋 · Weaving sandals", _weave_sandals),
}
