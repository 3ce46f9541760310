import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type TurnMember, Turns } from '../../src/pipeline/turns.ts';

/** Cameras that share a worker, stepped: every step ends the turns that are held and lets cameras ask again. */
function worker(capacity = 1) {
  const turns = new Turns(capacity);
  const held: Array<() => void> = [];
  const order: string[] = [];
  const asking: Array<() => void> = [];
  return {
    turns,
    order,
    /** A camera that always has a frame to analyse. */
    busy(name: string, weight: () => number) {
      const member = turns.member(weight);
      const ask = (): void => {
        member.ask((end) => {
          order.push(name);
          held.push(() => {
            end();
            ask();
          });
        });
      };
      ask();
    },
    once(name: string, member: TurnMember) {
      return member.ask((end) => {
        order.push(name);
        held.push(end);
      });
    },
    async step(count = 1) {
      for (let i = 0; i < count; i++) {
        for (const end of held.splice(0)) end();
        for (const ask of asking.splice(0)) ask();
        await Promise.resolve();
      }
    },
    turnsOf: (name: string, from = 0) => order.slice(from).filter((other) => other === name).length,
  };
}

describe('Turns', () => {
  it('goes round when all weigh the same', async () => {
    const { busy, step, order } = worker();
    for (const name of ['a', 'b', 'c']) busy(name, () => 5);
    await step(8);
    assert.equal(order.join(''), 'abcabcabc');
  });

  it('serves in proportion to weights under overload', async () => {
    const { busy, step, turnsOf } = worker();
    busy('a', () => 10);
    busy('b', () => 5);
    busy('c', () => 1);
    await step(1_599);
    for (const [name, share] of [
      ['a', 1_000],
      ['b', 500],
      ['c', 100],
    ] as const) {
      assert.ok(Math.abs(turnsOf(name) - share) <= 2, `${name}: ${turnsOf(name)} of ${share}`);
    }
  });

  it('gives all weights the same share of several turns at a time', async () => {
    const { busy, step, turnsOf } = worker(3);
    const weights = { a: 9, b: 3, c: 3, d: 3 };
    for (const [name, weight] of Object.entries(weights)) busy(name, () => weight);
    await step(600);
    // a camera holds one turn at a time: the third that is most of `a` is what 9 of 18 can get of 3
    assert.ok(Math.abs(turnsOf('a') - 600) <= 3, `${turnsOf('a')}`);
    for (const name of ['b', 'c', 'd']) assert.ok(Math.abs(turnsOf(name) - 400) <= 3, `${turnsOf(name)}`);
  });

  it('gives who comes late no back pay, and who was there no penalty', async () => {
    const { busy, step, turnsOf, order } = worker();
    busy('a', () => 5);
    await step(1_000);
    busy('late', () => 5);
    const from = order.length;
    await step(100);
    assert.ok(Math.abs(turnsOf('late', from) - 50) <= 1);
    assert.ok(Math.abs(turnsOf('a', from) - 50) <= 1);
  });

  it('starves nobody: the lightest waits for a bounded number of turns of each other', async () => {
    const { busy, step, order } = worker();
    for (let i = 0; i < 9; i++) busy(`heavy${i}`, () => 10);
    busy('light', () => 1);
    await step(2_000);
    const at = order.flatMap((name, i) => (name === 'light' ? [i] : []));
    assert.ok(at.length > 15);
    for (let i = 1; i < at.length; i++) assert.ok(at[i] - at[i - 1] <= 9 * 11 + 1);
  });

  it('takes up a changed weight', async () => {
    const { busy, step, turnsOf, order } = worker();
    let weight = 1;
    busy('a', () => weight);
    busy('b', () => 1);
    await step(100);
    weight = 4;
    await step(1); // the turn that was granted before
    const from = order.length;
    await step(100);
    assert.ok(Math.abs(turnsOf('a', from) - 80) <= 2, `${turnsOf('a', from)}`);
  });

  it('charges nothing for a turn that was not used', async () => {
    const { turns, busy, step, order } = worker();
    busy('b', () => 1);
    const member = turns.member(() => 1);
    member.ask((end) => end(false)); // its frame had become stale
    await step(1);
    const from = order.length;
    member.ask(() => order.push('a'));
    await step(1);
    assert.equal(order[from], 'a');
  });

  it('forgets a request that is withdrawn, and an end that is told twice', async () => {
    const { turns, once, step, order } = worker();
    let endTwice = (): void => undefined;
    turns.member().ask((end) => {
      endTwice = end;
    });
    const withdraw = once('b', turns.member());
    once('c', turns.member());
    once('d', turns.member());
    assert.equal(turns.waiting, 3);
    withdraw();
    endTwice();
    endTwice();
    await step(0);
    await Promise.resolve();
    assert.deepEqual(order, ['c']);
    assert.equal(turns.waiting, 1);
  });
});
