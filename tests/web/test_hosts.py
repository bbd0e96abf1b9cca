from __future__ import annotations

import pytest

from shop.app import Settings, create_app


@pytest.mark.parametrize(
    ("address", "status"),
    [
        pytest.param("https://shop.example.cn", 200, id="its own name"),
        pytest.param("http://127.0.0.1:8000", 200, id="from the machine itself"),
        pytest.param("http://evil.example", 400, id="another name"),
    ],
)
def test_a_site_with_an_address_answers_to_no_other_name(tmp_path, address, status):
    app = create_app(
        Settings(mode="test", data_folder=str(tmp_path), address="https://shop.example.cn")
    )
    assert app.test_client().get("/healthz", base_url=address).status_code == status
