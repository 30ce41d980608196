"""Mutation testing: how many small changes of the code make a quick test fail, and which ones no test notices.

`make mutants` draws places in the code at random, changes one of them at a time in a copy of the repository, and runs
the quick tests that concern these rooms: those of the changed one first. The changes are mutmut's, without its changes
of texts, whose wording tests should not repeat. mutmut's own runner changes functions alone, and most of the judge's
promises are constants.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import difflib
import importlib.util
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

import hypothesis.extra.numpy  # noqa: F401  (imported once for all mutants, as pytest and SciPy)
import libcst as cst
import pytest
import scipy.fft
import scipy.optimize
import scipy.stats  # noqa: F401
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators, operator_string

ROOMS = ("judge", "grading", "submission", "sandbox/protocol.py")
#: As the Makefile has it.
QUICK = "not (slow or frameworks or browser or database or network)"
#: A mutant may take so many times as long as the unmutated code, and so many seconds more.
_PATIENCE, _GRACE = 3.0, 20.0
#: Copies of the repository with a mutant each, at the same time.
_WORKERS = 2


@dataclass(frozen=True)
class Mutant:
    """One changed place: its room, module and line, the whole changed source and the difference."""

    room: str
    module: Path
    line: int
    source: str
    diff: str


def _changes(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield what may stand in the place of ``node``."""
    if isinstance(node, cst.Float):
        # mutmut adds 1, and every test would notice a threshold of 1.05 for one of 0.05.
        for factor in (2.0, 0.5):
            yield node.with_changes(value=repr(node.evaluated_value * factor))
        return
    for kind, operator in mutation_operators:
        if isinstance(node, kind) and operator is not operator_string:
            yield from operator(node)


def _meaning(source: str) -> str | None:
    """Return what a program evaluates of ``source``: all but its annotations. None if it is no Python."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.AnnAssign):
            node.annotation = ast.Constant(None)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
    return ast.dump(tree)


def sample(rooms: Sequence[str], count: int, seed: int) -> list[Mutant]:
    """Draw ``count`` places of the modules of ``rooms``, each as likely as any other, and a change of each."""
    trees: dict[Path, cst.Module] = {}
    places: dict[tuple[str, Path, int, int], list[tuple[cst.CSTNode, cst.CSTNode]]] = defaultdict(list)
    for room in rooms:
        place = Path("autograder", room)
        for module in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            tree = MetadataWrapper(cst.parse_module(module.read_text(encoding="utf-8")))
            trees[module] = tree.module
            for node, where in tree.resolve(PositionProvider).items():
                for changed in _changes(node):
                    places[room, module, where.start.line, where.start.column].append((node, changed))
    draw = random.Random(seed)
    found: list[Mutant] = []
    for room, module, line, column in draw.sample(sorted(places), len(places)):
        node, changed = draw.choice(places[room, module, line, column])
        before, after = trees[module].code, trees[module].deep_replace(node, changed).code
        if _meaning(after) not in (None, _meaning(before)):
            lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1)
            found.append(Mutant(room, module, line, after, "\n".join([*lines][3:])))
        if len(found) == count:
            break
    return found


def copy_repository(target: Path) -> None:
    """Copy what git knows, and what is new, to ``target``."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in filter(None, subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")):
        if Path(name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(name, target / name)


def own_tests(room: str) -> str:
    """Return where the unit tests of ``room`` stand."""
    place = Path("tests/unit", room)
    return str(place.with_name(f"test_{place.name}") if place.suffix else place)


#: Where a change of any of these rooms may show, besides in the tests of the room itself.
AROUND = (
    "project/test_doctests.py",
    "project/test_architecture.py",
    "judge",
    "grading",
    "submission",
    "report",
    "sandbox/test_protocol.py",
    "sandbox/test_fuzz_answers.py",
)


def quick_tests() -> list[str]:
    """Return where the quick tests stand that concern these rooms."""
    return ["tests/specification", *(f"tests/unit/{place}" for place in AROUND)]


def passes(copy: Path, tests: Sequence[str], limit: float, *, marked: str = QUICK, quiet: bool = True) -> bool:
    """Run tests in ``copy`` until one fails; tell whether all passed within ``limit`` seconds.

    A process of its own runs them, with what this one has imported: pytest, NumPy and SciPy, and nothing of the copy.
    """
    shutil.rmtree(copy / ".hypothesis/examples", ignore_errors=True)  # what another mutant failed with
    child = os.fork()
    if child == 0:
        try:
            os._exit(_run_in(copy, ["-m", marked, *tests], os.open(os.devnull, os.O_WRONLY) if quiet else 2))
        finally:
            os._exit(1)
    end = os.pidfd_open(child)
    try:
        select.select([end], [], [], limit)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status) == 0
    finally:
        os.close(end)


