import type { ShownState } from './stage-notice.ts';

const LOOK: Record<ShownState, { word: string; className: string; dot: string }> = {
  connecting: { word: 'Connecting', className: 'text-info', dot: 'border-2 border-info pulse' },
  live: { word: 'Live', className: 'text-good', dot: 'bg-good' },
  retrying: { word: 'Retrying', className: 'text-warn', dot: 'bg-warn rotate-45 rounded-none! scale-85' },
  stopped: { word: 'Stopped', className: 'text-ink-faint', dot: 'bg-ink-faint rounded-[1px]' },
  unknown: { word: 'Unknown', className: 'text-ink-faint', dot: 'border-2 border-ink-faint' },
};

/** The state in a word and a shape, not by colour alone. */
export function StateBadge({ cameraId, state }: { cameraId: string; state: ShownState }) {
  const { word, className, dot } = LOOK[state];
  return (
    <span
      data-testid={`camera-state-${cameraId}`}
      data-state={state}
      className={`flex items-center gap-1.5 text-[13px] font-semibold ${className}`}
    >
      <span aria-hidden="true" className={`size-2.5 shrink-0 rounded-full ${dot}`} />
      {word}
    </span>
  );
}
