import type { Command } from 'commander';
import { TRACKER_NAMES } from '../tracker-settings.ts';
import type { CommandContext } from './context.ts';
import { type EvalOptions, evalTable, evaluate } from './mot-eval.ts';
import { PRESET_NAMES } from './mot-presets.ts';
import { type TrackOptions, track } from './mot-track.ts';

/** `mot track | eval`: trackers on files of the MOTChallenge, without a hub. */
export function registerMotCommands(program: Command, _context: CommandContext): void {
  const mot = program
    .command('mot')
    .description('run trackers on files of the MOTChallenge, and judge results');

  mot
    .command('track')
    .description('give the detections of a file their tracks')
    .option('--tracker <name>', `one of ${TRACKER_NAMES.join(', ')}`)
    .option('--preset <name>', `a tracker as the original ran: one of ${PRESET_NAMES.join(', ')}`)
    .requiredOption('--detections <file>', 'lines of frame,-1,x,y,width,height,confidence in any order')
    .requiredOption('--out <file>', 'where the result goes; - for standard output')
    .option('--set <name=value...>', 'a setting of the tracker, e.g. lostForSeconds=2')
    .option('--fps <n>', 'frames a second; by default what seqinfo.ini says, else 30')
    .option('--seqinfo <file>', 'by default seqinfo.ini beside the detections or in the folder above')
    .option('--frames <n>', 'the last frame; by default the last with a detection')
    .option('--interpolate <n>', 'fill gaps of up to n frames in each track afterwards', '0')
    .action((options: TrackOptions) => {
      const { result, summary } = track(options, say);
      if (options.out === '-') {
        process.stdout.write(result);
        say(summary);
      } else process.stdout.write(`${summary}\n`);
    });

  mot
    .command('eval')
    .description(
      'HOTA, CLEAR and identity metrics of a result, as the MOTChallenge measures them;\n' +
        'of several sequences when --gt and --result are repeated, and then of all together (COMBINED_SEQ)',
    )
    .requiredOption('--gt <file...>', 'ground truth')
    .requiredOption('--result <file...>', "a tracker's result, in the order of --gt")
    .option('--seqinfo <file...>', 'by default seqinfo.ini beside the ground truth or in the folder above')
    .option(
      '--json',
      'print JSON, ratios from 0 to 1: an object of figures, of several sequences one under each name',
    )
    .action((options: EvalOptions) => {
      const scores = evaluate(options, say);
      const [only] = Object.values(scores);
      const printed = options.gt.length === 1 ? only : scores;
      process.stdout.write(options.json ? `${JSON.stringify(printed)}\n` : evalTable(scores));
    });
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
