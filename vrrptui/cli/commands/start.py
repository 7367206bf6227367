"""Starting engines: in the foreground, for one console, or detached."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vrrptui import children
from vrrptui.cli.printing.complain import EXIT_GOOD, complain
from vrrptui.files import open_to_write

READY_S = 10.0
COMPLAINTS_BYTES = 64 << 10  # lines of a failed start that are printed
SCANNED_S = 120.0  # for a capture, which is first read to its end


class NotStartedError(Exception):
    """A started engine did not become ready."""


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration of an engine, if any."""

    file: str | None
    id: str | None = None  # for conditional lines; None: the host name


@dataclass(frozen=True, slots=True)
class Observed:
    """What an engine observes."""

    interfaces: tuple[str, ...] = ()  # empty: those of the configuration, or all
    promiscuous: bool = False
    capture: str | None = None  # a file to play instead of observing interfaces


def run_engine(
    socket_path: Path,
    state_dir: Path,
    config: Config,
    observed: Observed,
    beside_others: bool = False,
    tied: bool = False,
) -> int:
    """Run an engine in this process until SIGTERM. Return the exit status.

    `beside_others`: even if another program speaks VRRP on this host. `tied`: until the console that started it ends;
    the engine's folder is then removed.
    """
    with _without("ssl"):
        import asyncio

        from vrrptui.engine import engine
        from vrrptui.engine.runtime import lifetime, logs

    logs.to_stderr()
    resource.setrlimit(
        resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1])
    )  # passwords are in memory
    file = os.path.abspath(config.file) if config.file is not None else None
    options = engine.Options(
        socket_path, state_dir, file, config.id, observed.interfaces, observed.promiscuous, beside_others, tied
    )
    try:
        asyncio.run(engine.run_engine(options))
    except engine.EngineError as error:
        return complain("engine", str(error))
    except OSError as error:
        return complain("engine", _lacking(error))
    finally:
        if tied:
            lifetime.remove_folder(socket_path.parent)
    return EXIT_GOOD


def _lacking(error: OSError) -> str:
    """Return a line about the resource that the host lacks, and what to do."""
    why = os.strerror(error.errno) if error.errno else str(error)
    where = error.filename or (error.strerror if error.strerror != why else "")
    what = f"{where}: {why}" if where else why
    remedies = {
        errno.EMFILE: "raise the limit of open files (ulimit -n, LimitNOFILE=)",
        errno.ENFILE: "raise fs.file-max, or close what has so many files open",
        errno.ENOSPC: "make room on the disk",
        errno.ENOMEM: "give it more memory",
        errno.ENOBUFS: "give it more memory",
    }
    remedy = remedies.get(error.errno or 0)
    return f"cannot run: {what}" + (f"; {remedy}" if remedy else "")


@contextlib.contextmanager
def _without(module: str) -> Iterator[None]:
    """Import modules without an optional dependency of theirs: asyncio's TLS costs 4 MiB."""
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment]  # an import of it fails
    try:
        yield
    finally:
        del sys.modules[module]  # it can be imported later


def play(capture: str, socket_path: Path, tied: bool = False) -> int:
    """Play a capture file as if it were a live segment, until SIGTERM. Return the exit status.

    `tied` is as for `run_engine`.
    """
    import asyncio

    from vrrptui.engine.capture.pcap import CaptureError
    from vrrptui.engine.playback import player
    from vrrptui.engine.runtime import lifetime
    from vrrptui.engine.serve.control_server import SocketError

    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup leaves it
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # it has nothing to reload: it ends with its terminal

    async def run() -> None:
        await player.Player(capture, socket_path).run(tied)

    try:
        asyncio.run(run())
    except CaptureError as error:
        return complain(capture, str(error))
    except SocketError as error:
        return complain("engine", str(error))
    except OSError as error:
        return complain("engine", _lacking(error))
    finally:
        if tied:
            lifetime.remove_folder(socket_path.parent)
    return EXIT_GOOD


