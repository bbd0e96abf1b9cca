"""Pictures of the feasts, for curated shelves, in the same hand as places and goods."""

from __future__ import annotations

from math import pi

from shop.web.art_goods import BAMBOOS, LAMPS, PERSIMMONS, Drawing, flower, petal
from shop.web.art_scenes import HEIGHT, SCENES, WIDTH
from shop.web.art_threads import (
    BAMBOO,
    BAMBOO_DEEP,
    BAMBOO_LIGHT,
    INDIGO,
    INDIGO_DEEP,
    LAMP,
    LAMP_DEEP,
    LAMP_LIGHT,
    PERSIMMON,
    PERSIMMON_DEEP,
    PERSIMMON_LIGHT,
    RAMIE_LIGHT,
    STRAW,
    STRAW_DEEP,
    WOOD_DEEP,
    circle,
    disc,
    group,
    number,
    oval,
    plait,
    polyline,
    shape,
    smooth,
    stroke,
    tassel,
)

Ridge = tuple[tuple[float, float], ...]
FAR: Ridge = ((-20, 250), (70, 204), (150, 236), (250, 178), (350, 226), (450, 186), (640, 238))
NEAR: Ridge = ((-20, 320), (90, 270), (210, 316), (330, 262), (450, 312), (640, 272))


def _sky(top: str, low: str, name: str) -> str:
    return (
        f'<linearGradient id="{name}-sky" x2="0" y2="1"><stop stop-color="{top}"/>'
        f'<stop offset="1" stop-color="{low}"/></linearGradient>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="url(#{name}-sky)"/>'
    )


def _ridges(far: str, near: str, *, thread: str) -> str:
    """Return two ridges; the near one is woven, as everything of the house is."""
    front = smooth(NEAR) + f"V{HEIGHT + 10}H-20Z"
    rows = stroke(
        "".join(f"M-10 {y}H{WIDTH + 10}" for y in range(280, HEIGHT, 13)), thread, 3,
        more='stroke-dasharray="15 11" opacity=".5"',
    )  # fmt: skip
    return (
        shape(smooth(FAR) + f"V{HEIGHT + 10}H-20Z", far)
        + shape(front, near)
        + f'<clipPath id="near-ridge"><path d="{front}"/></clipPath>'
        + group(rows, "translate(0 0)", more='clip-path="url(#near-ridge)"')
    )


def _house(x: float, y: float, size: float) -> str:
    return group(
        shape("M-22 0v-22h44v22z", "#f1e3c6")
        + shape("M-32 -20Q-18 -26 -15 -40H15Q18 -26 32 -20Z", INDIGO_DEEP)
        + '<rect x="-13" y="-15" width="10" height="10" fill="#f9c65a"/>'
        + '<rect x="4" y="-15" width="9" height="15" fill="#c98b3b"/>',
        f"translate({number(x)} {number(y)}) scale({number(size)})",
    )


def _moon() -> str:
    stars = "".join(
        disc(((n * 97) % WIDTH, 18 + (n * 53) % 170), 1.6 + n % 2, "#f6e7b8") for n in range(26)
    )
    cake = (
        disc((0, 0), 34, STRAW, edge=STRAW_DEEP, width=3)
        + flower((0, 0), 24, ("#f0d391", "#deb365", STRAW_DEEP), LAMP_DEEP, petals=8)
        + stroke(circle((0, 0), 29), STRAW_DEEP, 2, more='stroke-dasharray="5 5"')
    )
    return (
        _sky("#1f2750", "#5b5f8d", "moon")
        + stars
        + oval((420, 112), 92, 92, "#fff3c8", more='opacity=".18"')
        + disc((420, 112), 66, "#fdeeb9")
        + stroke(circle((420, 112), 58), "#f2d98c", 2, more='stroke-dasharray="8 10"')
        + _ridges("#3a4372", "#262d57", thread="#4b5690")
        + _house(150, 296, 1)
        + _house(214, 308, 0.8)
        + shape("M330 352h220l-16 34H346z", WOOD_DEEP)
        + group(cake, "translate(396 340) scale(1 .8)")
        + group(cake, "translate(470 336) scale(1 .8)")
        + group(cake, "translate(434 318) scale(1 .8)")
    )


