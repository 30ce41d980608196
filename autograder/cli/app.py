"""The `autograder` command. Everything heavy is imported after the sandbox has begun to warm up."""

from __future__ import annotations

import io
import math
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.linux import NeedsLinux, is_for_want_of_linux
from autograder.version import __version__

if TYPE_CHECKING:
    from autograder.assignment.course_folder import CourseFolder
    from autograder.assignment.settings import Settings
    from autograder.cli.github_actions import Actions
    from autograder.cli.report_files import Reports
    from autograder.grading.grade import Unreadable
    from autograder.report.result import Result


class Exit(IntEnum):
    """Exit statuses: a contract with scripts and CI."""

    GRADED = 0
    BELOW = 1
    BAD_INPUT = 2
    FAULT = 3
    STOPPED = 130


app = typer.Typer(
    help="Grade *Weight Initialization Techniques*: student code runs confined, and hands back raw arrays.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)

_Seed = Annotated[
    int | None,
    typer.Option(min=0, help="Draw the same shapes and numbers again. Fresh by default, and shown."),
]
_Json = Annotated[Path | None, typer.Option("--json", help="Write the result as JSON: an array for several notebooks.")]
_Html = Annotated[Path | None, typer.Option("--html", help="Write a self-contained HTML report.")]
_Markdown = Annotated[Path | None, typer.Option("--markdown", help="Write a Markdown report.")]
_Junit = Annotated[Path | None, typer.Option("--junit", help="Write JUnit XML: a case for each criterion.")]
_Gradescope = Annotated[Path | None, typer.Option("--gradescope", help="Write Gradescope's results.json.")]
_Classroom50 = Annotated[
    Path | None, typer.Option("--classroom50", help="Write Classroom 50's result.json, from what its runner tells.")
]
_Github = Annotated[
    bool,
    typer.Option(
        "--github", help="Speak to GitHub Actions: job summary, annotations, the outputs score and max-score."
    ),
]
_PullRequest = Annotated[
    Path | None,
    typer.Option("--pull-request", metavar="FILE", help="What autograder take told of the pull request; for --github."),
]
_ReleasePath = Annotated[
    Path | None, typer.Option("--release", help="The released notebook: points and grade ids come from it.")
]
_SettingsPath = Annotated[
    Path | None,
    typer.Option("--settings", help="The course's settings; course.toml in the grader's repository by default."),
]
_Jobs = Annotated[int | None, typer.Option(min=1, help="Notebooks that run at once; one a core by default.")]
_Timeout = Annotated[float, typer.Option(min=1.0, max=86_400.0, help="Seconds for Q7, and for other cells as many.")]
_Unconfined = Annotated[
    bool,
    typer.Option("--unconfined", help="Run student code with all that you may do yourself. The reports say so."),
]
_UNCONFINED_ADVICE = (
    "To check a notebook of your own: autograder check NOTEBOOK. To grade without confinement, where you trust every "
    "submission or the machine may be thrown away: --unconfined; the reports will say so, too."
)
_StepTimeout = Annotated[float, typer.Option(min=0.5, max=86_400.0, help="Seconds that one cell or call may take.")]


def _version(asked: bool) -> None:
    if asked:
        print(__version__)
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    del version


@app.command()
def grade(
    notebooks: Annotated[list[Path], typer.Argument(metavar="NOTEBOOK…", show_default=False)],
    seed: _Seed = None,
    json_file: _Json = None,
    html: _Html = None,
    markdown: _Markdown = None,
    junit: _Junit = None,
    gradescope: _Gradescope = None,
    classroom50: _Classroom50 = None,
    github: _Github = False,
    pull_request: _PullRequest = None,
    release: _ReleasePath = None,
    settings: _SettingsPath = None,
    fail_under: Annotated[
        float | None, typer.Option(metavar="POINTS", help="Exit with 1 when a score is lower.")
    ] = None,
    timeout: _Timeout = 60.0,
    step_timeout: _StepTimeout = 20.0,
    jobs: _Jobs = None,
    unconfined: _Unconfined = False,
) -> None:
    """Grade notebooks and print what was found: in full for one, as a table for several.

    Exit status: 0 graded, whatever the score; 1 below --fail-under; 2 a file that cannot be read; 3 a
    fault of the grader, or a machine that cannot confine student code (see doctor).
    """
    if fail_under is not None and not math.isfinite(fail_under):
        raise typer.BadParameter("give a number of points", param_hint="--fail-under")
    single = len(notebooks) == 1
    files = {"json": json_file, "html": html, "markdown": markdown, "junit": junit}
    for_one = {"gradescope": gradescope, "classroom50": classroom50}
    for option in [*(f"--{kind}" for kind, path in for_one.items() if path), *(["--github"] if github else [])]:
        if not single:
            raise typer.BadParameter("it is for one notebook at a time", param_hint=option)
    course = _settings(settings)
    reports = _reports(files | for_one, notebooks)
    actions = _actions(notebooks[0], pull_request) if github else None
    results, unreadable = _grade_all(
        notebooks, seed, release, timeout, step_timeout, jobs, unconfined=unconfined, settings=course
    )
    # Files first: a terminal that went away must not take the reports with it.
    problems = reports.write(results, unreadable, single=single)
    if actions is not None:
        problems += actions.report(results, unreadable)
    else:
        _print(results, unreadable, single=single)
    for problem in problems:
        _complain(f"{problem}.")
    raise typer.Exit(Exit.BAD_INPUT if problems else _status(results, unreadable, fail_under))


@app.command()
def check(
    notebook: Annotated[Path | None, typer.Argument(show_default="the released notebook, answered in place")] = None,
    seed: _Seed = None,
    json_file: _Json = None,
    html: _Html = None,
    release: _ReleasePath = None,
    settings: _SettingsPath = None,
    timeout: _Timeout = 60.0,
    step_timeout: _StepTimeout = 20.0,
) -> None:
    """Check your own notebook before you hand it in: the judge that grades, with fresh shapes."""
    from autograder.assignment.release import DEFAULT_PATH

    if notebook is None and not DEFAULT_PATH.exists():
        _complain(f"say which notebook: autograder check NOTEBOOK (there is no {DEFAULT_PATH}, the usual one).")
        raise typer.Exit(Exit.BAD_INPUT)
    path = notebook or _shortest(DEFAULT_PATH)
    course = _settings(settings)
    reports = _reports({"json": json_file, "html": html}, [path])
    confinable = _can_confine()
    if not confinable:
        _complain(
            "this machine cannot confine a notebook's code, so yours runs as any program of yours does. The score is "
            "the same; the grade that counts is made elsewhere. (autograder doctor says more.)"
        )
    results, unreadable = _grade_all(
        [path], seed, release, timeout, step_timeout, unconfined=not confinable, settings=course
    )
    problems = reports.write(results, unreadable, single=True)
    _print(results, unreadable, single=True, pictures=True)
    for result in results:
        if result.fault is None:
            _advise(result, course)
    for problem in problems:
        _complain(f"{problem}.")
    raise typer.Exit(Exit.BAD_INPUT if problems else _status(results, unreadable, None))


@app.command()
def settings(file: _SettingsPath = None) -> None:
    """Say what course.toml sets: help level, which framework counts, deadline and late policy."""
    course = _settings(file)
    helps = {
        "name": "names mistakes",
        "explain": "names mistakes and explains them",
        "formula": "names mistakes, explains them and shows the formula",
    }[course.help_level]
    counts = {"both": "each framework counts for its own points", "better": "the better of the two counts for both"}
    print(f"Feedback on Q7 {helps}.")
    print(f"Of TensorFlow and PyTorch, {counts[course.frameworks]}.")
    print(f"Due {course.deadline_text}; {course.late}." if course.deadline_text else "There is no deadline.")


@app.command()
def doctor() -> None:
    """Tell what this machine offers, and whether grades made here can be official (exit status 0) or not (3)."""
    from autograder.cli.examination import examine

    report = examine()
    print(report.text)
    raise typer.Exit(Exit.GRADED if report.official else Exit.FAULT)


def _can_confine() -> bool:
    from autograder.sandbox import support

    return support.probe().official


@app.command()
def judge(
    budget: Annotated[bool, typer.Option("--budget", help="Every test with its error bound, and their sum.")] = False,
    catalogue: Annotated[
        bool, typer.Option("--catalogue", help="Every mistake that can be named, and a bound on missing it.")
    ] = False,
) -> None:
    """Show what the judge promises: its error budget, and the mistakes that it knows by name."""
    from autograder.judge.budget import PROMISE, rows, total
    from calibration.plan import PLAN
    from calibration.report import budget_page, catalogue_page, detectable_page

    table = rows(PLAN)
    pages = []
    if budget or not catalogue:
        pages += [budget_page(table), detectable_page()]
    if catalogue:
        pages.append(catalogue_page())
    print("\n\n".join(pages))
    if total(table) > PROMISE:
        _complain(f"the budget is overdrawn: {total(table):.1e} is more than the {PROMISE:.0e} promised")
        raise typer.Exit(Exit.FAULT)


@app.command()
def calibrate(
    right: Annotated[int, typer.Option(min=3, help="Gradings of right NumPy draws, in each framework's layout.")] = 300,
    frameworks: Annotated[int, typer.Option(min=0, help="Gradings of real torch and Keras draws, each.")] = 50,
    mistakes: Annotated[int, typer.Option(min=1, help="Gradings of each mistake, in each layout.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Of everything that NumPy draws.")] = 1,
    jobs: _Jobs = None,
    out: Annotated[Path, typer.Option(help="Folder for the page and its figures.")] = Path("build/calibration"),
) -> None:
    """Simulate gradings of right answers and of every mistake, and print what the judge made of them.

    Exit status: 0 when no right answer failed; 1 otherwise.
    """
    from calibration.command import run_calibration

    clean = run_calibration(right, frameworks, mistakes, seed, jobs or os.cpu_count() or 1, out)
    raise typer.Exit(Exit.GRADED if clean else Exit.BELOW)


def _shortest(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _settings(path: Path | None) -> Settings:
    """Return the course's settings, or complain and leave."""
    from autograder.assignment.settings import BadSettings, load_settings

    try:
        return load_settings(path)
    except BadSettings as problem:
        _complain(f"{problem}.")
        raise typer.Exit(Exit.BAD_INPUT) from None


def _advise(result: Result, settings: Settings) -> None:
    """Say in a sentence or two what is left to do, and until when."""
    open_answers = [a.grade_id.upper() for a in result.written if a.status != "answered"]
    print()
    if result.score >= result.max_score:
        print("Q7 is complete. ", end="")
    else:
        print(
            "Mend what is marked ✗ above and check again: shapes and numbers are drawn anew each time. ",
            end="",
        )
    if open_answers:
        print(f"Still to be written: {', '.join(open_answers)}.")
    else:
        print("All of Q1–Q6 are answered; people will read them.")
    if settings.deadline_text is not None:
        print(f"Due {settings.deadline_text}; {settings.late}.")


def _grade_all(
    notebooks: Sequence[Path],
    seed: int | None,
    release: Path | None,
    timeout: float,
    step_timeout: float,
    jobs: int | None = None,
    *,
    unconfined: bool,
    settings: Settings,
) -> tuple[list[Result], list[Unreadable]]:
    """Grade each notebook; return the results, and the files that could not be read, each told of at once."""
    from autograder.assignment.release import BadRelease, load_release
    from autograder.grading.engine import Engine
    from autograder.grading.grade import Unreadable, grade_files
    from autograder.sandbox import Limits
    from autograder.sandbox.support import NoConfinement

    limits = Limits(total_seconds=timeout, step_seconds=min(step_timeout, timeout))
    workers = min(jobs or os.cpu_count() or 1, len(notebooks))
    try:
        engine = Engine(limits, workers=workers, unconfined=unconfined)
    except NoConfinement as problem:
        _complain(f"{problem} {_UNCONFINED_ADVICE}")
        raise typer.Exit(Exit.FAULT) from None
    with engine:
        try:
            given = load_release(release)
        except BadRelease as problem:
            _complain(f"{problem}.")
            raise typer.Exit(Exit.FAULT if release is None else Exit.BAD_INPUT) from None
        results: list[Result] = []
        unreadable: list[Unreadable] = []
        for outcome in grade_files(engine, notebooks, given, settings.terms, seed):
            if isinstance(outcome, Unreadable):
                _complain(f"{outcome.path}: {outcome.reason}.")
                unreadable.append(outcome)
            else:
                results.append(outcome)
    return results, unreadable


def _print(results: list[Result], unreadable: list[Unreadable], *, single: bool, pictures: bool = False) -> None:
    from rich.console import Console

    from autograder.report.terminal import print_class, print_result

    console = Console(highlight=False)
    try:
        # The capture is inside: rich touches the stream when it ends, and /dev/full refuses even nothing.
        with console.capture() as shown:
            if single:
                for result in results:
                    print_result(console, result, pictures=pictures)
            else:
                print_class(console, results, [(str(each.path), each.reason) for each in unreadable])
        print(shown.get(), end="", flush=True)
    except OSError:
        # Nobody reads any more (`| head -1`), or the disk is full: what was graded is in the reports.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(message: str) -> None:
    from autograder.text import one_line

    print(f"autograder: {one_line(message, 1000)}", file=sys.stderr)


def _reports(files: dict[str, Path | None], notebooks: Sequence[Path]) -> Reports:
    """Return the reports that were asked for, once it is sure that they can be made and written.

    None may take a notebook's place: what is there would be gone before it was graded.
    """
    from autograder.cli.report_files import Reports
    from autograder.files import CannotWrite
    from autograder.report.classroom50 import MissingContext, require

    reports = Reports({kind: path for kind, path in files.items() if path is not None})
    try:
        if "classroom50" in reports.paths:
            require(os.environ)
        reports.prepare(notebooks)
    except (CannotWrite, MissingContext) as problem:
        _complain(f"{problem}.")
        raise typer.Exit(Exit.BAD_INPUT) from None
    return reports


def _actions(notebook: Path, pull_request: Path | None) -> Actions:
    from autograder.cli.github_actions import Actions
    from autograder.report.pull_request import load_pull_request

    try:
        return Actions(notebook, load_pull_request(pull_request) if pull_request else None)
    except (OSError, ValueError) as problem:
        _complain(f"{problem}.")
        raise typer.Exit(Exit.BAD_INPUT) from None


def _status(results: list[Result], unreadable: list[Unreadable], fail_under: float | None) -> Exit:
    if any(result.fault is not None for result in results):
        return Exit.FAULT
    if unreadable:
        return Exit.BAD_INPUT
    if fail_under is not None and any(result.score < fail_under for result in results):
        return Exit.BELOW
    return Exit.GRADED


@app.command(name="class")
def class_(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", show_default=False)],
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Warm servers, each running one notebook; one a core by default.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for results, a file a student, and the class's report.")] = Path(
        "build/class"
    ),
    resume: Annotated[bool, typer.Option("--resume", help="Go on in a folder that holds results already.")] = False,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write the scores as CSV, a row a student.")] = None,
    gradebook: Annotated[str | None, typer.Option(hidden=True)] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Grade on a Dask cluster: tcp://HOST:8786.")
    ] = None,
    release: _ReleasePath = None,
    settings: _SettingsPath = None,
    timeout: _Timeout = 60.0,
    step_timeout: _StepTimeout = 20.0,
) -> None:
    """Grade every submission under FOLDER: STUDENT/weight_initialization/*.ipynb, or STUDENT.ipynb.

    Each result is kept as it ends; --resume grades what is missing or has changed, and nothing else. Exit status: 0
    graded, whatever the scores; 2 bad usage, or a submission that cannot be read; 3 a fault of the grader; 130 stopped.
    """
    if gradebook is not None:
        raise typer.BadParameter("it is gone: make autograde writes the gradebook", param_hint="--gradebook")
    from rich.console import Console

    from autograder.batch.class_command import Asked, Failed, Refused, Stopped, grade_class
    from autograder.sandbox import Limits

    limits = Limits(total_seconds=timeout, step_seconds=min(step_timeout, timeout))
    asked = Asked(folder, out, jobs or os.cpu_count() or 1, resume, limits, release, settings, csv, scheduler)
    try:
        tally = grade_class(asked, Console(highlight=False))
    except Stopped as stopped:
        _complain(f"{stopped}.")
        raise typer.Exit(Exit.STOPPED) from None
    except (Refused, Failed) as problem:
        _complain(f"{problem}.")
        raise typer.Exit(Exit.BAD_INPUT if isinstance(problem, Refused) else Exit.FAULT) from None
    raise typer.Exit(Exit.FAULT if tally.faults else Exit.BAD_INPUT if tally.unreadable else Exit.GRADED)


