const USER_INFORMATION = /(\b[a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/?#"]*@/gi;
// as far as a URL that we take can go: checkSource refuses blanks, quotes, backslashes and angle brackets
const URL_IN_TEXT = /(\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s/?#"'<>\\]*)([/?#][^\s"'<>\\]*)/gi;
/** Where no URL shows that parameters follow, only names that speak of secrets are taken for some. */
const SECRET_PARAMETER =
  /([?&/;][\w.-]{0,32}(?:user|usr|pass|pwd|token|auth|secret|key|sig|login|cred)[\w.-]{0,32}=)(?!\*\*\*)[^&/;#\s"'<>\\]*/gi;

/** What stands in place of a value that is not shown. */
const HIDDEN = '***';

/** Parameters of cameras' URLs that choose a picture and let nobody in. */
const HARMLESS = new Set(
  (
    'audio camera cameraid channel chan ch codec compression fps framerate height proto protocol profile quality ' +
    'resolution stream streamtype substream subtype tcp track transport transportmode udp unicast video videocodec width'
  ).split(' '),
);
/** Without `=` and `%`: some cameras hide more parameters in a value (`channel=1_password=...`). */
const HARMLESS_VALUE = /^[\w.:-]{0,16}$/;
const SHOWABLE_NAME = /^[a-z][\w.-]{0,31}$/i;

/**
 * `text` without what may be a secret in the URLs in it: for answers, logs and errors.
 *
 * The user information goes; the value of every parameter, in the query, the fragment or the path
 * (`/user=admin&password=...`), becomes `***` unless the parameter is known to be harmless: makers have too
 * many names for a password to list them.
 */
export function withoutCredentials(text: string): string {
  return text
    .replace(USER_INFORMATION, '$1')
    .replace(URL_IN_TEXT, (_url, server: string, rest: string) => server + shownRest(rest))
    .replace(SECRET_PARAMETER, `$1${HIDDEN}`);
}

/** Whether `url` holds the mark of a value that was not shown: it cannot be used as it is. */
export function isMasked(url: string): boolean {
  return url.includes(HIDDEN);
}

/** Path, query and fragment of a URL as they may be shown. */
function shownRest(rest: string): string {
  const at = rest.search(/[?#]/);
  const path = at < 0 ? rest : rest.slice(0, at);
  const query = at < 0 ? '' : rest.slice(at);
  return path.replace(/([/;&])([^/;&]*)/g, shownPathPart) + query.replace(/([?#;&])([^?#;&]*)/g, shownPart);
}

function shownPathPart(whole: string, separator: string, part: string): string {
  return separator === '/' && !part.includes('=') ? whole : shownPart(whole, separator, part);
}

function shownPart(whole: string, separator: string, part: string): string {
  if (part === '') return whole;
  const [, name = '', value = ''] = /^([^=]*)=(.*[^=].*)$/.exec(part) ?? [];
  const harmless = HARMLESS.has((name || part).toLowerCase()) && HARMLESS_VALUE.test(value);
  if (harmless) return whole;
  // without a value it may be a secret itself, in base64 with the padding of it
  return separator + (value !== '' && SHOWABLE_NAME.test(name) ? `${name}=${HIDDEN}` : HIDDEN);
}
