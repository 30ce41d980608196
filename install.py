"""Makes the virtual environment, on every machine in the same way: the recipe behind `make setup`.

    python3 install.py student            # .venv with what students need: the grader and JupyterLab
    python3 install.py --dry-run dev      # finds and fetches everything, and installs nothing

Everything is installed from a lock in `requirements/`, each file checked against its hash. On Linux, PyTorch comes
apart: its CPU build is not on PyPI, whose own build brings 2.5 GB of CUDA. No call of an installer sees two indexes.

Only the standard library is used, in the language of Python 3.6, so that an old Python is refused in words.
"""

import argparse
import os
import platform
import struct
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import IO, Any, Dict, NamedTuple, Optional, Tuple

PROJECT = Path(__file__).resolve().parent
REQUIREMENTS = PROJECT / "requirements"
#: The Pythons that TensorFlow and PyTorch both have builds for; pyproject.toml says the same.
OLDEST, NEWEST = (3, 11), (3, 13)
#: What can be installed: the names of locks, by the names of pyproject.toml's extras.
SETS = {"": "grade", "grade": "grade", "student": "student", "dev": "dev"}
#: What `make newest` takes the newest of, besides TensorFlow and PyTorch.
FRAMEWORKS = ("keras", "numpy", "scipy")

WAY_OUT = "Without it: GitHub Codespaces, or Google Colab (assignment/README.md says how)."
BIG_BUILD = (
    "PyTorch's CPU build is not to be had here ({log} says why). PyPI's build brings CUDA, which nothing here uses:\n"
    "it costs 2.5 GB more to fetch, and 5 GB more on the disk."
)


class Machine(NamedTuple):
    """What decides whether TensorFlow and PyTorch can be installed.

    Attributes
    ----------
    system : str
        As `platform.system` says: ``Linux``, ``Darwin``, ``Windows`` or another.
    processor : str
        As `platform.machine` says.
    python : tuple of int
        Major and minor version.
    implementation : str
        As `platform.python_implementation` says.
    release : tuple of int
        Of macOS, or of glibc on Linux; empty where there is none (musl).
    bits : int
        Of this Python.
    threaded : bool
        Whether this Python runs without the global interpreter lock.
    """

    system: str
    processor: str
    python: Tuple[int, ...]
    implementation: str = "CPython"
    release: Tuple[int, ...] = ()
    bits: int = 64
    threaded: bool = False


def numbers(text: str) -> Tuple[int, ...]:
    """Return the numbers of a version: ``(14, 5)`` for ``14.5``."""
    return tuple(int(part) for part in text.split(".") if part.isdigit())


def this_machine() -> Machine:
    """Look at the machine and the Python that run this."""
    library, version = platform.libc_ver() if platform.system() == "Linux" else ("", "")
    return Machine(
        system=platform.system(),
        processor=platform.machine(),
        python=tuple(sys.version_info[:2]),
        implementation=platform.python_implementation(),
        release=numbers(platform.mac_ver()[0]) or (numbers(version) if library == "glibc" else ()),
        bits=8 * struct.calcsize("P"),
        threaded=bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    )


def problem(machine: Machine) -> str:
    """Return why TensorFlow and PyTorch cannot be installed on ``machine``, and the way out; nothing where they can.

    >>> problem(Machine("Darwin", "x86_64", (3, 12), release=(14, 5))).splitlines()[0]
    'Intel Macs are not supported: PyTorch and TensorFlow have no builds for them any more.'
    """
    return _platform_problem(machine) or _python_problem(machine)


def _platform_problem(machine: Machine) -> str:
    system, processor = machine.system, machine.processor.lower()
    why = ""
    if system == "Linux" and processor not in ("x86_64", "aarch64"):
        why = "Linux on {} is not supported: TensorFlow and PyTorch have builds for x86-64 and aarch64.".format(
            processor
        )
    elif system == "Linux" and machine.release < (2, 28):
        have = "glibc " + ".".join(map(str, machine.release)) if machine.release else "another C library (musl)"
        why = "This Linux has {}: TensorFlow and PyTorch need glibc 2.28 or newer (Debian 10, Ubuntu 20.04).".format(
            have
        )
    elif system == "Darwin" and processor != "arm64":
        why = (
            "Intel Macs are not supported: PyTorch and TensorFlow have no builds for them any more.\n"
            "If this Mac has Apple silicon, this Python is an Intel build: install the one for Apple silicon."
        )
    elif system == "Darwin" and machine.release < (14,):
        have = ".".join(map(str, machine.release)) or "of unknown version"
        why = "macOS {} is not supported: PyTorch needs macOS 14 or newer. Update macOS.".format(have)
    elif system == "Windows" and processor not in ("amd64", "x86_64"):
        why = "Windows on ARM is not supported: TensorFlow has no builds for it."
        if processor in ("x86", "i386", "i686"):
            why = "32-bit Windows is not supported: TensorFlow and PyTorch have no builds for it."
    elif system not in ("Linux", "Darwin", "Windows"):
        why = "{} is not supported: TensorFlow and PyTorch have builds for Linux, macOS and Windows.".format(system)
    return "{}\n{}".format(why, WAY_OUT) if why else ""


