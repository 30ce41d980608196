"""install.py accepts the right machines, installs the right packages in order, and the locks hold their hashes."""

from __future__ import annotations

import ast
import base64
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import install
from install import Machine, problem
from tests.support.samples import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT_NAME = PYPROJECT["project"]["name"]
SETS = {"grade": (), "student": ("student",), "dev": ("dev",)}
#: What the locks are for: environment markers, as packaging knows them.
PLATFORMS = {
    "Linux x86-64": {
        "sys_platform": "linux",
        "platform_machine": "x86_64",
        "platform_system": "Linux",
        "os_name": "posix",
    },
    "Linux aarch64": {
        "sys_platform": "linux",
        "platform_machine": "aarch64",
        "platform_system": "Linux",
        "os_name": "posix",
    },
    "macOS arm64": {
        "sys_platform": "darwin",
        "platform_machine": "arm64",
        "platform_system": "Darwin",
        "os_name": "posix",
    },
    "Windows": {"sys_platform": "win32", "platform_machine": "AMD64", "platform_system": "Windows", "os_name": "nt"},
}
PYTHONS = ("3.11", "3.12", "3.13")

LINUX, GLIBC = ("Linux", "x86_64"), (2, 39)
MAC, SONOMA = ("Darwin", "arm64"), (14, 5)
WINDOWS = ("Windows", "AMD64")


# --- which machines ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("python", [(3, 11), (3, 12), (3, 13)])
@pytest.mark.parametrize(
    ("machine", "release"),
    [(LINUX, GLIBC), (("Linux", "aarch64"), (2, 28)), (MAC, (14,)), (MAC, (26, 1)), (WINDOWS, ())],
)
def test_supported_machines_are_accepted(
    machine: tuple[str, str], release: tuple[int, ...], python: tuple[int, int]
) -> None:
    assert problem(Machine(*machine, python, release=release)) == ""


@pytest.mark.parametrize(
    ("machine", "says"),
    [
        (Machine(*LINUX, (3, 14), release=GLIBC), "Python 3.14 is too new"),
        (Machine(*LINUX, (4, 0), release=GLIBC), "Python 4.0 is too new"),
        (Machine(*LINUX, (3, 10), release=GLIBC), "Python 3.10 is too old"),
        (Machine(*WINDOWS, (3, 14)), "py -3.13 install.py student"),
        (Machine(*MAC, (3, 9), release=SONOMA), "make setup PYTHON=python3.13"),
        (Machine(*LINUX, (3, 12), "PyPy", GLIBC), "This is PyPy"),
        (Machine(*LINUX, (3, 13), release=GLIBC, threaded=True), "free-threaded"),
        (Machine(*WINDOWS, (3, 12), bits=32), "32-bit build"),
        (Machine("Darwin", "x86_64", (3, 12), release=SONOMA), "Intel Macs are not supported"),
        (Machine(*MAC, (3, 12), release=(13, 7)), "macOS 13.7 is not supported"),
        (Machine("Windows", "ARM64", (3, 12)), "Windows on ARM is not supported"),
        (Machine("Windows", "x86", (3, 12)), "32-bit Windows"),
        (Machine("Linux", "riscv64", (3, 12), release=GLIBC), "Linux on riscv64 is not supported"),
        (Machine(*LINUX, (3, 12), release=(2, 17)), "glibc 2.17"),
        (Machine(*LINUX, (3, 12)), "musl"),
        (Machine("FreeBSD", "amd64", (3, 12)), "FreeBSD is not supported"),
    ],
    ids=lambda value: "" if isinstance(value, Machine) else value,
)
def test_other_machines_are_refused_by_name_with_the_way_out(machine: Machine, says: str) -> None:
    why = problem(machine)
    assert says in why
    assert "Codespaces" in why
    assert "Colab" in why


def test_this_machine_is_told_as_it_is() -> None:
    found = install.this_machine()
    assert (found.python, found.bits) == (sys.version_info[:2], 64)
    assert problem(found) == ""


