"""The course's late policy, from course.toml, where nbgrader works out penalties."""

from __future__ import annotations

from datetime import timedelta

from nbgrader.plugins import LateSubmissionPlugin
from traitlets import Instance

from autograder.assignment.settings import LatePolicy


class CoursePolicy(LateSubmissionPlugin):
    """nbgrader's plugin for late submissions, by the policy that is set: none, zero, percent or points a day."""

    policy = Instance(LatePolicy, (), help="What being late costs.").tag(config=True)

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float:
        """Return the points that ``score`` loses."""
        penalty: float = self.policy.penalty(float(score), timedelta(seconds=float(total_seconds_late)))
        self.log.info("%s is %.0f seconds late: %s", student_id, total_seconds_late, self.policy)
        return penalty