def _python_problem(machine: Machine) -> str:
    found = "Python " + ".".join(map(str, machine.python))
    supported = "Python 3.11, 3.12 or 3.13"
    if machine.python < OLDEST:
        why = "{} is too old: {} is needed.".format(found, supported)
    elif machine.python > NEWEST:
        why = "{} is too new: TensorFlow has no build for it yet. {} is needed.".format(found, supported)
    elif machine.implementation != "CPython":
        why = "This is {}: TensorFlow and PyTorch have builds for CPython alone. {} is needed.".format(
            machine.implementation, supported
        )
    elif machine.threaded:
        why = "This {} is the free-threaded build, which TensorFlow has no build for: take the usual one.".format(found)
    elif machine.bits != 64:
        why = "This {} is a 32-bit build, which TensorFlow and PyTorch have no builds for: take the 64-bit one.".format(
            found
        )
    else:
        return ""
    if machine.system == "Windows":
        how = "Install one from python.org, and say which: py -3.13 install.py student"
    elif machine.system == "Darwin":
        how = "Install one from python.org or with your package manager, and say which: make setup PYTHON=python3.13"
    else:
        how = "Install one (with your package manager, uv or pyenv), and say which: make setup PYTHON=python3.12"
    return "{}\n{}\n{}".format(why, how, WAY_OUT)


def can_make_environments() -> str:
    """Return what keeps this Python from making virtual environments, and what to do; nothing where it can."""
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        return (
            "This Python ({}) cannot make virtual environments: its venv module is missing.\n"
            "On Debian and Ubuntu: sudo apt-get install python3-venv".format(sys.executable)
        )
    return ""


class Failed(Exception):
    """A step failed; whoever did it has said why. The message says what to do."""


class Environment:
    """A virtual environment, and the recipe that fills it."""

    def __init__(self, folder: Path, dry_run: bool = False) -> None:
        self.folder = folder
        self.dry_run = dry_run
        self.scripts = folder / ("Scripts" if os.name == "nt" else "bin")
        self.python = self.scripts / ("python.exe" if os.name == "nt" else "python")
        self.log = folder / "torch.log"
        #: The folder that the environment was made in; setup.mk reads it, too.
        self.made_in = folder / ".made-in"

    def make(self) -> None:
        """Make the environment, or take the one that is there if this folder and this version of Python made it.

        Its programs know the folder by its path: after a move or in a copy, they would be another folder's.
        """
        same = "import sys, pip; sys.exit(sys.version_info[:2] != {})".format(tuple(sys.version_info[:2]))
        made_here = self.made_in.exists() and self.made_in.read_text(encoding="utf-8").strip() == str(PROJECT)
        if made_here and _succeeds(self.python, "-c", same, output=subprocess.DEVNULL):
            return
        if self.folder.exists() and not (self.folder / "pyvenv.cfg").exists() and any(self.folder.iterdir()):
            raise Failed("{} is no virtual environment: name another folder.".format(self.folder))
        if not _succeeds(sys.executable, "-m", "venv", "--clear", self.folder):
            raise Failed("{} could not be made: Python's own words are above.".format(self.folder))
        self.made_in.write_text(str(PROJECT) + "\n", encoding="utf-8")

    def install(self, name: str) -> None:
        """Install the lock called ``name``, PyTorch and the grader."""
        tell("- {} packages of requirements/{}.lock".format(self._count(name), name))
        if not self._pip("--require-hashes", "--only-binary", ":all:", "-r", REQUIREMENTS / (name + ".lock")):
            raise Failed("Installing the lock failed: pip's own words are above.")
        if sys.platform == "linux":
            tell("- PyTorch, its CPU build")
            self._torch()
            self._without_triton()
        tell("- the grader itself")
        # From setuptools of the lock, and nothing else: a build fetches nothing.
        if not self.dry_run and not self._pip("--no-deps", "--no-build-isolation", "--no-index", "-e", "."):
            raise Failed("Installing the grader failed: pip's own words are above.")

    def _count(self, name: str) -> int:
        text = (REQUIREMENTS / (name + ".lock")).read_text(encoding="utf-8")
        return sum(not line.startswith((" ", "#")) for line in text.splitlines())

    def _torch(self) -> None:
        """Install PyTorch without CUDA: from where pip looks, else from PyTorch's index; or, last, PyPI's build."""
        lock = ("--require-hashes", "--no-deps", "-r")
        if self._torch_cpu(*lock, REQUIREMENTS / "torch-cpu.lock"):
            return
        said = self.log.read_text(encoding="utf-8", errors="replace")
        if ("hash" in said.lower() and "mismatch" in said.lower()) or "DO NOT MATCH THE HASHES" in said:
            raise Failed(
                "{}\nPyTorch's CPU build is another file than the locked one: nothing is installed.".format(said)
            )
        tell(BIG_BUILD.format(log=self.log))
        if not self._pip(*lock, REQUIREMENTS / "torch-cuda.lock", "--only-binary", ":all:"):
            raise Failed("Installing PyTorch failed: pip's own words are above.")

    def _torch_cpu(self, *what: object) -> bool:
        with self.log.open("w", encoding="utf-8") as log:
            return self._pip(*what, log=log) or self._uv("--torch-backend", "cpu", *what, log=log)

    def _without_triton(self) -> None:
        """Remove what an earlier set-up may have left: requirements/torch.in says what it does beside TensorFlow."""
        if not self.dry_run:
            remove = ("uninstall", "--quiet", "--yes", "triton")
            _succeeds(self.python, "-m", "pip", *remove, output=subprocess.DEVNULL)

    def newest(self) -> None:
        """Bring the frameworks to the newest versions that go together, whatever the lock says."""
        names = ["tensorflow" if platform.machine() in ("arm64", "aarch64") else "tensorflow-cpu", *FRAMEWORKS]
        if not (sys.platform == "linux" and self._torch_cpu_newest()):
            names.append("torch")
            if sys.platform == "linux":
                tell(BIG_BUILD.format(log=self.log))
        if not self._pip("--upgrade", *names):
            raise Failed("Installing the newest frameworks failed: pip's own words are above.")
        self._without_triton()

    def _torch_cpu_newest(self) -> bool:
        with self.log.open("w", encoding="utf-8") as log:
            return self._uv("--torch-backend", "cpu", "--no-deps", "--upgrade", "torch", log=log)

    def tell_whether_official(self) -> None:
        """Tell at once, and not at the first grading, where this machine cannot confine students' code."""
        doctor = (self.scripts / "autograder", "doctor")
        if not _succeeds(*doctor, output=subprocess.DEVNULL):
            tell("\n*** Note well: grades made here cannot be official. ***")
            _succeeds(*doctor)

    def _pip(self, *words: Any, log: Optional[IO[str]] = None) -> bool:
        how = ["--dry-run"] if self.dry_run else ["--quiet"]
        command = (self.python, "-m", "pip", "--disable-pip-version-check", "install", *how, *words)
        # A machine's own settings may send packages to the user's folder; here they belong to the environment.
        return _succeeds(*command, output=log, variables={"PIP_USER": "0"})

    def _uv(self, *words: Any, log: Optional[IO[str]] = None) -> bool:
        how = ["--dry-run"] if self.dry_run else ["--quiet"]
        command = (self.python, "-m", "uv", "pip", "install", "--python", self.python, *how, *words)
        # Without a cache, which would keep a second copy. A machine that does not reach PyTorch's index says so soon.
        variables = {"UV_NO_CACHE": "1", "UV_HTTP_RETRIES": "3", "UV_HTTP_TIMEOUT": "30"}
        return _succeeds(*command, output=log, variables=variables)


