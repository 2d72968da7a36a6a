"""The training that both rivals run: a model is loaded, frozen, and run whole every epoch, as tutorials write it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
import torchvision
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from adaptation import data
from adaptation.case import Case

_MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
_STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)


class Network(nn.Module):
    """ResNet-18 with a head a task."""

    def __init__(self, folder: Path, config: dict[str, Any], num_tasks: int) -> None:
        super().__init__()
        self.backbone = torchvision.models.resnet18()
        self.backbone.load_state_dict(torch.load(folder / data.WEIGHTS, weights_only=True))
        self.backbone.fc = nn.Identity()
        backbone = self.backbone
        stem = nn.ModuleList([backbone.conv1, backbone.bn1])
        groups = [stem, backbone.layer1, backbone.layer2, backbone.layer3, backbone.layer4]
        self.frozen = groups[: config["freezing_depth"]]
        for group in self.frozen:
            group.requires_grad_(False)
        self.heads = nn.ModuleList(_head(config) for _ in range(num_tasks))

    def train(self, mode: bool = True) -> Network:
        super().train(mode)
        for group in self.frozen:
            group.eval()
        return self

    def forward(self, images: Tensor) -> list[Tensor]:
        features = self.backbone(images)
        return [head(features) for head in self.heads]


def _head(config: dict[str, Any]) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Dropout(config["dropout"])]
    width = 512
    if config["head_depth"]:
        layers += [nn.Linear(width, config["head_width"]), nn.ReLU(), nn.Dropout(config["dropout"])]
        width = config["head_width"]
    return nn.Sequential(*layers, nn.Linear(width, 2))


class Examples:
    """Batches of one split."""

    def __init__(self, folder: Path, tasks: Sequence[str], part: slice, **how: Any) -> None:
        pixels, labels = data.read(folder)
        order = torch.randperm(len(pixels), generator=torch.Generator().manual_seed(0))[part]
        targets = torch.stack([torch.from_numpy(labels[task]) for task in tasks], dim=1)
        self._loader = DataLoader(TensorDataset(torch.from_numpy(pixels)[order], targets[order]), **how)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        for images, targets in self._loader:
            yield (images / 255 - _MEAN) / _STD, targets


def _optimizer(network: Network, config: dict[str, Any]) -> torch.optim.Optimizer:
    groups: list[dict[str, Any]] = [{"params": network.heads.parameters(), "lr": config["head_learning_rate"]}]
    trained = [parameter for parameter in network.backbone.parameters() if parameter.requires_grad]
    if trained:
        groups.append({"params": trained, "lr": config["backbone_learning_rate"]})
    return torch.optim.AdamW(groups, weight_decay=config["weight_decay"])


def _accuracy(network: Network, validation: Examples) -> float:
    network.eval()
    hits = []
    with torch.no_grad():
        for images, targets in validation:
            hits += [(output.argmax(1) == targets[:, t]).float() for t, output in enumerate(network(images))]
    return float(torch.cat(hits).mean())


def accuracies(case: Case, folder: Path, config: dict[str, Any]) -> Iterator[float]:
    """Train a configuration and yield the validation accuracy after every epoch."""
    torch.set_num_threads(1)
    tasks = ("defect", "type") if case.study == "shared_representation" else ("defect",)
    num_train, num_validation = int(0.7 * data.NUM_IMAGES), int(0.15 * data.NUM_IMAGES)
    batch_size = config["batch_size"]
    training = Examples(folder, tasks, slice(num_train), batch_size=batch_size, shuffle=True, drop_last=True)
    validation = Examples(folder, tasks, slice(num_train, num_train + num_validation), batch_size=128)
    network = Network(folder, config, len(tasks))
    optimizer = _optimizer(network, config)
    for _ in range(case.epochs):
        network.train()
        for images, targets in training:
            outputs = network(images)
            loss = sum(nn.functional.cross_entropy(output, targets[:, t]) for t, output in enumerate(outputs))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        yield _accuracy(network, validation)