def test_everybody_names_the_same_pythons() -> None:
    first, last = install.OLDEST[1], install.NEWEST[1]
    assert PYPROJECT["project"]["requires-python"] == f">=3.{first},<3.{last + 1}"
    assert tuple(f"3.{minor}" for minor in range(first, last + 1)) == PYTHONS
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    assert workflow["jobs"]["test"]["strategy"]["matrix"]["python"] == list(PYTHONS)
    assert set(re.findall(r"\bpython(3\.\d+)", (ROOT / "setup.mk").read_text(encoding="utf-8"))) == set(PYTHONS)
    for page in (
        "README.md",
        "assignment/README.md",
        "autograder/publishing/templates/student_repository/README.md",
        "solutions/README.md",
    ):
        text = " ".join((ROOT / page).read_text(encoding="utf-8").split())
        assert "Python 3.11, 3.12 or 3.13" in text, page
        assert not re.search(r"3\.1\d or newer", text), page


def test_recipe_can_be_read_by_an_old_python() -> None:
    """One that cannot run it must still say why: nothing newer than Python 3.6 is in it."""
    ast.parse((ROOT / "install.py").read_text(encoding="utf-8"), feature_version=(3, 6))


# --- which Python make takes --------------------------------------------------------------------------------


@pytest.fixture
def makefile(tmp_path: Path) -> Path:
    folder = tmp_path / "with a space"
    folder.mkdir()
    for file in ("setup.mk", "install.py", "pyproject.toml"):
        shutil.copy(ROOT / file, folder)
    (folder / "Makefile").write_text("EXTRAS ?= [student]\ninclude setup.mk\n")
    return folder


def program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def plan(makefile: Path, path: Path) -> str:
    environment = os.environ | {"PATH": f"{path}{os.pathsep}/usr/bin:/bin"}
    run = subprocess.run(["make", "-n", "setup"], cwd=makefile, env=environment, capture_output=True, text=True)
    return run.stdout + run.stderr


def test_make_takes_the_first_python_that_works(makefile: Path, tmp_path: Path) -> None:
    """Found by running it: `python3` may be too new, and a shim on the PATH may be dead."""
    path = tmp_path / "bin"
    program(path, "python3", 'echo "Python 3.14 is too new" >&2; exit 2')
    program(path, "python3.13", "exit 127")
    program(path, "python3.12", f'exec "{sys.executable}" "$@"')
    assert 'python="python3.12"' in plan(makefile, path)


def test_make_says_why_where_no_python_will_do(makefile: Path, tmp_path: Path) -> None:
    path = tmp_path / "bin"
    for name in ("python3", "python3.13", "python3.12", "python3.11", "python"):
        program(path, name, 'echo "Python 3.14 is too new" >&2; exit 2')
    environment = os.environ | {"PATH": f"{path}{os.pathsep}/usr/bin:/bin"}
    run = subprocess.run(["make", "setup"], cwd=makefile, env=environment, capture_output=True, text=True)
    assert run.returncode != 0
    assert "Python 3.14 is too new" in run.stderr
    assert "No Python that will do was found: 3.11, 3.12 or 3.13" in run.stdout
    assert not (makefile / ".venv").exists()


@pytest.mark.parametrize("makefile_path", ["Makefile", "autograder/publishing/templates/student_repository/Makefile"])
def test_recipes_call_the_environments_programs_by_their_path(makefile_path: str) -> None:
    """make 3.81, which macOS has, looks for programs with the PATH that it was started with."""
    installed = {path.name for path in Path(sys.executable).parent.iterdir()}
    text = re.sub(r"\\\n", " ", (ROOT / makefile_path).read_text(encoding="utf-8"))
    recipes = [line.lstrip("\t@-") for line in text.splitlines() if line.startswith("\t")]
    commands = [command.split() for line in recipes for command in re.split(r"&&|\|\||[;|{!]", line)]
    assert len(commands) > 5
    bare = [words for words in commands if words and words[0] in installed]
    assert bare == []


# --- what is installed, and in which order -------------------------------------------------------------------


