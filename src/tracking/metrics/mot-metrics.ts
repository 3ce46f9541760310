import { addClear, type ClearCounts, type ClearScores, clearCounts, clearScores } from './clear.ts';
import { addHota, type HotaCounts, type HotaScores, hotaCounts, hotaScores } from './hota.ts';
import {
  addIdentity,
  type IdentityCounts,
  type IdentityScores,
  identityCounts,
  identityScores,
} from './identity.ts';
import type { Sequence } from './sequence.ts';

/** Everything measured of a tracker's result, under the names that the field's papers use. */
export type MotScores = HotaScores & ClearScores & IdentityScores;

/** What the metrics are computed from; adds up over sequences. */
export interface MotCounts {
  readonly hota: HotaCounts;
  readonly clear: ClearCounts;
  readonly identity: IdentityCounts;
}

export function motCounts(sequence: Sequence): MotCounts {
  return {
    hota: hotaCounts(sequence),
    clear: clearCounts(sequence),
    identity: identityCounts(sequence),
  };
}

/** The counts of several sequences as those of one long one, in which no object is in two sequences. */
export function addMotCounts(all: readonly MotCounts[]): MotCounts {
  return {
    hota: addHota(all.map(({ hota }) => hota)),
    clear: addClear(all.map(({ clear }) => clear)),
    identity: addIdentity(all.map(({ identity }) => identity)),
  };
}

export function motScores({ hota, clear, identity }: MotCounts): MotScores {
  return { ...hotaScores(hota), ...clearScores(clear), ...identityScores(identity) };
}
