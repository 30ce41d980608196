# Tries: a model with a thousand parameters, of strange names, shapes and dtypes.
# Must: be judged as the odd model that it is.
# Cell: q7_torch_model
class CustomModel(nn.Module):
    def __init__(self):
        super().__init__()
        for number in range(1000):
            setattr(self, f"p{number}_" + "x" * 300, nn.Parameter(torch.zeros((0,) * (number % 9))))
        self.register_buffer("halves", torch.zeros(3, dtype=torch.complex64))

    def forward(self, x):
        return torch.zeros((0, 0, 0))
