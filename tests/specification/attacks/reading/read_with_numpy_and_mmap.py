# Tries: to map a classmate's submission into memory.
# Must: be refused.
# Cell: late
# Problem: out of reach
# Bench: yes
text = bytes(np.memmap(PLANTED["classmate"], dtype="uint8", mode="r"))
open("copy.ipynb", "wb").write(text)
run_answers("copy.ipynb")
