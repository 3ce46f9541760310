/** A rate with one decimal: `25.0`; a dash when it is not known. */
export function formatRate(perSecond: number | null | undefined): string {
  return perSecond == null ? '–' : perSecond.toFixed(1);
}

/** A duration in the unit that reads best: `84 ms`, `2.4 s`, `3 min 5 s`, `2 h 4 min`, `5 d 3 h`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** Seconds until `atMs`, never negative, in words: `in 7 s`, or `now`. */
export function formatCountdown(atMs: number, nowMs: number): string {
  const seconds = Math.ceil((atMs - nowMs) / 1000);
  if (seconds <= 0) return 'now';
  if (seconds < 90) return `in ${seconds} s`;
  return `in ${Math.ceil(seconds / 60)} min`;
}

const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

/** The local time of day, with seconds. */
export function formatTime(atMs: number): string {
  return CLOCK.format(atMs);
}

const COUNT = new Intl.NumberFormat('en');

export function formatCount(n: number): string {
  return COUNT.format(n);
}

/** What a drop reason means, for people. Unknown reasons (a newer hub) stand as they are. */
export const DROP_MEANING: Record<string, string> = {
  sampled: 'not due at this analysed rate; normal',
  still: 'decoded, but the picture stands still; normal',
  superseded: 'a newer frame took its place: the machine is busy',
  stale: 'waited too long: the machine is overloaded',
  model: 'the model is missing or failed',
  stopped: 'the camera was stopped or changed meanwhile',
};

/** Whether frames dropped for this reason were not due: all is well. */
export function isNormalDrop(reason: string): boolean {
  return reason === 'sampled' || reason === 'still';
}

/** Frames a second that were dropped although they were due. */
export function lossRate(dropped: Readonly<Record<string, number>>): number {
  return Object.entries(dropped).reduce(
    (sum, [reason, rate]) => (isNormalDrop(reason) ? sum : sum + rate),
    0,
  );
}
