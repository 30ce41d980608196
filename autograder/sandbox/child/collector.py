"""Runs in the child: executes a notebook's cells, calls the student's functions, hands back raw arrays.

Nothing here knows a score, a threshold or a right answer. The same `answer_call` also serves `check`
in a student's own notebook, so that both ways of grading look at a function in exactly one way.

Frameworks are imported inside functions: the grader imports this module too, and must stay light.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import random
import socket
import traceback
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.sandbox.child.figures import take_figures
from autograder.sandbox.wire import DTYPES, MAX_ARRAYS, Decoder, Message, encode

Array = NDArray[np.floating[Any]]
Answer = tuple[dict[str, Any], list[Array]]

_READ_BYTES = 1024 * 1024
#: Sources come from the grader, and may be long.
_MAX_QUESTION_BYTES = 64 * 1024 * 1024
_MAX_TEXT = 4_000
_MAX_WEIGHT_ELEMENTS = 65_536
_CELL_PREFIX = "<cell "


# --- warming up: in the server, before any fork -------------------------------------------------------


def warm_up() -> dict[str, str]:
    """Import what every child needs, execute nothing with TensorFlow, and return package versions."""
    import tensorflow as tf
    import torch

    tf.keras.layers  # noqa: B018 (tf.keras loads Keras on first touch: here, not in every child)
    import keras
    import matplotlib.pyplot  # noqa: F401 (without it, every child would build a font cache in its new home)
    import matplotlib_inline.backend_inline  # noqa: F401 (what %matplotlib inline imports)

    _shell()
    return {
        "numpy": np.__version__,
        "torch": torch.__version__,
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
    }


_SHELL: Any = None


def _shell() -> Any:
    """Return the one IPython shell of this process: no history, no colours, cells named in tracebacks."""
    global _SHELL  # noqa: PLW0603 (made before the fork, used after it)
    if _SHELL is None:
        from IPython.core.compilerop import CachingCompiler
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config

        class NamedCells(CachingCompiler):  # type: ignore[misc]
            cell = ""

            def get_code_name(self, raw_code: str, code: str, number: int) -> str:
                return f"{_CELL_PREFIX}{self.cell}>"

        class NotebookShell(InteractiveShell):  # type: ignore[misc]
            compiler_class = NamedCells

            def _showtraceback(self, etype: object, evalue: object, stb: object) -> None:
                """Print nothing: the exception is part of the answer."""

            def enable_gui(self, gui: str | None = None) -> None:
                """Run no event loop: figures are drawn without a window, and %matplotlib finds that well."""

            def enable_matplotlib(self, gui: str | None = None) -> Any:
                """Set %matplotlib up, but keep drawing to memory: figures are taken when their cell ends."""
                import matplotlib.pyplot as plt
                from matplotlib_inline.backend_inline import flush_figures

                found = super().enable_matplotlib(gui)
                with contextlib.suppress(ValueError):  # it was not registered: another backend was asked for
                    self.events.unregister("post_execute", flush_figures)
                plt.switch_backend("agg")
                return found

        settings = Config()
        settings.HistoryManager.enabled = False
        settings.InteractiveShell.colors = "nocolor"
        _SHELL = NotebookShell.instance(config=settings)
    return _SHELL


# --- the conversation: in the child -------------------------------------------------------------------


def serve(channel: socket.socket, versions: Mapping[str, str] | None = None) -> None:
    """Answer questions on ``channel`` until the grader hangs up; tell ``versions`` to whoever asks for them."""
    decoder = Decoder(_MAX_QUESTION_BYTES, _MAX_QUESTION_BYTES)
    while data := channel.recv(_READ_BYTES):
        for question in decoder.feed(data):
            asks_versions = question.header["ask"] == "versions"
            header, arrays = ({"versions": dict(versions or {})}, []) if asks_versions else answer(question)
            channel.sendall(encode({**header, "nonce": question.header["nonce"]}, arrays))


def answer(question: Message) -> Answer:
    """Do what ``question`` asks of this process and return the answer's header and arrays."""
    what = question.header["ask"]
    if what == "seed":
        seed_everything(question.header["seed"])
        return {}, []
    if what == "cell":
        return run_cell(question.header["name"], question.header["source"]), [*take_figures()]
    vary_seeds(question.header["seed"])
    namespace = _shell().user_ns
    name = question.header["function"]
    if name not in namespace:
        return {"status": "undefined"}, []
    return answer_call(question, namespace[name])


