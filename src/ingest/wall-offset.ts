/** Below it a difference may come from a pause between two readings, and from slewing clocks. */
const STEP_MS = 1_000;

/**
 * How far the wall clock lies ahead of the monotonic one, with the steps made visible: somebody sets the
 * clock, NTP answers late after a boot without a battery-backed clock, the machine wakes from sleep.
 */
export class WallOffset {
  /** Wall clock minus monotonic clock, milliseconds, as it was after the last step; NaN before the first reading. */
  value = Number.NaN;

  /**
   * Takes one reading of both clocks.
   *
   * @returns by how much the wall clock was stepped since the readings before, milliseconds; 0 for not at all.
   */
  stepped(nowMs: number, elapsedMs: number): number {
    const offset = nowMs - elapsedMs;
    const stepMs = offset - this.value;
    if (Math.abs(stepMs) <= STEP_MS) return 0;
    this.value = offset;
    return Number.isNaN(stepMs) ? 0 : stepMs;
  }
}