class Course:
    """A small course that `install.py` can set up in seconds, from packages in a folder: nothing is fetched."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "a course (2027)"
        self.wheels = folder / "wheels"
        (self.folder / "requirements").mkdir(parents=True)
        self.wheels.mkdir()
        shutil.copy(ROOT / "install.py", self.folder)
        # In place of setuptools: a build backend of the course's own, which needs no package.
        (self.folder / "backend.py").write_text(_BACKEND)
        (self.folder / "pyproject.toml").write_text(
            '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        )
        calls = "import os, sys, pathlib\nplace = pathlib.Path(sys.prefix)\n"
        calls += "(place / 'uv-calls').write_text(' '.join(sys.argv[1:]) + ' ' + os.environ.get('UV_NO_CACHE', ''))\n"
        calls += "sys.exit(not (place.parent / 'reaches-pytorch').exists())\n"
        hashes = {
            "helper": self.wheel("helper", "1.0"),
            "uv": self.wheel("uv", "0.1", {"uv/__init__.py": "", "uv/__main__.py": calls}),
            "torch": self.wheel("torch", "2.13.0"),
            "nvidia-cublas": self.wheel("nvidia_cublas", "13.1"),
        }
        self.lock("grade", {"helper==1.0": hashes["helper"], "uv==0.1": hashes["uv"]})
        self.lock("torch-cuda", {"torch==2.13.0": hashes["torch"], "nvidia-cublas==13.1": hashes["nvidia-cublas"]})
        self.lock("torch-cpu", {"torch==2.13.0+cpu": "0" * 64})

    def wheel(self, name: str, version: str, files: dict[str, str] | None = None) -> str:
        """Make a wheel; return its hash."""
        path = self.wheels / f"{name}-{version}-py3-none-any.whl"
        info = f"{name}-{version}.dist-info"
        held = dict(files or {f"{name}.py": ""})
        held[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        held[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        record = [f"{file},sha256={_digest(text)},{len(text)}" for file, text in held.items()]
        held[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,"]) + "\n"
        with zipfile.ZipFile(path, "w") as archive:
            for file, text in held.items():
                archive.writestr(file, text)
        return hashlib.sha256(path.read_bytes()).hexdigest()

    def lock(self, name: str, pins: dict[str, str]) -> None:
        lines = [f"{pin} \\\n    --hash=sha256:{digest}\n" for pin, digest in pins.items()]
        (self.folder / f"requirements/{name}.lock").write_text("".join(lines))

    def install(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self._run(sys.executable, "install.py", *words)

    def make(self) -> subprocess.CompletedProcess[str]:
        return self._run("make", "setup")

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
        environment |= {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": self.wheels.as_uri()}
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=120)

    @property
    def installed(self) -> dict[str, str]:
        found = next((self.folder / ".venv").glob("lib/python*/site-packages"))
        return {each.metadata["Name"]: each.version for each in metadata.distributions(path=[str(found)])}

    @property
    def uv_calls(self) -> str:
        file = self.folder / ".venv/uv-calls"
        return file.read_text() if file.exists() else ""


_BACKEND = """
import zipfile
def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "grader-1-py3-none-any.whl"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as archive:
        archive.writestr("grader-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: grader\\nVersion: 1\\n")
        archive.writestr("grader-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\n")
        archive.writestr("grader-1.dist-info/RECORD", "")
    return name
"""


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with nothing but pip in it."""
    folder = tmp_path_factory.mktemp("empty") / ".venv"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    return folder


@pytest.fixture
def course(tmp_path: Path, empty: Path) -> Course:
    course = Course(tmp_path)
    shutil.copytree(empty, course.folder / ".venv", symlinks=True)
    (course.folder / ".venv/.made-in").write_text(f"{course.folder}\n")
    return course


linux = pytest.mark.skipif(sys.platform != "linux", reason="PyTorch comes apart on Linux alone")


@linux
@pytest.mark.slow
def test_cpu_build_where_pip_finds_it(course: Course) -> None:
    course.lock("torch-cpu", {"torch==2.13.0+cpu": course.wheel("torch", "2.13.0+cpu")})
    run = course.install()
    assert run.returncode == 0, run.stderr
    assert course.installed["torch"] == "2.13.0+cpu"
    assert {"helper", "uv", "grader"} <= set(course.installed)
    assert "nvidia_cublas" not in course.installed
    assert course.uv_calls == ""
    assert "CUDA" not in run.stdout


@linux
@pytest.mark.slow
def test_cpu_build_from_pytorchs_own_index_where_pip_does_not_find_it(course: Course) -> None:
    (course.folder / "reaches-pytorch").touch()
    run = course.install()
    assert run.returncode == 0, run.stderr
    for word in ("--torch-backend cpu", "--no-deps", "--require-hashes", "torch-cpu.lock"):
        assert word in course.uv_calls, "of PyTorch's index, torch alone is taken, and checked"
    assert course.uv_calls.endswith(" 1"), "without a cache, which anybody could have written"
    assert not {"torch", "nvidia_cublas"} & set(course.installed)


