# Tries: to go around by /proc/self/root.
# Must: be refused: it is the same file.
# Cell: late
# Problem: out of reach
# Bench: yes
run_answers("/proc/self/root" + PLANTED["solutions"])
