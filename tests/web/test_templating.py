from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from jinja2 import DictLoader, StrictUndefined, nodes

from shop.web.templating import HouseEnvironment
from tests.builders.bookings import a_session, an_experience
from tests.builders.orders import some_goods
from tests.conftest import a_test_app

TEMPLATES = {
    "components/lamp.html": (
        "{% macro lamp(name, size='m') -%}<i class=\"{{ size }}\">{{ name }} {{ _('Cart') }}</i>"
        "{%- endmacro %}"
        "{% macro mirror(what) -%}{{ lamp(what) }}{%- endmacro %}"
    ),
    "components/frame.html": (
        "{% macro frame(title='') -%}<b>{{ title }} "
        "{{ caller() if caller is defined else 'empty' }}</b>"
        "{%- endmacro %}"
    ),
    "components/clock.html": "{% macro clock(hour) -%}{{ hour }} {{ hands() }}{%- endmacro %}",
    "components/wall.html": (
        '{% from "components/clock.html" import clock %}'
        "{% macro wall(hour) -%}{{ clock(hour) }}{%- endmacro %}"
    ),
}
USE = '{% from "components/lamp.html" import lamp, mirror as glass %}'
SET = '{% from "components/frame.html" import frame %}'
HANG = '{% from "components/wall.html" import wall %}'


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> HouseEnvironment:
    app = a_test_app("", tmp_path_factory.mktemp("templating"))
    environment = app.jinja_env
    environment.loader = DictLoader(TEMPLATES)
    environment.globals["hands"] = lambda: "now"
    environment.undefined = StrictUndefined
    with app.test_request_context("/"):
        yield environment


def text_nodes(environment: HouseEnvironment, source: str) -> int:
    """Return how many pieces of a template are worked out on every page."""
    tree = environment.parse(source, "page.html")
    evaluation = nodes.EvalContext(environment, "page.html")
    open_ones = 0
    for output in tree.find_all(nodes.Output):
        for one in output.nodes:
            try:
                if not isinstance(one, nodes.TemplateData):
                    one.as_const(evaluation)
            except nodes.Impossible:
                open_ones += 1
    return open_ones


@pytest.mark.parametrize(
    ("source", "chinese", "english", "still_open"),
    [
        ("{{ _('Cart') }}", "购物车", "Cart", 0),
        ("{{ _('<Cart>') }}", "<Cart>", "<Cart>", 0),
        ("{{ _('100 %% sure') }}", "100 % sure", "100 % sure", 0),
        ("{{ _('Sold by %(seller)s', seller=who) }}", "销售方：&lt;b&gt;", "Sold by &lt;b&gt;", 1),
        ("{{ _(who) }}", "<b>", "<b>", 1),
        ("{{ ngettext('%(num)s piece', '%(num)s pieces', one) }}", "1 件", "1 piece", 1),
        ("{{ ngettext('%(num)s piece', '%(num)s pieces', two) }}", "2 件", "2 pieces", 1),
        ("{{ 'yes' if locale == 'en' else 'no' }}", "no", "yes", 0),
        ("{{ html_lang }}", "zh-Hans", "en", 0),
        (USE + "{{ lamp('a') }}", '<i class="m">a 购物车</i>', '<i class="m">a Cart</i>', 0),
        (USE + "{{ lamp(_('Cart'), size='s') }}", '<i class="s">购物车 购物车</i>', "", 0),
        (USE + "{{ glass('<') }}", '<i class="m">&lt; 购物车</i>', "", 0),
        (USE + "{{ lamp('a' if two == 2 else 'b') }}", '<i class="m">a 购物车</i>', "", 1),
        (USE + "{{ lamp(who) }}", '<i class="m">&lt;b&gt; 购物车</i>', "", 1),
        (
            USE + "{{ lamp(who, 's' if two else 'l') }}",
            '<i class="s">&lt;b&gt; 购物车</i>',
            None,
            1,
        ),
        (SET + "{{ frame(_('Cart')) }}", "<b>购物车 empty</b>", "<b>Cart empty</b>", 0),
        (
            SET + "{% call frame(_('Cart')) %}{{ _('Cart') }}{% endcall %}",
            "<b>购物车 购物车</b>",
            "<b>Cart Cart</b>",
            0,
        ),
        (HANG + "{{ wall(3) }}", "3 now", "3 now", 1),
    ],
)
def test_what_is_constant_is_said_in_advance_and_reads_the_same(
    plain, source, chinese, english, still_open
):
    values = {"who": "<b>", "one": 1, "two": 2}
    environment = plain.speaking("zh_Hans")
    with plain_loader(environment, source):
        assert environment.get_template("page.html").render(**values) == chinese
    assert text_nodes(environment, source) == still_open
    if english:
        environment = plain.speaking("en")
        with plain_loader(environment, source):
            assert environment.get_template("page.html").render(**values) == english


@contextmanager
def plain_loader(environment: HouseEnvironment, source: str) -> Iterator[None]:
    environment.loader.mapping["page.html"] = source
    environment.cache.clear()
    yield
    del environment.loader.mapping["page.html"]


PAGES = ["/_components", "/", "/goods", "/rules", "/experiences/weave-a-pendant", "/sign-in"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_reads_as_if_nothing_had_been_said_in_advance(
    fresh_app: Flask, in_app, noon, lang, monkeypatch
):
    monkeypatch.setitem(fresh_app.extensions, "clock", lambda: noon)
    in_app(some_goods)
    in_app(lambda: a_session(now=noon, experience_id=an_experience(slug="weave-a-pendant")))

    def texts() -> list[str]:
        fresh_app.extensions["kept_pages"].store.forget()
        client = fresh_app.test_client()
        client.set_cookie("lang", lang)
        pages = [client.get(page).get_data(as_text=True) for page in PAGES]
        return [re.sub(r'name="csrf_token" value="[^"]+"', "", page) for page in pages]

    in_advance = texts()
    monkeypatch.setattr(
        HouseEnvironment,
        "get_or_select_template",
        super(HouseEnvironment, HouseEnvironment).get_or_select_template,
    )
    assert texts() == in_advance
    assert all(len(text) > 3000 for text in in_advance)
