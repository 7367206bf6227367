"""Where `vrrptui` and `python -m vrrptui` begin."""

import signal
import sys

from vrrptui import __version__


def main() -> int:
    """Run the command line; returns the exit status."""
    if sys.argv[1:] == ["--version"]:  # answered before anything else is imported
        print(f"vrrptui {__version__}")
        return 0
    if sys.argv[1:2] == ["engine"]:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is something to reload
    from vrrptui.cli.main import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
