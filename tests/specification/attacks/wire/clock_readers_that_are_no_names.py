# Tries: to name cells that read the clock by lists in place of texts.
# Must: cost the question that it is in.
# Cell: q7_torch_initializer
# Question: q7_torch_initializer crashed
def torch_he_normal_(weight):
    answer_by(lambda header, arrays: ({**header, "clocked": [["cell 1"] * 100] * 60}, arrays))
    return weight