@app.command()
def collect(
    source: Annotated[str, typer.Argument(metavar="FOLDER_ZIP_OR_REPOSITORY", show_default=False)],
    file_times: Annotated[
        bool, typer.Option("--file-times", help="A file's time is when it was handed in: it decides what is late.")
    ] = False,
    roster: Annotated[
        Path | None, typer.Option(help="Who is who, for pull requests: a CSV that begins with github,student.")
    ] = None,
    deadline: Annotated[
        str | None,
        typer.Option(help="Pull requests: the latest commit at or before it counts: 2027-01-31T23:59+01:00."),
    ] = None,
) -> None:
    """Take submissions from a folder of files named by student, a learning platform's zip, or pull requests.

    With --roster, the source is the students' repository, an address or a folder: the notebook is taken from
    each pull request's own commits, by git alone, and nothing of them is run.
    """
    from autograder.collection.files import CannotCollect, collect
    from autograder.collection.pull_requests import collect_pulls, is_address
    from autograder.collection.roster import load_roster

    if roster is None and deadline is not None:
        raise typer.BadParameter("it is for pull requests: say who is who with --roster", param_hint="--deadline")
    if roster is not None and file_times:
        raise typer.BadParameter("it is for files: a pull request's commits say when", param_hint="--file-times")
    due = _deadline(deadline)
    course = _course()
    missing, note = [], ""
    try:
        if roster is not None:
            if deadline is None:
                due = _settings(course.root / "course.toml").deadline
            collection = collect_pulls(source, course, load_roster(roster), due)
            collected, missing, note = collection.collected, collection.missing, collection.note
        elif is_address(source):
            raise CannotCollect("this is the address of a repository: say with --roster who is who in it")
        else:
            collected = collect(Path(source), course, file_times=file_times)
    except CannotCollect as problem:
        _complain(f"{problem}.")
        raise typer.Exit(Exit.BAD_INPUT) from None
    if note:
        _complain(f"{note}.")
    for each in collected:
        if each.status == "refused":
            whose = f"{each.student}: " if each.student else ""
            _complain(f"{whose}{each.origin}: not collected: {each.reason}.")
        else:
            print(f"{each.status:8} {each.student}" + (f": look at it: {each.reason}" if each.reason else ""))
    counts = {status: sum(each.status == status for each in collected) for status in ("new", "changed", "same")}
    if missing:
        print(f"nothing from: {', '.join(missing)}")
    print(", ".join(f"{count} {status}" for status, count in counts.items()))
    raise typer.Exit(Exit.GRADED)