def _mugwort() -> str:
    def rice(x: float, y: float, turn: float) -> str:
        body = "M0 -44L46 34Q0 50 -46 34Z"
        return group(
            shape(body, BAMBOO, edge=BAMBOO_DEEP, width=3)
            + shape("M0 -44L46 34Q24 42 6 42Z", BAMBOO_LIGHT, more='opacity=".55"')
            + stroke("M-30 6Q0 20 30 8M-38 22Q0 36 40 24", LAMP_LIGHT, 4)
            + stroke("M-4 14q-18 18 -10 30M6 14q18 16 12 32", LAMP_LIGHT, 3),
            f"translate({x} {y}) rotate({turn})",
        )

    leaves = "".join(
        shape(petal((92 + n * 13, 220 - n * 18), -pi * (0.3 + 0.42 * (n % 2)), 84, 13), color,
              edge=BAMBOO_DEEP, width=1.6)
        for n, color in enumerate((BAMBOO, "#86a877", BAMBOO, "#86a877", BAMBOO, "#86a877"))
    )  # fmt: skip
    boat = (
        shape("M300 150Q420 196 566 132Q548 188 430 196Q330 196 300 150Z", PERSIMMON,
              edge=PERSIMMON_DEEP, width=3)
        + stroke("M316 162Q430 200 552 146", LAMP_LIGHT, 4, more='stroke-dasharray="10 8"')
        + stroke("M360 176l-16 34M410 184l-14 36M460 180l-10 36M508 164l-6 36", STRAW_DEEP, 5)
        + "".join(disc((x, y), 10, "#d9a074", edge="#a86c45") for x, y in (
            (372, 162), (420, 166), (468, 160)))
        + stroke("M556 136q22 -12 26 -34", PERSIMMON, 9)
    )  # fmt: skip
    waves = "".join(
        stroke(f"M{x} {y}q16 -12 32 0t32 0", "#f3f7f2", 3, more='opacity=".8"')
        for x, y in ((300, 226), (390, 240), (480, 228), (350, 258), (520, 262), (250, 250))
    )
    return (
        _sky("#e9efe0", "#bcd3cf", "mugwort")
        + shape(smooth(FAR) + f"V{HEIGHT + 10}H-20Z", "#a9c2ae")
        + shape(f"M-20 206Q300 188 620 206V{HEIGHT + 10}H-20Z", "#8fb7bb")
        + group(boat, "translate(0 44)")
        + group(waves, "translate(0 34)")
        + shape(f"M-20 330Q200 306 620 336V{HEIGHT + 10}H-20Z", "#d9c7a3")
        + stroke("M88 330Q104 220 176 96", BAMBOO_DEEP, 6)
        + leaves
        + plait("M86 306q20 10 38 2", 12, light=PERSIMMON_LIGHT, mid=PERSIMMON, deep=PERSIMMON_DEEP)
        + rice(220, 322, -8)
        + rice(310, 334, 10)
        + rice(268, 290, 2)
        + tassel((392, 330), 44, 14, light=LAMP_LIGHT, mid=LAMP, deep=LAMP_DEEP)
        + disc((392, 322), 16, PERSIMMON, edge=PERSIMMON_DEEP, width=2)
        + stroke("M378 322h28M392 308v28", LAMP_LIGHT, 2.5)
    )


