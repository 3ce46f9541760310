import assert from 'node:assert/strict';
import { it } from 'node:test';
import { waitFor } from './wait-for.ts';

it('returns the first truthy answer, however the checks before it failed', async () => {
  let calls = 0;
  const answer = await waitFor('the third call', () => {
    calls++;
    if (calls === 1) throw new Error('not yet');
    return calls === 3 && 'there';
  });
  assert.equal(answer, 'there');
  assert.equal(calls, 3);
});

it('names what it waited for, with the last failure as the cause', async () => {
  const cause = new Error('still closed');
  const waiting = waitFor('the door', () => Promise.reject(cause), { timeoutMs: 1, pollMs: 1 });
  await assert.rejects(waiting, { message: 'waited 1 ms in vain for the door', cause });
});
