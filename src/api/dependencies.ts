import type { CameraStatus } from '../camera.ts';
import type { Config } from '../config/schema.ts';
import type { ModelListing } from '../models/manifest.ts';
import type { Logger } from '../observe/logger.ts';
import type { CameraRegistry } from '../registry/camera-registry.ts';

export interface QueryRequest {
  readonly sql: string;
  readonly parameters?: Record<string, unknown>;
}

export interface QueryAnswer {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly unknown[])[];
  readonly rowCount: number;
  readonly truncated: boolean;
  readonly elapsedMs: number;
}

export interface Readiness {
  readonly ready: boolean;
  readonly parts: Record<string, { up: boolean; detail?: string }>;
}

/** Everything the routes need of the rest of the hub. */
export interface ApiDependencies {
  readonly config: Pick<Config, 'server'>;
  readonly cameras: CameraRegistry;
  statusOf(cameraId: string): CameraStatus | undefined;
  /** Rejects with QUERY_REJECTED, QUERY_FAILED, QUERY_TIMEOUT, STORE_UNAVAILABLE. `signal`: the caller is gone. */
  query(request: QueryRequest, signal: AbortSignal): Promise<QueryAnswer>;
  /** The newest picture as JPEG; rejects with CAMERA_NOT_WATCHABLE, VISION_UNAVAILABLE. */
  snapshot(cameraId: string, signal: AbortSignal): Promise<Uint8Array>;
  readiness(): Promise<Readiness>;
  metricsText(): Promise<string>;
  models(): Promise<ModelListing[]>;
  readonly tokens: { verify(bearer: string | undefined): { readonly role: 'admin' } | undefined };
  readonly log: Logger;
  /** Where the built dashboard lies; may be missing, and may appear later. */
  readonly dashboardDir: string;
  /** The version that the API document states. */
  readonly version?: string;
}
