"""The course's deadline and late policy, from course.toml, where nbgrader works out penalties."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties
from traitlets import Instance

from autograder.assignment.settings import LatePolicy

Resources = dict[str, Any]


class CoursePolicy(LateSubmissionPlugin):
    """nbgrader's plugin for late submissions, by the policy that is set: none, zero, percent or points a day."""

    policy = Instance(LatePolicy, (), help="What being late costs.").tag(config=True)

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float:
        """Return the points that ``score`` loses."""
        penalty: float = self.policy.penalty(float(score), timedelta(seconds=float(total_seconds_late)))
        self.log.info("%s is %.0f seconds late: %s", student_id, total_seconds_late, self.policy)
        return penalty


class LatePenalties(AssignLatePenalties):
    """nbgrader's own, after the gradebook was told the course's deadline: course.toml is where it is set."""

    deadline = Instance(datetime, allow_none=True, help="UTC, without saying so; None leaves the gradebook's.").tag(
        config=True
    )

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Work out the penalty for one submission. Extensions of single students count from the same deadline."""
        if self.deadline is not None:
            told = resources["nbgrader"]
            with Gradebook(told["db_url"]) as gradebook:
                assignment = gradebook.find_assignment(told["assignment"])
                if assignment.duedate != self.deadline:
                    assignment.duedate = self.deadline
                    gradebook.db.commit()
        processed: tuple[NotebookNode, Resources] = super().preprocess(nb, resources)
        return processed
