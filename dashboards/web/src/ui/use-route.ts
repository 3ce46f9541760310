import { useMemo, useSyncExternalStore } from 'react';

export type Route =
  | { readonly page: 'wall' }
  | { readonly page: 'camera'; readonly cameraId: string }
  | { readonly page: 'query' };

/** The page that a fragment such as `#/cameras/gate` names; the wall for anything unknown. */
export function routeOf(hash: string): Route {
  const [page, id] = hash.replace(/^#?\/?/, '').split('/');
  if (page === 'query') return { page: 'query' };
  if (page === 'cameras' && id) return { page: 'camera', cameraId: id };
  return { page: 'wall' };
}

/** Pages live in the fragment, so that the hub serves one file and links work from any path. */
export function useRoute(): Route {
  const hash = useSyncExternalStore(
    (listener) => {
      window.addEventListener('hashchange', listener);
      return () => window.removeEventListener('hashchange', listener);
    },
    () => window.location.hash,
  );
  return useMemo(() => routeOf(hash), [hash]);
}
