import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { EngineError } from '../../src/errors.ts';
import { RELEASE_AFTER_MS, Shelf } from '../../src/vision/shelf.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const log = pino({ level: 'silent' });

/** A shelf whose models take a second to load. */
function shelf() {
  const clock = new VirtualClock();
  const files = { broken: false };
  const loaded: string[] = [];
  const released: string[] = [];
  const models = new Shelf(
    async (name: string) => {
      await clock.sleep(1_000);
      if (files.broken) throw new EngineError('MODEL_MISSING', `${name} is not there`);
      loaded.push(name);
      return { name, release: async () => void released.push(name) };
    },
    clock,
    log,
  );
  return { clock, files, models, loaded, released };
}

describe('a shelf of models', () => {
  it('loads a model once for all that hold it', async () => {
    const { clock, models, loaded } = shelf();
    models.hold('a');
    models.hold('a');
    assert.equal(models.take('a').state, 'loading');
    await clock.advance(1_000);
    const shelved = models.take('a');
    assert.equal(shelved.state === 'running' && shelved.value.name, 'a');
    assert.deepEqual(loaded, ['a']);
  });

  it('keeps a model while it is held, and a while longer', async () => {
    const { clock, models, loaded, released } = shelf();
    models.hold('a');
    models.hold('a');
    await clock.advance(10 * RELEASE_AFTER_MS);
    await models.sweep();
    models.drop('a');
    await clock.advance(10 * RELEASE_AFTER_MS);
    await models.sweep();
    models.drop('a');
    await clock.advance(RELEASE_AFTER_MS - 1);
    await models.sweep();
    assert.deepEqual(released, []);
    await clock.advance(1);
    await models.sweep();
    assert.deepEqual(released, ['a']);
    models.hold('a');
    await clock.advance(1_000);
    assert.deepEqual(loaded, ['a', 'a']);
  });

  it('loads another while one serves: who swaps has both', async () => {
    const { clock, models, released } = shelf();
    models.hold('old');
    await clock.advance(1_000);
    models.hold('new');
    assert.equal(models.take('old').state, 'running');
    assert.equal(models.take('new').state, 'loading');
    await clock.advance(1_000);
    assert.equal(models.take('new').state, 'running');
    models.drop('old');
    await clock.advance(RELEASE_AFTER_MS);
    await models.sweep();
    assert.deepEqual(released, ['old']);
  });

  it('looks again after a failure, while somebody asks', async () => {
    const { clock, files, models } = shelf();
    files.broken = true;
    models.hold('a');
    await clock.advance(1_000);
    const failed = models.take('a');
    assert.equal(failed.state === 'unavailable' && failed.problem.code, 'MODEL_MISSING');
    files.broken = false;
    await clock.advance(2_999);
    models.take('a');
    await clock.advance(1_000);
    assert.equal(models.take('a').state, 'unavailable'); // it was too soon to look again
    await clock.advance(1_000);
    assert.equal(models.take('a').state, 'running');
  });

  it('releases all when it closes, also what is still being loaded', async () => {
    const { clock, models, released } = shelf();
    models.hold('a');
    await clock.advance(1_000);
    models.hold('b');
    const closed = models.close();
    await clock.advance(1_000);
    await closed;
    assert.deepEqual(released, ['a', 'b']);
  });
});
