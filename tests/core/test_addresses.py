"""Where a request comes from."""

from typing import Any

import pytest

from erpstaging.core.addresses import caller_address


@pytest.mark.parametrize(
    ("meta", "behind_proxy", "address"),
    [
        ({"REMOTE_ADDR": "192.0.2.1"}, False, "192.0.2.1"),
        ({"REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_FOR": "198.51.100.9"}, False, "192.0.2.1"),
        ({"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "198.51.100.9"}, True, "198.51.100.9"),
        ({"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "spoofed, 198.51.100.9"}, True, "198.51.100.9"),
        ({"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "198.51.100.9, nonsense"}, True, None),
        ({"REMOTE_ADDR": "10.0.0.1"}, True, "10.0.0.1"),
        ({"REMOTE_ADDR": "2001:DB8::1"}, False, "2001:db8::1"),
        ({"REMOTE_ADDR": ""}, False, None),
        ({}, False, None),
    ],
)
def test_a_forwarded_address_is_believed_only_of_our_own_proxy(
    settings: Any, meta: dict[str, str], behind_proxy: bool, address: str | None
) -> None:
    settings.BEHIND_PROXY = behind_proxy

    assert caller_address(meta) == address
