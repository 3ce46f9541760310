import { useId } from 'react';
import type { CameraView } from '../api.ts';
import { gateIsOn } from './analysis-values.ts';
import { ClassPicker } from './class-picker.tsx';
import { Field, FieldNote } from './form-fields.tsx';
import { type FormErrors, type FormValues, isLive } from './form-values.ts';
import { ThresholdRows } from './threshold-rows.tsx';
import { TRACKERS, trackerPurpose, trackerTitle } from './trackers.ts';

const FOLDED = ['tracker', 'classes', 'thresholds', 'priority', 'motionGate', 'heartbeatSeconds'];

/** Whether a mistake stands in the folded part, which must be open then. */
export function isFolded(field: string): boolean {
  return FOLDED.includes(field.replace(/\[\d+\]$/, ''));
}

/** The folded part of the camera form: what most cameras never need. */
export function MoreAnalysis({
  camera,
  labels,
  values,
  errors,
  isOpen,
  onToggle,
  onChange,
}: {
  camera: CameraView | null;
  /** Of the chosen model; null while they are not known. */
  labels: readonly string[] | null;
  values: FormValues;
  errors: FormErrors;
  isOpen: boolean;
  onToggle: (isOpen: boolean) => void;
  onChange: <K extends keyof FormValues>(key: K, value: FormValues[K]) => void;
}) {
  const suggestionsId = useId();
  const isGateOn = gateIsOn(values, isLive(values));
  return (
    <details
      open={isOpen}
      onToggle={(event) => onToggle(event.currentTarget.open)}
      className="rounded-md border border-line"
    >
      <summary
        data-testid="more-analysis"
        className="cursor-pointer rounded-md px-3 py-2 font-medium hover:bg-raised"
      >
        More about the analysis{' '}
        <span className="block pl-4 text-xs font-normal text-ink-faint">{summaryOf(values, isGateOn)}</span>
      </summary>
      <div className="grid gap-4 border-t border-line p-3">
        <datalist id={suggestionsId}>
          {labels?.map((label) => (
            <option key={label} value={label} />
          ))}
        </datalist>
        <ClassPicker
          labels={labels}
          suggestionsId={suggestionsId}
          value={values.classes}
          error={errors.classes}
          onChange={(classes) => onChange('classes', classes)}
        />
        <ThresholdRows
          suggestionsId={suggestionsId}
          rows={values.thresholds}
          errors={errors}
          onChange={(thresholds) => onChange('thresholds', thresholds)}
        />
        <TrackerField
          kept={camera?.analytics.tracker.name}
          value={values.tracker}
          error={errors.tracker}
          onChange={(tracker) => onChange('tracker', tracker)}
        />
        <Field
          label="Priority"
          name="priority"
          value={values.priority}
          error={errors.priority}
          inputMode="decimal"
          hint="1 to 10: the share of a busy machine. A camera of 10 is analysed twice as often as one of 5."
          onChange={(priority) => onChange('priority', priority)}
        />
        <MotionGateFields values={values} errors={errors} isOn={isGateOn} onChange={onChange} />
      </div>
    </details>
  );
}

function TrackerField({
  kept,
  value,
  error,
  onChange,
}: {
  /** The tracker of a camera that exists. */
  kept: string | undefined;
  value: string;
  error: string | undefined;
  onChange: (tracker: string) => void;
}) {
  const id = useId();
  const names: readonly string[] = Object.keys(TRACKERS);
  return (
    <div className="min-w-0">
      <label htmlFor={id} className="mb-1 block font-medium">
        Tracker
      </label>
      <select
        id={id}
        name="tracker"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        aria-invalid={error !== undefined}
        aria-describedby={`${id}-note`}
        className="field"
      >
        {(names.includes(value) ? names : [value, ...names]).map((name) => (
          <option key={name} value={name}>
            {trackerTitle(name)}
          </option>
        ))}
      </select>
      <FieldNote id={`${id}-note`} error={error}>
        {trackerPurpose(value)}
        {kept !== undefined && kept !== value && ' It begins with its default settings and new tracks.'}
      </FieldNote>
    </div>
  );
}

function MotionGateFields({
  values,
  errors,
  isOn,
  onChange,
}: {
  values: FormValues;
  errors: FormErrors;
  isOn: boolean;
  onChange: <K extends keyof FormValues>(key: K, value: FormValues[K]) => void;
}) {
  const id = useId();
  return (
    <div className="grid gap-3">
      <div className="flex items-start gap-2">
        <input
          id={id}
          type="checkbox"
          name="motionGate"
          checked={isOn}
          // back at its default it follows the source again
          onChange={({ target: { checked } }) =>
            onChange('motionGate', checked === isLive(values) ? null : checked)
          }
          aria-invalid={errors.motionGate !== undefined}
          aria-describedby={`${id}-note`}
          className="mt-0.5 size-4 accent-accent"
        />
        <div>
          <label htmlFor={id}>Rest while the picture stands still</label>
          <FieldNote id={`${id}-note`} error={errors.motionGate}>
            By default on for what is live, off for a file that is played once.
          </FieldNote>
        </div>
      </div>
      <Field
        label="Seconds between analysed frames while it rests"
        name="heartbeatSeconds"
        value={values.heartbeatSeconds}
        error={errors.heartbeatSeconds}
        inputMode="decimal"
        hint="0.2 to 60"
        onChange={(heartbeatSeconds) => onChange('heartbeatSeconds', heartbeatSeconds)}
      />
    </div>
  );
}

/** What stands inside, for when it is folded. */
function summaryOf({ tracker, classes, thresholds, priority }: FormValues, isGateOn: boolean): string {
  const count = thresholds.length;
  return [
    classes.length === 0
      ? 'all classes'
      : classes.length > 3
        ? `${classes.length} classes`
        : classes.join(', '),
    ...(count === 0 ? [] : [`${count} ${count === 1 ? 'threshold' : 'thresholds'}`]),
    trackerTitle(tracker),
    `priority ${priority.trim()}`,
    `motion gate ${isGateOn ? 'on' : 'off'}`,
  ].join(' · ');
}
