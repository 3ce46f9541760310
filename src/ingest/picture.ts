import type { Frame as AvFrame } from 'node-av/lib';

/** Decoded pixels, in the decoder's own memory and pixel format; valid until the frame's `release()`. */
export type Picture = AvFrame;
