// SPDX-License-Identifier: MIT
// The dashboard as Lighthouse sees it, on a telephone with a slow network: without a fault where people need one not to
// be, and quick.
import assert from 'node:assert/strict';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { startBrowser, startDaemon } from './harness.mjs';

const CATEGORIES = ['performance', 'accessibility', 'best-practices'];
const LEAST_PERFORMANCE = 0.95;
const TRIES = 3; // what else the machine does only ever slows a page down
const IDLE = 0.6; // of all processors, so that a measurement means something
const QUIET_MS = 15000; // for which to wait

const { default: lighthouse } = await import(
  pathToFileURL(join(process.env.PACKAGES, 'node_modules', 'lighthouse', 'core', 'index.js'))
);
const daemon = await startDaemon();
const browser = await startBrowser();

after(async () => {
  await browser.stop();
  await daemon.stop();
});

const sum = (numbers) => numbers.reduce((all, one) => all + one, 0);

// What part of the processors' time nobody used, for half a second.
async function idleShare() {
  const times = () => cpus().map((one) => one.times);
  const before = times();
  await new Promise((resolve) => {
    setTimeout(resolve, 500);
  });
  const spent = times().map((now, i) => [
    now.idle - before[i].idle,
    sum(Object.values(now)) - sum(Object.values(before[i])),
  ]);
  return sum(spent.map(([idle]) => idle)) / sum(spent.map(([, all]) => all));
}

async function isQuiet() {
  for (const end = Date.now() + QUIET_MS; Date.now() < end;) if ((await idleShare()) >= IDLE) return true;
  return false;
}

async function run() {
  const { page, complaints, close } = await browser.open('about:blank', { others: [daemon.url, 'null'] });
  const { lhr } = await lighthouse(
    `${daemon.url}/`,
    { onlyCategories: CATEGORIES, logLevel: 'error' },
    undefined,
    page,
  );
  await close();
  assert.equal(lhr.runtimeError, undefined);
  assert.deepEqual(complaints, []);
  return lhr;
}

const scoreOf = (lhr, name) => lhr.categories[name].score;
const faultsOf = (lhr, name) =>
  lhr.categories[name].auditRefs
    .filter(({ id, weight }) => weight && lhr.audits[id].score < 1)
    .map(({ id }) => `${id}: ${lhr.audits[id].displayValue ?? lhr.audits[id].title}`);

test('Lighthouse finds no fault, and the page is quick', async (context) => {
  const quiet = await isQuiet();
  const runs = [await run()];
  for (const name of ['accessibility', 'best-practices']) {
    await context.test(name, () => {
      assert.deepEqual(faultsOf(runs[0], name), []);
      assert.equal(scoreOf(runs[0], name), 1);
    });
  }
  await context.test('performance', async (part) => {
    const best = () => Math.max(...runs.map((lhr) => scoreOf(lhr, 'performance')));
    // Quiet before and after: other work may have begun while it measured.
    let calm = quiet;
    while (best() < LEAST_PERFORMANCE && runs.length < TRIES && (calm &&= await isQuiet())) runs.push(await run());
    if (best() < LEAST_PERFORMANCE && !(calm &&= await isQuiet())) {
      part.skip(
        `the machine has other work: less than ${IDLE * 100}% of its processors were idle within ${QUIET_MS / 1000} s`,
      );
      return;
    }
    part.diagnostic(`performance ${runs.map((lhr) => scoreOf(lhr, 'performance')).join(', ')}`);
    assert.ok(best() >= LEAST_PERFORMANCE, faultsOf(runs.at(-1), 'performance').join('\n'));
  });
});
