import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { DEMO_CLIPS, type Source, sourceWords } from '../camera.ts';
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
  /** True: without a name. */
  readonly demo?: string | true;
  readonly copies?: string;
  readonly decode?: string;
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
    .option('--demo [clip]', `a street scene whose truth is known: ${DEMO_CLIPS.join(', ')}`)
    .option(
      '--copies <number>',
      'so many demo cameras, <id>-01 and so on, with the tag <id>: a load for tests',
    )
    .option(
      '--decode <how>',
      'of demo cameras: each decodes for itself, or shared: one decoder for all of a clip',
    )
    .option('--name <name>', 'how people call it')
    .option('--tag <tag...>', 'tags')
    .option('--json', 'print the camera as JSON');
  withHubOptions(withAnalysisOptions(add)).action(async (id: string, options: AddOptions) => {
    const body = cameraInput(id, options);
    const added = (await hubClient(options).call('POST', '/cameras', body)) as CameraAnswer | CopiesAnswer;
    if (options.json) process.stdout.write(`${JSON.stringify(added)}\n`);
    else process.stdout.write(`${addedWords(added)}\n`);
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
      sourceWords(source),
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

  withHubOptions(
    camera
      .command('remove [id]')
      .description('remove a camera, or all that have a tag; what they saw stays')
      .option('--tag <tag>', 'all cameras that have it'),
  ).action(async (id: string | undefined, options: HubOptions & { tag?: string }) => {
    const { tag } = options;
    if ((id === undefined) === (tag === undefined)) {
      throw new EngineError(
        'VALIDATION',
        'say which: the id of a camera, or --tag <tag> for all that have it',
      );
    }
    if (id !== undefined) {
      await hubClient(options).call('DELETE', pathOf(id));
      return void process.stdout.write(`camera ${id} was removed\n`);
    }
    const query = `?tag=${encodeURIComponent(String(tag))}`;
    const { removed } = (await hubClient(options).call('DELETE', `/cameras${query}`)) as {
      removed: string[];
    };
    const count = removed.length === 1 ? '1 camera was' : `${removed.length} cameras were`;
    process.stdout.write(`${count} removed${removed.length > 0 ? `: ${removed.join(', ')}` : ''}\n`);
  });
}

/** What the API answers when a camera became several. */
interface CopiesAnswer {
  readonly created: readonly string[];
  readonly tag: string;
}

function addedWords(added: CameraAnswer | CopiesAnswer): string {
  if (!('created' in added)) return `camera ${added.id} was added`;
  const { created, tag } = added;
  const range = created.length === 1 ? created[0] : `${created[0]} to ${created.at(-1)}`;
  const remove = `"sightline camera remove --tag ${tag}" removes them`;
  return `${created.length} ${created.length === 1 ? 'camera was' : 'cameras were'} added, ${range}; ${remove}`;
}

/** @throws EngineError VALIDATION when the options name no source, or two */
function cameraInput(id: string, options: AddOptions): unknown {
  const { name, tag: tags } = options;
  const source = sourceOf(options);
  const analytics = analyticsOf(options);
  return {
    id,
    source,
    ...(name ? { name } : {}),
    ...(analytics ? { analytics } : {}),
    ...(tags ? { tags } : {}),
  };
}

/** The source as the options say it; what is wrong with its values is for the hub to say. */
function sourceOf({ rtsp, udp, file, loop, fast, demo, copies, decode }: AddOptions): Source {
  if ([rtsp, file, demo].filter((one) => one !== undefined).length !== 1) {
    throw new EngineError(
      'VALIDATION',
      'say where the video comes from: --rtsp <url>, --file <path> or --demo [clip]',
    );
  }
  if (demo === undefined && (copies !== undefined || decode !== undefined)) {
    throw new EngineError('VALIDATION', '--copies and --decode go only with --demo');
  }
  if (rtsp !== undefined) return { kind: 'rtsp', url: rtsp, transport: udp ? 'udp' : 'tcp' };
  if (file !== undefined) {
    return {
      kind: 'file',
      // a path as the shell sees it; one that is not here may still exist where Sightline runs
      path: existsSync(file) ? resolve(file) : file,
      loop: loop ?? false,
      ...(fast ? { pace: 'fast' } : {}),
    };
  }
  return {
    kind: 'demo',
    ...(typeof demo === 'string' ? { clip: demo } : {}),
    ...(copies === undefined ? {} : { copies: Number(copies) }),
    ...(decode === undefined ? {} : { decode }),
  } as Source;
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
