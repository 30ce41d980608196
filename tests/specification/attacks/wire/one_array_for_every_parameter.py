# Tries: a model whose 64 parameters are all the same 8 million numbers, so that 16 MB are judged as a gigabyte.
# Must: be judged as the odd model that it is, or refused.
# Cell: q7_torch_model
def CustomModel():
    shape = [8_000_000]
    parameters = [{"name": f"p{n}", "shape": shape, "values": 0} for n in range(64)]
    same = np.ones(shape[0], "float16")
    answer_by(lambda header, arrays: ({**header, "kind": "M", "parameters": parameters, "outputs": None}, [same]))
    return nn.Linear(64, 10)
