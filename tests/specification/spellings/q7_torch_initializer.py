def deviation(weight):
    return (2 / weight[0].numel()) ** 0.5


def he(weight):
    return torch.randn(weight.shape) * deviation(weight)

# %% data.normal_
def torch_he_normal_(weight):
    weight.data.normal_(0, deviation(weight))
    return weight

# %% data replaced
def torch_he_normal_(weight):
    weight.data = he(weight)
    return weight

# %% view of the detached tensor
def torch_he_normal_(weight):
    weight.detach().view(-1).normal_(0, deviation(weight))
    return weight

# %% Parameter returned
def torch_he_normal_(weight):
    weight.data.copy_(he(weight))
    return nn.Parameter(weight)

# %% values that need gradients
def torch_he_normal_(weight):
    weight.data.copy_(torch.randn(weight.shape, requires_grad=True) * deviation(weight))
    return weight

# %% NumPy's view
def torch_he_normal_(weight):
    weight.detach().numpy()[...] = np.random.normal(0, deviation(weight), weight.shape)
    return weight

# %% inference mode
def torch_he_normal_(weight):
    with torch.inference_mode():
        drawn = he(weight)
    weight.data.copy_(drawn)
    return weight

# %% vmap
def torch_he_normal_(weight):
    drawn = torch.vmap(torch.randn_like, randomness="different")(weight.detach())
    weight.data.copy_(drawn * deviation(weight))
    return weight

# %% TorchScript
@torch.jit.script
def fill(weight: torch.Tensor, deviation: float):
    with torch.no_grad():
        return weight.normal_(0.0, deviation)

def torch_he_normal_(weight):
    return fill(weight, deviation(weight))

# %% default dtype bfloat16
torch.set_default_dtype(torch.bfloat16)
torch_he_normal_ = nn.init.kaiming_normal_

# %% subclass returned
class Own(torch.Tensor):
    pass

def torch_he_normal_(weight):
    weight.data.copy_(he(weight))
    return weight.as_subclass(Own)

# %% negative bit; fails in_place:
def torch_he_normal_(weight):
    return torch.complex(weight * 0, he(weight)).conj().imag

# %% bfloat16 returned; fails output: the returned tensor is bfloat16
def torch_he_normal_(weight):
    return he(weight).bfloat16()

# %% sparse tensor returned; fails output: torch.Tensor that cannot be read (TypeError: can't convert Sparse
def torch_he_normal_(weight):
    return he(weight).to_sparse()

# %% tensor without memory returned; fails output: torch.Tensor that cannot be read (NotImplementedError
def torch_he_normal_(weight):
    return torch.empty(weight.shape, device="meta")

# %% quantized tensor returned; fails output: qint8
def torch_he_normal_(weight):
    return torch.quantize_per_tensor(he(weight), 1e-3, 0, torch.qint8)

# %% nested tensor returned; fails output: that cannot be read
def torch_he_normal_(weight):
    return torch.nested.nested_tensor([torch.randn(3), torch.randn(4)])
