import type { QueryResult } from '../api.ts';
import { formatCount, formatDuration } from '../ui/format.ts';
import { cellText, isNumeric } from './cells.ts';

/** More rows than this make a page slow and are not read. */
const SHOWN_ROWS = 1000;

export function ResultTable({ result }: { result: QueryResult }) {
  const { columns, rows, rowCount, truncated, elapsedMs } = result;
  const notShown = rows.length - SHOWN_ROWS;
  return (
    <>
      <p data-testid="query-summary" className="mb-2 px-1 text-ink-soft">
        {formatCount(rowCount)} {rowCount === 1 ? 'row' : 'rows'} in {formatDuration(elapsedMs)}
        {truncated && (
          <span className="text-warn"> · cut off at the hub's limit: narrow the query for the rest</span>
        )}
        {notShown > 0 && ` · the first ${formatCount(SHOWN_ROWS)} are shown`}
      </p>
      {rows.length === 0 ? (
        <p className="rounded-lg border border-line bg-surface p-6 text-center text-ink-soft">
          No rows match this query.
        </p>
      ) : (
        <section
          aria-label="Result"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard
          tabIndex={0}
          className="max-h-[65dvh] overflow-auto rounded-lg border border-line bg-surface"
        >
          <table data-testid="query-result" className="w-full border-collapse text-[13px]">
            <thead>
              <tr>
                {columns.map(({ name, type }) => (
                  <th
                    key={name}
                    scope="col"
                    className={`sticky top-0 border-b border-line bg-raised px-3 py-1.5 font-semibold whitespace-nowrap ${isNumeric(type) ? 'text-right' : 'text-left'}`}
                  >
                    {name}
                    <span className="block text-[11px] font-normal text-ink-faint">{type}</span>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.slice(0, SHOWN_ROWS).map((row, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity and never move
                <tr key={i} className="border-b border-line last:border-0 hover:bg-raised">
                  {columns.map(({ name, type }, column) => (
                    <td
                      key={name}
                      className={`max-w-96 truncate px-3 py-1 ${isNumeric(type) ? 'text-right' : 'text-left'}`}
                    >
                      {row[column] == null ? (
                        <span className="text-ink-faint italic">null</span>
                      ) : (
                        cellText(row[column])
                      )}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </>
  );
}
