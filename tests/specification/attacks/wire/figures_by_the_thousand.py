# Tries: a thousand figures in one answer, to be kept until the report is written.
# Must: be refused.
# Problem: too long|more figures
def figures(header, arrays):
    return {**header, "figures": [0] * 1000}, [np.zeros((640, 640, 3), "float16")]


answer_by(figures)
