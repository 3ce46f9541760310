import { Dashboard } from './dashboard.tsx';
import { TokenPage } from './session/token-page.tsx';
import { useSession } from './session/use-session.ts';

/** The token page, or with a token the dashboard. */
export function App() {
  const session = useSession();
  if (session.token === null) return <TokenPage notice={session.notice} onToken={session.signIn} />;
  // another token is another session: nothing of the one before stays on the page
  return (
    <Dashboard
      key={session.token}
      token={session.token}
      onUnauthorized={session.refuse}
      onSignOut={session.signOut}
    />
  );
}
