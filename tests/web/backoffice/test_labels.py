from __future__ import annotations

import sqlalchemy as sa

from shop.accounts.rules import Role
from shop.kernel.access import SYSTEM
from shop.kernel.db import db
from shop.production.rules import Verdict
from shop.workflows import making
from tests.builders.production import a_hand_in


def test_labels_are_printed_for_what_passed_and_for_nothing_else(worker, in_app, noon):
    def make() -> dict[str, str]:
        passed, faulty, waiting = (a_hand_in(now=noon, pieces=n) for n in (3, 2, 2))
        making.accept_hand_in(
            hand_in_id=passed,
            verdict=Verdict(passed=2, second_grade=1, reason="短"),
            actor=SYSTEM,
            now=noon,
        )
        making.accept_hand_in(
            hand_in_id=faulty,
            verdict=Verdict(passed=0, rejected=2, reason="散"),
            actor=SYSTEM,
            now=noon,
        )
        names = dict(db.session.execute(sa.text("SELECT id, public_id FROM hand_ins")).all())
        return {"passed": names[passed], "faulty": names[faulty], "waiting": names[waiting]}

    names = in_app(make)
    inspector = worker(Role.INSPECTOR)

    for paper in ("", "?paper=roll"):
        sheet = inspector.open(f"/desk/hand-ins/{names['passed']}/labels{paper}")
        text = sheet.get_data(as_text=True)
        assert text.count('<li class="label">') == 2
        assert text.count('class="qr-code"') == 2
        assert "2026年7月20日" in text
    for name in ("faulty", "waiting"):
        inspector.open(f"/desk/hand-ins/{names[name]}/labels", status=404)
