/** A token of SQL that the engine's own formatter wrote. */
export interface Token {
  readonly kind: 'word' | 'quoted' | 'string' | 'parameter' | 'other';
  /** The name without its quotes, or the text as it is. */
  readonly text: string;
}

const TOKEN =
  /\s+|(?<quoted>`(?:[^`\\]|\\.|``)*`|"(?:[^"\\]|\\.|"")*")|(?<string>'(?:[^'\\]|\\.|'')*')|(?<parameter>\{[^{}]*\})|(?<word>[A-Za-z_]\w*)|(?<other>\d[\w.]*|.)/gsuy;

/**
 * Splits canonical SQL (the output of `formatQuerySingleLine`: no comments, no heredocs, strings in single
 * quotes, names bare or in backquotes) into its tokens, blanks left out.
 */
export function tokens(canonical: string): Token[] {
  const found: Token[] = [];
  for (const { groups } of canonical.matchAll(TOKEN)) {
    if (groups?.quoted !== undefined) found.push({ kind: 'quoted', text: groups.quoted.slice(1, -1) });
    else if (groups?.string !== undefined) found.push({ kind: 'string', text: groups.string });
    else if (groups?.parameter !== undefined) found.push({ kind: 'parameter', text: groups.parameter });
    else if (groups?.word !== undefined) found.push({ kind: 'word', text: groups.word });
    else if (groups?.other !== undefined) found.push({ kind: 'other', text: groups.other });
  }
  return found;
}

/**
 * Names of the common table expressions: `name AS (`. The engine's syntax tree does not tell them. A named
 * window looks the same and is included: one name too many opens nothing that is not ours.
 */
export function cteNames(list: readonly Token[]): Set<string> {
  const names = new Set<string>();
  for (let i = 0; i + 2 < list.length; i++) {
    const isName = list[i]!.kind === 'word' || list[i]!.kind === 'quoted';
    if (isName && list[i + 1]!.text === 'AS' && list[i + 2]!.text === '(') names.add(list[i]!.text);
  }
  return names;
}
