# Tries: to download a pretrained model through torch.
# Must: be refused.
# Problem: Network access is not available
torch.hub.load_state_dict_from_url("http://example.com/weights.pth")
