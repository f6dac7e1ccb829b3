// SPDX-License-Identifier: MIT
// The dashboard: it shows what the API answers and nothing else, keeps its state in the address, can be used with the
// keyboard alone and by people who don't see it, and says what went wrong.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request as ask } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startBrowser, startDaemon, startServer, tabTo, until } from './harness.mjs';

const AXE = await readFile(
  createRequire(join(process.env.PACKAGES, 'package.json')).resolve('axe-core/axe.min.js'),
  'utf8',
);
const DIMENSIONS = fileURLToPath(new URL('../data/valid/dimensions.json', import.meta.url));
const daemons = {
  sme: await startDaemon(),
  series: await startDaemon('--dataset', 'builtin:sme-series'),
  dimensions: await startDaemon('--dataset', DIMENSIONS),
};
const browser = await startBrowser();
const servers = []; // those that tests start

after(async () => {
  await browser.stop();
  for (const server of servers) await server.stop();
  for (const daemon of Object.values(daemons)) await daemon.stop();
});

const answerOf = async (daemon, path, lang = 'en') =>
  (await fetch(`${daemon.url}${path}`, { headers: { 'Accept-Language': lang } })).json();

// Waits until the page shows a number of figures; then everything else is drawn, too.
const shows = (page, text) =>
  until(() => page.$$eval('.summary', (found, wanted) => found[0]?.textContent.startsWith(wanted), text), text);

// Opens the page, waits until it is drawn, lets `use` use it, and then nothing may have gone wrong.
async function onPage(use, { daemon = daemons.sme, base = daemon.url, at = '', expected = [], ...options } = {}) {
  const opened = await browser.open(`${base}/${at}`, options);
  try {
    await until(() => opened.page.$('#panels:not([aria-busy]), .alert'), 'the panels');
    await use(opened.page, opened.complaints);
    assert.deepEqual(
      opened.complaints.filter((one) => !expected.some((pattern) => pattern.test(one))),
      [],
    );
  } finally {
    await opened.close();
  }
}

const textOf = (page, selector) => page.$eval(selector, (element) => element.textContent);
const textsOf = (page, selector) => page.$$eval(selector, (found) => found.map((one) => one.textContent));
const namesOf = (page, selector) =>
  page.$$eval(selector, (found) => found.map((one) => one.getAttribute('aria-label')));
// Presses what is there, or will be once the page is drawn.
const press = async (page, key) => {
  const selector = `[data-key="${key}"]`;
  await until(() => page.$(selector), key);
  await page.$eval(selector, (element) => {
    element.focus();
    element.click();
  });
};

// A proxy before a daemon: `change(request, pass)` may answer in its place.
async function startProxy(daemon, change, prefix = '') {
  const server = await startServer((request, response) => {
    const pass = () => {
      const target = new URL(request.url.slice(prefix.length), daemon.url);
      request.pipe(
        ask(target, { method: request.method, headers: { ...request.headers, host: target.host } }, (answer) => {
          response.writeHead(answer.statusCode, answer.rawHeaders);
          answer.pipe(response);
        }),
      );
    };
    if (change(request, response, pass) === undefined) pass();
  });
  servers.push(server);
  return server;
}

// ---- What it shows --------------------------------------------------------------------------------------------------

