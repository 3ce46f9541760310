"""What the network is asked to make small: class scores that tell how well the box fits, and boxes that fit."""

from dataclasses import dataclass, fields

import torch
from torch import Tensor, nn

from assign import assign
from boxes import cells, decode, encode, overlaps
from network import BOX_NUMBERS

NEGATIVE_SHARE, NEGATIVE_POWER = 0.75, 2.0  # of the varifocal loss (Zhang et al. 2021)
SCORE_WEIGHT, IOU_WEIGHT, OFFSET_WEIGHT = 1.0, 2.5, 0.5


@dataclass(frozen=True)
class Truth:
    """What is known of a batch; boxes in pixels of the input."""

    boxes: Tensor  # [n, most, 4]
    labels: Tensor  # [n, most]
    present: Tensor  # [n, most]: false where a row only fills up
    ignored: Tensor  # [n, regions, 4]: inside them nothing is background; of no size where they fill up
    background: Tensor  # [n, classes]: 1 where all objects of the class are labelled, so that the rest is background

    def to(self, device: torch.device) -> "Truth":
        return Truth(*(getattr(self, each.name).to(device) for each in fields(self)))


class DetectionLoss(nn.Module):
    """The loss of pictures of one size."""

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        places, strides = cells(height, width)
        self.register_buffer("places", places)
        self.register_buffer("strides", strides)
        self.register_buffer("centres", (places + 0.5) * strides)

    def forward(self, maps: list[Tensor], truth: Truth) -> tuple[Tensor, dict[str, float]]:
        """The loss to minimise, and its parts: `score`, `iou`, `offset`."""
        rows = torch.cat([level.flatten(2) for level in maps], dim=2).transpose(1, 2)
        numbers, logits = rows[..., :BOX_NUMBERS], rows[..., BOX_NUMBERS:]
        boxes = decode(numbers, self.places, self.strides)
        scores = logits.sigmoid()
        found = assign(
            scores.detach(), boxes.detach(), self.centres, self.strides, truth.boxes, truth.labels, truth.present
        )

        wanted = torch.zeros_like(logits)
        wanted[found.picture, found.row, found.label] = found.target
        weight = NEGATIVE_SHARE * scores.detach() ** NEGATIVE_POWER * self._judged(truth)
        weight[found.picture, found.row] = NEGATIVE_SHARE * scores.detach()[found.picture, found.row] ** NEGATIVE_POWER
        weight[found.picture, found.row, found.label] = found.target
        total = found.target.sum().clamp(min=1.0)
        score = (nn.functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none") * weight).sum() / total

        mine = numbers[found.picture, found.row]
        places, strides = self.places[found.row], self.strides[found.row]
        _, giou = overlaps(decode(mine, places, strides), found.box)
        iou = ((1 - giou) * found.target).sum() / total
        # relative to the object: the same miss weighs the same on every stride
        size = ((found.box[:, 2:] - found.box[:, :2]) / strides).clamp(min=0.5)
        scale = torch.cat((size, torch.ones_like(size)), dim=1)
        off = ((mine - encode(found.box, places, strides)).abs() / scale).sum(-1)
        offset = (off * found.target).sum() / total

        loss = SCORE_WEIGHT * score + IOU_WEIGHT * iou + OFFSET_WEIGHT * offset
        return loss, {"score": score.item(), "iou": iou.item(), "offset": offset.item()}

    def _judged(self, truth: Truth) -> Tensor:
        """`[n, rows, classes]`: 1 where a score without an object is an error."""
        margin = self.strides / 2  # a region smaller than a cell still covers the cell it lies in
        low = truth.ignored[:, :, None, :2] - margin
        high = truth.ignored[:, :, None, 2:] + margin
        real = (truth.ignored[..., 2] > truth.ignored[..., 0])[:, :, None]
        inside = ((self.centres > low) & (self.centres < high)).all(-1) & real
        return (~inside.any(dim=1))[:, :, None].float() * truth.background[:, None, :]
