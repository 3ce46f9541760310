"""How good a detector is on labelled pictures: average precision as COCO counts it, and how tightly boxes fit.

As a command: `evaluate.py --checkpoint F --scenes DIR --real DIR` prints a JSON object for scenes as a whole and per
condition, and for each real source. `sightline model eval` judges the exported file through the engine's own
pipeline, on what coco.py writes; this one needs no export and runs between the epochs of a training.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch

from augment import fitted
from batches import collate
from boxes import cells, decode
from network import BOX_NUMBERS, LABELS, Detector
from samples import Pixels, Sample, real, scenes

THRESHOLDS = np.arange(0.5, 1.0, 0.05)
RECALLS = np.linspace(0, 1, 101)
LEAST_SCORE = 0.05
SHOWN_SCORE = 0.3  # where recall, precision and the fit of boxes are told
NMS_IOU = 0.45  # as the engine's yolox family
MOST_BOXES = 300
INSIDE = 0.5  # a detection with this share of itself in an ignored region counts neither way

Found = tuple[np.ndarray, np.ndarray, np.ndarray]  # boxes [n, 4], scores [n], labels [n]


@torch.no_grad()
def detect(detector: Detector, pictures: torch.Tensor) -> list[Found]:
    """What the detector finds in each of the pictures, after NMS within a class; pixels of the input."""
    rows = torch.cat([level.flatten(2) for level in detector(pictures)], dim=2).transpose(1, 2).float().cpu()
    places, strides = cells(*pictures.shape[2:])
    boxes = decode(rows[..., :BOX_NUMBERS], places, strides).numpy()
    scores, labels = rows[..., BOX_NUMBERS:].sigmoid().max(dim=-1)
    found = []
    for box, score, label in zip(boxes, scores.numpy(), labels.numpy()):
        order = np.argsort(-score)[:MOST_BOXES]
        order = order[score[order] >= LEAST_SCORE]
        kept = nms(box[order], label[order])
        found.append((box[order][kept], score[order][kept], label[order][kept]))
    return found


def nms(boxes: np.ndarray, labels: np.ndarray) -> list[int]:
    """Indexes of the boxes, best first, that no better one of their class overlaps."""
    iou = pairwise(boxes, boxes)[0] * (labels[:, None] == labels)
    kept: list[int] = []
    for i in range(len(boxes)):
        if not kept or iou[i, kept].max() <= NMS_IOU:
            kept.append(i)
    return kept


def pairwise(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """IoU of every box of `a` with every one of `b`, and the share of each of `a` that lies in each of `b`."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    common = np.clip(high - low, 0, None).prod(-1)
    area_a = (a[:, 2:] - a[:, :2]).prod(-1)[:, None]
    area_b = (b[:, 2:] - b[:, :2]).prod(-1)[None]
    return common / np.maximum(area_a + area_b - common, 1e-9), common / np.maximum(area_a, 1e-9)


class Tally:
    """Hits and misses of one class, gathered picture by picture."""

    def __init__(self) -> None:
        self.objects = 0
        self.scores: list[float] = []
        self.hits: list[np.ndarray] = []  # per detection: whether it is a hit, at each threshold
        self.counts: list[np.ndarray] = []  # per detection: whether it counts at all, at each threshold
        self.fits: list[float] = []  # IoU of the hits at SHOWN_SCORE

    def add(
        self, boxes: np.ndarray, scores: np.ndarray, truth: np.ndarray, ignored: np.ndarray, exhaustive: bool
    ) -> None:
        self.objects += len(truth)
        order = np.argsort(-scores, kind="stable")
        iou, _ = pairwise(boxes[order], truth)
        _, share = pairwise(boxes[order], ignored)
        beside = share.max(axis=1, initial=0) >= INSIDE
        taken = np.zeros((len(THRESHOLDS), len(truth)), bool)
        for i, detection in enumerate(order):
            hit = np.zeros(len(THRESHOLDS), bool)
            for t, threshold in enumerate(THRESHOLDS):
                free = np.where(taken[t], -1, iou[i])
                best = int(free.argmax()) if len(truth) else -1
                if best >= 0 and free[best] >= threshold:
                    taken[t, best] = hit[t] = True
                    if t == 0 and scores[detection] >= SHOWN_SCORE:
                        self.fits.append(float(free[best]))
            self.scores.append(float(scores[detection]))
            self.hits.append(hit)
            self.counts.append(hit | (not beside[i] and exhaustive))

    def result(self) -> dict[str, float] | None:
        if self.objects == 0:
            return None
        if not self.scores:
            return {"ap50": 0.0, "ap": 0.0, "recall": 0.0, "precision": 0.0, "iou": 0.0, "objects": self.objects}
        order = np.argsort(-np.array(self.scores), kind="stable")
        scores = np.array(self.scores)[order]
        hits, counts = np.array(self.hits)[order], np.array(self.counts)[order]
        precisions = []
        for t in range(len(THRESHOLDS)):
            right = np.cumsum(hits[:, t])
            precision = right / np.maximum(np.cumsum(counts[:, t]), 1)
            precision = np.maximum.accumulate(precision[::-1])[::-1]
            at = np.searchsorted(right / self.objects, RECALLS, side="left")
            precisions.append(np.where(at < len(precision), precision[np.minimum(at, len(precision) - 1)], 0).mean())
        shown = scores >= SHOWN_SCORE
        return {
            "ap50": float(precisions[0]),
            "ap": float(np.mean(precisions)),
            "recall": float(hits[shown, 0].sum() / self.objects),
            "precision": float(hits[shown, 0].sum() / max(1, counts[shown, 0].sum())),
            "iou": float(np.mean(self.fits)) if self.fits else 0.0,
            "objects": self.objects,
        }


