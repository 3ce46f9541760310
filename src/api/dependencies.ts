import type { CameraStatus } from '../camera.ts';
import type { Config } from '../config/schema.ts';
import type { ModelListing } from '../models/list.ts';
import type { Logger } from '../observe/logger.ts';
import type { CameraRegistry } from '../registry/camera-registry.ts';
import type { QueryResult, UserQuery } from '../store/query.ts';

export interface Readiness {
  readonly ready: boolean;
  readonly parts: Record<string, { up: boolean; detail?: string }>;
}

/** Everything the routes need of the rest of the hub. */
export interface ApiDependencies {
  readonly config: Pick<Config, 'server' | 'demo'>;
  readonly cameras: CameraRegistry;
  statusOf(cameraId: string): CameraStatus | undefined;
  /** Rejects with QUERY_REJECTED, QUERY_FAILED, QUERY_TIMEOUT, STORE_UNAVAILABLE. `signal`: the caller is gone. */
  query(request: UserQuery, signal: AbortSignal): Promise<QueryResult>;
  /** The newest picture as JPEG; rejects with CAMERA_NOT_WATCHABLE, VISION_UNAVAILABLE. */
  snapshot(cameraId: string, signal: AbortSignal): Promise<Uint8Array>;
  readiness(): Promise<Readiness>;
  metricsText(): Promise<string>;
  models(): Promise<ModelListing[]>;
  /** Why the user's own manifest of models is left out; null when nothing is wrong with it. */
  modelsProblem?(): Promise<string | null>;
  /** Judges tokens (without the word `Bearer`). */
  readonly guard: {
    /** Counts a wrong one for its address; too many there are `locked` for `waitMs`. */
    check(
      token: string | undefined,
      address: string,
    ):
      | { readonly allowed: true }
      | { readonly allowed: false; readonly reason: 'missing' | 'wrong' }
      | { readonly allowed: false; readonly reason: 'locked'; readonly waitMs: number };
    /** Undefined for a wrong one, without counting. */
    verify(token: string | undefined): unknown;
  };
  readonly log: Logger;
  /** Where the built dashboard lies; may be missing, and may appear later. */
  readonly dashboardDir: string;
  /** The version that the API document states. */
  readonly version?: string;
}
