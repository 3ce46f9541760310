import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { DEMO_CLIPS, type DemoSource, type FileSource, type RtspSource, type Source } from '../camera.ts';
import { invalid } from '../schema-problems.ts';
import type { FileRules } from './schema.ts';

/**
 * A source that is safe to hand to a demuxer, or an EngineError VALIDATION that says what to write instead.
 *
 * A demuxer takes far more than files and cameras: `concat:`, `http:`, `subfile:`, devices, playlists that
 * name other files. So a file is a path below one of `rules.roots`, links resolved, and a URL is `rtsp` or
 * `rtsps` with a host. A file that does not exist yet passes: its camera waits for it.
 *
 * @returns the source with an absolute path and every default filled in.
 */
export function checkSource(source: Source, rules: FileRules): Source {
  if (source.kind === 'demo') return checkDemo(source);
  return source.kind === 'rtsp' ? checkRtsp(source) : checkFile(source, rules);
}

function checkDemo({ clip, decode, copies }: DemoSource): DemoSource {
  if (copies !== undefined) {
    const message = 'makes new cameras, and cannot change one that is there: leave it out';
    throw invalid('VALIDATION', 'invalid source', [{ path: 'source.copies', message }]);
  }
  return { kind: 'demo', clip: clip ?? DEMO_CLIPS[0], decode: decode ?? 'each' };
}

function checkRtsp(source: RtspSource): RtspSource {
  const { url } = source;
  // the URL itself is not repeated in any message: what does not parse cannot be stripped of its password
  const refuse = (message: string) =>
    invalid('VALIDATION', 'invalid source', [{ path: 'source.url', message }]);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\x00-\x20\x7f\\"'<>]/.test(url))
    throw refuse('write it without spaces, quotes, backslashes, < or >: percent-encode them (%20, %22)');
  const parsed = URL.parse(url);
  if (parsed === null || parsed.hostname === '') {
    throw refuse(
      'expected rtsp://[user:password@]host[:port]/path; in a user name or password write %2F for /, ' +
        '%3F for ?, %23 for # and %40 for @',
    );
  }
  if (parsed.protocol !== 'rtsp:' && parsed.protocol !== 'rtsps:')
    throw refuse('expected rtsp:// or rtsps://');
  if (parsed.username === '' && parsed.password === '' && !url.includes('://@')) {
    // rtsp://user:12/3@host parses as a host "user": a password with a slash, not a path with an @
    const rest = parsed.pathname + parsed.search + parsed.hash;
    if (rest.includes('@')) throw refuse('write %40 for an @ in the path and %2F for a / in a password');
  }
  // an empty user means none: the way to drop stored credentials
  return { kind: 'rtsp', url: url.replace('://@', '://'), transport: source.transport ?? 'tcp' };
}

function checkFile(source: FileSource, rules: FileRules): FileSource {
  const refuse = (path: string, message: string) =>
    invalid('VALIDATION', 'invalid source', [{ path: `source.${path}`, message }]);
  const { path, loop = false, pace = 'realtime' } = source;
  if (path.includes('\0')) throw refuse('path', 'expected a path without zero bytes');
  if (/^[a-z][\w+.-]*(,[^/]*)?:/i.test(path)) {
    throw refuse('path', 'expected the path of a file, not a URL or protocol; cameras are of kind rtsp');
  }
  if (loop && pace === 'fast')
    throw refuse('pace', 'fast goes only with loop: false; a looped file plays in real time');
  const absolute = isAbsolute(path) ? resolve(path) : firstExisting(path, rules.roots);
  const real = realPath(absolute);
  if (!allowed(real, rules)) {
    throw refuse(
      'path',
      `${JSON.stringify(path)} is outside the folders that cameras may read (${rules.roots.join(', ')}): ` +
        'move the file there, or add its folder to files.roots (or SIGHTLINE_FILES)',
    );
  }
  return { kind: 'file', path: real, loop, pace };
}

function firstExisting(path: string, roots: readonly string[]): string {
  const candidates = roots.map((root) => resolve(root, path));
  return candidates.find((candidate) => existsSync(candidate)) ?? candidates[0] ?? resolve(path);
}

/** `path` with every link resolved; of a file that does not exist, as far as its folders do. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPath(parent), basename(path));
  }
}

function allowed(real: string, { roots, closed }: FileRules): boolean {
  const deepest = (folders: readonly string[]) =>
    Math.max(-1, ...folders.map(realPath).map((folder) => (within(real, folder) ? folder.length : -1)));
  return deepest(roots) > deepest(closed);
}

function within(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
