import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import { type MessagePort, resourceLimits } from 'node:worker_threads';
import type { Logger } from '../observe/logger.ts';
import type { FromThread } from './thread-protocol.ts';

/** Objects in this share of the heap leave too little room to go on for long, and enough to end in order. */
const HEAP_FULL = 0.8;
/** Garbage that is not collected yet counts too: only what stays is taken seriously. */
const FULL_CHECKS = 2;

export interface ThreadEnd {
  /** Asked to stop by the main thread. */
  stop(): void;
  /** To be called about once a second: ends the thread before its heap is exhausted, which would abort the process. */
  checkHeap(): void;
}

/**
 * Ends this thread in order, whatever the reason: `release` first, and only then the thread.
 *
 * A thread that dies at once, by an error nobody catches, by its heap or by `process.exit`, takes the whole
 * process with it, because native work of others is under way in it (docs/decisions/0006). So an uncaught error
 * releases everything as a stop does, says why, and lets the thread end by itself.
 */
export function endInOrder(port: MessagePort, log: Logger, release: () => Promise<void>): ThreadEnd {
  const send = (message: FromThread): void => port.postMessage(message);
  let ending = false;
  let fullChecks = 0;

  function end(): void {
    ending = true;
    release()
      .then(() => {
        send({ type: 'stopped' });
        port.close(); // the last thing that keeps the thread
      })
      // it then does not end in time, and the main thread restarts the node
      .catch((err) => log.error({ err }, 'releasing failed'));
  }

  function fail(reason: string, err?: unknown): void {
    if (ending) {
      log.error({ err, reason }, 'a second failure while the thread ends');
      return;
    }
    log.fatal({ err, reason }, 'the thread failed; it releases everything and ends');
    send({ type: 'failing', reason });
    end();
  }

  // rejections that nobody handles arrive here too
  process.on('uncaughtException', (err) => fail(err instanceof Error ? err.message : String(err), err));

  return {
    stop() {
      if (!ending) end();
    },
    checkHeap() {
      const { used, limit } = oldGeneration();
      fullChecks = used > HEAP_FULL * limit ? fullChecks + 1 : 0;
      if (fullChecks < FULL_CHECKS || ending) return;
      const mib = (bytes: number) => Math.round(bytes / 2 ** 20);
      fail(`its heap is nearly full: ${mib(used)} of ${mib(limit)} MiB`);
    },
  };
}

/** Bytes of what lives long, and what it may grow to. The limit of the whole heap counts room for the young too. */
function oldGeneration(): { used: number; limit: number } {
  let used = 0;
  for (const { space_name: space, space_used_size: bytes } of getHeapSpaceStatistics()) {
    if (!space.startsWith('new_')) used += bytes;
  }
  const young = (resourceLimits.maxYoungGenerationSizeMb ?? 0) * 2 ** 20;
  return { used, limit: getHeapStatistics().heap_size_limit - young };
}
