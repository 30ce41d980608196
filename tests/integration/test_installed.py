"""The installed wheel grades as the repository does, names the files that it lacks, and confines students' code."""

from __future__ import annotations

import json
import shutil
import sys
import sysconfig
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from autograder.places import PACKAGE, PROJECT_NAME
from autograder.sandbox import confine
from autograder.sandbox.confine import around, hidden_paths
from tests.support import chaos, gradescope_image, installs
from tests.support.commands import Commands
from tests.support.installs import Install
from tests.support.samples import RELEASE, ROOT, scenario, write

NAMED = {"AUTOGRADER_COURSE": str(ROOT / "course.toml"), "AUTOGRADER_RELEASE": str(RELEASE)}
HERE = Install(Path(sys.executable), Path(sysconfig.get_path("purelib")), PACKAGE)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installs.wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Install]:
    folder = tmp_path_factory.mktemp("installed")
    yield installs.environment(folder / "environment", built)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
def test_wheel_holds_all_that_the_package_needs_and_nothing_else(built: Path) -> None:
    # The student repository and Gradescope's files are exported from a checkout, never from a wheel.
    templates = {*PACKAGE.rglob("templates/*.*"), *PACKAGE.rglob("nbgrader_bridge/templates/*/*")}
    needed = {*PACKAGE.rglob("*.py"), *templates, *PACKAGE.glob("report/fonts/*"), PACKAGE / "py.typed"}
    with zipfile.ZipFile(built) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == {path.relative_to(ROOT).as_posix() for path in needed}


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["-m", "autograder", "grade", "a.ipynb"], 2, "--settings FILE, or in the environment, as AUTOGRADER_COURSE="),
        (
            ["-m", "autograder", "class", "submitted", "--settings", NAMED["AUTOGRADER_COURSE"]],
            3,
            "--release FILE, or in the environment, as AUTOGRADER_RELEASE=",
        ),
        (["-m", "autograder", "class", "submitted", "--release", RELEASE], 2, "--settings FILE"),
        (["-m", "autograder", "grade", "a.ipynb", "--settings", NAMED["AUTOGRADER_COURSE"]], 3, "--release FILE"),
        (["-m", "autograder", "check", "a.ipynb"], 2, "--settings FILE"),
        (["-m", "autograder", "check"], 2, "name the notebook to check"),
        (["-m", "autograder", "dev", "calibrate"], 2, "run `python -m autograder dev calibrate` in its folder"),
        (["-m", "autograder", "course", "settings"], 2, "--settings FILE"),
        (["-m", "autograder", "course", "student-repo", "students"], 2, "run `make setup` in a clone"),
        (["-m", "autograder", "course", "gradescope-zip", "a.zip"], 2, "run `make setup` in a clone"),
    ],
)
@pytest.mark.slow
def test_what_it_lacks_is_told_in_one_line_and_never_guessed(
    arguments: list[object], status: int, says: str, installed: Install, tmp_path: Path
) -> None:
    # Neither a course.toml nor an assignment/ of the current folder counts: it may be a student's.
    shutil.copy(ROOT / "course.toml", tmp_path)
    write(scenario("untouched").build(), tmp_path / RELEASE.relative_to(ROOT))
    write(scenario("untouched").build(), tmp_path / "a.ipynb")
    write(scenario("untouched").build(), tmp_path / "submitted/ann.ipynb")
    run = installed.run(*arguments, cwd=tmp_path)
    assert run.returncode == status, run.stdout + run.stderr
    assert says in run.stderr
    assert run.stderr.count("\n") == 1
    assert not run.stdout


@pytest.mark.slow
def test_doctor_needs_no_course(installed: Install, tmp_path: Path) -> None:
    run = installed.autograder("doctor", cwd=tmp_path)
    assert run.returncode == 0, run.stdout
    assert "can be official" in run.stdout


