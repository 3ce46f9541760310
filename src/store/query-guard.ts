import { EngineError } from '../errors.ts';
import { cteNames, type Token, tokens } from './canonical-sql.ts';
import { STORE_DATABASE } from './client.ts';
import { isAllowedFunction, isAllowedType } from './query-functions.ts';

/** The tables a user's query may read. */
export const QUERY_TABLES: ReadonlySet<string> = new Set(['detections']);

/** Kinds of syntax nodes that a plain SELECT consists of. Everything else is refused. */
const ALLOWED_NODES: ReadonlySet<string> = new Set([
  'SelectWithUnionQuery',
  'SelectIntersectExceptQuery',
  'SelectQuery',
  'ExpressionList',
  'Subquery',
  'WithElement',
  'TablesInSelectQuery',
  'TablesInSelectQueryElement',
  'TableExpression',
  'TableIdentifier',
  'TableJoin',
  'ArrayJoin',
  'Identifier',
  'Literal',
  'Function',
  'Asterisk',
  'QualifiedAsterisk',
  'ColumnsTransformerList',
  'ColumnsExceptTransformer',
  'OrderByElement',
  'WindowDefinition',
  'WindowListElement',
]);

/** `name = system.users` and the like must never become an alias under which a table is reached. */
const RESERVED_NAMES = new Set(['system', 'information_schema', 'default', '_temporary_and_external_tables']);
const INTERNAL_TABLE = /^(schema_migrations|\.inner)/;
const MAX_SQL_LENGTH = 32_768;
const NODE_LINE = /^( *)([A-Za-z:]+)(?: (.*?))??(?: \(alias ([^()]*)\))?(?: \(children (\d+)\))?$/;

interface Node {
  readonly kind: string;
  readonly text: string;
  readonly alias: string | undefined;
  /** How many children the engine said it has. */
  readonly childCount: number;
  readonly children: Node[];
}

/** What the guard asks of the engine; both run on the store, read-only and limited. */
export interface SqlParser {
  /** `formatQuerySingleLine`: canonical text of exactly one statement; rejects on a syntax error. */
  format(sql: string): Promise<string>;
  /** `EXPLAIN AST` of canonical text with the query's parameters: one line a node. */
  syntaxTree(canonical: string): Promise<string[]>;
}

/**
 * Proves that `sql` is one SELECT that reads our own tables and nothing else, or refuses it. Returns the
 * canonical text that was proved; only that may be run.
 *
 * Everything is judged on the engine's own reading of the query, and whatever is not known to be harmless is
 * refused: kinds of nodes, functions, types of casts, names of tables wherever one can stand (FROM, JOIN, the
 * right-hand side of IN, in sub-queries, unions and common table expressions alike), parameters that stand
 * for names, and clauses that leave the query (INTO OUTFILE, FORMAT, SETTINGS).
 *
 * @throws EngineError QUERY_REJECTED that says what was refused and what to do instead.
 */
