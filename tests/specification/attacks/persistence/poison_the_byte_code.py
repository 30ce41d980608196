# Tries: to replace a library's compiled file in __pycache__.
# Must: be refused.
# Problem: out of reach
import importlib.util
import os
import random

cached = importlib.util.cache_from_source(random.__file__)
try:
    os.replace(__import__("tempfile").mkstemp()[1], cached)
except OSError:
    os.remove(cached)
