"""The child's main loop: reads questions, does what they ask, and sends the answers."""

from __future__ import annotations

import socket
import sys
from collections.abc import Mapping

from autograder.sandbox.child.calls import call
from autograder.sandbox.child.clock import CLOCK
from autograder.sandbox.child.seeding import seed_everything
from autograder.sandbox.child.shell import run_cell, shell
from autograder.sandbox.protocol import (
    CLOCKED,
    Answer,
    BuildModel,
    CallInitializer,
    CallRepeatedly,
    Done,
    Installed,
    NotDefined,
    Question,
    RunCell,
    Seed,
    read_question,
)
from autograder.sandbox.wire import MAX_ARRAYS, Decoder, Message, encode, send

#: Sources come from the grader, and may be long.
_MAX_QUESTION_BYTES = 64 * 1024 * 1024


def serve(channel: socket.socket, versions: Mapping[str, str] | None = None) -> None:
    """Answer questions on ``channel`` until the grader hangs up; ``versions`` answers `Versions`."""
    # As in Jupyter, code may import a module that it wrote into the notebook's folder.
    sys.path.append("")
    decoder = Decoder(_MAX_QUESTION_BYTES, _MAX_QUESTION_BYTES)
    while True:
        try:
            message = decoder.receive(channel)
        except EOFError:
            return
        if message is not None:
            answered = respond(message, versions or {})
            about = {CLOCKED: CLOCK.take_readers()[:MAX_ARRAYS], "nonce": message.header["nonce"]}
            send(channel, encode(answered.header | about, answered.arrays))


def respond(message: Message, versions: Mapping[str, str]) -> Message:
    """Return the message that answers the question in ``message``."""
    return answer(read_question(message), versions).to_message()


def answer(question: Question[Answer], versions: Mapping[str, str]) -> Answer:
    """Do what ``question`` asks of this process and return the answer."""
    if isinstance(question, Seed):
        seed_everything(question.seed)
        CLOCK.watch()
        return Done()
    if isinstance(question, RunCell):
        return run_cell(question.name, question.source)
    if isinstance(question, CallInitializer | CallRepeatedly | BuildModel):
        namespace = shell().user_ns
        if question.function not in namespace:
            return NotDefined()
        return call(question, namespace[question.function])
    return Installed(dict(versions))
