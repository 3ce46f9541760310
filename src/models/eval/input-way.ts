/**
 * How pictures enter the model. `reference`: as published figures are made, in RGB at full size first, then scaled
 * into the input the model was exported for, with all of its padding. `camera`: as a camera's frames, scaled and
 * converted in one step into the smallest input that holds them.
 */
export const INPUT_WAYS = ['reference', 'camera'] as const;
export type InputWay = (typeof INPUT_WAYS)[number];
