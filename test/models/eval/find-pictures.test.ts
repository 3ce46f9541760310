import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { findPictures } from '../../../src/models/eval/find-pictures.ts';

const FILTER = { minVisibility: 0.3, minHeight: 80 };

/** A folder of its own with these files; what `findPictures` looks at are their names only. */
function folder(t: TestContext, files: Record<string, string>): string {
  const dir = mkdtempSync(join(tmpdir(), 'sightline-eval-'));
  t.after(() => rmSync(dir, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), content);
  }
  return dir;
}

const COCO = {
  images: [
    { id: 1, file_name: 'a.jpg' },
    { id: 'two', file_name: 'b.png' },
  ],
  categories: [
    { id: 3, name: 'person' },
    { id: 5, name: 'kite' },
  ],
  annotations: [
    { image_id: 1, category_id: 3, bbox: [1, 2, 30, 40], iscrowd: 0 },
    { image_id: 1, category_id: 5, bbox: [5.5, 6, 7, 8], iscrowd: 1, segmentation: {} },
    { image_id: 'two', category_id: 3, bbox: [0, 0, 9, 9], ignore: 1 },
  ],
};
const coco = (changes: object = {}) => JSON.stringify({ ...COCO, ...changes });

describe('a sequence of the MOTChallenge', () => {
  it('asks for pedestrians that are large and visible enough; who looks like one is ignored', async (t) => {
    const dir = folder(t, {
      'img1/000001.jpg': '',
      'img1/000002.jpg': '',
      'img1/notes.txt': '',
      'gt/gt.txt': [
        '1,1,11,21,40,100,1,1,1', // asked for
        '1,2,11,21,40,79,1,1,1', // too small
        '1,3,11,21,40,100,1,1,0.29', // hidden
        '1,4,11,21,40,100,0,1,1', // out of count
        '1,5,11,21,40,100,0,7,1', // a static person
        '1,6,11,21,40,100,0,3,1', // a car: of no concern
        '1,7,11,21,40,100,0,13,1', // a crowd
        '3,1,1,1,40,100,1,1,1', // of a picture that is not there
      ].join('\n'),
    });
    const { format, labels, pictures } = await findPictures(dir, undefined, FILTER);
    assert.deepEqual([format, labels], ['mot', ['person']]);
    assert.deepEqual(
      pictures.map(({ path }) => basename(path)),
      ['000001.jpg', '000002.jpg'],
    );
    assert.deepEqual(
      pictures[0].objects.map(({ ignored, crowd }) => [ignored, crowd]),
      [
        [false, false],
        [true, false],
        [true, false],
        [true, false],
        [true, false],
        [true, true],
      ],
    );
    assert.deepEqual(pictures[0].objects[0].box, [10, 20, 40, 100]); // from 0, not from 1
    assert.deepEqual(pictures[1].objects, []);
  });

  it('may be one of several, each with its first pictures', async (t) => {
    const sequence = (name: string) => ({
      [`${name}/img1/000002.jpg`]: '',
      [`${name}/img1/000001.jpg`]: '',
      [`${name}/img1/000010.jpg`]: '',
      [`${name}/gt.txt`]: '1,1,1,1,40,100,1,1,1\r\n10,1,1,1,40,100',
    });
    const dir = folder(t, { ...sequence('B-02'), ...sequence('A-01'), 'readme.md': '' });
    const { pictures } = await findPictures(dir, undefined, { ...FILTER, pictures: 2 });
    assert.deepEqual(
      pictures.map(({ path }) => path.slice(dir.length + 1)),
      ['A-01/img1/000001.jpg', 'A-01/img1/000002.jpg', 'B-02/img1/000001.jpg', 'B-02/img1/000002.jpg'],
    );
  });

  it('is refused with file, line and what is wrong', async (t) => {
    const with_ = (truth: string, picture = '000001.jpg') =>
      findPictures(folder(t, { 'gt.txt': truth, [`img1/${picture}`]: '' }), undefined, FILTER);
    await assert.rejects(with_('1,1,1,1,40,100,1,1,1\n1,2,1,one,40,100,1,1,1'), {
      code: 'MOT_FILE_INVALID',
      message: /gt\.txt, line 2: y is "one"/,
    });
    await assert.rejects(
      with_('1,1,1,1,40,100,1,1,1', 'first.jpg'),
      /first\.jpg does not end with the number/,
    );
    await assert.rejects(with_('1,1,1,1,40,100,1,1,1', '000007.jpg'), /do not belong together/);
    const twice = { 'gt.txt': '1,1,1,1,40,100', 'img1/000001.jpg': '', 'img1/1.png': '' };
    await assert.rejects(findPictures(folder(t, twice), undefined, FILTER), /are both frame 1/);
  });
});

