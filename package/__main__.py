"""The command `workerkit`, and `python -m workerkit`."""

from __future__ import annotations

from workerkit.cli.interrupt import exit_on_interrupt


def main() -> None:
    """Runs the command line and exits with its code."""
    exit_on_interrupt()
    # This import takes long. Ctrl-C must end it without a traceback.
    from workerkit.cli.main import main as run

    run()


if __name__ == "__main__":
    main()
