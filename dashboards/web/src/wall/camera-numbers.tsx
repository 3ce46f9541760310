import { useId, useState } from 'react';
import type { CameraStatus } from '../../../../src/camera.ts';
import type { LivePicture } from '../live/use-overlay-painter.ts';
import {
  DROP_MEANING,
  formatCount,
  formatDuration,
  formatRate,
  isNormalDrop,
  lossRate,
} from '../ui/format.ts';

/** The line of figures under a picture: rates, losses, delay and format. */
export function CameraNumbers({
  status,
  picture,
}: {
  status: CameraStatus | undefined;
  picture: LivePicture;
}) {
  const fps = status?.state === 'live' ? status.fps : undefined;
  return (
    <div className="flex flex-wrap justify-between gap-x-2.5 gap-y-0.5 px-3 py-1.5 text-[13px] whitespace-nowrap">
      <dl className="flex gap-x-2.5 sm:gap-x-3.5" title="Frames a second: received, decoded, analysed">
        <Figure name="Received" short="Recv" value={formatRate(fps?.received)} />
        <Figure name="Decoded" short="Dec" value={formatRate(fps?.decoded)} />
        <Figure name="Analysed" short="Analysed" value={formatRate(fps?.analysed)} unit="fps" />
      </dl>
      <dl title="From exposure to this screen, median of the last second">
        <Figure
          name="Capture to screen"
          short="Delay"
          value={picture.latencyMs === null ? '–' : formatDuration(Math.max(0, picture.latencyMs))}
        />
      </dl>
      <div className="h-0 w-full" />
      <div>{status ? <Drops status={status} /> : <span>&nbsp;</span>}</div>
      <span className="text-right text-ink-faint">{formatOf(status)}</span>
    </div>
  );
}

export function formatOf(status: CameraStatus | undefined): string {
  if (!status?.width || !status.height) return '';
  return `${status.width}×${status.height}${status.codec ? ` ${status.codec}` : ''}`;
}

function Figure({ name, short, value, unit }: { name: string; short: string; value: string; unit?: string }) {
  return (
    <div className="flex items-baseline gap-1.5">
      <dt className="text-ink-faint">
        <span aria-hidden="true">{short}</span>
        <span className="sr-only">{name}</span>
      </dt>
      <dd className="font-semibold">
        {value}
        {unit && <span className="font-normal text-ink-faint max-sm:sr-only"> {unit}</span>}
      </dd>
    </div>
  );
}

/** Frames dropped although they were due, a second; on demand every reason with its total. */
function Drops({ status }: { status: CameraStatus }) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const lost = status.state === 'live' ? lossRate(status.fps.dropped) : null;
  const reasons = [...new Set([...Object.keys(status.frames.dropped), ...Object.keys(status.fps.dropped)])];
  return (
    <span className="group relative">
      <button
        type="button"
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setOpen(!isOpen)}
        onBlur={() => setOpen(false)}
        onKeyDown={(event) => event.key === 'Escape' && setOpen(false)}
        className="-my-1 min-h-7 rounded underline decoration-line-strong decoration-dotted underline-offset-4"
      >
        <span className="text-ink-faint">Lost</span>{' '}
        <strong className={`font-semibold ${lost !== null && lost >= 0.05 ? 'text-warn' : ''}`}>
          {lost === null ? '–' : `${formatRate(lost)}/s`}
        </strong>
      </button>
      <span
        id={id}
        className={`absolute bottom-full left-0 z-20 mb-1 w-72 max-w-[85vw] rounded-md border border-line bg-surface p-3 text-left whitespace-normal shadow-lg group-hover:block ${isOpen ? 'block' : 'hidden'}`}
      >
        <span className="mb-1 block font-semibold">Decoded, not analysed</span>
        <DropList reasons={reasons} status={status} />
      </span>
    </span>
  );
}

export function DropList({ reasons, status }: { reasons: readonly string[]; status: CameraStatus }) {
  if (reasons.length === 0) return <span className="text-ink-soft">No frame has been dropped.</span>;
  return reasons.map((reason) => (
    <span key={reason} className="mt-1 block">
      <span className="flex justify-between gap-3">
        <span className={isNormalDrop(reason) ? '' : 'text-warn'}>{reason}</span>
        <span>
          {formatRate(status.fps.dropped[reason] ?? 0)}/s · {formatCount(status.frames.dropped[reason] ?? 0)}
        </span>
      </span>
      <span className="block text-xs text-ink-faint">{DROP_MEANING[reason] ?? ''}</span>
    </span>
  ));
}
