import { Command } from 'commander';
import { registerMotCommands } from '../../src/commands/mot.ts';

// These commands alone, as src/cli.ts and src/main.ts run them: no test here needs the rest of the engine.
const context = {
  exit: (code: number): void => {
    process.exitCode = code;
  },
};
const program = new Command('sightline');
registerMotCommands(program, context);
await program.parseAsync(process.argv.slice(2), { from: 'user' }).catch((err: Error) => {
  process.stderr.write(`sightline: ${err.message}\n`);
  process.exitCode = 1;
});
