import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cellText, isNumeric } from '../../dashboards/web/src/query/cells.ts';
import {
  forgetToken,
  keepToken,
  readToken,
  type TokenStorage,
  takeTokenFromFragment,
} from '../../dashboards/web/src/session/session.ts';
import { splitCommands } from '../../dashboards/web/src/ui/command-in-text.ts';
import {
  DROP_MEANING,
  formatCountdown,
  formatDuration,
  lossRate,
} from '../../dashboards/web/src/ui/format.ts';
import { DROP_REASONS } from '../../src/frame.ts';

const commands = (message: string): string[] =>
  splitCommands(message)
    .filter(({ isCommand }) => isCommand)
    .map(({ text }) => text);

describe('a command in a message', () => {
  it('is found in backticks, in quotes and bare', () => {
    const command = 'npx sightline model pull yolox-s';
    assert.deepEqual(commands(`missing: run \`${command}\``), [command]);
    assert.deepEqual(commands(`missing: run "${command}"`), [command]);
    assert.deepEqual(commands(`missing; run: ${command}.`), [command]);
  });

  it('leaves the words around it as they are', () => {
    const message = 'Run "npx sightline model verify" first, then try again.';
    const texts = splitCommands(message).map(({ text }) => text);
    assert.deepEqual(texts, ['Run ', 'npx sightline model verify', ' first, then try again.']);
    assert.deepEqual(splitCommands('no video for 5 s'), [{ text: 'no video for 5 s', isCommand: false }]);
  });
});

describe('figures', () => {
  it('are written in the unit that reads best', () => {
    const written = [84.4, 2440, 59_000, 185_000, 7_440_000, 270_000_000].map(formatDuration);
    assert.deepEqual(written, ['84 ms', '2.4 s', '59 s', '3 min 5 s', '2 h 4 min', '3 d 3 h']);
  });

  it('count down to now and not beyond', () => {
    assert.equal(formatCountdown(10_000, 2500), 'in 8 s');
    assert.equal(formatCountdown(10_000, 10_400), 'now');
    assert.equal(formatCountdown(600_000, 0), 'in 10 min');
  });

  it('are explained: every reason to drop a frame, and that of the motion gate', () => {
    for (const reason of [...DROP_REASONS, 'still']) assert.ok(DROP_MEANING[reason], reason);
  });

  it('count only frames as lost that were due', () => {
    assert.equal(lossRate({ sampled: 20, still: 3, stale: 0.5, superseded: 1 }), 1.5);
  });
});

describe('cells of an answer', () => {
  it('tell numbers from other columns', () => {
    const numeric = ['UInt64', 'Nullable(Float32)', 'LowCardinality(Nullable(Int8))', 'Decimal(9, 2)'];
    for (const type of numeric) assert.ok(isNumeric(type), type);
    for (const type of ['String', 'DateTime64(3)', 'Array(UInt8)', 'Interval'])
      assert.ok(!isNumeric(type), type);
  });

  it('show values without noise and without loss', () => {
    assert.equal(cellText(0.30000001192092896), '0.3');
    assert.equal(cellText('18446744073709551615'), '18446744073709551615');
    assert.equal(cellText(1_900_000_000_000_001), '1900000000000001');
    assert.equal(cellText([1, 'a']), '[1,"a"]');
    assert.equal(cellText(true), 'true');
  });
});

describe('the token', () => {
  it('is taken out of the fragment, which keeps the rest', () => {
    assert.deepEqual(takeTokenFromFragment('#token=abc%2B1'), { token: 'abc+1', hash: '' });
    assert.deepEqual(takeTokenFromFragment('#/cameras/gate&token=abc'), {
      token: 'abc',
      hash: '#/cameras/gate',
    });
    assert.deepEqual(takeTokenFromFragment('#token=100%'), { token: '100%', hash: '' });
    assert.deepEqual(takeTokenFromFragment('#/query'), { token: null, hash: '#/query' });
  });

  it('lies in one place, and nowhere after signing out', () => {
    const stores = { tab: memory(), device: memory() };
    keepToken(stores, 'a', true);
    keepToken(stores, 'b', false);
    assert.equal(readToken(stores), 'b');
    assert.equal(stores.device.size(), 0);
    forgetToken(stores);
    assert.equal(readToken(stores), null);
  });
});

function memory(): TokenStorage & { size(): number } {
  const map = new Map<string, string>();
  return {
    getItem: (key) => map.get(key) ?? null,
    setItem: (key, value) => void map.set(key, value),
    removeItem: (key) => void map.delete(key),
    size: () => map.size,
  };
}
