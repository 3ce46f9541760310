import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { startBrowser } from '../support/browser.ts';
import { type RtspServer, rtspServerMissing, startRtspServer } from '../support/rtsp-server.ts';
import { missingSharedData, SHARED_DATA, sharedData, TOWN_CENTRE } from '../support/shared-data.ts';
import { Sightline } from '../support/sightline.ts';
import { waitFor } from '../support/wait-for.ts';

const DIST = fileURLToPath(new URL('../../dashboards/web/dist/index.html', import.meta.url));
const WAIT = { timeout: 20_000 };

const missing =
  missingSharedData(TOWN_CENTRE, 'models/yolox_nano_416.onnx') ||
  rtspServerMissing() ||
  (!existsSync(DIST) && 'needs the built dashboard: npm test builds it');
// a skipped suite never closes a browser: start none for it
const { browser, reason } = missing ? { browser: undefined, reason: missing } : await startBrowser();
const skip = reason;

/** The whole way in a real browser: add a camera in the form, see boxes on its picture, ask SQL about it. */
describe('the dashboard on the real system', { skip }, () => {
  let server: RtspServer;
  let sightline: Sightline;
  let page: Page;
  const complaints: string[] = [];

  before(async () => {
    server = await startRtspServer({ clip: sharedData(TOWN_CENTRE) });
    sightline = await new Sightline({ SIGHTLINE_MODELS: `${SHARED_DATA}models` }).start();
    const context = await browser!.newContext({ viewport: { width: 1440, height: 900 } });
    page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (line) => {
      if (line.type() === 'error') complaints.push(line.text());
    });
    await page.goto(`${sightline.url}/#token=${sightline.token}`);
  });
  after(async () => {
    await browser?.close();
    await sightline?.[Symbol.asyncDispose]();
    await server?.kill();
  });

  it('adds a camera in the form', async () => {
    await page.getByTestId('add-camera').first().click(WAIT);
    const form = page.getByTestId('camera-form');
    await form.locator('[name=id]').fill('gate');
    await form.locator('[name=name]').fill('Main gate');
    await form.locator('[name=url]').fill(server.url('secret', 'user:pass'));
    await page.getByTestId('camera-form-submit').click();
    await page.getByTestId('camera-tile-gate').waitFor(WAIT);
    await page.locator('[data-testid=camera-state-gate][data-state=live]').waitFor(WAIT);
    assert.ok(!(await page.content()).includes('user:pass'));
  });

  it('draws boxes on the live picture, frame after frame', async () => {
    const canvas = page.locator('[data-testid=camera-tile-gate] canvas');
    const drawn = async () => ({
      boxes: Number(await canvas.getAttribute('data-boxes')),
      seq: Number(await canvas.getAttribute('data-seq')),
    });
    const first = await waitFor(
      'a picture with people',
      async () => {
        const now = await drawn();
        return now.boxes >= 5 ? now : undefined;
      },
      { timeoutMs: 30_000 },
    );
    await waitFor('later pictures', async () => (await drawn()).seq > first.seq + 25);
    // the canvas holds a picture, not one colour
    const colours = await canvas.evaluate(countColours);
    assert.ok(colours > 50, `${colours} colours`);
  });

  it('answers SQL', async () => {
    await page.goto(`${sightline.url}/#/query`);
    await page
      .getByTestId('query-input')
      .fill(
        "select label, uniq(track) as tracks from detections where camera = 'gate' group by label order by tracks desc",
      );
    await page.getByTestId('query-run').click();
    await page.getByTestId('query-result').waitFor(WAIT);
    assert.match((await page.getByTestId('query-result').textContent()) ?? '', /person/);
  });

  it('removes the camera', async () => {
    await page.goto(`${sightline.url}/#/cameras/gate`);
    await page.getByRole('button', { name: 'Actions for Main gate' }).click(WAIT);
    await page.getByRole('menuitem', { name: /remove/i }).click(WAIT);
    await page.getByTestId('remove-confirm').click(WAIT);
    await waitFor(
      'the camera to be gone',
      async () => (await sightline.request('GET', '/api/v1/cameras/gate')).status === 404,
    );
  });

  it('never complained', () => {
    assert.deepEqual(complaints, []);
  });
});

/** How many colours the canvas shows, sampled. Runs in the page. */
function countColours(canvas: unknown): number {
  // the compiler knows no browser here: the part of a canvas that is used
  const { width, height, getContext } = canvas as {
    width: number;
    height: number;
    getContext(kind: '2d'): { getImageData(...area: number[]): { data: Uint8ClampedArray } };
  };
  const { data } = getContext.call(canvas, '2d').getImageData(0, 0, width, height);
  const seen = new Set<number>();
  for (let i = 0; i < data.length; i += 4096) seen.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
  return seen.size;
}
