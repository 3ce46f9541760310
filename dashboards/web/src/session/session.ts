const KEY = 'sightline.token';

/** The part of `Storage` used here, so that a test can hand in a map. */
export interface TokenStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface TokenStores {
  /** Forgotten with the tab. */
  readonly tab: TokenStorage;
  /** Kept on this device until the user signs out. */
  readonly device: TokenStorage;
}

/**
 * The token of a link such as `https://hub/#token=...`, and the fragment without it.
 *
 * A fragment never travels to a server, but it stays in the address bar and history: whoever reads
 * a token here replaces the address at once.
 */
export function takeTokenFromFragment(hash: string): { token: string | null; hash: string } {
  const match = /(?:^#|&)token=([^&]*)/.exec(hash);
  if (!match) return { token: null, hash };
  const rest = hash.replace(match[0], '').replace(/^[#&]+/, '');
  let token = match[1]!;
  try {
    token = decodeURIComponent(token);
  } catch {
    // a stray % belongs to the token itself
  }
  return { token: token.trim() || null, hash: rest ? `#${rest}` : '' };
}

export function readToken(stores: TokenStores): string | null {
  return stores.tab.getItem(KEY) ?? stores.device.getItem(KEY);
}

/** Keeps the token in one place only, so that signing out leaves none behind. */
export function keepToken(stores: TokenStores, token: string, remember: boolean): void {
  forgetToken(stores);
  (remember ? stores.device : stores.tab).setItem(KEY, token);
}

export function forgetToken(stores: TokenStores): void {
  stores.tab.removeItem(KEY);
  stores.device.removeItem(KEY);
}
