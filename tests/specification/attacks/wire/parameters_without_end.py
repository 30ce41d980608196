# Tries: a model with more parameters than a model may have.
# Must: cost the question that it is in.
# Cell: q7_torch_model
# Question: q7_torch_model crashed
def CustomModel():
    parameters = [{"name": "p", "shape": [], "values": None}] * 3000
    answer_by(lambda header, arrays: ({**header, "parameters": parameters, "outputs": None}, []))
    return nn.Linear(64, 10)
