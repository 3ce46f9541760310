import type { ErrorCode } from '../../../errors.ts';
import type { Provider } from '../../../providers.ts';
import type { InputSize } from '../../letterbox.ts';
import type { RunnerSpec } from '../runner.ts';
import type { SlotMemory } from './slots.ts';

/** Analysis worker to the device's thread. */
export type ToDevice =
  | { readonly type: 'open'; readonly request: number; readonly spec: RunnerSpec }
  | { readonly type: 'prepare'; readonly request: number; readonly runner: number; readonly size: InputSize }
  /** The slot holds a picture. */
  | {
      readonly type: 'run';
      readonly queue: number;
      readonly slot: number;
      readonly sourceWidth: number;
      readonly sourceHeight: number;
      /** On the clock of `monotonicMs`. */
      readonly atMs: number;
    }
  | { readonly type: 'release'; readonly runner: number };

/** The device's thread to an analysis worker. */
export type FromDevice =
  | {
      readonly type: 'opened';
      readonly request: number;
      readonly runner: number;
      readonly provider: Provider;
    }
  | {
      readonly type: 'prepared';
      readonly request: number;
      readonly queue: number;
      readonly slots: SlotMemory;
    }
  | { readonly type: 'refused'; readonly request: number; readonly failure: Failure }
  /** The slot holds the outputs, or the run failed; one message a picture. */
  | { readonly type: 'answer'; readonly queue: number; readonly slot: number; readonly failure?: Failure };

/** An `EngineError` as it crosses threads. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
}
