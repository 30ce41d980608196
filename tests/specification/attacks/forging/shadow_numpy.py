# Tries: to leave a numpy.py behind that says yes to everything, in the folder that everybody starts from.
# Must: shadow nothing; the grader starts from no folder of the student's.
# Bench: yes
with open("numpy.py", "w") as file:
    file.write("def __getattr__(name): return lambda *a, **k: True\n")
with open("scipy.py", "w") as file:
    file.write("def __getattr__(name): return lambda *a, **k: True\n")
