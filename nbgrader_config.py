"""nbgrader's settings for this course folder: `solutions/` is the source, `assignment/` the release."""

from pathlib import Path

c = get_config()  # noqa: F821 (nbgrader gives it)

c.CourseDirectory.root = str(Path(__file__).resolve().parent)
c.CourseDirectory.course_id = "weight-initialization"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "assignment"
c.CourseDirectory.submitted_directory = "submitted"
c.CourseDirectory.autograded_directory = "autograded"
c.CourseDirectory.feedback_directory = "feedback"

# The notebook is what students get; guides beside it belong to their folders, not to the release.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "README.md"]

# Untouched answers are recognised by this very text: autograder/notebook.py knows it too, and a test compares.
c.ClearSolutions.text_stub = "YOUR ANSWER HERE"
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\nraise NotImplementedError()"}

# Lets mark schemes stand in locked prompt cells, from where they are stripped for the release.
c.ClearMarkScheme.enforce_metadata = False
