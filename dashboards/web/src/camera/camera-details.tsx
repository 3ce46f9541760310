import type { ReactNode } from 'react';
import type { Analytics } from '../../../../src/analytics.ts';
import type { CameraStatus } from '../../../../src/camera.ts';
import type { CameraView } from '../api.ts';
import type { ServerClock } from '../live/use-clock-offset.ts';
import type { LivePicture } from '../live/use-overlay-painter.ts';
import { type TruthWatch, useTruthState } from '../live/use-truth.ts';
import { formatCount, formatDuration, formatRate, formatTime } from '../ui/format.ts';
import { Message } from '../ui/message.tsx';
import { useNow } from '../ui/use-now.ts';
import { formatOf } from '../wall/camera-numbers.tsx';
import { TRUTH_MEANING } from '../wall/truth-line.tsx';
import {
  classWords,
  gateWords,
  modelInEffect,
  rateWords,
  switchingTo,
  thresholdWords,
  trackerWords,
} from './analysis-words.ts';

/** The camera's settings and measurements in one table. */
export function CameraDetails({
  camera,
  status,
  picture,
  truth,
  clock,
}: {
  camera: CameraView;
  status: CameraStatus | undefined;
  picture: LivePicture;
  truth: TruthWatch | null;
  clock: ServerClock;
}) {
  const nowMs = useNow(clock.now);
  const { source } = camera;
  const offset = clock.offset();
  return (
    <section aria-labelledby="details-title" className="min-w-0 rounded-lg border border-line bg-surface">
      <h2 id="details-title" className="border-b border-line px-3 py-2 font-semibold">
        Details
      </h2>
      <dl className="py-1 text-[13px]">
        <Row name="Id">
          <code>{camera.id}</code>
        </Row>
        <Row name="Source">
          <SourceWords source={source} />
        </Row>
        {truth && <TruthRow watch={truth} />}
        <AnalysisRows asked={camera.analytics} analysis={status?.analysis} />
        {camera.tags.length > 0 && <Row name="Tags">{camera.tags.join(', ')}</Row>}
        {status && (
          <>
            <Row name="State">
              {status.state} for {formatDuration(Math.max(0, nowMs - status.sinceMs))}
              {status.attempts > 0 && `, ${status.attempts} failed attempts`}
            </Row>
            <Row name="Format">{formatOf(status) || 'not known yet'}</Row>
            <Row name="Received">
              {formatRate(status.fps.received)} fps · {formatCount(status.frames.received)}
            </Row>
            <Row name="Decoded">
              {formatRate(status.fps.decoded)} fps · {formatCount(status.frames.decoded)}
            </Row>
            <Row name="Analysed">
              {formatRate(status.fps.analysed)} fps · {formatCount(status.frames.analysed)}
            </Row>
            {Object.keys(status.frames.dropped).map((reason) => (
              <Row key={reason} name={`Not analysed: ${reason}`}>
                {formatRate(status.fps.dropped[reason] ?? 0)} fps ·{' '}
                {formatCount(status.frames.dropped[reason] ?? 0)}
              </Row>
            ))}
            <Row name="Capture to event">
              {status.latencyMs
                ? `${formatDuration(status.latencyMs.p50)} median, ${formatDuration(status.latencyMs.p95)} at the 95th percentile`
                : 'not known yet'}
            </Row>
          </>
        )}
        <Row name="Capture to screen">
          {picture.latencyMs === null ? '–' : `${formatDuration(Math.max(0, picture.latencyMs))} median`}
          {offset && ` (clock known to ±${offset.errorMs.toFixed(1)} ms)`}
        </Row>
        <Row name="Pictures shown">{formatRate(picture.picturesPerSecond)} a second</Row>
        {status?.lastError && (
          <Row name="Last error">
            {formatTime(status.lastError.atMs)} <Message text={status.lastError.message} />{' '}
            <code className="text-ink-faint">{status.lastError.code}</code>
          </Row>
        )}
      </dl>
    </section>
  );
}

function SourceWords({ source }: { source: CameraView['source'] }) {
  if (source.kind === 'demo') {
    return (
      <>
        demo clip <code>{source.clip}</code>
        {source.decode === 'shared' && ', decoded once for all cameras of a worker'}
      </>
    );
  }
  return (
    <>
      <code className="[overflow-wrap:anywhere]">{source.kind === 'rtsp' ? source.url : source.path}</code>
      {source.kind === 'rtsp'
        ? ` over ${(source.transport ?? 'tcp').toUpperCase()}${source.hasCredentials ? ', with credentials' : ''}`
        : source.loop
          ? ', for ever'
          : ', once'}
    </>
  );
}

/** The truth of a demo camera, and how the line under its picture is to be read. */
function TruthRow({ watch }: { watch: TruthWatch }) {
  const { truth, problem } = useTruthState(watch);
  return (
    <Row name="Truth">
      {problem ? (
        <span className="text-warn">
          <Message text={problem} />
        </span>
      ) : (
        truth && `${truth.condition}, ${truth.frames} frames at ${truth.fps} fps, then again`
      )}
      <span className="block text-xs text-ink-faint">{TRUTH_MEANING}</span>
    </Row>
  );
}

/** What is in effect, or as long as nothing is analysed what was asked for. */
function AnalysisRows({
  asked,
  analysis,
}: {
  asked: Analytics;
  analysis: CameraStatus['analysis'] | undefined;
}) {
  const analytics = analysis?.inEffect?.analytics ?? asked;
  const next = analysis && switchingTo(analysis);
  return (
    <>
      <Row name="Model">
        {(analysis && modelInEffect(analysis)) ?? asked.model}
        {next && <span className="text-info"> · switching to {next}…</span>}
      </Row>
      {analysis?.problem && (
        <Row name="Analysis">
          <span className={analysis.inEffect ? 'text-warn' : 'text-bad'}>
            <Message text={analysis.problem.message} />
          </span>
        </Row>
      )}
      <Row name="Rate">{rateWords(analytics)}</Row>
      <Row name="Classes">{classWords(analytics)}</Row>
      <Row name="Confidence from">{thresholdWords(analytics)}</Row>
      <Row name="Tracker">{trackerWords(analytics)}</Row>
      <Row name="Motion gate">
        {analysis ? gateWords(analysis.motionGate, analytics) : asked.motionGate.enabled ? 'on' : 'off'}
      </Row>
    </>
  );
}

function Row({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="grid grid-cols-[9rem_minmax(0,1fr)] gap-x-3 px-3 py-1">
      <dt className="text-ink-faint">{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
