import { type ReactNode, useId } from 'react';

/** A labelled line of text with its hint, or the mistake in it. */
export function Field({
  label,
  name,
  value,
  onChange,
  error,
  hint,
  placeholder,
  inputMode,
  isMono = false,
  isDisabled = false,
}: {
  label: string;
  name: string;
  value: string;
  onChange: (value: string) => void;
  error?: string | undefined;
  hint?: string;
  placeholder?: string;
  inputMode?: 'decimal';
  isMono?: boolean;
  isDisabled?: boolean;
}) {
  const id = useId();
  return (
    <div className="min-w-0">
      <label htmlFor={id} className="mb-1 block font-medium">
        {label}
      </label>
      <input
        id={id}
        name={name}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        placeholder={placeholder}
        inputMode={inputMode}
        disabled={isDisabled}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        aria-invalid={error !== undefined}
        aria-describedby={`${id}-note`}
        className={`field ${isMono ? 'font-mono text-[13px]' : ''}`}
      />
      <FieldNote id={`${id}-note`} error={error}>
        {hint}
      </FieldNote>
    </div>
  );
}

/** The line under a field: what is wrong with it, else a hint. */
export function FieldNote({
  id,
  error,
  children,
}: {
  id: string;
  error?: string | undefined;
  children?: ReactNode;
}) {
  return (
    <p id={id} className={`mt-1 text-xs empty:hidden ${error ? 'text-bad' : 'text-ink-faint'}`}>
      {error ?? children}
    </p>
  );
}

/** A choice between few things, all visible. */
export function Choice<T extends string>({
  label,
  name,
  value,
  options,
  onChange,
}: {
  label: string;
  name: string;
  value: T;
  options: readonly { value: T; text: string }[];
  onChange: (value: T) => void;
}) {
  return (
    <div role="radiogroup" aria-label={label}>
      <span aria-hidden="true" className="mb-1 block font-medium">
        {label}
      </span>
      <div className="inline-flex rounded-[5px] border border-line-strong p-0.5">
        {options.map((option) => (
          <label
            key={option.value}
            className="flex min-h-8 cursor-pointer items-center rounded-[3px] px-3 text-ink-soft has-checked:bg-ink has-checked:font-medium has-checked:text-ground has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent"
          >
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={value === option.value}
              onChange={() => onChange(option.value)}
              className="sr-only"
            />
            {option.text}
          </label>
        ))}
      </div>
    </div>
  );
}
