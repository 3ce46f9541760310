import { availableParallelism } from 'node:os';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { createLogger } from '../observe/logger.ts';
import { DeviceServer } from '../pipeline/inference/batch/device-server.ts';
import { Sessions } from '../pipeline/inference/providers.ts';
import { openSessionRunner } from '../pipeline/inference/session-runner.ts';
import { announceLoading } from './announce-loading.ts';
import type {
  FromInferenceWorker,
  InferenceWorkerSettings,
  ToInferenceWorker,
} from './inference-protocol.ts';
import { endInOrder } from './thread-end.ts';
import type { FromThread } from './thread-protocol.ts';

/** The thread of one device: runs batches of pictures from all analysis workers. It ends as they do. */
const STATUS_INTERVAL_MS = 1_000;

const { providers, deviceId, logging, ...settings } = workerData as InferenceWorkerSettings;
const port = parentPort as MessagePort;
const log = createLogger('inference', logging);
const send = (message: FromThread | FromInferenceWorker): void => port.postMessage(message);

// the CPU, where it stands in for a device, has no worker a core to itself
const sessions = new Sessions({ providers, deviceId, cpuThreads: availableParallelism() }, log);
const open = announceLoading(openSessionRunner(sessions), (loading) => send({ type: 'loading', loading }));
const server = new DeviceServer(open, settings, log);

const statusTimer = setInterval(() => {
  thread.checkHeap();
  send({ type: 'status', queues: server.status() });
}, STATUS_INTERVAL_MS);

const thread = endInOrder(port, log, async () => {
  clearInterval(statusTimer);
  await server.close();
});

port.on('message', (message: ToInferenceWorker) => {
  if (message.type === 'link') server.connect(message.port);
  else thread.stop();
});
