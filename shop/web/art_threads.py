"""Thread, braid and cloth as SVG text: the strokes that every drawing of the house is made of."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import atan2, cos, hypot, sin

Point = tuple[float, float]
Colors = tuple[str, str, str]
"""A thread's light, body and edge."""

RAMIE = "#efe5d0"
RAMIE_LIGHT = "#f8f1e2"
RAMIE_DEEP = "#d9c9a8"
STRAW = "#d6ab5f"
STRAW_LIGHT = "#ecd08f"
STRAW_DEEP = "#a8772f"
INDIGO = "#33497d"
INDIGO_LIGHT = "#6d84b6"
INDIGO_DEEP = "#1f2d52"
PERSIMMON = "#cf5a2c"
PERSIMMON_LIGHT = "#ec9463"
PERSIMMON_DEEP = "#98391a"
LAMP = "#f3b443"
LAMP_LIGHT = "#fbdc94"
LAMP_DEEP = "#c27e16"
BAMBOO = "#66895a"
BAMBOO_LIGHT = "#a5bf92"
BAMBOO_DEEP = "#3f5c3b"
INK = "#33291f"
WOOD = "#9a6b40"
WOOD_LIGHT = "#c29363"
WOOD_DEEP = "#6b4526"
SKIN = "#d9a074"
SKIN_DEEP = "#a86c45"