export async function guardQuery(sql: string, parser: SqlParser): Promise<string> {
  if (sql.length > MAX_SQL_LENGTH)
    reject(`the query has ${sql.length} characters`, `at most ${MAX_SQL_LENGTH}`);
  const canonical = (await parser.format(sql)).trim();
  const words = tokens(canonical);
  if (!/^(?:SELECT|WITH|\()/.test(canonical)) {
    reject(`${words[0]?.text ?? 'nothing'} is not a SELECT`, 'one SELECT statement is accepted');
  }
  checkTokens(words);
  const root = parseTree(await parser.syntaxTree(canonical));
  if (root.kind !== 'SelectWithUnionQuery') reject(`${root.kind} is not a SELECT`, 'one SELECT is accepted');
  if (root.children.length > 1) {
    reject('a FORMAT clause', 'leave it out: answers are JSON');
  }
  const ctes = cteNames(words);
  for (const name of ctes) checkNewName(name);
  walk(root, { ctes, names: declaredNames(root, ctes) });
  return canonical;
}

interface Scope {
  readonly ctes: ReadonlySet<string>;
  /** What may stand before the dot of `a.b`. */
  readonly names: ReadonlySet<string>;
}

function checkTokens(words: readonly Token[]): void {
  for (const [at, { kind, text }] of words.entries()) {
    // the syntax tree prints names unquoted: a name that looks like tree output could not be told from it
    if (kind === 'quoted' && !/^[\p{L}\p{N}_][\p{L}\p{N}_ %-]{0,63}$/u.test(text)) {
      reject(`the name \`${text}\``, 'names consist of letters, digits, blanks, underscores and hyphens');
    }
    if (kind === 'parameter' && !/^\{\w+:[^{}]+\}$/.test(text))
      reject(`the parameter ${text}`, 'write {name:Type}');
    if (kind === 'parameter' && !isAllowedType(text.slice(text.indexOf(':') + 1, -1))) {
      reject(
        `the parameter ${text}`,
        'parameters are values: String, Int64, Float64, DateTime or Array of them',
      );
    }
    // these two are refused before the engine is asked to explain the query: it would heed them
    if (kind === 'word' && text === 'OUTFILE' && words[at - 1]?.text === 'INTO') {
      reject('INTO OUTFILE', 'leave it out: answers are not written to files');
    }
    if (kind === 'word' && text === 'SETTINGS' && words[at + 2]?.text === '=') {
      reject('a SETTINGS clause', 'leave it out: limits are set by the server');
    }
    if (kind === 'word' && text === 'RECURSIVE' && words[at - 1]?.text === 'WITH') {
      reject('WITH RECURSIVE', 'write the query without recursion');
    }
  }
}

/** Builds the tree from lines that are indented by one blank a level. */
function parseTree(lines: readonly string[]): Node {
  const path: Node[] = [];
  let root: Node | undefined;
  for (const line of lines) {
    const [, indent = '', kind = '', text = '', alias, childCount = '0'] = NODE_LINE.exec(line) ?? [];
    if (!ALLOWED_NODES.has(kind)) reject(plainName(kind || line.trim()), 'the query may not use it');
    const node: Node = { kind, text, alias, childCount: Number(childCount), children: [] };
    const depth = indent.length;
    if (depth > path.length || (depth === 0) !== (root === undefined))
      reject('the query', 'its structure is unclear');
    path.length = depth;
    path[depth - 1]?.children.push(node);
    path.push(node);
    root ??= node;
  }
  return root ?? reject('an empty query', 'write one SELECT');
}

/** Kinds of nodes in the words of SQL, where they differ. */
function plainName(kind: string): string {
  const known: Readonly<Record<string, string>> = {
    Set: 'a SETTINGS clause',
    ColumnsApplyTransformer: 'APPLY',
    ColumnsReplaceTransformer: 'REPLACE',
    ColumnsRegexpMatcher: 'COLUMNS()',
    SampleRatio: 'SAMPLE',
  };
  return known[kind] ?? `the construct ${kind}`;
}

function declaredNames(root: Node, ctes: ReadonlySet<string>): Set<string> {
  const names = new Set([...QUERY_TABLES, ...ctes, STORE_DATABASE]);
  const visit = (node: Node): void => {
    if (node.alias !== undefined) {
      checkNewName(node.alias);
      names.add(node.alias);
    }
    for (const child of node.children) visit(child);
  };
  visit(root);
  return names;
}

function checkNewName(name: string): void {
  const lower = name.toLowerCase();
  if (RESERVED_NAMES.has(lower) || INTERNAL_TABLE.test(lower))
    reject(`the name ${name}`, 'choose another alias');
}

function walk(node: Node, scope: Scope): void {
  const { kind, text, children } = node;
  if (children.length !== node.childCount) reject('the query', 'its structure is unclear'); // a cut or forged tree
  if (kind === 'TableIdentifier') checkTable(text, scope);
  else if (kind === 'Identifier') checkColumn(text, scope);
  else if (kind === 'Function') checkFunction(node, scope);
  else if (kind === 'TableExpression') {
    const source = children[0]?.kind;
    if (children.length !== 1 || (source !== 'TableIdentifier' && source !== 'Subquery')) {
      const what = source === 'Function' ? `the table function ${children[0]?.text}` : 'this kind of table';
      reject(what, `read from ${[...QUERY_TABLES].join(', ')}`);
    }
  }
  for (const child of children) walk(child, scope);
}

function checkTable(name: string, { ctes }: Scope): void {
  const own = name.startsWith(`${STORE_DATABASE}.`) ? name.slice(STORE_DATABASE.length + 1) : undefined;
  if (QUERY_TABLES.has(own ?? name) || (own === undefined && ctes.has(name))) return;
  reject(`the table ${name}`, `there is ${[...QUERY_TABLES].join(', ')}`);
}

function checkColumn(name: string, { names }: Scope): void {
  const dot = name.indexOf('.');
  if (dot < 0 || names.has(name.slice(0, dot))) return;
  reject(`the name ${name}`, 'before the dot stands a table or an alias of the query');
}

function checkFunction(node: Node, scope: Scope): void {
  const { text: name } = node;
  if (!isAllowedFunction(name)) {
    reject(`the function ${name}`, 'aggregates, arithmetic, dates, strings, conditions and arrays are there');
  }
  const [first] = node.children;
  const second = first?.children[1];
  if (/^(in|notin)$/i.test(name) && second?.kind === 'Identifier') {
    // a name on the right of IN is a table
    checkTable(second.text, scope);
  }
  if (
    /cast/i.test(name) &&
    !(second?.kind === 'Literal' && isAllowedType(second.text.replace(/^'|'$/g, '')))
  ) {
    reject(`a cast to ${second?.text ?? 'nothing'}`, 'cast to a number, text, date or array of them');
  }
}

function reject(what: string, remedy: string): never {
  throw new EngineError('QUERY_REJECTED', `not accepted: ${what}; ${remedy}`);
}