def clean_up(state_dir: Path) -> int:
    """Remove what a killed engine left. Return the exit status."""
    from vrrptui.engine.runtime import logs
    from vrrptui.engine.state import cleanup
    from vrrptui.engine.state.state_dir import StateError

    logs.to_stderr()
    try:
        refused = cleanup.clean_up(state_dir)
    except StateError as error:
        return complain("cleanup", str(error))
    except OSError as error:
        return complain("cleanup", error.strerror or str(error))
    return complain("cleanup", "\n".join(refused)) if refused else EXIT_GOOD


def answers(path: Path) -> bool:
    """Whether an engine listens on this socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except PermissionError:
            return True  # an engine is there; the console will report that it refuses the user
        except OSError:
            return False
    return True


def start_detached(socket_path: Path, state_dir: Path, config_file: str, observed: Observed) -> Path:
    """Start an engine that outlives this process. Return the path of its log. Raises NotStartedError."""
    try:
        state_dir.mkdir(mode=0o750, parents=True, exist_ok=True)
        log = state_dir / "engine.log"
        with open(open_to_write(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), "ab") as output:
            before = os.fstat(output.fileno()).st_size  # output of earlier starts
            process = _spawn(socket_path, state_dir, config_file, observed, output.fileno())
    except OSError as error:
        raise NotStartedError(f"cannot write in {state_dir}: {error.strerror}") from error
    _wait_until_ready(process, socket_path, log, before)
    return log


@contextlib.contextmanager
def private_observer(observed: Observed) -> Iterator[Path]:
    """Start an observing engine for one console, on its own socket; end it on exit. Raises NotStartedError."""
    with tempfile.TemporaryDirectory(prefix="vrrptui-", ignore_cleanup_errors=True) as folder:
        socket_path, log = Path(folder) / "engine.sock", Path(folder) / "engine.log"
        with log.open("wb") as output:
            process = _spawn(socket_path, Path(folder) / "state", None, observed, output.fileno(), tied=True)
        try:
            _wait_until_ready(process, socket_path, log, 0, READY_S if observed.capture is None else SCANNED_S)
            yield socket_path
        finally:
            assert process.stdin is not None
            process.stdin.close()  # the engine then ends, as at the end of this process
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=3)


def _spawn(
    socket_path: Path, state_dir: Path, config_file: str | None, observed: Observed, output: int, tied: bool = False
) -> subprocess.Popen[bytes]:
    places = ("--socket", str(socket_path), "--state-dir", str(state_dir))
    command = children.module_command("vrrptui", "engine", *places)
    if config_file is not None:
        command += ["-f", config_file]
    for name in observed.interfaces:
        command += ["-i", name]
    command += ["--promiscuous"] if observed.promiscuous else []
    command += ["-r", observed.capture] if observed.capture is not None else []
    command += ["--tied"] if tied else []
    source = subprocess.PIPE if tied else subprocess.DEVNULL
    # A session of its own: the engine survives the terminal.
    return subprocess.Popen(
        command, stdin=source, stdout=output, stderr=output, start_new_session=True, env=children.environment()
    )


def _wait_until_ready(
    process: subprocess.Popen[bytes], socket_path: Path, log: Path, before: int, seconds: float = READY_S
) -> None:
    """Wait until the engine listens. Raises NotStartedError with its log after byte `before`."""
    ends = time.monotonic() + seconds
    while not answers(socket_path):
        if process.poll() is not None:
            raise NotStartedError(_complaints(log, before) or _ended(process.returncode, log))
        if time.monotonic() > ends:
            raise NotStartedError(f"the engine is not ready after {seconds:.0f} s; see {log}")
        time.sleep(0.02)


def _complaints(log: Path, before: int) -> str:
    """Return the error lines of a start, without their prefix."""
    try:
        with log.open("rb") as file:
            file.seek(before)
            text = file.read(COMPLAINTS_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
    lines = [line for line in text.splitlines() if line.startswith("vrrptui: ")]
    return "\n".join(line.removeprefix("vrrptui: engine: ") for line in lines)


def _ended(status: int, log: Path) -> str:
    how = f"was ended by signal {-status}" if status < 0 else f"ended with {status}"
    return f"the engine {how} before it was ready; see {log}"
