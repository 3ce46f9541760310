import { useRef } from 'react';
import type { CameraView } from '../api.ts';
import { CameraMenu } from '../camera/camera-menu.tsx';
import { useCameraStatus } from '../live/use-cameras.ts';
import { useOverlayPainter } from '../live/use-overlay-painter.ts';
import { useTruth } from '../live/use-truth.ts';
import type { PageContext } from '../page-context.ts';
import { useVisibility } from '../ui/use-visibility.ts';
import { CameraNumbers } from './camera-numbers.tsx';
import { Stage } from './stage.tsx';
import { shownState } from './stage-notice.ts';
import { StateBadge } from './state-badge.tsx';
import { TruthLine } from './truth-line.tsx';

/** One camera on the wall. Its pictures are asked for only while the tile can be seen. */
export function CameraTile({ camera, context }: { camera: CameraView; context: PageContext }) {
  const { api, live, clock, cameras, isOnline, onRequest } = context;
  const tile = useRef<HTMLElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const status = useCameraStatus(cameras.statuses, camera.id);
  const isVisible = useVisibility(tile);
  const truth = useTruth(api, camera, status?.analysis.inEffect != null);
  const isWatched = isVisible && camera.enabled;
  const picture = useOverlayPainter(canvas, live, camera.id, clock, isWatched, truth?.shown);
  const href = `#/cameras/${camera.id}`;
  const isHealthy = status?.state === 'live' && status.analysis.problem === null;

  return (
    <article
      ref={tile}
      data-testid={`camera-tile-${camera.id}`}
      aria-label={`Camera ${camera.name}`}
      className="relative flex min-w-0 flex-col rounded-lg border border-line bg-surface"
    >
      <header className="flex h-10 items-center gap-2.5 pl-3">
        <h3 className="min-w-0 truncate font-semibold">
          {/* the link reaches over the picture, except where that has something to copy or to read */}
          <a
            href={href}
            className={`hover:underline ${isHealthy ? "after:absolute after:inset-x-0 after:top-10 after:z-10 after:aspect-video after:content-['']" : ''}`}
          >
            {camera.name}
          </a>
        </h3>
        {camera.name !== camera.id && (
          <span className="min-w-0 truncate font-mono text-xs text-ink-faint">{camera.id}</span>
        )}
        <span className="ml-auto">
          <StateBadge cameraId={camera.id} state={shownState(camera.enabled, status, isOnline)} />
        </span>
        <CameraMenu camera={camera} onRequest={onRequest} />
      </header>
      <div className="relative aspect-video overflow-hidden bg-black">
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
    </article>
  );
}
