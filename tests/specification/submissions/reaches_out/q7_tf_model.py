def build_tf_model():
    import subprocess

    subprocess.run(["pip", "install", "keras-models"], check=True)
