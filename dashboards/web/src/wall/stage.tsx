import { type RefObject, useEffect, useRef } from 'react';
import type { CameraStatus } from '../../../../src/camera.ts';
import type { CameraView } from '../api.ts';
import type { ServerClock } from '../live/use-clock-offset.ts';
import type { LivePicture } from '../live/use-overlay-painter.ts';
import { formatCountdown, formatTime } from '../ui/format.ts';
import { Message } from '../ui/message.tsx';
import { useNow } from '../ui/use-now.ts';
import { type Notice, stageNotice, stillAfterMs } from './stage-notice.ts';
import { type Remark, stageRemarks } from './stage-remarks.ts';

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
  const gate = status?.analysis.motionGate.state;
  // a gate that opens promises pictures from now on
  // biome-ignore lint/correctness/useExhaustiveDependencies: begins anew with another state of the gate
  useEffect(() => {
    watchedSinceMs.current = isWatched ? Date.now() : null;
  }, [isWatched, gate]);

  const seenAtMs = Math.max(picture.paintedAtMs ?? 0, watchedSinceMs.current ?? Number.POSITIVE_INFINITY);
  const stillMs = Date.now() - seenAtMs;
  const isStill =
    isWatched && stillMs > stillAfterMs(status.analysis.inEffect?.analytics ?? camera.analytics, gate);
  const notice = stageNotice(camera.enabled, status, picture.refusal, isStill ? stillMs : null);
  const isDimmed = notice !== null || !isOnline;
  const remarks = status && !isDimmed && camera.enabled ? stageRemarks(status) : [];

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
      <Remarks remarks={remarks} />
      {notice && <NoticePanel notice={notice} nowMs={nowMs} attempts={status?.attempts ?? 0} />}
    </>
  );
}

/** Warnings along the upper edge, the rest in the lower right corner, where no label of a box is likely. */
function Remarks({ remarks }: { remarks: readonly Remark[] }) {
  const shown = (tone: Remark['tone'], className: string) => {
    const ones = remarks.filter((remark) => remark.tone === tone);
    if (ones.length === 0) return null;
    return (
      <ul className={`absolute grid gap-1 text-xs ${className}`}>
        {ones.map(({ text }) => (
          <li key={text} className="rounded bg-black/65 px-1.5 py-0.5 [overflow-wrap:anywhere]">
            <Message text={text} />
          </li>
        ))}
      </ul>
    );
  };
  return (
    <>
      {shown('warn', `inset-x-2 top-2 ${TONE.warn}`)}
      {shown('quiet', `right-2 bottom-2 justify-items-end ${TONE.quiet}`)}
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
