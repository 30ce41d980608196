# Tries: to answer each question under the number of the one before.
# Must: be refused.
# Problem: no question that was asked
import autograder.sandbox.child.serve as collector

honest, numbers = collector.encode, []


def late(header, arrays=()):
    numbers.append(header["nonce"])
    return honest({**header, "nonce": numbers[-2] if numbers[1:] else "0" * 16}, arrays)


collector.encode = late
