import ort, { Tensor } from 'onnxruntime-node';
import { PROVIDERS, type Provider } from '../../providers.ts';
import { sessionOptions } from './providers.ts';

/**
 * A process of its own that tries one provider: `provider-probe.ts <provider> <device id>`. It ends with 0 when the
 * provider computes, else it says why on standard output; a driver that aborts takes nobody with it.
 */

/** An ONNX model `y = x * x` for four numbers (IR 8, operator set 13), 69 bytes. */
const SQUARES = Buffer.from(
  'CAg6OwoOCgF4CgF4EgF5IgNNdWwSB3NxdWFyZXNaDwoBeBIKCggIARIECgIIBGIPCgF5EgoKCAgBEgQKAggEQgQKABAN',
  'base64',
);

const [name, deviceId] = process.argv.slice(2);
if (!(PROVIDERS as readonly string[]).includes(name)) throw new Error(`no provider ${name}`);
ort.env.logLevel = 'fatal';
try {
  const options = sessionOptions(name as Provider, { deviceId: Number(deviceId), cpuThreads: 1 });
  const session = await ort.InferenceSession.create(SQUARES, options);
  const { y } = await session.run({ x: new Tensor('float32', Float32Array.of(1, 2, 3, 4), [4]) });
  const squares = Array.from(y.data as Float32Array);
  if (squares.join() !== '1,4,9,16') throw new Error(`it computes the squares of 1 to 4 as ${squares}`);
  await session.release();
} catch (err) {
  process.stdout.write(err instanceof Error ? err.message : String(err));
  process.exitCode = 1;
}
