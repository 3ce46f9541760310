import type { CameraInput } from './camera.ts';

const LEAST_DIGITS = 2;

/**
 * The cameras that a demo camera with `copies` stands for: `load` becomes `load-01`, `load-02` and so on, each with
 * the tag `load` besides its own. Undefined for any other camera.
 */
export function copiesOf(input: CameraInput): CameraInput[] | undefined {
  const { source } = input;
  if (source.kind !== 'demo' || source.copies === undefined) return undefined;
  const { copies, ...one } = source;
  const digits = Math.max(LEAST_DIGITS, String(copies).length);
  const tags = [...new Set([...(input.tags ?? []), input.id])];
  return Array.from({ length: copies }, (_, i) => {
    const number = String(i + 1).padStart(digits, '0');
    return {
      ...input,
      id: `${input.id}-${number}`,
      ...(input.name === undefined ? {} : { name: `${input.name} ${number}` }),
      source: one,
      tags,
    };
  });
}
