import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { EngineError } from '../errors.ts';
import { type AnalysisOptions, analyticsOf, withAnalysisOptions } from './analysis-options.ts';
import { type CameraAnswer, cameraSummary } from './camera-summary.ts';
import type { CommandContext } from './context.ts';
import { type HubOptions, hubClient, withHubOptions } from './hub-client.ts';
import { table } from './table.ts';

interface AddOptions extends HubOptions, AnalysisOptions {
  readonly rtsp?: string;
  readonly file?: string;
  readonly udp?: boolean;
  readonly loop?: boolean;
  readonly fast?: boolean;
  readonly name?: string;
  readonly tag?: string[];
  readonly json?: boolean;
}

interface UpdateOptions extends HubOptions, AnalysisOptions {
  readonly name?: string;
  readonly tag?: string[];
  readonly enable?: boolean;
  readonly disable?: boolean;
  readonly json?: boolean;
}

/** `camera add | list | show | update | remove`, over the API of a running hub. */
export function registerCameraCommands(program: Command, _context: CommandContext): void {
  const camera = program
    .command('camera')
    .description('add, list, change and remove cameras of a running Sightline');

  const add = camera
    .command('add <id>')
    .description('register a camera')
    .option('--rtsp <url>', 'rtsp://[user:password@]host[:port]/path')
    .option('--udp', 'take RTP over UDP instead of TCP')
    .option('--file <path>', 'a video file on the machine of Sightline')
    .option('--loop', 'play the file for ever, like a camera')
    .option('--fast', 'play the file once, as quickly as it can be analysed')
    .option('--name <name>', 'how people call it')
    .option('--tag <tag...>', 'tags')
    .option('--json', 'print the camera as JSON');
  withHubOptions(withAnalysisOptions(add)).action(async (id: string, options: AddOptions) => {
    const body = cameraInput(id, options);
    const added = (await hubClient(options).call('POST', '/cameras', body)) as CameraAnswer;
    process.stdout.write(options.json ? `${JSON.stringify(added)}\n` : `camera ${added.id} was added\n`);
  });

  withHubOptions(
    camera.command('list').description('the cameras and what they are doing').option('--json', 'print JSON'),
  ).action(async (options: HubOptions & { json?: boolean }) => {
    const cameras = await allCameras(options);
    if (options.json) return void process.stdout.write(`${JSON.stringify(cameras)}\n`);
    const rows = cameras.map(({ id, name, source, status }) => [
      id,
      name,
      status?.state ?? 'unknown',
      status?.fps.analysed ?? null,
      source.kind === 'rtsp' ? source.url : source.path,
      status?.reason?.message ?? status?.analysis.problem?.message ?? '',
    ]);
    process.stdout.write(table(['id', 'name', 'state', 'analysed fps', 'source', 'problem'], rows));
  });

  withHubOptions(
    camera
      .command('show <id>')
      .description('one camera: what it is doing and how it is analysed now')
      .option('--json', 'print JSON'),
  ).action(async (id: string, options: HubOptions & { json?: boolean }) => {
    const shown = (await hubClient(options).call('GET', pathOf(id))) as CameraAnswer;
    if (options.json) return void process.stdout.write(`${JSON.stringify(shown)}\n`);
    process.stdout.write(table(['what', 'value'], cameraSummary(shown)));
  });

  const update = camera
    .command('update <id>')
    .description('change a camera while it runs; what is not named stays as it is')
    .option('--name <name>', 'how people call it')
    .option('--tag <tag...>', 'tags, in place of those it has')
    .option('--enable', 'switch it on')
    .option('--disable', 'keep it, but switch it off')
    .option('--json', 'print the camera as JSON');
  withHubOptions(withAnalysisOptions(update)).action(async (id: string, options: UpdateOptions) => {
    const changed = (await hubClient(options).call(
      'PATCH',
      pathOf(id),
      cameraPatch(options),
    )) as CameraAnswer;
    process.stdout.write(
      options.json ? `${JSON.stringify(changed)}\n` : `camera ${changed.id} was changed\n`,
    );
  });

  withHubOptions(camera.command('remove <id>').description('remove a camera; what it saw stays')).action(
    async (id: string, options: HubOptions) => {
      await hubClient(options).call('DELETE', pathOf(id));
      process.stdout.write(`camera ${id} was removed\n`);
    },
  );
}

/** @throws EngineError VALIDATION when the options name no source, or two */
function cameraInput(id: string, options: AddOptions): unknown {
  const { rtsp, file, name, tag: tags } = options;
  if ((rtsp === undefined) === (file === undefined)) {
    throw new EngineError('VALIDATION', 'say where the video comes from: --rtsp <url> or --file <path>');
  }
  const source =
    rtsp !== undefined
      ? { kind: 'rtsp', url: rtsp, transport: options.udp ? 'udp' : 'tcp' }
      : {
          kind: 'file',
          // a path as the shell sees it; one that is not here may still exist where Sightline runs
          path: existsSync(file!) ? resolve(file!) : file,
          loop: options.loop ?? false,
          ...(options.fast ? { pace: 'fast' } : {}),
        };
  const analytics = analyticsOf(options);
  return {
    id,
    source,
    ...(name ? { name } : {}),
    ...(analytics ? { analytics } : {}),
    ...(tags ? { tags } : {}),
  };
}

/** @throws EngineError VALIDATION when the options change nothing, or contradict each other */
function cameraPatch({ name, tag: tags, enable, disable, ...options }: UpdateOptions): object {
  if (enable && disable) throw new EngineError('VALIDATION', 'give --enable or --disable, not both');
  const analytics = analyticsOf(options);
  const patch = {
    ...(name ? { name } : {}),
    ...(tags ? { tags } : {}),
    ...(enable || disable ? { enabled: enable === true } : {}),
    ...(analytics ? { analytics } : {}),
  };
  if (Object.keys(patch).length > 0) return patch;
  throw new EngineError('VALIDATION', 'say what to change: see "sightline camera update --help"');
}

function pathOf(id: string): string {
  return `/cameras/${encodeURIComponent(id)}`;
}

async function allCameras(options: HubOptions): Promise<CameraAnswer[]> {
  const hub = hubClient(options);
  const cameras: CameraAnswer[] = [];
  let cursor: string | undefined;
  do {
    const page = (await hub.call('GET', `/cameras?limit=1000${cursor ? `&cursor=${cursor}` : ''}`)) as {
      cameras: CameraAnswer[];
      nextCursor?: string;
    };
    cameras.push(...page.cameras);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return cameras;
}
