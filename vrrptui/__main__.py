"""The entry point of `vrrptui` and `python -m vrrptui`."""

import sys

from vrrptui import __version__


def main() -> int:
    """Run the command line; return the exit status."""
    if sys.argv[1:] == ["--version"]:  # answered before any other import
        print(f"vrrptui {__version__}")
        return 0
    if sys.argv[1:2] == ["engine"]:
        from vrrptui.engine.runtime.signals import stay_alive

        stay_alive()
    from vrrptui.cli.main import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
