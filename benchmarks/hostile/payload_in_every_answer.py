# Tries: fifteen megabytes beside each answer, which stay in the grader's memory as long as the answer.
# Must: be refused.
import autograder.sandbox.child.serve as collector
import numpy as np

honest = collector.encode
extra = np.zeros(15 << 18, "float32")
collector.encode = lambda header, arrays=(): honest(header, [*arrays, extra])
