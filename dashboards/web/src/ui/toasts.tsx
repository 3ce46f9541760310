import { useCallback, useState } from 'react';

export interface Toast {
  readonly id: number;
  readonly text: string;
}

const SHOWN_MS = 5000;
let nextId = 1;

/** Short confirmations of what was done. Errors are shown where they belong, not here. */
export function useToasts(): { toasts: readonly Toast[]; say: (text: string) => void } {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const say = useCallback((text: string) => {
    const toast = { id: nextId++, text };
    setToasts((before) => [...before, toast]);
    setTimeout(() => setToasts((before) => before.filter(({ id }) => id !== toast.id)), SHOWN_MS);
  }, []);
  return { toasts, say };
}

export function Toasts({ toasts }: { toasts: readonly Toast[] }) {
  return (
    <div
      role="status"
      className="pointer-events-none fixed inset-x-0 bottom-4 z-30 grid justify-items-center gap-2 px-3"
    >
      {toasts.map(({ id, text }) => (
        <p key={id} className="rounded-md bg-ink px-3.5 py-2 font-medium text-ground shadow-lg">
          {text}
        </p>
      ))}
    </div>
  );
}
