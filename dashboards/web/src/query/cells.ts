/** How a column is set: numbers to the right, the rest to the left. */
export function isNumeric(type: string): boolean {
  const inner = type.replace(/^(?:(?:Nullable|LowCardinality|SimpleAggregateFunction)\((?:\w+, )?)+/, '');
  return /^(?:U?Int\d|Float\d|BFloat|Decimal)/.test(inner);
}

/** A value of an answer as text; null has a look of its own and is not for this function. */
export function cellText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : String(roundFor(value));
  return JSON.stringify(value) ?? '';
}

/** Seven significant digits: what a Float32 holds; more is noise. */
function roundFor(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(7)) : value;
}
