import sparticuz from '@sparticuz/chromium';
import { type Browser, chromium } from 'playwright-core';

/**
 * A headless Chromium out of the npm package, or why none starts here (for a test's `skip`). Where CI runs
 * that is a failure: a browser test that nobody sees skipped would prove nothing.
 */
export async function startBrowser(): Promise<{ browser?: Browser; reason: string | false }> {
  try {
    const browser = await chromium.launch({
      executablePath: await sparticuz.executablePath(),
      // one process for everything is meant for function hosts: there a closed page takes the browser along
      args: sparticuz.args.filter((arg) => !['--single-process', '--no-zygote'].includes(arg)),
      timeout: 30_000,
    });
    return { browser, reason: false };
  } catch (error) {
    if (process.env.CI) throw error;
    return { reason: `no browser starts here: ${String(error).split('\n')[0]}` };
  }
}
