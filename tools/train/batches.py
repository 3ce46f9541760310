"""Batches of augmented pictures, the same for the same seed."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor

from augment import PHOTOGRAPH, SCENE, Placed, augmented
from losses import Truth
from network import PICTURE_SCALE
from samples import Pixels

THREADS = 2  # Pillow and NumPy let go of the interpreter while they work


class Batches:
    """Draws batches of `size` pictures: scenes in a shuffled order, each place a real picture by `real_share`."""

    def __init__(self, pixels: Pixels, width: int, height: int, size: int, real_share: float, seed: int) -> None:
        training = [i for i, sample in enumerate(pixels.samples) if not sample.validation]
        self.pixels, self.width, self.height, self.size, self.seed = pixels, width, height, size, seed
        self.scenes = [i for i in training if pixels.samples[i].source == "scenes"]
        sources = sorted({pixels.samples[i].source for i in training} - {"scenes"})
        self.real = [[i for i in training if pixels.samples[i].source == source] for source in sources]
        self.real_share = 0.0 if not self.real else real_share if self.scenes else 1.0
        self.pool = ThreadPoolExecutor(THREADS)
        every = len(self.scenes) or sum(len(each) for each in self.real)
        if every == 0:
            raise ValueError("there are no training pictures: name a folder with --scenes or --real")
        self.steps_an_epoch = -(-every // size)

    def batch(self, step: int) -> tuple[Tensor, Truth]:
        """The batch of that step, counted from the beginning of the training."""
        chance = np.random.default_rng((self.seed, step))
        epoch = step // self.steps_an_epoch
        order = np.random.default_rng((self.seed, epoch, 1)).permutation(self.scenes) if self.scenes else []
        first = step % self.steps_an_epoch * self.size
        chosen = []
        for place in range(first, first + self.size):
            if chance.random() < self.real_share:  # in place of the scene, whose turn comes in another epoch
                chosen.append(int(chance.choice(self.real[chance.integers(len(self.real))])))
            else:
                chosen.append(int(order[place % len(order)]))
        seeds = chance.integers(2**63, size=self.size)
        return collate(list(self.pool.map(self._one, chosen, seeds)))

    def _one(self, index: int, seed: int) -> Placed:
        sample = self.pixels.samples[index]
        strength = SCENE if sample.source == "scenes" else PHOTOGRAPH
        chance = np.random.default_rng(seed)
        return augmented(self.pixels.picture(index), sample, self.width, self.height, strength, chance)


def collate(placed: list[Placed]) -> tuple[Tensor, Truth]:
    """Pictures as the network takes them, channels last in memory, and their objects in tables of one length."""
    pixels = torch.from_numpy(np.stack([each.pixels for each in placed]))
    pictures = pixels.permute(0, 3, 1, 2).float().mul_(PICTURE_SCALE)
    most = max(1, *(len(each.boxes) for each in placed))
    regions = max(1, *(len(each.ignored) for each in placed))
    boxes, ignored = torch.zeros(len(placed), most, 4), torch.zeros(len(placed), regions, 4)
    labels = torch.zeros(len(placed), most, dtype=torch.long)
    present = torch.zeros(len(placed), most, dtype=torch.bool)
    for i, each in enumerate(placed):
        count = len(each.boxes)
        boxes[i, :count] = torch.from_numpy(each.boxes)
        labels[i, :count] = torch.from_numpy(each.labels)
        present[i, :count] = True
        ignored[i, : len(each.ignored)] = torch.from_numpy(each.ignored)
    background = torch.from_numpy(np.stack([each.background for each in placed]))
    return pictures, Truth(boxes, labels, present, ignored, background)
