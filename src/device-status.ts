import type { Provider } from './providers.ts';

/** What the batches of one model at one input size did so far, on a device that all workers share. */
export interface BatchCounts {
  batches: number;
  pictures: number;
  /** The most pictures that one batch had. */
  largest: number;
  /** Places of batches that held no picture. */
  padding: number;
  /** Pictures answered with an error. */
  failed: number;
  memoryFailures: number;
  /** Milliseconds from being handed over to the begin of the run, summed over pictures. */
  waitMs: number;
  /** Milliseconds of runs, summed up. */
  runMs: number;
}

export interface DeviceQueueStatus extends Readonly<BatchCounts> {
  /** `name@version` */
  readonly model: string;
  readonly provider: Provider;
  /** `width x height`, pixels. */
  readonly input: string;
  /** The most pictures of one run that memory allows. */
  readonly maxBatch: number;
  /** Pictures that wait now. */
  readonly waiting: number;
}
