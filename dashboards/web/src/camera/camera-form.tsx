import { type FormEvent, useRef, useState } from 'react';
import { type Api, ApiError, type CameraView, messageOf } from '../api.ts';
import { ClipField } from './clip-field.tsx';
import { fieldErrors } from './field-errors.ts';
import { Choice, Field } from './form-fields.tsx';
import {
  checkForm,
  EMPTY_FORM,
  type FormErrors,
  type FormValues,
  formOf,
  idFromName,
  toCameraInput,
  toPatch,
} from './form-values.ts';
import { ModelField } from './model-field.tsx';
import { isFolded, MoreAnalysis } from './more-analysis.tsx';
import { labelsOf, useModels } from './use-models.ts';

/** Adds a camera, or with `camera` edits it. Mistakes stand at their fields, also those that the hub found. */
export function CameraForm({
  api,
  camera,
  onSaved,
  onCancel,
}: {
  api: Api;
  camera: CameraView | null;
  onSaved: (camera: CameraView) => Promise<void>;
  onCancel: () => void;
}) {
  const [before] = useState(camera ? formOf(camera) : EMPTY_FORM);
  const [values, setValues] = useState(before);
  const [errors, setErrors] = useState<FormErrors>({});
  const [isPending, setPending] = useState(false);
  const [isMoreOpen, setMoreOpen] = useState(false);
  const models = useModels(api);
  const labels = labelsOf(models, values.model);
  const form = useRef<HTMLFormElement>(null);
  const idTyped = useRef(camera !== null);

  const set = <K extends keyof FormValues>(key: K, value: FormValues[K]) => {
    setValues((old) => ({ ...old, [key]: value }));
    setErrors((old) => {
      const isMended = (field: string) => field === key || field === 'form' || field.startsWith(`${key}[`);
      return Object.fromEntries(Object.entries(old).filter(([field]) => !isMended(field)));
    });
  };
  const text = (key: 'name' | 'id' | 'url' | 'path' | 'fps' | 'confidence') => ({
    name: key,
    value: values[key],
    error: errors[key],
    onChange: (value: string) => set(key, value),
  });
  const refuse = (found: FormErrors) => {
    setErrors(found);
    if (Object.keys(found).some(isFolded)) setMoreOpen(true);
    // after React has marked the fields
    setTimeout(() => form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus());
  };

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const found = checkForm({ ...values, model: values.model || models.usual }, labels);
    if (Object.keys(found).length > 0) return refuse(found);
    setPending(true);
    setErrors({});
    try {
      const saved = camera
        ? await api.patchCamera(camera.id, toPatch(before, values))
        : await api.createCamera(toCameraInput(values));
      await onSaved(saved);
    } catch (thrown) {
      setPending(false);
      refuse(errorsOf(thrown, values));
    }
  };

  return (
    <form ref={form} onSubmit={submit} noValidate data-testid="camera-form" className="grid gap-4 p-4">
      <div className="grid gap-4 sm:grid-cols-2">
        <Field
          {...text('name')}
          label="Name"
          placeholder="Front gate"
          onChange={(name) => {
            set('name', name);
            if (!idTyped.current) set('id', idFromName(name));
          }}
        />
        <Field
          {...text('id')}
          label="Id"
          placeholder="front-gate"
          isMono
          isDisabled={camera !== null}
          hint={camera ? 'An id never changes.' : 'Used in addresses and SQL.'}
          onChange={(id) => {
            idTyped.current = true;
            set('id', id);
          }}
        />
      </div>
      <fieldset className="grid gap-4">
        <legend className="sr-only">Source</legend>
        <Choice
          label="Source"
          name="kind"
          value={values.kind}
          options={[
            { value: 'rtsp', text: 'RTSP camera' },
            { value: 'file', text: 'Video file' },
            { value: 'demo', text: 'Demo' },
          ]}
          onChange={(kind) => set('kind', kind)}
        />
        {values.kind === 'rtsp' ? (
          <>
            <Field
              {...text('url')}
              label="Address"
              placeholder="rtsp://user:password@192.0.2.10/stream1"
              isMono
              hint={
                camera?.source.hasCredentials
                  ? 'Its credentials are kept but not shown. To change the address, enter them again.'
                  : 'Credentials in it are stored encrypted and never shown again.'
              }
            />
            <Choice
              label="Transport"
              name="transport"
              value={values.transport}
              options={[
                { value: 'tcp', text: 'TCP' },
                { value: 'udp', text: 'UDP' },
              ]}
              onChange={(transport) => set('transport', transport)}
            />
          </>
        ) : values.kind === 'demo' ? (
          <ClipField value={values.clip} error={errors.clip} onChange={(clip) => set('clip', clip)} />
        ) : (
          <>
            <Field
              {...text('path')}
              label="Path"
              placeholder="gate.mp4"
              isMono
              hint="In data/videos on the vision node's machine, or a full path below a folder it may read."
            />
            <label className="flex items-start gap-2">
              <input
                type="checkbox"
                name="loop"
                checked={values.loop}
                onChange={(event) => set('loop', event.target.checked)}
                className="mt-0.5 size-4 accent-accent"
              />
              <span>
                Play for ever
                <span className="block text-xs text-ink-faint">
                  As if it were a live camera. Otherwise it is played once.
                </span>
              </span>
            </label>
          </>
        )}
      </fieldset>
      <fieldset className="grid grid-cols-2 gap-4">
        <legend className="sr-only">Analysis</legend>
        <ModelField
          models={models}
          value={values.model}
          error={errors.model}
          onChange={(model) => set('model', model)}
        />
        <Field {...text('fps')} label="Analysed fps" inputMode="decimal" hint="0: every frame" />
        <Field {...text('confidence')} label="Confidence" inputMode="decimal" hint="0.1 to 1" />
      </fieldset>
      <MoreAnalysis
        camera={camera}
        labels={labels}
        values={values}
        errors={errors}
        isOpen={isMoreOpen}
        onToggle={setMoreOpen}
        onChange={set}
      />
      <p role="alert" className="text-bad empty:hidden">
        {errors.form}
      </p>
      <div className="flex justify-end gap-2 border-t border-line pt-4">
        <button type="button" onClick={onCancel} className="button">
          Cancel
        </button>
        <button
          type="submit"
          data-testid="camera-form-submit"
          disabled={isPending}
          className="button button-primary"
        >
          {isPending ? 'Saving…' : camera ? 'Save changes' : 'Add camera'}
        </button>
      </div>
    </form>
  );
}

function errorsOf(thrown: unknown, values: FormValues): FormErrors {
  if (thrown instanceof ApiError) {
    if (thrown.code === 'CAMERA_EXISTS') return { id: `There is already a camera ${values.id}.` };
    if (thrown.code === 'MODEL_UNKNOWN') return { model: thrown.message };
    if (thrown.errors.length > 0) return fieldErrors(thrown.errors, values);
  }
  return { form: messageOf(thrown) };
}
