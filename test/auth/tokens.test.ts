import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createTokens } from '../../src/auth/tokens.ts';

describe('the admin token', () => {
  it('is generated once, kept for its owner alone, and found again', (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'sightline-token-'));
    t.after(() => rmSync(dir, { recursive: true }));
    const first = createTokens({ dir });
    assert.match(first.adminToken, /^sl_[A-Za-z0-9_-]{43}$/);
    assert.deepEqual([first.generated, first.weak], [true, false]);
    assert.equal(readFileSync(join(dir, 'token'), 'utf8').trim(), first.adminToken);
    assert.equal(statSync(join(dir, 'token')).mode & 0o777, 0o600);
    const second = createTokens({ dir });
    assert.deepEqual([second.adminToken, second.generated], [first.adminToken, true]);
    // a token that is set wins, and is not written down
    const set = createTokens({ dir, token: 'short' });
    assert.deepEqual([set.adminToken, set.generated, set.weak], ['short', false, true]);
    assert.equal(set.verify(first.adminToken), undefined);
    assert.equal(readFileSync(join(dir, 'token'), 'utf8').trim(), first.adminToken);
  });

  it('is the only text that passes', () => {
    const tokens = createTokens({ dir: '/nowhere', token: 'the-right-token' });
    assert.deepEqual(tokens.verify('the-right-token'), { role: 'admin' });
    for (const wrong of [
      undefined,
      '',
      'the-right-toke',
      'the-right-token ',
      'THE-RIGHT-TOKEN',
      'x'.repeat(100_000),
    ]) {
      assert.equal(tokens.verify(wrong), undefined);
    }
  });
});
