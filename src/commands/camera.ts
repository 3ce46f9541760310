import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { CameraStatus, Source } from '../camera.ts';
import { EngineError } from '../errors.ts';
import type { CommandContext } from './context.ts';
import { type HubOptions, hubClient, withHubOptions } from './hub-client.ts';
import { table } from './table.ts';

interface AddOptions extends HubOptions {
  readonly rtsp?: string;
  readonly file?: string;
  readonly udp?: boolean;
  readonly loop?: boolean;
  readonly fast?: boolean;
  readonly name?: string;
  readonly model?: string;
  readonly fps?: string;
  readonly confidence?: string;
  readonly tag?: string[];
  readonly json?: boolean;
}

interface Camera {
  readonly id: string;
  readonly name: string;
  readonly source: Source;
  readonly managedBy: string;
  readonly status: CameraStatus | null;
}

/** `camera add | list | remove`, over the API of a running hub. */
export function registerCameraCommands(program: Command, _context: CommandContext): void {
  const camera = program.command('camera').description('add, list and remove cameras of a running Sightline');

  withHubOptions(
    camera
      .command('add <id>')
      .description('register a camera')
      .option('--rtsp <url>', 'rtsp://[user:password@]host[:port]/path')
      .option('--udp', 'take RTP over UDP instead of TCP')
      .option('--file <path>', 'a video file on the machine of Sightline')
      .option('--loop', 'play the file for ever, like a camera')
      .option('--fast', 'play the file once, as quickly as it can be analysed')
      .option('--name <name>', 'how people call it')
      .option('--model <name>', 'a model of "sightline model list"')
      .option('--fps <number>', 'analysed frames a second; 0: every frame')
      .option('--confidence <number>', '0.05 to 1')
      .option('--tag <tag...>', 'tags')
      .option('--json', 'print the camera as JSON'),
  ).action(async (id: string, options: AddOptions) => {
    const added = (await hubClient(options).call('POST', '/cameras', cameraInput(id, options))) as Camera;
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

  withHubOptions(camera.command('remove <id>').description('remove a camera; what it saw stays')).action(
    async (id: string, options: HubOptions) => {
      await hubClient(options).call('DELETE', `/cameras/${encodeURIComponent(id)}`);
      process.stdout.write(`camera ${id} was removed\n`);
    },
  );
}

/** @throws EngineError VALIDATION when the options name no source, or two */
function cameraInput(id: string, options: AddOptions): unknown {
  const { rtsp, file, name, model, tag: tags } = options;
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
  const analytics = {
    model,
    fps: number('--fps', options.fps),
    confidence: number('--confidence', options.confidence),
  };
  const given = Object.values(analytics).some((value) => value !== undefined);
  return {
    id,
    source,
    ...(name ? { name } : {}),
    ...(given ? { analytics } : {}),
    ...(tags ? { tags } : {}),
  };
}

function number(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+(\.\d+)?$/.test(text))
    throw new EngineError('VALIDATION', `${option} expects a number, got ${text}`);
  return Number(text);
}

async function allCameras(options: HubOptions): Promise<Camera[]> {
  const hub = hubClient(options);
  const cameras: Camera[] = [];
  let cursor: string | undefined;
  do {
    const page = (await hub.call('GET', `/cameras?limit=1000${cursor ? `&cursor=${cursor}` : ''}`)) as {
      cameras: Camera[];
      nextCursor?: string;
    };
    cameras.push(...page.cameras);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return cameras;
}