def evaluate(
    detector: Detector, pixels: Pixels, indexes: list[int], width: int, height: int, batch: int = 16
) -> dict[str, dict]:
    """Per group of pictures (`scenes`, each condition of them, each real source), the figures of each class.

    `all` is the mean over the classes that the group holds.
    """
    found = tallies(detector, pixels, indexes, width, height, batch)
    return {name: figures(group) for name, group in sorted(found.items())}


@torch.no_grad()
def tallies(
    detector: Detector, pixels: Pixels, indexes: list[int], width: int, height: int, batch: int = 16
) -> dict[str, list[Tally]]:
    """Per group of pictures, the hits and misses of each class."""
    detector.eval()
    device = next(detector.parameters()).device
    groups: dict[str, list[Tally]] = defaultdict(lambda: [Tally() for _ in LABELS])
    for first in range(0, len(indexes), batch):
        part = indexes[first : first + batch]
        placed = [fitted(pixels.picture(i), pixels.samples[i], width, height) for i in part]
        pictures, _ = collate(placed)
        for index, each, (boxes, scores, labels) in zip(part, placed, detect(detector, pictures.to(device))):
            sample = pixels.samples[index]
            for group in groups_of(sample):
                for kind, tally in enumerate(groups[group]):
                    tally.add(
                        boxes[labels == kind],
                        scores[labels == kind],
                        each.boxes[each.labels == kind],
                        each.ignored,
                        bool(each.background[kind]),
                    )
    return groups


def groups_of(sample: Sample) -> list[str]:
    return ["scenes", f"scenes/{sample.condition}"] if sample.source == "scenes" else [sample.source]


def figures(tallies: list[Tally]) -> dict[str, dict]:
    classes = {label: tally.result() for label, tally in zip(LABELS, tallies)}
    known = {label: result for label, result in classes.items() if result is not None}
    keys = ("ap50", "ap", "recall", "precision", "iou")
    mean = {key: float(np.mean([result[key] for result in known.values()])) for key in keys} if known else {}
    return {"all": rounded(mean), **{label: rounded(result) for label, result in known.items()}}


def rounded(result: dict) -> dict:
    return {key: round(value, 4) for key, value in result.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--scenes", type=Path)
    parser.add_argument("--real", type=Path)
    parser.add_argument("--sources", default="tollroad-cctv,oi-vehicles,city-cctv-fortaleza,city-cctv-turkey")
    parser.add_argument("--cache", type=Path, default=Path(".cache/train"))
    options = parser.parse_args()
    state = torch.load(options.checkpoint, map_location="cpu", weights_only=True)
    detector = Detector()
    detector.load_state_dict(state["average"])
    samples = scenes(options.scenes) if options.scenes else []
    samples += real(options.real, tuple(options.sources.split(","))) if options.real else []
    pixels = Pixels([sample for sample in samples if sample.validation], options.cache)
    result = evaluate(detector, pixels, list(range(len(pixels.samples))), state["width"], state["height"])
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
