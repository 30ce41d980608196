# Tries: a model with outputs of NaN, infinities and no rows.
# Must: lose the forward pass.
# Cell: q7_torch_model
# Loses: forward
class CustomModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(64, 128), nn.Linear(128, 64), nn.Linear(64, 10)

    def forward(self, x):
        return torch.full((len(x), 10), float("nan"))