@linux
@pytest.mark.slow
def test_pypis_build_as_the_last_resort_with_what_it_costs(course: Course) -> None:
    run = course.install()
    assert run.returncode == 0, run.stderr
    assert course.installed["torch"] == "2.13.0"
    assert "nvidia_cublas" in course.installed
    assert course.uv_calls
    assert "2.5 GB more to fetch" in run.stdout
    assert (course.folder / ".venv/torch.log").read_text(encoding="utf-8")


@linux
@pytest.mark.slow
def test_triton_that_an_earlier_set_up_left_is_removed(course: Course) -> None:
    """Beside TensorFlow, PyTorch's optimizers end with a segmentation fault where they find it."""
    wheel = f"triton @ {(course.wheels / 'triton-3.7-py3-none-any.whl').as_uri()}"
    course.lock("grade", {"helper==1.0": course.wheel("helper", "1.0"), wheel: course.wheel("triton", "3.7")})
    assert course.install().returncode == 0
    assert "helper" in course.installed
    assert "triton" not in course.installed


@linux
@pytest.mark.slow
def test_another_file_in_the_cpu_builds_name_is_refused(course: Course) -> None:
    course.wheel("torch", "2.13.0+cpu")
    run = course.install()
    assert run.returncode == 1
    assert "DO NOT MATCH THE HASHES" in run.stderr
    assert "torch" not in course.installed


@pytest.mark.slow
def test_package_that_is_not_the_locked_one_is_refused(course: Course) -> None:
    course.wheel("helper", "1.0", {"helper.py": "print('changed')"})
    run = course.install()
    assert run.returncode == 1
    assert "DO NOT MATCH THE HASHES" in run.stderr
    assert "pip's own words are above" in run.stderr
    assert "helper" not in course.installed


@pytest.mark.slow
def test_broken_environment_is_made_anew_and_a_working_one_is_kept(course: Course) -> None:
    assert course.install().returncode == 0
    kept = course.folder / ".venv/kept"
    kept.touch()
    assert course.install().returncode == 0
    assert kept.exists()
    python = course.folder / ".venv/bin/python"
    python.unlink()
    python.symlink_to("/nonexistent/python")
    assert course.install().returncode == 0
    assert not kept.exists()
    assert "grader" in course.installed


@pytest.mark.slow
def test_folder_with_something_else_in_it_is_left_alone(course: Course) -> None:
    (course.folder / "notes").mkdir()
    (course.folder / "notes/mine.txt").touch()
    run = course.install("--venv", "notes")
    assert run.returncode == 1
    assert "is no virtual environment" in run.stderr
    assert (course.folder / "notes/mine.txt").exists()


@pytest.mark.slow
def test_environment_of_another_folder_is_made_anew(course: Course) -> None:
    """Its programs would run that folder's grader, or nobody's: `make` sees it, without being told."""
    shutil.copy(ROOT / "setup.mk", course.folder)
    (course.folder / "Makefile").write_text("include setup.mk\n")
    assert course.make().returncode == 0
    assert course.make().stdout.count("Setting up") == 0, "what is installed stays"
    before, course.folder = course.folder, course.folder.with_name("another name")
    shutil.copytree(before, course.folder)
    run = course.make()
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("Setting up") == 1
    assert str(before) not in (course.folder / ".venv/bin/pip").read_text(encoding="utf-8")
    assert course.make().stdout.count("Setting up") == 0


@pytest.mark.slow
def test_set_that_there_is_not_is_named(course: Course) -> None:
    for name in ("everything", "[student]"):  # the second is known, and its lock is not part of this course
        run = course.install(name)
        assert run.returncode == 2
        assert len(run.stderr.splitlines()) == 1
        assert "grade" in run.stderr


# --- the locks -----------------------------------------------------------------------------------------------


def pins(lock: str) -> Iterator[tuple[Requirement, int]]:
    """Every requirement of a lock, and how many hashes it has."""
    text = (ROOT / "requirements" / f"{lock}.lock").read_text(encoding="utf-8")
    for block in re.sub(r"\\\n", " ", text).splitlines():
        if block.strip() and not block.startswith("#"):
            requirement, *hashes = block.split("--hash=sha256:")
            yield Requirement(requirement.strip()), len(hashes)


def locked(lock: str, environment: dict[str, str] | None = None) -> dict[str, str]:
    """Versions by name, for one environment; for this machine by default."""
    found = {}
    for each, _ in pins(lock):
        if each.marker is None or each.marker.evaluate(environment):
            assert canonicalize_name(each.name) not in found, each
            found[canonicalize_name(each.name)] = next(iter(each.specifier)).version
    return found


