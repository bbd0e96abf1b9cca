"""One foreground process: the site behind a buffering front, and the worker beside it."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import sys
from types import FrameType

import structlog
import waitress
from flask import Flask
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import WSGITask

from shop.app import Settings
from shop.kernel import migrations
from shop.kernel.db import db
from shop.notifications.senders.settings import missing
from shop.worker import Worker, darkroom, herald, messenger

log = structlog.get_logger(__name__)

THREADS = 8
MOST_CONNECTIONS = 1000
# More than any view takes, so that what is too large is refused by us, in words.
MOST_BODY = 320 * 1024 * 1024


class CannotServe(RuntimeError):
    """Why the site cannot be served here, in one sentence."""


def claim_port(app: Flask) -> socket.socket:
    """Return the listening socket of the site.

    Raises CannotServe when the port is taken or not ours to take.
    """
    settings: Settings = app.config["SHOP"]
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        listening.close()
        message = (
            f"Port {settings.port} on {settings.host} cannot be used ({error.strerror}): "
            "stop what runs there or choose another one, for instance SHOP_PORT=8001."
        )
        raise CannotServe(message) from error
    return listening


def serve(app: Flask) -> None:
    """Serve until Ctrl-C or SIGTERM; both stop site and worker cleanly.

    On PostgreSQL ``SHOP_WORKERS`` processes share the port, and workers are processes of their own
    (``shop worker``); on SQLite there is one process with the worker as a thread.

    Raises CannotServe when the port is taken or the database is not migrated.
    """
    settings: Settings = app.config["SHOP"]
    with app.app_context():
        _refuse_unmigrated(app)
        on_sqlite = db.engine.dialect.name == "sqlite"
        db.session.remove()
        db.engine.dispose()
    listening = claim_port(app)
    listening.listen(1024)
    signal.signal(signal.SIGTERM, _leave)
    if settings.is_production:
        for sentence in missing(settings.senders):
            log.warning(sentence)
    children = _fork(app, listening, settings.workers) if settings.workers > 1 else []
    workers = [Worker(app), messenger(app), herald(app), darkroom(app)] if on_sqlite else []
    for worker in workers:
        worker.start()
    try:
        if children:
            os.wait()
        else:
            _serve_one(app, listening)
    finally:
        _end(children)
        for worker in workers:
            worker.stop()
        log.info("stopped")


def work(app: Flask) -> None:
    """Run one worker, messenger, herald and darkroom until Ctrl-C or SIGTERM.

    Raises CannotServe when the database is not migrated.
    """
    with app.app_context():
        _refuse_unmigrated(app)
    worker = Worker(app, name=f"worker-{os.getpid()}")
    beside = (messenger(app), herald(app), darkroom(app))
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    signal.signal(signal.SIGINT, lambda *_: worker.stop())
    for one in beside:
        one.start()
    worker.run()
    for one in beside:
        one.stop()


def _refuse_unmigrated(app: Flask) -> None:
    if migrations.current() != migrations.newest(app.extensions["migrate"].directory):
        message = "The database is not at this version's migration: run 'shop migrate' first."
        raise CannotServe(message)


def _leave(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature is the signal module's
    raise SystemExit(0)


class _Task(WSGITask):
    """Keeps the connection of a browser that was told that it has the page already.

    The front closes after every answer without a body, so that each look at a kept page would
    begin with a new connection.
    """

    def set_close_on_finish(self) -> None:
        wants_close = self.request.headers.get("CONNECTION", "").lower() == "close"
        if self.has_body or wants_close or self.version != "1.1":
            super().set_close_on_finish()


class _Channel(HTTPChannel):
    """A connection that answers by our kind of task."""

    task_class = _Task


def front(app: Flask, listening: socket.socket) -> TcpWSGIServer:
    """Return the buffering front of an application, ready to run on a listening socket."""
    # A line for every request that waits for a thread would bury all others on a busy day.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = waitress.create_server(
        app,
        sockets=[listening],
        threads=THREADS,
        connection_limit=MOST_CONNECTIONS,
        asyncore_use_poll=True,
        max_request_body_size=MOST_BODY,
        channel_timeout=60,
        ident=None,
    )
    server.channel_class = _Channel
    return server


def _serve_one(app: Flask, listening: socket.socket) -> None:
    front(app, listening).run()


def _fork(app: Flask, listening: socket.socket, processes: int) -> list[int]:
    """Start that many serving processes on one port and return their numbers."""
    children = []
    for _ in range(processes):
        child = os.fork()
        if child == 0:
            _serve_one(app, listening)
            sys.exit(0)
        children.append(child)
    return children


def _end(children: list[int]) -> None:
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGTERM)
