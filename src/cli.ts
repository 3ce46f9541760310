import { Command, CommanderError } from 'commander';
import { registerBenchCommands } from './commands/bench.ts';
import { registerCameraCommands } from './commands/camera.ts';
import { registerDemoCommands } from './commands/demo.ts';
import { registerModelCommands } from './commands/model.ts';
import { registerMotCommands } from './commands/mot.ts';
import { registerQueryCommand } from './commands/query.ts';
import { registerServeCommands } from './commands/serve.ts';
import { EngineError } from './errors.ts';
import { VERSION } from './version.ts';

/** Runs one `sightline` command and answers its exit code; failures throw. */
export async function runCli(args: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = new Command('sightline')
    .description('Real-time video analytics: cameras in; detections, tracks and SQL out')
    .version(VERSION)
    .showHelpAfterError('(see sightline --help)')
    .exitOverride();
  const context = {
    exit: (code: number): void => {
      exitCode = code;
    },
  };
  registerServeCommands(program, context);
  registerCameraCommands(program, context);
  registerModelCommands(program, context);
  registerQueryCommand(program, context);
  registerMotCommands(program, context);
  registerBenchCommands(program, context);
  registerDemoCommands(program, context);
  const [command] = args;
  const known = command === undefined || command.startsWith('-') || command === 'help';
  if (!known && !program.commands.some((one) => one.name() === command)) {
    throw new EngineError(
      'VALIDATION',
      `there is no command ${JSON.stringify(command)}: see sightline --help`,
    );
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (err) {
    // commander has already written its message
    if (err instanceof CommanderError) return err.exitCode;
    throw err;
  }
  return exitCode;
}
