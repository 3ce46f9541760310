import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type EvalOptions, evaluate } from '../../src/commands/mot-eval.ts';
import { type TrackOptions, track } from '../../src/commands/mot-track.ts';
import { missingSharedData, sharedData } from '../support/shared-data.ts';

const PROGRAM = fileURLToPath(new URL('mot-program.ts', import.meta.url));
const cwd = mkdtempSync(join(tmpdir(), 'sightline-mot-'));
after(() => rmSync(cwd, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** `sightline mot ...` in a folder of this test's own. */
function mot(...args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', PROGRAM, 'mot', ...args], {
    cwd,
    timeout: 60_000,
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })));
}

function file(path: string, text: string): string {
  mkdirSync(dirname(join(cwd, path)), { recursive: true });
  writeFileSync(join(cwd, path), text);
  return path;
}

const silent = (): void => undefined;
const framesOf = (result: string): number[] =>
  [...result.matchAll(/^(\d+),/gm)].map(([, frame]) => Number(frame));

/** A person who walks to the right, 5 pixels a frame; unseen in the frames of `gaps`. */
function walk(frames: number, gaps: readonly number[] = [], id = -1): string {
  const lines: string[] = [];
  for (let frame = 1; frame <= frames; frame++) {
    if (!gaps.includes(frame)) lines.push(`${frame},${id},${100 + 5 * frame},200,40,80,0.9\n`);
  }
  return lines.join('');
}

