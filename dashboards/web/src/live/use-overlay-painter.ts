import { type RefObject, useEffect, useRef, useState } from 'react';
import type { Overlay } from '../../../../src/vision-protocol.ts';
import type { LiveClient } from './live-client.ts';
import { createOverlayPainter, type OverlayPainter } from './overlay-painter.ts';
import { createRollingMedian } from './rolling-median.ts';
import type { ServerClock } from './use-clock-offset.ts';

/** What a viewer sees of a camera, told about twice a second. */
export interface LivePicture {
  /** From exposure to drawn, median over about a second, ms; null while unknown. */
  readonly latencyMs: number | null;
  readonly picturesPerSecond: number;
  /** Local clock of the last drawn frame; null before the first. */
  readonly paintedAtMs: number | null;
  /** Why the hub sends no pictures. */
  readonly refusal: string | null;
}

const WINDOW_MS = 1200;
const REPORT_MS = 500;
const NOTHING: LivePicture = { latencyMs: null, picturesPerSecond: 0, paintedAtMs: null, refusal: null };

/**
 * Watches a camera on a canvas while `isVisible`; leaves its room otherwise, keeping the last picture.
 *
 * The canvas follows the size of its element at the screen's own resolution.
 *
 * @param onShown told of every frame that is newly drawn
 */
export function useOverlayPainter(
  canvasRef: RefObject<HTMLCanvasElement | null>,
  live: LiveClient | null,
  cameraId: string,
  clock: ServerClock,
  isVisible: boolean,
  onShown?: (overlay: Overlay) => void,
): LivePicture {
  const [picture, setPicture] = useState(NOTHING);
  const painterRef = useRef<OverlayPainter | null>(null);
  const latencies = useRef(createRollingMedian(WINDOW_MS));
  const paints = useRef(createRollingMedian(WINDOW_MS));
  const paintedAtMs = useRef<number | null>(null);
  const shown = useRef(onShown);
  shown.current = onShown;

  // biome-ignore lint/correctness/useExhaustiveDependencies: another camera needs a fresh canvas state
  useEffect(() => {
    const canvas = canvasRef.current;
    if (!canvas) return;
    const painter = createOverlayPainter(
      canvas,
      (overlay) => {
        const nowMs = performance.now();
        paintedAtMs.current = Date.now();
        paints.current.push(overlay.seq, nowMs);
        shown.current?.(overlay);
        if (clock.offset()) latencies.current.push(clock.now() - overlay.capturedAtMs, nowMs);
      },
      () => setPicture((before) => ({ ...before, refusal: 'A picture could not be decoded.' })),
    );
    painterRef.current = painter;
    const observer = new ResizeObserver(([entry]) => {
      if (!entry) return;
      const ratio = window.devicePixelRatio;
      const exact = entry.devicePixelContentBoxSize?.[0]; // absent in Safari
      const width = devicePixels(entry.contentRect.width * ratio, exact?.inlineSize);
      const height = devicePixels(entry.contentRect.height * ratio, exact?.blockSize);
      if (width > 0 && height > 0) painter.resize(width, height, ratio);
    });
    try {
      observer.observe(canvas, { box: 'device-pixel-content-box' });
    } catch {
      observer.observe(canvas);
    }
    return () => {
      observer.disconnect();
      painter.close();
      painterRef.current = null;
      paintedAtMs.current = null;
      latencies.current.clear();
      setPicture(NOTHING);
    };
  }, [canvasRef, clock, cameraId]);

  useEffect(() => {
    if (!live || !isVisible) return;
    const unwatch = live.watch(cameraId, {
      onOverlay: (overlay, jpeg) => {
        // without its own picture an overlay cannot be shown: boxes never lie on another frame
        if (jpeg) painterRef.current?.show(overlay, jpeg);
      },
      onRefused: (refusal) => setPicture((before) => ({ ...before, refusal })),
    });
    const report = setInterval(() => {
      const nowMs = performance.now();
      setPicture((before) => ({
        ...before,
        latencyMs: latencies.current.median(nowMs),
        picturesPerSecond: (paints.current.count(nowMs) * 1000) / WINDOW_MS,
        paintedAtMs: paintedAtMs.current,
      }));
    }, REPORT_MS);
    return () => {
      unwatch();
      clearInterval(report);
    };
  }, [live, cameraId, isVisible]);

  return picture;
}

/** The exact size where the browser tells a believable one: emulated screens report it without their ratio. */
function devicePixels(computed: number, exact: number | undefined): number {
  return exact !== undefined && Math.abs(exact - computed) <= 1 ? exact : Math.round(computed);
}
