# Tries: to learn from errors whether a classmate's file begins with certain letters.
# Must: be refused before a byte of it is read.
# Problem: out of reach
import runpy
import tokenize
import zipfile

for look in (
    lambda: zipfile.ZipFile(PLANTED["classmate"]),
    lambda: tokenize.open(PLANTED["classmate"]).read(),
    lambda: __import__("sqlite3").connect(f"file:{PLANTED['gradebook']}?mode=ro", uri=True).execute("select * from secret"),
):
    try:
        look()
    except Exception as problem:
        loot(str(problem) + repr(problem.__dict__))
        continue
    raise SystemError("it was read")
runpy.run_path(PLANTED["classmate"])