def seed_everything(seed: int) -> None:
    """Seed every generator that a student's code may draw from without naming a seed.

    ``tf.random.set_seed`` alone does not reach Keras 3's initializers, which seed themselves from
    Python's ``random``; and ``numpy.random.default_rng()`` asks the operating system, through a
    function that is replaced here by a seeded one.
    """
    import keras
    import torch

    keras.utils.set_random_seed(seed)  # Python's, NumPy's old global and TensorFlow's generators
    torch.manual_seed(seed)
    entropy = random.Random(seed)  # noqa: S311 (reproducible on purpose)
    np.random.bit_generator.randbits = entropy.getrandbits  # type: ignore[attr-defined]


def vary_seeds(seed: int) -> None:
    """Give every global generator another seed, without TensorFlow forgetting where its kernels' streams are.

    A traced ``tf.function`` takes its operations' seeds from the global one: with one global seed for all
    calls, its traces for two shapes would share their numbers, which no notebook without a seed sees. But
    ``tf.random.set_seed`` also restarts the streams of functions traced before.
    """
    import torch
    from tensorflow.python.eager import context

    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 (the student's code may draw from it)
    torch.manual_seed(seed)
    tensorflow = context.context()
    tensorflow._seed = seed
    tensorflow._rng = random.Random(seed)  # noqa: S311


class _FirstText(io.TextIOBase):
    """A text stream that keeps its beginning and drops the rest, however much a cell prints."""

    def __init__(self) -> None:
        self.kept = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.kept += text[: _MAX_TEXT - len(self.kept)]
        return len(text)


def run_cell(name: str, source: str) -> dict[str, Any]:
    """Run one cell as a notebook would, and say whether it raised, and where."""
    shell = _shell()
    shell.compile.cell = name
    stdout, stderr = _FirstText(), _FirstText()
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        result = shell.run_cell(source, store_history=True)
    printed = {"stdout": stdout.kept, "stderr": stderr.kept}
    exception = result.error_before_exec or result.error_in_exec
    if exception is None:
        return {"status": "ok", **printed}
    return {"status": "error", "error": describe_exception(exception), **printed}


def describe_exception(exception: BaseException) -> dict[str, Any]:
    """Return the exception's name and message, and the deepest place in the student's own cells.

    ``cell`` is the cell's name where this process ran it, and None in a notebook of the student's own.
    """
    message = _text(exception)
    filename, line, source = _deepest_cell(exception.__traceback__)
    if isinstance(exception, SyntaxError) and isinstance(exception.filename, str):
        message = _text(exception.msg)
        line = exception.lineno if isinstance(exception.lineno, int) else None
        filename, source = exception.filename, _text(exception.text or "")
    cell = filename[len(_CELL_PREFIX) : -1] if filename.startswith(_CELL_PREFIX) else None
    place = {"line": line, "source": (source or "").strip()[:200]} if _is_students(filename) else {}
    refused = refusal(exception) if in_child() else None
    return {
        "name": _text(type(exception).__name__)[:200],
        "message": message,
        "cell": cell,
        "refused": refused,
        **place,
    }


#: Modules through which code reaches for what a sandbox refuses; the names of what it reached for.
_REACHING = {
    "network": {"socket", "ssl", "http", "urllib", "urllib3", "requests", "ftplib", "smtplib"},
    "processes": {"subprocess", "multiprocessing", "pty", "pexpect", "ptyprocess"},
}


def refusal(exception: BaseException) -> str | None:
    """Say what the sandbox refused when ``exception`` came of that: network, processes, files or other.

    A refusal arrives as a PermissionError, and name resolution without a network as a gaierror, often
    wrapped in a library's own exception.
    """
    seen: list[BaseException] = []
    waiting: list[object] = [exception]
    while waiting and len(seen) < 20:
        each = waiting.pop()
        if not isinstance(each, BaseException) or each in seen:
            continue
        seen.append(each)
        waiting += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args[:1]]
    if any(isinstance(each, socket.gaierror) for each in seen):
        return "network"
    came_by = {name for each in seen for name in _modules(each)}
    through = next((what for what, names in _REACHING.items() if names & came_by), None)
    refused = [each for each in seen if isinstance(each, PermissionError)]
    if not refused:
        # Without devices there is no terminal for a program that a cell starts with `!`.
        return through if through == "processes" and any(isinstance(each, OSError) for each in seen) else None
    reached = any(each.filename and each.errno == errno.EACCES for each in refused)
    return through or ("files" if reached else "other")


