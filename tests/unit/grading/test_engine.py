"""The engine decides which run of a submission counts, which runs wait, and when the cache is used."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from autograder.assignment.questions import TASKS
from autograder.assignment.release import load_release
from autograder.assignment.settings import HelpLevel, Terms
from autograder.grading import worker, worker_process
from autograder.grading.cell_output import CellOutput
from autograder.grading.engine import Engine, RunLock, ordered
from autograder.grading.execution import Ending, Execution, challenge_of
from autograder.grading.grade import job_of
from autograder.grading.jobs import Graded, Job
from autograder.grading.result_cache import ResultCache
from autograder.grading.results import graded
from autograder.grading.retries import Attempt, RetryPolicy, endings_of
from autograder.grading.worker import SLOTS
from autograder.notebook import UnreadableNotebook
from autograder.report.picture import Deviation, SignalPicture, WeightsPicture
from autograder.report.result import (
    CriterionResult,
    CriterionStatus,
    QuestionResult,
    QuestionStatus,
    Result,
    ResultStatus,
)
from autograder.sandbox import Limits, SandboxFault
from autograder.sandbox.client import Warm
from autograder.submission.remarks import Remark, RemarkKind
from tests.support import chaos
from tests.support.graders import Grader
from tests.support.processes import descendants, eventually, not_running
from tests.support.samples import answered, scenario, write

WARM = Warm(dict.fromkeys(("python", "numpy", "torch", "tensorflow", "keras"), "1"), ("none",))
RAISED = Ending(QuestionStatus.ERROR, "f raised ValueError.")
CRASHED = Ending(QuestionStatus.CRASHED, "Calling f: The process was ended by SIGSEGV.")
KILLED = Ending(QuestionStatus.CRASHED, "Calling f: The process was ended by SIGKILL.", killed=True)
TIMEOUT = Ending(QuestionStatus.TIMEOUT, "It had not finished after 20 s.")
MEMORY = Ending(QuestionStatus.MEMORY, "It used more than 2 GiB of memory.")
FAULT = SandboxFault("the warm process lost a child")
FIRST, SECOND = TASKS[0].stub, TASKS[1].stub


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Job:
    path = write(scenario("reference").build(), tmp_path_factory.mktemp("engine") / "n.ipynb")
    return job_of(path, load_release(), Terms(), seed=1)


Run = dict[str, Ending] | Exception


class Scripted:
    """A worker whose runs end as a script says, and then for ever as its last word; a message changes every time."""

    def __init__(self, *script: Run, seconds: float = 1.0) -> None:
        self.script = list(script)
        self.seconds = seconds
        self.runs = 0

    def attempt(self, job: Job) -> Attempt:
        self.runs += 1
        run = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(run, Exception):
            raise run
        execution = Execution(WARM)
        for task in TASKS:
            ending = run.get(task.stub, RAISED)
            execution.outcomes[task.stub] = replace(ending, message=f"{ending.message} Measured: {self.runs}.")
        return Attempt(graded(job, execution), endings_of(execution), self.seconds)

    def close(self) -> None: ...


def settled(job: Job, *script: Run, seconds: float = 1.0, policy: RetryPolicy | None = None) -> tuple[str, int]:
    """Return how the first question ended, and after how many runs."""
    worker = Scripted(*script, seconds=seconds)
    with Engine(start=lambda: worker, policy=policy) as engine:
        result = engine.grade(job).result
    return result.questions[0].status if result.questions else result.status, worker.runs


@pytest.mark.parametrize(
    "ending",
    [RAISED, replace(RAISED, status=QuestionStatus.BLOCKED), replace(RAISED, status=QuestionStatus.NOT_ATTEMPTED)],
)
def test_run_in_which_every_step_was_answered_counts_at_once(job: Job, ending: Ending) -> None:
    assert settled(job, {FIRST: ending}) == (ending.status, 1)


@pytest.mark.parametrize("ending", [CRASHED, TIMEOUT, MEMORY], ids=lambda ending: ending.status)
def test_what_was_lost_alone_is_the_students(job: Job, ending: Ending) -> None:
    assert settled(job, {FIRST: ending}) == (ending.status, 1)


@pytest.mark.parametrize("ending", [CRASHED, TIMEOUT, MEMORY], ids=lambda ending: ending.status)
def test_where_other_programs_load_the_machine_a_lost_step_must_come_again(job: Job, ending: Ending) -> None:
    policy = RetryPolicy(confirm=True)
    assert settled(job, {FIRST: ending}, policy=policy) == (ending.status, 2)
    assert settled(job, {FIRST: ending}, {}, policy=policy) == ("error", 2)
    assert settled(job, {FIRST: ending}, {SECOND: ending}, {SECOND: ending}, policy=policy) == ("error", 3)


def test_somebodys_kill_is_nobodys_crash(job: Job) -> None:
    assert settled(job, {FIRST: KILLED}, {}) == ("error", 2)
    assert settled(job, *[{FIRST: KILLED}] * 5, {}) == ("error", 6)


def test_code_that_kills_itself_crashes_after_six_runs(job: Job) -> None:
    assert settled(job, {FIRST: KILLED}) == ("crashed", RetryPolicy().kills)


def test_kills_in_different_places_do_not_add_up(job: Job) -> None:
    script = [{FIRST: KILLED}, {SECOND: KILLED}] * 5
    assert settled(job, *script, {}) == ("error", 11)


def test_code_that_ends_itself_in_another_way_each_time_gets_its_worst_ending_that_came_twice(job: Job) -> None:
    """Nobody goes without a grade, and the number of runs is bounded."""
    endless = [{FIRST: KILLED if n % 2 else RAISED, TASKS[n % 4].stub: KILLED} for n in range(40)]
    status, runs = settled(job, *endless)
    assert (status, runs) == ("crashed", RetryPolicy().runs)


def test_kill_that_hit_each_question_once_costs_none_of_them(job: Job) -> None:
    """Two questions may come from different runs; the status and the message of one come from the same run."""
    worker = Scripted(*[{task.stub: KILLED} for task in TASKS], seconds=100.0)
    with Engine(start=lambda: worker) as engine:
        questions = engine.grade(job).result.questions
    assert worker.runs == 3
    assert [question.status for question in questions] == ["error"] * len(TASKS)
    assert all(RAISED.message in (question.message or "") for question in questions)


def test_time_for_runs_is_bounded(job: Job) -> None:
    endless = [{TASKS[n % 4].stub: KILLED} for n in range(40)]
    assert settled(job, *endless, seconds=100.0)[1] == 3


def test_figures_and_messages_that_change_every_time_cost_no_further_run(job: Job) -> None:
    """A clock-seeded answer beside a timeout: only how questions end is compared."""
    assert settled(job, {FIRST: TIMEOUT}, policy=RetryPolicy(confirm=True)) == ("timeout", 2)
    assert settled(job, {SECOND: KILLED})[1] == RetryPolicy().kills


@pytest.mark.parametrize(
    ("script", "status", "runs"),
    [
        ([FAULT, FAULT, {}], "error", 3),
        ([FAULT, {FIRST: KILLED}, FAULT, {}], "error", 4),
        ([ZeroDivisionError("in the judge"), {}], "error", 2),
        ([FAULT], "fault", 5),
    ],
    ids=["twice", "between", "judge", "always"],
)
def test_fault_of_the_graders_costs_a_run_and_no_points(job: Job, script: list[Run], status: str, runs: int) -> None:
    assert settled(job, *script) == (status, runs)


# --- side by side ---------------------------------------------------------------------------------------


class Room:
    """Workers that tell who ran when. The first submission waits in its run until all others have ended."""

    def __init__(self, others: int) -> None:
        self.left = others
        self.changed = threading.Condition()
        self.running: set[int] = set()
        self.beside: dict[int, list[set[int]]] = {}

    def attempt(self, job: Job) -> Attempt:
        slow = job.seed == 0
        first = job.seed not in self.beside
        with self.changed:
            self.beside.setdefault(job.seed, []).append(set(self.running))
            self.running.add(job.seed)
            if slow and first:
                assert self.changed.wait_for(lambda: self.left == 0, 20), "others did not run beside a slow one"
        execution = Execution(WARM, outcomes=dict.fromkeys((task.stub for task in TASKS), RAISED))
        if slow and first:
            execution.outcomes[FIRST] = TIMEOUT
        with self.changed:
            self.running.discard(job.seed)
            self.left -= not slow
            self.changed.notify_all()
        return Attempt(graded(job, execution), endings_of(execution))

    def close(self) -> None: ...


@pytest.mark.parametrize("workers", [1, 3])
def test_slow_submission_keeps_no_other_one_from_starting_and_is_tried_again_alone(job: Job, workers: int) -> None:
    room = Room(others=8)
    with Engine(start=lambda: room, workers=workers) as engine:
        jobs = ((number, replace(job, seed=number)) for number in range(9))
        ended = [(label, one.result.questions[0].status) for label, one in engine.grade_all(jobs)]
    assert ended[-1] == (0, "error"), "what a busy machine cost is not lost"
    assert sorted(label for label, _ in ended) == list(range(9))
    assert len(room.beside[0]) == 2
    assert room.beside[0][1] == set()


def test_run_that_is_interrupted_while_it_waits_to_be_alone_keeps_no_other_run_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    lock = RunLock()
    with lock.hold(alone=False):
        monkeypatch.setattr(threading.Condition, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt), lock.hold(alone=True):
            pytest.fail("it ran beside another one")
        with lock.hold(alone=False) as run:
            assert run.beside_others


def test_order_is_kept_outside() -> None:
    assert list(ordered([(2, "c"), (0, "a"), (1, "b")])) == ["a", "b", "c"]


def test_jobs_are_taken_as_there_is_room(job: Job) -> None:
    taken: list[int] = []

    def jobs() -> Iterator[tuple[int, Job]]:
        for number in range(50):
            taken.append(number)
            yield number, job

    with Engine(start=lambda: Scripted({}), workers=2) as engine:
        ended = engine.grade_all(jobs())
        next(ended)
        assert len(taken) <= 2 * 2 + 1
        assert len(list(ended)) == 49


# --- the cache ------------------------------------------------------------------------------------------


@pytest.fixture
def cache(tmp_path: Path) -> ResultCache:
    return ResultCache(tmp_path / "cache", pytest.fail)


def entries(cache: ResultCache) -> int:
    return len(list(cache._folder.iterdir())) if cache._folder.exists() else 0


def test_cached_result_is_not_computed_again_and_goes_by_the_files_own_name(job: Job, cache: ResultCache) -> None:
    worker = Scripted({})
    with Engine(start=lambda: worker, cache=cache) as engine:
        engine.grade(job)
        remark = Remark("", RemarkKind.MISNAMED, "Another name.")
        copy = replace(job, submission=replace(job.submission, path="copy.ipynb", remarks=(remark,)))
        again = engine.grade(copy)
        assert [each.kind for each in again.result.remarks] == ["misnamed"]
        ((label, third),) = engine.grade_all([("x", copy)])
        assert (worker.runs, again.result.path, label, third) == (1, "copy.ipynb", "x", again)
        engine.grade(replace(job, seed=2))
        engine.grade(replace(job, terms=Terms(help_level=HelpLevel.NAME)))
        engine.grade(replace(job, points={**job.points, TASKS[0].check: 1.0}))
        engine.grade(replace(job, release_sha256="another"))
    with Engine(Limits(step_seconds=1.0), start=lambda: worker, cache=cache) as engine:
        engine.grade(job)
    with Engine(start=lambda: worker, cache=cache, unconfined=True) as engine:
        engine.grade(job)
    assert worker.runs == entries(cache) == 7


def test_no_worker_starts_for_what_the_cache_holds(job: Job, cache: ResultCache) -> None:
    started: list[Scripted] = []

    def start() -> Scripted:
        started.append(Scripted({}))
        return started[-1]

    with Engine(start=start, cache=cache) as engine:
        assert started == []
        first = engine.grade(job)
        assert len(started) == 1
    with Engine(start=pytest.fail, cache=cache) as engine:
        assert engine.grade(job) == first
        assert list(engine.grade_all([(1, job), (2, job)])) == [(1, first), (2, first)]


def test_fault_is_not_kept(job: Job, cache: ResultCache) -> None:
    with Engine(start=lambda: Scripted(FAULT), cache=cache) as engine:
        assert engine.grade(job).result.status == "fault"
    assert entries(cache) == 0


def test_everything_that_a_report_shows_survives_the_cache(cache: ResultCache) -> None:
    weights = WeightsPicture(
        0, -1.0, 1.0, (0.5, 0.25), (0.1, 0.4), 0.0, (Deviation("8 × 4", 0.5, 0.25, True),), True, False, ("fresh",)
    )
    signal = SignalPicture("He", (64, 10), ((1.0, 0.1),), ((0.9, 1.1), (0.0, float("inf"))), (None,), ("bias",))
    criterion = CriterionResult(
        "mean", CriterionStatus.FAILED, 0.0, 1.0, "asks", "said", measured=float("inf"), why="y", formula="f"
    )
    questions = tuple(
        QuestionResult.of(task, QuestionStatus.GRADED, 1 / 3, 12.0, criteria=(criterion,), picture=picture)
        for task, picture in zip(TASKS, (weights, signal), strict=False)
    )
    figure = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    cache.save(
        "key", Graded(Result("", "5" * 64, ResultStatus.GRADED, questions), {"cell 1": CellOutput(figures=(figure,))})
    )
    found = cache.load("key")
    assert found is not None
    assert [question.picture for question in found.result.questions] == [weights, signal]
    assert found.result.questions == questions
    assert np.array_equal(found.outputs["cell 1"].figures[0], figure)


EMPTY = {"path": "", "sha256": "", "status": "graded"}
STRANGE = [
    [],
    None,
    {"result": 3},
    {"result": {**EMPTY, "status": "unheard of"}},
    {"result": {**EMPTY, "questions": [{}]}},
    *(
        {"result": EMPTY, "outputs": {"cell 1": {"figures": [figure]}}}
        for figure in (3, [[2, 2, 3], b"not packed"], [["x"], zlib.compress(b"")], [[2], zlib.compress(b"")])
    ),
]


@pytest.mark.parametrize("content", [*map(msgspec.msgpack.encode, STRANGE), b"", b"\xff", b'{"json": 1}'])
def test_whatever_else_stands_in_a_file_of_the_cache_is_as_good_as_none(
    content: bytes, job: Job, cache: ResultCache
) -> None:
    with Engine(start=lambda: Scripted({}), cache=cache) as engine:
        engine.grade(job)
        (file,) = cache._folder.iterdir()
        file.write_bytes(content)
        assert cache.load(file.stem) is None
        assert engine.grade(job).result.status == "graded"
        assert cache.load(file.stem) is not None


def test_cache_that_cannot_be_written_costs_no_result_and_says_so_once(job: Job, tmp_path: Path) -> None:
    said: list[str] = []
    (tmp_path / "cache").touch()
    with Engine(start=lambda: Scripted({}), cache=ResultCache(tmp_path / "cache", said.append)) as engine:
        ended = dict(engine.grade_all([(seed, replace(job, seed=seed)) for seed in range(3)]))
    assert [ended[seed].result.status for seed in range(3)] == ["graded"] * 3
    (line,) = said
    assert line.startswith(f"results cannot be kept in {tmp_path / 'cache'}: ")


def test_what_cannot_be_read_is_yielded_in_its_place(job: Job) -> None:
    problem = UnreadableNotebook("is no notebook")
    with Engine(start=lambda: Scripted({})) as engine:
        ended = dict(engine.grade_all([("a", problem), ("b", job), ("c", problem)]))
    assert (ended["a"], ended["c"]) == (problem, problem)
    assert isinstance(ended["b"], Graded)


# --- challenges -----------------------------------------------------------------------------------------


def test_seed_gives_a_task_the_same_challenge_in_every_version_of_the_grader() -> None:
    """By its name: a question put before it changes nothing, and a regrade with the seed on record asks the same."""
    drawn = {task.stub: [(k.inputs, k.outputs) for k in challenge_of(1, task).kernels[:2]] for task in TASKS}
    assert drawn == {
        "q7_tf_initializer": [(9, 6763), (1738, 36)],
        "q7_tf_model": [(7, 8667), (1874, 32)],
        "q7_torch_initializer": [(7, 8333), (1750, 34)],
        "q7_torch_model": [(9, 6777), (1830, 34)],
    }


# --- with real code ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("need_confinement")
def test_code_that_would_kill_itself_is_refused_and_its_other_questions_keep_their_points(
    grader: Grader, tmp_path: Path
) -> None:
    """So no student's SIGKILL looks like somebody else's, whose runs are repeated."""
    path = write(answered({"q7_tf_model": chaos.KILLS_ITSELF}, chaos.SOLUTION), tmp_path / "n.ipynb")
    result: Result = grader.grade(path, seed=1)
    assert [question.status for question in result.questions] == ["graded", "blocked", "graded", "graded"]
    assert result.score == 32.0


@pytest.mark.usefixtures("need_confinement")
@pytest.mark.slow
@pytest.mark.frameworks
def test_worker_that_is_killed_costs_a_run_and_is_replaced_and_all_processes_end(job: Job, grader: Grader) -> None:
    alone = grader.engine.grade(job).result
    before = descendants(os.getpid())
    with Engine(grader.sandbox.limits) as engine:
        assert engine.grade(job).result == alone, "a worker of its own gives what one in this process gives"
        (worker,) = workers()
        family = [worker, *descendants(worker)]
        os.kill(worker, signal.SIGKILL)
        assert engine.grade(job).result == alone
        family += descendants(os.getpid())
    assert eventually(lambda: all(not_running(pid) for pid in family if pid not in before))


def workers() -> list[int]:
    words = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in descendants(os.getpid())}
    return [pid for pid, line in words.items() if b"worker_process" in line]


@pytest.mark.usefixtures("need_confinement")
@pytest.mark.slow
def test_workers_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    path = write(scenario("loops_for_ever").build(), tmp_path / "n.ipynb")
    run = subprocess.Popen([sys.executable, "-m", "autograder", "grade", path, path])
    assert eventually(lambda: len(descendants(run.pid)) >= 4, 60)
    family = descendants(run.pid)
    run.kill()
    run.wait()
    assert eventually(lambda: all(not_running(pid) for pid in family))


def test_process_that_cannot_be_replaced_now_is_replaced_later(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    starts = iter(["gone", *[OSError("no more processes")] * 3, "fine"])

    class Channel:
        def __init__(self, answer: str) -> None:
            self.answer = answer

        def send(self, job: Job) -> None:
            if self.answer == "gone":
                raise BrokenPipeError

        def recv(self) -> str:
            return self.answer

    class Process:
        def __init__(self, *_: object, **__: object) -> None:
            start = next(starts)
            if isinstance(start, OSError):
                raise start
            self.channels = [Channel(start) for _ in range(SLOTS)]
            self.exit_status = 1

        def close(self) -> None:
            pass

    monkeypatch.setattr(worker_process, "_Process", Process)
    worker = worker_process.InOwnProcess(Limits())
    for _ in range(3):  # more than it has channels
        with pytest.raises(OSError, match="no more processes"):
            worker.attempt(job)
    for _ in range(SLOTS):  # each of its channels is found to lead nowhere once
        with pytest.raises(SandboxFault, match="is gone"):
            worker.attempt(job)
    with pytest.raises(SandboxFault, match="fine"):
        worker.attempt(job)


def test_worker_whose_sandbox_cannot_start_says_why(job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import subprocess\ndef fail(*_, **__):\n    raise OSError('no more processes')\nsubprocess.Popen = fail\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    in_own_process = worker_process.InOwnProcess(Limits(), unconfined=True)
    try:
        for _ in range(2):
            with pytest.raises(SandboxFault, match="no more processes"):
                in_own_process.attempt(job)
    finally:
        in_own_process.close()


def test_run_that_fails_after_the_next_one_began_closes_their_sandbox_only_when_that_one_is_over(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Sandbox:
        closed = False

        def close(self) -> None:
            self.closed = True

    let_go, begun = threading.Event(), threading.Event()

    def execute(sandbox: Sandbox, _: object, seed: int, *, finished: Callable[[], None]) -> Execution:
        if seed == 1:
            finished()
            let_go.set()
            assert begun.wait(60)
            raise FAULT
        begun.set()
        first.join(0.2)
        assert not sandbox.closed
        return Execution(WARM, outcomes=dict.fromkeys((task.stub for task in TASKS), RAISED))

    def fail() -> None:
        with pytest.raises(SandboxFault):
            here.attempt(replace(job, seed=1))

    monkeypatch.setattr(worker, "execute", execute)
    sandboxes = [Sandbox(), Sandbox()]
    here = worker.InThisProcess(iter(sandboxes).__next__)
    first = threading.Thread(target=fail)
    first.start()
    assert let_go.wait(60)
    here.attempt(replace(job, seed=2))
    first.join()
    assert [sandbox.closed for sandbox in sandboxes] == [True, False]
    here.attempt(replace(job, seed=2))
    here.close()
    assert sandboxes[1].closed


def test_worker_that_is_closed_while_a_run_waits_for_its_turn_starts_no_other_sandbox(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, begun = threading.Event(), threading.Event()
    sandboxes: list[Sandbox] = []
    ended: list[str] = []

    class Sandbox:
        def __init__(self) -> None:
            sandboxes.append(self)

        def close(self) -> None:
            closed.set()
            for thread in threads:
                thread.join(60)

    def execute(*_: object, **__: object) -> Execution:
        begun.set()
        assert closed.wait(60)
        raise FAULT

    def attempt() -> None:
        try:
            here.attempt(job)
        except SandboxFault as problem:
            ended.append(str(problem))

    monkeypatch.setattr(worker, "execute", execute)
    here = worker.InThisProcess(Sandbox)
    threads = [threading.Thread(target=attempt) for _ in range(SLOTS)]
    for thread in threads:
        thread.start()
    assert begun.wait(60)
    here.close()
    assert sorted(ended) == [str(FAULT), "the worker was closed"]
    assert len(sandboxes) == 1, "a sandbox would go on importing the frameworks after the command ended"


def test_interrupt_while_workers_start_closes_those_that_run() -> None:
    class Started(Scripted):
        closed = False

        def close(self) -> None:
            self.closed = True

    first = Started({})
    starts = iter([first])

    def start() -> Scripted:
        for each in starts:
            return each
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Engine(start=start, workers=2)
    assert first.closed


def test_worker_whose_parent_ends_while_it_starts_ends_without_a_traceback() -> None:
    mine, theirs = socket.socketpair()
    with theirs:
        mine.close()
        descriptor = str(theirs.fileno())
        command = [sys.executable, "-m", "autograder.grading.worker_process", descriptor, descriptor]
        run = subprocess.run(command, pass_fds=[theirs.fileno()], stderr=subprocess.PIPE, text=True, timeout=60)
    assert (run.returncode, run.stderr) == (0, "")
