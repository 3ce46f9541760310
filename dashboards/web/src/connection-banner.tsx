import { useRef } from 'react';
import type { ConnectionState } from './live/live-client.ts';
import { WarningIcon } from './ui/icons.tsx';

/** Says when nothing on the page is live any more, and when the hub runs another version than this page. */
export function ConnectionBanner({
  connection: { phase, reason, attempts, hub },
  onRetry,
}: {
  connection: ConnectionState;
  onRetry: () => void;
}) {
  const firstVersion = useRef<string | null>(null);
  firstVersion.current ??= hub?.version ?? null;
  const isOutdated = hub !== null && firstVersion.current !== hub.version;
  return (
    <div role="status">
      {phase === 'offline' && (
        <div
          data-testid="connection-banner"
          className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-bad/40 bg-bad/12 px-4 py-2"
        >
          <span className="text-bad">
            <WarningIcon />
          </span>
          <p className="min-w-0 flex-1">
            <strong className="font-semibold">{reason ?? 'The hub cannot be reached.'}</strong> What you see
            is what was last received. Reconnecting{attempts > 1 ? ` (attempt ${attempts})` : ''}…
          </p>
          <button type="button" onClick={onRetry} className="button">
            Try now
          </button>
        </div>
      )}
      {phase === 'online' && isOutdated && (
        <div className="flex flex-wrap items-center gap-3 border-b border-line bg-raised px-4 py-2">
          <p className="flex-1">The hub now runs version {hub.version}. Reload to get its dashboard.</p>
          <button type="button" onClick={() => window.location.reload()} className="button">
            Reload
          </button>
        </div>
      )}
    </div>
  );
}
