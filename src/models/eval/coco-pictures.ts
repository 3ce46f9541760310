import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { EngineError, messageOf } from '../../errors.ts';
import type { AnnotatedObject, AnnotatedPictures, AnnotationFilter } from './annotated-picture.ts';

type Json = Record<string, unknown>;

/**
 * Reads annotations of COCO's format for object detection (Lin et al. 2014): `images`, `categories`, and
 * `annotations` with `bbox` in pixels, `category_id`, and optionally `iscrowd` and `ignore`.
 *
 * Pictures are looked for by `file_name` in `folder`, in `images` there, and beside the annotations.
 *
 * @throws EngineError ANNOTATIONS_INVALID, with the key and what is wrong with it
 */
export async function cocoPictures(
  file: string,
  folder: string,
  filter: Pick<AnnotationFilter, 'pictures'>,
): Promise<AnnotatedPictures> {
  const root = await readJson(file);
  const categories = new Map<unknown, string>();
  for (const [i, category] of list(file, root, 'categories').entries()) {
    const at = `categories[${i}]`;
    const { id, name } = category;
    if (!isId(id)) throw invalid(file, `${at}.id`, id, 'a number or a text');
    if (typeof name !== 'string' || name === '') throw invalid(file, `${at}.name`, name, 'a text');
    if (categories.has(id)) throw invalid(file, `${at}.id`, id, 'an id of its own');
    categories.set(id, name);
  }
  const pictures = new Map<unknown, { path: string; objects: AnnotatedObject[] }>();
  for (const [i, image] of list(file, root, 'images').entries()) {
    const at = `images[${i}]`;
    const { id, file_name: name } = image;
    if (!isId(id)) throw invalid(file, `${at}.id`, id, 'a number or a text');
    if (typeof name !== 'string' || name === '') throw invalid(file, `${at}.file_name`, name, 'a file name');
    if (pictures.has(id)) throw invalid(file, `${at}.id`, id, 'an id of its own');
    pictures.set(id, { path: name, objects: [] });
  }
  for (const [i, annotation] of list(file, root, 'annotations').entries()) {
    const at = `annotations[${i}]`;
    const { image_id: image, category_id: category, bbox, iscrowd, ignore } = annotation;
    const picture = pictures.get(image);
    if (!picture) throw invalid(file, `${at}.image_id`, image, 'the id of one of `images`');
    const label = categories.get(category);
    if (label === undefined)
      throw invalid(file, `${at}.category_id`, category, 'the id of one of `categories`');
    if (!isBox(bbox)) throw invalid(file, `${at}.bbox`, bbox, '[x, y, width, height] in pixels');
    const crowd = flag(file, `${at}.iscrowd`, iscrowd);
    picture.objects.push({ label, box: bbox, crowd, ignored: crowd || flag(file, `${at}.ignore`, ignore) });
  }
  const places = [folder, resolve(folder, 'images'), dirname(file)];
  return {
    format: 'coco',
    labels: [...new Set(categories.values())],
    pictures: [...pictures.values()].slice(0, filter.pictures).map(({ path, objects }) => {
      const found = places.map((place) => resolve(place, path)).find((candidate) => existsSync(candidate));
      if (found) return { path: found, objects };
      throw new EngineError(
        'ANNOTATIONS_INVALID',
        `${file} names the picture ${path}, which is not in ${[...new Set(places)].join(' or ')}: name the folder of the pictures with --data`,
      );
    }),
  };
}

async function readJson(file: string): Promise<Json> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (err) {
    throw new EngineError('ANNOTATIONS_INVALID', `cannot read the annotations ${file}: ${messageOf(err)}`, {
      cause: err,
    });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw new EngineError(
    'ANNOTATIONS_INVALID',
    `${file} is not in the format of COCO: an object with images, annotations and categories is expected`,
  );
}

function list(file: string, root: Json, key: string): Json[] {
  const value = root[key];
  if (!Array.isArray(value)) throw invalid(file, key, value, 'a list, as COCO has it');
  for (const [i, entry] of value.entries()) {
    if (typeof entry !== 'object' || entry === null) throw invalid(file, `${key}[${i}]`, entry, 'an object');
  }
  return value as Json[];
}

function isId(value: unknown): value is number | string {
  return typeof value === 'number' || typeof value === 'string';
}

function isBox(value: unknown): value is [number, number, number, number] {
  return (
    Array.isArray(value) &&
    value.length === 4 &&
    value.every((number) => typeof number === 'number' && Number.isFinite(number)) &&
    value[2] >= 0 &&
    value[3] >= 0
  );
}

function flag(file: string, key: string, value: unknown): boolean {
  if (value === undefined || value === 0 || value === false) return false;
  if (value === 1 || value === true) return true;
  throw invalid(file, key, value, '0 or 1');
}

function invalid(file: string, key: string, value: unknown, expected: string): EngineError {
  const found = value === undefined ? 'missing' : (JSON.stringify(value)?.slice(0, 60) ?? String(value));
  return new EngineError('ANNOTATIONS_INVALID', `${file}: ${key} is ${found}; it must be ${expected}`);
}
