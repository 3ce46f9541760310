import { type FormEvent, useState } from 'react';
import { ApiError, createApi, messageOf } from '../api.ts';
import { Mark } from '../ui/icons.tsx';

/** Asks for the access token and tries it before letting anybody in. */
export function TokenPage({
  notice,
  onToken,
}: {
  notice: string | null;
  onToken: (token: string, remember: boolean) => void;
}) {
  const [token, setToken] = useState('');
  const [remember, setRemember] = useState(false);
  const [problem, setProblem] = useState(notice);
  const [isPending, setPending] = useState(false);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const candidate = token.trim();
    if (!candidate) {
      setProblem('Enter the access token that the hub printed when it started.');
      return;
    }
    setPending(true);
    setProblem(null);
    try {
      await createApi(candidate, () => {}).cameras();
      onToken(candidate, remember);
    } catch (thrown) {
      const isWrong = thrown instanceof ApiError && thrown.status === 401;
      setProblem(isWrong ? 'The hub does not accept this access token.' : messageOf(thrown));
      setPending(false);
    }
  };

  return (
    <main className="grid min-h-dvh place-items-center p-4">
      <div className="w-full max-w-sm">
        <h1 className="mb-1 flex items-center gap-2 text-lg font-semibold tracking-tight">
          <Mark size={22} /> Sightline
        </h1>
        <p className="mb-5 text-ink-soft">Live cameras, detections and tracks.</p>
        <form onSubmit={submit} noValidate className="rounded-lg border border-line bg-surface p-4">
          <label htmlFor="token" className="mb-1 block font-medium">
            Access token
          </label>
          <input
            id="token"
            data-testid="token-input"
            type="password"
            autoComplete="current-password"
            autoCapitalize="none"
            spellCheck={false}
            // biome-ignore lint/a11y/noAutofocus: the page has this one purpose
            autoFocus
            value={token}
            onChange={(event) => setToken(event.target.value)}
            aria-invalid={problem !== null}
            aria-describedby="token-problem token-hint"
            className="field font-mono"
          />
          <p id="token-problem" role="alert" className="mt-1.5 text-bad empty:hidden">
            {problem}
          </p>
          <p id="token-hint" className="mt-1.5 text-ink-faint">
            The hub prints it when it starts for the first time.
          </p>
          <label className="mt-4 flex items-center gap-2">
            <input
              type="checkbox"
              checked={remember}
              onChange={(event) => setRemember(event.target.checked)}
              className="size-4 accent-accent"
            />
            Keep me signed in on this device
          </label>
          <button
            type="submit"
            data-testid="token-submit"
            disabled={isPending}
            className="button button-primary mt-4 w-full"
          >
            {isPending ? 'Checking…' : 'Open the dashboard'}
          </button>
        </form>
      </div>
    </main>
  );
}
