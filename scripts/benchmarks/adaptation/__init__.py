"""Studies of one pretrained backbone, ours and as a plain Ray Tune function trainable."""
