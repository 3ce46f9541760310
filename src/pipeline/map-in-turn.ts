import { Observable, type OperatorFunction } from 'rxjs';
import type { DropReason } from '../frame.ts';
import type { Turns } from './turns.ts';

export interface InTurn<T> {
  readonly turns: Turns;
  /** The stream's share of the turns when there are not enough; read anew for every turn. Default: equal shares. */
  weight?(): number;
  /**
   * `latest`: one place to wait; a newer value takes it and the older is dropped as `superseded`. For live
   * sources, where a queue would turn a slow model into growing delay.
   * `every`: values wait in order. For files, whose source decodes no further until values are released.
   */
  readonly keep: 'latest' | 'every';
  /** Judged when the turn comes: a value that waited too long is dropped as `stale`. */
  isStale?(value: T): boolean;
  /** Takes back a value that will not be projected; a frame owns a decoder's buffer. */
  drop(value: T, reason: DropReason): void;
  /** Told of the oldest waiting value whenever it changes, undefined for none. */
  oldest?(value: T | undefined): void;
}

/**
 * Runs `project` on one value at a time, each when the stream's turn comes. `project` owns its value
 * from then on. Results keep the order of the values; nothing is dropped without `drop` being told.
 *
 * The value is chosen when the turn is granted, not when it is asked for: after a long wait behind other
 * cameras it is the newest frame that is analysed.
 */
export function mapInTurn<T extends object, R>(
  project: (value: T) => Promise<R>,
  { turns, weight, keep, isStale, drop, oldest }: InTurn<T>,
): OperatorFunction<T, R> {
  return (source) =>
    new Observable<R>((subscriber) => {
      const waiting: T[] = [];
      const member = turns.member(weight);
      let asked = false; // for a turn, or having one
      let ended = false;
      let withdraw = (): void => undefined;

      const advance = (): void => {
        if (asked || subscriber.closed) return;
        if (waiting.length === 0) {
          if (ended) subscriber.complete();
          return;
        }
        asked = true;
        withdraw = member.ask((end) => {
          const value = waiting.shift();
          oldest?.(waiting[0]);
          const finish = (used: boolean): void => {
            end(used);
            asked = false;
            advance();
          };
          if (value === undefined) return finish(false);
          if (isStale?.(value)) {
            drop(value, 'stale');
            return finish(false);
          }
          project(value).then(
            (result) => {
              subscriber.next(result);
              finish(true);
            },
            (error) => {
              end();
              subscriber.error(error);
            },
          );
        });
      };

      const upstream = source.subscribe({
        next: (value) => {
          if (keep === 'latest' && waiting.length > 0) drop(waiting.pop() as T, 'superseded');
          waiting.push(value);
          oldest?.(waiting[0]);
          advance();
        },
        error: (error) => subscriber.error(error),
        complete: () => {
          ended = true;
          advance();
        },
      });
      return () => {
        upstream.unsubscribe();
        withdraw();
        for (const value of waiting.splice(0)) drop(value, 'stopped');
        oldest?.(undefined);
      };
    });
}
