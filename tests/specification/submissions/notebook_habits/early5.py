%%capture
print("captured")
