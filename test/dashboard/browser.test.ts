import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { build } from 'vite';
import { startBrowser } from '../support/browser.ts';

const WEB = fileURLToPath(new URL('../../dashboards/web/', import.meta.url));
const WAIT = { timeout: 15_000 };

const { browser, reason } = await startBrowser();

/** The dashboard, freshly built, in a real browser, against the double of the hub. */
describe('the dashboard in a browser', { skip: reason }, () => {
  let dist: string;
  let hub: Hub;

  before(async () => {
    dist = await mkdtemp(join(tmpdir(), 'sightline-dashboard-'));
    await build({
      configFile: join(WEB, 'vite.config.ts'),
      logLevel: 'error',
      build: { outDir: dist, emptyOutDir: true },
    });
    hub = await startHub(dist);
  });
  after(async () => {
    await hub?.stop();
    await browser?.close();
    await rm(dist, { recursive: true, force: true });
  });

  /** A page of its own, signed in by a link, that must not complain; closed when `use` settles. */
  async function open(
    use: (page: Page) => Promise<void>,
    viewport = { width: 1440, height: 900 },
  ): Promise<void> {
    const context = await browser!.newContext({ viewport });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (line) => {
      // what a stopped hub refuses is part of the test; a broken security policy or a warning of React is not
      if (line.type() === 'error' && !/ERR_CONNECTION|WebSocket|status of 4/.test(line.text())) {
        complaints.push(line.text());
      }
    });
    try {
      await page.goto(`${hub.url}/#token=dev`);
      await use(page);
    } finally {
      await context.close();
    }
    assert.deepEqual(complaints, []);
  }

  it('says that a token is wrong, and takes the right one', async () => {
    const context = await browser!.newContext();
    const page = await context.newPage();
    await page.goto(hub.url);
    await page.getByTestId('token-input').fill('wrong');
    await page.getByTestId('token-submit').click();
    await page.getByText('does not accept this access token').waitFor(WAIT);
    await page.getByTestId('token-input').fill('dev');
    await page.getByTestId('token-submit').click();
    await page.getByTestId('add-camera').waitFor(WAIT);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByTestId('token-input').waitFor(WAIT);
    assert.equal(await page.evaluate('sessionStorage.length + localStorage.length'), 0);
    await context.close();
  });

  it('takes the token of a link out of the address and survives a reload', () =>
    open(async (page) => {
      await page.getByTestId('add-camera').waitFor(WAIT);
      assert.equal(new URL(page.url()).hash, '');
      await page.reload();
      await page.getByTestId('add-camera').waitFor(WAIT);
    }));

  it('draws pictures with the boxes of the same frame', () =>
    open(async (page) => {
      await drawn(page, 'gate');
      const canvas = page.getByTestId('camera-tile-gate').locator('canvas');
      const first = Number(await canvas.getAttribute('data-seq'));
      await drawn(page, 'gate', first + 5);
      // the overlays in between carry no picture, and half a number
      assert.ok(Number.isInteger(Number(await canvas.getAttribute('data-seq'))));
      assert.equal(await page.getByTestId('camera-state-gate').textContent(), 'Live');
      await page
        .getByTestId('camera-tile-gate')
        .getByText(/^\d+ ms$/)
        .waitFor(WAIT);
    }));

  it('shows where it fails and what to run', () =>
    open(async (page) => {
      const dock = page.getByTestId('camera-tile-dock');
      await dock.getByText('npx sightline model pull yolox-s', { exact: true }).waitFor(WAIT);
      const lobby = page.getByTestId('camera-tile-lobby');
      await lobby.getByText(/No answer from 192\.0\.2\.14/).waitFor(WAIT);
      await lobby.getByText(/Next try (in \d+ s|now)/).waitFor(WAIT);
    }));

  it('asks for no pictures of tiles that nobody sees', () =>
    open(
      async (page) => {
        await drawn(page, 'car-park'); // the first by name
        const tile = page.getByTestId('camera-tile-gate');
        assert.equal(await tile.locator('canvas').getAttribute('data-seq'), null);
        await tile.scrollIntoViewIfNeeded();
        await drawn(page, 'gate');
        await until(async () => !(await rooms(hub)).includes('car-park'));
      },
      { width: 390, height: 500 },
    ));

  it('adds a camera in the form, changes it and removes it', () =>
    open(async (page) => {
      await page.getByTestId('add-camera').click();
      const form = page.getByTestId('camera-form');
      await page.getByTestId('camera-form-submit').click();
      await form.getByText('Give the camera an id').waitFor(WAIT);
      await form.getByLabel('Name').fill('Side door');
      assert.equal(await form.getByLabel('Id', { exact: true }).inputValue(), 'side-door');
      await form.getByLabel('Address').fill('rtsp://192.0.2.77/a b');
      await page.getByTestId('camera-form-submit').click();
      await form.getByText('must be a URL without spaces').waitFor(WAIT); // the hub's word, at the field
      assert.equal(await form.getByLabel('Address').getAttribute('aria-invalid'), 'true');
      await form.getByLabel('Address').fill('rtsp://192.0.2.77/door');
      await page.getByTestId('camera-form-submit').click();
      await drawn(page, 'side-door');

      await page.getByRole('button', { name: 'Actions for Side door' }).click();
      await page.getByRole('menuitem', { name: 'Switch off' }).click();
      await page.getByTestId('camera-state-side-door').getByText('Stopped').waitFor(WAIT);
      await page.getByRole('button', { name: 'Actions for Side door' }).click();
      await page.getByRole('menuitem', { name: 'Edit…' }).click();
      await form.getByLabel('Name').fill('Back door');
      await page.getByTestId('camera-form-submit').click();
      await page.getByRole('heading', { name: 'Back door' }).waitFor(WAIT);

      await page.getByRole('button', { name: 'Actions for Back door' }).click();
      await page.getByRole('menuitem', { name: 'Remove…' }).click();
      await page.keyboard.press('Escape');
      const menu = page.getByRole('button', { name: 'Actions for Back door' });
      await until(() => menu.evaluate((button) => button === button.ownerDocument.activeElement));
      await menu.click();
      await page.getByRole('menuitem', { name: 'Remove…' }).click();
      await page.getByTestId('remove-confirm').click();
      await page.getByTestId('camera-tile-side-door').waitFor({ state: 'detached', ...WAIT });
    }));

  it('takes classes, thresholds and the motion gate in the folded part of the form', () =>
    open(async (page) => {
      await page.getByTestId('add-camera').click();
      const form = page.getByTestId('camera-form');
      await form.getByLabel('Name').fill('Ramp');
      await form.getByLabel('Address').fill('rtsp://192.0.2.77/ramp');
      assert.deepEqual(await form.getByLabel('Model').locator('option').allTextContents(), [
        'Default (yolox-nano)',
        'yolox-nano 0.1.1',
        'deimv2-femto 0.1.1',
        'yolox-s 0.1.1 (missing)', // and no model that detects nothing
      ]);
      await page.getByTestId('more-analysis').click();
      const classes = form.getByLabel('Classes');
      await classes.fill('person');
      await classes.press('Enter'); // adds the label and does not send the form
      await classes.fill('persn, cat');
      await page.getByTestId('more-analysis').click(); // leaving the field takes up what stands there
      await page.getByTestId('camera-form-submit').click();
      // folded again, but what is wrong is unfolded
      await form.getByText('yolox-nano has no label "persn".').waitFor(WAIT);
      await form.getByRole('button', { name: 'Remove persn' }).click();
      assert.deepEqual(await form.getByTestId('class-chip').allTextContents(), ['person', 'cat']);
      await form.getByRole('button', { name: 'Add a threshold' }).click();
      await page.keyboard.type('cat'); // the new row has the focus
      await form.getByLabel('Confidence for cat').fill('0.95');
      await form.getByLabel('Rest while the picture stands still').uncheck();
      await page.getByTestId('camera-form-submit').click();
      await form.getByText('no cat is as certain as that').waitFor(WAIT); // the hub's word, at the row
      await form.getByLabel('Confidence for cat').fill('0.9');
      await page.getByTestId('camera-form-submit').click();
      await drawn(page, 'ramp');

      await page.getByRole('link', { name: 'Ramp', exact: true }).click();
      const row = (name: string) =>
        page.locator('dl div', { has: page.getByText(name, { exact: true }) }).locator('dd');
      assert.equal(await row('Classes').textContent(WAIT), 'person, cat');
      assert.equal(await row('Confidence from').textContent(), '0.3; cat 0.9');
      assert.equal(await row('Motion gate').textContent(), 'off');
      await page.getByRole('button', { name: 'Actions for Ramp' }).click();
      await page.getByRole('menuitem', { name: 'Edit…' }).click();
      await page.getByTestId('more-analysis').click();
      await form.getByRole('button', { name: 'Remove the threshold for cat' }).click();
      await form.getByLabel('Tracker').selectOption('sort');
      await page.getByTestId('camera-form-submit').click();
      await page.getByText('Ramp saved').waitFor(WAIT);
      assert.equal(await row('Confidence from').textContent(), '0.3');
      assert.match((await row('Tracker').textContent()) ?? '', /^SORT/);
    }));

  it('says that a still picture is no fault, which model comes next, and what does not fit', () =>
    open(async (page) => {
      const tile = (id: string) => page.getByTestId(`camera-tile-${id}`);
      await drawn(page, 'corridor');
      await tile('corridor').getByText('Still: analysed every 2 s').waitFor(WAIT);
      await tile('stairs').getByText('Switching to deimv2-femto…').waitFor(WAIT);
      await tile('demo').getByText('has no label "forklift"').waitFor(WAIT);
      await drawn(page, 'demo'); // its picture stays
      assert.equal(await tile('corridor').getByText('No picture').count(), 0);
    }));

  it('opens one camera large, and leaves cameras of the configuration file alone', () =>
    open(async (page) => {
      await page.getByTestId('camera-tile-demo').getByRole('link', { name: 'Demo scene' }).click();
      await page.getByRole('heading', { name: 'Details' }).waitFor(WAIT);
      assert.equal(new URL(page.url()).hash, '#/cameras/demo');
      await drawn(page, 'demo');
      await page.getByRole('button', { name: 'Actions for Demo scene' }).click();
      const remove = page.getByRole('menuitem', { name: 'Remove…' });
      assert.equal(await remove.getAttribute('aria-disabled'), 'true');
    }));

  for (const viewport of [
    { width: 1440, height: 900 },
    { width: 390, height: 844 },
  ]) {
    it(`shows what is counted and what is true beside a demo camera, ${viewport.width} pixels wide`, () =>
      open(async (page) => {
        const tile = page.getByTestId('camera-tile-demo-junction');
        await tile.scrollIntoViewIfNeeded();
        const heightBefore = (await tile.boundingBox())?.height;
        const truth = tile.getByTestId('truth');
        const person = truth.locator('[data-label=person] dd');
        await until(async () => /^\d+ \/ [45]$/.test((await person.textContent()) ?? ''));
        await until(async () => /^\d+\.\d$/.test((await truth.getByTestId('truth-off').textContent()) ?? ''));
        assert.equal(await truth.locator('[data-label]').count(), 5);
        assert.equal((await tile.boundingBox())?.height, heightBefore);
        assert.equal(await page.getByTestId('camera-tile-gate').getByTestId('truth').count(), 0);
        await tile.getByRole('link', { name: 'Junction, by day' }).click();
        await page.getByText('day, 1500 frames at 25 fps, then again').waitFor(WAIT);
        await until(async () => /^\d+ \/ [45]$/.test((await person.textContent()) ?? ''));
        const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
        assert.equal(overflow, 0);
      }, viewport));
  }

  it('adds a demo camera by its scene', () =>
    open(async (page) => {
      await page.getByTestId('add-camera').click();
      const form = page.getByTestId('camera-form');
      await form.getByLabel('Name').fill('Night');
      await form.getByText('Demo', { exact: true }).click();
      await form.getByLabel('Scene').selectOption('avenue');
      await page.getByTestId('camera-form-submit').click();
      await drawn(page, 'night');
      await page.getByTestId('camera-tile-night').getByTestId('truth').waitFor(WAIT);
    }));

  it('answers SQL, says when there is nothing, and shows an error', () =>
    open(async (page) => {
      await page.getByRole('link', { name: 'Query' }).click();
      await page.getByTestId('query-input').press('Control+Enter');
      await page.getByTestId('query-summary').getByText('14 rows in').waitFor(WAIT);
      assert.equal(await page.getByTestId('query-result').locator('tbody tr').count(), 14);
      await page.getByTestId('query-input').fill('select 1 where 1 = 0');
      await page.getByTestId('query-run').click();
      await page.getByText('No rows match this query').waitFor(WAIT);
      await page.getByTestId('query-input').fill('drop table detections');
      await page.getByTestId('query-run').click();
      await page.getByTestId('query-error').getByText('QUERY_REJECTED').waitFor(WAIT);
    }));

  it('says that the hub is gone and comes back by itself', () =>
    open(async (page) => {
      await drawn(page, 'gate');
      await hub.stop();
      await page.getByTestId('connection-banner').waitFor(WAIT);
      const canvas = page.getByTestId('camera-tile-gate').locator('canvas');
      assert.equal(await page.getByTestId('camera-state-gate').textContent(), 'Unknown');
      const last = await canvas.getAttribute('data-seq');
      hub = await startHub(dist, hub.port);
      await page.getByTestId('connection-banner').waitFor({ state: 'detached', ...WAIT });
      await until(async () => (await canvas.getAttribute('data-seq')) !== last); // its room was joined again
    }));
});

