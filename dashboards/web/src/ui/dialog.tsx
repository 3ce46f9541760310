import { type ReactNode, useId, useLayoutEffect, useRef } from 'react';
import { CloseIcon } from './icons.tsx';

/** A modal dialog: the browser traps the focus, Escape closes it, and the focus returns to where it was. */
export function Dialog({
  title,
  onClose,
  children,
  testId,
}: {
  title: string;
  onClose: () => void;
  children: ReactNode;
  testId?: string;
}) {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  // before the element is taken away: closing gives the focus back, which a detached dialog cannot
  useLayoutEffect(() => {
    const dialog = ref.current;
    if (dialog && !dialog.open) {
      dialog.showModal();
      // the browser would pick the close button, which comes first
      dialog.querySelector<HTMLElement>('[data-first-focus], form input:not(:disabled)')?.focus();
    }
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={ref}
      aria-labelledby={titleId}
      data-testid={testId}
      onCancel={(event) => {
        event.preventDefault(); // the parent takes the dialog away
        onClose();
      }}
      className="m-auto max-h-[100dvh] w-full max-w-[34rem] overflow-y-auto border border-line bg-surface p-0 text-ink shadow-2xl max-sm:h-full max-sm:max-w-full max-sm:border-0 sm:max-h-[92dvh] sm:rounded-lg"
    >
      <header className="sticky top-0 z-10 flex items-center justify-between border-b border-line bg-surface py-2 pr-2 pl-4">
        <h2 id={titleId} className="text-base font-semibold">
          {title}
        </h2>
        <button
          type="button"
          aria-label="Close"
          onClick={onClose}
          className="grid size-9 place-items-center rounded text-ink-soft hover:bg-raised"
        >
          <CloseIcon />
        </button>
      </header>
      {children}
    </dialog>
  );
}
