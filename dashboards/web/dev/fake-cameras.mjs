/** The cameras of the double: one for every thing that a tile can have to show. */
const MISSING_MODEL = {
  code: 'MODEL_MISSING',
  message: 'model yolox-s is not in models/weights: run "npx sightline model pull yolox-s"',
};
const UNKNOWN_LABEL = {
  code: 'LABEL_UNKNOWN',
  message: 'model yolox-nano@0.1.1 has no label "forklift": correct classes and thresholds of the camera',
};
const UNREACHABLE = {
  code: 'STREAM_UNREACHABLE',
  message: 'No answer from 192.0.2.14:554 within 5 s. Is the camera switched on and in this network?',
};

const ALL = [
  { id: 'gate', name: 'Front gate', kind: 'rtsp', size: [1280, 720], people: 9 },
  { id: 'car-park', name: 'Car park', kind: 'rtsp', size: [960, 720], people: 14, drops: { superseded: 1.2, stale: 0.1 } },
  { id: 'lobby', name: 'Lobby', kind: 'rtsp', state: 'retrying', reason: UNREACHABLE },
  { id: 'dock', name: 'Loading dock', kind: 'rtsp', size: [1920, 1080], people: 4, model: 'yolox-s', problem: MISSING_MODEL },
  { id: 'corridor', name: 'corridor', kind: 'rtsp', size: [480, 640], people: 6, isStill: true, drops: { still: 3 } },
  { id: 'yard', name: 'Yard', kind: 'rtsp', state: 'connecting' },
  { id: 'demo', name: 'Demo scene', kind: 'file', size: [640, 360], people: 6, managedBy: 'config', warning: UNKNOWN_LABEL },
  { id: 'stairs', name: 'Stairs', kind: 'rtsp', size: [640, 480], people: 4, model: 'deimv2-femto', before: 'yolox-nano' },
  { id: 'roof', name: 'Roof terrace', kind: 'file', enabled: false },
  { id: 'demo-junction', name: 'Junction, by day', size: [1280, 720], people: 5, source: { kind: 'demo', clip: 'junction', decode: 'each' } },
];

/** @returns a map of id to `{ camera, status(), scene settings }` */
export function fakeCameras(isEmpty, startedAtMs) {
  return new Map(isEmpty ? [] : ALL.map((spec) => [spec.id, fakeCamera(spec, startedAtMs)]));
}

/** A merge patch of analytics with every default filled in, about as the hub does it. */
export function withDefaults({ tracker, motionGate, thresholds, ...rest }, source) {
  const given = Object.entries(rest).filter(([, value]) => value !== undefined && value !== null);
  const kept = Object.entries(thresholds ?? {}).filter(([, value]) => value !== null);
  return {
    model: 'yolox-nano',
    fps: 5,
    confidence: 0.3,
    classes: [],
    priority: 5,
    ...Object.fromEntries(given),
    thresholds: Object.fromEntries(kept),
    tracker: tracker ?? { name: 'sightline', lostForSeconds: 2, matchThreshold: 0.9, followShift: true },
    motionGate: { enabled: source.kind !== 'file' || source.loop === true, heartbeatSeconds: 2, ...motionGate },
  };
}

export function fakeCamera(spec, startedAtMs) {
  const source =
    spec.source ??
    (spec.kind === 'rtsp'
      ? { kind: 'rtsp', url: `rtsp://192.0.2.14/${spec.id}`, transport: 'tcp', hasCredentials: true }
      : { kind: 'file', path: `/videos/${spec.id}.mp4`, loop: true });
  const [width, height] = spec.size ?? [null, null];
  const camera = {
    id: spec.id,
    name: spec.name ?? spec.id,
    enabled: spec.enabled ?? true,
    source,
    analytics: withDefaults({ model: spec.model, ...spec.analytics }, source),
    tags: [],
    managedBy: spec.managedBy ?? 'api',
    createdAtMs: startedAtMs,
    updatedAtMs: startedAtMs,
  };
  let sinceMs = startedAtMs;
  let state = spec.state ?? 'live';
  let attempts = 3;
  let nextTryAtMs = startedAtMs + 12_000;
  const frames = { received: 0, decoded: 0, analysed: 0, dropped: { sampled: 0 } };
  return {
    spec,
    camera,
    /** Another second has gone by. */
    tick(nowMs) {
      if (spec.liveAtMs && nowMs >= spec.liveAtMs && state === 'connecting') {
        state = 'live';
        sinceMs = nowMs;
      }
      if (state === 'retrying' && nowMs > nextTryAtMs) {
        attempts++;
        nextTryAtMs = nowMs + 12_000;
      }
      if (state !== 'live' || !camera.enabled) return;
      frames.received += 25;
      frames.decoded += 25;
      frames.analysed += spec.problem ? 0 : spec.isStill ? Number(frames.received % 50 === 0) : 5;
      frames.dropped.sampled += 19;
      for (const [reason, rate] of Object.entries({ ...spec.drops, ...(spec.problem ? { model: 5 } : {}) })) {
        frames.dropped[reason] = (frames.dropped[reason] ?? 0) + Math.round(rate + Math.random() - 0.5);
      }
    },
    isLive: () => camera.enabled && state === 'live' && !spec.problem,
    status(nowMs) {
      const isLive = camera.enabled && state === 'live';
      const shown = camera.enabled ? state : 'stopped';
      const problem = spec.problem ? { ...spec.problem, atMs: startedAtMs } : null;
      const reason = shown === 'retrying' ? { ...spec.reason, atMs: nextTryAtMs - 12_000 } : null;
      const jitter = () => (Math.random() - 0.5) * 0.2;
      return {
        cameraId: spec.id,
        state: shown,
        sinceMs,
        reason,
        nextTryAtMs: shown === 'retrying' ? nextTryAtMs : null,
        attempts: shown === 'retrying' ? attempts : 0,
        width: isLive ? width : null,
        height: isLive ? height : null,
        codec: isLive ? 'h264' : null,
        fps: isLive
          ? {
              received: 25 + jitter(),
              decoded: 25 + jitter(),
              analysed: spec.problem ? 0 : spec.isStill ? 0.5 : 5 - (spec.drops?.superseded ?? 0) + jitter(),
              dropped: { sampled: 20, ...spec.drops, ...(spec.problem ? { model: 5 } : {}) },
            }
          : { received: 0, decoded: 0, analysed: 0, dropped: {} },
        frames: structuredClone(frames),
        latencyMs: isLive && !spec.problem ? { p50: 41, p95: 78 } : null,
        analysis: {
          model: camera.analytics.model,
          state: problem ? 'unavailable' : spec.before ? 'loading' : 'running',
          problem: problem ?? (spec.warning ? { ...spec.warning, atMs: startedAtMs } : null),
          inEffect:
            isLive && !problem
              ? {
                  model: `${spec.before ?? camera.analytics.model}@0.1.1`,
                  provider: 'cpu',
                  input: '416x416',
                  analytics: { ...camera.analytics, model: spec.before ?? camera.analytics.model },
                }
              : null,
          motionGate: {
            state: spec.isStill ? 'still' : camera.analytics.motionGate.enabled ? 'open' : 'off',
            sinceMs: startedAtMs - 95_000,
            skipped: spec.isStill ? frames.received : 0,
          },
        },
        lastError: reason ?? (spec.id === 'gate' ? { code: 'STREAM_SILENT', message: 'No video for 5 s.', atMs: startedAtMs - 65_000 } : null),
        atMs: nowMs,
      };
    },
  };
}
