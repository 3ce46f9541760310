import Type, { type Static } from 'typebox';
import { Value } from 'typebox/value';
import { AnalyticsInput, resolvedAnalytics } from '../analytics.ts';
import { type Camera, CameraInput, type CameraRecord, mayRest, Source } from '../camera.ts';
import { checkSource } from '../config/check-source.ts';
import type { FileRules } from '../config/schema.ts';
import { isMasked, withoutCredentials } from '../credentials.ts';
import { invalid, schemaProblems } from '../schema-problems.ts';

const { id: _id, source: _source, analytics: _analytics, ...SETTINGS } = CameraInput.properties;
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()]);

const ANALYTICS = AnalyticsInput.properties;

const AnalyticsPatch = Type.Object(
  {
    model: Type.Optional(orNull(ANALYTICS.model)),
    fps: Type.Optional(orNull(ANALYTICS.fps)),
    confidence: Type.Optional(orNull(ANALYTICS.confidence)),
    classes: Type.Optional(orNull(ANALYTICS.classes)),
    thresholds: Type.Optional(
      orNull(
        Type.Record(Type.String({ minLength: 1, maxLength: 64 }), orNull(ANALYTICS.confidence), {
          description: 'by label; null takes one away',
        }),
      ),
    ),
    priority: Type.Optional(orNull(ANALYTICS.priority)),
    // replaced as wholes: what may be set of one tracker means nothing to another
    tracker: Type.Optional(orNull(ANALYTICS.tracker)),
    motionGate: Type.Optional(orNull(ANALYTICS.motionGate)),
  },
  { additionalProperties: false },
);

/** What may be changed of a camera: a merge patch (RFC 7396), `null` restores a default. */
export const CameraPatch = Type.Object(
  {
    name: Type.Optional(orNull(SETTINGS.name)),
    enabled: Type.Optional(orNull(SETTINGS.enabled)),
    source: Type.Optional(
      Type.Union(Source.anyOf, {
        description: 'replaced as a whole; a URL as GET shows it keeps the stored credentials',
      }),
    ),
    analytics: Type.Optional(orNull(AnalyticsPatch)),
    tags: Type.Optional(orNull(SETTINGS.tags)),
  },
  { additionalProperties: false },
);
export type CameraPatch = Static<typeof CameraPatch>;

/** What the user said, checked, with a source that is safe to open. */
export type Declaration = CameraInput;

/** @throws EngineError VALIDATION with every mistake in it. */
export function checkDeclaration(input: unknown, rules: FileRules): Declaration {
  const problems = schemaProblems(CameraInput, input);
  if (problems.length > 0) throw invalid('VALIDATION', 'invalid camera', problems);
  const declaration = Value.Clone(input) as CameraInput;
  return { ...declaration, source: checkSource(declaration.source, rules) };
}

/**
 * `declaration` with `patch` merged in (RFC 7396), except that a source is replaced as a whole.
 *
 * @throws EngineError VALIDATION
 */
export function patched(declaration: Declaration, patch: unknown, rules: FileRules): Declaration {
  const changes = editable(patch, declaration.id);
  const problems = schemaProblems(CameraPatch, changes);
  if (problems.length > 0) throw invalid('VALIDATION', 'invalid change of a camera', problems);
  const { source, analytics, ...settings } = changes as CameraPatch;
  const merged = {
    ...declaration,
    ...settings,
    source: source ? withStoredCredentials(source, declaration.source) : declaration.source,
    analytics: analytics === null ? undefined : patchedAnalytics(declaration.analytics, analytics),
  };
  return checkDeclaration(withoutNulls(merged), rules);
}

function patchedAnalytics(
  declared: CameraInput['analytics'],
  { thresholds, ...changes }: NonNullable<CameraPatch['analytics']> = {},
) {
  return {
    ...declared,
    ...changes,
    thresholds: thresholds === null ? undefined : { ...declared?.thresholds, ...thresholds },
  };
}

/**
 * The camera as the engine runs it: every default filled in.
 *
 * @param defaultModel what a camera gets that names none
 */
export function completed(
  { id, name, enabled, source, analytics, tags }: Declaration,
  stored: CameraRecord,
  defaultModel?: string,
): Camera {
  return {
    id,
    name: name ?? id,
    enabled: enabled ?? true,
    source,
    analytics: resolvedAnalytics(analytics, mayRest(source), defaultModel),
    tags: tags ?? [],
    ...stored,
  };
}

const SHOWN_ONLY = ['managedBy', 'createdAtMs', 'updatedAtMs', 'revisionAtMs', 'playedOut', 'status'];

/** A patch without what answers add: people edit what they were shown. */
function editable(patch: unknown, id: string): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const changes: Record<string, unknown> = { ...patch };
  for (const key of SHOWN_ONLY) delete changes[key];
  if (changes.id === id) delete changes.id;
  else if (changes.id !== undefined) {
    const message = 'a camera keeps its id: add a new camera and remove this one';
    throw invalid('VALIDATION', 'invalid change of a camera', [{ path: 'id', message }]);
  }
  const { source } = changes;
  if (typeof source === 'object' && source !== null && 'hasCredentials' in source) {
    const { hasCredentials: _, ...rest } = source;
    changes.source = rest;
  }
  return changes;
}

function withStoredCredentials(source: Source, stored: Source): Source {
  if (source.kind !== 'rtsp' || stored.kind !== 'rtsp') return source;
  if (source.url === withoutCredentials(stored.url)) return { ...source, url: stored.url };
  if (!isMasked(source.url)) return source;
  // never completed from what is stored: a changed host would be sent the password
  const message =
    '*** stands for a value that is not shown: write it out, or send the URL exactly as it was shown';
  throw invalid('VALIDATION', 'invalid change of a camera', [{ path: 'source.url', message }]);
}

function withoutNulls<T extends object>(value: T): T {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null && item !== undefined)
      .map(([key, item]) => [
        key,
        typeof item === 'object' && !Array.isArray(item) ? withoutNulls(item) : item,
      ]),
  ) as T;
}
