class Named(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(64, 128), nn.Linear(128, 64), nn.Linear(64, 10)
        for fc in (self.fc1, self.fc2, self.fc3):
            nn.init.kaiming_normal_(fc.weight)
            nn.init.zeros_(fc.bias)

    def forward(self, x):
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))

    def each(self, change):
        for name in ("fc1", "fc2", "fc3"):
            setattr(self, name, change(getattr(self, name)))


SIZES = ((64, 128), (128, 64), (64, 10))

# %% layers that a Sequential holds, too
class CustomModel(Named):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(self.fc1, nn.ReLU(), self.fc2, nn.ReLU(), self.fc3)

    def forward(self, x):
        return self.net(x)

# %% layers taken out of a ModuleList
class CustomModel(Named):
    def __init__(self):
        super().__init__()
        self.all = nn.ModuleList([nn.Linear(a, b) for a, b in SIZES])
        self.fc1, self.fc2, self.fc3 = self.all
        for fc in self.all:
            nn.init.kaiming_normal_(fc.weight)
            fc.bias.data.zero_()

# %% weights that a ParameterList holds, too
class CustomModel(Named):
    def __init__(self):
        super().__init__()
        self.hidden = nn.ParameterList([self.fc1.weight, self.fc2.weight])

# %% weight_norm
class CustomModel(Named):
    def __init__(self):
        super().__init__()
        self.each(nn.utils.parametrizations.weight_norm)

# %% old weight_norm
class CustomModel(Named):
    def __init__(self):
        super().__init__()
        self.each(nn.utils.weight_norm)

# %% spectral_norm changes the variance; fails variance_hidden:
class CustomModel(Named):
    def __init__(self):
        super().__init__()
        self.each(nn.utils.parametrizations.spectral_norm)

# %% identity as a parametrization of weights and biases
class CustomModel(Named):
    def __init__(self):
        super().__init__()
        for fc in (self.fc1, self.fc2, self.fc3):
            nn.utils.parametrize.register_parametrization(fc, "weight", nn.Identity())
            nn.utils.parametrize.register_parametrization(fc, "bias", nn.Identity())

# %% He's scale as a parametrization
class Scale(nn.Module):
    def forward(self, w):
        return w * (2 / w.shape[1]) ** 0.5

class CustomModel(Named):
    def __init__(self):
        super().__init__()
        for fc in (self.fc1, self.fc2, self.fc3):
            fc.weight.data.normal_()
            nn.utils.parametrize.register_parametrization(fc, "weight", Scale())

# %% pruning mask of ones
import torch.nn.utils.prune

class CustomModel(Named):
    def __init__(self):
        super().__init__()
        torch.nn.utils.prune.identity(self.fc1, "weight")

# %% own layers that multiply by (in, out)
class Dense(nn.Module):
    def __init__(self, a, b):
        super().__init__()
        self.w = nn.Parameter(torch.randn(a, b) * (2 / a) ** 0.5)
        self.b = nn.Parameter(torch.zeros(1, b))

    def forward(self, x):
        return x @ self.w + self.b

class CustomModel(Named):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = (Dense(a, b) for a, b in SIZES)

# %% layers in blocks of their names
class Block(nn.Sequential):
    def __init__(self, a, b, *after):
        super().__init__(nn.Linear(a, b), *after)
        nn.init.kaiming_normal_(self[0].weight)
        nn.init.zeros_(self[0].bias)

class CustomModel(Named):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = Block(64, 128, nn.ReLU()), Block(128, 64, nn.ReLU()), Block(64, 10)

    def forward(self, x):
        return self.fc3(self.fc2(self.fc1(x)))

# %% convolutions with a window of 1
class CustomModel(Named):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = (nn.Conv1d(a, b, 1) for a, b in SIZES)
        for fc in (self.fc1, self.fc2, self.fc3):
            nn.init.kaiming_normal_(fc.weight)
            nn.init.zeros_(fc.bias)

    def forward(self, x):
        return super().forward(x[..., None])[..., 0]

# %% parameters without layers; fails layers: their names are w1, w2, w3.
class CustomModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.w1, self.w2, self.w3 = (nn.Parameter(torch.randn(a, b) * (2 / a) ** 0.5) for a, b in SIZES)
        self.b1, self.b2, self.b3 = (nn.Parameter(torch.zeros(b)) for _, b in SIZES)

    def forward(self, x):
        x = F.relu(x @ self.w1 + self.b1)
        x = F.relu(x @ self.w2 + self.b2)
        return x @ self.w3 + self.b3

