# Tries: to leave modules, start-up files and caches in its home, for the next child to pick up.
# Must: be swept away with the folder; the next child gets another.
import os

home = os.path.expanduser("~")
for name in ("numpy.py", "sitecustomize.py", "usercustomize.py", "evil.pth", ".pythonrc.py", ".bashrc"):
    open(os.path.join(home, name), "w").write("raise SystemExit('evil')")
os.makedirs(home + "/.keras")
open(home + "/.keras/keras.json", "w").write('{"floatx": "float16", "backend": "torch"}')
os.makedirs(home + "/.ipython/profile_default/startup")
open(home + "/.ipython/profile_default/startup/00.py", "w").write("raise SystemExit('evil')")
