"""Makes the pages that show a student's notebook, in a process of its own with a time limit.

`nbgrader_config.py` and the formgrader's extension name these exporters. A notebook that takes too long, or that
nbconvert cannot convert, gets a page without the student's texts, so that it keeps no other page waiting.
"""

from __future__ import annotations

import multiprocessing
import resource
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from jinja2 import FileSystemLoader
from nbconvert.exporters import HTMLExporter, TemplateExporter
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbgrader.server_extensions.formgrader import handlers
from traitlets import Instance, Integer
from traitlets.config import Config

from autograder.assignment.settings import Requests
from autograder.nbgrader_bridge.asking import with_links
from autograder.report import formulas
from autograder.report.templating import style_sheet

Resources = dict[str, Any]
_OURS: Final = Path(__file__).parent / "templates"
_NBGRADERS: Final = handlers.template_path
_NOTE: Final = "This cell is not shown, because the page took too long."
#: Wall-clock seconds for each CPU second, after which a process that does nothing is ended, too.
_PATIENCE: Final = 6
#: Bytes of one page's process.
_MEMORY: Final = 4 * 2**30
#: The server of such processes imports once what a page needs: this module, and what the main programs import.
_PROCESSES: Final = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload([__name__, "nbgrader.apps.nbgraderapp", "jupyter_server.serverapp"])


class CannotShow(Exception):
    """No page could be made, not even one without the student's texts."""


class _Page(HTMLExporter):
    """Base of the exporters: nbconvert makes the page in another process."""

    seconds = Integer(10, help="CPU seconds for one page. After them, it is made without the student's texts.").tag(
        config=True
    )
    #: The folder of `templates/`.
    layout = ""

    def __init__(self, config: Config | None = None, **settings: Any) -> None:
        super().__init__(
            config=config,
            template_name=self.layout,
            extra_template_basedirs=[str(_OURS), _NBGRADERS],
            extra_loaders=[FileSystemLoader(_NBGRADERS)],
            **settings,
        )
        style = (_OURS / "page.css").read_text(encoding="utf-8") + style_sheet("phone.css")
        self.environment.globals |= {"formulas": formulas, "page_style": style}

    def from_filename(self, filename: str, resources: Resources | None = None, **_: Any) -> tuple[str, Resources]:
        """Return the page of the notebook at ``filename``; raise `CannotShow` if it cannot be made."""
        resources = resources or {}
        for whole in (True, False):
            page = _made(self, filename, resources, whole=whole)
            if page is not None:
                return page, {**resources, "output_extension": self.file_extension}
            self.log.warning("%s: the page took more than %d s of CPU time, or failed.", filename, self.seconds)
        raise CannotShow(f"{filename}: no page could be made")

    def convert(self, filename: str, resources: Resources) -> str:
        """Return the page, made in this process."""
        page: str = super().from_filename(filename, resources)[0]
        return page

    def from_notebook_node(
        self, nb: NotebookNode, resources: Resources | None = None, **more: Any
    ) -> tuple[str, Resources]:
        """Return the page, and not nbconvert's second reading of it, which takes longer than all else."""
        resources = self._init_resources(resources)
        made: tuple[str, Resources] = TemplateExporter.from_notebook_node(self, nb, resources, **more)
        return made


class FormgraderPage(_Page):
    """The exporter of the pages on which a grader reads and scores a submission."""

    layout = "formgrader_page"


class FeedbackPage(_Page):
    """The exporter of the pages that go back to students."""

    layout = "feedback_page"
    requests = Instance(Requests, (), help="How students ask for another look.").tag(config=True)

    def convert(self, filename: str, resources: Resources) -> str:
        """Return the page, made in this process with the preprocessors of the course."""
        for preprocessor in self.config.GenerateFeedback.preprocessors:
            self.register_preprocessor(preprocessor, enabled=True)
        return with_links(super().convert(filename, resources), resources["nbgrader"]["student"], self.requests)


class _WithoutTexts(Preprocessor):
    """Puts a note in the place of everything that the course does not lock."""

    def preprocess_cell(self, cell: NotebookNode, resources: Resources, index: int) -> tuple[NotebookNode, Resources]:
        """Replace the text of one cell."""
        del index
        if not cell.metadata.get("nbgrader", {}).get("locked"):
            cell.source = f"# {_NOTE}" if cell.cell_type == "code" else f"**{_NOTE}**"
            cell.pop("attachments", None)
        if "outputs" in cell and not cell.metadata.get("nbgrader", {}).get("grade"):
            cell.outputs = []
        return cell, resources


def warm() -> None:
    """Start to import in the background what pages need."""
    forkserver.ensure_running()


def _made(exporter: _Page, filename: str, resources: Resources, *, whole: bool) -> str | None:
    receiving, sending = _PROCESSES.Pipe(duplex=False)
    arguments = (sending, type(exporter), exporter.config, filename, resources, exporter.seconds, whole)
    process = _PROCESSES.Process(target=_make, args=arguments, daemon=True)
    process.start()
    sending.close()
    try:
        return receiving.recv_bytes().decode() if receiving.poll(_PATIENCE * exporter.seconds) else None
    except EOFError:
        return None
    finally:
        receiving.close()
        process.kill()
        process.join()
        process.close()


def _make(
    sending: Connection,
    exporter: type[_Page],
    config: Config,
    filename: str,
    resources: Resources,
    seconds: int,
    whole: bool,
) -> None:
    # The wall clock would count what other processes do, and a busy machine must hide no student's text.
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
    made = exporter(config=config)
    if not whole:
        made.register_preprocessor(_WithoutTexts, enabled=True)
    sending.send_bytes(made.convert(filename, resources).encode())
