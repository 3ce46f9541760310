import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { DEMO_LAYOUT } from '../../../tools/scene/layout.ts';
import { DENSITIES } from '../../../tools/scene/traffic/density.ts';
import { clashes } from '../../../tools/scene/traffic/overlap.ts';
import { simulate } from '../../../tools/scene/traffic/simulate.ts';
import { HARDEST } from '../../../tools/scene/traffic/vehicle.ts';
import { type Agent, SAMPLE, type Traffic } from '../../../tools/scene/traffic-types.ts';

const PERIOD_MS = 60_000;
const STEP_MS = 40;
const DENSITY = { ...DENSITIES.quiet, stoppingPerMinute: 1, wrongWay: 1, crowd: 4 };
const options = { layout: DEMO_LAYOUT, density: DENSITY, seed: 3, periodMs: PERIOD_MS, stepMs: STEP_MS };

let traffic: Traffic;
before(() => {
  traffic = simulate(options);
});

function* pairs({ samples }: Agent): Generator<[Float32Array, Float32Array]> {
  for (let i = 0; i + 2 * SAMPLE <= samples.length; i += SAMPLE)
    yield [samples.subarray(i, i + SAMPLE), samples.subarray(i + SAMPLE, i + 2 * SAMPLE)];
}

describe('traffic that repeats itself', () => {
  it('is the same for the same seed, and another for another', () => {
    const again = simulate(options);
    assert.deepEqual(again.agents, traffic.agents);
    assert.notDeepEqual(simulate({ ...options, seed: 4 }).agents, traffic.agents);
  });

  it('has in it all that its density names', () => {
    const counts = new Map<string, number>();
    for (const { behaviour } of traffic.agents) counts.set(behaviour, (counts.get(behaviour) ?? 0) + 1);
    assert.equal((counts.get('through') ?? 0) + (counts.get('turning') ?? 0), 4 + 1 + 4 + 1 + 2);
    assert.equal(counts.get('walking'), 8);
    assert.equal(counts.get('stopping'), 1);
    assert.equal(counts.get('wrong-way'), 1);
    assert.equal(counts.get('crowd'), 4);
    assert.equal(counts.get('loitering'), 2);
    assert.ok((counts.get('group') ?? 0) >= 2);
    assert.ok((counts.get('parked') ?? 0) > 0);
  });

  it('lets no vehicle into anything, and no two strangers into one place, at any time of the loop', () => {
    assert.deepEqual(clashes(traffic), []);
  });

  it('moves everybody as fast as they say, from first to last, the end of the loop included', () => {
    for (const agent of traffic.agents) {
      if (agent.behaviour === 'parked') continue;
      const person = agent.kind === 'person';
      for (const [p, q] of pairs(agent)) {
        const moved = Math.hypot(q[0]! - p[0]!, q[1]! - p[1]!);
        const said = ((p[3]! + q[3]!) / 2) * (STEP_MS / 1000);
        // those on foot also step aside; a vehicle's middle cuts the corner that its front axle takes
        assert.ok(moved <= said + (person ? 0.06 : 0.03), `${agent.kind} ${agent.id}: ${moved} m in a step`);
        if (!person)
          assert.ok(moved >= said * 0.9 - 0.03, `${agent.kind} ${agent.id}: ${moved} m, said ${said} m`);
      }
    }
  });

  it('brakes and gains no harder than drivers do', () => {
    for (const agent of traffic.agents) {
      if (agent.kind === 'person') continue;
      for (const [p, q] of pairs(agent)) {
        const change = (q[3]! - p[3]!) / (STEP_MS / 1000);
        // whoever comes to rest may lose the last 0.02 m/s at once
        assert.ok(Math.abs(change) <= HARDEST + 0.6, `${agent.kind} ${agent.id}: ${change} m/s2`);
      }
    }
  });

  it('keeps vehicles behind their stop line while their light is red', () => {
    const stopLineX =
      5.6 + DEMO_LAYOUT.crossingSetback + DEMO_LAYOUT.crossingWidth + DEMO_LAYOUT.stopLineSetback;
    let waited = 0;
    for (const agent of traffic.agents) {
      if (agent.kind === 'person' || agent.behaviour === 'wrong-way' || agent.behaviour === 'parked')
        continue;
      let i = 0;
      for (const [p, q] of pairs(agent)) {
        const nose = (s: Float32Array): number => s[0]! + (Math.cos(s[2]!) * agent.size.length) / 2;
        const eastbound = Math.abs(Math.cos(p[2]!) - 1) < 0.01;
        const atMs = (agent.startMs + i * STEP_MS) % PERIOD_MS;
        i++;
        if (!eastbound) continue;
        const crosses = nose(p) <= -stopLineX && nose(q) > -stopLineX;
        if (crosses)
          assert.notEqual(traffic.light('east-west', atMs), 'red', `${agent.kind} ${agent.id} at ${atMs}`);
        if (p[3] === 0) waited++;
      }
    }
    assert.ok(waited > 25, 'somebody waits for more than a second');
  });

  it('lets people onto the road only while they may cross it', () => {
    const kerbY = 2 * DEMO_LAYOUT.eastWest.laneWidth + DEMO_LAYOUT.eastWest.cycleLane;
    let crossings = 0;
    for (const agent of traffic.agents) {
      if (agent.behaviour !== 'walking' && agent.behaviour !== 'group') continue;
      let i = 0;
      for (const [p, q] of pairs(agent)) {
        const atMs = (agent.startMs + i++ * STEP_MS) % PERIOD_MS;
        if (!(Math.abs(p[1]!) > kerbY && Math.abs(q[1]!) <= kerbY)) continue;
        crossings++;
        // the first step is up to a second after the decision
        const might = [0, 500, 1000, 1500, 2000].some((ago) =>
          traffic.walk('east-west', (atMs - ago + PERIOD_MS) % PERIOD_MS),
        );
        assert.ok(might, `person ${agent.id} at ${atMs}`);
      }
    }
    assert.ok(crossings > 0);
  });
});
