# Tries: an import hook that patches the scoring as soon as somebody imports it.
# Must: do nothing; nobody imports it here.
# Bench: yes
import dataclasses
import importlib.abc
import importlib.util
import sys


class Hook(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name != "autograder.grading.scoring":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        load = spec.loader.exec_module

        def lenient(module):
            load(module)
            honest = module.score_task
            module.score_task = lambda t, e, p: dataclasses.replace(honest(t, e, p), score=p)

        spec.loader.exec_module = lenient
        return spec


sys.meta_path.insert(0, Hook())
