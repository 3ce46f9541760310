import { useSyncExternalStore } from 'react';
import type { CameraState } from '../../../src/camera.ts';
import type { ConnectionState } from './live/live-client.ts';
import type { Cameras } from './live/use-cameras.ts';
import { Mark } from './ui/icons.tsx';
import type { Route } from './ui/use-route.ts';

const PHASE = {
  connecting: { text: 'Connecting', dot: 'bg-info pulse' },
  online: { text: 'Connected', dot: 'bg-good' },
  offline: { text: 'Disconnected', dot: 'bg-bad' },
} as const;

export function Header({
  route,
  connection,
  cameras,
  onSignOut,
}: {
  route: Route;
  connection: ConnectionState;
  cameras: Cameras;
  onSignOut: () => void;
}) {
  const phase = PHASE[connection.phase];
  return (
    <header className="flex flex-wrap items-center gap-x-5 border-b border-line bg-surface px-3 sm:px-4">
      <a href="#/" className="flex h-11 items-center gap-2 text-[15px] font-semibold tracking-tight">
        <Mark /> Sightline
      </a>
      <nav aria-label="Pages" className="flex self-stretch">
        <PageLink href="#/" isCurrent={route.page !== 'query'}>
          Wall
        </PageLink>
        <PageLink href="#/query" isCurrent={route.page === 'query'}>
          Query
        </PageLink>
      </nav>
      <div className="ml-auto flex items-center gap-4">
        {connection.phase === 'online' && <StateCounts cameras={cameras} />}
        <span
          className="flex items-center gap-1.5 text-ink-soft"
          title={connection.hub ? `Sightline ${connection.hub.version}` : undefined}
        >
          <span aria-hidden="true" className={`size-2 rounded-full ${phase.dot}`} />
          <span className="max-sm:sr-only">{phase.text}</span>
        </span>
        <button
          type="button"
          onClick={onSignOut}
          className="min-h-9 rounded px-1 text-ink-soft underline-offset-4 hover:text-ink hover:underline"
        >
          Sign out
        </button>
      </div>
    </header>
  );
}

function PageLink({ href, isCurrent, children }: { href: string; isCurrent: boolean; children: string }) {
  return (
    <a
      href={href}
      aria-current={isCurrent ? 'page' : undefined}
      className="flex min-h-11 items-center border-b-2 border-transparent px-3 text-ink-soft hover:text-ink aria-[current=page]:border-accent aria-[current=page]:font-semibold aria-[current=page]:text-ink"
    >
      {children}
    </a>
  );
}

const COUNTED: readonly { state: CameraState; colour: string }[] = [
  { state: 'live', colour: 'text-good' },
  { state: 'connecting', colour: 'text-info' },
  { state: 'retrying', colour: 'text-warn' },
  { state: 'stopped', colour: 'text-ink-faint' },
];

/** How many cameras are in which state; only states that occur. */
function StateCounts({ cameras: { list, statuses } }: { cameras: Cameras }) {
  // a string, so that a status that changes no count renders nothing
  const counts = useSyncExternalStore(statuses.subscribe, () =>
    COUNTED.map(({ state }) => list?.filter(({ id }) => statuses.get(id)?.state === state).length ?? 0).join(
      ' ',
    ),
  ).split(' ');
  return (
    <p className="hidden items-center gap-3 text-ink-soft md:flex">
      {COUNTED.map(({ state, colour }, i) =>
        counts[i] === '0' ? null : (
          <span key={state}>
            <strong className={`font-semibold ${colour}`}>{counts[i]}</strong> {state}
          </span>
        ),
      )}
    </p>
  );
}
