import { useState } from 'react';
import { splitCommands } from './command-in-text.ts';
import { CopyIcon } from './icons.tsx';

/** A problem's sentence; a command in it stands out and can be copied. */
export function Message({ text }: { text: string }) {
  return splitCommands(text).map((part) =>
    part.isCommand ? (
      <Command key={part.text} command={part.text} />
    ) : (
      <span key={part.text}>{part.text}</span>
    ),
  );
}

function Command({ command }: { command: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(command);
      setCopied(true);
      setTimeout(() => setCopied(false), 2000);
    } catch {
      // no clipboard on plain http: the text can still be selected
    }
  };
  return (
    <span className="relative inline-flex max-w-full items-center gap-1 rounded border border-current/25 bg-current/8 py-px pr-0.5 pl-1.5 align-middle font-mono text-[0.92em] break-all">
      {command}
      <button
        type="button"
        onClick={copy}
        aria-label={`Copy the command ${command}`}
        title={copied ? 'Copied' : 'Copy'}
        className="grid size-6 shrink-0 place-items-center rounded opacity-80 hover:opacity-100"
      >
        {copied ? <span aria-hidden="true">✓</span> : <CopyIcon />}
      </button>
      <span role="status" className="sr-only">
        {copied ? 'Copied' : ''}
      </span>
    </span>
  );
}
