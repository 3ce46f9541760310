import type { AgentKind } from './traffic-types.ts';

/** What the detector calls it: a van is a car, as in most labelled pictures of streets. */
export function labelOf(kind: AgentKind): 'person' | 'bicycle' | 'car' | 'bus' | 'truck' {
  return kind === 'van' ? 'car' : kind;
}
