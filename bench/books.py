"""How fast past sales come in, and how long the proof takes when many are here.

Run: .venv/bin/python bench/books.py [ORDERS]   (default 100,000 orders of two lines; minutes)
"""

from __future__ import annotations

import csv
import random
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask_migrate import upgrade

from shop.app import Settings, create_app
from shop.kernel.access import SYSTEM
from shop.kernel.clock import utc_now
from shop.kernel.db import db
from shop.ledger import verify
from shop.oversight import proof
from shop.stations import queries as stations
from shop.stations import services as stations_services
from shop.workflows import closing, importing

DIVISIONS = Path(__file__).parent.parent / "shop/data/divisions"
HEAD = [
    "order_number",
    "time",
    "buyer_reference",
    "sku",
    "title",
    "quantity",
    "unit_price",
    "currency",
]


def past_sales(file: Path, orders: int) -> None:
    """Write a file of orders with two lines each, one in twenty sent back."""
    chance = random.Random(7)
    at = datetime(2024, 1, 1, 9, 0, tzinfo=UTC)
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEAD)
        for number in range(orders):
            at += timedelta(minutes=5)
            when, buyer = f"{at:%Y-%m-%d %H:%M}", f"B{chance.randrange(orders // 3 + 1)}"
            skus = chance.sample(range(500), 2)
            for sku in skus:
                row = [f"A{number}", when, buyer, f"SKU-{sku}", f"商品 {sku}"]
                writer.writerow([*row, chance.randint(1, 4), f"{10 + sku}.00", "CNY"])
            if number % 20 == 0:
                later = f"{at + timedelta(days=2):%Y-%m-%d %H:%M}"
                row = [f"C{number}", later, buyer, f"SKU-{skus[0]}", ""]
                writer.writerow([*row, -1, f"{10 + skus[0]}.00", "CNY"])


def main() -> None:
    orders = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sales.csv"
        past_sales(file, orders)
        app = create_app(Settings(mode="test", secret_key="x" * 40, data_folder=folder))
        with app.app_context():
            upgrade()
            stations_services.import_divisions(DIVISIONS, now=utc_now())
            stations_services.add_workshop(
                station_id=stations.station_by_code("500229212202").id,
                slug="bench",
                name="Bench",
                seller_name="Bench",
                actor=SYSTEM,
                now=utc_now(),
            )
            began, cpu = time.perf_counter(), time.process_time()
            report = importing.import_orders(
                file=file,
                workshop_slug="bench",
                refused_file=Path(folder) / "refused.csv",
                encoding="auto",
                actor=SYSTEM,
                now=utc_now(),
                progress=lambda done, of: None,
            )
            print(report.in_words())
            print(
                f"import: {orders / (time.perf_counter() - began):.0f} orders/s, "
                f"{orders / (time.process_time() - cpu):.0f} per CPU second"
            )
            began = time.perf_counter()
            closing.seal_days(now=utc_now() + timedelta(days=1))
            print(f"seal: {time.perf_counter() - began:.1f} s for the books and what happened")
            books = Path(folder) / "books.txt"
            began = time.perf_counter()
            entries, _ = closing.export_ledger(books)
            middle = time.perf_counter()
            with books.open(encoding="utf-8", newline="\n") as lines:
                verify.verify(lines)
            print(
                f"export: {middle - began:.1f} s for {entries} entries, "
                f"verified alone in {time.perf_counter() - middle:.1f} s"
            )
            began = time.perf_counter()
            findings = proof.prove(tell=lambda line: None)
            print(f"check: {time.perf_counter() - began:.1f} s, {len(findings)} findings")
            for check in proof.CHECKS:
                began = time.perf_counter()
                list(check.run())
                seconds = time.perf_counter() - began
                if seconds > 0.2:
                    print(f"  {seconds:5.2f} s  {check.code} {check.promise}")
            db.session.remove()


if __name__ == "__main__":
    main()
