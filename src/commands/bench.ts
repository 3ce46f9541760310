import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { loadConfig, PROJECT_DIR } from '../config/load.ts';
import { EngineError } from '../errors.ts';
import type { CommandContext } from './context.ts';

/** `bench`: measures on this machine; progress on standard error, one JSON line last. */
export function registerBenchCommands(program: Command, context: CommandContext): void {
  const bench = program.command('bench').description('measure on this machine; one JSON line comes last');

  bench
    .command('pipeline')
    .description('every frame of a clip decoded, detected, tracked and stored, against the bare parts alone')
    .option(
      '--video <file>',
      'what the clip is made of',
      `${PROJECT_DIR}../shared/data/videos/town-centre-cut.mp4`,
    )
    .option('--seconds <n>', 'length of the clip, and of each live step', '60')
    .option('--live', 'also 1, 4, 8 and 12 cameras in real time at 5 analysed frames a second')
    .option('--json', 'only the JSON line, no progress')
    .action(async (options: { video: string; seconds: string; live?: boolean; json?: boolean }) => {
      if (!existsSync(options.video)) {
        throw new EngineError('FILE_NOT_FOUND', `no video ${options.video}: name one with --video`);
      }
      const seconds = Number(options.seconds);
      if (!Number.isInteger(seconds) || seconds < 10 || seconds > 600) {
        throw new EngineError(
          'VALIDATION',
          `--seconds takes a whole number from 10 to 600, got ${options.seconds}`,
        );
      }
      const { benchPipeline } = await import('../../bench/pipeline.ts');
      const report = await benchPipeline({
        video: options.video,
        seconds,
        live: options.live === true,
        modelsDir: loadConfig({ env: process.env }).models.dir,
        say: (line) => {
          if (!options.json) process.stderr.write(`${line}\n`);
        },
      });
      process.stdout.write(`${JSON.stringify(report)}\n`);
      context.exit(0);
    });
}