describe('sightline mot track', () => {
  it('writes frame, id, box with two decimals, and says in one line what it did', async () => {
    const detections = file('walk.txt', walk(20));
    const ended = await mot(
      'track',
      '--tracker',
      'bytetrack',
      '--detections',
      detections,
      '--out',
      'walked.txt',
    );
    assert.deepEqual(ended, { code: 0, out: 'walked.txt: 1 tracks, 20 boxes in 20 frames\n', err: '' });
    const lines = readFileSync(join(cwd, 'walked.txt'), 'utf8').trimEnd().split('\n');
    assert.equal(lines[0], '1,1,105.00,200.00,40.00,80.00,0.90,-1,-1,-1');
    assert(lines.every((line) => /^\d+,1(,\d+\.\d\d){5},-1,-1,-1$/.test(line)));
  });

  it('takes a file that is untidy for the same as a tidy one, and - as standard output', async () => {
    const tidy = file('tidy.txt', walk(12, [5, 6]));
    const untidy = file(
      'untidy.txt',
      `\ufeff${walk(12, [5, 6]).split('\n').reverse().join('\r\n')}\r\n \r\n`.replaceAll(',', ' , '),
    );
    const args = ['track', '--preset', 'sort-2016', '--out', '-', '--detections'];
    const [first, second] = [await mot(...args, tidy), await mot(...args, untidy)];
    assert.match(first.out, /^1,1,105\.00,/);
    // the original reports a track that it makes anew only from its fourth box
    assert.equal(first.err, '-: 2 tracks, 7 boxes in 12 frames\n');
    assert.equal(second.out, first.out);
  });

  it('gives every frame from 1 to the last, and ends where --frames says', () => {
    const detections = join(cwd, file('late.txt', walk(30, [1, 2, 3])));
    const frames = (options: object) =>
      framesOf(track({ preset: 'bytetrack-python', detections, out: '-', ...options }, silent).result);
    // nothing in frame 1, so that the first track needs a second look: it is seen from frame 5
    assert.deepEqual([frames({})[0], frames({}).at(-1)], [5, 30]);
    assert.equal(frames({ frames: '12' }).at(-1), 12);
    assert.equal(frames({ frames: '99' }).at(-1), 30);
  });

  it('fills gaps afterwards with --interpolate', () => {
    const detections = join(cwd, file('gap.txt', walk(30, [10, 11, 12])));
    const frames = (options: object) =>
      framesOf(track({ tracker: 'bytetrack', detections, out: '-', ...options }, silent).result);
    assert.equal(frames({}).length, 27);
    assert.equal(frames({ interpolate: '2' }).length, 27);
    assert.deepEqual(
      frames({ interpolate: '3' }),
      Array.from({ length: 30 }, (_, i) => i + 1),
    );
  });

  it('counts time by --fps, else by seqinfo.ini beside or above the detections', () => {
    const text = walk(40, [10, 11, 12, 13, 14, 15]);
    const tracks = (detections: string, options: object = {}) =>
      tracksIn(
        track(
          {
            tracker: 'bytetrack',
            set: ['lostForSeconds=0.5'],
            detections: join(cwd, detections),
            out: '-',
            ...options,
          },
          silent,
        ).result,
      );
    // six frames are 0.2 s at 30 frames a second, and 1.2 s at 5
    assert.equal(tracks(file('plain/det.txt', text)), '1 tracks');
    assert.equal(tracks('plain/det.txt', { fps: '5' }), '2 tracks');
    file('slow/seqinfo.ini', '[Sequence]\nname=slow\nframeRate=5\n');
    assert.equal(tracks(file('slow/det/det.txt', text)), '2 tracks');
    assert.equal(tracks(file('slow/det.txt', text)), '2 tracks');
    assert.equal(tracks('slow/det.txt', { fps: '30' }), '1 tracks');
    assert.equal(tracks('plain/det.txt', { seqinfo: join(cwd, 'slow/seqinfo.ini') }), '2 tracks');
  });

  it('takes settings of the tracker', async () => {
    const detections = file('seen.txt', walk(10));
    const ended = await mot(
      ...['track', '--tracker', 'bytetrack', '--detections', detections, '--out', '-'],
      ...['--set', 'trackThreshold=0.95', '--set', 'lostForSeconds=2'],
    );
    assert.deepEqual([ended.code, ended.out], [0, '']);
  });

  it('tells that trackers that recognise looks have none to go by', () => {
    const said: string[] = [];
    const detections = join(cwd, file('blind.txt', walk(5)));
    track({ tracker: 'deepsort', detections, out: '-' }, (line) => said.push(line));
    track({ tracker: 'sort', detections, out: '-' }, (line) => said.push(line));
    assert.deepEqual(said, ['a detection file has no pictures: deepsort goes by place alone']);
  });

  it('says what to do when it cannot', () => {
    const at = (name: string) => join(cwd, name);
    file('ok.txt', walk(5));
    file('bad.txt', '1,-1,1,2,3,4,0.5\n2,-1,1,2\n');
    const sort = { tracker: 'sort' };
    const cases: [Partial<TrackOptions>, RegExp][] = [
      [{}, /which tracker\? name one with --tracker \(.*bytetrack.*\) or --preset \(sort-2016, .*\)/],
      [{ tracker: 'bytetrak' }, /--tracker takes one of .*, got "bytetrak": did you mean bytetrack\?/],
      [{ preset: 'sort' }, /--preset takes one of sort-2016, .* got "sort"/],
      [{ preset: 'toString' }, /--preset takes one of/],
      [{ preset: 'sort-2016', tracker: 'bytetrack' }, /--preset sort-2016 is a sort: leave out/],
      [{ preset: 'sort-2016', set: ['a=1'] }, /--preset sort-2016 fixes every setting/],
      [{ ...sort, set: ['iouTreshold=0.5'] }, /iouTreshold: unknown key; did you mean iouThreshold\?/],
      [{ ...sort, set: ['iouThreshold=high'] }, /iouThreshold: expected a number from 0 to 1, got "high"/],
      [{ ...sort, set: ['iouThreshold=3'] }, /iouThreshold: expected a number from 0 to 1, got 3/],
      [{ ...sort, set: ['iouThreshold='] }, /iouThreshold: expected a number from 0 to 1, got ""/],
      [{ ...sort, set: ['iouThreshold'] }, /--set takes name=value, got "iouThreshold"/],
      [{ ...sort, set: ['name=bytetrack'] }, /use --tracker/],
      [{ ...sort, fps: '0' }, /--fps takes a number from 0\.01 to 1000, got "0"/],
      [{ ...sort, frames: '2.5' }, /--frames takes a whole number from 1, got "2\.5"/],
      [{ ...sort, interpolate: '-1' }, /--interpolate takes a whole number from 0, got "-1"/],
      [{ ...sort, seqinfo: 'no.ini' }, /there is no file no\.ini; name one with --seqinfo/],
      [{ ...sort, detections: 'no.txt' }, /there is no file no\.txt; name one with --detections/],
      [{ ...sort, detections: cwd }, /cannot read .*; name one with --detections/],
      [{ ...sort, detections: at('bad.txt') }, /bad\.txt, line 2: 4 columns/],
      [{ ...sort, out: at('./ok.txt') }, /--out would overwrite the detections/],
      [{ ...sort, out: at('no/where.txt') }, /cannot write --out .*where\.txt: ENOENT/],
    ];
    for (const [options, message] of cases) {
      const all = { detections: at('ok.txt'), out: at('x.txt'), ...options };
      assert.throws(() => track(all, silent), { name: 'EngineError', message });
    }
    assert(!existsSync(at('x.txt')));
  });

  it('fails in one line, with an exit code', async () => {
    for (const [args, message] of [
      [
        ['--out', 'x.txt', '--tracker', 'sort', '--detections', 'no.txt'],
        /^sightline: there is no file no\.txt.*\n$/,
      ],
      [
        ['--out', 'x.txt', '--tracker', 'sort'],
        /^error: required option '--detections <file>' not specified\n/,
      ],
      [['--out', 'x.txt', '--detections', 'x.txt', '--fast'], /^error: unknown option '--fast'\n/],
    ] as const) {
      const { code, out, err } = await mot('track', ...args);
      assert.match(err, message);
      assert.deepEqual([code, out], [1, '']);
    }
  });
});

