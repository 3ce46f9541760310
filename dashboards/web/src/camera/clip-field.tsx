import { useId } from 'react';
import type { DemoClip } from '../../../../src/camera.ts';
import { FieldNote } from './form-fields.tsx';

const CLIPS: Readonly<Record<DemoClip, string>> = {
  junction: 'Junction, by day',
  crossing: 'Crossing, in the rain',
  avenue: 'Avenue, at night',
  plaza: 'Plaza, at dusk',
};

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
        {Object.entries(CLIPS).map(([clip, title]) => (
          <option key={clip} value={clip}>
            {title}
          </option>
        ))}
      </select>
      <FieldNote id={`${id}-note`} error={error}>
        A rendered street, played for ever. What it truly shows is known, and stands beside what is counted.
      </FieldNote>
    </div>
  );
}
