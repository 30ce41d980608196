"""The grader's conversation with one child: sends questions, and receives bounded answers within a time limit."""

from __future__ import annotations

import secrets
import selectors
import signal
import socket
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TypeVar

from autograder.limits import Limits
from autograder.sandbox.endings import LESS_MEMORY, by_exit, by_signal
from autograder.sandbox.protocol import SETUP_FAILED, Exceeded, Loss, Question, RunCell, clock_readers
from autograder.sandbox.wire import Decoder, Message, WireError, encode

A = TypeVar("A")

_DYING_SECONDS = 1.0
#: For the rest of an answer that had begun to arrive when its time was up.
_REST_SECONDS = 0.25
#: How much of the end of a child's output is kept, beside its beginning: there stand a dying process's words.
_LAST_BYTES = 2000
_NO_MEMORY_WORDS = ("std::bad_alloc", "MemoryError", "out of memory", "Cannot allocate memory")


class SandboxFault(RuntimeError):
    """The sandbox itself failed: nothing that a student wrote can be blamed, and nothing is scored."""


class ChildLost(Exception):
    """The child ended, or had to be ended, before it answered.

    Attributes
    ----------
    status : Loss
        Why.
    detail : str
        One sentence for people.
    killed : bool
        Whether SIGKILL ended it that was not the sandbox's: its own, the kernel's for want of memory, or anybody's.
    """

    def __init__(self, status: Loss, detail: str, *, killed: bool = False) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.killed = killed


@dataclass(frozen=True)
class End:
    """How a child ended.

    Attributes
    ----------
    code : int
        Its exit code; negative: the signal.
    exceeded : Exceeded or None
        The limit for which the sandbox or the kernel ended it.
    by_grader : bool
        Whether it still ran when the grader ended it.
    """

    code: int
    exceeded: Exceeded | None = None
    by_grader: bool = False


