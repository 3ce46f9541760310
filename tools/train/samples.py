"""Labelled pictures of two kinds, under one form: rendered scenes, and the real pictures of a folder of sources."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from network import LABELS

LEAST_VISIBLE = 0.3  # of a rendered object; one that shows less is neither asked for nor wrong
LEAST_HEIGHT = 8 / 360  # of the picture's height, likewise (16 px at 720p)
REAL_LABELS = ("person", "bicycle", "car", "motorcycle", "bus", "truck")  # classes.txt of the real pictures
SHIPPABLE = ("tollroad-cctv", "oi-vehicles")  # sources whose licence lets weights trained on them ship
FAR_END = 0.3  # of tollroad-cctv: vehicles in this upper part of the picture are mostly not labelled


@dataclass
class Sample:
    """One picture and what is known of it. Boxes are left, top, right, bottom in its pixels."""

    path: Path
    width: int
    height: int
    source: str  # `scenes`, or the name of the real source
    condition: str  # day, dusk, night, rain; `real`
    boxes: np.ndarray  # [n, 4] float32
    labels: np.ndarray  # [n] int64
    ignored: np.ndarray  # [m, 4]: regions in which nothing is background
    validation: bool = False
    background: np.ndarray = field(default_factory=lambda: np.ones(len(LABELS), np.float32))
    """1 for every class whose objects are all labelled in this picture."""


def scenes(folder: Path) -> list[Sample]:
    """The rendered pictures of `folder`: images/ and labels*.jsonl. Seeds that end in 9 are for validation."""
    samples = []
    lines = [line for file in sorted(folder.glob("labels*.jsonl")) for line in file.read_text().splitlines()]
    if not lines:
        raise FileNotFoundError(f"there is no labels*.jsonl with pictures in {folder}: render some with tools/scene")
    for line in lines:
        entry = json.loads(line)
        kept, labels, ignored = [], [], []
        for item in entry["objects"]:
            x, y, w, h = item["box"]
            box = (x, y, x + w, y + h)
            if item["visible"] < LEAST_VISIBLE or h < LEAST_HEIGHT * entry["height"]:
                ignored.append(box)
            else:
                kept.append(box)
                labels.append(LABELS.index(item["label"]))
        samples.append(
            Sample(
                path=folder / entry["file"],
                width=entry["width"],
                height=entry["height"],
                source="scenes",
                condition=entry["condition"],
                boxes=as_boxes(kept),
                labels=np.array(labels, np.int64),
                ignored=as_boxes(ignored),
                validation=entry["seed"] % 10 == 9,
            )
        )
    return samples


def real(folder: Path, sources: tuple[str, ...] = SHIPPABLE) -> list[Sample]:
    """The real pictures of `folder` (train.txt, val.txt, sources.json, YOLO labels), of `sources` alone."""
    exhaustive = json.loads((folder / "sources.json").read_text())["sources"]
    samples = []
    for listing, validation in (("train.txt", False), ("val.txt", True)):
        for name in (folder / listing).read_text().split():
            source = name.split("/")[0]
            if source not in sources:
                continue
            path = folder / name
            with Image.open(path) as picture:
                width, height = picture.size
            boxes, labels, ignored = read_yolo(folder / source / "labels" / f"{path.stem}.txt", width, height)
            known = exhaustive[source]["exhaustive"]
            if isinstance(known, str):
                known = known_classes(folder / source / "known.txt").get(path.stem, [])
            if source == "tollroad-cctv":
                ignored.append((0, 0, width, FAR_END * height))
            samples.append(
                Sample(
                    path=path,
                    width=width,
                    height=height,
                    source=source,
                    condition="real",
                    boxes=as_boxes(boxes),
                    labels=np.array(labels, np.int64),
                    ignored=as_boxes(ignored),
                    validation=validation,
                    background=np.array([REAL_LABELS.index(label) in known for label in LABELS], np.float32),
                )
            )
    return samples


def read_yolo(path: Path, width: int, height: int) -> tuple[list, list, list]:
    """Boxes, labels and ignored regions of a label file; what the detector has no class for is ignored."""
    boxes, labels, ignored = [], [], []
    for line in path.read_text().splitlines():
        kind, cx, cy, w, h = (float(number) for number in line.split())
        box = ((cx - w / 2) * width, (cy - h / 2) * height, (cx + w / 2) * width, (cy + h / 2) * height)
        label = REAL_LABELS[int(kind)]
        if label in LABELS:
            boxes.append(box)
            labels.append(LABELS.index(label))
        else:
            ignored.append(box)
    return boxes, labels, ignored


_known: dict[Path, dict[str, list[int]]] = {}


def known_classes(path: Path) -> dict[str, list[int]]:
    """Per picture, the classes of which every object is labelled: lines of `name class,class`."""
    if path not in _known:
        rows = (line.split() for line in path.read_text().splitlines())
        _known[path] = {row[0]: [int(kind) for kind in row[1].split(",")] for row in rows if len(row) == 2}
    return _known[path]


def as_boxes(boxes: list) -> np.ndarray:
    return np.array(boxes, np.float32).reshape(-1, 4)


class Pixels:
    """The pixels of many pictures, decoded once into one file that the system pages in as needed.

    Blue comes first, as the network takes it; Pillow, which has no such mode, is told that they are RGB.
    """

    def __init__(self, samples: list[Sample], cache: Path) -> None:
        self.samples = samples
        sizes = [sample.width * sample.height * 3 for sample in samples]
        self.offsets = np.concatenate(([0], np.cumsum(sizes, dtype=np.int64)))
        stamp = hashlib.sha256()
        for sample in samples:
            stat = sample.path.stat()
            stamp.update(f"{sample.path} {stat.st_size} {stat.st_mtime_ns}\n".encode())
        cache.mkdir(parents=True, exist_ok=True)
        path = cache / f"bgr-{stamp.hexdigest()[:16]}.bin"
        if not path.exists():
            self._decode(path)
        self.bytes = np.memmap(path, np.uint8, "r")

    def _decode(self, path: Path) -> None:
        half_written = path.with_suffix(".part")
        with half_written.open("wb") as file:
            for sample in self.samples:
                with Image.open(sample.path) as picture:
                    if picture.size != (sample.width, sample.height):
                        raise ValueError(
                            f"{sample.path} is {picture.size[0]}x{picture.size[1]}, "
                            f"its label says {sample.width}x{sample.height}"
                        )
                    file.write(picture.convert("RGB").tobytes("raw", "BGR"))
        half_written.rename(path)

    def picture(self, index: int) -> Image.Image:
        sample = self.samples[index]
        pixels = self.bytes[self.offsets[index] : self.offsets[index + 1]]
        return Image.frombuffer("RGB", (sample.width, sample.height), pixels.tobytes(), "raw", "RGB", 0, 1)