describe('sightline mot eval', () => {
  it('prints every figure as JSON, of one sequence and of several', async () => {
    file('seq/gt/gt.txt', walk(10, [], 7));
    const result = file('found.txt', walk(10, [1, 2], 1));
    const one = await mot('eval', '--gt', 'seq/gt/gt.txt', '--result', result, '--json');
    assert.deepEqual([one.code, one.err], [0, '']);
    const scores = JSON.parse(one.out);
    assert.deepEqual([scores.CLR_TP, scores.CLR_FN, scores.MOTA, scores.CLR_Pr], [8, 2, 0.8, 1]);
    assert.equal(scores.HOTA_alpha.length, 19);

    const pair = ['--gt', 'seq/gt/gt.txt', '--result', result];
    const two = await mot('eval', ...pair, ...pair, '--json');
    const all = JSON.parse(two.out);
    assert.deepEqual(Object.keys(all), ['seq', 'seq (2)', 'COMBINED_SEQ']);
    assert.deepEqual(all.seq, scores);
    assert.equal(all.COMBINED_SEQ.CLR_TP, 16);
  });

  it('prints a table for people, by the names in seqinfo.ini', async () => {
    file('named/gt.txt', walk(10, [], 7));
    file('named/seqinfo.ini', '[Sequence]\nname=Platz-1\nseqLength=10\nframeRate=25\n');
    const { code, out } = await mot(
      'eval',
      '--gt',
      'named/gt.txt',
      '--result',
      file('all.txt', walk(10, [], 1)),
    );
    assert.equal(code, 0);
    assert.match(out, /^ *HOTA +DetA +AssA .* sequence\n-.*\n100\.00 +100\.00 .* Platz-1\n$/);
  });

  it('judges a result in which nothing was found', async () => {
    const truth = file('empty/gt.txt', walk(10, [], 7));
    const { code, out, err } = await mot(
      'eval',
      '--gt',
      truth,
      '--result',
      file('nothing.txt', ''),
      '--json',
    );
    assert.deepEqual([code, err], [0, 'nothing.txt is empty: the tracker found nothing\n']);
    assert.deepEqual([JSON.parse(out).MOTA, JSON.parse(out).CLR_FN], [0, 10]);
  });

  it('says what to do when it cannot', () => {
    const at = (name: string, text: string) => join(cwd, file(name, text));
    const truth = at('short/gt.txt', walk(10, [], 7));
    at('short/seqinfo.ini', '[Sequence]\nname=short\nseqLength=10\n');
    const fine = at('fine.txt', walk(9, [], 1));
    const cases: [EvalOptions, RegExp][] = [
      [
        { gt: [truth], result: [at('long.txt', walk(12, [], 1))] },
        /long\.txt has frame 12, but the sequence has 10 \(seqLength in .*seqinfo\.ini\)/,
      ],
      [
        { gt: [truth, truth], result: [fine] },
        /each --gt needs its --result, in the same order: got 2 --gt and 1 --result/,
      ],
      [{ gt: [truth], result: [fine], seqinfo: ['a', 'b'] }, /got 1 --gt and 2 --seqinfo/],
      [{ gt: [truth], result: [at('det.txt', walk(9))] }, /line 1: id is -1: a result file needs one from 0/],
      [{ gt: ['no.txt'], result: [fine] }, /there is no file no\.txt; name one with --gt/],
      [{ gt: [at('void/gt.txt', '\n')], result: [fine] }, /gt\.txt: empty/],
    ];
    for (const [options, message] of cases) {
      assert.throws(() => evaluate(options, silent), { name: 'EngineError', message });
    }
  });

  it('fails with an exit code', async () => {
    const { code, out, err } = await mot('eval', '--gt', 'gt.txt');
    assert.match(err, /^error: required option '--result <file...>' not specified\n/);
    assert.deepEqual([code, out], [1, '']);
  });
});

