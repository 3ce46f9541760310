"""Writes the validation pictures' annotations in COCO's format, for `sightline model eval --annotations`.

    python tools/train/coco.py --scenes DIR --real DIR --out .cache/val

makes one file a group: `scenes.json`, `scenes-night.json` and so on for each condition, `tollroad-cctv.json` and so
on for each real source. What need not be found is a crowd of every class there; a class that is not labelled throughout a
picture is a crowd that fills it. Then any model is judged on the same pictures through the engine's own pipeline.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import numpy as np

from network import LABELS
from samples import Sample, real, scenes

REAL_SOURCES = ("tollroad-cctv", "oi-vehicles", "city-cctv-fortaleza", "city-cctv-turkey")


def annotations(samples: list[Sample]) -> dict:
    """COCO's object detection format (Lin et al. 2014); file names are absolute."""
    images, objects = [], []
    for number, sample in enumerate(samples):
        images.append(
            {"id": number, "file_name": str(sample.path.resolve()), "width": sample.width, "height": sample.height}
        )
        whole = np.array([[0, 0, sample.width, sample.height]], np.float32)
        found = [(int(label), box, 0) for label, box in zip(sample.labels, sample.boxes)]
        for kind in range(len(LABELS)):
            regions = sample.ignored if sample.background[kind] else whole
            found += [(kind, box, 1) for box in regions]
        for label, (left, top, right, bottom), crowd in found:
            box = [round(float(each), 2) for each in (left, top, right - left, bottom - top)]
            objects.append(
                {
                    "id": len(objects),
                    "image_id": number,
                    "category_id": label,
                    "bbox": box,
                    "area": round(box[2] * box[3], 2),
                    "iscrowd": crowd,
                }
            )
    categories = [{"id": kind, "name": label} for kind, label in enumerate(LABELS)]
    return {"images": images, "annotations": objects, "categories": categories}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--scenes", type=Path)
    parser.add_argument("--real", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    groups: dict[str, list[Sample]] = defaultdict(list)
    for sample in scenes(options.scenes) if options.scenes else []:
        if sample.validation:
            groups["scenes"].append(sample)
            groups[f"scenes-{sample.condition}"].append(sample)
    for sample in real(options.real, REAL_SOURCES) if options.real else []:
        if sample.validation:
            groups[sample.source].append(sample)
    options.out.mkdir(parents=True, exist_ok=True)
    for name, samples in sorted(groups.items()):
        (options.out / f"{name}.json").write_text(json.dumps(annotations(samples)))
        print(f"{options.out / name}.json: {len(samples)} pictures")


if __name__ == "__main__":
    main()
