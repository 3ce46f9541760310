import type { CameraStatus } from '../../../../src/camera.ts';
import { isNormalDrop } from '../ui/format.ts';

/** Something that happened to a camera while this page was open. */
export interface HistoryEntry {
  readonly atMs: number;
  readonly kind: 'state' | 'error' | 'drop';
  readonly text: string;
  /** For drops: the reason and how many frames, so that a run of them becomes one line. */
  readonly reason?: string;
  readonly count?: number;
}

/** What to say of a camera's newest status, given the one before it (if any); nothing when nothing changed. */
export function changesBetween(
  before: CameraStatus | undefined,
  now: CameraStatus,
  atMs: number,
): HistoryEntry[] {
  const entries: HistoryEntry[] = [];
  if (before?.state !== now.state || before.sinceMs !== now.sinceMs) {
    entries.push({
      atMs: now.sinceMs,
      kind: 'state',
      text: now.reason ? `${now.state}: ${now.reason.message}` : now.state,
    });
  }
  const problem = now.analysis.problem;
  if (problem && before?.analysis.problem?.message !== problem.message) {
    entries.push({ atMs: problem.atMs, kind: 'error', text: problem.message });
  }
  const error = now.lastError;
  const isNews = error && (before?.lastError?.atMs !== error.atMs || before.lastError.code !== error.code);
  if (error && isNews && error.message !== now.reason?.message && error.message !== problem?.message) {
    entries.push({ atMs: error.atMs, kind: 'error', text: error.message });
  }
  if (before) {
    for (const [reason, total] of Object.entries(now.frames.dropped)) {
      if (isNormalDrop(reason)) continue;
      const earlier = before.frames.dropped[reason] ?? 0;
      const count = total < earlier ? total : total - earlier; // totals restart with the vision node
      if (count > 0) entries.push(dropEntry(atMs, reason, count));
    }
  }
  return entries;
}

function dropEntry(atMs: number, reason: string, count: number): HistoryEntry {
  return {
    atMs,
    kind: 'drop',
    reason,
    count,
    text: `${count} ${count === 1 ? 'frame' : 'frames'} dropped: ${reason}`,
  };
}

/** `history` with `news` in front, newest first, at most `limit` entries; drops for one reason in a row are added up. */
export function addToHistory(
  history: readonly HistoryEntry[],
  news: readonly HistoryEntry[],
  limit = 50,
): HistoryEntry[] {
  const result = [...history];
  for (const entry of [...news].sort((a, b) => a.atMs - b.atMs)) {
    const newest = result[0];
    if (entry.kind === 'drop' && newest?.kind === 'drop' && newest.reason === entry.reason) {
      result[0] = dropEntry(entry.atMs, entry.reason!, newest.count! + entry.count!);
    } else {
      result.unshift(entry);
    }
  }
  return result.slice(0, limit);
}
