const MAX_CELL = 60;

/** Rows under their headings, in columns; numbers to the right. */
export function table(headings: readonly string[], rows: readonly (readonly unknown[])[]): string {
  // only the last column, which nothing stands beside, may be as long as it is
  const cells = rows.map((row) => row.map((value, column) => cell(value, column === row.length - 1)));
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const numeric = headings.map(
    (_, column) =>
      rows.length > 0 && rows.every((row) => row[column] === null || typeof row[column] === 'number'),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((text, column) =>
        numeric[column] ? text.padStart(widths[column]!) : text.padEnd(widths[column]!),
      )
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width));
  return `${[line(headings), line(rule), ...cells.map(line)].join('\n')}\n`;
}

/** Rows as CSV (RFC 4180). */
export function csv(headings: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const field = (value: unknown): string => {
    const text =
      value === null || value === undefined
        ? ''
        : typeof value === 'object'
          ? JSON.stringify(value)
          : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [headings, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

function cell(value: unknown, whole: boolean): string {
  if (value === null || value === undefined) return 'NULL';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  // control characters of a label or a URL must not steer the terminal
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
  const plain = text.replace(/[\x00-\x1f\x7f-\x9f]/g, '\u00b7');
  return plain.length > MAX_CELL && !whole ? `${plain.slice(0, MAX_CELL - 1)}\u2026` : plain;
}
