"""Processes that live and end together."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from erpstaging.demo.process_tree import Child, ChildEnded, ProcessTree, StopAsked, StopSignals
from tests.processes import alive, descendants, wait_until

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
FAIL = [sys.executable, "-c", "print('out of paper'); raise SystemExit(3)"]
# Says goodbye when it is asked to stop, so that the order can be seen.
POLITE = "import signal, sys, time, pathlib; f = lambda *_: (open('{log}', 'a').write('{name} '), sys.exit()); \
signal.signal(signal.SIGTERM, f); pathlib.Path('{name}').touch(); time.sleep(60)"
STUBBORN = "import signal, time, pathlib; signal.signal(signal.SIGTERM, signal.SIG_IGN); \
pathlib.Path('stubborn').touch(); time.sleep(60)"
WITH_CHILD = "import subprocess, sys, pathlib, time; subprocess.Popen([sys.executable, '-c', 'import time; \
time.sleep(60)']); pathlib.Path('grown').touch(); time.sleep(60)"


@pytest.fixture
def signals() -> StopSignals:
    return StopSignals()


@pytest.fixture
def tree(tmp_path: Path, signals: StopSignals) -> Iterator[ProcessTree]:
    tree = ProcessTree(folder=tmp_path, environment=os.environ, logs=tmp_path, signals=signals)
    yield tree
    signals.count = 2  # no patience
    tree.stop()


def python(program: str) -> list[str]:
    return [sys.executable, "-c", program]


def appeared(path: Path) -> None:
    assert wait_until(path.exists, seconds=10)


def test_children_are_stopped_newest_first(tree, tmp_path):
    log = tmp_path / "goodbyes"
    for name in ("first", "second", "third"):
        tree.start(name, python(POLITE.format(log=log, name=name)))
        appeared(tmp_path / name)

    tree.stop()

    assert log.read_text().split() == ["third", "second", "first"]


def test_a_child_that_ends_is_noticed_and_told_about(tree):
    tree.start("printer", FAIL)

    with pytest.raises(ChildEnded, match=r"(?s)printer ended with exit code 3.*out of paper"):
        tree.watch(until=lambda: False)


def test_a_child_that_is_killed_is_noticed_too(tree):
    tree.start("sleeper", SLEEP)
    os.kill(tree.children[0].process.pid, signal.SIGKILL)

    with pytest.raises(ChildEnded, match="sleeper was killed by SIGKILL"):
        tree.watch(until=lambda: False)


def test_watching_ends_when_its_condition_is_true(tree):
    tree.start("sleeper", SLEEP)

    tree.watch(until=lambda: True)


def test_a_command_that_fails_shows_the_end_of_its_log(tree):
    with pytest.raises(ChildEnded, match="out of paper"):
        tree.run("printer", FAIL)


def test_a_command_that_succeeds_is_no_child_any_more(tree):
    tree.run("nothing", python("pass"))

    assert tree.children == []


def test_asking_to_stop_ends_a_running_command(tree, signals):
    before, started = descendants(os.getpid()), time.monotonic()
    threading.Timer(0.3, lambda: setattr(signals, "count", 1)).start()

    with pytest.raises(StopAsked):
        tree.run("sleeper", SLEEP)

    assert time.monotonic() - started < 10
    assert descendants(os.getpid()) == before


def test_sigterm_and_ctrl_c_are_caught_even_in_the_background(tree, signals):
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # what a shell does to its background jobs
    try:
        with signals.caught():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGTERM)
        assert signals.count == 2
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def test_a_child_does_not_hear_the_terminals_ctrl_c(tree):
    tree.start("sleeper", SLEEP)
    process = tree.children[0].process

    assert os.getpgid(process.pid) == process.pid
    assert os.getsid(process.pid) == process.pid


def test_a_stubborn_child_is_killed_when_its_time_is_over(tree, tmp_path, monkeypatch):
    monkeypatch.setattr("erpstaging.demo.process_tree.GRACE_SECONDS", 0.5)
    tree.start("stubborn", python(STUBBORN))
    appeared(tmp_path / "stubborn")
    process = tree.children[0].process

    tree.stop()

    assert process.returncode == -signal.SIGKILL


def test_a_second_ctrl_c_takes_the_time_away(tree, tmp_path, signals):
    tree.start("stubborn", python(STUBBORN))
    appeared(tmp_path / "stubborn")
    signals.count = 2
    started = time.monotonic()

    tree.stop()

    assert time.monotonic() - started < 5


def test_children_of_children_are_not_left_behind(tree, tmp_path):
    tree.start("parent", python(WITH_CHILD))
    appeared(tmp_path / "grown")
    (grandchild,) = descendants(tree.children[0].process.pid)
    os.kill(tree.children[0].process.pid, signal.SIGKILL)

    tree.stop()

    assert wait_until(lambda: not alive(grandchild), seconds=5)


def test_a_process_started_elsewhere_can_be_watched(tree, tmp_path):
    tree.start("sleeper", SLEEP)
    started = tree.children.pop()
    ended: list[str] = []
    tree.adopt(Child("adopted", started.process, started.log, lambda: (ended.append("adopted"), started.end())[0]))

    tree.stop()

    assert ended == ["adopted"]


def test_a_long_log_is_put_aside(tree, tmp_path, monkeypatch):
    monkeypatch.setattr("erpstaging.demo.process_tree.LOG_BYTES_KEPT", 10)
    (tmp_path / "nothing.log").write_text("x" * 11)

    tree.run("nothing", python("print('new')"))

    assert (tmp_path / "nothing.log").read_text() == "new\n"
    assert (tmp_path / "nothing.log.1").read_text() == "x" * 11
