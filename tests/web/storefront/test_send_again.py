from __future__ import annotations

import io
import re
from html import unescape

import pytest
from flask.testing import FlaskClient

from tests.builders.media import a_picture
from tests.web.storefront.test_buying import put_goods, the_form, the_orders

OURS = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def form(market, visitor, in_app):
    """Return a whole checkout as it was typed, of a browser that has forgotten its session."""
    put_goods(visitor, in_app, market.sandals)
    typed = the_form(visitor, name='刘 "女士" <b>', note="送礼")
    token = visitor.token("/checkout")
    visitor.client.delete_cookie("shop")
    return typed | {"csrf_token": token}


def post(visitor, path, data, **headers):
    return visitor.client.post(path, data=data, headers=OURS | headers)


def fields(page):
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    return {name: unescape(value) for name, value in found} | {"csrf_token": token}


def test_a_checkout_whose_session_is_gone_is_sent_once_more_as_it_was_typed(visitor, in_app, form):
    kept = post(visitor, "/checkout", form)

    assert kept.status_code == 400
    page = kept.get_data(as_text=True)
    assert "您填的都还在" in page
    assert 'action="/checkout"' in page
    again = fields(page)
    assert {name: again[name] for name in form if name != "csrf_token"} == {
        name: value for name, value in form.items() if name != "csrf_token"
    }
    assert the_orders(in_app) == []
    assert post(visitor, "/checkout", again).status_code == 303
    assert len(the_orders(in_app)) == 1


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Origin": "https://elsewhere.example"}, id="another site"),
        pytest.param({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, id="nobody says"),
    ],
)
def test_what_another_site_sends_is_never_offered_again(visitor, in_app, form, headers):
    refused = visitor.client.post("/checkout", data=form, headers=headers)

    assert refused.status_code == 400
    assert form["phone"] not in refused.get_data(as_text=True)
    assert the_orders(in_app) == []


@pytest.mark.parametrize(
    ("path", "typed"),
    [
        pytest.param("/sign-in", {"login": "zhoumin", "password": "a long key"}, id="a password"),
        pytest.param("/member/borrowed", {"code": "a long key"}, id="a code on a borrowed phone"),
    ],
)
def test_a_key_never_stands_in_a_page(visitor, path, typed):
    refused = post(visitor, path, typed)

    assert refused.status_code == 400
    assert "a long key" not in refused.get_data(as_text=True)


def test_words_are_kept_and_files_are_asked_for_once_more(visitor, in_app, form):
    with_file = form | {"files": (io.BytesIO(a_picture()), "a.jpg")}

    kept = post(visitor, "/checkout", with_file).get_data(as_text=True)

    assert 'enctype="multipart/form-data"' in kept
    assert 'name="files"' in kept
    assert post(visitor, "/checkout", fields(kept)).status_code == 303
    assert len(the_orders(in_app)) == 1


def test_who_says_nothing_of_where_it_stands_is_offered_nothing(visitor, in_app, form):
    silent = FlaskClient(visitor.app, visitor.app.response_class)
    refused = silent.post("/checkout", data=form)

    assert refused.status_code == 400
    assert form["phone"] not in refused.get_data(as_text=True)
    assert the_orders(in_app) == []


def test_who_is_signed_out_meanwhile_is_told_to_sign_in_first(visitor):
    kept = post(visitor, "/desk/goods/new", {"title": "手编凉鞋"}).get_data(as_text=True)

    assert "手编凉鞋" in kept
    assert 'href="/sign-in"' in kept
