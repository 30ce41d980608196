"""A child has only the rights that it needs, on this kernel and on older ones; exceeding them ends or refuses it."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.sandbox import Child, ChildLost, Limits, Sandbox, landlock
from autograder.sandbox.confine import readable_paths
from autograder.sandbox.conversation import End, _lost
from autograder.sandbox.endings import by_exit
from autograder.sandbox.protocol import CellRan, Exceeded, Loss, RunCell, Seed
from autograder.sandbox.scratch import Cleaner, fullness, remove
from autograder.sandbox.watch import Watch, private_memory
from tests.support.commands import Lent
from tests.support.processes import eventually
from tests.support.sabotage import NO_FRAMEWORKS, sabotaged
from tests.support.samples import ROOT


def run(child: Child, source: str, seconds: float = 20.0) -> CellRan:
    return child.ask(RunCell("test", source), seconds=seconds)


#: Statements that must be refused, whatever version of Landlock there is; FILE is one of the grader's.
REFUSED = {
    "read": "open(FILE).read()",
    "write": "open(FILE, 'w')",
    "truncate": "os.truncate(FILE, 0)",
    "truncate_by_opening": "os.open(os.__file__, os.O_RDONLY | os.O_TRUNC)",
    "list": "os.listdir(os.path.dirname(FILE))",
    "remove": "os.remove(FILE)",
    "rename": "os.rename(FILE, 'x')",
    "chmod": "os.chmod(FILE, 0)",
    "connect": "socket.create_connection(('127.0.0.1', 1))",
    "abstract_socket": "socket.socket(socket.AF_UNIX).connect('\\0name')",
    "signal": "os.kill(os.getppid(), 0)",
    "fork": "os.fork()",
}


@pytest.fixture(scope="module", params=[1, 3, 5, 6])
def old_kernel(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A warm process that takes its kernel for one with an older Landlock."""
    version = min(request.param, landlock.abi())
    older = f"from autograder.sandbox import landlock; landlock.abi = lambda: {version}"
    with sabotaged(tmp_path_factory.mktemp("old"), NO_FRAMEWORKS + older):
        sandbox = Sandbox()
    with sandbox:
        yield sandbox