def _spring() -> str:
    branch = [(-10.0, 60.0), (110.0, 96.0), (220.0, 88.0), (340.0, 126.0), (430.0, 118.0)]
    blossoms = "".join(
        flower((x, y), size, ("#fff2ee", "#f4b9a6", "#cf7a5e"), LAMP, petals=5)
        for x, y, size in (
            (96, 84, 26), (160, 112, 20), (214, 76, 28), (276, 124, 22), (338, 110, 30),
            (404, 136, 22), (428, 104, 18), (52, 96, 16),
        )
    )  # fmt: skip
    fallen = "".join(
        shape(petal((x, y), turn, 15, 6), "#f4b9a6", edge="#cf7a5e", width=1)
        for x, y, turn in ((300, 212, 1), (420, 240, 2.4), (180, 232, 0.4), (512, 196, 3.6))
    )
    return (
        _sky("#fbeedd", "#f0d9c4", "spring")
        + disc((492, 92), 40, LAMP_LIGHT)
        + _ridges("#b9c8a4", "#7f9f6d", thread="#a9c492")
        + _house(420, 294, 1)
        + _house(488, 306, 0.8)
        + stroke(smooth(branch), WOOD_DEEP, 11)
        + stroke(smooth(branch), "#a8825c", 3, more='stroke-dasharray="20 14"')
        + stroke("M220 88q30 -40 66 -46M110 96q20 40 58 52", WOOD_DEEP, 7)
        + blossoms
        + fallen
        + group(flower((0, 0), 30, PERSIMMONS, LAMP, petals=8), "translate(120 340)")
        + group(flower((0, 0), 24, LAMPS, PERSIMMON, petals=8), "translate(176 356)")
        + group(flower((0, 0), 20, BAMBOOS, LAMP, petals=6), "translate(74 362)")
    )


def _lanterns() -> str:
    def lantern(x: float, y: float, size: float) -> str:
        ribs = stroke(
            "M0 -50V50M-26 -46Q-46 0 -26 46M26 -46Q46 0 26 46M-50 -14Q-58 0 -50 14"
            "M50 -14Q58 0 50 14",
            PERSIMMON_DEEP,
            2.4,
        )
        return group(
            stroke("M0 -130V-62", WOOD_DEEP, 3)
            + oval((0, 0), 92, 92, "#fbd38a", more='opacity=".22"')
            + shape("M-26 -50H26Q66 -30 66 0T26 50H-26Q-66 30 -66 0T-26 -50Z", PERSIMMON,
                    edge=PERSIMMON_DEEP, width=3)
            + shape("M-18 -44H18Q36 -20 36 0T18 44H-18Q-36 20 -36 0T-18 -44Z", LAMP,
                    more='opacity=".45"')
            + ribs
            + '<rect x="-28" y="-62" width="56" height="13" rx="4" fill="#c27e16"/>'
            + '<rect x="-28" y="49" width="56" height="13" rx="4" fill="#c27e16"/>'
            + tassel((0, 62), 58, 20, light=LAMP_LIGHT, mid=LAMP, deep=LAMP_DEEP),
            f"translate({x} {y}) scale({size})",
        )  # fmt: skip

    snow = "".join(
        disc(((n * 83) % WIDTH, (n * 61) % 300), 1.8 + n % 3, RAMIE_LIGHT) for n in range(36)
    )
    eaves = polyline([(-10, 30), (610, 30)]) + "V-10H-10Z"
    return (
        _sky("#2b3160", "#7b6f8f", "lanterns")
        + _ridges("#8a86a6", "#d9d5df", thread=RAMIE_LIGHT)
        + _house(300, 286, 1)
        + _house(368, 300, 0.8)
        + snow
        + shape(eaves, INDIGO_DEEP)
        + stroke("M-10 32H610", INDIGO, 6, more='stroke-dasharray="18 8"')
        + lantern(110, 150, 0.9)
        + lantern(490, 164, 1)
        + lantern(258, 118, 0.55)
        + lantern(372, 112, 0.5)
    )


FEASTS: dict[str, Drawing] = {
    "shelf_lanterns": Drawing("雪夜的灯笼 · Lanterns in the snow", _lanterns),
    "shelf_spring": Drawing("桃花开了 · Peach blossom", _spring),
    "shelf_mugwort": Drawing("艾草、粽子、龙舟 · Mugwort, rice and a dragon boat", _mugwort),
    "shelf_moon": Drawing("山上的月亮 · Moon over the ridge", _moon),
}
PICTURES: dict[str, Drawing] = {**FEASTS, **SCENES}
"""Everything that can stand above a shelf, by name."""