def declared(extras: tuple[str, ...]) -> list[Requirement]:
    """What pyproject.toml asks for, with these extras and those that they name."""
    found = [Requirement(each) for each in PYPROJECT["project"]["dependencies"]]
    for extra in extras:
        for each in map(Requirement, PYPROJECT["project"]["optional-dependencies"][extra]):
            found += declared(tuple(each.extras)) if each.name == PROJECT_NAME else [each]
    return found


def setup_in() -> list[Requirement]:
    lines = (ROOT / "requirements/setup.in").read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def closure(extras: tuple[str, ...]) -> set[str]:
    """Names of all that is needed here, as the installed packages' own metadata tell, PyTorch for Linux apart."""
    wanted: list[tuple[Requirement, frozenset[str]]] = [(each, frozenset()) for each in declared(extras) + setup_in()]
    seen: set[tuple[str, frozenset[str]]] = set()
    while wanted:
        each, within = wanted.pop()
        name = canonicalize_name(each.name)
        if each.marker and not any(each.marker.evaluate({"extra": extra}) for extra in within or {""}):
            continue
        if (name, frozenset(each.extras)) in seen or (name == "torch" and sys.platform == "linux"):
            continue
        seen.add((name, frozenset(each.extras)))
        wanted += [(Requirement(r), frozenset({"", *each.extras})) for r in metadata.requires(name) or []]
    return {name for name, _ in seen}


@pytest.mark.parametrize("name", SETS)
def test_lock_is_up_to_date(name: str) -> None:
    """It holds just what is needed on this machine, in the versions that are installed. If not: make lock."""
    here = locked(name)
    assert set(here) == closure(SETS[name])
    assert {each: metadata.version(each) for each in here} == here


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("name", SETS)
def test_lock_has_what_is_asked_for_on_every_platform(name: str, platform: str, python: str) -> None:
    environment = PLATFORMS[platform] | {"python_version": python, "python_full_version": f"{python}.0", "extra": ""}
    versions = locked(name, environment)
    for each in declared(SETS[name]) + setup_in():
        if (each.marker is None or each.marker.evaluate(environment)) and not (
            each.name == "torch" and environment["sys_platform"] == "linux"
        ):
            assert versions[canonicalize_name(each.name)] in each.specifier, each


@pytest.mark.parametrize("name", [*SETS, "torch-cpu", "torch-cuda"])
def test_everything_locked_is_pinned_and_has_hashes(name: str) -> None:
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    agreed = {(canonicalize_name(r.name), str(r.specifier)) for r in map(Requirement, _lines(constraints))}
    for each, hashes in pins(name):
        assert hashes, each
        assert str(each.specifier).startswith("=="), each
        assert (canonicalize_name(each.name), str(each.specifier).removesuffix("+cpu")) in agreed, each


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_no_lock_has_triton() -> None:
    assert not [each for name in (*SETS, "torch-cpu", "torch-cuda") for each, _ in pins(name) if each.name == "triton"]


CUDA = re.compile(r"nvidia|cuda|triton|cu1\d")


def test_no_lock_brings_cuda_but_the_one_that_says_so() -> None:
    for name in SETS:
        assert not [str(each) for each, _ in pins(name) if CUDA.search(each.name)]
        linux = PLATFORMS["Linux x86-64"] | {"python_version": "3.12", "python_full_version": "3.12.1"}
        assert "torch" not in locked(name, linux), "PyPI's build for Linux brings CUDA: it comes apart"
    assert [str(each) for each, _ in pins("torch-cpu")] == [f"torch=={_torch()}+cpu"]
    assert [str(each) for each, _ in pins("torch-cuda") if CUDA.search(each.name)]


def _torch() -> str:
    (version,) = (next(iter(each.specifier)).version for each in declared(()) if each.name == "torch")
    return version


def test_locks_hold_what_pytorch_needs_besides_cuda() -> None:
    """Nobody resolves PyTorch for Linux when the locks are made: `setup.in` names its other needs by hand."""
    needs = {canonicalize_name(r.name) for r in map(Requirement, metadata.requires("torch") or []) if _holds(r)}
    assert {name for name in needs if not CUDA.search(name)} <= {canonicalize_name(each.name) for each in setup_in()}


def _holds(requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})
