"""A child answers or ends with a clear reason, cannot reach the grader, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from autograder.sandbox import Child, ChildLost, Limits, Sandbox, SandboxFault
from autograder.sandbox.conversation import End
from autograder.sandbox.protocol import CellRan, Done, RunCell, Seed
from autograder.sandbox.wire import encode
from tests.support.commands import Lent
from tests.support.processes import eventually, not_running
from tests.support.sabotage import sabotaged


def run(child: Child, source: str, seconds: float = 20.0) -> CellRan:
    return child.ask(RunCell("test", source), seconds=seconds)


@pytest.mark.parametrize(
    ("source", "status", "says"),
    [
        ("while True: pass", "timeout", "had not finished"),
        ("import time; time.sleep(60)", "timeout", "had not finished"),
        ("import signal, time\nfor s in (2, 15): signal.signal(s, signal.SIG_IGN)\ntime.sleep(60)", "timeout", "up"),
        ("import os; os._exit(0)", "crashed", "exit code 0"),
        ("import os; os._exit(70)", "crashed", "exit code 70"),
        ("import os; os.kill(os.getpid(), 11)", "crashed", "SIGSEGV"),
        ("import ctypes; ctypes.string_at(0)", "crashed", "SIGSEGV"),
        ("import os; os.write(3, b'nonsense' * 10)", "crashed", "no answer"),
        ("import os; os.write(3, b'WIA1' + b'\\xff' * 8)", "crashed", "more than may be sent"),
        ("import os; os.close(3)", "crashed", "SIGKILL|exit code"),
    ],
)
def test_child_that_ends_badly_gets_a_status_and_a_sentence(
    sandbox: Sandbox, source: str, status: str, says: str
) -> None:
    child = sandbox.open()
    child.ask(Seed(1), seconds=20.0)
    with pytest.raises(ChildLost, match=says) as lost:
        run(child, source, seconds=2.0)
    assert lost.value.status == status
    with pytest.raises(ChildLost):
        run(child, "1")
    child.close()


def test_child_without_cpu_time_left_is_a_timeout(sandbox: Sandbox) -> None:
    child = Lent(sandbox, Limits(cpu_seconds=1)).open()
    with pytest.raises(ChildLost, match="CPU time") as lost:
        run(child, "while True: pass", seconds=30.0)
    assert lost.value.status == "timeout"


def test_one_childs_end_is_nothing_to_the_next(sandbox: Sandbox) -> None:
    child = sandbox.open()
    run(child, "import numpy; numpy.mean = None; import builtins; builtins.abs = None; leftover = 1")
    with pytest.raises(ChildLost):
        run(child, "import os; os.abort()")
    after = sandbox.open()
    assert run(after, "import numpy; assert numpy.mean and abs; assert 'leftover' not in globals()").raised is None
    after.close()


def test_child_sees_a_clean_house(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "hunter2")
    child = sandbox.open()
    source = """
import os, sys
assert "SECRET_TOKEN" not in os.environ and not any("hunter2" in v for v in os.environ.values())
assert sys.stdin.read() == ""
def is_open(fd):
    try: os.fstat(fd)
    except OSError: return False
    return True
assert [fd for fd in range(os.sysconf("SC_OPEN_MAX")) if is_open(fd)] == [0, 1, 2, 3]
assert os.getsid(0) == os.getpid()
assert os.listdir(".") == []
open("scratch.txt", "w").write("x")
"""
    answer = run(child, source)
    assert answer.raised is None, answer
    child.close()


@pytest.mark.parametrize("end", ["pass", "import os; os.abort()", "while True: pass"])
def test_nothing_is_left_of_the_scratch_folder_or_among_descriptors(sandbox: Sandbox, end: str) -> None:
    sandbox.open().close()
    descriptors = len(os.listdir("/proc/self/fd"))
    child = sandbox.open()
    source = "import os, tempfile; open('left.txt', 'w').write('x'); print(os.getcwd(), tempfile.gettempdir())"
    folder, temporary = run(child, source).stdout.split()
    assert folder == temporary
    assert Path(folder).is_dir()
    with contextlib.suppress(ChildLost):
        run(child, end, seconds=1.0)
    child.close()
    assert eventually(lambda: not Path(folder).exists())
    assert len(os.listdir("/proc/self/fd")) == descriptors


@pytest.mark.parametrize(
    "sabotage",
    [
        "import json; json.dumps = None; import builtins; builtins.print = None",
        "import traceback; traceback.print_exc = None; import json; json.dumps = None",
        "import os; os._exit = lambda code: None; import json; json.dumps = None",
    ],
)
def test_child_that_breaks_its_own_python_takes_no_sibling_with_it(sandbox: Sandbox, sabotage: str) -> None:
    sibling, child = sandbox.open(), sandbox.open()
    child.ask(Seed(1), seconds=20.0)
    run(sibling, "alive = 1")
    with pytest.raises(ChildLost) as lost:
        run(child, sabotage)
    assert lost.value.status == "crashed"
    assert run(sibling, "assert alive").raised is None
    sibling.close()


def test_several_children_run_side_by_side(sandbox: Sandbox) -> None:
    def work(number: int) -> str:
        child = sandbox.open()
        run(child, f"import time; mine = {number}; time.sleep(0.2)")
        answer = run(child, "print(mine)")
        child.close()
        return answer.stdout.strip()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(8))) == [str(n) for n in range(8)]


class Simulated(Child):
    """A child without a process: the test holds the other end of its channel."""

    def _finish(self, patience: float) -> End:
        return End(0)

    def _drain(self) -> None:
        """Do nothing: it prints nothing."""


def test_answer_that_waits_counts_though_its_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """What keeps the grader from reading, a classmate's text or a suspended laptop, costs nobody an answer."""
    monkeypatch.setattr("secrets.token_hex", lambda size: "the nonce")
    ours, theirs = socket.socketpair()
    with theirs:
        child = Simulated(Limits(), ours)
        theirs.sendall(b"".join(encode({"status": "ok", "nonce": "the nonce"})))
        assert child.ask(Seed(1), seconds=0.0) == Done()
        child.close()


