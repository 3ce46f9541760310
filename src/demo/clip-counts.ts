import Type, { type Static } from 'typebox';

const countsOf = (description: string) =>
  Type.Record(Type.String(), Type.Array(Type.Integer()), { description });

/** What a clip truly shows, in numbers: `counted.car[n]` cars in its frame n. */
export const ClipCounts = Type.Object({
  clip: Type.String(),
  condition: Type.Union([
    Type.Literal('day'),
    Type.Literal('dusk'),
    Type.Literal('night'),
    Type.Literal('rain'),
  ]),
  width: Type.Integer({ description: 'pixels' }),
  height: Type.Integer(),
  fps: Type.Number(),
  frames: Type.Integer({
    description:
      'it begins again after them: media time t of the camera shows frame t * fps / 1000 modulo this',
  }),
  lines: Type.Array(Type.String(), { description: 'names of the lines that its events are of' }),
  zones: Type.Array(Type.String()),
  counted: countsOf(
    'by label and frame: objects of which 30 % or more can be seen, at least 16 pixels high in 720p',
  ),
  doubtful: countsOf(
    'by label and frame: the others of which anything can be seen; to find them is neither right nor wrong',
  ),
});
export type ClipCounts = Static<typeof ClipCounts>;
