def my_init_(weight):
    return nn.init.kaiming_normal_(weight)
