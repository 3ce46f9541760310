import type { Command } from 'commander';
import { loadConfig } from '../config/load.ts';
import { checkRtspServer, RTSP_PORT } from '../demo/rtsp-server.ts';
import { EngineError } from '../errors.ts';
import type { ServingInfo } from '../hub.ts';
import type { CommandContext } from './context.ts';

interface ServeOptions {
  readonly config?: string;
  readonly port?: string;
  readonly data?: string;
  readonly empty?: boolean;
  readonly rtsp?: string | true;
}

/** `serve` and the processes it is made of. */
export function registerServeCommands(program: Command, context: CommandContext): void {
  program
    .command('serve', { isDefault: true })
    .description('start everything: hub, vision node and embedded store')
    .option('-c, --config <file>', 'YAML file with the settings (default: ./config.yaml if there is one)')
    .option('-p, --port <number>', 'port of the dashboard and the API')
    .option('-d, --data <dir>', 'where everything is kept')
    .option('--empty', 'give a new data directory no demo cameras; those that are there stay')
    .option(
      '--rtsp [port]',
      `serve the demo clips over RTSP too, on this machine only (port ${RTSP_PORT} unless told otherwise)`,
    )
    .addHelpText(
      'after',
      '\nA new data directory is given four demo cameras, whose every number can be held against the truth, unless\n' +
        'started with --empty. One that was deleted or changed stays so.\n\n' +
        `With --rtsp it is given cameras that take the clips from rtsp://127.0.0.1:${RTSP_PORT}/<clip>, where they are\n` +
        'played for ever by a real RTSP server, as long as Sightline is started so. It needs GStreamer.',
    )
    .action(async (options: ServeOptions) => {
      const rtspPort = rtspPortOf(options);
      // the children read the same settings from the same places
      if (options.config) process.env.SIGHTLINE_CONFIG = options.config;
      if (options.port) process.env.SIGHTLINE_PORT = options.port;
      if (options.data) process.env.SIGHTLINE_DATA = options.data;
      const config = loadConfig({ env: process.env });
      if (rtspPort !== undefined) {
        checkPortsDiffer(rtspPort, config.server.port);
        checkRtspServer(config.demo.dir);
      }
      const { runHub } = await import('../hub.ts');
      const stop = stopSignal();
      try {
        await runHub({
          config,
          signal: stop,
          demo: !options.empty,
          rtspPort,
          onServing: (info) => {
            printWelcome(info);
            process.send?.({ type: 'ready' }); // from here on its keeper starts it again, should it fail
          },
        });
      } finally {
        process.channel?.unref(); // the channel to the keeper would keep this process alive
      }
    });

  program
    .command('node', { hidden: true })
    .description('a vision node; started by the hub')
    .action(async () => {
      if (!process.send) {
        process.stderr.write('sightline: a vision node is started by the hub: run `sightline serve`\n');
        return context.exit(1);
      }
      const { runVisionNode } = await import('../vision-node.ts');
      // the channel to the hub would keep it alive
      process.exit(await runVisionNode(loadConfig({ env: process.env })));
    });

  program
    .command('store', { hidden: true })
    .description('the embedded store; started by the hub')
    .action(async () => {
      const { runStoreProcess } = await import('../store/embedded/store-process.ts');
      process.exit(await runStoreProcess()); // the engine's own threads would keep it alive
    });
}

/** @throws EngineError VALIDATION */
function rtspPortOf({ rtsp, empty }: ServeOptions): number | undefined {
  if (rtsp === undefined) return undefined;
  if (empty) {
    throw new EngineError(
      'VALIDATION',
      '--rtsp serves the demo cameras and --empty does without them: leave one of the two out',
    );
  }
  const port = rtsp === true ? RTSP_PORT : Number(rtsp);
  if (Number.isInteger(port) && port >= 1 && port <= 65535) return port;
  throw new EngineError('VALIDATION', `--rtsp takes a port from 1 to 65535, got ${JSON.stringify(rtsp)}`);
}

/** @throws EngineError VALIDATION */
function checkPortsDiffer(rtspPort: number, apiPort: number): void {
  if (rtspPort !== apiPort) return;
  throw new EngineError(
    'VALIDATION',
    `port ${apiPort} cannot serve both the dashboard and the demo over RTSP: choose another with --rtsp <port>, or with --port`,
  );
}

/** Aborts on Ctrl-C, SIGTERM, a closed terminal, or when the process that started this one is gone. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop.abort());
  if (process.channel) process.once('disconnect', () => stop.abort());
  return stop.signal;
}

function printWelcome(info: ServingInfo): void {
  // a token that somebody chose is known to them, and must not end up in the log of a service
  const [link, token] = info.tokenGenerated ? [`/#token=${info.token}`, info.token] : ['/', 'as configured'];
  const lines = [
    '',
    `  Sightline is running`,
    '',
    `  dashboard  ${info.url}${link}`,
    `  API        ${info.url}/api/docs`,
    `  token      ${token}`,
    ...info.rtspUrls.map((url, n) => `  ${n === 0 ? 'RTSP' : '    '}       ${url}`),
    '',
    ...cameraLines(info).map((line) => `  ${line}`),
    '  Ctrl-C stops everything.',
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function cameraLines({ cameras, demoCameras }: ServingInfo): string[] {
  if (cameras === 0) return ['No cameras yet: add one in the dashboard, or with `npx sightline camera add`.'];
  const registered = `${cameras} ${cameras === 1 ? 'camera' : 'cameras'} registered`;
  if (demoCameras === 0) return [`${registered}.`];
  return [
    `${registered}, ${demoCameras} of them demo: street scenes whose truth is known.`,
    'Those you remove stay away; `npm start -- --empty` begins a new data directory without.',
  ];
}
