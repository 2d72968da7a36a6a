"""A data set that comes in parts, such as training and test images, is stored as a whole one is."""

import numpy as np
import torch

from study.learning.cache import CacheFolder
from study.learning.stores import open_store
from study.parts.preprocessing import Preprocessing
from study.parts.tasks.images import ArrayImages
from study.parts.tasks.joined_inputs import JoinedInputs


def test_parts_give_the_batch_that_the_whole_gives(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (6, 4, 4), np.uint8)
    joined = JoinedInputs([ArrayImages(pixels[:2], source="train"), ArrayImages(pixels[2:], source="test")])
    cache = CacheFolder(path=tmp_path, limit_gib=1.0)
    stores = [
        open_store(inputs, np.arange(6), Preprocessing(image_size=4), cache)
        for inputs in (joined, ArrayImages(pixels, source="whole"))
    ]
    one, other = (store.batch(torch.arange(6), torch.device("cpu")) for store in stores)
    assert torch.equal(one, other)