interface Hub {
  readonly url: string;
  readonly port: string;
  stop(): Promise<void>;
}

async function startHub(dist: string, port = '0'): Promise<Hub> {
  const child: ChildProcess = spawn(
    process.execPath,
    [join(WEB, 'dev/fake-hub.mjs'), '--port', port, '--dist', dist],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [line] = await once(child.stdout!, 'data');
  const url = /http:\/\/[\d.:]+/.exec(String(line))![0];
  return {
    url,
    port: new URL(url).port,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/** The cameras whose pictures somebody is sent. */
async function rooms({ url }: Hub): Promise<string[]> {
  return (await (await fetch(`${url}/debug/rooms`)).json()) as string[];
}

/** Waits until a frame of the camera is on its canvas, one numbered `atLeast` or later. */
async function drawn(page: Page, cameraId: string, atLeast = 1): Promise<void> {
  const canvas = page.getByTestId(`camera-tile-${cameraId}`).locator('canvas');
  await until(async () => {
    const seq = await canvas.getAttribute('data-seq', WAIT);
    return Number(seq) >= atLeast && Number(await canvas.getAttribute('data-boxes')) > 0;
  });
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + WAIT.timeout;
  while (!(await isTrue())) {
    assert.ok(Date.now() < deadlineMs, `not within ${WAIT.timeout} ms: ${isTrue}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