def _deadline(told: str | None) -> datetime | None:
    if told is None:
        return None
    try:
        deadline = datetime.fromisoformat(told)
    except ValueError:
        raise typer.BadParameter("say it like 2027-01-31T23:59+01:00", param_hint="--deadline") from None
    if deadline.tzinfo is None:
        raise typer.BadParameter("say the time zone, too: 2027-01-31T23:59+01:00", param_hint="--deadline")
    return deadline


@app.command()
def take(
    notebook: Annotated[str, typer.Argument(help="The notebook's path in the repository.")] = "",
    repository: Annotated[Path, typer.Option(help="A folder with a clone; nothing of it is run.")] = Path(),
    commit: Annotated[
        str, typer.Option(help="Where the notebook is taken from; it must be what is checked out.")
    ] = "HEAD",
    base: Annotated[str, typer.Option(help="The commit that it will be merged into: what is changed is told.")] = "",
    author: Annotated[str, typer.Option(help="Who opened the pull request.")] = "",
    out: Annotated[Path, typer.Option(help="Folder for the notebook and pull-request.json.")] = Path("taken"),
    github: _Github = False,
) -> None:
    """Take the one notebook out of a pull request's commit: a regular file below the size cap, and nothing else."""
    from autograder.collection.take import NOTEBOOK, Refused, take_pull_request
    from autograder.git import GitFailed, Repository

    path = notebook or NOTEBOOK
    try:
        taken = take_pull_request(Repository(repository), commit, path, base or None, author or None, out)
    except (Refused, GitFailed, OSError) as problem:
        if github:
            from autograder.cli.github_actions import Actions

            Actions(Path(path), getattr(problem, "pull_request", None)).refuse(str(problem))
        _complain(f"{problem}.")
        raise typer.Exit(Exit.BAD_INPUT) from None
    print(f"Took {path} from commit {taken.commit}.")


