import { type TruthWatch, useTruthState } from '../live/use-truth.ts';

/** As many columns before the labels are known as the demo scenes have. */
const USUAL_LABELS = ['person', 'bicycle', 'car', 'bus', 'truck'];

export const TRUTH_MEANING =
  'Counted: confirmed tracks in the picture shown. True: objects in it, at least 30 % visible and 16 px high in 720p; ' +
  'others may be counted or not. Off by: too many or too few, label by label, on average over the last minute.';

/** Under the picture of a demo camera: what was counted in it, and what is truly there. */
export function TruthLine({ watch }: { watch: TruthWatch }) {
  const { tally, problem } = useTruthState(watch);
  const labels = tally?.labels ?? USUAL_LABELS.map((label) => ({ label, measured: null, truly: null }));
  return (
    <section
      aria-label="Counted and true"
      data-testid="truth"
      title={problem ?? TRUTH_MEANING}
      className="grid grid-cols-[6.75rem_minmax(0,1fr)] gap-x-2 border-t border-line px-3 py-1.5 text-[13px] whitespace-nowrap"
    >
      <div className="min-w-0">
        <div className="text-xs leading-5 text-ink-faint">Counted / true</div>
        {problem ? (
          <div className="truncate text-warn">Truth missing</div>
        ) : (
          <div className="truncate">
            <span className="text-ink-faint">Off by</span>{' '}
            <strong data-testid="truth-off" className="font-semibold">
              {tally?.offBy == null ? '–' : tally.offBy.toFixed(1)}
            </strong>
          </div>
        )}
      </div>
      <dl className="grid auto-cols-fr grid-flow-col">
        {labels.map(({ label, measured, truly }) => (
          <div key={label} className="min-w-0 text-center" data-label={label}>
            <dt className="truncate text-xs leading-5 text-ink-faint">{label}</dt>
            <dd>
              <strong className="font-semibold">{measured ?? '–'}</strong>
              <span className="text-ink-faint"> / {truly ?? '–'}</span>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
