import type { DatabaseSync } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import { DEFAULT_MODEL } from '../analytics.ts';
import type { Camera, CameraInput, CameraRecord, Problem } from '../camera.ts';
import type { Clock } from '../clock.ts';
import type { FileRules } from '../config/schema.ts';
import { withoutCredentials } from '../credentials.ts';
import { EngineError, messageOf } from '../errors.ts';
import { hasBegun, markBegun, openExclusive, transaction } from './database.ts';
import { checkDeclaration, completed, type Declaration, patched } from './declaration.ts';
import { createIdempotencyStore } from './idempotency.ts';
import type { Secrets } from './secrets.ts';

export const MAX_CAMERAS = 1000;

export type CameraChange =
  | { readonly type: 'put'; readonly camera: Camera }
  | { readonly type: 'remove'; readonly cameraId: string };

/** Makes a repeated request harmless: the same key and body get the first answer again, for 24 hours. */
export type Check = (declared: CameraInput) => void;

export interface OnceKey {
  readonly key: string;
  /** The request as text; only a keyed digest of it is kept. */
  readonly request: string;
  /** What is kept and given again; must hold no secret. */
  readonly answer: (cameras: readonly Camera[]) => string;
}

/**
 * The cameras, kept on disk. Synchronous: what has returned is durable, and calls never interleave.
 *
 * A camera whose stored credentials cannot be read (the key was lost) is listed without them, stopped, and
 * `problemOf` says what to do; nothing else is hindered.
 */
export interface CameraRegistry {
  /** What a camera gets that names no model. */
  readonly defaultModel: string;
  /** By id. `source.url` holds the credentials: internal only. */
  list(): Camera[];
  get(id: string): Camera | undefined;
  /**
   * @param check judges what only the caller knows of, such as a model's labels; what it throws refuses the camera
   * @throws EngineError VALIDATION, CAMERA_EXISTS, CAMERA_LIMIT
   */
  create(input: CameraInput, check?: Check): Camera;
  /** As `create`, all of them or none. */
  createAll(inputs: readonly CameraInput[], check?: Check): Camera[];
  /**
   * Gives a registry that has not begun the cameras it begins with, and marks it as begun: both or neither, whenever the
   * process is killed. Does nothing in one that has begun, also with no cameras at all. Those whose id is taken
   * (by the configuration), or for which there is no room, are left out.
   */
  begin(inputs: readonly CameraInput[]): Camera[];
  /** As `createAll`, but answers a repetition with the answer of the first. @throws also IDEMPOTENCY_KEY_REUSED */
  createOnce(
    inputs: readonly CameraInput[],
    once: OnceKey,
    check?: Check,
  ): { answer: string; repeated: boolean };
  /**
   * Merges `patch` (RFC 7396) into the camera; `source` is replaced whole, and a URL equal to the one shown
   * keeps the stored credentials. @throws EngineError VALIDATION, CAMERA_NOT_FOUND, CAMERA_MANAGED_BY_CONFIG
   */
  update(id: string, patch: unknown, check?: Check): Camera;
  /** @throws EngineError CAMERA_NOT_FOUND, CAMERA_MANAGED_BY_CONFIG */
  remove(id: string): void;
  /**
   * Removes every camera with the tag, or none. Returns their ids.
   *
   * @throws EngineError CAMERA_MANAGED_BY_CONFIG
   */
  removeTagged(tag: string): string[];
  /**
   * Makes the cameras managed by the configuration exactly `inputs`; one of the same id that came by the API
   * becomes the configuration's. Returns the ids of what changed.
   */
  syncFromConfig(inputs: readonly CameraInput[]): { put: string[]; removed: string[] };
  /** A file played once has come to its end in that revision; remembered, so that no restart plays it again. */
  markPlayedOut(id: string, revisionAtMs: number): void;
  /** Why a camera cannot run as it is stored. */
  problemOf(id: string): Problem | undefined;
  /** Calls `listener` after each change is durable. Returns the function that ends it. */
  onChange(listener: (change: CameraChange) => void): () => void;
  close(): void;
}

export interface RegistryOptions {
  /** The database file; its directory is made. */
  readonly path: string;
  readonly secrets: Secrets;
  readonly clock: Clock;
  /** Which files cameras may read: `config.files`. */
  readonly files: FileRules;
  /** What a camera gets that names no model; else the usual one. */
  readonly defaultModel?: string;
  /** How long to wait for a predecessor that is just ending, milliseconds. */
  readonly busyMs?: number;
}

interface Entry {
  readonly declaration: Declaration;
  readonly camera: Camera;
  /** The stored credentials, sealed; null when the URL holds none. */
  readonly sealed: Uint8Array | null;
  readonly problem: Problem | undefined;
}

/** Fills in the defaults. */
type Complete = (declaration: Declaration, record: CameraRecord) => Camera;

