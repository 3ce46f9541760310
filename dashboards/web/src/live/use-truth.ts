import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import type { ClipCounts } from '../../../../src/demo/clip-counts.ts';
import type { Overlay } from '../../../../src/vision-protocol.ts';
import { type Api, type CameraView, messageOf } from '../api.ts';
import { TruthTallier, type TruthTally } from './truth-tally.ts';

/** What is known of a demo camera's truth now. */
export interface TruthState {
  /** Null until it is fetched. */
  readonly truth: ClipCounts | null;
  /** Of the frame that is shown. */
  readonly tally: TruthTally | null;
  readonly problem: string | null;
}

export interface TruthWatch {
  /** To be told of every frame that is drawn. */
  shown(overlay: Overlay): void;
  subscribe(listener: () => void): () => void;
  now(): TruthState;
}

/** Every clip's truth is asked for once, however many cameras show it. */
const fetched = new WeakMap<Api, Map<string, Promise<ClipCounts>>>();

/** Holds what is counted on a demo camera against the truth; null for every other camera. */
export function useTruth(api: Api, camera: CameraView, isAnalysed: boolean): TruthWatch | null {
  const clip = camera.source.kind === 'demo' ? (camera.source.clip ?? '') : null;
  const classes = camera.analytics.classes.join('\n');
  const analysed = useRef(isAnalysed);
  analysed.current = isAnalysed;
  const watch = useMemo(() => {
    if (clip === null) return null;
    return createTruthWatch(classes === '' ? [] : classes.split('\n'), () => analysed.current);
  }, [clip, classes]);
  useEffect(() => {
    if (watch === null || clip === null) return;
    truthOf(api, clip, camera.id).then(watch.know, watch.fail);
  }, [api, watch, clip, camera.id]);
  return watch;
}

export function useTruthState(watch: TruthWatch): TruthState {
  return useSyncExternalStore(watch.subscribe, watch.now);
}

function truthOf(api: Api, clip: string, cameraId: string): Promise<ClipCounts> {
  let clips = fetched.get(api);
  if (!clips) fetched.set(api, (clips = new Map()));
  let truth = clips.get(clip);
  if (!truth) {
    truth = api.truth(cameraId);
    clips.set(clip, truth);
    truth.catch(() => clips.delete(clip)); // the next that shows it may ask again
  }
  return truth;
}

function createTruthWatch(classes: readonly string[], isAnalysed: () => boolean) {
  const listeners = new Set<() => void>();
  let tallier: TruthTallier | null = null;
  let state: TruthState = { truth: null, tally: null, problem: null };
  const set = (next: Partial<TruthState>): void => {
    state = { ...state, ...next };
    for (const listener of listeners) listener();
  };
  return {
    know(truth: ClipCounts) {
      tallier = new TruthTallier(truth, classes);
      set({ truth, tally: tallier.tally(), problem: null });
    },
    fail(thrown: unknown) {
      set({ problem: messageOf(thrown) });
    },
    shown(overlay: Overlay) {
      // without a model nothing is counted, and so nothing counted wrong
      if (!tallier || !isAnalysed()) return;
      tallier.add(overlay, performance.now());
      set({ tally: tallier.tally() });
    },
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    now: () => state,
  };
}
