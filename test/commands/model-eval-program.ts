import { Command } from 'commander';
import { registerModelEval } from '../../src/commands/model-eval.ts';

// This command alone, as src/cli.ts and src/main.ts run it.
const context = {
  exit: (code: number): void => {
    process.exitCode = code;
  },
};
const program = new Command('sightline');
registerModelEval(program.command('model'), context);
await program.parseAsync(process.argv.slice(2), { from: 'user' }).catch((err: Error) => {
  process.stderr.write(`sightline: ${err.message}\n`);
  process.exitCode = 1;
});
