import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRooms, type Joined } from '../../dashboards/web/src/live/rooms.ts';

/** A hub that notes what it is asked and gives the answers in turn (yes, when there are none left). */
function fakeHub(answers: Joined[] = []) {
  const asked: string[] = [];
  const told: [member: string, message: string | null][] = [];
  const rooms = createRooms<string>(
    {
      join: async (cameraId) => {
        asked.push(`join ${cameraId}`);
        return answers.shift() ?? { ok: true };
      },
      leave: (cameraId) => asked.push(`leave ${cameraId}`),
      refused: (member, message) => told.push([member, message]),
    },
    1,
  );
  return { asked, told, rooms };
}

describe('rooms', () => {
  it('are joined with the first member and left with the last', () => {
    const { asked, rooms } = fakeHub();
    const tile = rooms.add('gate', 'tile');
    const page = rooms.add('gate', 'page');
    assert.deepEqual([...rooms.members('gate')], ['tile', 'page']);
    tile();
    assert.deepEqual(asked, ['join gate']);
    page();
    page(); // twice does no harm
    assert.deepEqual(asked, ['join gate', 'leave gate']);
    assert.deepEqual([...rooms.members('gate')], []);
  });

  it('are all joined again on a new connection, but not those left meanwhile', () => {
    const { asked, rooms } = fakeHub();
    rooms.add('gate', 'a');
    const leave = rooms.add('yard', 'b');
    rooms.add('dock', 'c');
    leave();
    asked.length = 0;
    rooms.rejoin();
    assert.deepEqual(asked, ['join gate', 'join dock']);
  });

  it('tell a refusal to those who watch, try again, and tell when it is over', async () => {
    const refusal: Joined = { ok: false, message: 'no camera gate', isFinal: false };
    const { asked, told, rooms } = fakeHub([refusal]);
    rooms.add('gate', 'tile');
    for (let turn = 0; turn < 500 && asked.length < 2; turn++) await new Promise(setImmediate);
    await new Promise(setImmediate);
    assert.deepEqual(asked, ['join gate', 'join gate']);
    assert.deepEqual(told, [
      ['tile', 'no camera gate'],
      ['tile', null],
    ]);
    rooms.close();
  });

  it('do not try again after they were left', async () => {
    const { asked, told, rooms } = fakeHub([{ ok: false, message: 'no', isFinal: false }]);
    rooms.add('gate', 'tile')();
    await new Promise(setImmediate);
    assert.deepEqual(asked, ['join gate', 'leave gate']);
    assert.deepEqual(told, []);
  });
});
