from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from enum import Enum
from pathlib import Path

import grimp
import pytest

import shop
from shop.kernel.errors import ShopError
from shop.web import errors as web_errors

HOUSE = Path(shop.__file__).parent
ROOMS = sorted(
    p.name
    for p in HOUSE.iterdir()
    if (p / "models.py").is_file() and p.name not in {"kernel", "web", "workflows"}
)
TEMPLATES = HOUSE.parent / "templates"


def everything() -> None:
    for module in pkgutil.walk_packages(shop.__path__, "shop."):
        if ".migrations" not in module.name:
            importlib.import_module(module.name)


def subclasses(kind: type) -> set[type]:
    return {kind} | {deeper for child in kind.__subclasses__() for deeper in subclasses(child)}


def test_services_import_only_their_own_tables():
    graph = grimp.build_graph("shop")
    strange = [
        (room, found)
        for room in ROOMS
        if f"shop.{room}.services" in graph.modules
        for found in graph.find_modules_directly_imported_by(f"shop.{room}.services")
        if found.endswith(".models") and found != f"shop.{room}.models"
    ]
    assert strange == []


def test_every_refusal_has_words_in_both_languages():
    everything()
    codes = {kind.code for kind in subclasses(ShopError)}
    assert codes - set(web_errors.WORDS) == set()


def test_every_refusal_stands_in_one_place_under_its_own_code():
    everything()
    by_code: dict[str, set[str]] = {}
    for kind in subclasses(ShopError):
        if kind.__name__ != "OutOfReach":  # looks like not found on purpose
            by_code.setdefault(kind.code, set()).add(f"{kind.__module__}.{kind.__name__}")
    assert {code: kinds for code, kinds in by_code.items() if len(kinds) > 1} == {}


def test_every_state_can_be_reached_and_left_by_the_legal_moves():
    everything()
    stuck = []
    for room in ROOMS:
        try:
            rules = importlib.import_module(f"shop.{room}.rules")
        except ModuleNotFoundError:
            continue
        for name, moves in vars(rules).items():
            if not name.endswith("MOVES") or not isinstance(moves, dict):
                continue
            states = type(next(iter(moves)))
            assert issubclass(states, Enum)
            missing = set(states) - set(moves)
            reached = {after for afters in moves.values() for after in afters}
            begins = getattr(rules, "BEGINNINGS", frozenset()) & set(states)
            orphans = set(states) - reached - (begins or {next(iter(states))})
            stuck += [(room, name, s) for s in missing | orphans]
    assert stuck == []


IMPORT = (
    r"{%-?\s*from\s+\"components/[^\"]+\"\s+import\s+([^%]+?)"
    r"(?:with context|without context)?\s*-?%}"
)


def component_imports() -> list[tuple[Path, str]]:
    found = []
    for page in TEMPLATES.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        for names in re.findall(IMPORT, text):
            found += [(page, name.split(" as ")[-1].strip()) for name in names.split(",")]
    return found


def test_no_template_imports_a_macro_it_does_not_use():
    unused = []
    for page, name in component_imports():
        text = page.read_text(encoding="utf-8")
        if len(re.findall(rf"\b{re.escape(name)}\b", text)) < 2 + text.count(
            f'components/{name}.html"'
        ):
            unused.append((str(page.relative_to(TEMPLATES)), name))
    assert unused == []


@pytest.mark.parametrize(
    "component", sorted(p.stem for p in (TEMPLATES / "components").glob("*.html"))
)
def test_a_component_is_one_macro_of_its_own_name(component: str):
    text = (TEMPLATES / "components" / f"{component}.html").read_text(encoding="utf-8")
    assert re.findall(r"{%-?\s*macro\s+(\w+)", text)[-1] == component


def test_no_template_carries_a_style_or_a_handler_that_the_policy_forbids():
    bad = [
        str(page.relative_to(TEMPLATES))
        for page in TEMPLATES.rglob("*.html")
        # A mail has no policy and no style sheet; mailboxes read styles in their places only.
        if page.parent.name != "email"
        and re.search(r"\sstyle=\"|\son[a-z]+=\"|javascript:", page.read_text(encoding="utf-8"))
    ]
    assert bad == []


def test_rooms_have_only_the_furniture_of_a_room():
    allowed = {
        "__init__",
        "models",
        "rules",
        "services",
        "queries",
        "events",
        "gateway",
        "checks",
        # The two databases' own ways of searching, behind one interface.
        "engines",
        # Reads of a room with two audiences, where one file would be two.
        "window",
        "desk",
        # Stands alone: it proves an exported ledger without us.
        "verify",
        # The catalog's mirror of what is on sale, the lists read from it, and their statements.
        "offers",
        "lists",
        # What each seller took in, by quarter.
        "income",
        "list_statements",
        # Rules of a thing of its own: what may be woven to a buyer's wish.
        "options",
        # Many listings at once, for a file that comes in or goes out.
        "standing",
        "in_bulk",
        # What the other side says of our payments: differences for a person, files of payouts.
        "differences",
        "settlement",
        # What messages say, and the post they go by; what they mean to tell is in services.
        "words",
        "post",
        # One product's page, read whole in one statement.
        "page",
        # Codes that prove a number, and the accounts that buyers open with them.
        "codes",
        "buyers",
        "passkeys",
        "factors",
        # A maker's PIN, given anew by two.
        "pins",
        # A small sum that a member wants now.
        "asking",
        # What is taken from pay or added to it beside work, and how much of it in one run.
        "adjustments",
        "netting",
        # A year's surplus: how the law shares it, and the meeting that decides.
        "surplus",
        "years",
        # Pay whose promised day has gone by.
        "late",
        # Bank accounts of members.
        "payees",
        # A look on a borrowed telephone.
        "picture_pins",
        # When makers mean to come.
        "coming",
        # What makers say against a verdict.
        "appeals",
        # Reads of orders that are none yet, and of sales of before this shop.
        "cart_queries",
        "past",
        # What her pages say aloud.
        "spoken",
        # What programs are told: their addresses, the messages and how they are sent.
        "hooks",
        # The way of goods once they are bought.
        "parcels",
        # Who tells where a parcel is.
        "couriers",
        # What somebody means to buy, before it is an order.
        "carts",
        # Money that comes to our bank account, as people see it come.
        "transfers",
    }
    odd = [
        f"{room}/{file.name}"
        for room in ROOMS
        for file in (HOUSE / room).glob("*.py")
        if file.stem not in allowed
    ]
    assert odd == []


def test_only_the_clock_asks_what_time_it_is():
    asking = []
    for file in HOUSE.rglob("*.py"):
        if file.relative_to(HOUSE).as_posix() == "kernel/clock.py":
            continue
        asking += [
            f"{file.relative_to(HOUSE)}:{node.lineno}"
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            if isinstance(node, ast.Attribute)
            and node.attr in {"now", "utcnow", "today"}
            and isinstance(node.value, ast.Name)
            and node.value.id in {"datetime", "date"}
        ]
    assert asking == []
