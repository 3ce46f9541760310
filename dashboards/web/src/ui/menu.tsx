import { useEffect, useId, useRef, useState } from 'react';
import { MoreIcon } from './icons.tsx';

export interface MenuItem {
  readonly label: string;
  readonly onSelect: () => void;
  readonly isDanger?: boolean;
  readonly isDisabled?: boolean;
}

/**
 * A button that opens a short list of actions. Arrow keys move, Escape closes.
 *
 * @param note stands above the actions, for instance why they cannot be chosen
 */
export function Menu({
  label,
  note,
  items,
}: {
  label: string;
  note?: string | undefined;
  items: readonly MenuItem[];
}) {
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();

  useEffect(() => {
    if (!isOpen) return;
    root.current?.querySelector<HTMLElement>('[role=menuitem]')?.focus();
    const closeOutside = (event: PointerEvent) => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', closeOutside);
    return () => document.removeEventListener('pointerdown', closeOutside);
  }, [isOpen]);

  const onKeyDown = (event: React.KeyboardEvent) => {
    if (!isOpen) return;
    if (event.key === 'Escape' || event.key === 'Tab') {
      setOpen(false);
      if (event.key === 'Escape') button.current?.focus();
      return;
    }
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const entries = [...(root.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])];
    const at = entries.indexOf(document.activeElement as HTMLElement);
    entries[(at + step + entries.length) % entries.length]?.focus();
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys belong to the menu's own buttons inside
    <div ref={root} className="relative" onKeyDown={onKeyDown}>
      <button
        ref={button}
        type="button"
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => setOpen(!isOpen)}
        className="grid size-9 place-items-center rounded text-ink-soft hover:bg-raised"
      >
        <MoreIcon />
      </button>
      {isOpen && (
        <div
          id={id}
          role="menu"
          className="absolute top-full right-0 z-20 min-w-44 rounded-md border border-line bg-surface py-1 shadow-lg"
        >
          {note && (
            <p id={`${id}-note`} className="max-w-60 px-3 pt-1 pb-1.5 text-xs text-ink-faint">
              {note}
            </p>
          )}
          {items.map((item) => (
            <button
              key={item.label}
              type="button"
              role="menuitem"
              aria-disabled={item.isDisabled}
              aria-describedby={note ? `${id}-note` : undefined}
              onClick={() => {
                if (item.isDisabled) return;
                setOpen(false);
                button.current?.focus(); // a dialog opened from here gives the focus back to it
                item.onSelect();
              }}
              className={`block w-full px-3 py-2 text-left hover:bg-raised aria-disabled:opacity-50 ${item.isDanger ? 'text-bad' : ''}`}
            >
              {item.label}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
