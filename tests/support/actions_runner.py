"""Runs a workflow's steps as GitHub's runner would: the `run:` steps from the YAML itself, with their shell and
environment; of the actions, `actions/checkout` as it works, and the repository's own composite action, step by step."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support import installs
from tests.support.hub import IDENTITY, Hub

_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_SHELLS = {None: ["bash", "-e"], "bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail"]}
#: Actions that only fetch or keep what a run could do without.
_WITHOUT = ("actions/setup-python@", "actions/cache/restore@", "actions/cache/save@")


def load(path: Path) -> dict[str, Any]:
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


@dataclass
class Job:
    """What a job left behind."""

    outcome: str = "success"
    log: str = ""
    summary: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)


class Runner:
    """A runner with an empty workspace, for one event.

    Parameters
    ----------
    venv : Path, optional
        An environment that an earlier run from the same commit has set up: once is enough.
    packages : bool
        Whether the first checkout finds this environment's packages in its own: the steps still set it up, and fetch
        nothing.
    """

    def __init__(
        self, hub: Hub, folder: Path, event: dict[str, Any], venv: Path | None = None, packages: bool = False
    ) -> None:
        self.hub = hub
        self.workspace = folder / "work"
        self.temporary = folder / "temp"
        self.workspace.mkdir(parents=True)
        self.temporary.mkdir()
        self.event = event
        self.venv = venv
        self.packages = packages
        self.job = Job()

    def run(self, job: Mapping[str, Any], needs: dict[str, Any] | None = None) -> Job:
        context = {"github": {"event": self.event}, "needs": needs or {}, "vars": {}}
        self._steps(job["steps"], context, self.workspace)
        return self.job

    def _steps(self, steps: list[dict[str, Any]], context: dict[str, Any], action: Path) -> None:
        context["steps"] = {}
        for step in steps:
            if self.job.outcome != "success" or not self._wanted(step.get("if"), context):
                continue
            name = step.get("name", step.get("uses", ""))
            self.job.ran.append(name)
            outputs = self._shell(step, context, action) if "run" in step else self._action(step, context)
            if "id" in step:
                context["steps"][step["id"]] = {"outputs": outputs}
            self.job.outputs |= outputs

    def _shell(self, step: dict[str, Any], context: dict[str, Any], action: Path) -> dict[str, str]:
        assert "${{" not in step["run"], "an expression in a script is an injection"
        files = {name: self.temporary / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV")}
        for file in files.values():
            file.write_text("", encoding="utf-8")
        script = self.temporary / "script.sh"
        script.write_text(step["run"], encoding="utf-8")
        run = subprocess.run(
            [*_SHELLS[step.get("shell")], str(script)],
            cwd=self.workspace,
            env=os.environ
            | IDENTITY
            | {name: str(file) for name, file in files.items()}
            | {
                "RUNNER_TEMP": str(self.temporary),
                "RUNNER_OS": "Linux",
                "RUNNER_ARCH": "X64",
                "GITHUB_ACTIONS": "true",
                "GITHUB_WORKSPACE": str(self.workspace),
                "GITHUB_ACTION_PATH": str(action),
            }
            | {name: self._filled(value, context) for name, value in step.get("env", {}).items()},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=300,
        )
        self.job.log += run.stdout.decode()
        self.job.summary += files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")
        if run.returncode:
            self.job.outcome = "failure"
        lines = files["GITHUB_OUTPUT"].read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines)

    def _action(self, step: dict[str, Any], context: dict[str, Any]) -> dict[str, str]:
        uses = step["uses"]
        inputs = {name: self._filled(str(value), context) for name, value in step.get("with", {}).items()}
        if uses.startswith("actions/checkout@"):
            self._checkout(inputs)
        elif uses.startswith("./"):
            folder = self.workspace / uses
            action = load(folder / "action.yml")
            given = {name: str(spec.get("default", "")) for name, spec in action["inputs"].items()} | inputs
            assert set(given) == set(action["inputs"]), "an input that the action does not have"
            self._steps(action["runs"]["steps"], {"inputs": given}, folder)
        else:
            assert uses.startswith(_WITHOUT), uses
        return {}

    def _checkout(self, inputs: dict[str, str]) -> None:
        assert inputs["persist-credentials"] == "False", "student code must never stand beside a token"
        folder = self.workspace / inputs.get("path", ".")
        ref = inputs.get("ref", "HEAD")
        commands = [
            ["git", "init", "--quiet", str(folder)],
            [
                "git",
                "-C",
                str(folder),
                "fetch",
                "--quiet",
                str(self.hub.folder),
                "+refs/*:refs/remotes/origin/*",
                "HEAD",
            ],
            ["git", "-C", str(folder), "checkout", "--quiet", "--detach", "FETCH_HEAD" if ref == "HEAD" else ref],
        ]
        for command in commands:
            run = subprocess.run(command, env=os.environ | IDENTITY, capture_output=True, text=True)
            if run.returncode:
                self.job.log += run.stderr
                self.job.outcome = "failure"
                return
        # The first checkout is the grader's.
        if any(self.workspace.glob("*/.venv")):
            return
        if self.packages:
            installs.copied(folder / ".venv")
            (folder / ".venv/.made-in").write_text(f"{folder.resolve()}\n")
        elif self.venv is not None:
            (folder / ".venv").symlink_to(self.venv)
            (self.venv / ".made-in").write_text(f"{folder.resolve()}\n")
            (self.venv / ".installed-grade").touch()

    def _filled(self, text: str, context: dict[str, Any]) -> str:
        return _EXPRESSION.sub(lambda found: self._value(found[1], context), str(text))

    def _value(self, expression: str, context: dict[str, Any]) -> str:
        assert re.fullmatch(r"[a-z_-]+(\.[a-z_-]+)*", expression), f"{expression}: this runner knows names alone"
        value: Any = context
        for part in expression.split("."):
            value = value.get(part, {}) if isinstance(value, dict) else {}
        return str(value) if not isinstance(value, dict) else ""

    def _wanted(self, condition: str | None, context: dict[str, Any]) -> bool:
        if condition is None:
            return True
        name, value = re.fullmatch(r"([a-z.-]+) == '([a-z.]+)'", condition).groups()
        return self._value(name, context) == value