/** @throws EngineError DATA_IN_USE, DATA_NOT_WRITABLE */
export function openCameraRegistry(options: RegistryOptions): CameraRegistry {
  const { path, secrets, clock, files, defaultModel = DEFAULT_MODEL, busyMs = 2000 } = options;
  const database = openExclusive(path, busyMs);
  const complete: Complete = (declaration, record) => completed(declaration, record, defaultModel);
  const entries = readAll(database, complete, secrets, clock);
  const idempotency = createIdempotencyStore(database, clock);
  const listeners = new Set<(change: CameraChange) => void>();
  const upsert = database.prepare('insert or replace into cameras values (?, ?, ?, ?, ?, ?, ?, ?)');
  const playedOut = database.prepare('update cameras set played_out = 1 where id = ?');
  const erase = database.prepare('delete from cameras where id = ?');

  const tell = (change: CameraChange): void => {
    for (const listener of listeners) listener(change);
  };
  const save = (declaration: Declaration, sealed: Uint8Array | null, record: CameraRecord): void => {
    const { managedBy, createdAtMs, updatedAtMs, revisionAtMs, playedOut } = record;
    upsert.run(
      declaration.id,
      JSON.stringify(declaration),
      sealed,
      managedBy,
      createdAtMs,
      updatedAtMs,
      revisionAtMs,
      playedOut ? 1 : 0,
    );
  };
  const write = (declaration: Declaration, managedBy: Camera['managedBy'], before?: Entry): Entry => {
    const record = recordOf(declaration, managedBy, before, complete, clock.now());
    const { kept, sealed } = sealedParts(declaration, secrets);
    save(kept, sealed, record);
    return { declaration, camera: complete(declaration, record), sealed, problem: undefined };
  };
  /** A change that leaves the source alone must not lose credentials that cannot be read at present. */
  const rewrite = (before: Entry, declaration: Declaration): Entry => {
    const { problem, sealed } = before;
    if (!problem || !isDeepStrictEqual(declaration.source, before.declaration.source)) {
      return write(declaration, 'api', before);
    }
    const record = recordOf(declaration, 'api', before, complete, clock.now());
    save(declaration, sealed, record);
    return { declaration, camera: { ...complete(declaration, record), enabled: false }, sealed, problem };
  };
  const publish = (entry: Entry): Camera => {
    entries.set(entry.camera.id, entry);
    tell({ type: 'put', camera: entry.camera });
    return entry.camera;
  };
  const insertAll = (inputs: readonly CameraInput[], check?: Check): Entry[] => {
    if (entries.size + inputs.length > MAX_CAMERAS) {
      const room = MAX_CAMERAS - entries.size;
      throw new EngineError(
        'CAMERA_LIMIT',
        room === 0 || inputs.length === 1
          ? `there are ${MAX_CAMERAS} cameras, the most one hub takes: remove one first`
          : `${inputs.length} more cameras are too many: there is room for ${room} of the ${MAX_CAMERAS} that one hub takes`,
      );
    }
    return inputs.map((input) => insert(input, check));
  };
  const insert = (input: CameraInput, check?: Check): Entry => {
    const declaration = checkDeclaration(input, files);
    check?.(declaration);
    if (entries.has(declaration.id)) {
      throw new EngineError(
        'CAMERA_EXISTS',
        `there is already a camera ${declaration.id}: choose another id, or PATCH that camera`,
      );
    }
    return write(declaration, 'api');
  };
  const changeable = (id: string): Entry => {
    const entry = entries.get(id);
    if (!entry)
      throw new EngineError('CAMERA_NOT_FOUND', `there is no camera ${JSON.stringify(id.slice(0, 63))}`);
    if (entry.camera.managedBy === 'api') return entry;
    throw new EngineError(
      'CAMERA_MANAGED_BY_CONFIG',
      `camera ${id} is declared in the configuration file: change it there and restart`,
    );
  };

  const createAll = (inputs: readonly CameraInput[], check?: Check): Camera[] =>
    transaction(database, () => insertAll(inputs, check)).map(publish);
  const forget = (id: string): void => {
    entries.delete(id);
    tell({ type: 'remove', cameraId: id });
  };

  return {
    list: () => [...entries.values()].map(({ camera }) => camera).sort((a, b) => (a.id < b.id ? -1 : 1)),
    get: (id) => entries.get(id)?.camera,
    problemOf: (id) => entries.get(id)?.problem,
    defaultModel,
    create: (input, check) => createAll([input], check)[0]!,
    createAll,
    begin(inputs) {
      const added = transaction(database, () => {
        if (hasBegun(database)) return [];
        markBegun(database);
        const free = inputs.filter(({ id }) => !entries.has(id));
        // the configuration may hold more cameras than the API would take: no room is then below zero
        const room = Math.max(0, MAX_CAMERAS - entries.size);
        return room === 0 ? [] : insertAll(free.slice(0, room));
      });
      return added.map(publish);
    },
    createOnce(inputs, once, check) {
      const request = secrets.fingerprint(once.request);
      const first = idempotency.find(once.key, request);
      if (first !== undefined) return { answer: first, repeated: true };
      const created = transaction(database, () => {
        const added = insertAll(inputs, check);
        const answer = once.answer(added.map(({ camera }) => camera));
        idempotency.save(once.key, request, answer);
        return { added, answer };
      });
      created.added.forEach(publish);
      return { answer: created.answer, repeated: false };
    },
    update(id, patch, check) {
      const before = changeable(id);
      const next = patched(before.declaration, patch, files);
      check?.(next);
      return publish(transaction(database, () => rewrite(before, next)));
    },
    remove(id) {
      changeable(id);
      erase.run(id);
      forget(id);
    },
    removeTagged(tag) {
      const ids = [...entries.values()]
        .filter(({ camera }) => camera.tags.includes(tag))
        .map(({ camera }) => camera.id)
        .sort();
      ids.forEach(changeable);
      transaction(database, () => {
        for (const id of ids) erase.run(id);
      });
      ids.forEach(forget);
      return ids;
    },
    syncFromConfig(inputs) {
      const declared = new Map(inputs.map((input) => [input.id, checkDeclaration(input, files)]));
      const removed = [...entries.values()]
        .filter(({ camera }) => camera.managedBy === 'config' && !declared.has(camera.id))
        .map(({ camera }) => camera.id);
      const changed = [...declared.values()].filter((declaration) => {
        const entry = entries.get(declaration.id);
        return (
          entry?.camera.managedBy !== 'config' ||
          entry.problem !== undefined ||
          !isDeepStrictEqual(entry.declaration, declaration)
        );
      });
      const written = transaction(database, () => {
        for (const id of removed) erase.run(id);
        return changed.map((declaration) => write(declaration, 'config', entries.get(declaration.id)));
      });
      removed.forEach(forget);
      return { put: written.map((entry) => publish(entry).id), removed };
    },
    markPlayedOut(id, revisionAtMs) {
      const entry = entries.get(id);
      if (!entry || entry.camera.revisionAtMs !== revisionAtMs || entry.camera.playedOut) return;
      entries.set(id, { ...entry, camera: { ...entry.camera, playedOut: true } });
      playedOut.run(id);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: () => database.close(),
  };
}

/** The record of a camera as it is declared now, given how it was before. */
function recordOf(
  declaration: Declaration,
  managedBy: Camera['managedBy'],
  before: Entry | undefined,
  complete: Complete,
  nowMs: number,
): CameraRecord {
  const created = { managedBy, createdAtMs: before?.camera.createdAtMs ?? nowMs, updatedAtMs: nowMs };
  const fresh = { ...created, revisionAtMs: nowMs, playedOut: false };
  if (!before) return fresh;
  const { camera } = before;
  const next = complete(declaration, fresh);
  const same =
    next.enabled === (before.declaration.enabled ?? true) &&
    isDeepStrictEqual(next.source, camera.source) &&
    isDeepStrictEqual(next.analytics, camera.analytics);
  if (same) return { ...created, revisionAtMs: camera.revisionAtMs, playedOut: camera.playedOut };
  return { ...fresh, revisionAtMs: Math.max(nowMs, camera.revisionAtMs + 1) };
}

function sealedParts(
  declaration: Declaration,
  secrets: Secrets,
): { kept: Declaration; sealed: Uint8Array | null } {
  const { source, id } = declaration;
  if (source.kind !== 'rtsp') return { kept: declaration, sealed: null };
  const url = withoutCredentials(source.url);
  if (url === source.url) return { kept: declaration, sealed: null };
  return { kept: { ...declaration, source: { ...source, url } }, sealed: secrets.seal(source.url, id) };
}

function readAll(
  database: DatabaseSync,
  complete: Complete,
  secrets: Secrets,
  clock: Clock,
): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const row of database.prepare('select * from cameras order by id').all()) {
    const declaration = JSON.parse(String(row.declaration)) as Declaration;
    const stored = {
      managedBy: row.managed_by as Camera['managedBy'],
      createdAtMs: Number(row.created_at_ms),
      updatedAtMs: Number(row.updated_at_ms),
      revisionAtMs: Number(row.revision_at_ms),
      playedOut: row.played_out === 1,
    };
    entries.set(
      declaration.id,
      opened(declaration, row.sealed_url as Uint8Array | null, stored, complete, secrets, clock),
    );
  }
  return entries;
}

function opened(
  kept: Declaration,
  sealed: Uint8Array | null,
  stored: CameraRecord,
  complete: Complete,
  secrets: Secrets,
  clock: Clock,
): Entry {
  if (sealed === null || kept.source.kind !== 'rtsp') {
    return { declaration: kept, camera: complete(kept, stored), sealed, problem: undefined };
  }
  try {
    const declaration = { ...kept, source: { ...kept.source, url: secrets.open(sealed, kept.id) } };
    return { declaration, camera: complete(declaration, stored), sealed, problem: undefined };
  } catch (err) {
    // connecting without credentials would only earn a refusal, or a lock-out
    const camera = { ...complete(kept, stored), enabled: false };
    const message =
      `the stored credentials of camera ${kept.id} cannot be read (${messageOf(err)}): ` +
      `restore ${secrets.path} from a backup and restart, or set the camera's source URL again`;
    return {
      declaration: kept,
      camera,
      sealed,
      problem: { code: 'SECRET_UNREADABLE', message, atMs: clock.now() },
    };
  }
}
