from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from shop.accounts.rules import Role
from shop.kernel.db import db
from shop.programs import gateway, hooks
from shop.programs.gateway import NullPost, Told
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


def a_hook(manager, page, **typed):
    said = {"url": "https://program.example.cn/h", "kinds": ["order.paid"], **typed}
    return manager.send(f"{page}/hooks", said, via=page, status=200)


def test_an_address_is_told_tried_signed_anew_and_ended_at_the_desk(manager, fresh_app, noon):
    page = a_program(manager)
    made = a_hook(manager, page).text
    secret = re.search(r"whsec_[\w+/=]+", made)[0]
    assert secret not in manager.open(page).text
    log = re.search(r'href="([^"]+/hooks/[^"]+)"', manager.open(page).text)[1]

    manager.send(f"{log}/test", via=log)
    kept = NullPost([Told(500, "")])
    before = gateway.install(kept)
    with fresh_app.app_context():
        assert hooks.send_next(now=noon)
        db.session.remove()
    gateway.install(before)
    shown = manager.open(log).text
    assert "answered 500" in shown
    assert "&#34;type&#34;:&#34;ping&#34;" in shown

    anew = manager.send(f"{log}/secret", via=log, status=200).text
    assert secret not in anew
    assert re.search(r"whsec_[\w+/=]+", anew)
    manager.send(f"{log}/rest", via=log)
    assert "/on" in manager.open(log).text
    manager.send(f"{log}/on", via=log)
    manager.send(f"{log}/end", via=log)
    manager.open(log, status=404)


def test_a_message_that_was_given_up_is_sent_once_more_at_the_desk(manager, fresh_app, noon):
    page = a_program(manager)
    a_hook(manager, page)
    log = re.search(r'href="([^"]+/hooks/[^"]+)"', manager.open(page).text)[1]
    manager.send(f"{log}/test", via=log)
    before = gateway.install(NullPost([Told(410, "")]))
    with fresh_app.app_context():
        assert hooks.send_next(now=noon)
        db.session.remove()
    gateway.install(before)
    manager.send(f"{log}/on", via=log)
    again = re.search(r'action="([^"]+/messages/[^"]+)"', manager.open(log).text)[1]
    manager.send(again, via=log)
    manager.send(again, via=page, status=409)


@pytest.mark.parametrize(
    "typed",
    [{"url": "http://program.example.cn/"}, {"url": "https://127.0.0.1/"}, {"url": ""},
     {"kinds": []}, {"kinds": ["everything"]}],
)  # fmt: skip
def test_an_address_that_cannot_be_told_is_refused(manager, typed):
    page = a_program(manager)
    said = {"url": "https://program.example.cn/h", "kinds": ["order.paid"], **typed}
    answer = manager.send(f"{page}/hooks", said, via=page, status=422)
    assert "whsec_" not in answer.text
