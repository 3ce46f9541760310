import type { PageContext } from '../page-context.ts';
import { Mark, PlusIcon } from '../ui/icons.tsx';
import { CameraTile } from './camera-tile.tsx';

/** All cameras side by side. */
export function Wall(context: PageContext) {
  const { cameras, onRequest } = context;
  const { list, error } = cameras;
  const add = () => onRequest({ kind: 'add' });

  if (list === null) {
    return error ? (
      <div role="alert" className="mx-auto mt-16 max-w-md text-center">
        <p className="font-semibold">The cameras could not be loaded</p>
        <p className="mt-1 text-ink-soft">{error}</p>
        <button type="button" onClick={() => void cameras.refetch()} className="button mt-4">
          Try again
        </button>
      </div>
    ) : (
      <p role="status" className="mt-16 text-center text-ink-faint">
        Loading the cameras…
      </p>
    );
  }
  if (list.length === 0) return <EmptyWall onAdd={add} />;
  return (
    <>
      <div className="mb-3 flex items-center justify-between gap-3">
        <h1 className="text-base font-semibold">
          Wall{' '}
          <span className="font-normal text-ink-faint">
            {list.length} {list.length === 1 ? 'camera' : 'cameras'}
          </span>
        </h1>
        <button type="button" data-testid="add-camera" onClick={add} className="button">
          <PlusIcon /> Add camera
        </button>
      </div>
      {error && (
        <p role="alert" className="mb-3 text-bad">
          The list may be out of date: {error}
        </p>
      )}
      <section aria-label="Cameras" className="wall" data-count={list.length}>
        {list.map((camera) => (
          <CameraTile key={camera.id} camera={camera} context={context} />
        ))}
      </section>
    </>
  );
}

function EmptyWall({ onAdd }: { onAdd: () => void }) {
  return (
    <div className="mx-auto mt-[12vh] max-w-md text-center">
      <span className="inline-block">
        <Mark size={40} />
      </span>
      <h1 className="mt-4 text-lg font-semibold">No cameras yet</h1>
      <p className="mt-1.5 text-ink-soft">
        Add an RTSP camera by its address, or a video file on the machine that analyses it. Its picture
        appears here within seconds, with a box around everything that is found.
      </p>
      <button type="button" data-testid="add-camera" onClick={onAdd} className="button button-primary mt-5">
        <PlusIcon /> Add the first camera
      </button>
    </div>
  );
}
