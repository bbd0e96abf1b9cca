"""Every public page as a share of its limit (xL), measured a second apart in the same run.

Run: .venv/bin/python bench/pages.py [--large] [--long] [--in FOLDER]
--large  also at 108,750 products of 4,350 workshops (S1, S4, S6): minutes to fill the first time
--long   also how much memory 200,000 requests take
--in     where the filled shops are kept for the next run (default: nowhere)

xL       CPU of the server per request ÷ that of the bare Flask page of its kind (bench/limits.py)
uncached the page rendered anew every time; kept: from the store; 304: the browser has it already
SQL      statements of the page, +1 when it is kept (its freshness); BEGIN is not counted
steps    of SQLite's virtual machine: they do not depend on the machine
"""

from __future__ import annotations

import argparse
import gzip
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import html5lib

# This folder is no place to import from: it has a `limits` of its own.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from bench import limits, seeding  # noqa: E402 - see above
from bench.measuring import (  # noqa: E402 - see above
    PATIENCE_SECONDS,
    Server,
    a_free_port,
    asked,
    loaded,
    middle,
    page,
    running,
    wait_for,
)
from tests.counting import counted  # noqa: E402 - see above

SHOP = str(Path(sys.executable).parent / "shop")
SECONDS = 0.8
ROUNDS = 3
SMALL, LARGE = (5_000, 200), (108_750, 4_350)
ASKED = ("凉鞋", "苎麻", "sandals", "挂件")
GROWTH = 20_000


@dataclass(frozen=True)
class Page:
    """A page, the limit of its kind, and what speed.md wants of it (xL uncached, statements)."""

    name: str
    limit: str
    paths: tuple[str, ...]
    most_xl: float
    most_sql: int


PAGES = (
    Page("home", "list", ("/",), 1.6, 3),
    Page("listing", "list", ("/goods",), 2.2, 4),
    Page("shelf", "list", tuple(f"/goods?category=shelf-{n}" for n in range(1, 9)), 2.2, 4),
    Page("product", "one", tuple(f"/goods/product-{n}" for n in range(7, 4000, 97)), 2.3, 5),
    Page("search", "find", tuple(f"/search?q={quote(q)}" for q in ASKED), 2.3, 3),
    Page("workshop", "list", tuple(f"/workshops/workshop-{n}" for n in range(1, 9)), 3.0, 7),
    Page("experiences", "one", ("/experiences",), 3.0, 3),
    Page("rules", "one", ("/rules",), 3.0, 3),
)


def counts(folder: Path, paths: tuple[str, ...]) -> tuple[int, int]:
    """Return the most statements and the most steps that one of these pages takes, rendered."""
    app = seeding.a_house(folder)
    client = app.test_client()
    client.get(paths[0])
    most_statements = most_steps = 0
    for path in paths[:8]:
        app.extensions["kept_pages"].store.forget()
        with counted(app) as count:
            answer = client.get(path)
        assert answer.status_code == 200, path
        most_statements = max(most_statements, len(count.statements))
        most_steps = max(most_steps, count.steps)
    return most_statements, most_steps


def served(folder: Path, **settings: str):
    """Serve the product over a folder."""
    port = a_free_port()
    env = {
        "SHOP_ENV": "demo",
        "SHOP_SECRET_KEY": seeding.SECRET,
        "SHOP_DATA": str(folder),
        "SHOP_PORT": str(port),
        **settings,
    }
    return running([SHOP, "serve"], port=port, env=env)


def known(server: Server, path: str) -> bytes:
    """Return a request of a browser that has the page."""
    _, headers, _ = asked(server.port, path)
    return page(server.port, path, f"If-None-Match: {headers['etag']}\r\n")


def measure(folder: Path) -> None:
    file = limits.prepared(folder)
    port = a_free_port()
    with (
        running(limits.words_to_serve(port, file), port=port, path="/hello") as bare,
        served(folder, SHOP_KEPT_PAGES_MIB="0") as plain,
        served(folder) as keeping,
    ):
        least = limits.requests_of(port)
        print(
            f"{'page':12}{'xL':>6}{'goal':>6}{'kept':>6}{'304':>6}{'CPU ms':>8}{'rate/s':>8}"
            f"{'p50':>7}{'p95':>7}{'kept/s':>8}{'SQL':>5}{'goal':>5}{'steps':>7}"
        )
        for one in PAGES:
            ways = {
                "uncached": (plain, [page(plain.port, path) for path in one.paths]),
                "kept": (keeping, [page(keeping.port, path) for path in one.paths]),
                "304": (keeping, [known(keeping, path) for path in one.paths]),
            }
            for server, requests in ways.values():
                loaded(server, requests, seconds=0.5)
            loads = {way: [] for way in (*ways, "limit")}
            for _ in range(ROUNDS):
                for way, (server, requests) in ways.items():
                    loads["limit"].append(loaded(bare, least[one.limit], seconds=SECONDS / 2))
                    loads[way].append(loaded(server, requests, seconds=SECONDS))
                    assert not loads[way][-1].wrong, (one.name, way)
            shares = {
                way: middle(
                    [
                        load.cpu_ms / limit.cpu_ms
                        for load, limit in zip(loads[way], loads["limit"][place::3], strict=True)
                    ]
                )
                for place, way in enumerate(ways)
            }
            statements, steps = counts(folder, one.paths)
            told = loads["uncached"]
            print(
                f"{one.name:12}{shares['uncached']:6.2f}{one.most_xl:6.1f}{shares['kept']:6.2f}"
                f"{shares['304']:6.2f}{middle([t.cpu_ms for t in told]):8.2f}"
                f"{middle([t.rate for t in told]):8.0f}{middle([t.p50 for t in told]):7.1f}"
                f"{middle([t.p95 for t in told]):7.1f}"
                f"{middle([t.rate for t in loads['kept']]):8.0f}"
                f"{statements:5}{one.most_sql:5}{steps:7}",
                flush=True,
            )
        said = {"bare": bare, "rendering": plain, "keeping pages": keeping}
        told = [f"{name} {server.memory():.0f} MiB" for name, server in said.items()]
        print(f"memory after this (goal 75): {', '.join(told)}")


