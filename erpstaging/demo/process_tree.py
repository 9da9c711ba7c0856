"""Child processes that live and end together."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from erpstaging.demo.embedded_pg import end_with_parent

LOOK_EVERY_SECONDS = 0.05
# A web request or a delivery under way may finish; what takes longer is repeated after the next start.
GRACE_SECONDS = 20
LOG_BYTES_KEPT = 5_000_000
LOG_LINES_SHOWN = 15


class StopAsked(Exception):
    """Somebody pressed Ctrl-C or sent SIGTERM."""


class ChildEnded(Exception):
    """A process ended that the others cannot do without; the message shows the end of its log."""


class StopSignals:
    """Counts requests to stop. The handlers only count: raising there could lose a child that is just starting."""

    def __init__(self) -> None:
        self.count = 0

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.count += 1

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Catch SIGINT and SIGTERM. Both are set, for a background job of a shell inherits SIGINT as ignored."""
        before = {number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)}
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup wants to outlive its terminal
            before[signal.SIGHUP] = signal.signal(signal.SIGHUP, self._note)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


@dataclass(frozen=True, slots=True)
class Child:
    """A running process, and how it is brought to an end."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    end: Callable[[], None]

    def story(self) -> str:
        """How it ended, with the last lines of its log."""
        code = self.process.returncode
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        return f"The process {self.name} {how}. The end of its log, {self.log}:\n{_tail(self.log)}"


class ProcessTree:
    """Starts children in sessions of their own, watches them, and stops them, newest first unless told otherwise.

    Ctrl-C reaches the whole foreground group of a terminal; the sessions keep it from the children, so that the web
    process still finds its database while it finishes.
    """

    def __init__(self, *, folder: Path, environment: Mapping[str, str], logs: Path, signals: StopSignals) -> None:
        self.folder, self.environment, self.logs, self.signals = folder, dict(environment), logs, signals
        self.children: list[Child] = []

    @contextmanager
    def running(self, name: str, command: Sequence[str]) -> Iterator[Callable[[Callable[[], bool]], None]]:
        """Run a command to its end, with the body beside it, which may call what it is given to wait for something.

        Raises ChildEnded when the command fails, StopAsked when it has to be stopped.
        """
        child = self._launch(name, command)
        try:
            yield lambda until: self._follow(child, until)
            self._follow(child, until=lambda: False)
        except BaseException:
            child.end()
            raise

    def run(self, name: str, command: Sequence[str]) -> None:
        """Run a command to its end. Raises as `running` does."""
        with self.running(name, command):
            pass

    def _follow(self, child: Child, until: Callable[[], bool]) -> None:
        while child.process.poll() is None:
            if until():
                return
            self._wait()
        if child.process.returncode:
            raise ChildEnded(child.story())

    def start(self, name: str, command: Sequence[str], *, stopped_after: str = "") -> None:
        """Start a child. It is stopped before all that were started earlier, or right after the one named."""
        child, names = self._launch(name, command), [one.name for one in self.children]
        self.children.insert(names.index(stopped_after) if stopped_after else len(names), child)

    def adopt(self, child: Child) -> None:
        """Watch and stop a process that was started elsewhere."""
        self.children.append(child)

    def watch(self, until: Callable[[], bool]) -> None:
        """Return when `until` says so. Raises ChildEnded and StopAsked."""
        while not until():
            for child in self.children:
                if child.process.poll() is not None:
                    raise ChildEnded(child.story())
            self._wait()

    def stop(self) -> None:
        """End all children; a second Ctrl-C while they finish takes their time away."""
        while self.children:
            self.children.pop().end()

    def _wait(self) -> None:
        if self.signals.count:
            raise StopAsked
        time.sleep(LOOK_EVERY_SECONDS)

    def _launch(self, name: str, command: Sequence[str]) -> Child:
        log = self.logs / f"{name}.log"
        _keep_short(log)
        with log.open("ab") as file:
            process = subprocess.Popen(  # noqa: S603
                list(command),
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
                preexec_fn=lambda: end_with_parent(signal.SIGTERM),
            )
        return Child(name, process, log, lambda: self._end(process))

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + GRACE_SECONDS
        process.terminate()
        while process.poll() is None and time.monotonic() < end and self.signals.count < 2:
            time.sleep(LOOK_EVERY_SECONDS)
        with suppress(ProcessLookupError):  # whoever is left of its session
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _keep_short(log: Path) -> None:
    if log.exists() and log.stat().st_size > LOG_BYTES_KEPT:
        log.replace(log.with_suffix(".log.1"))


def _tail(log: Path) -> str:
    with suppress(FileNotFoundError):
        return "\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:])
    return "(it wrote none)"
