"""A child has only the rights that it needs, on this kernel and on older ones; exceeding them ends or refuses it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.sandbox import Child, ChildLost, Limits, Sandbox, landlock
from autograder.sandbox.confine import readable_paths
from autograder.sandbox.protocol import CellRan, RunCell, Seed
from autograder.sandbox.scratch import fullness, remove
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


@pytest.fixture(scope="module")
def tight(sandbox: Sandbox) -> Lent:
    return Lent(sandbox, Limits(scratch_bytes=16 * 2**20, scratch_entries=100, threads=64))


@pytest.mark.parametrize(
    ("source", "status", "says"),
    [
        ("import os; os.kill(os.getpid(), 37)", "crashed", "signal 37"),
        ("import os; os.abort()", "crashed", "SIGABRT"),
        ("import os; os.write(2, b\"terminate called after throwing 'std::bad_alloc'\"); os.abort()", "memory", "GiB"),
        ("import os; os.write(1, b'x' * 500_000); os.write(2, b'std::bad_alloc'); os.abort()", "memory", "GiB"),
        ("import os; os._exit(71)", "memory", "memory"),
        ("import os\nfor n in range(9):\n open(str(n), 'wb').write(b'x' * 4_000_000)", "crashed", "16 MiB of files"),
        ("import os\nh = []\nfor n in range(9):\n f = open('x', 'wb'); h.append(f); os.unlink('x')\n"
         " f.write(b'x' * 4_000_000); f.flush()", "crashed", "16 MiB of files"),
        ("import mmap, os\nh = []\nfor n in range(9):\n f = open('x', 'w+b'); f.truncate(4_000_000)\n"
         " h.append(mmap.mmap(f.fileno(), 0)); h[-1].write(b'x' * 4_000_000); f.close(); os.unlink('x')", "crashed",
         "16 MiB of files"),
        ("import os\nfor n in range(200):\n open(str(n), 'wb').close()", "crashed", "100 files and folders"),
        ("import os\nfor n in range(99):\n os.mkdir('d' * 200); os.chdir('d' * 200)", "crashed", "too deep"),
        ("import threading as t, time\nfor n in range(99): t.Thread(target=time.sleep, args=[60]).start()", "crashed",
         "64 threads"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("need_confinement")
def test_limits_have_their_own_endings(source: str, status: str, says: str, tight: Lent) -> None:
    child = tight.open()
    child.ask(Seed(1), seconds=60.0)
    with pytest.raises(ChildLost, match=says) as lost:
        run(child, f"{source}\nimport time; time.sleep(60)", 20.0)
    assert lost.value.status == status


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
