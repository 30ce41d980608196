# Tries: a model whose weights are infinite, NaN and larger than their squares can be.
# Must: be judged as the wrong model that it is.
# Cell: q7_torch_model
class CustomModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(64, 128), nn.Linear(128, 64), nn.Linear(64, 10)
        with torch.no_grad():
            self.fc1.weight.fill_(float("inf"))
            self.fc2.weight.fill_(float("nan"))
            self.fc3.weight.fill_(3e38)

    def forward(self, x):
        return self.fc3(torch.relu(self.fc2(torch.relu(self.fc1(x)))))
