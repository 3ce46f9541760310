import { useId } from 'react';
import { Message } from '../ui/message.tsx';
import { FieldNote } from './form-fields.tsx';
import type { Models } from './use-models.ts';

/** The choice of a model; one whose weights are not there can be chosen, and the command that gets them is told. */
export function ModelField({
  models: { models, usual, problem },
  value,
  error,
  onChange,
}: {
  models: Models;
  value: string;
  error: string | undefined;
  onChange: (model: string) => void;
}) {
  const id = useId();
  const chosen = models.find(({ name }) => name === (value || usual));
  const isListed = value === '' || chosen !== undefined;
  return (
    <div className="col-span-2 min-w-0">
      <label htmlFor={id} className="mb-1 block font-medium">
        Model
      </label>
      <select
        id={id}
        name="model"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        aria-invalid={error !== undefined}
        aria-describedby={`${id}-note`}
        className="field"
      >
        <option value="">{usual ? `Default (${usual})` : 'Default'}</option>
        {!isListed && <option value={value}>{value}</option>}
        {models.map(({ name, version, state }) => (
          <option key={name} value={name}>
            {name} {version}
            {state === 'ready' ? '' : ` (${state})`}
          </option>
        ))}
      </select>
      <FieldNote
        id={`${id}-note`}
        error={error ?? (problem ? `The models could not be listed: ${problem}` : undefined)}
      >
        {chosen && chosen.state !== 'ready' && (
          <span className="text-warn">
            <Message text={chosen.remedy ?? `Its weights are ${chosen.state}.`} />
          </span>
        )}
      </FieldNote>
    </div>
  );
}
