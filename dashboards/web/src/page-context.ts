import type { Api } from './api.ts';
import type { DialogRequest } from './camera/camera-dialogs.tsx';
import type { LiveClient } from './live/live-client.ts';
import type { Cameras } from './live/use-cameras.ts';
import type { ServerClock } from './live/use-clock-offset.ts';

/** What the pages that show cameras share. */
export interface PageContext {
  readonly api: Api;
  readonly live: LiveClient | null;
  readonly clock: ServerClock;
  readonly cameras: Cameras;
  readonly isOnline: boolean;
  onRequest(request: DialogRequest): void;
}
