"""Moves a detector's scores so that the engine's usual threshold is where it does best.

What a score of 0.3 means differs from one training to the next; a camera's settings do not. For each class, the score
with the best F1 on the validation scenes becomes `USUAL`.
"""

import math

import numpy as np
import torch

from evaluate import Tally, tallies
from network import LABELS, Detector
from samples import Pixels

USUAL = 0.35  # cameras report from 0.3 on and begin tracks from 0.4 on, unless told otherwise
MOST_SHIFT = 2.5  # of a logit: a class that is hardly ever found says little about its scores


def calibrated(detector: Detector, pixels: Pixels, width: int, height: int) -> dict[str, float]:
    """Shifts the class logits of `detector` in place; answers the scores that became `USUAL`."""
    scenes = [i for i, each in enumerate(pixels.samples) if each.validation and each.source == "scenes"]
    found = tallies(detector, pixels, scenes, width, height)["scenes"]
    best = {label: best_score(tally) for label, tally in zip(LABELS, found)}
    shifts = torch.tensor([np.clip(logit(USUAL) - logit(best[label]), -MOST_SHIFT, MOST_SHIFT) for label in LABELS])
    with torch.no_grad():
        for head in detector.heads:
            head.score[1].bias += shifts.to(head.score[1].bias)
    return {label: round(score, 3) for label, score in best.items()}


def best_score(tally: Tally) -> float:
    """The least score to report so that F1 is best, at an overlap of 0.5."""
    if tally.objects == 0 or not tally.scores:
        return USUAL
    order = np.argsort(-np.array(tally.scores), kind="stable")
    scores = np.array(tally.scores)[order]
    right = np.cumsum(np.array(tally.hits)[order, 0])
    reported = np.cumsum(np.array(tally.counts)[order, 0])
    return float(scores[int(np.argmax(2 * right / (reported + tally.objects)))])


def logit(score: float) -> float:
    return math.log(score / (1 - score))