def _run_in(copy: Path, options: Sequence[str], output: int) -> int:
    """Run pytest in ``copy``, as the first thing that this process does, and return its exit status."""
    os.setsid()
    os.chdir(copy)
    os.dup2(output, 1)
    os.dup2(output, 2)
    for name in [name for name in sys.modules if name.partition(".")[0] == "tests"]:
        del sys.modules[name]  # the repository's, which is not the copy's
    sys.path[:0] = [str(copy)]
    os.environ["PYTHONPATH"] = str(copy)
    return int(pytest.main(["-n", "0", "-x", "-q", "-p", "no:cacheprovider", "--hypothesis-seed=0", *options]))


def survives(mutant: Mutant, copy: Path, limits: Mapping[str, float]) -> bool:
    """Tell whether all quick tests pass with ``mutant`` in ``copy``, which is as it was afterwards."""
    module = copy / mutant.module
    # A module of the same second and size is not compiled anew.
    compiled = Path(importlib.util.cache_from_source(str(module)))
    original = module.read_text(encoding="utf-8")
    own = own_tests(mutant.room)
    try:
        module.write_text(mutant.source, encoding="utf-8")
        compiled.unlink(missing_ok=True)
        # Tests that try many examples take longest, and seldom notice what no other one does.
        return passes(copy, [own], limits[own], marked=f"{QUICK} and not hypothesis") and passes(
            copy, quick_tests(), limits["around"]
        )
    finally:
        module.write_text(original, encoding="utf-8")
        compiled.unlink(missing_ok=True)


def seconds(copy: Path, rooms: Sequence[str]) -> dict[str, float]:
    """Return how long the tests of each room and all tests take with the code as it is.

    Raises
    ------
    SystemExit
        If a test fails.
    """
    took: dict[str, float] = {}
    for name, tests in (*((own_tests(room), [own_tests(room)]) for room in rooms), ("around", quick_tests())):
        began = time.monotonic()
        if not passes(copy, tests, 1800.0, quiet=False):
            raise SystemExit(f"A test of the code as it is fails, so mutants say nothing: {' '.join(tests)}")
        took[name] = time.monotonic() - began
    return took


def main() -> int:
    """Test the mutants of a sample; print each survivor, and the rates."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rooms", nargs="*", default=ROOMS, help=f"below autograder/; without any, {' '.join(ROOMS)}")
    parser.add_argument("--count", type=int, default=200, help="size of the sample")
    parser.add_argument("--seed", type=int, default=1, help="which sample")
    args = parser.parse_args()
    for room in args.rooms:
        if not Path("autograder", room).exists():
            parser.error(f"There is no autograder/{room}.")
    drawn = sample(args.rooms, args.count, args.seed)

    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(_WORKERS) as pool:
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(_WORKERS):
            copy = Path(folder, str(number))
            copy_repository(copy)
            copies.put(copy)
        limits = {name: _PATIENCE * took + _GRACE for name, took in seconds(copy, args.rooms).items()}

        def test(mutant: Mutant) -> bool:
            copy = copies.get()
            try:
                survived = survives(mutant, copy, limits)
            finally:
                copies.put(copy)
            print("survived" if survived else "killed  ", f"{mutant.module}:{mutant.line}", file=sys.stderr, flush=True)
            return survived

        survived = list(pool.map(test, drawn))
        seconds(copy, args.rooms)

    for mutant in (m for m, alive in zip(drawn, survived, strict=True) if alive):
        print(f"{mutant.module}:{mutant.line}\n{mutant.diff}\n")
    for room in args.rooms:
        of_room = [alive for m, alive in zip(drawn, survived, strict=True) if m.room == room]
        print(f"{room}: {of_room.count(False)} of {len(of_room)} mutants killed")
    print(f"All: {survived.count(False)} of {len(drawn)} mutants killed (seed {args.seed}).")
    return 0


if __name__ == "__main__":
    sys.exit(main())
