import type { Source } from '../camera.ts';
import { withoutCredentials } from '../credentials.ts';

/** The source as answers show it: `hasCredentials` when anything of its URL is not shown. */
export function redactSource(source: Source): Source & { readonly hasCredentials?: boolean } {
  if (source.kind !== 'rtsp') return source;
  const url = withoutCredentials(source.url);
  return { ...source, url, hasCredentials: url !== source.url };
}
