import type { AnnotatedObject } from '../../../src/models/eval/annotated-picture.ts';
import type { FoundObject, JudgedPicture } from '../../../src/models/eval/match-objects.ts';
import { seeded } from '../../support/seeded.ts';

export const SEEDED_LABELS = ['person', 'car', 'dog'] as const;

/**
 * Forty pictures of three classes, the same each time: objects of which some are crowds and some ignored, and what
 * an imperfect model finds (misses, duplicates, wrong classes, noise; scores of two decimals, so that many are
 * equal). The first picture has more detections than COCO looks at.
 */
export function seededPictures(seed = 7): JudgedPicture[] {
  const random = seeded(seed);
  const label = () => SEEDED_LABELS[Math.floor(random() ** 2 * 3)];
  const score = () => Math.round(random() * 100) / 100;
  const box = (): [number, number, number, number] => [
    Math.round(random() * 500),
    Math.round(random() * 300),
    10 + Math.round(random() * 120),
    10 + Math.round(random() * 150),
  ];
  return Array.from({ length: 40 }, (_, picture) => {
    const objects: AnnotatedObject[] = [];
    const found: FoundObject[] = [];
    for (let left = Math.floor(random() * 7); left > 0; left--) {
      const crowd = random() < 0.1;
      const object = { label: label(), box: box(), crowd, ignored: crowd || random() < 0.15 };
      objects.push(object);
      const times = random() < 0.75 ? (random() < 0.2 ? 2 : 1) : 0;
      for (let k = 0; k < times; k++) {
        const spread = random() * 30;
        const jittered = object.box.map((n) => Math.max(1, n + Math.round((random() - 0.5) * spread)));
        const right = random() < 0.85;
        found.push({
          label: right ? object.label : label(),
          score: score(),
          box: jittered as [number, number, number, number],
        });
      }
    }
    const noise = picture === 0 ? 130 : Math.floor(random() * 4);
    for (let k = 0; k < noise; k++) {
      found.push({ label: picture === 0 ? 'person' : label(), score: score() * 0.6, box: box() });
    }
    return { objects, found };
  });
}