def number(value: float) -> str:
    """Return a coordinate with at most one decimal and no needless zero."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def pair(point: Point) -> str:
    """Return a point as path data."""
    return f"{number(point[0])} {number(point[1])}"


def polyline(points: Sequence[Point], *, closed: bool = False) -> str:
    """Return path data of straight lines through the points."""
    return "M" + "L".join(pair(p) for p in points) + ("Z" if closed else "")


def smooth(points: Sequence[Point], *, closed: bool = False) -> str:
    """Return path data of one soft curve through all the points."""
    count = len(points)
    last = count if closed else count - 1

    def at(index: int) -> Point:
        return points[index % count] if closed else points[min(max(index, 0), count - 1)]

    parts = [f"M{pair(points[0])}"]
    for i in range(last):
        before, start, end, after = at(i - 1), at(i), at(i + 1), at(i + 2)
        first = (start[0] + (end[0] - before[0]) / 6, start[1] + (end[1] - before[1]) / 6)
        second = (end[0] - (after[0] - start[0]) / 6, end[1] - (after[1] - start[1]) / 6)
        parts.append(f"C{pair(first)} {pair(second)} {pair(end)}")
    return "".join(parts) + ("Z" if closed else "")


def along(points: Sequence[Point], step: float) -> list[tuple[Point, float]]:
    """Return places every ``step`` units along straight pieces, each with its direction."""
    places: list[tuple[Point, float]] = []
    carried = 0.0
    for (ax, ay), (bx, by) in pairwise(points):
        length = hypot(bx - ax, by - ay)
        if not length:
            continue
        direction = atan2(by - ay, bx - ax)
        at = carried
        while at < length:
            part = at / length
            places.append(((ax + (bx - ax) * part, ay + (by - ay) * part), direction))
            at += step
        carried = at - length
    return places


def curve(points: Sequence[Point], pieces: int = 12) -> list[Point]:
    """Return the same soft curve as ``smooth`` as many short straight pieces."""
    dense: list[Point] = []
    count = len(points)
    for i in range(count - 1):
        p0, p1 = points[max(i - 1, 0)], points[i]
        p2, p3 = points[i + 1], points[min(i + 2, count - 1)]
        for k in range(pieces):
            t = k / pieces
            dense.append(
                (
                    _catmull(p0[0], p1[0], p2[0], p3[0], t),
                    _catmull(p0[1], p1[1], p2[1], p3[1], t),
                )
            )
    return [*dense, points[-1]]


def _catmull(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t**3
    )


def stroke(data: str, color: str, width: float, *, more: str = "") -> str:
    """Return one round-ended line."""
    return (
        f'<path d="{data}" fill="none" stroke="{color}" stroke-width="{number(width)}" '
        f'stroke-linecap="round" stroke-linejoin="round"{" " + more if more else ""}/>'
    )


def shape(data: str, fill: str, *, edge: str = "", width: float = 2.5, more: str = "") -> str:
    """Return one filled shape, with an ink edge when a color is given."""
    line = (
        f' stroke="{edge}" stroke-width="{number(width)}" stroke-linejoin="round"' if edge else ""
    )
    return f'<path d="{data}" fill="{fill}"{line}{" " + more if more else ""}/>'


def disc(center: Point, radius: float, fill: str, *, edge: str = "", width: float = 2.5) -> str:
    """Return one filled circle."""
    line = f' stroke="{edge}" stroke-width="{number(width)}"' if edge else ""
    return (
        f'<circle cx="{number(center[0])}" cy="{number(center[1])}" r="{number(radius)}" '
        f'fill="{fill}"{line}/>'
    )


def oval(center: Point, rx: float, ry: float, fill: str, *, more: str = "") -> str:
    """Return one filled ellipse."""
    return (
        f'<ellipse cx="{number(center[0])}" cy="{number(center[1])}" rx="{number(rx)}" '
        f'ry="{number(ry)}" fill="{fill}"{" " + more if more else ""}/>'
    )


def group(content: str, transform: str, *, more: str = "") -> str:
    """Return drawn things moved, turned or mirrored together."""
    return f'<g transform="{transform}"{" " + more if more else ""}>{content}</g>'


def plait(data: str, width: float, *, light: str, mid: str, deep: str) -> str:
    """Return a cord or a straw plait along a path: an edge, a body and the crossing strands."""
    dash = f'stroke-dasharray="{number(width * 0.42)} {number(width * 0.72)}"'
    shifted = f'{dash} stroke-dashoffset="{number(width * 0.57)}"'
    return (
        stroke(data, deep, width)
        + stroke(data, mid, width * 0.78)
        + stroke(data, light, width * 0.34, more=dash)
        + stroke(data, deep, width * 0.13, more=shifted)
    )


def braid(
    points: Sequence[Point], width: float, *, light: str, mid: str, deep: str, straw: float = 0.8
) -> str:
    """Return a three-strand braid along a line, every crossing drawn: grain left, grain right."""
    places = along(points, width * 0.34)
    left: list[str] = []
    right: list[str] = []
    gleam: list[str] = []
    for i, ((x, y), direction) in enumerate(places):
        side = 1 if i % 2 else -1
        nx, ny = -sin(direction) * side, cos(direction) * side
        tx, ty = cos(direction), sin(direction)
        reach = width * 0.4
        start = (x + nx * reach - tx * width * 0.3, y + ny * reach - ty * width * 0.3)
        end = (x - nx * width * 0.06 + tx * width * 0.26, y - ny * width * 0.06 + ty * width * 0.26)
        line = f"M{pair(start)}L{pair(end)}"
        (left if side < 0 else right).append(line)
        gleam.append(line)
    parts = [stroke(polyline(points), deep, width * 0.92)]
    # Each grain lies on the one before it, so edge and body alternate instead of two long paths.
    parts += [
        stroke("".join(grains), deep, width * 0.46) + stroke("".join(grains), color, width * 0.34)
        for grains, color in ((left, mid), (right, mid))
    ]
    parts.append(stroke("".join(gleam), light, width * 0.1, more=f'opacity="{straw}"'))
    return "".join(parts)


def tassel(
    top: Point, length: float, width: float, *, light: str, mid: str, deep: str, threads: int = 9
) -> str:
    """Return a hanging tassel: its neck, its skirt of threads and the binding."""
    x, y = top
    head = width * 0.52
    waist, belly, hem = y + head * 1.4, y + length * 0.5, y + length * 0.95
    lines: list[str] = []
    lit: list[str] = []
    for i in range(threads):
        part = i / (threads - 1) * 2 - 1
        start = (x + part * head * 0.5, waist)
        bend = (x + part * width * 0.62, belly)
        end = (bend[0], y + length - abs(part) * length * 0.05 + (i % 3) * 1.7)
        (lines if i % 2 else lit).append(f"M{pair(start)}Q{pair(bend)} {pair(end)}")
    left, right = x - width * 0.64, x + width * 0.64
    skirt = (
        f"M{pair((x - head * 0.5, waist))}Q{pair((left, belly))} {pair((left, hem))}"
        f"H{number(right)}Q{pair((right, belly))} {pair((x + head * 0.5, waist))}Z"
    )
    return (
        shape(skirt, mid)
        + stroke("".join(lines), deep, width / 16)
        + stroke("".join(lit), light, width / 16)
        + disc((x, y + head * 0.7), head * 0.72, mid, edge=deep, width=2)
        + stroke(
            f"M{pair((x - head * 0.52, y + head * 1.45))}h{number(head * 1.04)}", deep, head * 0.34
        )
        + stroke(
            f"M{pair((x - head * 0.46, y + head * 1.4))}h{number(head * 0.92)}", light, head * 0.13
        )
    )


def circle(center: Point, radius: float) -> str:
    """Return path data of a circle."""
    x, y = center
    r = number(radius)
    return (
        f"M{pair((x - radius, y))}a{r} {r} 0 1 1 {number(2 * radius)} 0"
        f"a{r} {r} 0 1 1 {number(-2 * radius)} 0Z"
    )


def lattice(
    rows: Sequence[tuple[Point, Point]],
    columns: Sequence[tuple[Point, Point]],
    width: float,
    *,
    row_colors: Colors,
    column_colors: Colors,
) -> str:
    """Return two sets of straight bands woven over and under each other; colors light mid deep."""
    over: list[tuple[Point, Point]] = []
    for i, row in enumerate(rows):
        for k, column in enumerate(columns):
            at = None if (i + k) % 2 else crossing(row, column)
            if at is None:
                continue
            (ax, ay), (bx, by) = row
            length = hypot(bx - ax, by - ay)
            dx, dy = (bx - ax) / length * width * 0.62, (by - ay) / length * width * 0.62
            over.append(((at[0] - dx, at[1] - dy), (at[0] + dx, at[1] + dy)))
    return (
        _bands(rows, width, row_colors)
        + _bands(columns, width, column_colors)
        + _bands(over, width, row_colors)
    )


def _bands(lines: Sequence[tuple[Point, Point]], width: float, colors: Colors) -> str:
    """Return flat bands that do not touch each other: edge, body and a row of stitches."""
    light, mid, deep = colors
    data = "".join(f"M{pair(a)}L{pair(b)}" for a, b in lines)
    layers = ((deep, width, ""), (mid, width * 0.84, ""), (light, width * 0.14, "3 3"))
    return "".join(
        f'<path d="{data}" stroke="{color}" stroke-width="{number(size)}"'
        + (f' stroke-dasharray="{dash}"/>' if dash else "/>")
        for color, size, dash in layers
    )


def crossing(one: tuple[Point, Point], other: tuple[Point, Point]) -> Point | None:
    """Return where two straight pieces meet; None when they do not."""
    (ax, ay), (bx, by) = one
    (cx, cy), (dx, dy) = other
    below = (bx - ax) * (dy - cy) - (by - ay) * (dx - cx)
    if not below:
        return None
    s = ((cx - ax) * (dy - cy) - (cy - ay) * (dx - cx)) / below
    t = ((cx - ax) * (by - ay) - (cy - ay) * (bx - ax)) / below
    if not (0 <= s <= 1 and 0 <= t <= 1):
        return None
    return (ax + (bx - ax) * s, ay + (by - ay) * s)
