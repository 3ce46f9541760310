/** Queries to begin with, over the tables that exist. */
export const EXAMPLES: readonly { readonly title: string; readonly sql: string }[] = [
  {
    title: 'What was seen, by camera',
    sql: 'select camera, label, uniq(track) as tracks, count() as detections\nfrom detections\ngroup by camera, label\norder by detections desc',
  },
  {
    title: 'Distinct objects at one camera',
    sql: "select label, uniq(track)\nfrom detections\nwhere camera = 'gate'\ngroup by label",
  },
  {
    title: 'Detections a minute',
    sql: 'select toStartOfMinute(ts) as minute, camera, count() as detections\nfrom detections\nwhere ts > now() - interval 1 hour\ngroup by minute, camera\norder by minute desc',
  },
  {
    title: 'Latest detections',
    sql: 'select *\nfrom detections\norder by ts desc\nlimit 50',
  },
];
