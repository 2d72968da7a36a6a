"""Floor 3: trial. One configuration in, a stream of epoch records out; runs in a notebook, with no cluster."""