for (const lang of ['en', 'zh']) {
  test(`every figure is shown as the API displays it (${lang})`, async () => {
    const { data } = await answerOf(daemons.sme, '/v1/observations', lang);
    const { data: targets } = await answerOf(daemons.sme, '/v1/targets', lang);
    const { data: areas } = await answerOf(daemons.sme, '/v1/focus-areas', lang);
    await onPage(
      async (page) => {
        const shown = [...(await namesOf(page, 'svg')), ...(await textsOf(page, '.large .unseen'))].join('\n');
        for (const row of data) assert.ok(shown.includes(row.display), row.id);
        const shares = await page.$eval('#panel-contribution svg', (svg) => svg.getAttribute('aria-label'));
        for (const row of data.filter(({ category }) => category === 'contribution')) {
          assert.ok(shares.includes(`${row.name}: ${row.display}`), row.id);
        }
        const goals = await textOf(page, '#panel-targets');
        for (const { name, reason, distance } of targets) {
          for (const text of [name, reason, distance.display]) assert.ok(text === null || goals.includes(text), text);
        }
        const focus = await textOf(page, '#panel-focus-areas');
        for (const area of areas) {
          for (const text of [
            area.title,
            ...area.measures.map(({ text: words }) => words),
            ...area.instruments.map(({ name }) => name),
          ]) {
            assert.ok(focus.includes(text), text);
          }
        }
        const everything = await textOf(page, '#panels');
        for (const row of data) for (const note of row.notes) assert.ok(everything.includes(note), note);
        assert.equal(await page.$eval('html', (html) => html.lang), lang);
      },
      { at: lang === 'en' ? '' : '#lang=zh' },
    );
  });
}

test('an open end is an arrow, and no bar ends at a bound', async () => {
  await onPage(async (page) => {
    const found = await page.$$eval('#panel-contribution svg g', (groups) =>
      groups
        .map((group) => ({
          tip: Boolean(group.querySelector('path.sure')),
          edge: Boolean(group.querySelector('rect.edge')),
          reach: Number(group.querySelector('rect.possible')?.getAttribute('width') ?? 0),
        }))
        .filter(({ tip, edge }) => tip || edge),
    );
    assert.deepEqual(
      found.map(({ tip }) => tip),
      [false, true, true, true, true],
    ); // 50% is exact
    assert.deepEqual(
      found.map(({ edge }) => edge),
      [true, false, false, false, false],
    );
    assert.ok(found.slice(1).every(({ reach }) => reach > 10));
  });
});

test('a series is a line with its bounds, and its targets stand beside it', async () => {
  const { data } = await answerOf(daemons.series, '/v1/observations');
  await onPage(
    async (page) => {
      const lines = (await namesOf(page, '.series svg')).join('\n');
      const several = data.filter(
        (row) => data.filter((one) => one.indicator === row.indicator && one.kind === 'actual').length > 1,
      );
      assert.ok(several.length > 30);
      for (const row of several) assert.ok(lines.includes(`${row.period}, ${row.kind}: ${row.display}`), row.id);
      assert.ok(
        (await page.$('.series svg .arrow')) &&
          (await page.$('.series svg .band')) &&
          (await page.$('.series svg .dot.target')),
      );
    },
    { daemon: daemons.series },
  );
});

