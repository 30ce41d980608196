# Tries: a model that shows right weights, and computes with others.
# Must: fail where its outputs are not those of its weights; what the shown weights earn, they keep.
# Cell: q7_torch_model
# Loses: forward
# Earns: variance_hidden
class Shown(nn.Linear):
    def named_parameters(self, *arguments, **named):
        for name, value in super().named_parameters(*arguments, **named):
            yield name, nn.Parameter(torch.randn_like(value) * (2 / value.shape[-1]) ** 0.5)


class CustomModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = Shown(64, 128), Shown(128, 64), Shown(64, 10)
        for layer in (self.fc1, self.fc2, self.fc3):
            nn.init.xavier_normal_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        return self.fc3(torch.relu(self.fc2(torch.relu(self.fc1(x)))))
