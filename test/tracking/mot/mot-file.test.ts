import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { EngineError } from '../../../src/errors.ts';
import { type MotKind, parseMotFile } from '../../../src/tracking/mot/mot-file.ts';
import { missingSharedData, sharedData } from '../../support/shared-data.ts';

const parse = (text: string, kind: MotKind = 'detections') => parseMotFile(text, kind, 'x.txt');

function fails(text: string, message: RegExp, kind: MotKind = 'detections'): void {
  assert.throws(
    () => parse(text, kind),
    (err) => {
      assert(err instanceof EngineError);
      assert.equal(err.code, 'MOT_FILE_INVALID');
      assert.match(err.message, message);
      return true;
    },
  );
}

describe('a file of the MOTChallenge', () => {
  it('is sorted by frame, and keeps its order within a frame', () => {
    const { count, frames, boxes, confidences, lastFrame } = parse(
      '3,-1,30,0,1,1,0.3\n1,-1,10,0,1,1,0.1\n3,-1,31,0,1,1,0.4\n1,-1,11,0,1,1,0.2\n',
    );
    assert.deepEqual([count, lastFrame, [...frames]], [4, 3, [1, 1, 3, 3]]);
    assert.deepEqual(
      [0, 1, 2, 3].map((i) => boxes[i * 4]),
      [10, 11, 30, 31],
    );
    assert.deepEqual([...confidences], [0.1, 0.2, 0.3, 0.4]);
  });

  it('may have 6 to 10 columns, a byte-order mark, any line ends, blank lines, spaces and exponents', () => {
    const expected = parse('1,-1,10.5,-20,30,40,0.5\n2,-1,1,2,3,4,0.5\n');
    for (const text of [
      '\ufeff1,-1,10.5,-20,30,40,0.5\r\n2,-1,1,2,3,4,0.5\r\n',
      '1,-1,10.5,-20,30,40,0.5,-1,-1,-1\r2,-1,1,2,3,4,0.5,-1,-1,-1',
      '\n\n  1 , -1 , 10.5, -20, 30, 40, 0.5 \n   \n2,-1,1,2,3,4,0.5,-1\n\n',
      '1.0,-1,1.05e1,-2E+1,30.,40,.5,-1,-1\n2,-1,+1,2,3,4,5e-1\n',
      '1 -1 10.5 -20 30 40 0.5\n2\t-1\t1\t2\t3\t4\t0.5\n',
    ]) {
      assert.deepEqual(parse(text), expected, JSON.stringify(text));
    }
    assert.deepEqual([...parse('1,-1,1,2,3,4').confidences], [1]);
  });

  it('has classes only where ground truth has them: with 8 or 9 columns', () => {
    const classes = (text: string) => [...parse(text, 'ground truth').classes];
    assert.deepEqual(classes('1,1,1,2,3,4,1,7,0.5\n1,2,1,2,3,4,1,1\n'), [7, 1]);
    assert.deepEqual(classes('1,1,1,2,3,4,1,4.4,5.5,0\n1,2,1,2,3,4,1\n'), [-1, -1]);
  });

  it('is refused with file, line, column and what is wrong', () => {
    const good = '1,-1,1,2,3,4,0.5\n';
    fails(`${good}1,-1,1,2,3\n`, /^x\.txt, line 2: 5 columns \("1,-1,1,2,3"\) instead of 6 to 10/);
    fails(`${good}1,-1,1,2,3,4,5,6,7,8,9\n`, /line 2: 11 columns/);
    fails(`${good}\n\nhello\n`, /line 4: 1 column \("hello"\)/);
    fails('frame,id,x,y,w,h,score\n', /line 1: frame is "frame", not a finite decimal number/);
    fails('1,-1,1,,3,4,0.5', /line 1: y is "", not/);
    fails('1,-1,1,2,3,4,NaN', /line 1: confidence is "NaN"/);
    fails('1,-1,Infinity,2,3,4,1', /line 1: x is "Infinity"/);
    fails('1,-1,1e999,2,3,4,1', /line 1: x is "1e999"/);
    fails('1,-1,0x10,2,3,4,1', /line 1: x is "0x10"/);
    fails('1,-1,1,2,3,4,1,-1,-1,?', /line 1: column 10 is "\?"/);
    fails('0,-1,1,2,3,4,1', /line 1: frame is 0, not a whole number from 1/);
    fails('-3,-1,1,2,3,4,1', /frame is -3/);
    fails('1.5,-1,1,2,3,4,1', /frame is 1\.5/);
    fails('99999999,-1,1,2,3,4,1', /frame is 99999999/);
    fails('1,1.5,1,2,3,4,1', /line 1: id is 1\.5, not a whole number/);
    fails('1,-1,1,2,-3,4,1', /line 1: width is -3 pixels/);
    fails('1,-1,1,2,3,-4,1', /line 1: height is -4 pixels/);
    fails('1,-1,1,2,3,4,1', /line 1: id is -1: a result file needs one from 0/, 'result');
    fails('1,1,1,2,3,4,1,1.5,1', /line 1: class is 1\.5/, 'ground truth');
  });

  it('is refused when it is no text, and when nothing is in it unless a tracker found nothing', () => {
    fails('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', /^x\.txt: no text file/);
    for (const nothing of ['', '\ufeff', '\r\n \n']) {
      fails(nothing, /^x\.txt: empty: no row of detections is in it/);
      fails(nothing, /^x\.txt: empty: no row of ground truth is in it/, 'ground truth');
      assert.equal(parse(nothing, 'result').count, 0);
    }
  });

  it('has one box a frame for each id of ground truth and results', () => {
    const text = '2,7,1,2,3,4,1\n1,7,1,2,3,4,1\n\n2,7,9,9,3,4,1\n';
    fails(text, /^x\.txt, lines 1 and 4: both give id 7 in frame 2/, 'result');
    fails(text, /lines 1 and 4/, 'ground truth');
    assert.equal(parse(text).count, 3);
  });

  it('is the same whatever the order of its frames', () => {
    const row = fc.tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 999 }));
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 60 }),
        fc.infiniteStream(fc.nat()),
        (rows, keys) => {
          const lines = rows.map(([frame, x], i) => ({ frame, i, text: `${frame},-1,${x},0,5,5,0.5` }));
          const sorted = lines.toSorted((a, b) => a.frame - b.frame || a.i - b.i);
          // shuffled by frames: each frame's rows keep their order
          const key = new Map(sorted.map(({ frame }) => [frame, keys.next().value as number]));
          const shuffled = lines.toSorted((a, b) => key.get(a.frame)! - key.get(b.frame)! || a.i - b.i);
          const textOf = (some: typeof lines) => some.map(({ text }) => text).join('\n');
          assert.deepEqual(parse(textOf(shuffled)), parse(textOf(sorted)));
        },
      ),
    );
  });

  const truth = 'mot/MOT17-train/MOT17-04-FRCNN/gt/gt.txt';
  it('of 3.5 MB is read whole', { skip: missingSharedData(truth) }, () => {
    const { count, lastFrame, classes } = parse(readFileSync(sharedData(truth), 'utf8'), 'ground truth');
    assert.deepEqual([count, lastFrame], [108_005, 1050]);
    assert.equal(
      classes.reduce((sum, classId) => sum + (classId === 1 ? 1 : 0), 0),
      47_557,
    );
  });
});
