import { useCallback, useEffect, useState } from 'react';
import { forgetToken, keepToken, readToken, type TokenStores, takeTokenFromFragment } from './session.ts';

export interface Session {
  readonly token: string | null;
  /** Why there is no session any more. */
  readonly notice: string | null;
  signIn(token: string, remember: boolean): void;
  signOut(): void;
  /** The hub does not take the token (any more). */
  refuse(): void;
}

function stores(): TokenStores {
  return { tab: window.sessionStorage, device: window.localStorage };
}

/** Takes a token out of the address, if there is one, and cleans the address. */
function tokenOfAddress(): string | null {
  const { token, hash } = takeTokenFromFragment(window.location.hash);
  if (token === null) return null;
  const { pathname, search } = window.location;
  window.history.replaceState(null, '', `${pathname}${search}${hash}`);
  keepToken(stores(), token, false);
  return token;
}

export function useSession(): Session {
  const [token, setToken] = useState(() => tokenOfAddress() ?? readToken(stores()));
  const [notice, setNotice] = useState<string | null>(null);

  useEffect(() => {
    // a link with a token, pasted into a tab that is open already
    const take = () => {
      const fresh = tokenOfAddress();
      if (fresh) setToken(fresh);
    };
    window.addEventListener('hashchange', take);
    return () => window.removeEventListener('hashchange', take);
  }, []);

  const signIn = useCallback((fresh: string, remember: boolean) => {
    keepToken(stores(), fresh, remember);
    setNotice(null);
    setToken(fresh);
  }, []);
  const signOut = useCallback(() => {
    forgetToken(stores());
    setNotice(null);
    setToken(null);
  }, []);
  const refuse = useCallback(() => {
    forgetToken(stores());
    setNotice('The hub does not accept this access token. Check it, or ask for a new one.');
    setToken(null);
  }, []);
  return { token, notice, signIn, signOut, refuse };
}
