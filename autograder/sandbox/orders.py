"""What the grader and the warm process say to each other: constants that both ends must agree on."""

from __future__ import annotations

#: One order or report is one datagram of at most this size.
MAX_ORDER_BYTES = 16 * 1024
#: A child that could not be set up says so with this exit code: the grader's fault, not the student's.
SETUP_FAILED = 70
#: A child whose collector itself was denied memory says so with this one.
OUT_OF_MEMORY = 71
