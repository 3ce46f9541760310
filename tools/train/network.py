"""The detector: a plain convolutional backbone, a top-down and bottom-up neck, one head for strides 8, 16 and 32.

Only 3x3 and 1x1 convolutions with ReLU: on the CPU, ONNX Runtime does more useful work per millisecond in them than
in depthwise ones, and batch normalisation folds into them on export. Where a 3x3 convolution sees a large picture it
sees few channels (the split of CSPNet, Wang et al. 2020).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

LABELS = ("person", "bicycle", "car", "bus", "truck")
STRIDES = (8, 16, 32)
# What bytes are multiplied with before the network; the export folds it into the first convolution. No mean is taken
# off: the first batch normalisation does that.
PICTURE_SCALE = 1 / 128
BOX_NUMBERS = 4  # dx, dy, log w, log h, in units of the stride


@dataclass(frozen=True)
class Widths:
    """Channels of the stages at strides 2 to 32, blocks of those from stride 4 on, channels of neck and head.

    Multiples of 8, and of 16 where they are halved: others leave ONNX Runtime's vectors partly empty.
    """

    stages: tuple[int, int, int, int, int] = (8, 16, 48, 96, 128)
    blocks: tuple[int, int, int, int] = (1, 1, 2, 1)
    neck: tuple[int, int, int] = (32, 64, 96)
    head: int = 32


class Conv(nn.Sequential):
    """Convolution, batch normalisation, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.03),
            nn.ReLU(inplace=True),
        )


class Split(nn.Module):
    """Half of the channels pass residual 3x3 blocks, the other half goes round them (CSPNet)."""

    def __init__(self, inputs: int, outputs: int, blocks: int, residual: bool = True) -> None:
        super().__init__()
        half = outputs // 2
        self.half = half
        self.enter = Conv(inputs, 2 * half, 1)
        self.blocks = nn.ModuleList(Conv(half, half) for _ in range(blocks))
        self.leave = Conv(2 * half, outputs, 1)
        self.residual = residual

    def forward(self, x: Tensor) -> Tensor:
        around, through = self.enter(x).split(self.half, dim=1)
        for block in self.blocks:
            through = through + block(through) if self.residual else block(through)
        return self.leave(torch.cat((around, through), dim=1))


class Detector(nn.Module):
    """Takes BGR bytes x `PICTURE_SCALE`, `[n, 3, height, width]`, sides divisible by 32; answers a map for each stride.

    Each map is `[n, 4 + classes, height / stride, width / stride]`: the box relative to its cell, class logits.
    """

    def __init__(self, widths: Widths = Widths(), classes: int = len(LABELS)) -> None:
        super().__init__()
        s2, s4, s8, s16, s32 = widths.stages
        b4, b8, b16, b32 = widths.blocks
        n8, n16, n32 = widths.neck
        self.widths = widths
        self.classes = classes
        self.stage4 = nn.Sequential(Conv(3, s2, 3, 2), Conv(s2, s4, 3, 2), Split(s4, s4, b4))
        self.stage8 = nn.Sequential(Conv(s4, s8, 3, 2), Split(s8, s8, b8))
        self.stage16 = nn.Sequential(Conv(s8, s16, 3, 2), Split(s16, s16, b16))
        self.stage32 = nn.Sequential(Conv(s16, s32, 3, 2), Split(s32, s32, b32))

        self.narrow32 = Conv(s32, n16, 1)
        self.down16 = Split(s16 + n16, n16, 1, residual=False)
        self.narrow16 = Conv(n16, n8, 1)
        self.down8 = Split(s8 + n8, n8, 1, residual=False)
        self.up16 = Conv(n8, n8, 3, 2)
        self.out16 = Split(n8 + n8, n16, 1, residual=False)
        self.up32 = Conv(n16, n16, 3, 2)
        self.out32 = Split(2 * n16, n32, 1, residual=False)

        self.heads = nn.ModuleList(Head(width, widths.head, classes) for width in widths.neck)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        c8 = self.stage8(self.stage4(pictures))
        c16 = self.stage16(c8)
        p32 = self.narrow32(self.stage32(c16))
        p16 = self.narrow16(self.down16(torch.cat((c16, twice(p32)), dim=1)))
        p8 = self.down8(torch.cat((c8, twice(p16)), dim=1))
        n16 = self.out16(torch.cat((self.up16(p8), p16), dim=1))
        n32 = self.out32(torch.cat((self.up32(n16), p32), dim=1))
        return [head(level) for head, level in zip(self.heads, (p8, n16, n32))]


class Head(nn.Module):
    """Boxes and classes of one stride, each from a 3x3 convolution of its own (decoupled, as in YOLOX)."""

    def __init__(self, inputs: int, width: int, classes: int) -> None:
        super().__init__()
        self.box = nn.Sequential(Conv(inputs, width), nn.Conv2d(width, BOX_NUMBERS, 1))
        self.score = nn.Sequential(Conv(inputs, width), nn.Conv2d(width, classes, 1))
        with torch.no_grad():  # boxes begin in the middle of their cell, three cells wide and high
            self.box[1].bias.copy_(torch.tensor([0.5, 0.5, 1.1, 1.1]))
        nn.init.normal_(self.box[1].weight, std=0.01)
        nn.init.normal_(self.score[1].weight, std=0.01)
        nn.init.constant_(self.score[1].bias, -4.6)  # every score begins at 0.01 (Lin et al. 2017, focal loss)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat((self.box(x), self.score(x)), dim=1)


def twice(x: Tensor) -> Tensor:
    """Nearest neighbour: any other way costs time and learns nothing that the convolution after it cannot."""
    return nn.functional.interpolate(x, scale_factor=2.0, mode="nearest")
