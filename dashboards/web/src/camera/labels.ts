/** `labels` and those typed, which commas part; none twice. */
export function addLabels(labels: readonly string[], typed: string): readonly string[] {
  const added = typed.split(',').map((label) => label.trim());
  return [...new Set([...labels, ...added.filter((label) => label !== '')])];
}
