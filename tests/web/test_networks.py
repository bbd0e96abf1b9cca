from __future__ import annotations

import pytest

from shop.web.limits import network_digest


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        pytest.param("8.8.8.8", "8.8.8.8", True, id="the same address"),
        pytest.param("8.8.8.8", "8.8.4.4", False, id="another address"),
        pytest.param("2400:3200::1", "2400:3200::ffff:1", True, id="one house of many addresses"),
        pytest.param("2400:3200::1", "2400:3200:0:1::1", False, id="the house beside it"),
    ],
)
def test_a_network_is_told_from_others_by_a_digest(fresh_app, one, other, is_same):
    digests = []
    for address in (one, other):
        with fresh_app.test_request_context(environ_base={"REMOTE_ADDR": address}):
            digests.append(network_digest())

    assert (digests[0] == digests[1]) is is_same
    assert all(address not in digest for address in (one, other) for digest in digests)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.7", "192.168.1.20", "fe80::1"])
def test_an_address_that_names_nobody_is_not_counted(fresh_app, address):
    with fresh_app.test_request_context(environ_base={"REMOTE_ADDR": address}):
        assert network_digest() == ""
