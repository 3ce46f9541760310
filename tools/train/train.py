"""Trains the street detector and writes it as ONNX: see README.md beside this file."""

import argparse
import copy
import json
import math
import os
import time
from pathlib import Path

# read when torch is loaded: threads that wait must not spin, or a second busy process makes each step ten times slower
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
from torch import nn

from batches import Batches
from calibrate import calibrated
from evaluate import evaluate
from export import export
from losses import DetectionLoss
from network import Detector
from samples import SHIPPABLE, Pixels, real, scenes

WARM_UP_STEPS = 100
FLOOR = 0.02  # of the learning rate, at the end
LOOKED_AT = 300  # validation pictures after each epoch; all of them at the end


class Average:
    """An exponential moving average of the weights: steadier than the last step's, and what is exported."""

    def __init__(self, detector: Detector, decay: float) -> None:
        self.detector = copy.deepcopy(detector).eval()
        self.decay = decay
        self.updates = 0

    @torch.no_grad()
    def update(self, detector: Detector) -> None:
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))  # short memory while all is new
        for mine, theirs in zip(self.detector.state_dict().values(), detector.state_dict().values()):
            if mine.dtype.is_floating_point:
                mine.lerp_(theirs, 1 - decay)
            else:
                mine.copy_(theirs)


def main() -> None:
    options = parse()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

    samples = scenes(options.scenes) if options.scenes else []
    samples += real(options.real, tuple(options.sources.split(","))) if options.real else []
    pixels = Pixels(samples, options.cache)
    batches = Batches(pixels, options.width, options.height, options.batch, options.real_share, options.seed)
    validation = [i for i, sample in enumerate(samples) if sample.validation]

    detector = Detector().to(device, memory_format=torch.channels_last)
    average = Average(detector, options.average)
    loss_of = DetectionLoss(options.height, options.width).to(device)
    optimizer = torch.optim.AdamW(parameter_groups(detector, options.decay), lr=options.rate)
    step, spent = 0, 0.0
    checkpoint = options.out.with_suffix(".pt") if options.checkpoint is None else options.checkpoint
    if options.resume:
        state = torch.load(checkpoint, map_location=device, weights_only=True)
        detector.load_state_dict(state["detector"])
        average.detector.load_state_dict(state["average"])
        average.updates = state["step"]
        optimizer.load_state_dict(state["optimizer"])
        step, spent = state["step"], state["spent"]

    def save() -> None:
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
        part = checkpoint.with_suffix(".part")
        torch.save(
            {
                "detector": detector.state_dict(),
                "average": average.detector.state_dict(),
                "optimizer": optimizer.state_dict(),
                "step": step,
                "spent": spent,
                "width": options.width,
                "height": options.height,
            },
            part,
        )
        part.rename(checkpoint)

    log_path = options.log or checkpoint.with_suffix(".jsonl")
    log_path.parent.mkdir(parents=True, exist_ok=True)
    log = log_path.open("a" if options.resume else "w")

    def note(**line: object) -> None:
        text = json.dumps(line)
        print(text, flush=True)
        log.write(f"{text}\n")
        log.flush()

    names = ("width", "height", "batch", "rate", "decay", "average", "real_share", "sources", "seed", "minutes", "epochs")
    note(
        torch=torch.__version__,
        device=str(device),
        pictures=len(samples) - len(validation),
        validation=len(validation),
        resumed_at=step,
        **{name: getattr(options, name) for name in (*names, "until")},
    )

    def progress() -> float:
        """0 at the beginning, 1 when the time or the epochs are spent."""
        by_time = spent / (options.minutes * 60) if options.minutes else 0.0
        by_step = step / (options.epochs * batches.steps_an_epoch) if options.epochs else 0.0
        return max(by_time, by_step)

    while progress() < options.until:
        detector.train()
        began, shown, parts = time.monotonic(), 0, {"score": 0.0, "iou": 0.0, "offset": 0.0}
        steps = 0
        while progress() < options.until:
            step_began = time.monotonic()
            rate = options.rate * min(1.0, (step + 1) / WARM_UP_STEPS) * cosine(progress())
            for group in optimizer.param_groups:
                group["lr"] = rate
            pictures, truth = batches.batch(step)
            pictures = pictures.to(device, memory_format=torch.channels_last)
            loss, told = loss_of(detector(pictures), truth.to(device))
            if not torch.isfinite(loss):
                raise RuntimeError(f"the loss is {loss.item()} at step {step}: lower --rate")
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(detector.parameters(), options.clip)
            optimizer.step()
            average.update(detector)
            step, steps, shown = step + 1, steps + 1, shown + len(pictures)
            spent += time.monotonic() - step_began
            for part, value in told.items():
                parts[part] += value
            if step % 100 == 0:
                print(f"step {step}, {shown / (time.monotonic() - began):.1f} pictures/s", flush=True)
            if step % batches.steps_an_epoch == 0:
                break
        seconds = time.monotonic() - began
        save()
        seen = validation[:: max(1, len(validation) // LOOKED_AT)]
        found = evaluate(average.detector, pixels, seen, options.width, options.height) if seen else {}
        note(
            epoch=round(step / batches.steps_an_epoch, 2),
            step=step,
            rate=rate,
            **{part: round(total / max(1, steps), 4) for part, total in parts.items()},
            seconds=round(seconds, 1),
            pictures_per_second=round(shown / seconds, 1),
            progress=round(progress(), 3),
            validation={name: group["all"] for name, group in found.items()},
        )

    if options.until < 1:  # the rest follows with --resume, perhaps at another size
        return
    scores = calibrated(average.detector, pixels, options.width, options.height) if options.scenes else {}
    export(average.detector.cpu(), options.out, options.width, options.height)
    found = evaluate(average.detector, pixels, validation, options.width, options.height) if validation else {}
    note(final=True, calibrated=scores, file=options.out.name, bytes=options.out.stat().st_size, minutes=round(spent / 60, 1), **found)


def parameter_groups(detector: Detector, decay: float) -> list[dict]:
    """Weights of convolutions decay; biases and batch normalisation do not."""
    weights = [each for each in detector.parameters() if each.dim() > 1]
    rest = [each for each in detector.parameters() if each.dim() <= 1]
    return [{"params": weights, "weight_decay": decay}, {"params": rest, "weight_decay": 0.0}]


def cosine(progress: float) -> float:
    return FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--scenes", type=Path, help="folder with images/ and labels*.jsonl, made by tools/scene")
    parser.add_argument("--real", type=Path, help="folder of real pictures: train.txt, val.txt, sources.json")
    parser.add_argument("--sources", default=",".join(SHIPPABLE), help="which of the real sources")
    parser.add_argument("--out", type=Path, required=True, help="the ONNX file to write")
    parser.add_argument("--checkpoint", type=Path, help="beside --out unless named")
    parser.add_argument("--log", type=Path, help="JSON lines; beside the checkpoint unless named")
    parser.add_argument("--cache", type=Path, default=Path(".cache/train"), help="where decoded pictures are kept")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint")
    parser.add_argument("--minutes", type=float, help="stop after so much training")
    parser.add_argument("--until", type=float, default=1.0, help="end at this share of the time or the epochs, to go on later")
    parser.add_argument("--epochs", type=float, help="stop after so many times all scenes")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--decay", type=float, default=0.03)
    parser.add_argument("--average", type=float, default=0.998)
    parser.add_argument("--clip", type=float, default=10.0, help="largest norm of the gradient")
    parser.add_argument("--real-share", type=float, default=0.15, help="of real pictures in a batch")
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--height", type=int, default=288)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if not options.minutes and not options.epochs:
        parser.error("say how long: --minutes or --epochs")
    return options


if __name__ == "__main__":
    main()
