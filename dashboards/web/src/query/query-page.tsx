import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { type Api, ApiError, messageOf, type QueryResult } from '../api.ts';
import { EXAMPLES } from './examples.ts';
import { ResultTable } from './result-table.tsx';

const KEY = 'sightline.sql';

type Outcome =
  | { readonly kind: 'none' }
  | { readonly kind: 'running' }
  | { readonly kind: 'result'; readonly result: QueryResult }
  | { readonly kind: 'error'; readonly code: string; readonly message: string };

/** Asks SQL of everything that was seen. */
export function QueryPage({ api }: { api: Api }) {
  const [sql, setSql] = useState(() => sessionStorage.getItem(KEY) ?? EXAMPLES[0]!.sql);
  const [outcome, setOutcome] = useState<Outcome>({ kind: 'none' });
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  const run = async (text: string) => {
    if (!text.trim()) return;
    sessionStorage.setItem(KEY, text);
    running.current?.abort(); // a new question makes the old one moot
    const abort = new AbortController();
    running.current = abort;
    setOutcome({ kind: 'running' });
    try {
      const result = await api.query(text, abort.signal);
      if (!abort.signal.aborted) setOutcome({ kind: 'result', result });
    } catch (thrown) {
      if (abort.signal.aborted) return;
      const code = thrown instanceof ApiError ? thrown.code : '';
      setOutcome({ kind: 'error', code, message: messageOf(thrown) });
    }
  };
  const cancel = () => {
    running.current?.abort();
    setOutcome({ kind: 'none' });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void run(sql);
    }
  };

  return (
    <div className="mx-auto max-w-6xl">
      <h1 className="mb-3 text-base font-semibold">Query</h1>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void run(sql);
        }}
        className="rounded-lg border border-line bg-surface"
      >
        <label htmlFor="sql" className="sr-only">
          SQL
        </label>
        <textarea
          id="sql"
          data-testid="query-input"
          value={sql}
          onChange={(event) => setSql(event.target.value)}
          onKeyDown={onKeyDown}
          rows={Math.min(16, Math.max(5, sql.split('\n').length + 1))}
          spellCheck={false}
          autoCapitalize="none"
          className="block w-full resize-y rounded-t-lg bg-transparent p-3 font-mono text-[13px] leading-relaxed -outline-offset-2 pointer-coarse:text-base"
        />
        <div className="flex flex-wrap items-center gap-2 border-t border-line p-2">
          <button type="submit" data-testid="query-run" className="button button-primary">
            Run <kbd className="font-sans text-xs font-normal opacity-80">Ctrl+Enter</kbd>
          </button>
          {outcome.kind === 'running' && (
            <button type="button" onClick={cancel} className="button">
              Cancel
            </button>
          )}
          <label className="ml-auto flex min-w-0 items-center gap-2">
            <span className="text-ink-faint">Examples</span>
            <select
              value=""
              onChange={(event) => {
                const example = EXAMPLES[Number(event.target.value)];
                if (example) setSql(example.sql);
              }}
              className="field min-w-0"
            >
              <option value="" disabled>
                Choose…
              </option>
              {EXAMPLES.map(({ title }, i) => (
                <option key={title} value={i}>
                  {title}
                </option>
              ))}
            </select>
          </label>
        </div>
      </form>
      <div aria-live="polite" className="mt-3">
        <Answer outcome={outcome} />
      </div>
    </div>
  );
}

function Answer({ outcome }: { outcome: Outcome }) {
  switch (outcome.kind) {
    case 'none':
      return (
        <p className="px-1 text-ink-faint">
          One <code>select</code> over the tables of Sightline, such as <code>detections</code>.
        </p>
      );
    case 'running':
      return <p className="pulse px-1 text-ink-soft">Running…</p>;
    case 'error':
      return (
        <div role="alert" data-testid="query-error" className="rounded-lg border border-bad/50 bg-bad/8 p-3">
          <p className="font-mono text-[13px] whitespace-pre-wrap [overflow-wrap:anywhere]">
            {outcome.message}
          </p>
          {outcome.code && <p className="mt-1 text-xs text-ink-faint">{outcome.code}</p>}
        </div>
      );
    case 'result':
      return <ResultTable result={outcome.result} />;
  }
}
