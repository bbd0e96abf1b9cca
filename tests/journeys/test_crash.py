"""No purchase that a buyer was shown is ever lost, however hard the machine goes down."""

from __future__ import annotations

import itertools
import random
import re
import signal
import threading
import time
from datetime import timedelta
from pathlib import Path
from subprocess import Popen
from typing import Self

import pytest

from shop.app import Settings, create_app
from shop.kernel.clock import utc_now
from shop.kernel.db import db
from shop.orders import queries as orders
from shop.payments import gateway as gateways
from shop.payments import queries as payments
from shop.workflows import selling
from tests.builders.serving import (
    PATIENCE_SECONDS,
    SECRET,
    Broken,
    Browser,
    Server,
    Stocked,
    a_server,
    a_stocked_folder,
    begin,
    hidden,
    settings_of,
    shop,
)

KILLS = 3
BUYERS = 4
CANCELS_EVERY = 2
# An order whose parcel cost nothing more: 88.00 and 8.00 of shipping.
GONE = ("refunded", 9600, 9600, 9600)
# It was cancelled before its money was known, which then went back as late money.
NEVER_TAKEN = ("cancelled", 9600, 9600, 9600)
NUMBER = re.compile(r"^/orders/([0-9A-Za-z-]+)")
PAY = {"channel": "alipay", "do": "succeed"}


@pytest.fixture(scope="module")
def stocked(tmp_path_factory) -> Stocked:
    return a_stocked_folder(tmp_path_factory.mktemp("stocked"))


class Buyers:
    """A crowd that buys, notes what its pages said, and sends a broken form again."""

    def __init__(self, port: int, stocked: Stocked, notes: Path) -> None:
        self.port, self.stocked, self.notes = port, stocked, notes
        self.shown: list[tuple[str, str]] = []
        self.repeated = 0
        self.paid = 0
        self.cancelled: list[str] = []
        self.errors: list[str] = []
        self._phones = itertools.count(1)
        self._writing = threading.Lock()
        self._over = threading.Event()
        self._crowd = [threading.Thread(target=self._buy_on, args=(n,)) for n in range(BUYERS)]

    def __enter__(self) -> Self:
        for one in self._crowd:
            one.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for one in self._crowd:
            one.join(timeout=60)

    def wait_for(self, more: int) -> None:
        """Return when so many more orders were shown, or something went wrong."""
        wanted, end = len(self.shown) + more, time.monotonic() + PATIENCE_SECONDS
        while len(self.shown) < wanted and not self.errors:
            assert time.monotonic() < end, "nobody can buy any more"
            time.sleep(0.02)

    def _buy_on(self, number: int) -> None:
        while not self._over.is_set():
            try:
                self._buy(Browser(self.port), is_online=number % 2 == 0)
            except Broken:
                time.sleep(0.05)
            except Exception as error:  # noqa: BLE001 - told by the test, not lost in a thread
                self.errors.append(repr(error))
                return

    def _buy(self, browser: Browser, *, is_online: bool) -> None:
        form = hidden(browser.open(self.stocked.page))
        browser.send(self.stocked.page, {**form, "variant": self.stocked.variant, "quantity": "1"})
        form = hidden(browser.open("/checkout"))
        wish = {
            **form,
            "phone": f"138{next(self._phones):08d}",
            "name": "刘女士",
            "region": "重庆市渝中区",
            "address": "民生路 1 号",
            "handover": "ship" if is_online else "pick_up",
            "method": "online" if is_online else "pay_on_pick_up",
        }
        page = self._insist(browser, "/checkout", wish)
        if is_online:
            assert browser.path.startswith("/demo-pay/"), (browser.path, page[:600])
            page = self._insist(browser, browser.path, {**hidden(page), **PAY})
        told = NUMBER.match(browser.path)
        assert told is not None, (browser.status, browser.path, page[:600])
        assert browser.status == 200
        assert told[1] in page
        with self._writing:
            self.shown.append((form["key"], told[1]))
            self.paid += is_online
            with self.notes.open("a", encoding="utf-8") as notes:
                notes.write(f"{form['key']} {told[1]}\n")
            is_cancelled = is_online and self.paid % CANCELS_EVERY == 0
        if is_cancelled:
            self._cancel(browser, told[1])

    def _cancel(self, browser: Browser, number: str) -> None:
        here = f"/orders/{number}/cancelling"
        form = hidden(browser.open(here))
        page = self._insist(browser, here, form)
        assert browser.status == 200, (browser.status, page[:600])
        assert "Cancelled" in page or "已取消" in page, page[:600]
        with self._writing:
            self.cancelled.append(number)

    def _insist(self, browser: Browser, path: str, form: dict[str, str]) -> str:
        """Send a form until it is answered: what a person does whose page did not come."""
        while True:
            try:
                page = browser.send(path, form)
            except Broken:
                if self._over.is_set():
                    raise
                self.repeated += 1
                time.sleep(0.1)
                continue
            assert browser.status < 500, page[:600]
            return page


