import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseSequenceInfo } from '../../../src/tracking/mot/seqinfo.ts';

const MOT17 = `[Sequence]
name=MOT17-13-FRCNN
imDir=img1
frameRate=25
seqLength=750
imWidth=1920
imHeight=1080
imExt=.jpg
`;

describe('seqinfo.ini', () => {
  it('tells name, length, frame rate and size', () => {
    const expected = { name: 'MOT17-13-FRCNN', frames: 750, fps: 25, width: 1920, height: 1080 };
    assert.deepEqual(parseSequenceInfo(MOT17, 'seqinfo.ini'), expected);
    const untidy = `\ufeff; made by hand\n${MOT17.replaceAll('=', ' = ').replaceAll('\n', ' \r\n')}`;
    assert.deepEqual(parseSequenceInfo(untidy, 'seqinfo.ini'), expected);
  });

  it('may leave everything out', () => {
    const { name, frames, fps } = parseSequenceInfo('[Sequence]\nname=\n', 'seqinfo.ini');
    assert.deepEqual([name, frames, fps], [undefined, undefined, undefined]);
  });

  it('is refused with the line of a number that is none', () => {
    for (const [line, message] of [
      ['frameRate=fast', /^s\.ini, line 2: frameRate is "fast", not a number above 0$/],
      ['frameRate=0', /frameRate is "0"/],
      ['seqLength=750.5', /seqLength is "750\.5", not a whole number above 0/],
      ['seqLength=', /seqLength is ""/],
    ] as const) {
      assert.throws(() => parseSequenceInfo(`[Sequence]\n${line}\n`, 's.ini'), {
        code: 'MOT_FILE_INVALID',
        message,
      });
    }
  });
});
