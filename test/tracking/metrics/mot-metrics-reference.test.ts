import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import {
  addMotCounts,
  type MotCounts,
  motCounts,
  motScores,
} from '../../../src/tracking/metrics/mot-metrics.ts';
import { sequenceOf } from '../../../src/tracking/metrics/sequence.ts';
import { parseMotFile } from '../../../src/tracking/mot/mot-file.ts';
import { missingSharedData, sharedData } from '../../support/shared-data.ts';

const text = (path: string): string => readFileSync(sharedData(path), 'utf8');
const COUNTS = /^(CLR_(TP|FN|FP)|IDSW|MT|PT|ML|Frag|ID(TP|FN|FP))$/;

interface Reference {
  readonly metrics: string;
  truth(sequence: string): string;
  result(sequence: string): string;
}

const mot17 = (folder: string): Reference => ({
  metrics: `mot/reference-output/${folder}/metrics.json`,
  truth: (sequence) => `mot/MOT17-train/${sequence}/gt/gt.txt`,
  result: (sequence) => `mot/reference-output/${folder}/${sequence}.txt`,
});

const REFERENCES: Record<string, Reference> = {
  'the example of py-motmetrics': {
    metrics: 'mot/motmetrics-example/metrics.json',
    truth: (sequence) => `mot/motmetrics-example/${sequence}/gt.txt`,
    result: (sequence) => `mot/motmetrics-example/${sequence}/test.txt`,
  },
  'SORT on MOT15': {
    metrics: 'mot/reference-output/sort-mot15/metrics.json',
    truth: (sequence) => `mot/motmetrics-example/${sequence}/gt.txt`,
    result: (sequence) => `mot/reference-output/sort-mot15/${sequence}.txt`,
  },
  'MPNTrack on MOT17': mot17('mpntrack-mot17-frcnn'),
  'SORT on MOT17': mot17('sort-mot17-frcnn'),
  'ByteTrack on MOT17': mot17('bytetrack-mot17-frcnn'),
};

/** Every figure of every sequence, and of all together, as TrackEval computed them. */
describe('MOT metrics against TrackEval', () => {
  for (const [name, { metrics, truth, result }] of Object.entries(REFERENCES)) {
    it(`are those of ${name}`, { skip: missingSharedData(metrics) }, () => {
      const expected = JSON.parse(text(metrics)) as Record<string, Record<string, number | number[]>>;
      const all: MotCounts[] = [];
      for (const [sequence, figures] of Object.entries(expected)) {
        let counts: MotCounts;
        if (sequence === 'COMBINED_SEQ') counts = addMotCounts(all);
        else {
          const judged = sequenceOf(
            parseMotFile(text(truth(sequence)), 'ground truth', truth(sequence)),
            parseMotFile(text(result(sequence)), 'result', result(sequence)),
          );
          all.push((counts = motCounts(judged)));
        }
        const scores = motScores(counts) as unknown as Record<string, number | readonly number[]>;
        assert.deepEqual(Object.keys(scores).sort(), Object.keys(figures).sort());
        for (const [figure, value] of Object.entries(figures)) {
          const ours = scores[figure];
          if (Array.isArray(value)) {
            for (const [i, v] of value.entries())
              near((ours as number[])[i], v, `${sequence} ${figure}[${i}]`);
          } else if (COUNTS.test(figure)) assert.equal(ours, value, `${sequence} ${figure}`);
          else near(ours as number, value as number, `${sequence} ${figure}`);
        }
      }
    });
  }
});

function near(ours: number, theirs: number, what: string): void {
  assert.ok(Math.abs(ours - theirs) <= 1e-9, `${what}: ${ours} instead of ${theirs}`);
}