@pytest.mark.slow
def test_wheel_and_repository_give_the_very_same_result(
    autograder: Commands, installed: Install, tmp_path: Path
) -> None:
    paths = [write(scenario(name).build(), tmp_path / f"{name}.ipynb") for name in ("reference", "glorot")]
    made = {}
    for name, command in {"installed": installed.autograder, "here": autograder}.items():
        files = {kind: tmp_path / f"{name}.{kind}" for kind in ("json", "html", "markdown", "junit")}
        asked = [word for kind, file in files.items() for word in (f"--{kind}", file)]
        run = command("grade", *paths, "--seed", 3, *asked, cwd=tmp_path, **NAMED)
        assert run.returncode == 0, run.stderr
        made[name] = [run.stdout, *(file.read_text(encoding="utf-8") for file in files.values())]
    assert [each["score"] for each in json.loads(made["installed"][1])] == [40.0, 15.5]
    assert made["installed"] == made["here"]


@pytest.mark.slow
def test_class_check_and_grade_work_from_a_wheel(installed: Install, tmp_path: Path) -> None:
    path = write(scenario("glorot").build(), tmp_path / "submitted/ann.ipynb")
    run = installed.autograder("class", "submitted", "--out", "out", cwd=tmp_path, **NAMED)
    assert run.returncode == 0, run.stderr
    assert json.loads((tmp_path / "out/results/ann.json").read_text(encoding="utf-8"))["score"] == 15.5
    code = (
        "import autograder\nfrom autograder import check\n"
        "def stub(shape):\n    raise NotImplementedError\nassert check('q7_tf_initializer', stub) == 0.0\n"
        f"print(autograder.__file__, autograder.grade({str(path)!r}).score)"
    )
    run = installed.run("-c", code, cwd=tmp_path, **NAMED)
    assert run.stdout.splitlines()[-1] == f"{installed.package}/__init__.py 15.5", run.stderr


@pytest.mark.slow
def test_on_gradescope_the_zips_settings_hold(installed: Install, tmp_path: Path) -> None:
    """Not the defaults, by which the same submission has 20 points."""
    root = gradescope_image.make(tmp_path, installed.python.parent.parent)
    gradescope_image.set_frameworks(root, "better")
    write(scenario("tensorflow_only").build(), root / "submission/weight_initialization.ipynb")
    assert gradescope_image.run(root) == 0
    assert sum(test["score"] for test in gradescope_image.results(root)["tests"]) == 40