def _modules(exception: BaseException) -> set[str]:
    names = set()
    trace = exception.__traceback__
    while trace is not None:
        names.add(str(trace.tb_frame.f_globals.get("__name__", "")).partition(".")[0])
        trace = trace.tb_next
    return names


def _is_students(filename: str) -> bool:
    return filename.startswith((_CELL_PREFIX, "<ipython-input")) or "ipykernel_" in filename


def _deepest_cell(trace: TracebackType | None) -> tuple[str, int | None, str | None]:
    for frame in reversed(traceback.extract_tb(trace)):
        if _is_students(frame.filename):
            return frame.filename, frame.lineno, frame.line
    return "", None, None


def _text(value: object) -> str:
    try:
        return str(value)[:_MAX_TEXT]
    except BaseException:  # noqa: BLE001 (a student's __str__ may raise anything)
        return f"(a {type(value).__name__} that cannot be printed)"


# --- the student's functions: in the child, and in `check` --------------------------------------------


def answer_call(question: Message, function: Any) -> Answer:
    """Call the student's ``function`` as ``question`` asks and describe what came back.

    Questions (``header["ask"]``):

    ``initializer``
        ``framework``, ``shape`` (the framework's own layout) and, for PyTorch, ``fill``: what the
        tensor holds before the call, and whether it is a ``parameter`` that requires gradients. One array
        for a tensor returned, and for PyTorch the passed
        tensor after the call when it is not the one returned.
    ``model``
        ``framework`` and one array, the inputs (batch, features). The parameters in order, then the
        outputs.

    A student's exception becomes ``{"status": "error", "error": …}``.
    """
    asks: Mapping[tuple[str, str], Callable[[Message, Any], Answer]] = {
        ("initializer", "tensorflow"): _call_tensorflow_initializer,
        ("initializer", "torch"): _call_torch_initializer,
        ("model", "tensorflow"): _build_tensorflow_model,
        ("model", "torch"): _build_torch_model,
    }
    ask = asks[question.header["ask"], question.header["framework"]]
    try:
        return ask(question, function)
    except (Exception, SystemExit, KeyboardInterrupt, GeneratorExit) as exception:  # noqa: BLE001
        return {"status": "error", "error": describe_exception(exception)}, []


def _call_tensorflow_initializer(question: Message, function: Any) -> Answer:
    import tensorflow as tf

    shape = tuple(question.header["shape"])
    returned = function(shape)
    kind, value = _kind_and_value(returned)
    if isinstance(returned, tf.Variable):
        kind = "tf.Variable"
    return _described({"status": "ok"}, kind, value, shape)


def _call_torch_initializer(question: Message, function: Any) -> Answer:
    import torch

    shape = tuple(question.header["shape"])
    weight = torch.full(shape, question.header["fill"], dtype=torch.float32)
    if question.header["parameter"]:
        weight = torch.nn.Parameter(weight)
    returned = function(weight)
    kind, value = _kind_and_value(returned)
    header, arrays = _described({"status": "ok"}, kind, value, shape)
    header["same"] = returned is weight
    if returned is not weight and tuple(weight.shape) == shape and weight.dtype is torch.float32:
        header["passed"] = len(arrays)
        arrays.append(weight.detach().numpy())
    return header, arrays


