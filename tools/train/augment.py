"""One training picture: a sample placed in the network's input at some scale, and made to look a little different."""

import functools
import io
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from samples import LEAST_HEIGHT, Sample

PADDING = 114  # grey around the picture, as the engine fills it
LEAST_LEFT = 0.3  # an object cut by the input's edge to less than this share of its area is not asked for


@dataclass(frozen=True)
class Strength:
    """How much a kind of picture is changed; chances are 0..1."""

    plain: float  # chance of lying as the engine lays it: whole, unscaled, top-left
    scale: tuple[float, float]  # times the scale that fits the whole picture into the input
    aspect: float  # standard deviation of log(width / height)
    colour: float  # of log gain of the channels, of contrast, and of half the saturation
    gamma: float  # of log gamma
    blur: float
    jpeg: float
    noise: float


SCENE = Strength(0.3, (0.6, 1.6), 0.04, 0.10, 0.15, 0.08, 0.10, 0.25)
PHOTOGRAPH = Strength(0.1, (0.6, 2.0), 0.15, 0.18, 0.25, 0.15, 0.25, 0.35)


@dataclass(frozen=True)
class Placed:
    """A picture as the network takes it, and what is in it, in pixels of the input."""

    pixels: np.ndarray  # [height, width, 3] uint8, BGR
    boxes: np.ndarray
    labels: np.ndarray
    ignored: np.ndarray
    background: np.ndarray


def fitted(picture: Image.Image, sample: Sample, width: int, height: int) -> Placed:
    """The picture as the engine places it: whole, at the top-left, area-averaged, grey around."""
    scale = fit(sample, width, height)
    return place(picture, sample, width, height, scale, (0.0, 0.0), False, Image.Resampling.BOX, lambda image: image)


def augmented(
    picture: Image.Image, sample: Sample, width: int, height: int, strength: Strength, chance: np.random.Generator
) -> Placed:
    """The picture as it might have been taken: nearer or farther, mirrored, in other light, less clear."""
    scale_x, scale_y = fit(sample, width, height)
    offset = (0.0, 0.0)
    if chance.random() >= strength.plain:
        low, high = strength.scale
        zoom = math.exp(chance.uniform(math.log(low), math.log(high)))
        squeeze = math.exp(chance.normal(0, strength.aspect) / 2)
        scale_x, scale_y = scale_x * zoom * squeeze, scale_y * zoom / squeeze
        offset = (
            chance.random() * (width - sample.width * scale_x),
            chance.random() * (height - sample.height * scale_y),
        )
    enlarged = max(scale_x, scale_y) > 1
    smooth = Image.Resampling.BILINEAR if enlarged or chance.random() < 0.3 else Image.Resampling.BOX
    mirrored = chance.random() < 0.5
    style = functools.partial(restyled, strength=strength, chance=chance)
    return place(picture, sample, width, height, (scale_x, scale_y), offset, mirrored, smooth, style)


def fit(sample: Sample, width: int, height: int) -> tuple[float, float]:
    scale = min(width / sample.width, height / sample.height)
    return scale, scale


def place(
    picture: Image.Image,
    sample: Sample,
    width: int,
    height: int,
    scale: tuple[float, float],
    offset: tuple[float, float],
    mirrored: bool,
    filter: Image.Resampling,
    style: Callable[[Image.Image], Image.Image],
) -> Placed:
    """Scales `picture` by `scale`, moves it by `offset` pixels of the input, cuts it at the input's edges.

    `style` changes what is seen of it, not the grey around.
    """
    scale_x, scale_y = scale
    left, top = max(0, round(offset[0])), max(0, round(offset[1]))
    right = min(width, round(offset[0] + sample.width * scale_x))
    bottom = min(height, round(offset[1] + sample.height * scale_y))
    part = (
        max(0.0, (left - offset[0]) / scale_x),
        max(0.0, (top - offset[1]) / scale_y),
        min(float(sample.width), (right - offset[0]) / scale_x),
        min(float(sample.height), (bottom - offset[1]) / scale_y),
    )
    resized = picture.resize((right - left, bottom - top), filter, box=part)
    canvas = np.full((height, width, 3), PADDING, np.uint8)
    if mirrored:
        resized = resized.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    across = slice(width - right, width - left) if mirrored else slice(left, right)
    canvas[top:bottom, across] = np.asarray(style(resized))

    moved = np.array([scale_x, scale_y, scale_x, scale_y], np.float32)
    shift = np.array([offset[0], offset[1], offset[0], offset[1]], np.float32)
    edges = np.array([left, top, right, bottom], np.float32)
    whole = sample.boxes * moved + shift
    boxes = cut(whole, edges)
    ignored = cut(sample.ignored * moved + shift, edges)
    share = areas(boxes) / np.maximum(areas(whole), 1e-6)
    small = boxes[:, 3] - boxes[:, 1] < LEAST_HEIGHT * height
    gone = areas(boxes) <= 0
    kept = ~gone & ~small & (share >= LEAST_LEFT)
    ignored = np.concatenate((ignored[areas(ignored) > 0], boxes[~kept & ~gone]))
    boxes, labels = boxes[kept], sample.labels[kept]
    if mirrored:
        boxes, ignored = (mirror(each, width) for each in (boxes, ignored))
    return Placed(canvas, boxes, labels, ignored, sample.background)


def cut(boxes: np.ndarray, edges: np.ndarray) -> np.ndarray:
    return np.concatenate(
        (np.clip(boxes[:, :2], edges[:2], edges[2:]), np.clip(boxes[:, 2:], edges[:2], edges[2:])), axis=1
    )


def areas(boxes: np.ndarray) -> np.ndarray:
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def mirror(boxes: np.ndarray, width: int) -> np.ndarray:
    return np.stack((width - boxes[:, 2], boxes[:, 1], width - boxes[:, 0], boxes[:, 3]), axis=1)


def restyled(image: Image.Image, strength: Strength, chance: np.random.Generator) -> Image.Image:
    """Other light, colours, lens and compression."""
    saturation = max(0.0, 1 + chance.normal(0, 2 * strength.colour))
    if chance.random() < 0.5:
        image = ImageEnhance.Color(image).enhance(saturation)
    if chance.random() < strength.blur:
        image = image.filter(ImageFilter.BoxBlur(chance.uniform(0.3, 1.2)))
    levels = np.arange(256) / 255
    gamma = math.exp(chance.normal(0, strength.gamma))
    contrast = math.exp(chance.normal(0, strength.colour))
    gains = np.exp(chance.normal(0, strength.colour) + chance.normal(0, strength.colour / 2, 3))
    table = [((levels**gamma - 0.5) * contrast + 0.5) * gain * 255 for gain in gains]
    image = image.point(np.clip(np.concatenate(table), 0, 255).astype(np.uint8).tolist())
    if chance.random() < strength.jpeg:
        file = io.BytesIO()
        image.save(file, "JPEG", quality=int(chance.uniform(30, 85)))
        image = Image.open(file).convert("RGB")
    if chance.random() < strength.noise:
        image = Image.fromarray(noisy(np.asarray(image), chance))
    return image


def noisy(pixels: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Sensor noise. It is drawn once for a band of rows and repeated: drawing it costs more than all the rest."""
    height = pixels.shape[0]
    band = chance.integers(40, 56)
    grain = chance.standard_normal((band, *pixels.shape[1:]), np.float32) * chance.uniform(2, 10)
    repeated = np.tile(np.rint(grain).astype(np.int16), (-(-height // band), 1, 1))[:height]
    return np.clip(pixels.astype(np.int16) + repeated, 0, 255).astype(np.uint8)
