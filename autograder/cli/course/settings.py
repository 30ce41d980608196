"""`autograder course settings`: shows the settings in course.toml."""

from __future__ import annotations

from autograder.cli import options


def settings(*, file: options.Settings = None) -> None:
    """Show the settings in course.toml: help level, which framework counts, limits, deadline, late policy, requests."""
    from autograder.assignment.settings import Frameworks, HelpLevel, load_settings, time_text

    course = load_settings(file)
    helps = {
        HelpLevel.NAME: "names mistakes",
        HelpLevel.EXPLAIN: "names mistakes and explains them",
        HelpLevel.FORMULA: "names mistakes, explains them and shows the formula",
    }[course.help_level]
    counts = {
        Frameworks.BOTH: "each framework counts for its own points",
        Frameworks.BETTER: "the better of the two counts for both",
    }[course.frameworks]
    print(f"Feedback on Q7 {helps}.")
    print(f"Of TensorFlow and PyTorch, {counts}.")
    limits = course.limits
    print(
        f"A submission may take {limits.total_seconds:g} s, one step of it {limits.step_seconds:g} s, and "
        f"{limits.memory_bytes / 2**30:g} GiB of memory."
    )
    print(f"Due {course.deadline_text}; {course.late}." if course.deadline_text else "There is no deadline.")
    requests = course.requests
    how = f"with a form in {requests.repository}" if requests.repository else "with a file"
    until = f" until {time_text(requests.until)}" if requests.until else ""
    print(f"Students can ask for another look at a written answer{until}, {how}.")