@pytest.mark.usefixtures("need_confinement")
@pytest.mark.slow
def test_every_version_of_landlock_confines(old_kernel: Sandbox, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    child = old_kernel.open()
    run(child, f"import os, socket; FILE = {str(secret)!r}")
    let_through = {
        name: answer
        for name, statement in REFUSED.items()
        if (answer := run(child, statement)).raised is None or answer.raised.refused is None
    }
    child.close()
    # Renaming between folders is another error where Landlock cannot tell: EXDEV, "not on the same device".
    assert set(let_through) <= {"rename"}
    assert secret.read_text() == "secret"


WORKS = {
    "threads": "import threading; t = threading.Thread(target=lambda: None); t.start(); t.join()",
    "thread_pool": "from concurrent.futures import ThreadPoolExecutor as P; list(P(4).map(abs, range(9)))",
    "files_of_its_own": "import os; os.makedirs('a/b'); open('a/b/c', 'w').write('x'); os.rename('a/b/c', 'a/c')",
    "temporary_files": "import tempfile; tempfile.TemporaryFile().write(b'x'); tempfile.mkdtemp()",
    "await": "import asyncio; await asyncio.sleep(0.01)",
    "asyncio_run": "import asyncio, threading\nr = []\n"
    "t = threading.Thread(target=lambda: r.append(asyncio.run(asyncio.sleep(0, 1)))); t.start(); t.join()\nassert r",
    "plots": "import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.title('σ'); plt.savefig('f.png'); plt.show()",
    "late_imports": "import sqlite3, xml.dom.minidom, scipy.stats, scipy.optimize, decimal, zoneinfo, locale",
    "time_zones": "import zoneinfo; zoneinfo.ZoneInfo('Europe/London')",
    "torch_training": "import torch\nm = torch.nn.Linear(4, 1)\no = torch.optim.Adam(m.parameters())\n"
    "m(torch.ones(2, 4)).sum().backward(); o.step(); torch.save(m.state_dict(), 'm.pt'); torch.load('m.pt')",
    "torch_data_loader": "import torch.utils.data as d, torch\n"
    "assert len(list(d.DataLoader(d.TensorDataset(torch.ones(8, 1)), 4))) == 2",
    "keras_training": "import tensorflow as tf\nm = tf.keras.Sequential([tf.keras.layers.Dense(1)])\n"
    "m.compile('sgd', 'mse')\nm.fit(tf.ones((8, 4)), tf.ones((8, 1)), verbose=0); m.save('m.keras')",
    "tf_data": "import tensorflow as tf\n"
    "d = tf.data.Dataset.range(64).map(lambda x: x * 2, num_parallel_calls=4).batch(8).prefetch(2)\n"
    "assert len(list(d)) == 8",
    "tf_function": "import tensorflow as tf\nf = tf.function(lambda x: x * 2, jit_compile=False)\nf(tf.ones(3))",
    "magics": "%matplotlib inline\n%time sum(range(10))\n%timeit -n 1 -r 1 1",
    "own_processors": "import os; assert os.cpu_count() and os.sched_getaffinity(0)",
    "signals_to_itself": "import signal, os\ngot = []\nsignal.signal(signal.SIGUSR1, lambda *a: got.append(1))\n"
    "os.kill(os.getpid(), signal.SIGUSR1); signal.raise_signal(signal.SIGUSR1); assert got == [1, 1]",
}


@pytest.mark.parametrize("name", WORKS)
def test_what_a_notebook_needs_still_works(name: str, sandbox: Sandbox) -> None:
    child = sandbox.open()
    child.ask(Seed(1), seconds=60.0)
    answer = run(child, WORKS[name], 60.0)
    child.close()
    assert answer.raised is None, answer


def test_nothing_of_the_project_is_readable() -> None:
    for path in readable_paths():
        for own in ("solutions", "assignment", "tests", "autograder"):
            assert not (ROOT / own).is_relative_to(path.resolve()), path
        assert not Path.home().is_relative_to(path.resolve()), path


def test_children_have_no_capabilities(sandbox: Sandbox) -> None:
    child = sandbox.open()
    printed = run(child, "print(open('/proc/self/status').read())").stdout
    child.close()
    said = dict(line.split(":\t", 1) for line in printed.splitlines() if ":\t" in line)
    # The bounding set is root's to empty; it matters to programs that are started, and none can be.
    assert {int(said[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {0}
    assert said["NoNewPrivs"].strip() == "1"
    assert said["Seccomp"].strip() == "2"


TIGHT = Limits(scratch_bytes=16 * 2**20, scratch_entries=100, threads=64)


@pytest.fixture(scope="module")
def tight(sandbox: Sandbox) -> Lent:
    return Lent(sandbox, TIGHT)


@pytest.fixture(scope="module")
def on_disk() -> Iterator[Sandbox]:
    """A machine that lets nobody mount: children's files lie on the disk."""
    with Sandbox(TIGHT, tmpfs=False) as sandbox:
        yield sandbox


def end_of(child: Child, source: str) -> ChildLost:
    child.ask(Seed(1), seconds=60.0)
    with pytest.raises(ChildLost) as lost:
        run(child, f"{source}\nimport time; time.sleep(60)", 20.0)
    return lost.value


@pytest.mark.parametrize(
    ("source", "status", "says"),
    [
        ("import os; os.kill(os.getpid(), 37)", "crashed", "signal 37"),
        ("import os; os.abort()", "crashed", "SIGABRT"),
        ("import os; os.write(2, b\"terminate called after throwing 'std::bad_alloc'\"); os.abort()", "memory", "GiB"),
        ("import os; os.write(1, b'x' * 500_000); os.write(2, b'std::bad_alloc'); os.abort()", "memory", "GiB"),
        ("import threading as t, time\nfor n in range(99): t.Thread(target=time.sleep, args=[60]).start()", "crashed",
         "64 threads"),
        ("import socket, time; socket.socket(fileno=3).shutdown(2); time.sleep(60)", "crashed", "went on running"),
        ("import os; os.close(3)", "crashed", "went on running"),
        ("import os; os.kill(os.getpid(), 24)", "crashed", "SIGXCPU"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("need_confinement")
def test_limits_have_their_own_endings(source: str, status: str, says: str, tight: Lent) -> None:
    lost = end_of(tight.open(), source)
    assert says in lost.detail
    assert lost.status == status


@pytest.mark.parametrize(
    ("end", "says", "killed"),
    [
        (End(-9, by_grader=True), "went on running", False),
        (End(-9), "SIGKILL", True),
        (End(-11, by_grader=True), "SIGSEGV", False),
        (End(3, by_grader=True), "exit code 3", False),
    ],
)
def test_a_child_that_is_slow_to_end_is_not_said_to_have_gone_on(end: End, says: str, killed: bool) -> None:
    lost = _lost(end, "", Limits())
    assert (says in lost.detail, lost.killed) == (True, killed)


@pytest.mark.parametrize("number", [*sorted(signal.Signals), 37])
def test_every_signal_is_named_with_what_to_do(number: int) -> None:
    name = signal.Signals(number).name if number in set(signal.Signals) else str(number)
    first, *advice = re.split(r"(?<=[.?]) ", _lost(End(-number), "", Limits()).detail)
    assert name in first
    assert advice, "a student is told what to do"


@pytest.mark.parametrize("code", [1, 70, 71, 120, 255])
@pytest.mark.usefixtures("need_confinement")
def test_no_exit_code_speaks_for_the_sandbox(code: int, tight: Lent) -> None:
    lost = end_of(tight.open(), f"import os; os._exit({code})")
    assert (lost.status, lost.detail) == ("crashed", by_exit(code))


@pytest.mark.parametrize(
    ("code", "cpu_seconds", "says"),
    [
        (-24, 240.1, "240 s of CPU time"),
        (-9, 245.0, "240 s of CPU time"),
        (-24, 3.0, ""),
        (-9, 3.0, ""),
        (0, 300.0, ""),
    ],
)
def test_cpu_time_is_used_up_where_the_kernel_has_counted_it(code: int, cpu_seconds: float, says: str) -> None:
    exceeded = Watch(os.getpid(), Limits(), 0, None).at_the_end(code, cpu_seconds)
    assert says in exceeded.sentence if exceeded else not says


@pytest.mark.parametrize("number", [9, 19, 9 + 2**32])
@pytest.mark.usefixtures("need_confinement")
def test_child_cannot_kill_or_stop_itself(number: int, tight: Lent) -> None:
    """So that SIGKILL comes from others, whose fault is tried again, and no student can have a submission run again."""
    child = tight.open()
    child.ask(Seed(1), seconds=60.0)
    send = f"c.CDLL(None).syscall(number, *[os.getpid()] * (n + 1), c.c_long({number}))"
    source = f"import ctypes as c, os\nfor n, number in enumerate((62, 234)):\n assert {send} == -1, 'sent'"
    answer = run(child, source)
    child.close()
    assert answer.raised is None, answer


#: Ways to hold more on disk than is allowed, and to make more files.
FILES = {
    "many files": "for n in range(9):\n open(str(n), 'wb').write(b'x' * 4_000_000)",
    "removed files": "h = []\nfor n in range(9):\n f = open('x', 'wb'); h.append(f); os.unlink('x')\n"
    " f.write(b'x' * 4_000_000); f.flush()",
    "mapped files": "import mmap\nh = []\nfor n in range(9):\n f = open('x', 'w+b'); f.truncate(4_000_000)\n"
    " h.append(mmap.mmap(f.fileno(), 0)); h[-1].write(b'x' * 4_000_000); f.close(); os.unlink('x')",
    "files without a name": "h = []\nfor n in range(9):\n h.append(os.open('.', os.O_TMPFILE | os.O_RDWR))\n"
    " os.write(h[-1], b'x' * 4_000_000)",
    "holes that are filled": "h = [os.open(str(n), os.O_RDWR | os.O_CREAT) for n in range(9)]\nfor f in h:\n"
    " os.ftruncate(f, 15_000_000)\nfor f in h:\n os.pwrite(f, b'x' * 4_000_000, 8_000_000)",
    "links": "open('x', 'w').close()\nfor n in range(200):\n os.link('x', str(n))",
    "entries": "for n in range(200):\n open(str(n), 'wb').close()",
    "a deep tree": "for n in range(200):\n os.mkdir('d' * 200); os.chdir('d' * 200)",
    "folders that move": "import threading\nos.mkdir('n0'); d = os.open('n0', os.O_RDONLY)\n"
    "def move(n=0):\n while True:\n  os.rename(f'n{n}', f'n{n+1}'); n += 1\n"
    "threading.Thread(target=move, daemon=True).start()\nfor n in range(5000):\n os.mkdir(str(n), dir_fd=d)",
}


@pytest.mark.parametrize("way", FILES)
@pytest.mark.usefixtures("need_confinement")
def test_files_are_bounded_where_nobody_may_mount(way: str, on_disk: Sandbox) -> None:
    lost = end_of(on_disk.open(), "import os\n" + FILES[way])
    assert lost.status == "crashed"
    assert "16 MiB of files" in lost.detail or "100 files and folders" in lost.detail


@pytest.mark.parametrize("way", FILES)
def test_files_are_bounded_by_a_file_system_of_the_childs_own(way: str, tight: Lent) -> None:
    if "tmpfs" not in tight.warm.layers:
        pytest.skip("needs the right to mount: root's, or user namespaces")
    child = tight.open()
    child.ask(Seed(1), seconds=60.0)
    try:
        answer = run(child, "import os\n" + FILES[way], 20.0)
        assert answer.raised is not None
        assert "No space left" in answer.raised.message
    except ChildLost as lost:
        assert "SIGBUS" in lost.detail, "a mapped file has no other way to say that there is no room"
    child.close()


@pytest.mark.usefixtures("need_confinement")
def test_files_are_bounded_though_the_main_thread_has_ended(on_disk: Sandbox) -> None:
    """The kernel shows neither memory nor descriptors of a main thread that has ended."""
    source = f"import ctypes, os, threading, time\ndef fill():\n exec({FILES['removed files']!r})\n time.sleep(60)\n"
    end = "threading.Thread(target=fill, daemon=True).start()\nctypes.CDLL(None).syscall(60, 0)"
    lost = end_of(on_disk.open(), source + end)
    assert "16 MiB of files" in lost.detail


#: Memory that the limit on data segments does not count, and locks and timers, which are the kernel's memory.
UNCOUNTED = {
    "memory that grows as a stack does": "libc.mmap.restype = c.c_void_p\n"
    "assert libc.mmap(None, c.c_size_t(1 << 30), 3, 0x122, -1, c.c_long(0)) == 2**64 - 1, 'mapped'",
    "page tables of nothing": "libc.mmap.restype = c.c_void_p\nassert libc.mmap(None, c.c_size_t(1 << 46), 1, 0x4022,"
    " -1, c.c_long(0)) == 2**64 - 1, 'mapped'",
    "timers": "assert libc.syscall(222, 1, None, c.byref(c.c_int())) == -1, 'made'",
    "descriptors of one thread's own": "assert libc.syscall(436, c.c_uint(900), c.c_uint(901), 2) == -1, 'unshared'",
    "a thread that shares little": "assert libc.syscall(56, c.c_long(0x10900), None, None, None, None) == -1, 'made'",
    "watches of epoll": "import select\ntry: select.epoll(); raise SystemError('made')\nexcept PermissionError: pass",
    "locked memory": "assert libc.mlockall(1) == -1, 'locked'",
    "files in flight": "import socket, array\na, b = socket.socketpair()\ntry:\n"
    " socket.send_fds(a, [b'x'], [1]); raise SystemError('sent')\nexcept PermissionError: pass",
    "room without data": "fd = os.open('big', os.O_RDWR | os.O_CREAT)\n"
    "assert libc.fallocate(fd, 1, c.c_long(0), c.c_long(4096)) == -1, 'allocated'",
}


@pytest.mark.parametrize("way", UNCOUNTED)
@pytest.mark.usefixtures("need_confinement")
def test_what_no_limit_counts_is_refused(way: str, tight: Lent) -> None:
    child = tight.open()
    child.ask(Seed(1), seconds=60.0)
    answer = run(child, "import ctypes as c, os\nlibc = c.CDLL(None)\n" + UNCOUNTED[way], 20.0)
    child.close()
    assert answer.raised is None, answer


@pytest.mark.usefixtures("need_confinement")
def test_locks_of_a_child_keep_nobody_else_from_a_file(tight: Lent) -> None:
    path = os.__file__
    child = tight.open()
    child.ask(Seed(1), seconds=60.0)
    source = (
        f"import fcntl as f\nheld = open({path!r})\nf.flock(held, f.LOCK_EX); f.lockf(held, f.LOCK_SH)\n"
        "f.lockf(open('mine', 'w'), f.LOCK_EX)"
    )
    answer = run(child, source, 20.0)
    with open(path) as ours:
        fcntl.flock(ours, fcntl.LOCK_EX | fcntl.LOCK_NB)
        found = fcntl.fcntl(ours, fcntl.F_GETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
    child.close()
    assert struct.unpack("hhqqi4x", found)[0] == fcntl.F_UNLCK
    assert answer.raised is None, "code that locks its own files goes on"


def test_memory_is_watched_whatever_kind_it_is() -> None:
    watch = Watch(os.getpid(), Limits(memory_bytes=64 * 2**20), private_memory(Path("/proc/self")), None)
    assert watch.look() is None
    held = bytearray(b"x" * (96 * 2**20))
    assert watch.look() == Exceeded(
        Loss.MEMORY, "It used more than 0.0625 GiB of memory. Make fewer or smaller arrays."
    )
    assert held


@pytest.mark.parametrize(("misses", "says"), [(3, "0.0625 GiB"), (100, "faster than they can be counted")])
def test_threads_that_end_while_they_are_looked_at_hide_nothing(
    misses: int, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = iter(range(misses))

    def memory(process: Path) -> int:
        if next(gone, None) is not None:
            raise FileNotFoundError(process)
        return 2**40

    monkeypatch.setattr("autograder.sandbox.watch.private_memory", memory)
    exceeded = Watch(os.getpid(), Limits(memory_bytes=64 * 2**20), 0, None).look()
    assert exceeded is not None
    assert says in exceeded.sentence


def test_what_was_written_in_advance_answers_no_question(sandbox: Sandbox) -> None:
    child = sandbox.open()
    child.ask(Seed(1), seconds=20.0)
    early = """
import json, os, struct
head = json.dumps({"status": "ok", "arrays": [], "nonce": "0" * 16}).encode()
os.write(3, struct.pack("!4sII", b"WIA1", len(head), 0) + head)
"""
    with pytest.raises(ChildLost, match="no question that was asked"):
        run(child, early)


# --- scratch folders ----------------------------------------------------------------------------------


def test_fullness_counts_files_folders_and_links_once(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/file").write_bytes(b"x" * 10_000)
    (tmp_path / "link").symlink_to("/")
    size, entries = fullness(tmp_path, 100)
    assert entries == 4
    assert 10_000 <= size < 100_000
    assert fullness(tmp_path, 2)[1] == 3


def test_folder_that_moves_whenever_it_is_looked_into_counts_as_beyond(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "moves").mkdir()
    scandir = os.scandir

    def moved(path: str) -> object:
        if path != os.fspath(tmp_path):
            raise FileNotFoundError(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", moved)
    assert fullness(tmp_path, 100)[1] > 100


def test_names_that_the_clean_up_might_give_keep_nothing_from_being_removed(tmp_path: Path) -> None:
    for number in range(40):
        for name in (f".{number}.to-be-removed", f".{number}", f".{number:016x}"):
            (tmp_path / "scratch" / name / "x").mkdir(parents=True)
    remove(tmp_path / "scratch")
    assert not (tmp_path / "scratch").exists()


def test_nobody_waits_for_the_removal_of_a_folder(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "home/scratch"
    folder.mkdir(parents=True)
    (folder / "file").touch()
    cleaner = Cleaner(home)
    os.kill(cleaner._pid, signal.SIGSTOP)
    try:
        cleaner.remove(folder)
        assert folder.exists()
    finally:
        os.kill(cleaner._pid, signal.SIGCONT)
        cleaner.close(60.0)
    assert not home.exists()


@pytest.mark.parametrize("depth", [1, 50, 3000])
def test_any_tree_is_removed_and_nothing_that_it_links_to(depth: int, tmp_path: Path) -> None:
    kept, folder = tmp_path / "kept", tmp_path / "scratch"
    kept.write_text("kept")
    folder.mkdir()
    start = os.getcwd()
    try:
        os.chdir(folder)
        for _ in range(depth):
            Path("file").write_text("x")
            Path("link").symlink_to(kept)
            Path("up").symlink_to("..")
            os.mkdir("d" * 200)
            os.chdir("d" * 200)
        os.mkdir("locked")
        Path("locked/file").write_text("x")
        os.chmod("locked", 0)
    finally:
        os.chdir(start)
    remove(folder)
    assert not folder.exists()
    assert kept.read_text() == "kept"
    assert eventually(lambda: os.listdir(tmp_path) == ["kept"])