def test_no_answer_when_the_time_is_up_is_a_timeout() -> None:
    ours, theirs = socket.socketpair()
    with theirs, pytest.raises(ChildLost) as lost:
        Simulated(Limits(), ours).ask(Seed(1), seconds=0.0)
    assert lost.value.status == "timeout"


def test_half_an_answer_when_the_time_is_up_is_a_timeout() -> None:
    ours, theirs = socket.socketpair()
    theirs.sendall(b"".join(encode({"status": "ok"}))[:-1])
    with theirs, pytest.raises(ChildLost) as lost:
        Simulated(Limits(), ours).ask(Seed(1), seconds=0.0)
    assert lost.value.status == "timeout"


def test_answer_of_another_form_ends_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda size: "the nonce")
    ours, theirs = socket.socketpair()
    theirs.sendall(b"".join(encode({"status": "full points", "nonce": "the nonce"})))
    with theirs, pytest.raises(ChildLost, match="no answer") as lost:
        Simulated(Limits(), ours).ask(Seed(1), seconds=0.0)
    assert lost.value.status == "crashed"


@pytest.mark.usefixtures("need_confinement")
def test_children_are_opened_and_ended_beyond_a_thousand_descriptors(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Jupyter server holds many; select() takes none of 1024 and more."""
    import fcntl
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    pipe = os.pipe

    def high_pipe() -> tuple[int, ...]:
        ends = pipe()
        high = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 1100) for end in ends)
        for end in ends:
            os.close(end)
        return high

    monkeypatch.setattr(os, "pipe", high_pipe)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(2048, hard)), hard))
    try:
        child = sandbox.open()
        assert run(child, "print('well')").stdout == "well\n"
        assert child.close() < 0
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_output_beyond_the_limit_is_dropped(sandbox: Sandbox) -> None:
    child = sandbox.open()
    run(child, "import os\nfor _ in range(50): os.write(1, b'z' * 100_000)")
    child.close()
    assert len(child.printed) <= sandbox.limits.output_bytes


@pytest.mark.usefixtures("need_confinement")
@pytest.mark.slow
def test_warm_process_that_dies_is_a_fault_of_ours_and_is_replaced(tmp_path: Path) -> None:
    with sabotaged(tmp_path), Sandbox() as sandbox:
        child = sandbox.open()
        run(child, "1")
        sandbox._process.kill()
        sandbox._process.wait()
        with pytest.raises(SandboxFault, match="warm process"):
            run(child, "import time; time.sleep(5)")
        after = sandbox.open()
        assert run(after, "1").raised is None
        after.close()


@pytest.mark.usefixtures("need_confinement")
@pytest.mark.slow
def test_thread_that_still_uses_a_closed_sandbox_starts_no_other_warm_process(tmp_path: Path) -> None:
    with sabotaged(tmp_path), Sandbox() as sandbox:
        sandbox.open()
        sandbox.close()
        with pytest.raises(SandboxFault, match="the sandbox was closed"):
            sandbox.open()


@pytest.mark.usefixtures("need_confinement")
@pytest.mark.slow
def test_children_die_with_the_warm_process(tmp_path: Path) -> None:
    with sabotaged(tmp_path), Sandbox() as sandbox:
        child = sandbox.open()
        pid = int(run(child, "import os; print(os.getpid())").stdout)
        sandbox._process.kill()
        sandbox._process.wait()
        with pytest.raises(SandboxFault):
            run(child, "import time; time.sleep(5)")
        # Orphaned, it may wait for init to reap it; running is what it must not do.
        assert eventually(lambda: not_running(pid))
