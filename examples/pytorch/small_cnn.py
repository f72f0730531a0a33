# SPDX-License-Identifier: Apache-2.0
"""A small network for export.py: an image classifier with the layers of mobile networks, and random weights."""

from __future__ import annotations

import torch
from torch import nn


class Block(nn.Module):
    """Depthwise and pointwise convolution around a residual addition."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU6(),
            nn.Conv2d(channels, channels, 1),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x + self.layers(x))


def build() -> tuple[nn.Module, dict[str, torch.Tensor]]:
    """The module and an example of its input."""
    torch.manual_seed(0)
    module = nn.Sequential(
        nn.Conv2d(3, 16, 3, stride=2, padding=1),
        nn.BatchNorm2d(16),
        nn.Hardswish(),
        Block(16),
        nn.MaxPool2d(2),
        Block(16),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(16, 10),
    )
    return module, {"image": torch.randn(1, 3, 32, 32)}
