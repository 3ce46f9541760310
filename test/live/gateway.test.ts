import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { pino } from 'pino';
import { io, type Socket } from 'socket.io-client';
import { systemClock } from '../../src/clock.ts';
import { createLiveGateway, type LiveGateway } from '../../src/live/gateway.ts';
import { Watchers } from '../../src/live/watchers.ts';
import type { Overlay } from '../../src/vision-protocol.ts';
import { waitFor } from '../support/wait-for.ts';

const CAMERAS = ['a', 'b', 'c', 'd'];

function overlayOf(cameraId: string, seq: number): Overlay {
  return {
    cameraId,
    run: 'r',
    seq,
    ptsMs: 0,
    capturedAtMs: 0,
    analysedAtMs: 0,
    width: 8,
    height: 8,
    objects: [],
  };
}

describe('live gateway', () => {
  let server: Server;
  let gateway: LiveGateway;
  let url: string;
  let watched: Array<[string, boolean]>;
  const sockets: Socket[] = [];

  beforeEach(async () => {
    watched = [];
    server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/live`;
    gateway = createLiveGateway({
      server,
      clock: systemClock,
      log: pino({ level: 'silent' }),
      watchers: new Watchers((cameraId, watching) => watched.push([cameraId, watching])),
      version: '1.2.3',
      startedAtMs: 7,
      authorized: (token) => token === 'secret',
      cameraExists: (cameraId) => CAMERAS.includes(cameraId),
      statuses: () => [],
    });
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.disconnect();
    await gateway.close();
    server.close();
  });

  async function viewer(onOverlay: (overlay: Overlay, jpeg: Buffer | null, acknowledge: () => void) => void) {
    const socket = io(url, { auth: { token: 'secret' }, transports: ['websocket'], forceNew: true });
    sockets.push(socket);
    socket.on('overlay', onOverlay);
    await new Promise((resolve) => socket.once('connect', () => resolve(undefined)));
    return socket;
  }

  it('shows every camera of a wall whose frames come in the same tick', async () => {
    const pictures: Record<string, number> = { a: 0, b: 0, c: 0, d: 0 };
    const socket = await viewer(({ cameraId }, jpeg, acknowledge) => {
      if (jpeg) pictures[cameraId]++;
      acknowledge();
    });
    for (const id of CAMERAS)
      assert.deepEqual(await socket.emitWithAck('join', `camera:${id}`), { ok: true });
    const jpeg = new Uint8Array(60_000);
    for (let seq = 1; seq <= 20; seq++) {
      for (const id of CAMERAS) gateway.overlay(overlayOf(id, seq), jpeg);
      await waitFor(`round ${seq}`, () => CAMERAS.every((id) => pictures[id] === seq));
    }
  });

  it('sends a viewer who does not keep up no more than two pictures of a camera at a time', async () => {
    const held: Array<() => void> = [];
    let pictures = 0;
    const socket = await viewer((_overlay, jpeg, acknowledge) => {
      if (jpeg) {
        pictures++;
        held.push(acknowledge);
      } else acknowledge();
    });
    await socket.emitWithAck('join', 'camera:a');
    for (let seq = 0; seq < 10; seq++) gateway.overlay(overlayOf('a', seq), new Uint8Array(10));
    // the answer comes after everything sent before it
    await socket.emitWithAck('clock');
    assert.equal(pictures, 2);
    for (const acknowledge of held.splice(0)) acknowledge();
    await socket.emitWithAck('clock');
    gateway.overlay(overlayOf('a', 11), new Uint8Array(10));
    await waitFor('the next picture', () => pictures === 3);
  });

  it('counts watchers: the first begins, the last ends, also by disconnecting', async () => {
    const first = await viewer(() => undefined);
    const second = await viewer(() => undefined);
    await first.emitWithAck('join', 'camera:a');
    await first.emitWithAck('join', 'camera:a');
    await second.emitWithAck('join', 'camera:a');
    assert.deepEqual(watched, [['a', true]]);
    first.emit('leave', 'camera:a');
    await first.emitWithAck('clock');
    assert.deepEqual(watched, [['a', true]]);
    second.disconnect();
    await waitFor('the last to be gone', () => watched.length === 2);
    assert.deepEqual(watched[1], ['a', false]);
  });

  it('forgets the viewers of a camera that was removed, so that they can join its successor', async () => {
    const socket = await viewer((_overlay, _jpeg, acknowledge) => acknowledge());
    await socket.emitWithAck('join', 'camera:a');
    gateway.cameraRemoved('a');
    assert.deepEqual(watched, [
      ['a', true],
      ['a', false],
    ]);
    assert.deepEqual(await socket.emitWithAck('join', 'camera:a'), { ok: true });
    assert.deepEqual(watched[2], ['a', true]);
  });

  it('refuses rooms that are none, unknown cameras and a wrong token, each with its code', async () => {
    const socket = await viewer(() => undefined);
    for (const room of [
      null,
      7,
      {},
      'gate',
      'camera:',
      'camera:../x',
      'camera:A',
      `camera:${'a'.repeat(64)}`,
    ]) {
      assert.equal((await socket.emitWithAck('join', room)).code, 'VALIDATION', JSON.stringify(room));
    }
    assert.equal((await socket.emitWithAck('join', 'camera:nobody')).code, 'CAMERA_NOT_FOUND');
    for (const auth of [{ token: 'guess' }, { token: { $ne: '' } }, {}]) {
      const stranger = io(url, { auth, transports: ['websocket'], forceNew: true, reconnection: false });
      const error = await new Promise<Error & { data?: unknown }>((resolve) =>
        stranger.once('connect_error', resolve),
      );
      assert.deepEqual(error.data, { code: 'UNAUTHORIZED' });
      stranger.disconnect();
    }
    assert.deepEqual(watched, []);
  });
});