@pytest.mark.slow
def test_worker_of_a_cluster_has_the_terms_from_whoever_asks(installed: Install, tmp_path: Path) -> None:
    """Neither settings nor release of its own; and it counts as the same grader."""
    write(scenario("tensorflow_only").build(), tmp_path / "class/ann.ipynb")
    settings = tmp_path / "better.toml"
    settings.write_text('frameworks = "better"\n', encoding="utf-8")
    with chaos.dask_cluster(tmp_path, 1, installed.python) as cluster:
        asked = ("class", "class", "--out", "out", "--scheduler", cluster.address, "--settings", settings)
        run = HERE.autograder(*asked, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert json.loads((tmp_path / "out/results/ann.json").read_text(encoding="utf-8"))["score"] == 40.0


# --- as closed as the repository ------------------------------------------------------------------------

#: Run in a child: what of the grader it can read, and whether all else that it may need still is to be had.
PROBE = """
def said(what):
    try:
        what()
        return "READ"
    except BaseException as problem:
        return type(problem).__name__
names = ["judge", "judge.thresholds", "assignment.release", "grading.engine", "assignment.settings", "report.html"]
found = {name: said(lambda: __import__(f"autograder.{name}")) for name in names}
found |= {path: said(lambda: open(path, "rb").read()) for path in FILES}
import numpy, scipy.stats, xml.dom.minidom, tensorflow.python.ops.ragged.ragged_util, torch.testing, importlib.metadata
assert importlib.metadata.version("numpy") == numpy.__version__ and importlib.metadata.entry_points()
print({name: what for name, what in found.items() if what != "PermissionError"})
"""
ASK = """
import sys
from pathlib import Path
from autograder.sandbox import Sandbox
from autograder.sandbox.protocol import RunCell
with Sandbox() as sandbox:
    child = sandbox.open()
    answer = child.ask(RunCell("probe", Path("probe.py").read_text()), seconds=60.0)
    child.close()
print(answer.raised or answer.stdout)
"""


def probed(install: Install, folder: Path, secrets: Sequence[Path] = (), **environment: str) -> str:
    """Run the probe in a child of this install; return what of the grader, and of ``secrets``, it could read."""
    listed = [*install.library.glob(f"{PROJECT_NAME.replace('-', '_')}-*"), *install.library.glob("__editable__*")]
    files = [each for place in (install.package, *listed) for each in (place, *place.rglob("*"))]
    assert [each for each in files if each.suffix == ".pyc"]
    assert [each for each in files if each.name == "RECORD"]
    tried = [str(each) for each in (*files, *secrets) if each.is_file()]
    (folder / "probe.py").write_text(f"FILES = {tried!r}\n{PROBE}")
    run = install.run("-P", "-c", ASK, cwd=folder, **environment)
    assert run.stdout.startswith("{"), run.stdout + run.stderr
    return run.stdout.strip()


@pytest.mark.slow
def test_children_read_nothing_of_an_installed_grader(installed: Install, tmp_path: Path) -> None:
    secret = installed.library.parents[2] / "etc/jupyter/nbgrader_config.py"
    secret.parent.mkdir(parents=True, exist_ok=True)
    secret.write_text("password = 'canary'")
    assert probed(installed, tmp_path, [secret]) == "{}"


@pytest.mark.slow
def test_children_read_nothing_of_it_in_an_environment_inside_a_folder_of_libraries(
    installed: Install, tmp_path: Path
) -> None:
    assert probed(installed, tmp_path, LD_LIBRARY_PATH=str(installed.library.parents[3])) == "{}"


@pytest.mark.slow
def test_children_read_nothing_of_it_among_a_users_own_packages(installed: Install, tmp_path: Path) -> None:
    assert probed(installs.users_own(installed), tmp_path) == "{}"


@pytest.mark.slow
def test_children_read_nothing_of_an_editable_grader(tmp_path: Path) -> None:
    assert probed(HERE, tmp_path) == "{}"


@pytest.mark.parametrize(
    ("place", "readable"),
    [
        ("lib/python3/site-packages/autograder", ["lib"]),
        ("lib/python3/site-packages/autograder", ["lib", "lib/python3", "lib/python3/site-packages"]),
        ("lib/python3/site-packages/autograder", ["."]),
        ("lib/grader/autograder", ["lib"]),  # a folder that a .pth file names
        ("lib/python3/site-packages/grader.egg/autograder", ["lib", "lib64"]),
    ],
)
def test_what_lies_beside_the_grader_is_read_and_nothing_of_it(place: str, readable: list[str], tmp_path: Path) -> None:
    package = tmp_path / place
    beside = [package.parent / "numpy/core.py", package.parent / "six.py", tmp_path / "lib/libc.so"]
    for path in (package / "judge/law.py", *beside):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "lib64").symlink_to("lib")
    (package.parent / "alias").symlink_to(package)
    (package.parent / "up").symlink_to("..")
    found = around([tmp_path / each for each in readable], hidden_paths(package))
    assert all(any(path.is_relative_to(each) for each in found) for path in beside)
    assert not [each for each in found if package.is_relative_to(each) or each.is_relative_to(package)]


def test_what_lists_the_graders_files_is_hidden_and_so_is_an_archive_or_repository_of_it(tmp_path: Path) -> None:
    library = tmp_path / "library"
    for name in ("autograder/judge.py", "weight_initialization_autograder-0.1.0.dist-info/RECORD", "six.py"):
        (library / name).parent.mkdir(parents=True, exist_ok=True)
        (library / name).touch()
    assert around([library], hidden_paths(library / "autograder")) == {library / "six.py"}
    (library / "pyproject.toml").write_text('name = "another"')
    assert library not in hidden_paths(library / "autograder")
    shutil.copy(ROOT / "pyproject.toml", library)
    assert library in hidden_paths(library / "autograder")
    archive = tmp_path / "grader.pyz"
    archive.touch()
    assert archive in hidden_paths(archive / "autograder")


def test_other_installs_of_the_grader_in_the_usual_places_are_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's Python may have the grader, too, below the environment that grades."""
    places = ("lib/python3.11/site-packages", "lib/python3/dist-packages", "lib/other-packages", "lib")
    for place in places:
        (tmp_path / place / "autograder/judge").mkdir(parents=True)
        (tmp_path / place / "six.py").touch()
    monkeypatch.setattr(confine, "readable_paths", lambda: [tmp_path / "lib"])
    found = around([tmp_path / "lib"], hidden_paths())
    assert found == {tmp_path / place / "six.py" for place in places}
