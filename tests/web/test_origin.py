from __future__ import annotations

import pytest
from werkzeug.datastructures import Headers

from shop.web.origin import is_sent_from

HOST = "shop.example.cn"
ADDRESS = "https://shop.example.cn"
OURS, FOREIGN, SILENT = True, False, None


@pytest.mark.parametrize(
    ("headers", "answer"),
    [
        ({}, SILENT),
        ({"Origin": "https://shop.example.cn"}, OURS),
        ({"Origin": "https://SHOP.example.cn:443"}, OURS),
        ({"Origin": "http://shop.example.cn"}, FOREIGN),
        ({"Origin": "https://shop.example.cn:8443"}, FOREIGN),
        ({"Origin": "https://shop.example.cn.evil.example"}, FOREIGN),
        ({"Origin": "https://evil.example/shop.example.cn"}, FOREIGN),
        ({"Origin": "https://sub.shop.example.cn"}, FOREIGN),
        ({"Origin": "https://[broken"}, FOREIGN),
        ({"Origin": ""}, FOREIGN),
        ({"Origin": "file://"}, FOREIGN),
        ({"Origin": "null"}, SILENT),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, OURS),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, FOREIGN),
        ({"Origin": "null", "Referer": "https://shop.example.cn/goods/x"}, OURS),
        ({"Sec-Fetch-Site": "same-origin"}, OURS),
        ({"Sec-Fetch-Site": "none"}, OURS),
        ({"Sec-Fetch-Site": "same-site"}, FOREIGN),
        ({"Sec-Fetch-Site": "cross-site", "Referer": "https://shop.example.cn/"}, FOREIGN),
        ({"Origin": "https://shop.example.cn", "Sec-Fetch-Site": "cross-site"}, FOREIGN),
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"}, FOREIGN),
        ({"Referer": "https://shop.example.cn/goods/x?y=1"}, OURS),
        ({"Referer": "https://evil.example/shop.example.cn"}, FOREIGN),
        ({"Referer": "about:blank"}, FOREIGN),
    ],
)
def test_a_browser_says_where_a_form_stood(headers, answer):
    assert is_sent_from(Headers(headers), host=HOST, address=ADDRESS) is answer


@pytest.mark.parametrize(
    ("host", "address", "origin", "answer"),
    [
        # On a laptop without an address of its own, under whatever name it is asked.
        ("127.0.0.1:8000", "", "http://127.0.0.1:8000", OURS),
        ("192.168.1.7:8000", "", "http://192.168.1.7:8000", OURS),
        ("127.0.0.1:8000", "", "http://localhost:8000", FOREIGN),
        # Behind a proxy that ends the encryption and hands the name on, address set or not.
        (HOST, "", "https://shop.example.cn", OURS),
        (HOST, ADDRESS, "https://shop.example.cn", OURS),
        # Behind one that asks us under another name: only the address knows.
        ("127.0.0.1:8000", ADDRESS, "https://shop.example.cn", OURS),
        ("127.0.0.1:8000", "", "https://shop.example.cn", FOREIGN),
        # The operator on the machine itself.
        ("127.0.0.1:8000", ADDRESS, "http://127.0.0.1:8000", OURS),
    ],
)
def test_the_house_knows_its_own_names(host, address, origin, answer):
    assert is_sent_from(Headers({"Origin": origin}), host=host, address=address) is answer
