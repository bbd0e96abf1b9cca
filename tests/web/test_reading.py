from __future__ import annotations

import pytest


def chosen(answer) -> list[str]:
    return sorted(header.split(";")[0] for header in answer.headers.getlist("Set-Cookie"))


def test_a_visitor_chooses_language_and_size_and_comes_back_to_her_page(visitor):
    page = visitor.open("/goods?category=sandals")
    assert page.get_data(as_text=True).count('value="/goods?category=sandals"') == 2

    answer = visitor.send(
        "/reading", {"lang": "en", "back": "/goods?category=sandals"}, via="/goods", status=303
    )

    assert answer.location == "/goods?category=sandals"
    assert chosen(answer) == ["lang=en"]
    assert '<html lang="en">' in visitor.open("/goods").get_data(as_text=True)
    assert chosen(visitor.send("/reading", {"elder": "1"}, via="/", status=303)) == ["elder=1"]
    assert "data-elder" in visitor.open("/").get_data(as_text=True)


def test_an_address_in_another_language_is_shown_and_not_remembered(visitor):
    page = visitor.open("/goods?lang=en")

    assert '<html lang="en">' in page.get_data(as_text=True)
    assert chosen(page) == []
    assert 'name="back" value="/goods"' in page.get_data(as_text=True)


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/\\evil", "x", ""])
def test_nobody_is_led_elsewhere(visitor, back):
    answer = visitor.send("/reading", {"lang": "fr", "back": back}, via="/", status=303)

    assert answer.location == "/"
    assert chosen(answer) == []
