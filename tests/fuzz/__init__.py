"""The fuzzer: generated input for every reader of untrusted data, and the properties that must hold for all of it.

Each module has a dictionary ``PROPERTIES``. `tests.fuzz.__main__` tries them for minutes or hours with `make fuzz`, and
`tests/unit/project/test_fuzzer.py` tries a few examples of each with every run of the tests.
"""
