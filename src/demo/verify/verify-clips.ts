import { type AnalyticsInput, MIN_CONFIDENCE } from '../../analytics.ts';
import { EngineError } from '../../errors.ts';
import { type AnalyseOptions, analyseFiles, type FileRun } from './analyse-files.ts';
import { type ClipMessages, type ClipReport, frameOf, judgeClip } from './judge-clip.ts';
import type { Clip } from './read-clip.ts';
import { type VerifyReport, verifyReport } from './verify-report.ts';

/** Neighbouring frames are much alike: this many a second are enough to measure average precision. */
const PICTURES_PER_SECOND = 5;

export interface VerifyOptions extends Pick<AnalyseOptions, 'config' | 'signal'> {
  readonly clips: readonly Clip[];
  /** What differs from the settings of a camera; `fps` is 0 (every frame) unless told. */
  readonly analytics: Pick<AnalyticsInput, 'fps' | 'tracker'> & { readonly model: string };
  /** Frames analysed so far, and of all. */
  onProgress?(analysed: number, total: number): void;
}

/**
 * Runs the whole engine over clips whose truth is known and compares.
 *
 * Each clip is played twice: once with the settings of a camera, for tracks and counts, and once at
 * `PICTURES_PER_SECOND` with the least confidence that cameras permit, for average precision, which asks for doubtful
 * detections, too.
 *
 * @throws EngineError TRUTH_INVALID when a clip is not the one its truth tells of, and whatever `analyseFiles` throws
 */
export async function verifyClips(options: VerifyOptions): Promise<VerifyReport> {
  const { clips, config, signal, onProgress } = options;
  const analytics = { ...options.analytics, fps: options.analytics.fps ?? 0 };
  const runs = clips.flatMap((clip): FileRun[] => [
    { id: clip.name, path: clip.video, analytics },
    {
      id: doubtfulRun(clip),
      path: clip.video,
      // who is who does not matter here
      analytics: {
        ...analytics,
        fps: PICTURES_PER_SECOND,
        confidence: MIN_CONFIDENCE,
        tracker: { name: 'sort' },
      },
    },
  ]);
  const total = clips.reduce((sum, { truth: { frames, fps } }) => {
    const sampled = (rate: number): number => Math.ceil(frames * (rate === 0 ? 1 : Math.min(1, rate / fps)));
    return sum + sampled(analytics.fps) + sampled(PICTURES_PER_SECOND);
  }, 0);
  const messages = await analyseFiles(runs, {
    config,
    signal,
    onProgress: (analysed) => onProgress?.(Math.min(analysed, total), total),
  });
  const reports = clips.map((clip): ClipReport => {
    const usual = messages.get(clip.name) ?? [];
    const doubtful = messages.get(doubtfulRun(clip)) ?? [];
    checkFrames(clip, { usual, doubtful }, analytics.fps);
    // by the files' name, which is unique in a directory
    return { ...judgeClip(clip.truth, { usual, doubtful }), clip: clip.name };
  });
  return verifyReport(reports);
}

function doubtfulRun({ name }: Clip): string {
  return `${name}-doubtful`;
}

/** The video must be the one the truth was written with: another would be judged by what it never showed. */
function checkFrames({ video, truth }: Clip, { usual, doubtful }: ClipMessages, fps: number): void {
  const frames = [...usual, ...doubtful].map((message) => frameOf(message, truth));
  const last = Math.max(...frames);
  const matches = fps === 0 ? usual.length === truth.frames : usual.length > 0;
  const { width = 0, height = 0 } = usual[0] ?? {};
  const sameSize = width === truth.width && height === truth.height;
  if (matches && sameSize && last < truth.frames && doubtful.length > 0) return;
  throw new EngineError(
    'TRUTH_INVALID',
    `${video} is not the clip its truth tells of: ${usual.length} frames of ${width}x${height} up to frame ${last}, not ${truth.frames} of ${truth.width}x${truth.height}: make both again together`,
  );
}
