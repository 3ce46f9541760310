import { type RefObject, useEffect, useState, useSyncExternalStore } from 'react';

function usePageVisible(): boolean {
  return useSyncExternalStore(
    (listener) => {
      document.addEventListener('visibilitychange', listener);
      return () => document.removeEventListener('visibilitychange', listener);
    },
    () => document.visibilityState === 'visible',
  );
}

/** Whether somebody can see the element: it is near the viewport and the page is in front. */
export function useVisibility(ref: RefObject<Element | null>): boolean {
  const pageVisible = usePageVisible();
  const [inView, setInView] = useState(false);
  useEffect(() => {
    if (!ref.current) return;
    // a little early, so that a picture is there when its tile is scrolled into view
    const observer = new IntersectionObserver(
      (entries) => setInView(entries.at(-1)?.isIntersecting ?? false),
      { rootMargin: '120px' },
    );
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, [ref]);
  return pageVisible && inView;
}
