import type { CameraView } from '../api.ts';
import { Menu } from '../ui/menu.tsx';
import type { DialogRequest } from './camera-dialogs.tsx';

/** What can be done to a camera. Cameras of the configuration file are changed only there, and the menu says so. */
export function CameraMenu({
  camera,
  onRequest,
}: {
  camera: CameraView;
  onRequest: (request: DialogRequest) => void;
}) {
  const isDisabled = camera.managedBy === 'config';
  return (
    <Menu
      label={`Actions for ${camera.name}`}
      note={isDisabled ? 'Declared in the configuration file; change it there.' : undefined}
      items={[
        { label: 'Edit…', onSelect: () => onRequest({ kind: 'edit', camera }), isDisabled },
        {
          label: camera.enabled ? 'Switch off' : 'Switch on',
          onSelect: () => onRequest({ kind: 'toggle', camera }),
          isDisabled,
        },
        {
          label: 'Remove…',
          onSelect: () => onRequest({ kind: 'remove', camera }),
          isDanger: true,
          isDisabled,
        },
      ]}
    />
  );
}
