import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { firstTrackId, trackNumber } from '../src/track.ts';

describe('track ids', () => {
  it('are exact in a double until 2063 and grow with the moment the run began', () => {
    const last = firstTrackId(Date.UTC(2063, 0, 1)) + 65_534;
    assert.ok(Number.isSafeInteger(last));
    assert.ok(
      firstTrackId(Date.UTC(2026, 10, 21, 12, 0, 0, 10)) >
        firstTrackId(Date.UTC(2026, 10, 21, 12, 0, 0, 0)) + 65_000,
    );
  });

  it('show their place within the run', () => {
    const first = firstTrackId(Date.UTC(2026, 10, 21));
    assert.deepEqual([trackNumber(first), trackNumber(first + 41)], [1, 42]);
  });
});
