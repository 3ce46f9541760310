import { useEffect, useState } from 'react';
import { type Api, type CameraView, messageOf } from '../api.ts';
import type { Cameras } from '../live/use-cameras.ts';
import { Dialog } from '../ui/dialog.tsx';
import { CameraForm } from './camera-form.tsx';

/** What a user asked to do with a camera. */
export type DialogRequest =
  | { readonly kind: 'add' }
  | { readonly kind: 'edit' | 'toggle' | 'remove'; readonly camera: CameraView };

/** Carries out one request, in a dialog where there is something to fill in, confirm or explain. */
export function CameraDialogs({
  request,
  api,
  cameras,
  onClose,
  onDone,
}: {
  request: DialogRequest;
  api: Api;
  cameras: Cameras;
  onClose: () => void;
  onDone: (text: string) => void;
}) {
  const finish = async (text: string) => {
    await cameras.refetch();
    onDone(text);
    onClose();
  };
  switch (request.kind) {
    case 'add':
      return (
        <Dialog title="Add a camera" onClose={onClose}>
          <CameraForm
            api={api}
            camera={null}
            onCancel={onClose}
            onSaved={({ name }) => finish(`${name} added`)}
          />
        </Dialog>
      );
    case 'edit':
      return (
        <Dialog title={`Edit ${request.camera.name}`} onClose={onClose}>
          <CameraForm
            api={api}
            camera={request.camera}
            onCancel={onClose}
            onSaved={({ name }) => finish(`${name} saved`)}
          />
        </Dialog>
      );
    case 'toggle':
      return <Toggle camera={request.camera} api={api} onClose={onClose} onToggled={finish} />;
    case 'remove':
      return <Remove camera={request.camera} api={api} onClose={onClose} onRemoved={finish} />;
  }
}

/** Switches at once, as it can be switched back; a dialog appears only when it fails. */
function Toggle({
  camera,
  api,
  onClose,
  onToggled,
}: {
  camera: CameraView;
  api: Api;
  onClose: () => void;
  onToggled: (text: string) => Promise<void>;
}) {
  const [problem, setProblem] = useState<string | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: one request is carried out once
  useEffect(() => {
    api
      .patchCamera(camera.id, { enabled: !camera.enabled })
      .then(() => onToggled(`${camera.name} switched ${camera.enabled ? 'off' : 'on'}`))
      .catch((thrown) => setProblem(messageOf(thrown)));
  }, [camera]);
  if (problem === null) return null;
  return (
    <Dialog title={`${camera.name} could not be switched ${camera.enabled ? 'off' : 'on'}`} onClose={onClose}>
      <p role="alert" className="p-4">
        {problem}
      </p>
    </Dialog>
  );
}

function Remove({
  camera,
  api,
  onClose,
  onRemoved,
}: {
  camera: CameraView;
  api: Api;
  onClose: () => void;
  onRemoved: (text: string) => Promise<void>;
}) {
  const [problem, setProblem] = useState<string | null>(null);
  const [isPending, setPending] = useState(false);
  const remove = async () => {
    setPending(true);
    setProblem(null);
    try {
      await api.removeCamera(camera.id);
      if (window.location.hash === `#/cameras/${camera.id}`) window.location.hash = '#/';
      await onRemoved(`${camera.name} removed`);
    } catch (thrown) {
      setProblem(messageOf(thrown));
      setPending(false);
    }
  };
  return (
    <Dialog title={`Remove ${camera.name}?`} onClose={onClose} testId="remove-dialog">
      <div className="p-4">
        <p>
          It is no longer watched or analysed. What was recorded of it can still be queried.
          {camera.source.hasCredentials && ' To bring it back, its password has to be entered again.'}
        </p>
        <p role="alert" className="mt-3 text-bad empty:hidden">
          {problem}
        </p>
        <div className="mt-5 flex justify-end gap-2">
          <button type="button" data-first-focus onClick={onClose} className="button">
            Keep it
          </button>
          <button
            type="button"
            data-testid="remove-confirm"
            onClick={() => void remove()}
            disabled={isPending}
            className="button button-danger"
          >
            {isPending ? 'Removing…' : 'Remove camera'}
          </button>
        </div>
      </div>
    </Dialog>
  );
}
