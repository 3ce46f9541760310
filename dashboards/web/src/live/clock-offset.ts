/** One question for the hub's clock: local monotonic milliseconds around the hub's wall clock. */
export interface ClockSample {
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
  readonly serverNowMs: number;
}

export interface ClockOffset {
  /** Add it to the local monotonic clock to get the hub's wall clock. */
  readonly offsetMs: number;
  /** The offset is off by at most this much: half the round trip of the sample it comes from. */
  readonly errorMs: number;
}

/**
 * The offset between the local clock and the hub's, from the sample with the shortest round trip.
 *
 * As in NTP (RFC 5905, sections 8 and 10): offset = server - (sent + received) / 2, and among several
 * samples the one with the least delay is the least disturbed by queues.
 *
 * @returns null when there is no sample
 */
export function estimateOffset(samples: readonly ClockSample[]): ClockOffset | null {
  let best: ClockOffset | null = null;
  for (const { sentAtMs, receivedAtMs, serverNowMs } of samples) {
    const errorMs = (receivedAtMs - sentAtMs) / 2;
    if (errorMs < 0 || (best && errorMs >= best.errorMs)) continue;
    best = { offsetMs: serverNowMs - (sentAtMs + receivedAtMs) / 2, errorMs };
  }
  return best;
}
