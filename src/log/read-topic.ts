import { type LogRecord, openEmbeddedLog } from './embedded-log.ts';
import type { Topic } from './messages.ts';

const READ_RECORDS = 1_000;
const READ_BYTES = 64 * 2 ** 20;

/** Everything that the embedded log at `path` holds of a topic, in its order, for those who look at a log as a whole. */
export function* readTopic(path: string, topic: Topic): Generator<LogRecord> {
  const log = openEmbeddedLog(path);
  try {
    for (let from = 1; ; ) {
      const records = log.read(topic, from, READ_RECORDS, READ_BYTES);
      if (records.length === 0) return;
      yield* records;
      from = records[records.length - 1].offset + 1;
    }
  } finally {
    log.close();
  }
}
