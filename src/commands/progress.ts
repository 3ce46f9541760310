import { Presets, SingleBar } from 'cli-progress';

export interface ShownProgress {
  update(done: number, total: number): void;
  stop(): void;
}

/** Shows on standard error how far something is: with a bar on a terminal, a line for each tenth elsewhere. */
export function shownProgress(what: string, unit: string): ShownProgress {
  const bar = new SingleBar(
    { format: `${what} {bar} {percentage}% of {total} ${unit}, {eta} s left`, stream: process.stderr },
    Presets.shades_classic,
  );
  const terminal = process.stderr.isTTY === true;
  let started = false;
  let shownTenth = -1;
  return {
    update(done, total) {
      if (terminal) {
        if (started) bar.update(done);
        else bar.start(total, done);
        started = true;
        return;
      }
      const tenth = Math.floor((done / total) * 10);
      if (tenth > shownTenth) process.stderr.write(`${what}: ${tenth * 10} % of ${total} ${unit}\n`);
      shownTenth = Math.max(shownTenth, tenth);
    },
    stop() {
      if (started) bar.stop();
    },
  };
}