def _kind_and_value(value: Any) -> tuple[str, Any]:
    """Name the kind of ``value`` as a student would, and return it as a NumPy array where it is one."""
    import tensorflow as tf
    import torch

    if isinstance(value, torch.Tensor):
        value = value.detach().cpu()
        name = str(value.dtype).removeprefix("torch.")
        return "torch.Tensor", value.numpy() if name in DTYPES else (name, tuple(value.shape))
    if isinstance(value, tf.Variable):
        value = tf.convert_to_tensor(value)
    if isinstance(value, tf.Tensor):
        name = value.dtype.name
        return "tf.Tensor", value.numpy() if name in DTYPES else (name, tuple(value.shape))
    if isinstance(value, np.ndarray):
        return "numpy.ndarray", np.asarray(value)
    return ("None" if value is None else type(value).__name__), None


def _described(header: dict[str, Any], kind: str, value: Any, shape: tuple[int, ...]) -> Answer:
    """Describe a returned value; its array goes along only in the shape that was asked for."""
    header["kind"] = kind
    if value is None:
        return header, []
    dtype, found = value if isinstance(value, tuple) else (value.dtype.name, value.shape)
    header["dtype"] = str(dtype)
    header["shape"] = [int(n) for n in found[:8]]
    if isinstance(value, tuple) or dtype not in DTYPES or found != shape:
        return header, []
    header["returned"] = 0
    return header, [value]


def _build_tensorflow_model(question: Message, function: Any) -> Answer:
    import tensorflow as tf

    model = function()
    header: dict[str, Any] = {"status": "ok", "kind": _text(type(model).__name__)}
    if not isinstance(model, tf.Module | tf.keras.Model):
        return header, []
    outputs = _forward(header, lambda: _call_keras(model, tf.constant(question.arrays[0])))
    # After the call: a model without an Input has no weights before it.
    weights = model.weights if isinstance(model, tf.keras.Model) else model.variables
    named = [(getattr(v, "path", v.name), np.asarray(v)) for v in weights]
    return _with_parameters(header, named, outputs)


def _call_keras(model: Any, inputs: Any) -> Any:
    import tensorflow as tf

    outputs = model(inputs, training=False) if isinstance(model, tf.keras.Model) else model(inputs)
    return tf.convert_to_tensor(outputs).numpy()


def _build_torch_model(question: Message, function: Any) -> Answer:
    import torch

    model = function()
    header: dict[str, Any] = {"status": "ok", "kind": _text(type(model).__name__)}
    if not isinstance(model, torch.nn.Module):
        return header, []
    model.eval()
    named = [(name, value.detach().cpu().numpy().copy()) for name, value in model.state_dict().items()]

    def forward() -> Array:
        with torch.no_grad():
            outputs: Array = model(torch.from_numpy(np.array(question.arrays[0]))).detach().numpy()
        return outputs

    return _with_parameters(header, named, _forward(header, forward))


def _forward(header: dict[str, Any], run: Callable[[], Array]) -> Array | None:
    """Push the inputs through; an exception there costs the forward pass alone, not the weights."""
    try:
        outputs = run()
    except Exception as exception:  # noqa: BLE001 (a student's forward may raise anything)
        header["forward_error"] = describe_exception(exception)
        return None
    if outputs.dtype.name not in DTYPES or outputs.size > _MAX_WEIGHT_ELEMENTS:
        return None
    return outputs


def _with_parameters(
    header: dict[str, Any], named: Sequence[tuple[str, NDArray[Any]]], outputs: Array | None
) -> Answer:
    arrays: list[Array] = []
    header["parameters"] = []
    for name, value in named[: MAX_ARRAYS - 1]:
        entry: dict[str, Any] = {"name": str(name)[:100], "shape": [int(n) for n in value.shape[:8]]}
        room = _MAX_WEIGHT_ELEMENTS - sum(array.size for array in arrays)
        if value.dtype.name in DTYPES and value.size <= room:
            entry["array"] = len(arrays)
            arrays.append(value)
        header["parameters"].append(entry)
    if outputs is not None:
        header["outputs"] = len(arrays)
        arrays.append(outputs)
    return header, arrays


def in_child() -> bool:
    """Tell whether this process is a grader's child."""
    return os.environ.get("AUTOGRADER_CHILD") == "1"


def check_is_off(name: str, function: Any, *, seed: int | None = None) -> float:
    """Stand in for `check` where a notebook is graded: the judge is not to be had there."""
    del name, function, seed
    print("check() does not run while a notebook is graded: the grader asks its questions itself.")
    return 0.0
