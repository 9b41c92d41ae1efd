"""The mock server: worlds in memory, the Worker API that serves them, and the scenarios that change them."""
