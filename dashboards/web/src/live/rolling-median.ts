/** The median of what was pushed within the last `windowMs`; null when nothing was. */
export interface RollingMedian {
  push(value: number, atMs: number): void;
  median(nowMs: number): number | null;
  /** How many values lie in the window. */
  count(nowMs: number): number;
  clear(): void;
}

export function createRollingMedian(windowMs: number): RollingMedian {
  let entries: { value: number; atMs: number }[] = [];
  const recent = (nowMs: number) => {
    entries = entries.filter(({ atMs }) => nowMs - atMs <= windowMs);
    return entries;
  };
  return {
    push(value, atMs) {
      recent(atMs).push({ value, atMs });
    },
    median(nowMs) {
      const values = recent(nowMs)
        .map(({ value }) => value)
        .sort((a, b) => a - b);
      if (values.length === 0) return null;
      const middle = values.length >> 1;
      return values.length % 2 ? values[middle]! : (values[middle - 1]! + values[middle]!) / 2;
    },
    count: (nowMs) => recent(nowMs).length,
    clear() {
      entries = [];
    },
  };
}
