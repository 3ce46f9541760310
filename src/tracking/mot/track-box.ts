/** One box of a track in a sequence: frames from 1; x, y of the top-left corner, width, height in pixels. */
export interface TrackBox {
  readonly frame: number;
  readonly id: number;
  readonly box: readonly [x: number, y: number, width: number, height: number];
  readonly confidence: number;
}

/** A tracker's result as the MOTChallenge takes it, by frame and id: `frame,id,x,y,width,height,confidence,-1,-1,-1`. */
export function resultText(boxes: readonly TrackBox[]): string {
  const sorted = boxes.toSorted((a, b) => a.frame - b.frame || a.id - b.id);
  return sorted.map(line).join('');
}

function line({ frame, id, box, confidence }: TrackBox): string {
  const numbers = [...box, confidence].map((value) => value.toFixed(2));
  return `${frame},${id},${numbers.join(',')},-1,-1,-1\n`;
}
