/** An object that people marked in a picture. */
export interface AnnotatedObject {
  /** As the annotations call it, e.g. `person`. */
  readonly label: string;
  /** x, y of the top-left corner, width, height; pixels of the picture, from 0. */
  readonly box: readonly [x: number, y: number, width: number, height: number];
  /** To find it is neither asked for nor wrong: too small, too hidden, or disputed (COCO's `ignore`). */
  readonly ignored: boolean;
  /** A region that holds many (COCO's `iscrowd`): any number of detections may lie in it. Always ignored. */
  readonly crowd: boolean;
}

export interface AnnotatedPicture {
  readonly path: string;
  readonly objects: readonly AnnotatedObject[];
}

/** What `sightline model eval` is told to look at. */
export interface AnnotatedPictures {
  readonly format: 'mot' | 'coco';
  readonly pictures: readonly AnnotatedPicture[];
  /** Every kind of object that is marked wherever it appears: detections of other kinds cannot be judged. */
  readonly labels: readonly string[];
}

/** Which objects of the MOTChallenge must be found, and how many pictures are looked at. */
export interface AnnotationFilter {
  /** Share of a pedestrian that can be seen, 0..1; less is ignored. */
  readonly minVisibility: number;
  /** Pixels; a smaller pedestrian is ignored. */
  readonly minHeight: number;
  /** Only the first so many pictures of each sequence. */
  readonly pictures?: number;
}
