// Loaded by `--import` into every thread of a system under test: makes the analysis worker of index 0 fail in the
// way that is written into the file SIGHTLINE_TEST_FAILURE, as faults in its own code would.
import { readFileSync, rmSync } from 'node:fs';
import { isMainThread, workerData } from 'node:worker_threads';

const file = process.env.SIGHTLINE_TEST_FAILURE;
const kept = [];

const failures = {
  throw() {
    throw new Error('a fault made by a test');
  },
  reject() {
    Promise.reject(new Error('a rejection made by a test'));
  },
  leak() {
    // 5 MiB a second, never given back
    setInterval(() => kept.push(Array.from({ length: 32_768 }, (_, n) => n + kept.length)), 50).unref();
  },
  hang() {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
};

if (file && !isMainThread && workerData?.index === 0) {
  setInterval(() => {
    let failure;
    try {
      failure = readFileSync(file, 'utf8');
      rmSync(file);
    } catch {
      return; // nothing is to fail now
    }
    failures[/** @type {keyof typeof failures} */ (failure)]();
  }, 50).unref();
}
