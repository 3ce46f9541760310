import type { AnalyticsInput } from '../analytics.ts';
import { invalid, nearest, type SchemaProblem } from '../schema-problems.ts';

/** Labels for which the nearest known one is looked for: that takes a while for each. */
const MOST_EXPLAINED = 5;

/**
 * Refuses labels that the model does not have. A model that is not in the manifest (yet) is not judged: its
 * camera says what is missing.
 *
 * @param analytics as they will be, a change merged in
 * @param defaultModel what a camera gets that names none
 * @throws EngineError VALIDATION with every such label
 */
export function checkLabels(
  { model: named, classes = [], thresholds = {} }: AnalyticsInput,
  models: ReadonlyArray<{ readonly name: string; readonly labels: readonly string[] }>,
  defaultModel: string,
): void {
  const model = named ?? defaultModel;
  const list = models.find(({ name }) => name === model)?.labels;
  if (!list?.length) return; // a model whose list of labels cannot be read says so itself
  const labels = new Set(list);
  const problems: SchemaProblem[] = [];
  const check = (label: string, path: string): void => {
    if (labels.has(label)) return;
    const meant = problems.length < MOST_EXPLAINED ? nearest(label, list) : undefined;
    const remedy = meant ? `did you mean ${JSON.stringify(meant)}?` : 'GET /api/v1/models lists its labels';
    problems.push({ path, message: `model ${model} has no label ${JSON.stringify(label)}; ${remedy}` });
  };
  for (const [i, label] of classes.entries()) check(label, `analytics.classes[${i}]`);
  for (const label of Object.keys(thresholds)) check(label, `analytics.thresholds.${label}`);
  if (problems.length > 0) throw invalid('VALIDATION', 'invalid camera', problems);
}
