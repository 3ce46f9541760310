import { Presets, SingleBar } from 'cli-progress';
import type { Command } from 'commander';
import { loadConfig } from '../config/load.ts';
import { EngineError, messageOf } from '../errors.ts';
import { listModels } from '../models/list.ts';
import { loadManifest, type Manifest, type ModelEntry, modelEntry } from '../models/manifest.ts';
import { type Pullable, pullModel } from '../models/pull.ts';
import { inspectWeights } from '../models/verify.ts';
import type { CommandContext } from './context.ts';
import { registerModelAdd } from './model-add.ts';
import { registerModelBench } from './model-bench.ts';
import { registerModelEval } from './model-eval.ts';
import { registerModelInspect } from './model-inspect.ts';
import { table } from './table.ts';

const MIB = 1024 * 1024;

/** `model list | pull | verify | inspect | add | eval | bench`: the weights in SIGHTLINE_MODELS, without a running hub. */
export function registerModelCommands(program: Command, context: CommandContext): void {
  const model = program.command('model').description('list, download, check, add and measure models');

  model
    .command('list')
    .description('the models of the manifest')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const dir = modelsDir();
      const manifest = await loadManifest(dir);
      const models = await listModels(dir, manifest);
      if (json) process.stdout.write(`${JSON.stringify(models)}\n`);
      else {
        const rows = models.map(({ name, version, task, family, sizeBytes, licence, state }) => [
          name,
          version,
          task,
          family ?? '-',
          sizeBytes === null ? '-' : `${(sizeBytes / MIB).toFixed(1)} MiB`,
          licence || '-',
          state,
        ]);
        process.stdout.write(table(['name', 'version', 'task', 'family', 'size', 'licence', 'state'], rows));
        for (const { remedy } of models) if (remedy) process.stderr.write(`${remedy}\n`);
      }
      if (!manifest.problem) return;
      process.stderr.write(`sightline: ${manifest.problem.message}\n`);
      context.exit(1);
    });

  model
    .command('verify [name]')
    .description('check weights by their SHA-256; all models when no name is given')
    .option('--json', 'print JSON')
    .action(async (name: string | undefined, { json }: { json?: boolean }) => {
      const dir = modelsDir();
      const results = await Promise.all(
        chosen(await loadManifest(dir), name).map(async (entry) => {
          const { state, path, problem } = await inspectWeights(entry, dir);
          return { name: entry.name, version: entry.version, state, path, remedy: problem?.message ?? null };
        }),
      );
      if (json) process.stdout.write(`${JSON.stringify(results)}\n`);
      for (const result of results) {
        if (!json) process.stdout.write(`${result.name} ${result.version}: ${result.state}\n`);
        if (result.remedy) process.stderr.write(`sightline: ${result.remedy}\n`);
      }
      if (results.some(({ state }) => state !== 'ready')) context.exit(1);
    });

  model
    .command('pull [name]')
    .description('download weights and check them before use; all models when no name is given')
    .action(async (name: string | undefined) => {
      const dir = modelsDir();
      const stop = new AbortController();
      const onSignal = (): void => stop.abort();
      process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
      try {
        for (const entry of pullable(chosen(await loadManifest(dir), name), name !== undefined)) {
          const pulled = await pullShown(entry, dir, stop.signal).catch((err: unknown) => {
            process.stderr.write(`sightline: ${messageOf(err)}\n`);
            context.exit(1);
            return undefined;
          });
          if (pulled) process.stdout.write(`${entry.name} ${entry.version}: ${pulled}\n`);
          if (stop.signal.aborted) break;
        }
      } finally {
        process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
      }
    });

  registerModelInspect(model, context);
  registerModelAdd(model);
  registerModelEval(model, context);
  registerModelBench(model, context);
}

function modelsDir(): string {
  return loadConfig({ env: process.env }).models.dir;
}

function chosen(manifest: Manifest, name: string | undefined): readonly ModelEntry[] {
  return name === undefined ? manifest.models : [modelEntry(manifest, name)];
}

/**
 * Those with a url; one that was named and has none is an error.
 *
 * @throws EngineError MODEL_DOWNLOAD
 */
function pullable(entries: readonly ModelEntry[], named: boolean): Array<ModelEntry & Pullable> {
  return entries.flatMap((entry) => {
    const { name, file, url, sizeBytes, bundledDir } = entry;
    if (named && bundledDir !== undefined) {
      throw new EngineError(
        'MODEL_DOWNLOAD',
        `model ${name} comes with the program, in ${bundledDir}: there is nothing to pull; "sightline model verify ${name}" checks it`,
      );
    }
    if (url !== undefined && sizeBytes !== undefined) return { ...entry, url, sizeBytes };
    if (!named) return [];
    throw new EngineError(
      'MODEL_DOWNLOAD',
      `model ${name} has no url in its manifest entry: put ${file} into ${modelsDir()} by hand`,
    );
  });
}

/** Downloads with a bar on a terminal, a line for each tenth elsewhere. */
async function pullShown(entry: Pullable & ModelEntry, dir: string, signal: AbortSignal): Promise<string> {
  const { name, version, sizeBytes } = entry;
  const terminal = process.stderr.isTTY === true;
  const bar = new SingleBar(
    {
      format: `${name} {bar} {percentage}% of ${(sizeBytes / MIB).toFixed(1)} MiB, {eta} s left`,
      stream: process.stderr,
    },
    Presets.shades_classic,
  );
  let started = false;
  let shownTenth = -1;
  const onProgress = (received: number, total: number): void => {
    if (terminal) {
      if (!started) bar.start(total, received);
      else bar.update(received);
      started = true;
      return;
    }
    const tenth = Math.floor((received / total) * 10);
    if (tenth > shownTenth)
      process.stderr.write(`${name} ${version}: ${tenth * 10} % of ${sizeBytes} bytes\n`);
    shownTenth = tenth;
  };
  try {
    const { path, outcome } = await pullModel(entry, dir, { signal, onProgress });
    return outcome === 'present' ? `is there already, ${path}` : `${outcome} and verified, ${path}`;
  } finally {
    if (started) bar.stop();
  }
}
