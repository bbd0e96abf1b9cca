"""Whole orders of new visitors over HTTP, as many buyers at once as a good evening brings.

    .venv/bin/python -m bench.buying [ORDERS] [BUYERS]     (default 400 by 16)

Each visitor opens a product, puts a piece into her cart, opens the checkout, sends it and reads her
order's page: five requests and two redirects, without anything kept. ``shop serve`` runs in a
process of its own on SQLite, its worker with it; the buyers are threads of one Python process on
the same machine, so their share of the CPU is told apart. Wanted (speed.md P6): 150 orders a second
at 16 buyers, 8 ms of CPU an order, 95 of 100 requests within 200 ms; alone, half within 15 ms.
"""

from __future__ import annotations

import itertools
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.measuring import Server as Measured
from bench.measuring import middle
from shop.app import Settings, create_app
from shop.kernel.db import db
from shop.oversight import proof
from tests.builders.serving import SECRET, Browser, Server, Stocked, a_stocked_folder, hidden

WARM = 20


@dataclass
class Evening:
    """Buyers who buy one order after another until so many are there."""

    port: int
    stocked: Stocked
    orders: list[float] = field(default_factory=list)
    requests: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    phones: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def buy(self, many: int, buyers: int) -> float:
        """Return the seconds that so many orders took."""
        left = itertools.count()

        def go_on() -> None:
            while next(left) < many and not self.wrong:
                self._order()

        threads = [threading.Thread(target=go_on) for _ in range(buyers)]
        began = time.perf_counter()
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        return time.perf_counter() - began

    def _order(self) -> None:
        browser, began = Browser(self.port), time.perf_counter()
        form = hidden(self._timed(browser, self.stocked.page))
        wish = {**form, "variant": self.stocked.variant, "quantity": "1"}
        self._timed(browser, self.stocked.page, wish)
        form = hidden(self._timed(browser, "/checkout"))
        contact = {
            "phone": f"139{next(self.phones):08d}",
            "name": "刘女士",
            "handover": "pick_up",
            "method": "pay_on_pick_up",
        }
        self._timed(browser, "/checkout", {**form, **contact})
        if browser.status != 200 or not browser.path.startswith("/orders/"):
            self.wrong.append(f"{browser.status} {browser.path}")
        self.orders.append(time.perf_counter() - began)

    def _timed(self, browser: Browser, path: str, form: dict[str, str] | None = None) -> str:
        began = time.perf_counter()
        page = browser.open(path) if form is None else browser.send(path, form)
        self.requests.append(time.perf_counter() - began)
        return page


def told(name: str, evening: Evening, *, seconds: float, cpu: float, own: float) -> None:
    """Print what an evening came to; times of single requests hold their redirects."""
    many = len(evening.orders)
    slow = sorted(evening.requests)[int(len(evening.requests) * 0.95)]
    print(
        f"{name}: {many / seconds:.0f} orders/s, {cpu * 1000 / many:.1f} ms CPU of the server an"
        f" order ({own * 1000 / many:.1f} ms of the buyers), whole order p50"
        f" {middle(evening.orders) * 1000:.0f} ms, requests p95 {slow * 1000:.0f} ms"
    )


def main() -> int:
    """Return 0 when every order was shown and the database is sound afterwards."""
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    buyers = int(sys.argv[2]) if len(sys.argv) > 2 else 16
    wrong: list[str] = []
    with TemporaryDirectory() as place:
        stocked = a_stocked_folder(Path(place))
        server = Server(stocked.folder)
        server.start()
        try:
            assert server.process is not None
            measured = Measured(server.process, server.port)
            Evening(server.port, stocked).buy(WARM, 2)
            for crowd in (1, buyers):
                phones = itertools.count(10_000 * (crowd + 1))
                evening = Evening(server.port, stocked, phones=phones)
                cpu, own = measured.cpu(), time.process_time()
                seconds = evening.buy(many, crowd)
                spent = measured.cpu() - cpu
                told(
                    f"{crowd} at a time",
                    evening,
                    seconds=seconds,
                    cpu=spent,
                    own=time.process_time() - own,
                )
                wrong += evening.wrong
        finally:
            server.stop(signal.SIGTERM)
        app = create_app(Settings(mode="test", secret_key=SECRET, data_folder=str(stocked.folder)))
        with app.app_context():
            wrong += [str(finding) for finding in proof.prove(tell=lambda _: None)]
            db.engine.dispose()
    print("\n".join(wrong[:10]) or "every order was shown, and shop check finds nothing")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
