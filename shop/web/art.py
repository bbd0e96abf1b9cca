"""Pictures that the house draws itself: cloth woven from a code, and goods without photographs."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

from markupsafe import Markup, escape

from shop.web import art_feasts, art_goods, art_scenes, art_wares
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
    STRAW,
    STRAW_DEEP,
    STRAW_LIGHT,
    number,
)

Thread = tuple[str, str, str]

_RAMIE: Thread = ("#fffaf0", "#e9dcc0", "#b9a67f")
_STRAW: Thread = (STRAW_LIGHT, STRAW, STRAW_DEEP)
_HAY: Thread = ("#f6e3b4", "#e3c27e", "#b58a43")
_INDIGO: Thread = (INDIGO_LIGHT, INDIGO, INDIGO_DEEP)
_SKY: Thread = ("#c9d6ea", "#8fa5cc", "#52699d")
_PERSIMMON: Thread = (PERSIMMON_LIGHT, PERSIMMON, PERSIMMON_DEEP)
_LAMP: Thread = (LAMP_LIGHT, LAMP, LAMP_DEEP)
_BAMBOO: Thread = (BAMBOO_LIGHT, BAMBOO, BAMBOO_DEEP)

CRAFT_THREADS: dict[str, tuple[str, tuple[Thread, ...], tuple[Thread, ...]]] = {
    # craft: the table under the cloth, its usual threads, its stripes
    "sandal": ("#e4d9c3", (_STRAW, _HAY), (_INDIGO, _PERSIMMON, _SKY)),
    "pendant": ("#f0dccb", (_PERSIMMON, _RAMIE), (_LAMP, _INDIGO, _BAMBOO)),
    "decor": ("#dfe3d2", (_RAMIE, _SKY), (_BAMBOO, _INDIGO, _LAMP)),
    "workshop": ("#e2ddd0", (_INDIGO, _RAMIE), (_LAMP, _STRAW, _PERSIMMON)),
}
PLAIN = ("#e9e1d0", (_RAMIE, _HAY), (_SKY, _BAMBOO, _STRAW))

WARPS = 17
WEFTS = 20
PITCH = 20
WIDTH, HEIGHT = 400, 500

# One repeat of each weave, as a weaver drafts it: 1 where the weft lies on top.
DRAFTS: tuple[tuple[str, ...], ...] = (
    ("10", "01"),
    ("1100", "0110", "0011", "1001"),
    ("1100", "1100", "0011", "0011"),
    ("1100", "0110", "0011", "1001", "0011", "0110"),
    ("110010", "011001", "101100", "010110", "001011", "100101"),
    ("10001", "01010", "00100", "01010"),
)

_WOVEN_NAME = re.compile(r"weave-([a-z_]{1,40})-([\w.~-]{0,80})", re.ASCII)


def woven_card(code: str, craft: str) -> Markup:
    """Return a sample of cloth as a complete SVG of 400 by 500: same code, same cloth.

    code     the product's own; decides weave, stripes and shades.
    craft    decides the colors; an unknown craft gets undyed cloth.
    """
    dice = hashlib.sha256(f"{craft}/{code}".encode()).digest()
    table, common, stripes = CRAFT_THREADS.get(craft, PLAIN)
    draft = DRAFTS[dice[0] % len(DRAFTS)]
    warp = _sequence(dice[1:9], common, stripes, WARPS)
    weft = _sequence(dice[9:17], common[::-1], stripes, WEFTS)
    left = (WIDTH - WARPS * PITCH) / 2
    top = (HEIGHT - WEFTS * PITCH) / 2
    parts = [
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{table}"/>',
        _block(left + 5, top + 8, 'fill="#3a2d1c" opacity=".16"'),
        _block(left, top, 'fill="#4a3a26"'),
        '<g fill="none" stroke-linecap="round">',
    ]
    for i, thread in enumerate(warp):
        x = left + i * PITCH + PITCH / 2
        ends = 20 + dice[i % 16] % 14, 22 + dice[(i + 7) % 16] % 16
        sway = dice[(i + 3) % 16] % 9 - 4
        data = (
            f"M{number(x - sway)} {number(top - ends[0])}Q{number(x)} {number(top - 6)} "
            f"{number(x)} {number(top + 4)}V{number(HEIGHT - top - 4)}"
            f"Q{number(x)} {number(HEIGHT - top + 8)} {number(x + sway)} "
            f"{number(HEIGHT - top + ends[1])}"
        )
        parts.append(_thread(data, thread, shine=f"M{number(x - 4)} {number(top)}v400"))
    for row, thread in enumerate(weft):
        y = top + row * PITCH + PITCH / 2
        lifted = draft[row % len(draft)]
        data = "".join(
            f"M{number(left + start * PITCH + 4)} {number(y)}h{number(length * PITCH - 8)}"
            for start, length in _floats([lifted[i % len(lifted)] == "1" for i in range(WARPS)])
        )
        parts.append(_thread(data, thread, shine=data, lift=-4))
    parts.append("</g>")
    return _picture("".join(parts), WIDTH, HEIGHT, code)


def _block(x: float, y: float, paint: str) -> str:
    return (
        f'<rect x="{number(x)}" y="{number(y)}" width="{WARPS * PITCH}" '
        f'height="{WEFTS * PITCH}" {paint}/>'
    )


def _sequence(
    dice: bytes, common: tuple[Thread, ...], stripes: tuple[Thread, ...], length: int
) -> list[Thread]:
    """Return the threads in their order: a mirrored repeat of ground and stripes."""
    half: list[Thread] = []
    turn = 0
    while len(half) <= length // 2:
        roll = dice[turn % len(dice)]
        ground = common[0] if turn % 4 else common[-1]
        half += [ground] * (2 + roll % 3)
        half += [stripes[(roll >> 3) % len(stripes)]] * (1 + (roll >> 6) % 2)
        turn += 1
    half = half[: length // 2 + 1]
    return (half + half[-2::-1] if length % 2 else half[:-1] + half[-2::-1])[:length]


def _floats(over: list[bool]) -> list[tuple[int, int]]:
    """Return where the thread lies on top: start and length of each float."""
    runs: list[tuple[int, int]] = []
    for i, is_over in enumerate(over):
        if not is_over:
            continue
        if runs and sum(runs[-1]) == i:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((i, 1))
    return runs


def _thread(data: str, thread: Thread, *, shine: str, lift: int = 0) -> str:
    light, mid, deep = thread
    moved = f' transform="translate(0 {lift})"' if lift else ""
    return (
        f'<path d="{data}" stroke="{deep}" stroke-width="18"/>'
        f'<path d="{data}" stroke="{mid}" stroke-width="14.5"/>'
        f'<path d="{shine}" stroke="{light}" stroke-width="2.5" opacity=".55"{moved}/>'
    )


def _picture(content: str, width: int, height: int, title: str) -> Markup:
    return Markup(  # noqa: S704 - drawn here from numbers; the title is escaped
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img"><title>{escape(title)}</title>{content}</svg>'
    )


@lru_cache(maxsize=64)
def drawing(name: str) -> Markup | None:
    """Return a drawn picture as a complete SVG; None when nobody has drawn that name.

    Goods are 400 by 500, scenes 600 by 400. Safe to repeat: the same name, the same picture.
    """
    goods = art_goods.GOODS.get(name) or art_wares.WARES.get(name)
    if goods is not None:
        return _picture(goods.draw(), WIDTH, HEIGHT, goods.title)
    scene = art_feasts.PICTURES.get(name)
    if scene is not None:
        return _picture(scene.draw(), art_scenes.WIDTH, art_scenes.HEIGHT, scene.title)
    return None


def artwork(name: str) -> Markup | None:
    """Return a drawing by its name, or the cloth of ``weave-<craft>-<code>``; None for others."""
    woven = _WOVEN_NAME.fullmatch(name)
    if woven:
        return _woven(woven[2], woven[1])
    return drawing(name)


@lru_cache(maxsize=512)
def _woven(code: str, craft: str) -> Markup:
    return woven_card(code, craft)


@lru_cache(maxsize=1024)
def art_url(name: str) -> str:
    """Return the address of a picture with its content in the query, cacheable for ever."""
    safe = re.sub(r"[^\w.~-]", "-", name, flags=re.ASCII)[:120]
    picture = artwork(safe)
    if picture is None:
        return f"/art/{safe}.svg"
    return f"/art/{safe}.svg?v={hashlib.sha256(picture.encode()).hexdigest()[:8]}"
