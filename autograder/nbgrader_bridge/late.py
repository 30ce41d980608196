"""Plugin for nbgrader that computes late penalties by the policy in course.toml."""

from __future__ import annotations

from datetime import timedelta

from nbgrader.plugins import LateSubmissionPlugin
from traitlets import Instance

from autograder.assignment.settings import LatePolicy


class CoursePolicy(LateSubmissionPlugin):
    """Late penalty by the course's policy: none, zero, or percent or points for each day."""

    policy = Instance(LatePolicy, (), help="The late policy.").tag(config=True)

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float:
        """Return the points that ``score`` loses."""
        penalty: float = self.policy.penalty(float(score), timedelta(seconds=float(total_seconds_late)))
        self.log.info("%s is %.0f seconds late: %s", student_id, total_seconds_late, self.policy)
        return penalty
