# Tries: a figure of no height.
# Must: be refused.
# Problem: no picture of a size
answer_by(lambda header, arrays: ({**header, "figures": [0]}, [np.zeros((0, 640, 3), "float16")]))
