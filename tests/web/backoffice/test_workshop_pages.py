from __future__ import annotations

from shop.accounts.rules import Role
from shop.stations import queries
from tests.builders.stations import CIZHU, a_room, a_workshop


def test_a_social_worker_says_when_somebody_is_there(worker, in_app):
    in_app(a_workshop)
    public_id = in_app(queries.workshop_by_slug, "dengliang").public_id
    zhou = worker()
    page = f"/desk/workshops/{public_id}"
    assert zhou.open("/desk/workshops", status=302).headers["Location"].endswith(page)

    zhou.send(page, {"hours": "每天 9:00", "story": "一", "phone": "023-5900 0001"})
    assert "每天 9:00" in zhou.open("/workshops/dengliang").get_data(as_text=True)
    wrong = zhou.send(page, {"hours": "九点", "phone": "abc"}, status=422).get_data(as_text=True)
    assert 'value="九点"' in wrong

    worker(at=in_app(a_room, CIZHU)).open(page, status=404)
    worker(Role.CASHIER).open(page, status=403)
