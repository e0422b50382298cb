"""A login leaves this machine only over TLS, and addresses are shown without one."""

import pytest

from shared.web_addresses import is_bare, is_safe, is_web, without_login


@pytest.mark.parametrize(
    "address, safe, bare",
    [
        pytest.param("https://registry.example.com:8443/v7", True, True, id="TLS"),
        pytest.param("HTTPS://registry.example.com", True, True, id="in capitals"),
        pytest.param("http://[::1]:8081", True, True, id="this machine"),
        pytest.param("http://127.0.0.1.example.com", False, False, id="a host that looks like this machine"),
        pytest.param("http://localhost@example.com", False, False, id="this machine for a user"),
        pytest.param("https://me@example.com", True, False, id="a user"),
        pytest.param("https://example.com/?key=1", True, False, id="a query"),
        pytest.param("https://example.com/#key", True, False, id="a fragment"),
        pytest.param("https://example.com:port", True, False, id="no port"),
        pytest.param("https://example.com/a b", True, False, id="a space"),
        pytest.param("https:///v7", True, False, id="no host"),
        pytest.param("s3://landing/schemas", False, False, id="not of the web"),
    ],
)
def test_where_a_login_may_be_sent(address, safe, bare):
    assert (safe, bare) == (is_safe(address), is_bare(address))
    assert is_web(address) is not address.startswith("s3")


def test_an_address_is_shown_without_parts_that_may_be_a_key():
    assert without_login("https://me:can@ary@example.com:1/a@b?key=canary#canary") == "https://example.com:1/a@b"
    assert without_login("s3://landing/schemas") == "s3://landing/schemas"
