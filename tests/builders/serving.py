"""The real ``shop serve`` in a process of its own, and buyers who speak plain HTTP to it."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import sqlalchemy as sa
from flask_migrate import upgrade

from shop.app import Settings, create_app
from shop.catalog.models import Product, Variant
from shop.kernel.db import db
from tests.builders.orders import some_goods

SHOP = [str(Path(sys.executable).parent / "shop")]
SECRET = "a secret that only these processes know"
PATIENCE_SECONDS = 60
HIDDEN = re.compile(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"')


@dataclass(frozen=True)
class Stocked:
    """A folder with a migrated SQLite database and one product on sale."""

    folder: Path
    page: str
    variant: str

    def copy(self, target: Path) -> Path:
        """Return a folder of one's own with the same content."""
        return Path(shutil.copytree(self.folder, target))


def a_stocked_folder(folder: Path) -> Stocked:
    """Migrate a database in a folder and put fifty thousand pieces on its shelf."""
    app = create_app(Settings(mode="test", secret_key=SECRET, data_folder=str(folder)))
    with app.app_context():
        upgrade()
        goods = some_goods(pieces=50_000)
        slug = db.session.scalar(sa.select(Product.slug).where(Product.id == goods.product_id))
        variant = db.session.scalar(
            sa.select(Variant.public_id).where(Variant.id == goods.variant_id)
        )
        with db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.session.remove()
        db.engine.dispose()
    return Stocked(folder, f"/goods/{slug}", str(variant))


def a_free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def settings_of(folder: Path, **more: str) -> dict[str, str]:
    """Return the environment of a process: nothing of ours but what is said here."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
    ours = {"SHOP_ENV": "test", "SHOP_DATA": str(folder)}
    return {**kept, "PYTHONUNBUFFERED": "1", **ours, **more}


def begin(
    *words: str, env: Mapping[str, str], wrapper: Sequence[str] = ()
) -> subprocess.Popen[str]:
    """Start one command of the house, inside another program if need be."""
    return subprocess.Popen(
        [*wrapper, *SHOP, *words],
        env=dict(env),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def shop(
    *words: str, env: Mapping[str, str], wrapper: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """Run one command of the house to its end and return what it said."""
    process = begin(*words, env=env, wrapper=wrapper)
    try:
        said, complained = process.communicate(timeout=PATIENCE_SECONDS)
    finally:
        process.kill()
    return subprocess.CompletedProcess(words, process.returncode, said, complained)


@dataclass
class Server:
    """One ``shop serve`` (or ``shop demo``) on a port of its own."""

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ("serve",)
    port: int = field(default_factory=a_free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start serving and return when it answers."""
        env = settings_of(self.folder, SHOP_PORT=str(self.port), **self.settings)
        with (self.folder / "serve.log").open("ab") as log:
            self.process = subprocess.Popen([*SHOP, *self.words], env=env, stdout=log, stderr=log)
        end = time.monotonic() + PATIENCE_SECONDS
        while not self.answers():
            told = (self.folder / "serve.log").read_text(encoding="utf-8")
            assert self.process.poll() is None, told[-2000:]
            assert time.monotonic() < end, told[-2000:]
            time.sleep(0.05)

    def answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == http.client.OK
        except OSError:
            return False
        finally:
            connection.close()

    def stop(self, how: signal.Signals) -> int:
        """Send a signal to the server and return its exit status."""
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(timeout=PATIENCE_SECONDS)

    def end(self) -> None:
        """Leave nothing behind."""
        if self.process is not None and self.process.poll() is None:
            self.stop(signal.SIGKILL)


@contextmanager
def a_server(
    folder: Path, *, words: tuple[str, ...] = ("serve",), **settings: str
) -> Iterator[Server]:
    server = Server(folder, settings, words)
    try:
        server.start()
        yield server
    finally:
        server.end()


class Broken(OSError):
    """The server went away while it was asked."""


@dataclass
class Browser:
    """A browser without script: keeps cookies and follows redirects within the house."""

    port: int
    language: str = "zh-CN"
    cookies: dict[str, str] = field(default_factory=dict)
    status: int = 0
    path: str = ""

    def open(self, path: str) -> str:
        """Return the page behind a path."""
        return self._ask("GET", path, None)

    def send(self, path: str, form: Mapping[str, str]) -> str:
        """Return the page at which a sent form ends."""
        return self._ask("POST", path, urlencode(form))

    def _ask(self, method: str, path: str, body: str | None) -> str:
        for _ in range(6):
            self.path = path
            headers = {
                "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()),
                "Accept-Language": self.language,
            }
            if body is not None:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
                headers["Origin"] = f"http://127.0.0.1:{self.port}"
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
            try:
                connection.request(method, path, body, headers)
                answer = connection.getresponse()
                text = answer.read().decode()
            except (OSError, http.client.HTTPException) as error:
                raise Broken from error
            finally:
                connection.close()
            for one in answer.headers.get_all("Set-Cookie") or []:
                for name, morsel in SimpleCookie(one).items():
                    self.cookies[name] = morsel.value
            self.status = answer.status
            if answer.status not in {301, 302, 303}:
                return text
            where = urlsplit(answer.headers["Location"])
            path = where.path + (f"?{where.query}" if where.query else "")
            method, body = "GET", None
        message = "the house sends its visitor in circles"
        raise AssertionError(message)


def hidden(page: str) -> dict[str, str]:
    """Return the hidden values of the forms of a page."""
    return dict(HIDDEN.findall(page))