def money_in(folder: Path, numbers: list[str]) -> list[tuple[str, str, int, int, int]]:
    """Return of each order: its state, what was captured, refunded here and at the provider.

    What was unclear is asked for again first, as the worker does a minute after it happened.
    """
    app = create_app(Settings(mode="test", secret_key=SECRET, data_folder=str(folder)))
    with app.app_context():
        selling.reconcile(now=utc_now() + timedelta(minutes=5))
        found = []
        for number in numbers:
            order = orders.order(orders.order_id_of(number) or 0)
            payment = payments.payment_of_order(order.id)
            assert payment is not None
            said = gateways.current().look_up(payment.provider_ref or "")
            money = (payment.captured, payment.refunded, said.refunded)
            found.append((number, order.state.value, *(one.minor for one in money)))
        db.session.remove()
        db.engine.dispose()
    return found


def a_proof(folder: Path, notes: Path) -> Popen[str]:
    """Begin ``shop check --acknowledged`` on what lies there now; selling may go on meanwhile."""
    return begin("check", "--acknowledged", str(notes), env=settings_of(folder))


def told_by(proof: Popen[str]) -> tuple[int, str]:
    said, _ = proof.communicate(timeout=PATIENCE_SECONDS)
    return proof.returncode, said


def test_no_acknowledged_order_is_lost_when_the_server_is_killed(stocked, tmp_path):
    folder = stocked.copy(tmp_path / "data")
    notes = tmp_path / "acknowledged.txt"
    notes.touch()
    server = Server(folder)
    dice = random.Random(20260720)
    proofs = []
    try:
        with Buyers(server.port, stocked, notes) as buyers:
            for _ in range(KILLS):
                server.start()
                buyers.wait_for(1)
                time.sleep(dice.uniform(0.1, 0.8))
                server.stop(signal.SIGKILL)
                proofs.append(a_proof(folder, notes))
            server.start()
            buyers.wait_for(BUYERS)
    finally:
        server.end()
    proofs.append(a_proof(folder, notes))
    said = [told_by(proof) for proof in proofs]
    money = money_in(folder, buyers.cancelled)

    assert buyers.errors == []
    assert len(buyers.shown) == len({number for _, number in buyers.shown}) >= KILLS
    assert buyers.paid > 0
    # What a page said was cancelled went back whole and once, here and at the provider.
    assert [one for one in money if one[1:] not in {GONE, NEVER_TAKEN}] == []
    assert [(status, words[-800:]) for status, words in said if status] == []
    assert all("✓ P6   every acknowledged order" in words for _, words in said)
    # The same proof sees an order that is not there.
    notes.write_text(notes.read_text("utf-8") + "a-key-of-nobody 260720-AAAAA\n", "utf-8")
    status, words = told_by(a_proof(folder, notes))
    assert status == 1
    assert "a-key-of-nobody" in words


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_the_server_ends_cleanly_when_asked(stocked, tmp_path, how):
    folder = stocked.copy(tmp_path / "data")
    with a_server(folder) as server:
        Browser(server.port).open("/")
        assert server.stop(how) == 0
        told = (folder / "serve.log").read_text("utf-8")
    assert "Traceback" not in told
    assert "stopped" in told
    assert (
        not (folder / "shop.sqlite3-wal").exists()
        or shop("check", env=settings_of(folder)).returncode == 0
    )


def test_a_second_server_on_the_same_port_says_so_in_one_sentence(stocked, tmp_path):
    folder = stocked.copy(tmp_path / "data")
    with a_server(folder) as server:
        second = shop("serve", env=settings_of(folder, SHOP_PORT=str(server.port)))
        assert server.answers()
    assert second.returncode == 1
    assert f"Port {server.port} on 127.0.0.1 cannot be used" in second.stderr
    assert "Traceback" not in second.stderr
