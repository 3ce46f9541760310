import { formatTime } from '../ui/format.ts';
import { Message } from '../ui/message.tsx';
import type { HistoryEntry } from './camera-history.ts';

const KIND = {
  state: { word: 'State', className: 'text-ink-faint' },
  error: { word: 'Error', className: 'text-bad' },
  drop: { word: 'Drop', className: 'text-warn' },
} as const;

/** What happened to the camera since this page was opened, newest first. */
export function CameraHistory({ history }: { history: readonly HistoryEntry[] }) {
  return (
    <section aria-labelledby="history-title" className="min-w-0 rounded-lg border border-line bg-surface">
      <h2 id="history-title" className="border-b border-line px-3 py-2 font-semibold">
        Drops and errors <span className="font-normal text-ink-faint">since this page was opened</span>
      </h2>
      {history.length === 0 ? (
        <p className="px-3 py-3 text-ink-faint">Nothing has happened.</p>
      ) : (
        <ol className="max-h-80 overflow-y-auto py-1">
          {history.map((entry) => (
            <li
              key={`${entry.atMs}-${entry.kind}-${entry.text}`}
              className="grid grid-cols-[4.4rem_3rem_minmax(0,1fr)] gap-x-2 px-3 py-1 text-[13px]"
            >
              <time dateTime={new Date(entry.atMs).toISOString()} className="text-ink-faint">
                {formatTime(entry.atMs)}
              </time>
              <span className={KIND[entry.kind].className}>{KIND[entry.kind].word}</span>
              <span className="[overflow-wrap:anywhere]">
                <Message text={entry.text} />
              </span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
