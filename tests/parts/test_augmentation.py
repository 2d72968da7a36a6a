"""Augmentation is what torchvision does, an image at a time with the same numbers."""

import pytest
import torch
from torchvision.transforms.v2 import functional as reference

from study.parts import augmentation
from study.parts.augmentation import augment, crop, crop_size, draw, jitter
from study.values.hyperparameters import Augmentation


@pytest.fixture
def images():
    return torch.rand(5, 3, 24, 24, generator=torch.Generator().manual_seed(1))


def test_half_of_the_images_are_mirrored(images):
    random = draw(5, torch.Generator().manual_seed(2))
    changed = augment(images, Augmentation.FLIP, random)
    flipped = random[:, 0] < 0.5
    assert 0 < flipped.sum() < 5
    torch.testing.assert_close(changed[flipped], images[flipped].flip(-1))
    torch.testing.assert_close(changed[~flipped], images[~flipped])


@pytest.mark.parametrize("flipped", [False, True])
def test_a_crop_is_scaled_up_as_by_torchvision(images, flipped):
    left, top, width, height = 6, 3, 12, 18
    shares = [torch.full((5,), pixels / 24) for pixels in (left, top, width, height)]
    changed = crop(images, *shares, flipped=torch.full((5,), flipped))
    expected = torch.nn.functional.interpolate(
        images[:, :, top : top + height, left : left + width], size=(24, 24), mode="bilinear", align_corners=False
    )
    # At a crop's edge ours reads the pixels beside it, where interpolation of the part alone has none.
    inner = (slice(None), slice(None), slice(2, -2), slice(2, -2))
    torch.testing.assert_close(changed[inner], (expected.flip(-1) if flipped else expected)[inner])


def test_a_crop_of_the_whole_changes_nothing(images):
    zero, one = torch.zeros(5), torch.ones(5)
    torch.testing.assert_close(crop(images, zero, zero, one, one, flipped=zero.bool()), images)


def test_crops_have_the_areas_and_ratios_of_the_paper():
    random = draw(20_000, torch.Generator().manual_seed(3))
    height, width = crop_size(random[:, 1], random[:, 2])
    assert max(height.max(), width.max()) <= 1
    uncut = (height < 1) & (width < 1)
    ratio, area = (width / height)[uncut], (width * height)[uncut]
    assert augmentation.RATIO[0] <= ratio.min() < 0.76
    assert 1.32 < ratio.max() <= augmentation.RATIO[1] + 1e-5
    assert 0.08 <= area.min() < 0.09
    assert area.max() > 0.9
    assert ratio.log().mean().item() == pytest.approx(0, abs=0.01), "as often wide as high"


@pytest.mark.parametrize(
    ("place", "change"),
    [(0, reference.adjust_brightness), (1, reference.adjust_contrast), (2, reference.adjust_saturation)],
)
def test_colours_are_changed_as_by_torchvision(images, place, change):
    factors = torch.tensor([0.6, 0.8, 1.0, 1.2, 1.4])
    ones = torch.ones(5)
    changed = jitter(images, *[factors if number == place else ones for number in range(3)])
    for one, image, factor in zip(changed, images, factors.tolist(), strict=True):
        torch.testing.assert_close(one, change(image, factor), atol=2e-3, rtol=0)


@pytest.mark.parametrize("kind", [Augmentation.CROP, Augmentation.CROP_COLOR])
def test_every_image_is_changed_by_its_own_numbers_and_stays_in_range(images, kind):
    random = draw(5, torch.Generator().manual_seed(4))
    together = augment(images, kind, random)
    for number in range(5):
        alone = augment(images[number : number + 1], kind, random[number : number + 1])
        torch.testing.assert_close(together[number : number + 1], alone)
    assert together.min() >= 0
    assert together.max() <= 1
    assert not torch.allclose(together, augment(images, kind, draw(5, torch.Generator().manual_seed(5))))


def test_nothing_is_done_where_nothing_is_asked_for(images):
    assert augment(images, Augmentation.NONE, draw(5)) is images
