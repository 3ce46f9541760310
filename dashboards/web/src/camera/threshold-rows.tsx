import { useEffect, useId, useRef } from 'react';
import { CloseIcon, PlusIcon } from '../ui/icons.tsx';
import type { ThresholdRow } from './analysis-values.ts';
import { FieldNote } from './form-fields.tsx';
import type { FormErrors } from './form-values.ts';

/** A confidence of its own for each label that needs one. */
export function ThresholdRows({
  suggestionsId,
  rows,
  errors,
  onChange,
}: {
  suggestionsId: string;
  rows: readonly ThresholdRow[];
  errors: FormErrors;
  onChange: (rows: readonly ThresholdRow[]) => void;
}) {
  const id = useId();
  const group = useRef<HTMLFieldSetElement>(null);
  const addButton = useRef<HTMLButtonElement>(null);
  const isAdding = useRef(false);
  useEffect(() => {
    if (!isAdding.current) return;
    isAdding.current = false;
    group.current?.querySelector<HTMLElement>('li:last-child input')?.focus();
  });

  const add = () => {
    isAdding.current = true;
    const key = Math.max(-1, ...rows.map((row) => row.key)) + 1;
    onChange([...rows, { key, label: '', confidence: '' }]);
  };
  const change = (changed: ThresholdRow) => {
    onChange(rows.map((row) => (row.key === changed.key ? changed : row)));
  };
  const remove = ({ key }: ThresholdRow) => {
    addButton.current?.focus(); // the row's button is gone
    onChange(rows.filter((row) => row.key !== key));
  };

  return (
    <fieldset ref={group} className="min-w-0" aria-describedby={`${id}-note`}>
      <legend className="mb-1 font-medium">Thresholds</legend>
      <ul className="grid gap-2">
        {rows.map((row, i) => {
          const error = errors[`thresholds[${i}]`];
          const name = row.label.trim() || `row ${i + 1}`;
          const common = {
            'aria-invalid': error !== undefined,
            'aria-describedby': `${id}-${row.key}`,
            autoComplete: 'off',
            autoCapitalize: 'none',
            spellCheck: false,
          };
          return (
            <li key={row.key}>
              <div className="flex gap-2">
                <input
                  {...common}
                  value={row.label}
                  list={suggestionsId}
                  aria-label={`Label, row ${i + 1}`}
                  placeholder="Label"
                  onChange={(event) => change({ ...row, label: event.target.value })}
                  className="field min-w-0 flex-1"
                />
                <input
                  {...common}
                  value={row.confidence}
                  inputMode="decimal"
                  aria-label={`Confidence for ${name}`}
                  placeholder="0.5"
                  onChange={(event) => change({ ...row, confidence: event.target.value })}
                  className="field w-20!"
                />
                <button
                  type="button"
                  aria-label={`Remove the threshold for ${name}`}
                  onClick={() => remove(row)}
                  className="grid size-9 shrink-0 place-items-center rounded text-ink-soft hover:bg-raised"
                >
                  <CloseIcon />
                </button>
              </div>
              <FieldNote id={`${id}-${row.key}`} error={error} />
            </li>
          );
        })}
      </ul>
      <button
        ref={addButton}
        type="button"
        onClick={add}
        className={`button ${rows.length > 0 ? 'mt-2' : ''}`}
      >
        <PlusIcon /> Add a threshold
      </button>
      <FieldNote id={`${id}-note`} error={errors.thresholds}>
        For these labels in place of the confidence above.
      </FieldNote>
    </fieldset>
  );
}
