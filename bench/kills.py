"""Kill the server with -9 at random moments of checkout and refund, and prove it after each.

    .venv/bin/python -m bench.kills [ROUNDS] [MINUTES]     (default 300 rounds, no more than 60)

After every kill the database is proven as it lies there, with every order whose page was shown;
in the end every cancellation that a page confirmed has gone back whole and once.
"""

from __future__ import annotations

import random
import signal
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from shop.app import Settings, create_app
from shop.kernel.db import db
from shop.oversight import proof
from tests.builders.serving import SECRET, Server, a_stocked_folder
from tests.journeys.test_crash import GONE, NEVER_TAKEN, Buyers, money_in

LONGEST_LIFE_SECONDS = 4.0


def main() -> int:
    """Return 0 when nothing was lost, doubled or left for a person."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    minutes = float(sys.argv[2]) if len(sys.argv) > 2 else 60
    dice, ends_at, killed, findings = random.Random(), time.monotonic() + 60 * minutes, 0, []
    with TemporaryDirectory() as place:
        (Path(place) / "stocked").mkdir()
        stocked = a_stocked_folder(Path(place) / "stocked")
        folder, notes = stocked.copy(Path(place) / "data"), Path(place) / "acknowledged.txt"
        notes.touch()
        app = create_app(Settings(mode="test", secret_key=SECRET, data_folder=str(folder)))
        server = Server(folder)
        try:
            with Buyers(server.port, stocked, notes) as buyers:
                while killed < rounds and time.monotonic() < ends_at and not buyers.errors:
                    server.start()
                    time.sleep(dice.uniform(0.05, LONGEST_LIFE_SECONDS))
                    server.stop(signal.SIGKILL)
                    killed += 1
                    with app.app_context():
                        findings += proof.prove(tell=lambda _: None, acknowledged=notes)
                        db.session.remove()
                        db.engine.dispose()
                server.start()
                buyers.wait_for(1)
        finally:
            server.end()
        money = money_in(folder, buyers.cancelled)
    wrong = [one for one in money if one[1:] not in {GONE, NEVER_TAKEN}]
    numbers = [number for _, number in buyers.shown]
    print(
        f"{killed} kills; {len(numbers)} orders shown, {len(numbers) - len(set(numbers))} double;"
        f" {buyers.paid} paid online, {len(money)} cancelled of which {len(wrong)} wrong;"
        f" {buyers.repeated} forms sent again; {len(findings)} findings; errors: {buyers.errors}"
    )
    for finding in findings[:10] + wrong[:10]:
        print(finding)
    return 1 if findings or wrong or buyers.errors or len(numbers) != len(set(numbers)) else 0


if __name__ == "__main__":
    sys.exit(main())
