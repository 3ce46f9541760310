import type { FieldProblem } from '../api.ts';
import { EMPTY_FORM, type FormErrors, type FormField, type FormValues } from './form-values.ts';

const SOURCE_FIELD = { rtsp: 'url', file: 'path', demo: 'clip' } as const;

/** What belongs to one field of the form, in the words to show there. */
interface Placed {
  readonly field: FormField;
  readonly message: string;
}

/**
 * The hub's validation errors at the fields they belong to.
 *
 * A path such as `/source/url`, `body/source/url` or `source.url` names its field by its last part, one such as
 * `analytics.thresholds.person` a row of a field; what names no field of the form (`/source`: neither kind fits)
 * goes to the source's field, the rest to `form`.
 */
export function fieldErrors(problems: readonly FieldProblem[], values: FormValues): FormErrors {
  const errors: FormErrors = {};
  for (const problem of problems) {
    const { field, message } = placed(problem, values);
    // of several wrong classes each is told, as they share a field
    if (field === 'classes' && errors.classes) errors.classes += ` ${message}`;
    else errors[field] ??= message;
  }
  return errors;
}

function placed({ path, message }: FieldProblem, values: FormValues): Placed {
  const [, part, rest = ''] = /(?:^|[/.])analytics[/.](\w+)[/.[]?(.*)$/.exec(path) ?? [];
  if (part === 'classes') return { field: 'classes', message };
  if (part === 'tracker') {
    return { field: 'tracker', message: rest && rest !== 'name' ? `${rest}: ${message}` : message };
  }
  if (part === 'thresholds') return { field: thresholdField(rest, values), message };
  const last = path.split(/[/.]/).filter(Boolean).at(-1);
  if (last && isField(last)) return { field: last, message };
  if (part === 'motionGate') return { field: 'motionGate', message };
  if (last === 'source') return { field: SOURCE_FIELD[values.kind], message };
  return { field: 'form', message: last ? `${last}: ${message}` : message };
}

/** @param label as the hub writes it in a path: bare, or quoted where it is more than one word */
function thresholdField(label: string, { thresholds }: FormValues): FormField {
  const bare = /^".*"$/.test(label) ? (JSON.parse(label) as string) : label;
  const row = thresholds.findIndex((one) => one.label.trim() === bare);
  return row < 0 ? 'thresholds' : `thresholds[${row}]`;
}

function isField(name: string): name is keyof FormValues {
  return Object.hasOwn(EMPTY_FORM, name);
}