class Child(ABC):
    """A conversation with one child. Subclasses start and end its process, and collect its output.

    Parameters
    ----------
    limits : Limits
        What the child may use.
    channel : socket.socket
        Connected to the child.
    """

    def __init__(self, limits: Limits, channel: socket.socket) -> None:
        self._limits = limits
        self._channel = channel
        self._printed = bytearray()
        self._last = b""
        self._decoder = Decoder()
        self._end: End | None = None
        self._answered = False
        self._cells: set[str] = set()
        self._clock_readers: set[str] = set()
        channel.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(channel, selectors.EVENT_READ)

    @property
    def printed(self) -> str:
        """What the child printed so far, truncated, undecodable bytes replaced. Escape it before showing."""
        return self._printed.decode(errors="replace")

    def take_clock_readers(self) -> set[str]:
        """Return the names of the cells that read the clock since this was last called."""
        names, self._clock_readers = self._clock_readers, set()
        return names

    def ask(self, question: Question[A], *, seconds: float) -> A:
        """Ask ``question`` and wait up to ``seconds`` for its answer.

        Raises
        ------
        ChildLost
            The child ran out of time, ended, or sent something that is no answer; it is ended then.
        SandboxFault
            The child could not be set up, or the warm process failed.
        """
        try:
            if isinstance(question, RunCell):
                self._cells.add(question.name)
            answer = self.exchange(question.to_message(), seconds)
            self._clock_readers |= clock_readers(answer, self._cells)
            return question.read(answer)
        except WireError as problem:
            self.close()
            raise ChildLost(Loss.CRASHED, f"It sent the grader something that is no answer: {problem}.") from None

    def exchange(self, question: Message, seconds: float) -> Message:
        """Send a question's frame and wait up to ``seconds`` for the frame that answers it.

        Every question carries a number that nobody can guess, and its answer must carry it, too: what was
        written before the question was asked can never pass for the answer.

        Raises
        ------
        WireError
            The child sent something that is no frame.
        ChildLost, SandboxFault
            As for `ask`.
        """
        if self._end is not None:
            raise ChildLost(Loss.CRASHED, "The process that ran this notebook had already ended.")
        deadline = time.monotonic() + seconds
        nonce = secrets.token_hex(8)
        unsent = self._send(memoryview(b"".join(encode({**question.header, "nonce": nonce}, question.arrays))))
        answer: Message | None = None
        late = False
        while answer is None:
            self._await(selectors.EVENT_READ | (selectors.EVENT_WRITE if unsent else 0))
            left = deadline - time.monotonic()
            if left <= 0:
                # Whatever kept the grader from reading, an answer that was there in time counts.
                if late or not self._has_waiting_data():
                    self.close()
                    raise ChildLost(Loss.TIMEOUT, "It had not finished when its time was up.")
                late, left = True, _REST_SECONDS
                deadline = time.monotonic() + left
            for key, events in self._selector.select(left):
                if key.fileobj is self._channel:
                    if events & selectors.EVENT_WRITE:
                        unsent = self._send(unsent)
                    if events & selectors.EVENT_READ:
                        answer = self._receive()
                else:
                    self._drain()
        if answer.header.pop("nonce", None) != nonce or unsent:
            self.close()
            raise ChildLost(Loss.CRASHED, "It sent the grader an answer to no question that was asked.")
        self._answered = True
        return answer

    def close(self, patience: float = 0.0) -> int:
        """End the child, if it still runs, and return its exit code."""
        if self._end is None:
            self._end = End(-signal.SIGTERM)  # closed once, whatever comes of it
            try:
                self._end = self._finish(patience)
            finally:
                self._selector.close()
                self._channel.close()
        return self._end.code

    @abstractmethod
    def _finish(self, patience: float) -> End:
        """End the child, take in the last of its output, and let go of all that it held here."""

    @abstractmethod
    def _drain(self) -> None:
        """Take in some of its output: one read, so that a flood keeps nobody from looking at the clock."""

    def _keep(self, output: bytes) -> None:
        self._printed += output[: self._limits.output_bytes - len(self._printed)]
        self._last = (self._last + output)[-_LAST_BYTES:]

    def _has_waiting_data(self) -> bool:
        try:
            self._channel.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True  # it has ended; reading raises that
        return True

    def _await(self, events: int) -> None:
        if self._selector.get_key(self._channel).events != events:
            self._selector.modify(self._channel, events)

    def _send(self, data: memoryview) -> memoryview:
        """Send what the channel takes of ``data``, and return the rest."""
        try:
            return data[self._channel.send(data) :]
        except BlockingIOError:
            return data
        except OSError:
            raise self._ended() from None

    def _receive(self) -> Message | None:
        try:
            return self._decoder.receive(self._channel)
        except BlockingIOError:
            return None
        except (EOFError, OSError):
            raise self._ended() from None

    def _ended(self) -> ChildLost:
        code = self.close(_DYING_SECONDS)
        last = self._last.decode(errors="replace")
        if code == SETUP_FAILED and not self._answered:
            lines = last.strip().splitlines() or ["it printed nothing"]
            raise SandboxFault(f"a child could not be set up: {lines[-1][-500:]}")
        return _lost(self._end or End(code), last, self._limits)


def _lost(end: End, last_words: str, limits: Limits) -> ChildLost:
    if end.exceeded is not None:
        return ChildLost(end.exceeded.loss, end.exceeded.sentence)
    # C++ code that gets no memory ends in abort(), and Python in an exception that nothing catches. Student code can
    # print the same words and end in the same way, so that the sentence says what was printed, which is true of both.
    if end.code in (-signal.SIGABRT, 1) and any(words in last_words for words in _NO_MEMORY_WORDS):
        allowed = f"{limits.memory_bytes / 2**30:g} GiB"
        return ChildLost(
            Loss.MEMORY, f"It ended after it printed that it got no memory; {allowed} are allowed. {LESS_MEMORY}"
        )
    if end.code < 0:
        killed = end.code == -getattr(signal, "SIGKILL", 9)
        if killed and end.by_grader:  # with another code, it was only slow to end
            return ChildLost(Loss.CRASHED, "It ended its conversation with the grader and went on running.")
        return ChildLost(Loss.CRASHED, by_signal(-end.code), killed=killed)
    return ChildLost(Loss.CRASHED, by_exit(end.code))
