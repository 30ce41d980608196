"""nbgrader's settings for this course folder: `solutions/` is the source, `assignment/` the release.

`solutions/README.md` is the guide that goes with it.
"""

import os
import sys
import warnings
from pathlib import Path

from autograder.assignment.folder_names import folder_problems
from autograder.assignment.settings import BadSettings, load_settings
from autograder.errors import ExitCode
from autograder.nbgrader_bridge.gradebook_file import gradebook_problems, wait_for_other_programs

# Of nbgrader's own, about its way with SQLAlchemy, at every new submission: it means nothing to whoever grades.
warnings.filterwarnings("ignore", message="Object of type .* not in session")

# nbgrader starts alembic by its name, and this environment need not be the shell's.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"

c = get_config()  # noqa: F821 (nbgrader gives it)


def stop(problem: object) -> None:
    """End the command, with one line and the exit status of bad input."""
    print(f"autograder: {problem}", file=sys.stderr)
    sys.exit(ExitCode.BAD_INPUT)


# Help level, which framework counts, limits, deadline and late policy are set in course.toml. A mistake in it ends
# everything here: an exception would only make nbgrader go on without these settings, and so without our sandbox.
try:
    course = load_settings(Path(__file__).resolve().parent / "course.toml")
except BadSettings as problem:
    stop(f"{problem}.")

# In folders with some names, nbgrader finds nothing or other folders' files, or keeps the gradebook elsewhere.
for problem in folder_problems(Path(__file__).resolve().parent):
    stop(problem)

# --- Where things are ---------------------------------------------------------------------------------

c.CourseDirectory.root = str(Path(__file__).resolve().parent)
c.CourseDirectory.course_id = "weight-initialization"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "assignment"
c.CourseDirectory.submitted_directory = "submitted"
c.CourseDirectory.autograded_directory = "autograded"
c.CourseDirectory.feedback_directory = "feedback"

# The notebook is what students get; guides beside it belong to their folders, not to the release.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "README.md"]

# The gradebook: SQLite's gradebook.db in this folder, or whatever SQLAlchemy address the environment gives. For
# PostgreSQL, whose driver `make setup` installs:
#   export AUTOGRADER_GRADEBOOK=postgresql+psycopg://grader:PASSWORD@localhost/weight_initialization
gradebook = os.environ.get("AUTOGRADER_GRADEBOOK") or f"sqlite:///{c.CourseDirectory.root}/gradebook.db"
c.CourseDirectory.db_url = gradebook
for problem in gradebook_problems(gradebook, sys.argv):
    stop(problem)
wait_for_other_programs()

# The exchange of a JupyterHub, where students fetch and submit; nbgrader's own default is /usr/local/share/nbgrader.
if os.environ.get("AUTOGRADER_EXCHANGE"):
    c.Exchange.root = os.environ["AUTOGRADER_EXCHANGE"]

# --- Making the release -------------------------------------------------------------------------------

# autograder/notebook.py recognizes untouched answers by the same text, and a test compares the two.
c.ClearSolutions.text_stub = "YOUR ANSWER HERE"
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\nraise NotImplementedError()"}

# nbgrader's own steps, and one that knows the texts of earlier releases in this one.
c.GenerateAssignment.preprocessors = [
    "nbgrader.preprocessors.IncludeHeaderFooter",
    "nbgrader.preprocessors.LockCells",
    "nbgrader.preprocessors.ClearSolutions",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.SaveCells",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ClearMarkScheme",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.CheckCellMetadata",
    "autograder.nbgrader_bridge.editions.KeepEditions",
]

# Lets mark schemes stand in locked prompt cells, from where they are stripped for the release.
c.ClearMarkScheme.enforce_metadata = False

# --- Autograding: in our sandbox, never in a kernel that scores itself ----------------------------------

# Reads submissions and rebuilds them from the gradebook, without forged metadata, tags and outputs.
c.Autograde.exporter_class = "autograder.nbgrader_bridge.preprocessors.SubmissionExporter"
c.Autograde.sanitize_preprocessors = []  # it does all that nbgrader's own would do
c.Autograde.autograde_preprocessors = [
    "autograder.nbgrader_bridge.preprocessors.GradeInSandbox",  # in the place of nbgrader.preprocessors.Execute
    "nbgrader.preprocessors.LimitOutput",
    "autograder.nbgrader_bridge.preprocessors.SaveGrades",  # in the place of nbgrader.preprocessors.SaveAutoGrades
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# --- Late submissions -----------------------------------------------------------------------------------

# Autograding computes the penalty from the current score. After grading by hand, run
# `autograder course regrade --all`. For a rule of your own, name a subclass of nbgrader.plugins.LateSubmissionPlugin.
c.AssignLatePenalties.plugin_class = "autograder.nbgrader_bridge.late.CoursePolicy"
c.CoursePolicy.policy = course.late

# --- Marking by people ----------------------------------------------------------------------------------

c.MarkingDesk.show_items = course.show_items

# --- What people see ------------------------------------------------------------------------------------

# Students' Markdown and code are shown without scripts and within bounds, in the formgrader and in feedback.
c.HTMLExporter.filters = {
    "markdown2html": "autograder.nbgrader_bridge.formgrader_markdown.markdown2html",
    "highlight_code": "autograder.nbgrader_bridge.formgrader_markdown.highlight_code",
    "strip_files_prefix": "autograder.nbgrader_bridge.formgrader_markdown.unchanged",
}

# Feedback: without mark schemes and hidden parts. One student's page keeps no other waiting.
c.GenerateFeedback.exporter_class = "autograder.nbgrader_bridge.pages.FeedbackPage"
c.FeedbackPage.requests = course.requests
c.GenerateFeedback.preprocessors = [
    "autograder.nbgrader_bridge.preprocessors.HideHiddenTests",
    "autograder.nbgrader_bridge.preprocessors.HideMarkScheme",
    "autograder.nbgrader_bridge.feedback.GradesInWords",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
