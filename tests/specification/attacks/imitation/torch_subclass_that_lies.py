# Tries: a tensor of a subclass that answers for itself whatever it is asked.
# Must: be judged by its bytes.
# Cell: q7_torch_initializer
# Loses: output
class Liar(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, arguments=(), named=None):
        if function.__name__ in ("detach", "cpu", "clone"):
            return arguments[0]
        if function.__name__ == "numpy":
            return np.zeros(tuple(arguments[0].size()), "float32")
        return super().__torch_function__(function, types, arguments, named or {})


def torch_he_normal_(weight):
    return torch.zeros_like(weight).as_subclass(Liar)
