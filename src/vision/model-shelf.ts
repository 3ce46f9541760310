import type { Clock } from '../clock.ts';
import type { ResolvedModel } from '../models/resolve.ts';
import type { Logger } from '../observe/logger.ts';
import { Detector } from '../pipeline/detector.ts';
import type { OpenRunner } from '../pipeline/inference/runner.ts';
import { Embedder } from '../pipeline/reid/embedder.ts';
import { Shelf, type Shelved } from './shelf.ts';

export type { Shelved } from './shelf.ts';

export interface ModelSource {
  /** Finds a model by the manifests and files as they are now. @throws EngineError MODEL_*, CONFIG_INVALID */
  find(name: string): Promise<ResolvedModel>;
  /** Where its network runs: on this thread, or on the device. */
  readonly open: OpenRunner;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * The models of one worker, by name: detectors, and the embedders that trackers with appearance use.
 *
 * A file that is exchanged under a name that is loaded changes nothing until the model has been released, which is a
 * minute after its last camera, or the node is restarted: results of one name in one run are of one model.
 */
export class ModelShelf {
  readonly detectors: Shelf<Detector>;
  readonly embedders: Shelf<Embedder>;

  constructor({ find, open, clock, log }: ModelSource) {
    this.detectors = new Shelf(
      async (name) => {
        const detector = await Detector.load(await find(name), open, log);
        const { model, size, provider } = detector;
        log.info({ model, size, provider }, 'model loaded');
        return detector;
      },
      clock,
      log,
    );
    this.embedders = new Shelf(async (name) => Embedder.load(await find(name), open, log), clock, log);
  }

  /** Holds a detector: it is loaded, and stays until it is dropped as often. */
  hold(name: string): void {
    this.detectors.hold(name);
  }

  drop(name: string): void {
    this.detectors.drop(name);
  }

  /** What is known of a detector now. */
  detector(name: string): Shelved<Detector> {
    return this.detectors.take(name);
  }

  /** Resolves when the detector is loaded or known to be unavailable. */
  settled(name: string): Promise<Shelved<Detector>> {
    return this.detectors.settled(name);
  }

  /** Releases what no camera has used in a while. */
  async sweep(): Promise<void> {
    await this.detectors.sweep();
    await this.embedders.sweep();
  }

  async close(): Promise<void> {
    await this.detectors.close();
    await this.embedders.close();
  }
}
