// SPDX-License-Identifier: MIT
// The dashboard in every state, width, language and theme, as pictures in the build folder for people to look at; and
// what a machine can see of their looks: nothing is cut off, no words lie on others.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startBrowser, startDaemon, until } from './harness.mjs';

const OUTPUT = process.env.OUTPUT ?? 'screenshots';
const HEIGHTS = { 360: 740, 1024: 768, 1920: 1080 };
const WIDTHS = Object.keys(HEIGHTS).map(Number);
const PAPER = 718; // dots of A4 between its margins

const daemons = {
  sme: await startDaemon(),
  series: await startDaemon('--dataset', 'builtin:sme-series'),
};
const browser = await startBrowser();
await mkdir(OUTPUT, { recursive: true });

after(async () => {
  await browser.stop();
  for (const daemon of Object.values(daemons)) await daemon.stop();
});

// In the page: what sticks out of the window or of its picture, and words that lie on others.
function blemishes() {
  const found = [];
  const { scrollWidth } = document.documentElement;
  if (scrollWidth > innerWidth) found.push(`${scrollWidth} dots in a window of ${innerWidth}`);
  for (const svg of document.querySelectorAll('#panels svg')) {
    const name = svg.closest('.panel').id;
    const frame = svg.closest('.body').getBoundingClientRect();
    const texts = [...svg.querySelectorAll('text')].map((text) => ({
      text: text.textContent,
      box: text.getBoundingClientRect(),
    }));
    for (const { text, box } of texts) {
      if (box.left < frame.left - 10 || box.right > frame.right + 10) found.push(`${name}: "${text}" is cut off`);
    }
    texts.forEach((one, i) => {
      for (const other of texts.slice(i + 1)) {
        const [across, down] = [
          Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left),
          Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top),
        ];
        // Boxes of lines reach beyond their letters.
        if (across > 2 && down > 7) found.push(`${name}: "${one.text}" lies on "${other.text}"`);
      }
    });
  }
  return found;
}

// At each width in turn, as a window that is made smaller: the page has to follow.
async function look(page, name, widths) {
  for (const width of widths) {
    await page.setViewport({ width, height: HEIGHTS[width] });
    let found;
    await until(
      async () => {
        found = await page.evaluate(blemishes);
        return found.length === 0;
      },
      () => `${name} at ${width}: ${found.join('; ')}`,
    );
    await page.screenshot({ path: join(OUTPUT, `${name}-${width}.png`), fullPage: true });
  }
}

async function withPage({ daemon, at = '', width = 1920, scheme = 'light', expected = [] }, use) {
  const { page, complaints, close } = await browser.open(`${daemon.url}/#${at}`, {
    width,
    height: HEIGHTS[width],
    scheme,
  });
  await until(() => page.$('#panels:not([aria-busy]) .panel, .alert'), 'the panels');
  await use(page);
  assert.deepEqual(
    complaints.filter((one) => !expected.some((pattern) => pattern.test(one))),
    [],
  );
  await close();
}

for (const lang of ['en', 'zh']) {
  for (const scheme of ['light', 'dark']) {
    for (const [name, widths] of [
      ['sme', WIDTHS],
      ['series', [1920, 360]],
    ]) {
      test(`${name}, ${lang}, ${scheme}`, () =>
        withPage({ daemon: daemons[name], at: `lang=${lang}`, scheme }, (page) =>
          look(page, `${name}-${lang}-${scheme}`, [...widths].reverse()),
        ));
    }
  }
}

// Each with what is done before the picture is taken.
const STATES = [
  [
    'table',
    'table=contribution,figures,targets,focus-areas',
    (page) => page.$eval('#panels', (one) => one.scrollIntoView()),
  ],
  [
    'filtered',
    'category=cultivation,capital-market&year=2022',
    (page) => page.click('[data-parameter="indicator"] summary'),
  ],
  ['notes', '', (page) => page.click('#panel-contribution .over .mark')],
  ['data', 'category=contribution', (page) => page.click('#panel-contribution > footer summary')],
  ['empty', 'category=contribution&year=2022', () => {}],
  ['wrong', 'category=cultivaton', () => {}],
];
for (const [name, at, prepare] of STATES) {
  for (const width of [1024, 360]) {
    test(`state: ${name}, ${width}`, () =>
      withPage({ daemon: daemons.sme, at, width, expected: [/status of 400/] }, async (page) => {
        await prepare(page);
        await until(async () => (await page.evaluate(blemishes)).length === 0, name);
        await page.screenshot({ path: join(OUTPUT, `${name}-${width}.png`) });
      }));
  }
}

test('on paper', () =>
  withPage({ daemon: daemons.sme }, async (page) => {
    await page.setViewport({ width: PAPER, height: 1000 });
    await until(async () => (await page.evaluate(blemishes)).length === 0, 'the page');
    await page.emulateMediaType('print');
    await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
    await page.screenshot({ path: join(OUTPUT, 'paper.png'), fullPage: true });
    const hidden = await page.$$eval(
      '#filters form, .as-table, .mark, #addresses',
      (found) => found.filter((one) => one.checkVisibility()).length,
    );
    assert.equal(hidden, 0);
    const notes = await page.$$eval('.panel', (panels) =>
      panels.map((panel) => ({
        one_click_away: [...panel.querySelectorAll('.notes-box li')].map((note) => note.textContent),
        on_paper: [...panel.querySelectorAll('.on-paper li')].filter((one) => one.checkVisibility()).map((one) => one.innerText),
      })),
    );
    assert.ok(notes.some((panel) => panel.one_click_away.length));
    for (const { one_click_away, on_paper } of notes) {
      assert.equal(on_paper.length, new Set(one_click_away).size);
      for (const note of one_click_away) assert.ok(on_paper.some((printed) => printed.endsWith(note)), note);
    }
    await page.evaluate(() => dispatchEvent(new Event('afterprint')));
    assert.equal(await page.$('.on-paper'), null);
    await page.pdf({ path: join(OUTPUT, 'paper.pdf'), format: 'A4', printBackground: true });
  }));
