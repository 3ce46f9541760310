import { type RefObject, useEffect, useRef } from 'react';
import type { CameraStatus } from '../../../../src/camera.ts';
import type { CameraView } from '../api.ts';
import type { ServerClock } from '../live/use-clock-offset.ts';
import type { LivePicture } from '../live/use-overlay-painter.ts';
import { formatCountdown, formatTime } from '../ui/format.ts';
import { Message } from '../ui/message.tsx';
import { useNow } from '../ui/use-now.ts';
import { type Notice, stageNotice, stillAfterMs } from './stage-notice.ts';

const TONE = { quiet: 'text-white/85', warn: 'text-[oklch(0.86_0.13_80)]', bad: 'text-[oklch(0.8_0.12_25)]' };

/** The picture, and over it what keeps it from being live. Fills the positioned element around it. */
export function Stage({
  canvasRef,
  camera,
  status,
  picture,
  clock,
  isOnline,
  isVisible,
}: {
  canvasRef: RefObject<HTMLCanvasElement | null>;
  camera: CameraView;
  status: CameraStatus | undefined;
  picture: LivePicture;
  clock: ServerClock;
  isOnline: boolean;
  isVisible: boolean;
}) {
  const nowMs = useNow(clock.now);
  const watchedSinceMs = useRef<number | null>(null);
  const isWatched = isVisible && isOnline && status?.state === 'live';
  useEffect(() => {
    watchedSinceMs.current = isWatched ? Date.now() : null;
  }, [isWatched]);

  const seenAtMs = Math.max(picture.paintedAtMs ?? 0, watchedSinceMs.current ?? Number.POSITIVE_INFINITY);
  const stillMs = Date.now() - seenAtMs;
  const isStill = isWatched && stillMs > stillAfterMs(camera.analytics.fps);
  const notice = stageNotice(camera.enabled, status, picture.refusal, isStill ? stillMs : null);
  const isDimmed = notice !== null || !isOnline;

  return (
    <>
      <canvas
        ref={canvasRef}
        role="img"
        aria-label={`Live picture of ${camera.name} with the objects found in it`}
        className={`absolute inset-0 size-full motion-safe:transition-opacity motion-safe:duration-300 ${notice ? 'opacity-25' : isOnline ? '' : 'opacity-50'}`}
      />
      {picture.paintedAtMs === null && !notice && (
        <p className="pulse absolute inset-0 grid place-items-center text-white/60">Waiting for a picture…</p>
      )}
      {isDimmed && picture.paintedAtMs !== null && (
        <p className="absolute bottom-2 left-2 rounded bg-black/65 px-1.5 py-0.5 text-xs text-white/80">
          Last picture {formatTime(picture.paintedAtMs)}
        </p>
      )}
      {notice && <NoticePanel notice={notice} nowMs={nowMs} attempts={status?.attempts ?? 0} />}
    </>
  );
}

function NoticePanel({ notice, nowMs, attempts }: { notice: Notice; nowMs: number; attempts: number }) {
  return (
    <div className="absolute inset-0 grid place-items-center overflow-y-auto p-4 text-center text-white">
      <div className="max-w-md">
        <p className={`font-semibold ${TONE[notice.tone]}`}>{notice.title}</p>
        {notice.text && (
          <p className="mt-1 text-[13px] text-white/85 [overflow-wrap:anywhere]">
            <Message text={notice.text} />
          </p>
        )}
        {notice.nextTryAtMs !== null && (
          <p className="mt-1.5 text-[13px] text-white/65">
            Next try {formatCountdown(notice.nextTryAtMs, nowMs)}
            {attempts > 1 && ` · ${attempts} failed`}
          </p>
        )}
      </div>
    </div>
  );
}
