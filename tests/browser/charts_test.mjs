// SPDX-License-Identifier: MIT
// The charts of README.md, as it has them: drawn from a page of another origin, and true to the numbers.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startBrowser, startDaemon, startServer, until } from './harness.mjs';

const README = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
const SECTION = README.split('\n## Charts\n')[1].split('\n## ')[0];
// Each chart: its library, the lines, and what they draw.
const CHARTS = [...SECTION.matchAll(/^\[(.+?)\]\(.*?```js\n(.*?)```\n\n```text\n(.*?)```$/gms)]
  .map(([, name, lines, drawing]) => ({ name, lines, drawing }));
const ADDRESS = 'http://localhost:8080';

// What each library needs in a page, what its bars are, and from where to where a bar goes for a row.
const LIBRARIES = {
  'Vega-Lite': {
    scripts: ['vega/build/vega.min.js', 'vega-lite/build/vega-lite.min.js', 'vega-embed/build/vega-embed.min.js'],
    bars: '.mark-rect.role-mark path',
    ends: ({ lower, upper }) => [[0, lower], [lower, upper]],
  },
  'Observable Plot': {
    scripts: ['d3/dist/d3.min.js', '@observablehq/plot/dist/plot.umd.min.js'],
    bars: '[aria-label="rule"] line',
    ends: ({ lower, upper }) => [[lower, upper]],
  },
  ECharts: {
    scripts: ['echarts/dist/echarts.min.js'],
    bars: 'path[fill="#5070dd"]',
    ends: ({ lower }) => [[0, lower]],
    language: 'zh',
  },
  'Chart.js': {
    scripts: ['chart.js/dist/chart.umd.min.js'],
    element: 'canvas',
    ends: ({ lower }) => [[0, lower]],
  },
};

const daemon = await startDaemon();
const browser = await startBrowser();

after(async () => {
  await browser.stop();
  await daemon.stop();
});

// A server of a page with the chart, which asks the daemon at `address`.
async function startPage({ name, lines }, address) {
  const { scripts, element = 'div' } = LIBRARIES[name];
  const files = Object.fromEntries(await Promise.all(scripts.map(async (path) =>
    [`/${path}`, ['text/javascript', await readFile(join(process.env.PACKAGES, 'node_modules', path))]])));
  const loading = scripts.map((path) => `<script src="/${path}"></script>`).join('\n');
  const page = `<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>${name}</title>
<link rel="icon" href="data:,">
${loading}
<div style="width: 800px; height: 300px"><${element} id="chart" style="width: 800px; height: 300px"></${element}></div>
<script type="module">
${lines.replaceAll(ADDRESS, address)}
</script>
`;
  return startServer({ ...files, '/': ['text/html', page] });
}

// What an SVG shows: for each bar its ends and height in pixels, for each text its place. In the page.
function readDrawing(selector) {
  const placeOf = (element) => {
    const [{ x, y, width, height }, { a, d, e, f }] = [element.getBBox(), element.getScreenCTM()];
    return { left: x * a + e, right: (x + width) * a + e, middle: (y + height / 2) * d + f };
  };
  return {
    bars: [...document.querySelectorAll(`#chart ${selector}`)].map((bar) => {
      const { opacity, strokeLinecap } = getComputedStyle(bar);
      return { ...placeOf(bar), open: opacity < 1, round: strokeLinecap === 'round' };
    }),
    texts: [...document.querySelectorAll('#chart text')].map((text) => ({ ...placeOf(text), text: text.textContent })),
  };
}

// The same of a canvas, which has no elements: as Chart.js says, where the pixels agree.
function readCanvas() {
  const chart = globalThis.Chart?.getChart('chart');
  if (!chart) return { bars: [], texts: [] };
  const { scales: { x, y }, canvas, tooltip } = chart;
  const [left, top] = [canvas.getBoundingClientRect().left, canvas.getBoundingClientRect().top];
  const pixels = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
  pixels.drawImage(canvas, 0, 0);
  const painted = (at, row) => {
    const [red, , blue] = pixels.getImageData(at * devicePixelRatio, row * devicePixelRatio, 1, 1).data;
    return blue > red + 50; // and not grey, as the grid is
  };
  const found = chart.getDatasetMeta(0).data.map((bar, index) => {
    chart.tooltip.setActiveElements([{ datasetIndex: 0, index }], { x: 0, y: 0 });
    const words = tooltip.body.flatMap(({ lines }) => lines).join();
    chart.tooltip.setActiveElements([], { x: 0, y: 0 });
    const { base, x: end } = bar.getProps(['base', 'x']);
    const seen = painted((base + end) / 2, bar.y) && !painted(end + 4, bar.y);
    const place = { left: base + left, right: end + left, middle: bar.y + top };
    return { seen, bar: place, words, name: y.getLabels()[index] };
  }).filter(({ seen }) => seen);
  const ticks = x.ticks.map(({ value }) => ({ text: `${value}`, at: x.getPixelForValue(value) + left }));
  return {
    bars: found.map(({ bar }) => bar),
    texts: [
      ...found.flatMap(({ bar, name, words }) => [
        { left, right: bar.left, middle: bar.middle, text: name },
        { left: bar.right, right: bar.right, middle: bar.middle, text: words },
      ]),
      ...ticks.map(({ text, at }) => ({ left: at, right: at, middle: top + canvas.offsetHeight, text })),
    ],
  };
}

// What a reader takes from the picture: in each row a name, words, and bars, measured with the axis below.
function understand({ bars, texts }) {
  const lowest = Math.max(...bars.map(({ middle }) => middle));
  const ticks = texts.filter(({ text, middle }) => middle > lowest + 10 && /^\d+$/.test(text))
    .map(({ text, left, right }) => ({ value: Number(text), at: (left + right) / 2 }))
    .sort((one, other) => one.value - other.value).slice(1, -1); // at the ends a number may be moved to fit
  const [first, last] = [ticks[0], ticks.at(-1)];
  const scale = (last?.value - first?.value) / (last?.at - first?.at);
  const measure = (at) => Math.round(first.value + (at - first.at) * scale) + 0; // not the -0 that may come of it
  const rows = [...new Set(bars.map(({ middle }) => Math.round(middle)))].sort((one, other) => one - other);
  return ticks.length < 2 ? [] : rows.map((row) => {
    const here = ({ middle }) => Math.abs(middle - row) < 6;
    const [name, ...words] = texts.filter(here).sort((one, other) => one.left - other.left).map(({ text }) => text);
    const ends = bars.filter(here).sort((one, other) => one.left - other.left || one.open - other.open)
      .map(({ left, right, open, round }) => ({ from: measure(left), to: measure(right), open, round }));
    return { name, words: words.join(), ends };
  });
}

// Chinese characters are two columns wide.
const widthOf = (text) => [...text].reduce((sum, one) => sum + (one > '\u2e80' ? 2 : 1), 0);
const pad = (text, width) => text + ' '.repeat(width - widthOf(text));

// The picture in characters: open bars are light, a bar without length shows if it has round ends.
function draw(rows) {
  const width = Math.max(...rows.map(({ name }) => widthOf(name)));
  return rows.map(({ name, words, ends }) => {
    const line = Array(51).fill(' ');
    for (const { from, to, open, round } of ends) {
      line.fill(open ? '░' : '█', from / 2, Math.max(to / 2, round ? from / 2 + 1 : 0));
    }
    return `${pad(name, width)} ${line.join('')} ${words}\n`;
  }).join('');
}

async function expected({ name }) {
  const { ends, language = 'en' } = LIBRARIES[name];
  const { data } = await (await fetch(`${daemon.url}/v1/observations?category=contribution&lang=${language}`)).json();
  return data.map((row) => ({ name: row.name, words: row.display, ends: ends(row) }));
}

test('README.md has a chart of each library', () => {
  assert.deepEqual(CHARTS.map(({ name }) => name), Object.keys(LIBRARIES));
  assert.equal(SECTION.split('```js').length - 1, CHARTS.length);
});

// Lets `use` use a page with the chart, and ends all that it took.
async function onPage(chart, { url }, use) {
  const server = await startPage(chart, url);
  const opened = await browser.open(server.url, { others: [url] });
  const { bars } = LIBRARIES[chart.name];
  try {
    await use({ ...opened, read: () => opened.page.evaluate(bars ? readDrawing : readCanvas, bars) });
  } finally {
    await opened.close();
    await server.stop();
  }
}

for (const chart of CHARTS) {
  const { name, lines, drawing } = chart;
  test(`${name} draws it from another origin in five lines`, async () => {
    assert.ok(lines.trimEnd().split('\n').length <= 5);
    assert.ok(lines.includes(ADDRESS));
    const wanted = await expected(chart);
    await onPage(chart, daemon, async ({ page, complaints, read }) => {
      let rows = [];
      const plain = () => rows.map(({ ends, ...row }) => ({ ...row, ends: ends.map(({ from, to }) => [from, to]) }));
      // Some bars grow, so the picture is looked at until it is right.
      const failure = await until(async () => {
        rows = understand(await read());
        return JSON.stringify(plain()) === JSON.stringify(wanted);
      }).then(() => null, (error) => error);
      if (process.env.SCREENSHOTS) await page.screenshot({ path: join(process.env.SCREENSHOTS, `${name}.png`) });
      assert.deepEqual(complaints, []);
      assert.deepEqual(plain(), wanted, failure?.message);
      assert.equal(draw(rows), drawing);
    });
  });
}

test('a daemon that no other origin may read leaves every page empty', async () => {
  const closed = await startDaemon('--cors-origin', 'none');
  try {
    for (const chart of CHARTS) {
      await onPage(chart, closed, async ({ complaints, read }) => {
        await until(() => complaints.some((words) => words.includes('blocked by CORS policy')), 'the complaint');
        assert.deepEqual((await read()).bars, [], chart.name);
      });
    }
  } finally {
    await closed.stop();
  }
});
