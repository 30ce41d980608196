"""No attack gains points: only arrays with the right distribution do.

Every file under `attacks/` is one attack, planted on wrong code. No attack may gain a point, reveal a secret, leave
anything behind, or change the grade of a later submission: an honest one is graded after every attack that tries to
stay, and after the last attack of every other family.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import sqlite3
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from autograder.assignment.release import load_release
from autograder.report import html, markdown
from autograder.report.document import to_json
from autograder.report.result import QuestionResult, Result
from autograder.report.terminal import print_result
from autograder.sandbox import Limits, Sandbox
from tests.support.corpus import WRONG_CODE, Attack, corpus, crowd, seed_notebook
from tests.support.graders import Grader, same_evidence_judged_once, side_by_side
from tests.support.processes import eventually
from tests.support.samples import SOLUTION, scenario, write

ATTACKS = corpus()
SEED = 4
LAST = {attack.family: attack for attack in ATTACKS}
FAMILIES = {"forging", "reading", "reaching_out", "persistence", "exhaustion", "wire", "imitation", "notebook"}
#: Endless is endless after two seconds, too, and after one, where nothing else in the notebook takes long.
LIMITS = Limits(total_seconds=40.0, step_seconds=2.0, memory_bytes=512 * 1024**2)
WAITING = replace(LIMITS, step_seconds=1.0)

pytestmark = [pytest.mark.slow, pytest.mark.frameworks, pytest.mark.usefixtures("need_confinement")]


@dataclass
class House:
    """A course folder full of secrets, a warm sandbox, and what two honest gradings gave before any attack."""

    root: Path
    canary: str
    planted: dict[str, Any]
    listener: socket.socket
    scratch: Path
    sandbox: Sandbox
    grader: Grader
    wrong: Result
    honest_path: Path
    honest: str
    standing: set[str] = field(default_factory=set)

    def children(self) -> set[str]:
        """Return the ids of the warm process's children, but for the one that removes folders."""
        pid = self.sandbox._process.pid
        found = set(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        self.standing = self.standing or found
        return found - self.standing


def left_in(scratch: Path) -> list[Path]:
    """Return everything in ``scratch`` but the warm process's own folder, and its lock."""
    homes = list(scratch.glob("autograder-server-*"))
    expected = {*homes, *(home / "in-use" for home in homes)}
    with contextlib.suppress(FileNotFoundError):
        return [path for path in scratch.rglob("*") if path not in expected]
    return homes  # something in it is being removed


def as_json(result: Result) -> str:
    return json.dumps(to_json(result), sort_keys=True)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    root, canary = tmp_path_factory.mktemp("course"), f"canary-{uuid.uuid4().hex}"
    solutions, classmate = root / "solutions/w/w.ipynb", root / "submitted/ada/w/w.ipynb"
    for path in (solutions, classmate):
        path.parent.mkdir(parents=True)
        shutil.copy(SOLUTION, path)
        seed_notebook(path, canary)
    with sqlite3.connect(root / "gradebook.db") as database:
        database.execute("create table secret (word text)")
        database.execute("insert into secret values (?)", [canary])
    database.close()
    home, scratch = root / "home", root / "scratch"
    home.mkdir()
    scratch.mkdir()
    (home / ".secret").write_text(canary)
    # Short, because addresses of Unix sockets are.
    unix = Path("/tmp") / f"ag-{uuid.uuid4().hex[:8]}"
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket(socket.AF_UNIX) as local:
        listener.setblocking(False)
        local.bind(str(unix))
        local.listen()
        planted = {
            "solutions": str(solutions),
            "project_solutions": str(SOLUTION),
            "classmate": str(classmate),
            "gradebook": str(root / "gradebook.db"),
            "home": str(home),
            "port": listener.getsockname()[1],
            "unix": str(unix),
            "grader": os.getpid(),
        }
        kept = {name: os.environ.get(name) for name in ("CANARY", "HOME", "TMPDIR")}
        os.environ.update(CANARY=canary, HOME=str(home), TMPDIR=str(scratch))
        try:
            honest_path = write(scenario("library_one_liners").build(), root / "honest.ipynb")
            with Sandbox(LIMITS) as sandbox, same_evidence_judged_once():
                grader = Grader(sandbox, load_release())
                wrong = grader.grade(write(scenario(WRONG_CODE).build(), root / "wrong.ipynb"), SEED)
                honest = as_json(grader.grade(honest_path, SEED))
                house = House(root, canary, planted, listener, scratch, sandbox, grader, wrong, honest_path, honest)
                assert eventually(lambda: not house.children(), 5.0)
                assert len(house.standing) == 1, "the cleaner, and no child of an honest grading"
                yield house
        finally:
            unix.unlink(missing_ok=True)
            for name, value in kept.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


def passed(question: QuestionResult) -> set[str]:
    return {c.name for c in question.criteria if c.status == "passed"}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda a: f"{a.family}/{a.name}")
