import { runCli } from './cli.ts';
import { withoutCredentials } from './credentials.ts';
import { EngineError } from './errors.ts';

// One line for what a user can mend; a programming error keeps its stack.
try {
  process.exitCode = await runCli(process.argv.slice(2));
} catch (err) {
  const text =
    err instanceof EngineError ? `sightline: ${err.message}` : err instanceof Error ? err.stack : err;
  process.stderr.write(`${withoutCredentials(String(text))}\n`);
  process.exitCode = 1;
}
