"""The components page, and what every token and stylesheet must keep."""

from __future__ import annotations

import re
from math import cos, radians, sin
from pathlib import Path

import pytest

from shop.web.components_gallery import ICONS, SAMPLES

HOUSE = Path(__file__).parents[2]
CSS = HOUSE / "static/css"
TEMPLATES = HOUSE / "templates"
GALLERY = "components_gallery.html"
COMPONENTS = {page.stem for page in (TEMPLATES / "components").glob("*.html")}
# What is drawn by another component's styles.
BORROWED = {"bound_field"}

TEXT_ON_GROUND = [
    (ink, ground)
    for ink in ("text", "muted", "link", "action", "info", "price", "danger", "look", "sure")
    for ground in ("page", "surface", "sunk")
] + [
    ("on-action", "action"),
    ("on-action", "action-strong"),
    *((kind, f"{kind}-tint") for kind in ("info", "danger", "look", "sure")),
    ("text", "look-tint"),
    ("text", "danger-tint"),
    ("link", "info-tint"),
]
HERS = [
    (ink, ground)
    for ink in ("text", "link", "danger", "look", "sure")
    for ground in ("page", "surface")
] + [
    ("on-action", "action"),
    ("look", "look-tint"),
    ("sure", "sure-tint"),
    ("danger", "danger-tint"),
]


def templates_in(page: str) -> set[str]:
    text = (TEMPLATES / page).read_text(encoding="utf-8")
    return set(re.findall(r'{%-? (?:extends|include|from|import) "([^"]+)"', text))


def tokens(light: str) -> dict[str, str]:
    text = (CSS / "tokens.css").read_text(encoding="utf-8")
    day, _, night = text.partition(':root[data-theme="dark"]')
    found = dict(re.findall(r"(--[\w-]+):\s*([^;]+);", day.partition("@media")[0]))
    if light == "dark":
        found |= dict(re.findall(r"(--[\w-]+):\s*([^;]+);", night.partition("[data-elder]")[0]))
    return found


def luminance(names: dict[str, str], name: str) -> float:
    value = names[name]
    while value.startswith("var("):
        value = names[value[4:-1]]
    lightness, chroma, hue = (float(n) for n in re.findall(r"[\d.]+", value)[:3])
    a, b = chroma * cos(radians(hue)), chroma * sin(radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short
    red, green, blue = (min(1.0, max(0.0, part)) for part in (red, green, blue))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(light: str, ink: str, ground: str) -> float:
    names = tokens(light)
    bright, dark = sorted(
        (luminance(names, f"--color-{ink}"), luminance(names, f"--color-{ground}")), reverse=True
    )
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("light", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT_ON_GROUND)
def test_text_can_be_read_on_every_ground_it_stands_on(light: str, ink: str, ground: str):
    assert contrast(light, ink, ground) >= 4.5


@pytest.mark.parametrize("light", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), HERS)
def test_what_a_maker_reads_stands_out_sevenfold(light: str, ink: str, ground: str):
    assert contrast(light, ink, ground) >= 7


@pytest.mark.parametrize("light", ["light", "dark"])
@pytest.mark.parametrize("line", ["focus", "line-strong"])
def test_the_edge_of_a_field_and_the_focus_ring_can_be_seen(light: str, line: str):
    assert min(contrast(light, line, ground) for ground in ("page", "surface", "sunk")) >= 3


def test_the_two_ways_into_the_dark_hold_the_same_tokens():
    text = (CSS / "tokens.css").read_text(encoding="utf-8")
    system, chosen = (
        re.findall(r"(--[\w-]+):\s*([^;]+);", re.search(opening + r"\s*\{([^}]+)\}", text)[1])
        for opening in (r':root:not\(\[data-theme="light"\]\)', r':root\[data-theme="dark"\]')
    )

    assert system == chosen


def test_every_stylesheet_is_sent_once():
    order = [line.split()[0] for line in (CSS / "order.txt").read_text("utf-8").splitlines()]

    assert sorted(order) == sorted(str(file.relative_to(CSS.parent)) for file in CSS.rglob("*.css"))


def test_buyers_miss_no_style_that_only_work_brings():
    marked = [line.split() for line in (CSS / "order.txt").read_text("utf-8").splitlines()]
    classes = {
        is_work: {
            name
            for file, *marks in marked
            if ("work" in marks) == is_work
            for name in re.findall(r"\.(-?[a-zA-Z][\w-]*)", (CSS.parent / file).read_text("utf-8"))
        }
        for is_work in (True, False)
    }
    only_at_work = classes[True] - classes[False]
    assert "desk-main" in only_at_work

    window = {
        str(page.relative_to(TEMPLATES))
        for page in TEMPLATES.rglob("*.html")
        if "layouts/window.html" in page.read_text("utf-8") and page.name != GALLERY
    }
    shown, waiting = set(), window
    while waiting:
        shown |= waiting
        waiting = {other for page in waiting for other in templates_in(page)} - shown
    assert len(shown) > 60

    assert {
        f"{page}: {name}"
        for page in shown
        for said in re.findall(r'class="([^"]*)"', (TEMPLATES / page).read_text("utf-8"))
        for name in set(re.findall(r"[\w-]+", said)) & only_at_work
    } == set()


def test_every_token_that_is_asked_for_is_given():
    text = "".join(file.read_text(encoding="utf-8") for file in CSS.rglob("*.css"))

    assert set(re.findall(r"var\((--[\w-]+)\)", text)) <= set(re.findall(r"(--[\w-]+):", text))


def test_colors_live_in_the_tokens_alone():
    loose = [
        f"{file.name}: {color}"
        for file in CSS.rglob("*.css")
        if file.name not in {"tokens.css", "print.css", "notes_coins.css"}
        for color in re.findall(
            r"(?<![\w-])(?:#[0-9a-f]{3,8}\b|rgba?\(|hsla?\(|oklch\()",
            re.sub(r"mask[^;]*;", "", file.read_text(encoding="utf-8")),
        )
    ]

    assert loose == []


def test_every_component_has_its_own_stylesheet():
    dressed = {file.stem for file in (CSS / "components").glob("*.css")}

    assert dressed == COMPONENTS - BORROWED


def test_the_components_page_shows_every_component_in_both_languages():
    assert {name: set(shown) for name, shown in SAMPLES.items()} == {
        "zh_Hans": COMPONENTS - BORROWED,
        "en": COMPONENTS - BORROWED,
    }


def test_the_components_page_shows_every_icon():
    drawn = (HOUSE / "templates/components/icon.html").read_text(encoding="utf-8")

    assert sorted(ICONS) == sorted(re.findall(r"^  '([\w-]+)': '<", drawn, flags=re.MULTILINE))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_components_page_keeps_the_rules_of_every_page(visitor, language: str, theme: str):
    page = visitor.open(f"/_components?lang={language}&theme={theme}").get_data(as_text=True)

    assert f'data-theme="{theme}"' in page
    assert ("放进购物车" if language == "zh" else "Put into the cart") in page


def test_a_page_that_is_not_there_says_so_and_names_the_request(visitor):
    answer = visitor.open("/no-such-page", status=404)

    assert answer.headers["X-Request-Id"] in answer.get_data(as_text=True)
