"""Makes worlds through a load balancer, and uses their keys and their control calls."""

from __future__ import annotations

from tests.contracts.fleet.balanced_mocks import BalancedMocks, call


def place_worlds(mocks: BalancedMocks, count: int) -> list[int]:
    """Returns how many worlds each mock has. Raises AssertionError or HTTPError if a world is not found.

    Each world is made, used by two of its servers, and looked at, all through the load balancer.
    """
    for number in range(count):
        name = f"team-{number}"
        body = {"name": name, "key_prefix": name}
        servers = call(f"{mocks.url}/_mock/worlds", body, key=f"{name}.")["servers"]
        for server in servers[:2]:
            assert call(f"{mocks.base_url}/tasks", key=server["api_key"])["server_name"] == server["name"]
        assert call(f"{mocks.url}/_mock/worlds/{name}", key=f"{name}.")["exchanges"] == 2
    return [len(call(f"{url}/_mock/worlds")["worlds"]) - 1 for url in mocks.mock_urls]