def growth(folder: Path) -> None:
    """Say what serving does to memory, between 20,000 and 200,000 requests."""
    with served(folder) as server:
        paths = [path for one in PAGES for path in one.paths]
        requests = [page(server.port, path) for path in paths]
        answered, first = 0, 0.0
        while answered < 10 * GROWTH:
            answered += loaded(server, requests, seconds=5).answers
            if not first and answered >= GROWTH:
                first = server.memory()
        print(f"memory: {first:.0f} MiB after {GROWTH}, {server.memory():.0f} after {answered}")


def starts(folder: Path) -> None:
    """Say how long it takes from the command to the first page, beside the bare one."""
    file = limits.prepared(folder)
    said = {}
    for name in ("bare", "shop") * 5:
        port = a_free_port()
        words = limits.words_to_serve(port, file) if name == "bare" else [SHOP, "serve"]
        env = {
            "SHOP_ENV": "demo", "SHOP_SECRET_KEY": seeding.SECRET, "SHOP_DATA": str(folder),
            "SHOP_PORT": str(port), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8",
        }  # fmt: skip
        began = time.perf_counter()
        process = subprocess.Popen(words, env=env, stderr=subprocess.DEVNULL)
        wait_for(port, "/hello" if name == "bare" else "/", process)
        said.setdefault(name, []).append(time.perf_counter() - began)
        process.terminate()
        process.wait(timeout=PATIENCE_SECONDS)
    bare, ours = min(said["bare"]), min(said["shop"])
    print(f"start to first page (goal 0.6 s, 2.4 x bare): {ours:.2f} s, {ours / bare:.1f} x")


def weights(folder: Path) -> None:
    """Say what a first visit carries: HTML, style and script as they are sent, without pictures."""
    with served(folder) as server:
        head = ("HTML", "style", "script", "KiB gz", "requests", "nodes")
        print(f"{'first visit':12}{''.join(f'{word:>9}' for word in head)}")
        for one in PAGES[:5]:
            _, headers, body = asked(server.port, one.paths[0])
            is_packed = "content-encoding" in headers
            html = (gzip.decompress(body) if is_packed else body).decode()
            tree = html5lib.parse(html, namespaceHTMLElements=False)
            styles = [x.get("href") for x in tree.iter("link") if x.get("rel") == "stylesheet"]
            scripts = re.findall(r'<script[^>]*src="([^"]+)"', html)
            sizes = [
                sum(len(asked(server.port, address)[2]) for address in addresses) / 1024
                for addresses in (styles, scripts)
            ]
            total = len(body) / 1024 + sum(sizes)
            nodes = sum(1 for element in tree.iter() if isinstance(element.tag, str))
            print(
                f"{one.name:12}{len(body) / 1024:9.1f}{sizes[0]:9.1f}{sizes[1]:9.1f}{total:9.1f}"
                f"{1 + len(styles) + len(scripts):9}{nodes:9}"
            )


def scale(small: Path, large: Path) -> None:
    """Say what the work per page is at both sizes, and first page against a deep one."""
    print(f"{'steps':12}{'5,000':>8}{'108,750':>9}{'growth':>8}   SQL")
    for one in PAGES:
        (few, before), (many, after) = counts(small, one.paths), counts(large, one.paths)
        print(f"{one.name:12}{before:8}{after:9}{after / before:8.2f}   {few} / {many}")


def main() -> None:
    wishes = argparse.ArgumentParser()
    wishes.add_argument("--large", action="store_true")
    wishes.add_argument("--long", action="store_true")
    wishes.add_argument("--in", dest="folder", type=Path)
    given = wishes.parse_args()
    with tempfile.TemporaryDirectory() as nowhere:
        folder = given.folder or Path(nowhere)
        small = seeding.stocked(folder, products=SMALL[0], workshops=SMALL[1])
        measure(small)
        weights(small)
        starts(small)
        if given.long:
            growth(small)
        if given.large:
            large = seeding.stocked(folder, products=LARGE[0], workshops=LARGE[1])
            scale(small, large)
            measure(large)


if __name__ == "__main__":
    main()
