"""The guides and the tools' settings are true: cells run, hooks find mistakes, make targets exist."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

import pytest
from nbformat.v4 import new_output

from autograder.grading.causes import INSTALLED
from tests.support.samples import ENVIRONMENT, RELEASE, ROOT, SOLUTION, read, write


@pytest.mark.slow
def test_check_needs_nothing_that_colab_does_not_bring(tmp_path: Path) -> None:
    """There, the set-up cell puts a clone of the course on the path, and installs nothing."""
    shutil.copytree(ROOT / "autograder", tmp_path / "course/autograder")
    for part in ("assignment", "course.toml"):
        (tmp_path / "course" / part).symlink_to(ROOT / part)
    missing = [
        "nh3",
        "markdown",
        "msgspec",
        "typer",
        "pyseccomp",
        "nbgrader",
        "nbconvert",
        "latex2mathml",
        "playwright",
    ]
    code = (
        f"import sys\nsys.modules |= dict.fromkeys({missing})\nsys.path.insert(0, 'course')\n"
        "import autograder\nfrom autograder import check\nfrom autograder.report.html import render_question\n"
        "print(autograder.__file__)\n"
        "def stub(shape):\n    raise NotImplementedError()\nprint(check('q7_tf_initializer', stub))\n"
        "from autograder.assignment.questions import task\n"
        "from autograder.report.result import QuestionResult, QuestionStatus\n"
        "print(render_question(QuestionResult.of(task('q7_tf_model'), QuestionStatus.TIMEOUT, 0.0, 8.0, 'Too slow.')))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "course/autograder/__init__.py" in run.stdout
    assert "Not attempted" in run.stdout
    assert "Too slow." in run.stdout


def test_students_guide_lists_the_packages_that_are_installed_while_grading() -> None:
    guide = (ROOT / "assignment/README.md").read_text(encoding="utf-8")
    found = re.search(r"Python's standard library, (.+) are installed\. Others are not, such as (.+)\. \|", guide)
    assert found is not None
    there, absent = (re.split(r", | and ", names) for names in found.groups())
    assert there == list(INSTALLED)
    locks = [(ROOT / "requirements" / name).read_text(encoding="utf-8") for name in ("grade.lock", "torch-cpu.lock")]
    locked = set(re.findall(r"^([\w.-]+)==", "\n".join(locks), re.MULTILINE))
    provided = packages_distributions()
    for module in INSTALLED.values():
        assert find_spec(module) is not None, module
        assert {name.lower().replace("_", "-") for name in provided[module]} & locked, module
    assert {name.lower() for name in absent} & locked == set()


def test_dev_container_has_the_shape_that_its_specification_gives() -> None:
    text = (ROOT / ".devcontainer/devcontainer.json").read_text(encoding="utf-8")
    settings = json.loads(re.sub(r"^\s*//.*$", "", text, flags=re.M))
    # From the specification's schema: what is used here, and its types.
    assert set(settings) == {"name", "image", "postCreateCommand", "hostRequirements", "customizations"}
    assert all(isinstance(settings[key], str) for key in ("name", "image", "postCreateCommand"))
    requirements = settings["hostRequirements"]
    assert isinstance(requirements.pop("cpus"), int)
    assert set(requirements) <= {"memory", "storage"}
    assert all(re.fullmatch(r"\d+([tgmk]b)?", value) for value in requirements.values())
    assert re.match(r"python:3\.1[123]-", settings["image"])  # what install.py accepts
    assert settings["postCreateCommand"] == "make setup"
    assert (ROOT / settings["customizations"]["codespaces"]["openFiles"][0]).exists()


@pytest.fixture
def repository(need_git: None, tmp_path: Path) -> Path:
    """A checkout with what the hooks look at, and this environment."""
    for part in ("solutions", "assignment"):
        shutil.copytree(ROOT / part, tmp_path / part)
    for part in ("nbgrader_config.py", "course.toml", "pyproject.toml", ".pre-commit-config.yaml", "docs/words.txt"):
        (tmp_path / part).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / part, tmp_path / part)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / ".gitignore").write_text(".venv\n")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    return tmp_path


def hooks(repository: Path) -> dict[str, str]:
    """Run every hook on every file; return the outcome of each by its name."""
    subprocess.run(["git", "add", "--all"], cwd=repository, check=True)
    environment = {**ENVIRONMENT, "PRE_COMMIT_HOME": str(repository / ".git/pre-commit"), "PRE_COMMIT_COLOR": "never"}
    environment = {name: value for name, value in environment.items() if not name.startswith("GIT_")}
    command = [sys.executable, "-m", "pre_commit", "run", "--all-files"]
    run = subprocess.run(command, cwd=repository, env=environment, capture_output=True, text=True)
    return dict(re.findall(r"^(.+?)\.{3,}(?:\(.*\))?(Passed|Failed|Skipped)$", run.stdout, re.M))


@pytest.mark.slow
def test_hooks_pass_on_what_is_committed_and_leave_it_as_it_is(repository: Path) -> None:
    before = {path: path.read_bytes() for path in repository.rglob("*.ipynb")}
    found = hooks(repository)
    assert len(found) == 6
    assert set(found.values()) == {"Passed"}
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.slow
def test_hooks_stop_bad_code_words_outputs_wrong_settings_and_drift(repository: Path) -> None:
    (repository / "bad.py").write_text("import os\nx=1  # mend this\n")  # codespell:ignore
    (repository / "course.toml").write_text("help = 3\n")
    source, release = (repository / path.relative_to(ROOT) for path in (SOLUTION, RELEASE))
    notebook = read(source)
    code = next(c for c in notebook.cells if c.cell_type == "code")
    code.outputs = [new_output("stream", name="stdout", text="a long story")]
    write(notebook, source)
    student = read(release)
    next(c for c in student.cells if c.cell_type == "code").outputs = list(code.outputs)
    write(student, release)
    assert set(hooks(repository).values()) == {"Failed"}
    assert "a long story" not in source.read_text(encoding="utf-8")
    assert "a long story" in release.read_text(encoding="utf-8")
