# Tries: to open an installed library for writing.
# Must: be refused.
# Problem: out of reach
open(np.__file__, "r+").write("raise SystemExit('evil')")
