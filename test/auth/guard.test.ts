import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createGuard } from '../../src/auth/guard.ts';
import { createTokens } from '../../src/auth/tokens.ts';

const RIGHT = 'the-right-token';

function guarded() {
  const clock = { elapsedMs: 1_000, elapsed: () => clock.elapsedMs };
  const guard = createGuard({ tokens: createTokens({ dir: '/nowhere', token: RIGHT }), clock });
  return { clock, guard };
}

describe('the guard', () => {
  it('tells an address to wait after 100 wrong tokens within a minute, and only it', () => {
    const { clock, guard } = guarded();
    for (let n = 0; n < 100; n++) {
      assert.deepEqual(guard.check(`guess-${n}`, '10.0.0.9'), { allowed: false, reason: 'wrong' });
    }
    clock.elapsedMs += 20_000;
    assert.deepEqual(guard.check('guess', '10.0.0.9'), { allowed: false, reason: 'locked', waitMs: 40_000 });
    assert.deepEqual(guard.check('guess', '10.0.0.10'), { allowed: false, reason: 'wrong' });
    clock.elapsedMs += 40_000;
    assert.deepEqual(guard.check('guess', '10.0.0.9'), { allowed: false, reason: 'wrong' });
  });

  it('lets the right token pass, whatever came from its address before', () => {
    const { guard } = guarded();
    for (let n = 0; n < 200; n++) guard.check('guess', '10.0.0.9');
    assert.deepEqual(guard.check(RIGHT, '10.0.0.9'), { allowed: true, identity: { role: 'admin' } });
    assert.equal(guard.check('guess', '10.0.0.9').allowed, false);
  });

  it('does not count requests without a token, nor verify', () => {
    const { guard } = guarded();
    for (let n = 0; n < 200; n++) {
      assert.deepEqual(guard.check(undefined, 'a'), { allowed: false, reason: 'missing' });
      assert.equal(guard.verify('guess'), undefined);
    }
    assert.deepEqual(guard.check('guess', 'a'), { allowed: false, reason: 'wrong' });
    assert.deepEqual(guard.verify(RIGHT), { role: 'admin' });
  });

  it('remembers no more than 10,000 addresses', () => {
    const { guard } = guarded();
    for (let n = 0; n < 100; n++) guard.check('guess', 'first');
    for (let n = 0; n < 9_999; n++) guard.check('guess', `a${n}`);
    assert.equal((guard.check('guess', 'first') as { reason: string }).reason, 'locked');
    guard.check('guess', 'one more');
    assert.equal((guard.check('guess', 'first') as { reason: string }).reason, 'wrong');
  });
});
