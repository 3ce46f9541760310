import { useId } from 'react';
import type { DemoClip } from '../../../../src/camera.ts';
import { CLIP_NAMES } from '../../../../src/clip-names.ts';
import { FieldNote } from './form-fields.tsx';

/** The choice of a demo clip. */
export function ClipField({
  value,
  error,
  onChange,
}: {
  value: DemoClip;
  error: string | undefined;
  onChange: (clip: DemoClip) => void;
}) {
  const id = useId();
  return (
    <div className="min-w-0">
      <label htmlFor={id} className="mb-1 block font-medium">
        Scene
      </label>
      <select
        id={id}
        name="clip"
        value={value}
        onChange={(event) => onChange(event.target.value as DemoClip)}
        aria-invalid={error !== undefined}
        aria-describedby={`${id}-note`}
        className="field"
      >
        {Object.entries(CLIP_NAMES).map(([clip, name]) => (
          <option key={clip} value={clip}>
            {name}
          </option>
        ))}
      </select>
      <FieldNote id={`${id}-note`} error={error}>
        A rendered street, played for ever. What it truly shows is known, and stands beside what is counted.
      </FieldNote>
    </div>
  );
}
