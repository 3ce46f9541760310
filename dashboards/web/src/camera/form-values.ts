import type { CameraInput, Source } from '../../../../src/camera.ts';
import type { CameraView, FieldProblem } from '../api.ts';

/** What stands in the camera form, as typed. */
export interface FormValues {
  readonly id: string;
  readonly name: string;
  readonly kind: 'rtsp' | 'file';
  readonly url: string;
  readonly transport: 'tcp' | 'udp';
  readonly path: string;
  readonly loop: boolean;
  readonly model: string;
  readonly fps: string;
  readonly confidence: string;
}

export type FormErrors = Partial<Record<keyof FormValues | 'form', string>>;

export const EMPTY_FORM: FormValues = {
  id: '',
  name: '',
  kind: 'rtsp',
  url: '',
  transport: 'tcp',
  path: '',
  loop: true,
  model: 'yolox-nano',
  fps: '5',
  confidence: '0.3',
};

/** The form of a camera that exists. Its URL stands there without the credentials, which never leave the hub. */
export function formOf(camera: CameraView): FormValues {
  const { source, analytics } = camera;
  return {
    ...EMPTY_FORM,
    id: camera.id,
    name: camera.name,
    kind: source.kind,
    ...(source.kind === 'rtsp'
      ? { url: source.url, transport: source.transport ?? 'tcp' }
      : { path: source.path, loop: source.loop ?? false }),
    model: analytics.model,
    fps: String(analytics.fps),
    confidence: String(analytics.confidence),
  };
}

const ID = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Mistakes that need no question to the hub, by field; an empty object when there are none. */
export function checkForm(values: FormValues): FormErrors {
  const errors: FormErrors = {};
  if (!ID.test(values.id)) {
    errors.id = values.id
      ? 'Use 1 to 63 lower-case letters, digits and inner hyphens.'
      : 'Give the camera an id, such as gate.';
  }
  if (values.kind === 'rtsp' && !/^rtsps?:\/\/[^/\s]/i.test(values.url)) {
    errors.url = 'Enter an address that begins with rtsp:// or rtsps://.';
  }
  if (values.kind === 'file' && !values.path.trim()) {
    errors.path = 'Enter the path of the video on the machine of the vision node.';
  }
  if (!inRange(values.fps, 0, 120)) errors.fps = 'Enter 0 to 120; 0 analyses every frame.';
  if (!inRange(values.confidence, 0.1, 1)) errors.confidence = 'Enter 0.1 to 1.';
  return errors;
}

function inRange(text: string, low: number, high: number): boolean {
  const value = Number(text);
  return text.trim() !== '' && value >= low && value <= high;
}

function sourceOf(values: FormValues): Source {
  return values.kind === 'rtsp'
    ? { kind: 'rtsp', url: values.url.trim(), transport: values.transport }
    : { kind: 'file', path: values.path.trim(), loop: values.loop };
}

/** The body of POST /cameras. */
export function toCameraInput(values: FormValues): CameraInput {
  const name = values.name.trim();
  return {
    id: values.id,
    ...(name ? { name } : {}),
    source: sourceOf(values),
    analytics: { model: values.model, fps: Number(values.fps), confidence: Number(values.confidence) },
  };
}

/**
 * The body of PATCH /cameras/{id}: only what was changed.
 *
 * The source is left out while it is as it was, so that the hub keeps the credentials that are not shown here.
 */
export function toPatch(before: FormValues, values: FormValues): Partial<Omit<CameraInput, 'id'>> {
  const sourceBefore = JSON.stringify(sourceOf(before));
  const analytics = {
    ...(values.model === before.model ? {} : { model: values.model }),
    ...(values.fps === before.fps ? {} : { fps: Number(values.fps) }),
    ...(values.confidence === before.confidence ? {} : { confidence: Number(values.confidence) }),
  };
  return {
    ...(values.name.trim() === before.name ? {} : { name: values.name.trim() || values.id }),
    ...(JSON.stringify(sourceOf(values)) === sourceBefore ? {} : { source: sourceOf(values) }),
    ...(Object.keys(analytics).length === 0 ? {} : { analytics }),
  };
}

const FIELDS = [
  'id',
  'name',
  'kind',
  'url',
  'transport',
  'path',
  'loop',
  'model',
  'fps',
  'confidence',
] as const;

/**
 * The hub's validation errors at the fields they belong to.
 *
 * A path such as `/source/url`, `body/source/url` or `source.url` names its field by its last part; what
 * names no field of the form (`/source`: neither kind fits) goes to the source's field, the rest to `form`.
 */
export function fieldErrors(problems: readonly FieldProblem[], kind: FormValues['kind']): FormErrors {
  const errors: FormErrors = {};
  for (const { path, message } of problems) {
    const last = path.split(/[/.]/).filter(Boolean).at(-1);
    const field = FIELDS.find((name) => name === last);
    const key = field ?? (last === 'source' ? (kind === 'rtsp' ? 'url' : 'path') : 'form');
    errors[key] ??= key === 'form' && last ? `${last}: ${message}` : message;
  }
  return errors;
}

/** An id made of a name: `Front gate` becomes `front-gate`. */
export function idFromName(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '');
}