describe('annotations of COCO', () => {
  it('lie beside the pictures, in a folder of their own, or where one says', async (t) => {
    const files = { 'a.jpg': '', 'b.png': '' };
    const places = [
      folder(t, { ...files, 'annotations.json': coco() }),
      folder(t, { ...files, '_annotations.coco.json': coco() }),
      folder(t, { 'images/a.jpg': '', 'images/b.png': '', 'annotations/instances_val2017.json': coco() }),
    ];
    for (const dir of places) {
      const { format, labels, pictures } = await findPictures(dir, undefined, FILTER);
      assert.deepEqual([format, labels], ['coco', ['person', 'kite']]);
      assert.deepEqual(
        pictures.map(({ objects }) => objects),
        [
          [
            { label: 'person', box: [1, 2, 30, 40], crowd: false, ignored: false },
            { label: 'kite', box: [5.5, 6, 7, 8], crowd: true, ignored: true },
          ],
          [{ label: 'person', box: [0, 0, 9, 9], crowd: false, ignored: true }],
        ],
      );
    }
    const elsewhere = join(folder(t, { 'mine.json': coco() }), 'mine.json');
    const named = await findPictures(folder(t, files), elsewhere, { ...FILTER, pictures: 1 });
    assert.equal(named.pictures.length, 1);
  });

  it('are refused with the key and what is wrong with it', async (t) => {
    const wrong: [string, RegExp][] = [
      ['{', /cannot read the annotations .*annotations\.json/],
      ['[]', /is not in the format of COCO/],
      [coco({ images: undefined }), /images is missing; it must be a list/],
      [coco({ annotations: [7] }), /annotations\[0\] is 7; it must be an object/],
      [coco({ images: [{ id: 1 }] }), /images\[0\]\.file_name is missing/],
      [
        coco({ images: [COCO.images[0], COCO.images[0]] }),
        /images\[1\]\.id is 1; it must be an id of its own/,
      ],
      [coco({ categories: [{ id: 3, name: '' }] }), /categories\[0\]\.name is ""/],
      [coco({ annotations: [{ ...COCO.annotations[0], image_id: 9 }] }), /annotations\[0\]\.image_id is 9/],
      [
        coco({ annotations: [{ ...COCO.annotations[0], category_id: 9 }] }),
        /annotations\[0\]\.category_id is 9/,
      ],
      [
        coco({ annotations: [{ ...COCO.annotations[0], bbox: [1, 2, -3, 4] }] }),
        /bbox is \[1,2,-3,4\]; it must be \[x, y,/,
      ],
      [
        coco({ annotations: [{ ...COCO.annotations[0], iscrowd: 'no' }] }),
        /iscrowd is "no"; it must be 0 or 1/,
      ],
      [
        coco({ images: [...COCO.images, { id: 4, file_name: 'c.jpg' }] }),
        /names the picture c\.jpg, which is not in/,
      ],
    ];
    for (const [text, message] of wrong) {
      const dir = folder(t, { 'a.jpg': '', 'b.png': '', 'annotations.json': text });
      await assert.rejects(findPictures(dir, undefined, FILTER), { code: 'ANNOTATIONS_INVALID', message });
    }
  });
});

describe('a folder without annotated pictures', () => {
  it('is refused with what it takes', async (t) => {
    const find = (files: Record<string, string>, annotations?: string) =>
      findPictures(folder(t, files), annotations, FILTER);
    await assert.rejects(find({}), /there are no annotations in .*, which is empty: it takes img1\//);
    await assert.rejects(find({ 'a.jpg': '' }), /there are no annotations in \S+: it takes/);
    await assert.rejects(find({ 'gt.txt': '1,1,1,1,4,10', 'img1/x.txt': '' }), /there are no pictures in/);
    await assert.rejects(
      find({ 'annotations.json': coco({ images: [], annotations: [] }) }),
      /no pictures in/,
    );
    await assert.rejects(
      find({ 'annotations.json': coco(), 'annotations/instances_val.json': coco() }),
      /several annotations: .* name one with --annotations/,
    );
    await assert.rejects(find({}, '/nowhere/x.json'), {
      code: 'FILE_NOT_FOUND',
      message: /no annotations \/nowhere/,
    });
    await assert.rejects(findPictures('/nowhere', undefined, FILTER), { code: 'FILE_NOT_FOUND' });
    const file = join(folder(t, { 'a.jpg': '' }), 'a.jpg');
    await assert.rejects(findPictures(file, undefined, FILTER), /--data takes a folder of pictures/);
  });
});
