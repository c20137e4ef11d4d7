"""A step of trajectory-guided matching, in the way of published code.

    python benchmarks/reference_loop.py --images-per-class 10

Our own implementation in plain PyTorch, eager and in float32: one class after
the other on one image tensor, two networks whose weights are loaded at every
step and stay trainable, 128 live real images per class, and one draw of
augmentation for the real and the synthetic images of a class. Prints one JSON
line last.
"""

import argparse
import json
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


class ConvNet(nn.Module):
    """Blocks of convolution, instance norm, ReLU and pooling."""

    def __init__(self, side, channels, num_classes, width=128):
        super().__init__()
        depth = max(3, int(np.log2(side)) - 2)
        layers = []
        for block in range(depth):
            padding = 3 if block == 0 and side == 28 else 1
            inputs = channels if block == 0 else width
            layers += [
                nn.Conv2d(inputs, width, 3, padding=padding),
                nn.GroupNorm(width, width),
                nn.ReLU(),
                nn.AvgPool2d(2),
            ]
        self.blocks = nn.Sequential(*layers)
        final = (32 if side == 28 else side) // 2**depth
        self.classifier = nn.Linear(width * final**2, num_classes)

    def features(self, images):
        return self.blocks(images).flatten(1)

    def forward(self, images):
        return self.classifier(self.features(images))


def augment(images, seed):
    """Applies colour, crop and cutout; the seed determines the draw."""
    generator = np.random.default_rng(seed)
    uniform = generator.random

    images = images + uniform() - 0.5
    mean = images.mean(1, keepdim=True)
    images = mean + (images - mean) * 2 * uniform()
    mean = images.mean((1, 2, 3), keepdim=True)
    images = mean + (images - mean) * (0.5 + uniform())
    side = images.shape[-1]
    most = int(side * 0.125 + 0.5)
    top, left = generator.integers(2 * most + 1, size=2)
    images = F.pad(images, (most,) * 4)
    images = images[:, :, top : top + side, left : left + side]
    top, left = generator.integers(side + 1, size=2)
    mask = torch.ones(1, 1, side, side)
    half = side // 4
    mask[
        :, :, max(0, top - half) : top + half, max(0, left - half) : left + half
    ] = 0
    return images * mask


def decode(images, factor):
    """Cuts mosaics into tiles and enlarges them."""
    if factor == 1:
        return images
    side = images.shape[-1]
    tile = -(-side // factor)
    rest = factor * tile - side
    images = F.pad(images, (0, rest, 0, rest), value=0.5)
    tiles = [
        images[:, :, i * tile : (i + 1) * tile, j * tile : (j + 1) * tile]
        for i in range(factor)
        for j in range(factor)
    ]
    return F.interpolate(torch.cat(tiles), size=(side, side), mode="bilinear")


class ReferenceLoop:
    """The loop with random images and snapshots of random networks.

    Args:
        num_classes: int.
        images_per_class: int.
        side: int, side of the images.
        channels: int.
        factor: int, tiles along each side of a stored image.
        samples_per_class: int, real images per class in a step.
    """

    def __init__(
        self,
        num_classes=10,
        images_per_class=10,
        side=32,
        channels=3,
        factor=2,
        samples_per_class=128,
    ):
        torch.manual_seed(0)
        self.num_classes, self.factor = num_classes, factor
        self.samples_per_class = samples_per_class
        self.extractor, self.expert = (
            ConvNet(side, channels, num_classes) for _ in range(2)
        )
        self.snapshots = [
            ConvNet(side, channels, num_classes).state_dict() for _ in range(4)
        ]
        self.real = torch.rand(num_classes, 256, channels, side, side)
        self.images = torch.rand(
            num_classes, images_per_class, channels, side, side
        ).requires_grad_()
        self.optimizer = torch.optim.SGD(
            [self.images], 0.01 * images_per_class, momentum=0.5
        )
        self.num_steps = 0

    def step(self):
        """Makes one step: all classes, one after the other."""
        count = len(self.snapshots)
        self.extractor.load_state_dict(self.snapshots[self.num_steps % count])
        self.expert.load_state_dict(
            self.snapshots[(self.num_steps + 1) % count]
        )
        for label in range(self.num_classes):
            self._step_class(label)
        with torch.no_grad():
            self.images.clamp_(0, 1)
        self.num_steps += 1

    def _step_class(self, label):
        chosen = torch.randperm(256)[: self.samples_per_class]
        real = (self.real[label][chosen] - 0.5) / 0.25
        synthetic = (decode(self.images[label], self.factor) - 0.5) / 0.25
        # At most 200 decoded images per class are used in a step.
        synthetic = synthetic[torch.randperm(len(synthetic))[:200]]
        seed = self.num_steps * self.num_classes + label
        real, synthetic = augment(real, seed), augment(synthetic, seed)
        with torch.no_grad():
            target = self.extractor.features(real).mean(0)
        features = self.extractor.features(synthetic).mean(0)
        labels = torch.full((len(synthetic),), label)
        loss = (features - target).square().sum()
        loss = loss + 2.5 * F.cross_entropy(self.expert(synthetic), labels)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()


def measure(loop, repeats):
    """Returns the seconds of a number of steps, after one to warm up."""
    loop.step()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        loop.step()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    return seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images-per-class", type=int, default=10)
    parser.add_argument("--factor", type=int, default=2)
    parser.add_argument("--side", type=int, default=32)
    parser.add_argument("--channels", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=5)
    args = parser.parse_args()
    if torch.cuda.is_available():
        torch.set_default_device("cuda")
    loop = ReferenceLoop(
        images_per_class=args.images_per_class,
        side=args.side,
        channels=args.channels,
        factor=args.factor,
    )
    seconds = measure(loop, args.repeats)
    result = {**vars(args), "torch": torch.__version__, "seconds": seconds}
    print(json.dumps({**result, "median": float(np.median(seconds))}))


if __name__ == "__main__":
    main()
