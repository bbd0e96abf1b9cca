from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from shop.accounts.rules import Role
from shop.kernel.db import db
from shop.programs.models import ProgramToken

SECRET = re.compile(r"dlt_[\w-]{32}")


@pytest.fixture
def manager(worker):
    return worker(Role.SOCIAL_WORKER)


def a_program(manager, name="灯梁小程序"):
    place = re.search(r'<option value="(\d+)"', manager.open("/desk/programs").text)[1]
    answer = manager.send("/desk/programs", {"name": name, "place": place})
    return answer.headers["Location"]


def test_a_manager_takes_a_program_in_and_sees_its_token_once(manager, fresh_app):
    page = a_program(manager)
    assert "还没有令牌" in manager.open(page).text

    made = manager.send(
        f"{page}/tokens", {"scopes": ["shop:buy"], "days": "30"}, via=page, status=200
    ).text
    secret = SECRET.search(made)[0]
    later = manager.open(page).text

    assert SECRET.search(later) is None
    assert f"…{secret[-4:]}" in later
    with fresh_app.app_context():
        assert secret not in str(db.session.execute(sa.select(ProgramToken.__table__)).all())
        db.session.remove()


def test_a_token_is_taken_back_at_the_desk(manager, fresh_app):
    page = a_program(manager)
    made = manager.send(f"{page}/tokens", {"scopes": ["orders:read"], "days": "1"}, via=page,
                        status=200).text  # fmt: skip
    headers = {"Authorization": f"Bearer {SECRET.search(made)[0]}"}
    program = fresh_app.test_client(use_cookies=False)
    assert program.get("/api/v1/parts", headers=headers).status_code == 200

    revoke = re.search(r'action="([^"]+/revoke)"', manager.open(page).text)[1]
    manager.send(revoke, via=page)

    assert program.get("/api/v1/parts", headers=headers).status_code == 401
    assert "已收回" in manager.open(page).text


@pytest.mark.parametrize(
    "typed",
    [{}, {"scopes": ["shop:buy"], "days": "0"}, {"scopes": ["everything"], "days": "1"},
     {"scopes": ["shop:buy"], "days": "9999"}],
)  # fmt: skip
def test_a_token_for_nothing_or_for_ever_is_not_made(manager, typed):
    page = a_program(manager)
    answer = manager.send(f"{page}/tokens", typed, via=page, status=422)
    assert SECRET.search(answer.text) is None


def test_a_program_that_was_ended_makes_no_tokens(manager):
    page = a_program(manager)
    manager.send(f"{page}/end", via=page)
    assert "已停用" in manager.open(page).text
    assert "使用中" not in manager.open("/desk/programs").text
    manager.send(
        f"{page}/tokens", {"scopes": ["shop:buy"], "days": "1"}, via="/desk/programs", status=409
    )


def test_who_is_no_manager_sees_no_programs(worker):
    for role in (Role.WORKSHOP_LEAD, Role.BOOKKEEPER, Role.CASHIER):
        worker(role).open("/desk/programs", status=403)
