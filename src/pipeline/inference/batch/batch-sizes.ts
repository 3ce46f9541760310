/**
 * The sizes in which a device runs batches: powers of two and the greatest. Providers tune themselves for each
 * shape they meet (algorithm search, engines, shaders), so there are few, all tried before traffic comes.
 */
export function batchSizes(maxBatch: number): number[] {
  const sizes: number[] = [];
  for (let size = 1; size < maxBatch; size *= 2) sizes.push(size);
  return [...sizes, maxBatch];
}