/** `mot track` with the parameters of the original, judged by `mot eval`, against the original's own results. */
describe('sightline mot track --preset, against the original trackers', () => {
  const mot17 = ['02', '04', '09', '10', '13'].map((number) => `MOT17-${number}-FRCNN`);
  const references = [
    { preset: 'bytetrack-python', folder: 'bytetrack-mot17-frcnn', sequences: mot17, mot15: false },
    { preset: 'sort-2016', folder: 'sort-mot17-frcnn', sequences: mot17, mot15: false },
    { preset: 'sort-2016', folder: 'sort-mot15', sequences: ['TUD-Campus', 'TUD-Stadtmitte'], mot15: true },
  ];
  for (const { preset, folder, sequences, mot15 } of references) {
    const metrics = `mot/reference-output/${folder}/metrics.json`;
    it(`${folder}: HOTA, MOTA and IDF1 within 0.1 points`, { skip: missingSharedData(metrics) }, () => {
      const expected = JSON.parse(readFileSync(sharedData(metrics), 'utf8'));
      const gt = sequences.map((name) =>
        sharedData(mot15 ? `mot/motmetrics-example/${name}/gt.txt` : `mot/MOT17-train/${name}/gt/gt.txt`),
      );
      const result = sequences.map((name) => {
        const detections = sharedData(
          mot15 ? `mot/MOT15-det/${name}/det.txt` : `mot/MOT17-train/${name}/det/det.txt`,
        );
        const out = join(cwd, `${folder}-${name}.txt`);
        track({ preset, detections, out }, silent);
        return out;
      });
      const scores = evaluate({ gt, result }, silent);
      for (const [name, figures] of Object.entries<Record<string, number>>(expected)) {
        for (const figure of ['HOTA', 'MOTA', 'IDF1'] as const) {
          const [ours, theirs] = [scores[name][figure], figures[figure]];
          assert.ok(Math.abs(ours - theirs) < 0.001, `${name} ${figure}: ${ours} instead of ${theirs}`);
        }
      }
    });
  }
});

function tracksIn(result: string): string {
  const ids = new Set([...result.matchAll(/^\d+,(\d+),/gm)].map(([, id]) => id));
  return `${ids.size} tracks`;
}
