"""Which cells answer for which object: task-aligned assignment (TOOD, Feng et al. 2021)."""

from dataclasses import dataclass

import torch
from torch import Tensor

from boxes import overlaps

CELLS_AN_OBJECT = 10
SCORE_POWER = 1.0
IOU_POWER = 6.0
REACH = 1.0  # in strides: a cell this near the middle of a small object may answer for it, on every stride


@dataclass(frozen=True)
class Assigned:
    """The cells that answer for an object, over the whole batch."""

    picture: Tensor  # [cells]: index of the picture in the batch
    row: Tensor  # [cells]: index of the cell
    box: Tensor  # [cells, 4]
    label: Tensor  # [cells]
    target: Tensor  # [cells]: what the class score should be, 0..1


@torch.no_grad()
def assign(
    scores: Tensor, boxes: Tensor, centres: Tensor, strides: Tensor, truth: Tensor, labels: Tensor, present: Tensor
) -> Assigned:
    """Chooses for each object the cells whose score and overlap with it are best together.

    `scores` [n, rows, classes] through the sigmoid and `boxes` [n, rows, 4] are what the network says; `centres`
    [rows, 2] and `strides` [rows, 1] of its cells, pixels; `truth` [n, most, 4], `labels` [n, most] the objects, of
    which `present` [n, most] are real and the rest fill up.
    """
    middle = (truth[..., :2] + truth[..., 2:]) / 2
    half = (truth[..., 2:] - truth[..., :2]) / 2
    reach = torch.maximum(half[:, :, None], (strides * REACH)[None, None])  # [n, most, rows, 2]
    away = (centres[None, None] - middle[:, :, None]).abs()
    near = (away < reach).all(-1) & present[:, :, None]
    picture, item, row = near.nonzero(as_tuple=True)

    iou, _ = overlaps(boxes[picture, row], truth[picture, item])
    score = scores[picture, row, labels[picture, item]]
    fit = score**SCORE_POWER * iou**IOU_POWER
    fits = torch.full(near.shape, -1.0, device=near.device)
    fits[picture, item, row] = fit
    ious = torch.zeros(near.shape, device=near.device)
    ious[picture, item, row] = iou

    best, rows = fits.topk(min(CELLS_AN_OBJECT, fits.shape[-1]), dim=-1)
    chosen = torch.zeros_like(near)
    chosen.scatter_(-1, rows, best >= 0)
    # a cell wanted by several objects goes to the one it overlaps most
    owner = torch.where(chosen, ious, -1.0).argmax(dim=1)
    picture, row = chosen.any(dim=1).nonzero(as_tuple=True)
    item = owner[picture, row]

    # an object's best cell is asked for the overlap it reaches, the others for less in proportion
    mine_fit, mine_iou = fits[picture, item, row], ious[picture, item, row]
    most = truth.shape[1]
    key = picture * most + item
    peak_fit = torch.zeros(truth.shape[0] * most, device=near.device).scatter_reduce_(0, key, mine_fit, "amax")
    peak_iou = torch.zeros(truth.shape[0] * most, device=near.device).scatter_reduce_(0, key, mine_iou, "amax")
    target = mine_fit / (peak_fit[key] + 1e-12) * peak_iou[key]
    return Assigned(picture, row, truth[picture, item], labels[picture, item], target)
