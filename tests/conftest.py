"""What all tests share: `pytester`, which runs pytest on tests that a test wrote."""

pytest_plugins = ["pytester"]