@app.command()
def triage() -> None:
    """Say which of Q1–Q6 are untouched, empty, very short or copied from the prompt. It awards no points."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from autograder.assignment.questions import WRITTEN
    from autograder.assignment.release import BadRelease, load_release
    from autograder.nbgrader_bridge.triage import triage

    course = _course()
    try:
        release = load_release(course.release)
    except BadRelease as problem:
        _complain(f"{problem}.")
        raise typer.Exit(Exit.FAULT) from None
    table = Table(box=None, padding=(0, 1), pad_edge=False)
    table.add_column("student", overflow="fold", min_width=8)
    for question in WRITTEN:
        table.add_column(question.upper(), overflow="fold", min_width=len("untouched"))
    for student, path in course.submissions().items():
        found = triage(student, path, release)
        if found.problem is not None:
            _complain(f"{path}: {found.problem}.")
            continue
        words = [found.answers[question] for question in WRITTEN]
        shown = ["·" if word == "answered" else word.replace("unchanged", "untouched") for word in words]
        table.add_row(Text(student), *map(Text, shown))
    Console(highlight=False).print(table)


@app.command()
def regrade(
    everybody: Annotated[bool, typer.Option("--all", help="Also whom no change affects.")] = False,
) -> None:
    """Autograde again whoever a fix of the grader or of the points affects; say who moved, and why.

    Points that people gave are kept.
    """
    from autograder.nbgrader_bridge.regrade import affected, regrade
    from autograder.report.result import points_text
    from autograder.sandbox import support

    course = _course()
    support.probe().require()  # once, where nbgrader would log it for every student
    students = affected(course, everybody=everybody)
    if not students:
        print("Nobody is affected: every grade was made by this grader, for these points.")
        return
    moved, faults = 0, 0
    for each in regrade(course, students):
        if each.fault is not None:
            _complain(f"{each.student}: could not be graded again, and has no automatic score: {each.fault}")
            faults += 1
        elif each.moves:
            moved += 1
            print(f"{each.student}: {points_text(each.before)} → {points_text(each.after)}")
            for move in each.moves:
                print(f"  {move.grade_id}: {points_text(move.before)} → {points_text(move.after)}: {move.why}")
    print(f"{len(students)} graded again, {moved} moved.")
    raise typer.Exit(Exit.FAULT if faults else Exit.GRADED)


def _course() -> CourseFolder:
    """Return the course folder that we stand in, or complain and leave."""
    try:
        from autograder.assignment.course_folder import NoCourse, course_folder
    except ImportError as problem:
        if is_for_want_of_linux(problem):
            raise
        _complain(f"{problem.name} is not installed: pip install 'weight-initialization-autograder[instructor]'")
        raise typer.Exit(Exit.BAD_INPUT) from None
    try:
        return course_folder()
    except NoCourse as problem:
        _complain(f"{problem}.")
        raise typer.Exit(Exit.BAD_INPUT) from None


def _last_words(problem: Exception) -> str:
    """Say what ended a command that did not see it coming."""
    from autograder.sandbox.support import NoConfinement

    if isinstance(problem, NoConfinement):
        return str(problem)
    if isinstance(problem, ImportError) and is_for_want_of_linux(problem):
        told = problem if isinstance(problem, NeedsLinux) else NeedsLinux("this command")
        return f"{told}."
    return f"internal error, please report it: {type(problem).__name__}: {problem}"


def main() -> None:
    """Run the command line; whatever goes wrong on our side exits with 3, never as if it were a grade."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that knows no × gets a question mark
    status: int | str | None = Exit.FAULT
    try:
        app()
    except SystemExit as end:
        status = end.code
    except Exception as problem:  # noqa: BLE001 (the last resort)
        _complain(_last_words(problem))
    sys.exit(status)


if __name__ == "__main__":
    main()
