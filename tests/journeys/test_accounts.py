"""A buyer's account in a real browser: a code without script, a passkey with a pretended device."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.builders.serving import Server, a_server, a_stocked_folder

CHROMIUM = Path("/usr/bin/chromium")
NEEDS_SERVICES = os.environ.get("SHOP_TEST_REQUIRE_SERVICES") == "1"
SMALL = {"width": 360, "height": 780}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not CHROMIUM.exists() and not NEEDS_SERVICES,
        reason=f"no browser at {CHROMIUM}: install chromium to run the journeys in it",
    ),
]


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[tuple[Server, str]]:
    stocked = a_stocked_folder(tmp_path_factory.mktemp("stocked"))
    with a_server(stocked.folder, words=("serve",)) as server:
        yield server, stocked.page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        one = play.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        yield one
        one.close()


def a_page(browser: Browser, server: Server, *, script: bool) -> Page:
    """Return a page on the site by its name: a passkey belongs to a name, not to a number."""
    context = browser.new_context(
        viewport=SMALL,  # type: ignore[arg-type]  # a plain dict will do
        locale="zh-CN",
        java_script_enabled=script,
        base_url=f"http://localhost:{server.port}",
    )
    context.set_default_timeout(15_000)
    return context.new_page()


def sign_in_by_code(page: Page, number: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("手机号或邮箱").fill(number)
    page.get_by_role("button", name="发验证码给我").click()
    page.get_by_label("验证码", exact=True).fill(page.locator(".order-code").inner_text())
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page).to_have_url(re.compile("/account$"))


def test_without_script_a_code_opens_an_account_that_takes_the_cart_along(browser, served):
    server, goods = served
    page = a_page(browser, server, script=False)
    page.goto(goods)
    page.get_by_role("button", name="放进购物车").click()
    sign_in_by_code(page, "13800005555")
    assert page.evaluate("document.documentElement.scrollWidth") <= SMALL["width"]

    page.get_by_role("link", name="收货地址").click()
    page.get_by_role("link", name="存一个地址").click()
    page.get_by_label("姓名").fill("刘女士")
    page.get_by_label("手机号").fill("13800005555")
    page.get_by_label("省").select_option(label="重庆市")
    page.get_by_role("button", name="显示下一级").click()
    page.get_by_label("区县").select_option(label="渝中区")
    page.locator("#address").fill("民生路 1 号")
    page.get_by_role("button", name="保存地址").click()
    expect(page.get_by_text("民生路 1 号")).to_be_visible()

    page.goto("/checkout")
    expect(page.locator("#name")).to_have_value("刘女士")
    page.goto("/account")
    page.get_by_role("button", name="在这台退出").click()
    page.goto("/cart")
    expect(page.get_by_text("手编凉鞋")).to_have_count(0)

    other = a_page(browser, server, script=False)
    other.goto("/account/data")
    expect(other).to_have_url(re.compile("/sign-in"))
    for one in (page, other):
        one.context.close()


def a_device(page: Page) -> None:
    """Give the browser an authenticator of its own that says yes to everything."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


def test_a_passkey_made_on_the_device_signs_in_there_and_at_no_other_name(browser, served):
    server, _ = served
    page = a_page(browser, server, script=True)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    a_device(page)
    sign_in_by_code(page, "13800006666")
    page.get_by_role("link", name="登录方式").click()
    page.get_by_role("button", name="在这台设备上设通行密钥").click()
    expect(page.get_by_text("以后在这台设备上可以直接登录。")).to_be_visible()
    page.goto("/account")
    page.get_by_role("button", name="在这台退出").click()

    expect(page.get_by_text("没有成功，或者您取消了")).to_be_hidden()
    page.get_by_role("button", name="用通行密钥登录").click()

    expect(page).to_have_url(re.compile("/account$"))
    expect(page.get_by_text("13800006666").first).to_be_visible()
    assert wrong == []
    # The same house by its number is another house to the device: it offers no passkey there.
    page.goto(f"http://127.0.0.1:{server.port}/sign-in")
    expect(page.locator("form[data-passkey]")).to_be_hidden()
    page.context.close()
