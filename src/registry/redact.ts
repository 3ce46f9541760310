import { type Source, withoutCredentials } from '../camera.ts';

/** The source as answers show it. */
export function redactSource(source: Source): Source & { readonly hasCredentials?: boolean } {
  if (source.kind === 'file') return source;
  const url = withoutCredentials(source.url);
  return { ...source, url, hasCredentials: url !== source.url };
}
