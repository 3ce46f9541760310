import type { Command } from 'commander';
import type { QueryResult } from '../store/query.ts';
import type { CommandContext } from './context.ts';
import { type HubOptions, hubClient, withHubOptions } from './hub-client.ts';
import { csv, table } from './table.ts';

/** `query "<sql>"`: asks a running hub and prints a table, JSON or CSV. */
export function registerQueryCommand(program: Command, _context: CommandContext): void {
  const command = program
    .command('query <sql>')
    .description('ask SQL about everything that was seen')
    .option('--param <name=value...>', 'value of {name:Type} in the SQL', parameter, {})
    .option('--json', 'print the whole answer as JSON')
    .option('--csv', 'print CSV');
  withHubOptions(command).action(
    async (
      sql: string,
      options: HubOptions & { json?: boolean; csv?: boolean; param: Record<string, string> },
    ) => {
      const answer = (await hubClient(options).call('POST', '/query', {
        sql,
        parameters: options.param,
      })) as QueryResult;
      const headings = answer.columns.map(({ name }) => name);
      if (options.json) return void process.stdout.write(`${JSON.stringify(answer)}\n`);
      if (options.csv) return void process.stdout.write(csv(headings, answer.rows));
      process.stdout.write(table(headings, answer.rows));
      const cut = answer.truncated ? ', cut off there by the limit' : '';
      process.stderr.write(`${answer.rowCount} rows${cut}, ${Math.round(answer.elapsedMs)} ms\n`);
    },
  );
}

function parameter(pair: string, before: Record<string, string>): Record<string, string> {
  const at = pair.indexOf('=');
  return at < 0 ? { ...before, [pair]: '' } : { ...before, [pair.slice(0, at)]: pair.slice(at + 1) };
}
