import { type KeyboardEvent, useId, useRef, useState } from 'react';
import { CloseIcon } from '../ui/icons.tsx';
import { FieldNote } from './form-fields.tsx';
import { addLabels } from './labels.ts';

/**
 * Labels, each a chip that a click takes away. Enter, a comma or leaving the field takes up what was typed;
 * backspace in the empty field takes the last one back.
 *
 * @param labels of the model, to suggest; null while they are not known
 */
export function ClassPicker({
  labels,
  suggestionsId,
  value,
  error,
  onChange,
}: {
  labels: readonly string[] | null;
  suggestionsId: string;
  value: readonly string[];
  error: string | undefined;
  onChange: (classes: readonly string[]) => void;
}) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState('');
  const [said, setSaid] = useState('');

  const take = (typed: string) => {
    setText('');
    const next = addLabels(value, typed);
    if (next.length === value.length) return;
    setSaid(`${next.slice(value.length).join(', ')} added`);
    onChange(next);
  };
  const remove = (label: string) => {
    setSaid(`${label} removed`);
    onChange(value.filter((one) => one !== label));
    input.current?.focus(); // its button is gone
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if ((event.key === 'Enter' || event.key === ',') && text.trim()) {
      event.preventDefault(); // not yet: the form
      take(text);
    } else if (event.key === 'Backspace' && text === '' && value.length > 0) {
      remove(value.at(-1)!);
    }
  };

  return (
    <div className="min-w-0">
      <label htmlFor={id} className="mb-1 block font-medium">
        Classes
      </label>
      <div
        data-invalid={error !== undefined}
        className="field flex flex-wrap items-center gap-1 py-1! focus-within:outline-2 focus-within:outline-offset-2 focus-within:outline-accent data-[invalid=true]:border-bad"
      >
        {value.map((label) => {
          const isUnknown = labels !== null && !labels.includes(label);
          return (
            <span
              key={label}
              data-testid="class-chip"
              className={`flex max-w-full items-center rounded border pl-1.5 text-[13px] ${isUnknown ? 'border-bad text-bad' : 'border-line bg-raised'}`}
            >
              <span className="truncate">{label}</span>
              <button
                type="button"
                aria-label={`Remove ${label}${isUnknown ? ', which the model does not know' : ''}`}
                onClick={() => remove(label)}
                className="grid size-6 shrink-0 place-items-center rounded opacity-70 hover:opacity-100"
              >
                <CloseIcon />
              </button>
            </span>
          );
        })}
        <input
          ref={input}
          id={id}
          name="classes"
          value={text}
          list={suggestionsId}
          placeholder={value.length === 0 ? 'All of the model' : ''}
          onChange={(event) => {
            const typed = event.target.value;
            // a suggestion that was picked, and a pasted list, need no Enter
            const { inputType } = event.nativeEvent as InputEvent;
            const isPicked = inputType === undefined || inputType === 'insertReplacementText';
            if (typed.includes(',') || (isPicked && labels?.includes(typed))) take(typed);
            else setText(typed);
          }}
          onKeyDown={onKeyDown}
          onBlur={() => text.trim() && take(text)}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          aria-invalid={error !== undefined}
          aria-describedby={`${id}-note`}
          className="min-h-6.5 min-w-24 flex-1 bg-transparent pl-1 outline-none"
        />
      </div>
      <FieldNote id={`${id}-note`} error={error}>
        Only these labels are detected, followed and reported. Enter adds one.
      </FieldNote>
      <span role="status" className="sr-only">
        {said}
      </span>
    </div>
  );
}
