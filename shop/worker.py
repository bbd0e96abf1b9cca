"""The background workers: deliveries and what comes due by the clock; and the slow darkroom."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from flask import Flask

from shop.accounts import codes
from shop.claims import services as claims
from shop.exchange import services as exchange
from shop.invoices import services as invoices
from shop.kernel import events
from shop.kernel.clock import utc_now
from shop.kernel.db import db
from shop.media import services as media
from shop.notifications import post
from shop.notifications import services as telling
from shop.programs import hooks
from shop.programs import services as programs
from shop.workflows import (
    catalog_files,
    closing,
    delivering,
    forgetting,
    handing_over,
    making,
    picturing,
    reconciling,
    reviewing,
    selling,
)

log = structlog.get_logger(__name__)

IDLE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Duty:
    """Something to do every so many seconds; safe to repeat. One that says True has more to do."""

    name: str
    every_seconds: int
    run: Callable[..., object]


DUTIES = (
    Duty("expire unpaid orders", 10, selling.expire_unpaid),
    Duty("ask the provider about open payments", 60, selling.reconcile),
    Duty("compare with the provider's list", 300, reconciling.compare),
    Duty("accept by silence", 300, making.accept_by_silence),
    Duty("ask carriers", 3600, delivering.ask_couriers),
    Duty("complete received orders", 300, delivering.complete_due),
    Duty("let unsent returns fall", 3600, claims.let_unsent_fall),
    Duty("forget askers", 3600, reviewing.forget_askers),
    Duty("forget buyers", 600, forgetting.forget_due),
    Duty("forget the names on invoices", 3600, invoices.forget_due),
    Duty("forget codes", 3600, codes.forget_codes),
    Duty("forget answers to programs", 3600, programs.forget_answers),
    Duty("seal closed days", 900, closing.seal_days),
)


# Other people's machines answer when they like.
HERALD_DUTIES = (
    Duty("tell programs", 0, hooks.send_next),
    Duty("tidy what programs were told", 3600, hooks.tidy),
)

# What takes seconds has a thread of its own: no paid order waits behind a picture.
DARKROOM_DUTIES = (
    Duty("make copies of a picture", 0, picturing.make_next),
    Duty("forget photographs of hand-overs", 3600, handing_over.forget_pictures),
    Duty("tidy pictures", 3600, media.tidy),
    Duty("read or write a catalog", 1, catalog_files.work_next),
    Duty("tidy uploaded catalogs", 3600, exchange.tidy),
)


# Speaks to mail servers and SMS providers, which may take seconds: nothing else waits behind it.
MESSENGER_DUTIES = (
    Duty("send messages", 0, post.send_due),
    Duty("tell buyers of late parts", 900, telling.tell_late),
    Duty("remind guests", 600, telling.remind),
    Duty("delete addresses that have served", 3600, post.tidy),
)


class Worker:
    """One worker, in a thread of the embedded default or a process of its own."""

    def __init__(
        self,
        app: Flask,
        *,
        name: str = "worker",
        duties: tuple[Duty, ...] = DUTIES,
        is_postman: bool = True,
    ) -> None:
        """Prepare; nothing runs before ``start`` or ``run``. A postman delivers events too."""
        self.app = app
        self.name = name
        self.duties = duties
        self.is_postman = is_postman
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._next: dict[str, float] = {}

    def start(self) -> None:
        """Run in a thread of this process."""
        self._thread = threading.Thread(target=self.run, name=self.name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish what is in hand and return when the worker rests."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=15)

    def run(self) -> None:
        """Work until stopped; one failing duty never stops the others."""
        while not self._stop.is_set():
            busy = self._turn(utc_now())
            if not busy:
                self._stop.wait(IDLE_SECONDS)

    def _turn(self, now: datetime) -> bool:
        with self.app.app_context():
            is_busy = self.is_postman and self._deliver(now) > 0
            for duty in self.duties:
                if self._is_due(duty.name, duty.every_seconds, now):
                    is_busy = self._do(duty, now) or is_busy
            db.session.remove()
        return is_busy

    def _deliver(self, now: datetime) -> int:
        try:
            if self._is_due("beat", 5, now):
                events.beat(name=self.name, now=now)
            return events.deliver_due(now=now)
        except Exception:
            log.exception("deliveries failed")
            return 0

    def _is_due(self, name: str, every_seconds: int, now: datetime) -> bool:
        if now.timestamp() < self._next.get(name, 0):
            return False
        self._next[name] = now.timestamp() + every_seconds
        return True

    def _do(self, duty: Duty, now: datetime) -> bool:
        try:
            return duty.run(now=now) is True
        except Exception:
            log.exception("duty failed", duty=duty.name)
            return False


def messenger(app: Flask) -> Worker:
    """Return the worker that sends messages, beside the one that delivers."""
    return Worker(app, name="messenger", duties=MESSENGER_DUTIES, is_postman=False)


def herald(app: Flask) -> Worker:
    """Return the worker that tells outside programs; a slow one of them makes nobody else wait."""
    return Worker(app, name="herald", duties=HERALD_DUTIES, is_postman=False)


def darkroom(app: Flask) -> Worker:
    """Return the worker that makes copies of pictures, beside the one that delivers."""
    return Worker(app, name="darkroom", duties=DARKROOM_DUTIES, is_postman=False)
