import { useRef } from 'react';
import type { CameraView } from '../api.ts';
import { useCameraHistory, useCameraStatus } from '../live/use-cameras.ts';
import { useOverlayPainter } from '../live/use-overlay-painter.ts';
import { useTruth } from '../live/use-truth.ts';
import type { PageContext } from '../page-context.ts';
import { BackIcon } from '../ui/icons.tsx';
import { useVisibility } from '../ui/use-visibility.ts';
import { CameraNumbers } from '../wall/camera-numbers.tsx';
import { Stage } from '../wall/stage.tsx';
import { shownState } from '../wall/stage-notice.ts';
import { StateBadge } from '../wall/state-badge.tsx';
import { TruthLine } from '../wall/truth-line.tsx';
import { CameraDetails } from './camera-details.tsx';
import { CameraHistory } from './camera-history-list.tsx';
import { CameraMenu } from './camera-menu.tsx';

/** One camera, large, with everything that is known of it. */
export function CameraPage({ cameraId, ...context }: PageContext & { cameraId: string }) {
  const { list, error } = context.cameras;
  const camera = list?.find(({ id }) => id === cameraId);
  if (camera) return <SingleCamera camera={camera} context={context} />;
  return (
    <div className="mt-16 text-center">
      <p role="status">{list ? `There is no camera ${cameraId}.` : (error ?? 'Loading…')}</p>
      <a href="#/" className="button mt-4">
        <BackIcon /> Wall
      </a>
    </div>
  );
}

function SingleCamera({ camera, context }: { camera: CameraView; context: PageContext }) {
  const { api, live, clock, cameras, isOnline, onRequest } = context;
  const stage = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const status = useCameraStatus(cameras.statuses, camera.id);
  const history = useCameraHistory(cameras.statuses, camera.id);
  const isVisible = useVisibility(stage);
  const truth = useTruth(api, camera, status?.analysis.inEffect != null);
  const isWatched = isVisible && camera.enabled;
  const picture = useOverlayPainter(canvas, live, camera.id, clock, isWatched, truth?.shown);
  const shape = status?.width && status.height ? `${status.width} / ${status.height}` : '16 / 9';

  return (
    <>
      <div className="mb-3 flex items-center gap-3">
        <a href="#/" className="button" aria-label="Back to the wall">
          <BackIcon /> <span className="max-sm:sr-only">Wall</span>
        </a>
        <h1 className="min-w-0 truncate text-base font-semibold">{camera.name}</h1>
        <StateBadge cameraId={camera.id} state={shownState(camera.enabled, status, isOnline)} />
        <span className="ml-auto">
          <CameraMenu camera={camera} onRequest={onRequest} />
        </span>
      </div>
      <div className="grid items-start gap-3 xl:grid-cols-[minmax(0,1fr)_24rem]">
        <section
          aria-label="Picture"
          data-testid={`camera-tile-${camera.id}`}
          className="overflow-clip rounded-lg border border-line bg-surface"
        >
          <div
            ref={stage}
            className="relative mx-auto max-h-[78dvh] min-h-48 w-full bg-black"
            style={{ aspectRatio: shape }}
          >
            <Stage
              canvasRef={canvas}
              camera={camera}
              status={status}
              picture={picture}
              clock={clock}
              isOnline={isOnline}
              isVisible={isVisible}
            />
          </div>
          <CameraNumbers status={camera.enabled && isOnline ? status : undefined} picture={picture} />
          {truth && <TruthLine watch={truth} />}
        </section>
        <div className="grid gap-3 md:max-xl:grid-cols-2">
          <CameraDetails camera={camera} status={status} picture={picture} truth={truth} clock={clock} />
          <CameraHistory history={history} />
        </div>
      </div>
    </>
  );
}
