import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { Source } from '../../src/camera.ts';
import { checkSource } from '../../src/config/check-source.ts';
import { problemsOf } from '../../src/schema-problems.ts';

// project/ with data/ (closed) and data/videos/ inside, as in a real installation
const base = realpathSync(mkdtempSync(join(tmpdir(), 'sightline-source-')));
after(() => rmSync(base, { recursive: true }));
const project = join(base, 'project');
const videos = join(project, 'data', 'videos');
mkdirSync(videos, { recursive: true });
writeFileSync(join(project, 'clip.mp4'), '');
writeFileSync(join(videos, 'yard.mp4'), '');
writeFileSync(join(project, 'data', 'token'), '');
writeFileSync(join(base, 'secret.mp4'), '');
symlinkSync(join(base, 'secret.mp4'), join(videos, 'link.mp4'));
symlinkSync(base, join(videos, 'out'));
symlinkSync(join(videos, 'yard.mp4'), join(videos, 'same.mp4'));
const rules = { roots: [videos, project], closed: [join(project, 'data')] };

const file = (path: string, more: object = {}) => checkSource({ kind: 'file', path, ...more }, rules);
const rtsp = (url: string) => checkSource({ kind: 'rtsp', url }, rules);
function refusal(work: () => Source): string {
  try {
    work();
  } catch (err) {
    assert.equal((err as { code: string }).code, 'VALIDATION');
    return problemsOf(err)
      .map(({ path, message }) => `${path}: ${message}`)
      .join();
  }
  assert.fail('accepted');
}

describe('checkSource of a file', () => {
  it('takes files below a root, by absolute and relative path, and fills in defaults', () => {
    const expected = { kind: 'file', path: join(videos, 'yard.mp4'), loop: false, pace: 'realtime' };
    assert.deepEqual(file(join(videos, 'yard.mp4')), expected);
    assert.deepEqual(file('yard.mp4'), expected);
    assert.deepEqual(file('data/videos/yard.mp4'), expected);
    assert.deepEqual(file(join(videos, 'same.mp4')), expected);
    assert.equal((file('clip.mp4') as { path: string }).path, join(project, 'clip.mp4'));
  });

  it('takes a file that does not exist yet', () => {
    assert.equal((file('later/day.mp4') as { path: string }).path, join(videos, 'later', 'day.mp4'));
  });

  for (const path of [
    '/etc/passwd',
    '../secret.mp4',
    '../../../secret.mp4',
    '../../../../../../etc/passwd',
    'data/videos/../../../secret.mp4',
    'link.mp4',
    'out/secret.mp4',
    'out/new.mp4',
    'data/token',
    'data',
    '/',
    '/proc/self/environ',
    '/dev/video0',
  ]) {
    it(`refuses ${path}, and says where files may lie`, () => {
      assert.match(
        refusal(() => file(path)),
        /^source\.path: .*outside the folders.*files\.roots/,
      );
    });
  }

  for (const path of [
    'concat:a|b',
    'http://host/x.mp4',
    'file:///etc/passwd',
    'subfile,,start,0:/etc/passwd',
    'data:video/mp4;base64,AA',
    'rtsp://host/x',
    'pipe:0',
    'LAVFI:testsrc',
  ]) {
    it(`refuses ${path}`, () => {
      assert.match(
        refusal(() => file(path)),
        /^source\.path: .*(not a URL|outside the folders)/,
      );
    });
  }

  it('refuses zero bytes and a looped file at full speed', () => {
    assert.match(
      refusal(() => file('clip.mp4\0.txt')),
      /zero bytes/,
    );
    assert.match(
      refusal(() => file('clip.mp4', { loop: true, pace: 'fast' })),
      /^source\.pace: /,
    );
  });
});

describe('checkSource of a camera', () => {
  it('takes rtsp and rtsps with a host', () => {
    assert.deepEqual(rtsp('rtsp://10.0.0.7/x'), { kind: 'rtsp', url: 'rtsp://10.0.0.7/x', transport: 'tcp' });
    for (const url of [
      'rtsps://u:p%40@cam.local:322/a?b=c',
      'rtsp://[fe80::1]:554/',
      'rtsp://h/a%40b',
      'rtsp://@h/x',
    ])
      rtsp(url);
  });

  for (const url of [
    'rtsp://',
    'rtsp:///path',
    'rtsp://user:pass@/x',
    'rtsp://u:pa#ss@host/x',
    'rtsp://u:pa/ss@host/x',
    'rtsp://u:12/ss@host/x',
    'rtsp://host:99999/x',
    'rtsp://ho st/x',
    'rtsp://host/x\r\nHeader: y',
    'rtsp://host/"x',
    'rtsp://host\\@evil/x',
    'http://host/x',
  ]) {
    it(`refuses ${JSON.stringify(url)} without repeating it`, () => {
      const text = refusal(() => rtsp(url));
      assert.match(text, /^source\.url: /);
      assert(!text.includes('ss@host'));
    });
  }
});
