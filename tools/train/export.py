"""Writes a detector as one ONNX file that the `yolox` family of src/pipeline/families reads.

Input `images` float32 [1, 3, height, width], BGR 0..255. Output `output` float32 [1, rows, 5 + classes]: for every
cell of strides 8, 16, 32, row by row: dx, dy, log w, log h in units of the stride, objectness (always 1: the class
scores already say how well the box fits), class scores. No constant holds the picture's size, so that the engine can
compute at the size a camera needs.
"""

import copy
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from network import BOX_NUMBERS, PICTURE_SCALE, Detector

OPSET = 13
SURE = 20.0  # sigmoid(20) is 1 in float32


class Exported(nn.Module):
    """The detector with the rows of the `yolox` family."""

    def __init__(self, detector: Detector) -> None:
        super().__init__()
        self.detector = copy.deepcopy(detector).float().eval()
        with torch.no_grad():  # one pass over the picture less
            self.detector.stage4[0][0].weight.mul_(PICTURE_SCALE)
        for head in self.detector.heads:
            head.score[1] = with_objectness(head.score[1])

    def forward(self, images: Tensor) -> Tensor:
        rows = []
        for level in self.detector(images):
            box, scores = level[:, :BOX_NUMBERS], level[:, BOX_NUMBERS:]
            rows.append(torch.cat((box, scores.sigmoid()), dim=1).flatten(2))
        return torch.cat(rows, dim=2).transpose(1, 2)


def with_objectness(scores: nn.Conv2d) -> nn.Conv2d:
    """The same convolution with one channel before the others whose logit is always `SURE`."""
    wider = nn.Conv2d(scores.in_channels, 1 + scores.out_channels, 1)
    with torch.no_grad():
        wider.weight.zero_()
        wider.weight[1:] = scores.weight
        wider.bias[0] = SURE
        wider.bias[1:] = scores.bias
    return wider


def export(detector: Detector, path: Path, width: int, height: int) -> None:
    """Writes `detector` for pictures of `width` x `height`, its batch normalisation folded into the weights."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # this exporter is deprecated; its successor needs more packages
        torch.onnx.export(
            Exported(detector).eval(),
            (torch.zeros(1, 3, height, width),),
            str(path),
            input_names=["images"],
            output_names=["output"],
            opset_version=OPSET,
            dynamo=False,
        )