test('a dataset with dimensions has a page of its own', async () => {
  const { data } = await answerOf(daemons.dimensions, '/v1/observations');
  await onPage(
    async (page) => {
      const shown = [...(await namesOf(page, 'svg')), ...(await textsOf(page, '.large .unseen'))].join('\n');
      for (const row of data) assert.ok(shown.includes(row.display), row.id);
      assert.ok((await textsOf(page, '.facet > summary')).includes('Region'));
      assert.ok((await textsOf(page, '.tile h3')).some((text) => text.includes('North')));
      await press(page, 'facet/region/north');
      await shows(page, '2 of 8');
      assert.match(page.url(), /#region=north$/);
    },
    { daemon: daemons.dimensions },
  );
});

// A table of all countries over the years has more rows than a page can draw. The one that others published lies beside
// the project, or nowhere; the one that is made here has its shape, and a gap.
const GDP = JSON.parse(await readFile(new URL('../data/files/world-bank-gdp.json', import.meta.url), 'utf8'));
const PUBLISHED = fileURLToPath(new URL(`../data/files/${GDP.observation_files[0].file}`, import.meta.url));

async function makeCountries() {
  const folder = await mkdtemp(join(tmpdir(), 'smestat-countries-'));
  const rows = ['Country Name,Country Code,Year,Value'];
  for (let country = 0; country < 262; country += 1) {
    for (let year = country % 7 ? 1960 : 1990; year <= 2023; year += 1) {
      if (country === 1 && year > 1980 && year < 1990) continue;
      const value = ((country + 1) ** 3 * 1e5 * (year - 1950) + year / 8).toFixed(3);
      rows.push(`"Land ${country}, made up",L${country},${year},${value}`);
    }
  }
  const file = join(folder, 'gdp.csv');
  await writeFile(file, rows.join('\r\n'));
  const document = structuredClone(GDP);
  document.observation_files[0].file = 'gdp.csv';
  const path = join(folder, 'gdp.json');
  await writeFile(path, JSON.stringify(document));
  return { path, folder };
}

for (const [name, one, several] of [
  ['made', 'l1', ['l1', 'l2', 'l261']],
  ['published', 'chn', ['chn', 'usa', 'ind']],
]) {
  const skip = name === 'published' && !existsSync(PUBLISHED) && 'no ../shared/data beside the project';
  test(`a dataset with more rows than a page can draw: ${name}`, { skip }, async () => {
    const { path, folder } =
      name === 'made'
        ? await makeCountries()
        : { path: fileURLToPath(new URL('../data/files/world-bank-gdp.json', import.meta.url)) };
    daemons[name] = await startDaemon('--dataset', path);
    if (folder) await rm(folder, { recursive: true });
    const { data, meta } = await answerOf(
      daemons[name],
      '/v1/observations?kind=actual&latest=true&sort=-value&limit=15',
    );
    const all = new Intl.NumberFormat('en').format((await answerOf(daemons[name], '/v1')).data.counts.observations);
    await onPage(
      async (page) => {
        await shows(page, `All ${all} figures match. They are too many to draw`);
        const [drawn] = await namesOf(page, '#panel-gdp svg');
        for (const row of data) assert.ok(drawn.includes(row.display), row.id);
        assert.match(await textOf(page, '#panel-gdp .about-panel'), new RegExp(`15 of the newest ${meta.total}`));
        const { stdout } = await promisify(execFile)('sh', [
          '-c',
          (await textOf(page, '#panel-gdp pre code')).replace('curl', 'curl -sS'),
        ]);
        assert.deepEqual(JSON.parse(stdout).data, data);

        // One country is found in the list of all, and becomes a line.
        const { data: rows } = await answerOf(daemons[name], `/v1/observations?country=${one}`);
        const found = (await answerOf(daemons[name], '/v1/dimensions/country')).data.values.find(
          ({ code }) => code === one,
        );
        await page.$eval('[data-parameter="country"]', (facet) => {
          facet.open = true;
        });
        await page.type('[data-key="facet/country/narrow"]', found.name.toUpperCase());
        await until(
          async () =>
            (await textsOf(page, '[data-parameter="country"] label:not([hidden])')).every((text) =>
              text.includes(found.name),
            ),
          'the countries of that name',
        );
        await press(page, `facet/country/${one}`);
        await shows(page, `${rows.length} of ${all}`);
        const [line] = await namesOf(page, '.series svg');
        for (const row of rows) assert.ok(line.includes(`${row.period}, actual: ${row.display}`), row.id);
        assert.equal((await page.$$('.series .line')).length, name === 'made' ? 2 : 1); // a gap is no line
        assert.ok((await textsOf(page, '.series .axis text')).every((text) => !/^[-\u2212]/.test(text)));

        // Several that differ much have each a scale of their own.
        await page.evaluate((codes) => {
          window.location.hash = `#country=${codes}`;
        }, several.join());
        await until(async () => (await page.$$('.series svg')).length === several.length, 'the lines');
        assert.match(await textOf(page, '.key'), name === 'made' ? /scale of its own/ : /./);
      },
      { daemon: daemons[name] },
    );
    // A few long series are lines, too, though they have more points than an answer that nobody asks for more.
    const { values } = (await answerOf(daemons[name], '/v1/facets/country')).data;
    const codes = values
      .filter(({ observations }) => observations > 60)
      .slice(0, 20)
      .map(({ code }) => code);
    await onPage(
      async (page) => {
        const [curl] = await textsOf(page, '#panel-economy pre code');
        const { stdout } = await promisify(execFile)('sh', ['-c', curl.replace('curl', 'curl -sS')]);
        const answer = JSON.parse(stdout);
        assert.ok(answer.data.length > 1000, `${answer.data.length} rows`);
        assert.equal(answer.data.length, answer.meta.total);
        assert.equal((await page.$$('.series svg')).length, codes.length);
      },
      { daemon: daemons[name], at: `#country=${codes.join()}` },
    );
  });
}

// ---- What it does ---------------------------------------------------------------------------------------------------

test('filters go into the address, and back takes them out', async () => {
  await onPage(async (page) => {
    await shows(page, 'All 17');
    const { data } = await answerOf(daemons.sme, '/v1/facets');
    const counts = await page.$$eval('[data-parameter="category"] label', (labels) =>
      labels.map((label) => label.textContent),
    );
    assert.deepEqual(
      counts,
      data[0].values.map(({ name, observations }) => `${name}${observations}`),
    );
    await press(page, 'facet/category/cultivation');
    await shows(page, '4 of 17');
    await press(page, 'facet/kind/actual');
    await shows(page, '2 of 17');
    assert.match(page.url(), /#category=cultivation&kind=actual$/);
    assert.equal(await page.$('#panel-targets'), null);
    await page.goBack();
    await shows(page, '4 of 17');
    await page.goBack();
    await shows(page, 'All 17');
    await page.goForward();
    await shows(page, '4 of 17');
    await press(page, 'clear');
    await shows(page, 'All 17');
  });
});

test('an address opens the same page', async () => {
  await onPage(
    async (page) => {
      await shows(page, '显示17个数据中的1个');
      assert.equal(await page.$eval('#search', (box) => box.value), '小巨人');
      assert.deepEqual(await textsOf(page, '.chips button'), ['年份: 2022 ×', '全部清除']);
      assert.equal((await page.$$('#panels table')).length, 1);
      assert.match(await textOf(page, '#panels table'), /8997家/);
    },
    { at: `#year=2022&q=${encodeURIComponent('小巨人')}&table=figures&lang=zh` },
  );
});

test('the language changes without a reload', async () => {
  await onPage(async (page) => {
    await page.evaluate(() => {
      window.same = true;
    });
    await press(page, 'lang/zh');
    await until(async () => (await textOf(page, 'h1')).includes('中国'), 'Chinese');
    assert.equal(await page.evaluate(() => window.same && document.activeElement.dataset.key), 'lang/zh');
    assert.match(await page.title(), /中国/);
    assert.equal(await page.$eval('#addresses > :not([hidden])', (block) => block.lang), 'zh');
    await page.goBack();
    await until(async () => (await textOf(page, 'h1')).includes('China'), 'English');
  });
});

test('search narrows, and nothing found leads on', async () => {
  await onPage(async (page) => {
    await page.type('#search', 'giant');
    await shows(page, '1 of 17');
    assert.match(page.url(), /#q=giant$/);
    assert.equal(await page.$eval('#search', (box) => box === document.activeElement && box.value), 'giant');
    await page.type('#search', ' nowhere');
    await until(() => page.$('.empty'), 'the hints');
    await page.goto(`${daemons.sme.url}/#category=contribution&year=2022`);
    await shows(page, '0 of 17');
    await press(page, 'with-undated');
    await shows(page, '5 of 17');
    assert.match(page.url(), /year=2022,undated/);
  });
});

test('what is copied gives exactly what is drawn', async () => {
  await onPage(
    async (page) => {
      await shows(page, '12 of 17');
      await press(page, 'table/figures');
      await until(() => page.$('#panel-figures table'), 'the table');
      for (const panel of await page.$$eval('.panel', (found) => found.map(({ id }) => id.slice(6)))) {
        const [curl, script] = await textsOf(page, `#panel-${panel} pre code`);
        const { stdout } = await promisify(execFile)('sh', ['-c', `${curl.replace(/^curl /, 'curl -sS ')}`]);
        const { data } = JSON.parse(stdout);
        const run = await page.evaluate(`(async () => { ${script} return data; })()`);
        assert.deepEqual(run, data, panel);
        const text = await page.$eval(
          `#panel-${panel}`,
          (section) =>
            section.textContent +
            [...section.querySelectorAll('[aria-label]')].map((one) => one.getAttribute('aria-label')).join('\n'),
        );
        for (const row of data) assert.ok(text.includes(row.display ?? row.title), `${panel}: ${row.id}`);
        if (panel === 'figures') assert.equal((await page.$$(`#panel-${panel} tbody tr`)).length, data.length);
        const links = await page.$$eval(`#panel-${panel} a[download]`, (found) => found.map(({ href }) => href));
        assert.ok(links.length >= 3);
        for (const link of links) assert.equal((await fetch(link)).status, 200, link);
      }
    },
    { at: '#year=2022,2023' },
  );
});

test('notes open beside what they are about', async () => {
  const { data } = await answerOf(daemons.sme, '/v1/observations?indicator=sme-gdp-share');
  await onPage(async (page) => {
    const key = 'notes-sme-gdp-share.undated.actual';
    assert.equal(await page.$(`:popover-open`), null);
    await page.focus(`[data-key="${key}"]`);
    await page.keyboard.press('Enter');
    await until(() => page.$(':popover-open'), 'the notes');
    const { text, top, bottom, left, right, mark } = await page.$eval(':popover-open', (box) => ({
      text: box.textContent,
      ...box.getBoundingClientRect().toJSON(),
      mark: box.previousSibling.getBoundingClientRect().toJSON(),
    }));
    for (const note of data[0].notes) assert.ok(text.includes(note), note);
    assert.ok(Math.min(Math.abs(top - mark.bottom), Math.abs(bottom - mark.top)) < 12);
    assert.ok(left >= 0 && right <= 1024);
    await page.keyboard.press('Escape');
    assert.equal(await page.$(':popover-open'), null);
    assert.equal(await page.evaluate(() => document.activeElement.dataset.key), key);
  });
});

test('every panel is also a table', async () => {
  await onPage(async (page) => {
    for (const key of await page.$$eval('[data-key^="table/"]', (found) => found.map(({ dataset }) => dataset.key))) {
      await press(page, key);
      await until(() => page.$(`#panel-${key.slice(6)} table`), key);
    }
    const { data } = await answerOf(daemons.sme, '/v1/observations');
    const table = (await textsOf(page, '#panels table')).join('\n');
    for (const row of data) assert.ok(table.includes(row.display), row.id);
    assert.equal(await page.$('#panels svg'), null);
  });
});

test('pictures are saved as SVG and PNG', async () => {
  await onPage(async (page) => {
    await page.evaluate(() => {
      window.saved = [];
      const make = URL.createObjectURL;
      URL.createObjectURL = (blob) => {
        window.saved.push(blob);
        return make(blob);
      };
      HTMLAnchorElement.prototype.click = () => {};
    });
    for (const type of ['svg', 'png']) await press(page, `contribution/${type}`);
    await until(() => page.evaluate(() => window.saved.length === 2), 'two files');
    const [svg, png] = await page.evaluate(() =>
      Promise.all(window.saved.map(async (blob) => ({ type: blob.type, text: await blob.text(), size: blob.size }))),
    );
    assert.equal(svg.type, 'image/svg+xml');
    assert.match(svg.text, /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    assert.match(svg.text, />more than 60%</);
    assert.doesNotMatch(svg.text, /class=|var\(/);
    assert.ok(png.type === 'image/png' && png.size > 10000 && png.text.slice(1, 4) === 'PNG');
  });
});

test('behind a proxy with a prefix it is the same', async () => {
  const proxy = await startProxy(daemons.sme, () => undefined, '/data/sme');
  await onPage(
    async (page) => {
      await shows(page, 'All 17');
      assert.match(
        await textOf(page, '#panel-contribution pre code'),
        new RegExp(`${proxy.url}/data/sme/v1/observations`),
      );
    },
    { base: `${proxy.url}/data/sme` },
  );
});

// ---- When something fails -------------------------------------------------------------------------------------------

test('an error is told, and what was shown is kept', async () => {
  let broken = false;
  const proxy = await startProxy(daemons.sme, (request, response) => {
    if (!broken || !request.url.startsWith('/v1/')) return undefined;
    response.writeHead(503, { 'Content-Type': 'application/problem+json' });
    response.end('{"type":"/problems/draining","title":"Draining","status":503,"detail":"The server is stopping."}');
    return true;
  });
  await onPage(
    async (page) => {
      await shows(page, 'All 17');
      broken = true;
      await press(page, 'facet/category/cultivation');
      await until(() => page.$('.alert'), 'the alert');
      const text = await textOf(page, '#alerts');
      assert.match(text, /the server answered 503 – The server is stopping\. \(.*v1\/observations.*\)/);
      assert.match(text, /from before/);
      assert.equal(await page.$eval('#alerts', (box) => box.getAttribute('role')), 'alert');
      await shows(page, 'All 17');
      broken = false;
      await press(page, 'retry');
      await shows(page, '4 of 17');
      assert.equal(await page.$('.alert'), null);
    },
    { base: proxy.url, expected: [/status of 503/] },
  );
});

test('a part that fails at first does not take the others with it', async () => {
  const proxy = await startProxy(daemons.sme, (request, response) => {
    if (!request.url.startsWith('/v1/targets')) return undefined;
    request.socket.destroy();
    return true;
  });
  await onPage(
    async (page) => {
      await shows(page, 'All 17');
      assert.match(await textOf(page, '#alerts'), /no connection to the server \(v1\/targets\)/);
      assert.ok(await page.$('#panel-contribution svg'));
    },
    { base: proxy.url, expected: [/^failed: .*\/v1\/targets|ERR_EMPTY_RESPONSE|ERR_CONNECTION/] },
  );
});

test('a wrong address says what is wrong with it', async () => {
  await onPage(
    async (page) => {
      await until(() => page.$('.alert'), 'the alert');
      assert.match(await textOf(page, '#alerts'), /'cultivaton' is not a category/);
      assert.equal(await textOf(page, '#alerts a'), 'Perhaps you meant cultivation.');
      await page.click('#alerts a');
      await shows(page, '4 of 17');
      await page.goBack();
      await until(() => page.$('.alert'), 'the alert');
      await press(page, 'clear-all');
      await shows(page, 'All 17');
    },
    { at: '#category=cultivaton', expected: [/status of 400/] },
  );
});

test('a slow answer is waited for, and an old one does not win', async () => {
  const proxy = await startProxy(daemons.sme, (request, response, pass) => {
    if (!request.url.includes('cultivation')) return undefined;
    setTimeout(pass, 700);
    return true;
  });
  await onPage(
    async (page) => {
      await shows(page, 'All 17');
      await press(page, 'facet/category/cultivation');
      await until(() => page.$('#panels.stale'), 'the sign of waiting');
      await page.evaluate(() => {
        location.hash = '#category=contribution';
      });
      await shows(page, '5 of 17');
      await new Promise((resolve) => {
        setTimeout(resolve, 900);
      });
      await shows(page, '5 of 17');
    },
    { base: proxy.url },
  );
});

test('a new version of the dataset is noticed and offered', async () => {
  let daemon = daemons.sme;
  const seen = [];
  const proxy = await startServer((request, response) => {
    if (request.url === '/v1') seen.push(request.headers['if-none-match']);
    ask(new URL(request.url, daemon.url), { headers: { ...request.headers, host: 'localhost' } }, (answer) => {
      response.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(response);
    }).end();
  });
  servers.push(proxy);
  await onPage(
    async (page) => {
      const look = () => page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
      await shows(page, 'All 17');
      await look();
      await until(() => seen.some(Boolean), 'a conditional request');
      assert.equal(await page.$('.alert'), null);
      daemon = daemons.series;
      await look();
      await until(() => page.$('.alert.news'), 'the offer');
      await shows(page, 'All 17');
      await press(page, 'renew');
      await shows(page, 'All 41');
      assert.equal(await page.$('.alert'), null);
    },
    { base: proxy.url },
  );
});

// ---- For everybody --------------------------------------------------------------------------------------------------

test('it is used with the keyboard alone', async () => {
  await onPage(async (page) => {
    const focused = (key) => document.activeElement.dataset.key === key;
    await shows(page, 'All 17');
    await page.keyboard.press('Tab');
    assert.match(await page.evaluate(() => document.activeElement.className), /skip/);
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'panels');
    await page.reload();
    await shows(page, 'All 17');
    await tabTo(page, focused, 'facet/category/summary', 20);
    await page.keyboard.press('Enter');
    await tabTo(page, focused, 'facet/category/fiscal-support', 5);
    await page.keyboard.press('Space');
    await shows(page, '1 of 17');
    assert.ok(await page.evaluate(focused, 'facet/category/fiscal-support')); // the place is not lost
    await page.keyboard.press('Escape');
    assert.ok(await page.evaluate(focused, 'facet/category/summary'));
    assert.equal(await page.$('.facet[open]'), null);
    await tabTo(page, focused, 'table/figures', 20);
    await page.keyboard.press('Enter');
    await until(() => page.$('#panel-figures table'), 'the table');
    assert.ok(await page.evaluate(focused, 'table/figures'));
  });
});

test('without a script the addresses are there', async () => {
  const opened = await browser.open('about:blank', { others: [daemons.sme.url] });
  await opened.page.setJavaScriptEnabled(false);
  await opened.page.goto(daemons.sme.url);
  const text = await opened.page.evaluate(() => document.body.innerText);
  assert.match(text, /needs JavaScript/);
  assert.match(text, /\/v1\/observations/);
  await opened.close();
});

const AUDITS = [
  ['sme', '', 'light', 1280],
  ['sme', '#table=contribution,targets&category=contribution,cultivation', 'dark', 1280],
  ['series', '#lang=zh', 'light', 360],
  ['series', '', 'dark', 1920],
  ['dimensions', '#region=north', 'light', 1280],
  ['sme', '#lang=zh', 'dark', 360],
];
for (const [name, at, scheme, width] of AUDITS) {
  test(`no barrier is found: ${name}${at}, ${scheme}, ${width}`, async () => {
    await onPage(
      async (page) => {
        await page.setBypassCSP(true); // axe makes styles of its own
        await page.reload();
        await until(() => page.$('#panels:not([aria-busy])'), 'the panels');
        await page.evaluate(() => {
          for (const details of document.querySelectorAll('.panel details')) details.open = true;
        });
        await page.evaluate(AXE);
        const found = await page.evaluate(async () =>
          (await window.axe.run(document)).violations.map(
            ({ id, nodes }) =>
              `${id}: ${nodes
                .slice(0, 3)
                .map(({ html, failureSummary }) => `${html.slice(0, 150)} ${failureSummary}`)
                .join('\n')}`,
          ),
        );
        assert.deepEqual(found, []);
        const [all, seen] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
        assert.ok(all <= seen, `${all} dots in ${seen}`);
      },
      { daemon: daemons[name], at, scheme, width },
    );
  });
}