# %% lists of weights and of biases; fails layers: should be named fc1
class CustomModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.ParameterList([nn.init.kaiming_normal_(torch.empty(b, a)) for a, b in SIZES])
        self.biases = nn.ParameterList([torch.zeros(b) for _, b in SIZES])

    def forward(self, x):
        for i, (w, b) in enumerate(zip(self.weights, self.biases)):
            x = F.linear(x, w, b)
            x = F.relu(x) if i < 2 else x
        return x

# %% biases beside the layers
class CustomModel(Named):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = (nn.Linear(a, b, bias=False) for a, b in SIZES)
        for fc in (self.fc1, self.fc2, self.fc3):
            nn.init.kaiming_normal_(fc.weight)
        self.b1, self.b2, self.b3 = (nn.Parameter(torch.zeros(b)) for _, b in SIZES)

    def forward(self, x):
        x = F.relu(self.fc1(x) + self.b1)
        return self.fc3(F.relu(self.fc2(x) + self.b2)) + self.b3

# %% buffers that hold no weights
class CustomModel(Named):
    def __init__(self):
        super().__init__()
        self.register_buffer("empty", torch.empty(0))
        self.register_buffer("none", None)
        self.register_buffer("calls", torch.zeros(1, dtype=torch.long))
        self.register_buffer("mask", torch.ones(64, dtype=torch.bool))
        self.register_buffer("phase", torch.zeros(2, dtype=torch.cfloat))
        self.register_buffer("mean", torch.zeros(64))

# %% batch normalization without weights
class CustomModel(Named):
    def __init__(self):
        super().__init__()
        self.bn = nn.BatchNorm1d(128, affine=False)

    def forward(self, x):
        return self.fc3(F.relu(self.fc2(F.relu(self.bn(self.fc1(x))))))

# %% batch normalization; fails layers: bn.weight
class CustomModel(Named):
    def __init__(self):
        super().__init__()
        self.bn = nn.BatchNorm1d(128)

# %% lazy layers after a dry run
class CustomModel(Named):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.LazyLinear(128), nn.LazyLinear(64), nn.LazyLinear(10)
        self(torch.zeros(1, 64))
        for fc in (self.fc1, self.fc2, self.fc3):
            nn.init.kaiming_normal_(fc.weight)
            nn.init.zeros_(fc.bias)

# %% TorchScript
def CustomModel():
    return torch.jit.script(Named())

# %% DataParallel
def CustomModel():
    return nn.DataParallel(Named())

# %% vmap
class CustomModel(Named):
    def forward(self, x):
        return torch.vmap(super().forward)(x)

# %% layers made without memory first
def CustomModel():
    with torch.device("meta"):
        model = Named()
    model.to_empty(device="cpu").load_state_dict(Named().state_dict())
    return model

# %% layers without memory; fails layers: The weights of the Named that was built cannot be read: NotImplementedError
def CustomModel():
    with torch.device("meta"):
        return Named()

# %% own state_dict
class CustomModel(Named):
    def state_dict(self, *args, **kwargs):
        raise RuntimeError

# %% subclass of Tensor
class Own(torch.Tensor):
    pass

class CustomModel(Named):
    def __init__(self):
        super().__init__()
        self.fc1.weight = nn.Parameter(self.fc1.weight.data.as_subclass(Own))

# %% plain list of layers; fails layers: nn.ModuleList
class CustomModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.all = [nn.Linear(a, b) for a, b in SIZES]

    def forward(self, x):
        return self.all[2](F.relu(self.all[1](F.relu(self.all[0](x)))))

# %% tuple returned; fails forward: returned tuple, not a tensor
class CustomModel(Named):
    def forward(self, x):
        return super().forward(x), x

# %% autocast
class CustomModel(Named):
    def forward(self, x):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return super().forward(x)

# %% autocast, and float32 returned
class CustomModel(Named):
    def forward(self, x):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            x = super().forward(x)
        return x.float()

# %% float16 model
class CustomModel(Named):
    def __init__(self):
        super().__init__()
        self.half()

    def forward(self, x):
        return super().forward(x.half())

# %% float64 model for float32 inputs; fails forward: the model is float64
class CustomModel(Named):
    def __init__(self):
        super().__init__()
        self.double()

# %% default dtype float64
torch.set_default_dtype(torch.float64)
CustomModel = Named

# %% default dtype bfloat16
torch.set_default_dtype(torch.bfloat16)
CustomModel = Named

# %% default dtype float16
torch.set_default_dtype(torch.float16)
CustomModel = Named
