import { AV_PIX_FMT_YUV420P } from 'node-av/constants';
import { Frame as AvFrame } from 'node-av/lib';

/** A picture of a 720p camera in which nothing is: the time of scaling and inferring does not depend on it. */
export function noisePicture(width = 1280, height = 720): AvFrame {
  const picture = new AvFrame();
  picture.alloc();
  picture.width = width;
  picture.height = height;
  picture.format = AV_PIX_FMT_YUV420P;
  if (picture.getBuffer(32) < 0 || !picture.data) throw new Error('no memory for a picture');
  for (const plane of picture.data) for (let i = 0; i < plane.length; i++) plane[i] = (i * 7919) % 256;
  return picture;
}