def test_attack_gains_nothing_leaks_nothing_and_leaves_nothing(attack: Attack, house: House) -> None:
    before = shared_memory()
    path = write(attack.build(house.planted), house.root / f"{attack.name}.ipynb")
    secrets = (house.root / "gradebook.db").read_bytes()

    house.sandbox.limits = WAITING if "Waits" in attack.said else LIMITS
    result = house.grader.grade(path, SEED)
    house.sandbox.limits = LIMITS
    assert result.status == "graded", result.fault
    gains_nothing(attack, result, house)
    shows_what_became_of_it(attack, result)
    is_harmless_in_every_report(result, house)

    assert eventually(lambda: left_in(house.scratch) == [], 60.0), (
        "something is left in a scratch folder"
    )  # a slow disk
    assert eventually(lambda: not house.children(), 5.0), "a process is left"
    left = shared_memory() - before
    assert not left or eventually(lambda: left & shared_memory() <= mapped(), 5.0), "something is left in shared memory"
    assert (house.root / "gradebook.db").read_bytes() == secrets
    with pytest.raises(BlockingIOError):
        house.listener.accept()
    if attack.family == "persistence" or attack is LAST[attack.family]:
        assert as_json(house.grader.grade(house.honest_path, SEED)) == house.honest


def shared_memory() -> set[str]:
    """Return the names of what this user's processes made in shared memory."""
    with os.scandir("/dev/shm") as found:
        return {entry.name for entry in found if entry.stat(follow_symlinks=False).st_uid == os.getuid()}


def mapped() -> set[str]:
    """Return the names of shared memory that some process uses: it is no attack's, whose processes ended."""
    names: set[str] = set()
    for maps in Path("/proc").glob("[0-9]*/maps"):
        with contextlib.suppress(OSError):
            names |= set(re.findall(r"/dev/shm/(\S+)", maps.read_text(errors="replace")))
    return names


def short(result: Result) -> str:
    questions = [
        f"{q.grade_id}: {q.status} {q.score:g} {q.message or ''} {[f'{c.name} {c.status}' for c in q.criteria]}"
        for q in result.questions
    ]
    return "\n".join([*questions, *(f"{p.cell}: {p.message}" for p in result.problems)])


def gains_nothing(attack: Attack, result: Result, house: House) -> None:
    told = short(result)
    cell = attack.said.get("Cell", "").removesuffix("_check") + "_check"
    for before, after in zip(house.wrong.questions, result.questions, strict=True):
        allowed = passed(before) | (set(attack.words("Earns")) if before.grade_id == cell else set())
        assert passed(after) <= allowed, told
        if not attack.words("Earns") or before.grade_id != cell:
            assert after.score <= before.score, told
        if "Loses" in attack.said and before.grade_id == cell:
            failed = [c.name for c in after.criteria if c.status == "failed"]
            assert attack.said["Loses"] in failed, told


def shows_what_became_of_it(attack: Attack, result: Result) -> None:
    told = short(result)
    said = " ".join(problem.message for problem in result.problems)
    if "Problem" in attack.said:
        assert re.search(attack.said["Problem"], said), told
    elif "Tolerates" not in attack.said:
        assert said == "", told
    if "Question" in attack.said:
        grade_id, status = attack.words("Question")
        found = next(q for q in result.questions if q.grade_id == f"{grade_id}_check")
        assert found.status == status, told


def is_harmless_in_every_report(result: Result, house: House) -> None:
    if replace(result, path=house.wrong.path, sha256=house.wrong.sha256) == house.wrong:
        return  # no word in it is the attack's
    console = Console(file=StringIO(), width=120, color_system=None)
    print_result(console, result)
    reports = [console.file.getvalue(), markdown.render([result]), html.render([result]), as_json(result)]  # type: ignore[attr-defined]
    for report in reports:
        assert house.canary not in report
        assert "LOOT" not in report
        assert len(report) < 120_000
    for report in reports[:3]:
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\u3164\u115f\u2800]", report)
        assert not re.search("[\u0300-\u036f]{5}", report)
        assert not re.search("(?m)^::", report)
    assert "<script" not in reports[1] + reports[2]


#: So many cells of one notebook may end their child.
_MOST_IN_A_CROWD = 12


def test_neighbour_graded_beside_attacks_gets_what_it_gets_alone(house: House) -> None:
    """Two submissions at a time, an honest one beside each crowd of attacks that wear out the machine or the grader."""
    hostile = [attack for attack in ATTACKS if "Beside" in attack.said]
    paths = []
    for first in range(0, len(hostile), _MOST_IN_A_CROWD):
        notebook = crowd(hostile[first : first + _MOST_IN_A_CROWD], house.planted)
        paths += [write(notebook, house.root / f"crowd-{first}.ipynb"), house.honest_path]
    results = list(side_by_side(house.sandbox, paths, SEED))
    assert [result.status for result in results] == ["graded"] * len(paths)
    assert {as_json(result) for result in results[1::2] if isinstance(result, Result)} == {house.honest}


def test_corpus_is_large_and_covers_every_family() -> None:
    families = Counter(attack.family for attack in ATTACKS)
    assert set(families) == FAMILIES
    assert min(families.values()) >= 10
    assert len(ATTACKS) >= 250
    assert len([a for a in ATTACKS if "Bench" in a.said]) >= 25


def test_secrets_are_there_to_be_found(house: House) -> None:
    """An attack that finds nothing proves nothing unless there was something."""
    assert house.canary in Path(house.planted["solutions"]).read_text()
    assert house.canary in Path(house.planted["classmate"]).read_text()
    assert house.canary.encode() in Path(house.planted["gradebook"]).read_bytes()
    assert house.canary in os.environ["CANARY"]
    assert house.wrong.score == 15.5
    assert json.loads(house.honest)["score"] == 40.0
