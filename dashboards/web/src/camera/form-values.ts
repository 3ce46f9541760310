import type { CameraInput, DemoClip, DemoSource, Source } from '../../../../src/camera.ts';
import type { CameraView } from '../api.ts';
import {
  type AnalysisErrors,
  type AnalysisField,
  type AnalysisValues,
  type AnalyticsPatch,
  analysisOf,
  analyticsPatch,
  checkAnalysis,
  DEFAULT_ANALYSIS,
  toAnalytics,
} from './analysis-values.ts';

/** What stands in the camera form, as typed. */
export interface FormValues extends AnalysisValues {
  readonly id: string;
  readonly name: string;
  readonly kind: Source['kind'];
  readonly url: string;
  readonly transport: 'tcp' | 'udp';
  readonly path: string;
  readonly loop: boolean;
  readonly clip: DemoClip;
  /** As it is; only the API and the command line change it. */
  readonly decode: NonNullable<DemoSource['decode']>;
}

export type FormField = keyof FormValues | AnalysisField | 'form';
export type FormErrors = AnalysisErrors & Partial<Record<keyof FormValues | 'form', string>>;

export const EMPTY_FORM: FormValues = {
  id: '',
  name: '',
  kind: 'rtsp',
  url: '',
  transport: 'tcp',
  path: '',
  loop: true,
  clip: 'junction',
  decode: 'each',
  ...DEFAULT_ANALYSIS,
};

/** The form of a camera that exists. Its URL stands there without the credentials, which never leave the hub. */
export function formOf(camera: CameraView): FormValues {
  const { source } = camera;
  const values: FormValues = {
    ...EMPTY_FORM,
    id: camera.id,
    name: camera.name,
    kind: source.kind,
    ...valuesOf(source),
  };
  return { ...values, ...analysisOf(camera, isLive(values)) };
}

function valuesOf(source: CameraView['source']): Partial<FormValues> {
  if (source.kind === 'rtsp') return { url: source.url, transport: source.transport ?? 'tcp' };
  if (source.kind === 'file') return { path: source.path, loop: source.loop ?? false };
  return { clip: source.clip ?? EMPTY_FORM.clip, decode: source.decode ?? EMPTY_FORM.decode };
}

/** Whether its decoding may rest: it is live or stands for it, and is no other camera's too. */
export function isLive({ kind, loop, decode }: FormValues): boolean {
  return kind === 'rtsp' || (kind === 'file' ? loop : decode === 'each');
}

const ID = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Mistakes that need no question to the hub, by field; an empty object when there are none.
 *
 * @param labels of the chosen model; null while they are not known
 */
export function checkForm(values: FormValues, labels: readonly string[] | null = null): FormErrors {
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
  return { ...errors, ...checkAnalysis(values, labels) };
}

function sourceOf(values: FormValues): Source {
  const { kind, transport, loop, clip, decode } = values;
  if (kind === 'rtsp') return { kind, url: values.url.trim(), transport };
  return kind === 'file' ? { kind, path: values.path.trim(), loop } : { kind, clip, decode };
}

/** The body of POST /cameras. */
export function toCameraInput(values: FormValues): CameraInput {
  const name = values.name.trim();
  return {
    id: values.id,
    ...(name ? { name } : {}),
    source: sourceOf(values),
    analytics: toAnalytics(values),
  };
}

/** The body of PATCH /cameras/{id}. */
export type CameraPatch = Partial<Omit<CameraInput, 'id' | 'analytics'>> & { analytics?: AnalyticsPatch };

/**
 * Only what was changed.
 *
 * The source is left out while it is as it was, so that the hub keeps the credentials that are not shown here.
 */
export function toPatch(before: FormValues, values: FormValues): CameraPatch {
  const sourceBefore = JSON.stringify(sourceOf(before));
  const analytics = analyticsPatch(before, values, isLive(before), isLive(values));
  return {
    ...(values.name.trim() === before.name ? {} : { name: values.name.trim() || values.id }),
    ...(JSON.stringify(sourceOf(values)) === sourceBefore ? {} : { source: sourceOf(values) }),
    ...(analytics ? { analytics } : {}),
  };
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
