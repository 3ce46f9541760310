"""Boxes are `[..., 4]`: left, top, right, bottom, in pixels of the network's input unless told otherwise."""

import torch
from torch import Tensor

from network import STRIDES


def cells(height: int, width: int) -> tuple[Tensor, Tensor]:
    """Column and row of every cell of all strides, `[rows, 2]`, and its stride, `[rows, 1]`, in the export's order."""
    places, strides = [], []
    for stride in STRIDES:
        rows, columns = torch.meshgrid(
            torch.arange(height // stride), torch.arange(width // stride), indexing="ij"
        )
        places.append(torch.stack((columns, rows), dim=-1).reshape(-1, 2).float())
        strides.append(torch.full((len(places[-1]), 1), float(stride)))
    return torch.cat(places), torch.cat(strides)


def decode(numbers: Tensor, places: Tensor, strides: Tensor) -> Tensor:
    """Boxes of the network's dx, dy, log w, log h (as decodeYolox in src/pipeline/families/yolox.ts)."""
    centre = (numbers[..., :2] + places) * strides
    half = numbers[..., 2:].clamp(max=6).exp() * strides / 2
    return torch.cat((centre - half, centre + half), dim=-1)


def encode(boxes: Tensor, places: Tensor, strides: Tensor) -> Tensor:
    """The dx, dy, log w, log h that `decode` makes `boxes` of."""
    centre = (boxes[..., :2] + boxes[..., 2:]) / 2
    size = (boxes[..., 2:] - boxes[..., :2]).clamp(min=1e-3)
    return torch.cat((centre / strides - places, (size / strides).log()), dim=-1)


def overlaps(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """IoU and generalised IoU (Rezatofighi et al. 2019) of boxes `a` with boxes `b`, pair by pair."""
    inner = (torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2])).clamp(min=0)
    outer = torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])
    common = inner.prod(-1)
    area_a = (a[..., 2:] - a[..., :2]).prod(-1)
    area_b = (b[..., 2:] - b[..., :2]).prod(-1)
    union = (area_a + area_b - common).clamp(min=1e-6)
    hull = outer.prod(-1).clamp(min=1e-6)
    iou = common / union
    return iou, iou - (hull - union) / hull
