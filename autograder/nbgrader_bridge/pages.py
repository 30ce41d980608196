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
from nbformat import NotebookNode
from nbgrader.server_extensions.formgrader import handlers
from traitlets import Float
from traitlets.config import Config

from autograder.safe_markdown import Allowance

Resources = dict[str, Any]
_OURS: Final = str(Path(__file__).parent / "templates")
_NBGRADERS: Final = handlers.template_path
_MEMORY: Final = 4 * 2**30
#: The server of such processes imports this module once, so that a page need not.
_PROCESSES: Final = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["__main__", __name__])


class CannotShow(Exception):
    """No page could be made, not even one without the student's texts."""


class _Page(HTMLExporter):
    """Base of the exporters: nbconvert makes the page in another process."""

    seconds = Float(10.0, help="Seconds for one page. After them, it is made without the student's texts.").tag(
        config=True
    )
    #: The folder of `templates/`.
    layout = ""

    def __init__(self, config: Config | None = None, **settings: Any) -> None:
        super().__init__(
            config=config,
            template_name=self.layout,
            extra_template_basedirs=[_OURS, _NBGRADERS],
            extra_loaders=[FileSystemLoader(_NBGRADERS)],
            **settings,
        )

    def from_filename(self, filename: str, resources: Resources | None = None, **_: Any) -> tuple[str, Resources]:
        """Return the page of the notebook at ``filename``; raise `CannotShow` if it cannot be made."""
        resources = resources or {}
        for whole in (True, False):
            page = _made(self, filename, resources, whole=whole)
            if page is not None:
                return page, {**resources, "output_extension": self.file_extension}
            self.log.warning("%s: the page took more than %g s, or failed.", filename, self.seconds)
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

    def convert(self, filename: str, resources: Resources) -> str:
        """Return the page, made in this process with the preprocessors of the course."""
        for preprocessor in self.config.GenerateFeedback.preprocessors:
            self.register_preprocessor(preprocessor, enabled=True)
        return super().convert(filename, resources)


def warm() -> None:
    """Start to import in the background what pages need."""
    forkserver.ensure_running()


def _made(exporter: _Page, filename: str, resources: Resources, *, whole: bool) -> str | None:
    receiving, sending = _PROCESSES.Pipe(duplex=False)
    arguments = (sending, type(exporter), exporter.config, filename, resources, whole)
    process = _PROCESSES.Process(target=_make, args=arguments, daemon=True)
    process.start()
    sending.close()
    try:
        return receiving.recv_bytes().decode() if receiving.poll(exporter.seconds) else None
    except EOFError:
        return None
    finally:
        receiving.close()
        process.kill()
        process.join()
        process.close()


def _make(
    sending: Connection, exporter: type[_Page], config: Config, filename: str, resources: Resources, whole: bool
) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
    if not whole:
        resources["allowance"] = Allowance(0, 0.0, "not shown, because this page took too long", 0)
    sending.send_bytes(exporter(config=config).convert(filename, resources).encode())