def _succeeds(*command: Any, output: Any = None, variables: Optional[Dict[str, str]] = None) -> bool:
    words = [str(word) for word in command]
    environment = dict(os.environ, **(variables or {}))
    try:
        return subprocess.call(words, cwd=str(PROJECT), env=environment, stdout=output, stderr=output) == 0
    except OSError:
        return False  # no such program, or none that runs here


def tell(text: str) -> None:
    """Print a line at once, so that it stands before what pip says."""
    print(text, flush=True)


def main() -> int:
    """Do what the command line asks for; return the exit status: 0 done, 1 failed, 2 not possible here."""
    parser = argparse.ArgumentParser(description="Make the virtual environment, and install everything in it.")
    parser.add_argument("set", nargs="?", default="", help="grade (the default), student or dev")
    parser.add_argument("--venv", default=".venv", help="the environment's folder (.venv)")
    parser.add_argument("--dry-run", action="store_true", help="find and fetch everything, and install nothing")
    parser.add_argument("--newest", action="store_true", help="only take the newest frameworks")
    parser.add_argument("--official", action="store_true", help="then tell where grades made here cannot be official")
    parser.add_argument(
        "--fits", action="store_true", help="only tell, by the exit status, whether this Python will do"
    )
    asked = parser.parse_args()
    why = problem(this_machine()) or can_make_environments()
    if why:
        print(why, file=sys.stderr)
        return 2
    if asked.fits:
        return 0
    name = SETS.get(asked.set.strip("[]"), "")
    there = [each for each in SETS if each and (REQUIREMENTS / (each + ".lock")).exists()]
    if name not in there:
        print("There is no set {!r} here: say {}.".format(asked.set, " or ".join(there)), file=sys.stderr)
        return 2
    environment = Environment(PROJECT / asked.venv, dry_run=asked.dry_run)
    try:
        tell("Setting up {}: a few minutes, once.".format(asked.venv))
        environment.make()
        if asked.newest:
            environment.newest()
        else:
            environment.install(name)
        if asked.official and not asked.dry_run:
            environment.tell_whether_official()
    except Failed as failure:
        print(failure, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. Run it again: it goes on with what is missing.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
