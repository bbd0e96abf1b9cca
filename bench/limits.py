"""The limits: bare Flask on the same server and the same database, doing the least there is to do.

Run: .venv/bin/python bench/limits.py   (loopback only, about a minute)

hello      one line of text
one        one indexed SELECT of a product and a small page
list       one SELECT of 24 offers and 24 cards, out of 5,000
find       an FTS5 MATCH and the same 24 cards
order      one POST, one committed transaction of four statements
"""

from __future__ import annotations

import secrets
import sys
import tempfile
from pathlib import Path

import waitress
from flask import Flask, redirect, request
from jinja2 import DictLoader

# This folder is no place to import from: it has a `limits` of its own.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from bench.measuring import a_free_port, form, loaded, middle, page, running  # noqa: E402 - see above
from bench.seeding import stocked  # noqa: E402 - see above
from shop.kernel.db import sqlite_module  # noqa: E402 - see above

SECONDS = 1.5
ROUNDS = 3
PRODUCTS = 5_000
HEAD = '<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>{{ p[1] }}</title></head>'
PAGE = """<body><h1>{{ p[1] }}</h1><p>{{ p[2] }}</p><p>¥{{ '%.2f'|format(p[3] / 100) }}</p>
<form method="post"><input name="quantity" value="1"><button>买</button></form>
<p>{{ p[4] }}</p></body></html>"""
LIST = """<body><h1>商品</h1>{% for p in rows %}<article class="card"><a href="/one/{{ p[0] }}">
<img src="/art/{{ p[4] }}.svg" alt="{{ p[1] }}" width="240" height="300" loading="lazy">
<h2>{{ p[1] }}</h2></a><p>{{ p[2] }}</p><p>¥{{ '%.2f'|format(p[3] / 100) }}</p></article>
{% endfor %}<a href="?after={{ rows[-1][5] }}">下一页</a></body></html>"""
CARDS = "SELECT slug, title, workshop_name, price_minor, drawing, listed_at FROM offers"
NEWEST = f"{CARDS} ORDER BY listed_at DESC LIMIT 24"
FOUND = (
    f"{CARDS} JOIN (SELECT rowid FROM bench_words WHERE bench_words MATCH ?"
    " ORDER BY rowid DESC LIMIT 24) w ON w.rowid = product_id"
)


def an_app(file: str) -> Flask:
    """Return the bare application over a database file."""
    app = Flask(__name__)
    app.jinja_env.loader = DictLoader({"page": HEAD + PAGE, "list": HEAD + LIST})
    page_, list_ = app.jinja_env.get_template("page"), app.jinja_env.get_template("list")
    module = sqlite_module()
    kept: dict[int, object] = {}

    def database():
        import threading  # noqa: PLC0415 - one connection for each thread of the server

        me = threading.get_ident()
        if me not in kept:
            kept[me] = module.connect(file, isolation_level=None, check_same_thread=False)
            kept[me].execute("PRAGMA synchronous=FULL")
            kept[me].execute("PRAGMA busy_timeout=10000")
        return kept[me]

    @app.get("/hello")
    def hello() -> str:
        return "hello"

    @app.get("/one/<slug>")
    def one(slug: str) -> str:
        row = (
            database()
            .execute(
                "SELECT slug, title, summary, price_minor, care FROM products WHERE slug = ?",
                (slug,),
            )
            .fetchone()
        )
        return page_.render(p=row)

    @app.get("/list")
    def listing() -> str:
        rows = database().execute(NEWEST).fetchall()
        return list_.render(rows=rows, p=rows[0])

    @app.get("/find")
    def find() -> str:
        rows = database().execute(FOUND, (request.args["q"],)).fetchall()
        return list_.render(rows=rows, p=rows[0])

    @app.post("/order")
    def order():
        number, key = int(request.form["variant"]), secrets.token_hex(8)
        connection = database()
        connection.execute("BEGIN IMMEDIATE")
        taken = connection.execute(
            "UPDATE bench_stock SET free = free - 1 WHERE variant = ? AND free > 0", (number,)
        )
        assert taken.rowcount == 1
        made = connection.execute("INSERT INTO bench_orders (key) VALUES (?)", (key,))
        connection.execute(
            "INSERT INTO bench_lines (order_id, variant) VALUES (?, ?)", (made.lastrowid, number)
        )
        connection.execute("COMMIT")
        return redirect(f"/hello?{key}", code=303)

    return app


def prepared(folder: Path) -> str:
    """Return the database file of a shop with the tables that only the limits use."""
    file = str(folder / "shop.sqlite3")
    connection = sqlite_module().connect(file)
    connection.executescript(
        """
        DROP TABLE IF EXISTS bench_words;
        DROP TABLE IF EXISTS bench_stock;
        CREATE VIRTUAL TABLE bench_words USING fts5(words, detail='none', content='');
        INSERT INTO bench_words (rowid, words) SELECT id, title_en || ' ' || material FROM products;
        CREATE TABLE bench_stock (variant INTEGER PRIMARY KEY, free INTEGER);
        INSERT INTO bench_stock SELECT id, 1000000 FROM variants LIMIT 1000;
        CREATE TABLE IF NOT EXISTS bench_orders (id INTEGER PRIMARY KEY, key TEXT UNIQUE);
        CREATE TABLE IF NOT EXISTS bench_lines (id INTEGER PRIMARY KEY, order_id, variant);
        """
    )
    connection.commit()
    connection.close()
    return file


def requests_of(port: int) -> dict[str, list[bytes]]:
    """Return what is asked of each limit."""
    return {
        "hello": [page(port, "/hello")],
        "one": [page(port, f"/one/product-{n}") for n in range(1, 4001, 7)],
        "list": [page(port, "/list")],
        "find": [page(port, f"/find?q={q}") for q in ("sandals", "ramie", "pendant", "basket")],
        "order": [form(port, "/order", f"variant={n}") for n in range(1, 900, 7)],
    }


def words_to_serve(port: int, file: str) -> list[str]:
    """Return the command that serves the limits."""
    return [sys.executable, __file__, "serve", str(port), file]


def serve(port: int, file: str) -> None:
    """Serve as ``shop serve`` does, with the same front and as many threads."""
    waitress.serve(
        an_app(file), host="127.0.0.1", port=port, threads=8, connection_limit=1000,
        asyncore_use_poll=True, ident=None, _quiet=True,
    )  # fmt: skip


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = prepared(stocked(Path(folder), products=PRODUCTS))
        port = a_free_port()
        with running(words_to_serve(port, file), port=port, path="/hello") as server:
            print(
                f"{'limit':8}{'CPU ms':>8}{'rate/s':>8}{'p50 ms':>8}{'p95 ms':>8}{'p50 of one':>12}"
            )
            for name, requests in requests_of(port).items():
                loaded(server, requests, seconds=0.4)
                loads = [loaded(server, requests, seconds=SECONDS) for _ in range(ROUNDS)]
                alone = loaded(server, requests, seconds=0.7, clients=1)
                assert not any(load.wrong for load in loads), name
                print(
                    f"{name:8}{middle([one.cpu_ms for one in loads]):8.3f}"
                    f"{middle([one.rate for one in loads]):8.0f}"
                    f"{middle([one.p50 for one in loads]):8.2f}"
                    f"{middle([one.p95 for one in loads]):8.2f}{alone.p50:12.2f}"
                )


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(int(sys.argv[2]), sys.argv[3])
    else:
        main()
