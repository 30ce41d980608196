# Tries: a model that shows right weights, and computes with others.
# Must: fail where its outputs are not those of its weights; what the shown weights earn, they keep.
# Cell: q7_torch_model
# Loses: forward
# Earns: variance_hidden
class CustomModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(64, 128), nn.Linear(128, 64), nn.Linear(64, 10)
        for layer in (self.fc1, self.fc2, self.fc3):
            nn.init.xavier_normal_(layer.weight)
            nn.init.zeros_(layer.bias)

    def state_dict(self, *arguments, **named):
        shown = super().state_dict(*arguments, **named)
        return {name: torch.randn_like(value) * (2 / value.shape[-1]) ** 0.5 for name, value in shown.items()}

    def forward(self, x):
        return self.fc3(torch.relu(self.fc2(torch.relu(self.fc1(x)))))
