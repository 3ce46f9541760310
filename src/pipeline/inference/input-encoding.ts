/** How the bytes of a picture become the numbers of a model's input. */
export interface InputEncoding {
  readonly layout: 'NCHW' | 'NHWC';
  readonly channels: 'BGR' | 'RGB';
  /** `0-1` divides bytes by 255 first. */
  readonly range: '0-255' | '0-1';
  /** Then `(v - mean) / std`, in the order of `channels`; absent: as it is. */
  readonly mean?: readonly [number, number, number];
  readonly std?: readonly [number, number, number];
  readonly type: 'float32' | 'float16';
}
