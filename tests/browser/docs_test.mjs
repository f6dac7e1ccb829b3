// SPDX-License-Identifier: MIT
// The reference page: all of the description is on it, it can be used with the keyboard alone, and asks nobody else.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { request as ask } from 'node:http';
import { after, test } from 'node:test';
import { startBrowser, startDaemon, startServer, tabTo, until } from './harness.mjs';

const DESCRIPTION = JSON.parse(await readFile(new URL('../../api/openapi.json', import.meta.url), 'utf8'));
const METHODS = ['get', 'head', 'options'];
const OPERATIONS = Object.entries(DESCRIPTION.paths).flatMap(([path, item]) =>
  METHODS.filter((method) => item[method]).map((method) => ({ path, method, ...item[method] })));

const daemon = await startDaemon();
const browser = await startBrowser();

after(async () => {
  await browser.stop();
  await daemon.stop();
});

// Opens the page, waits until it is made, lets `use` use it, and then nothing may have gone wrong.
async function onPage(use, { at = '', base = daemon.url, ...options } = {}) {
  const opened = await browser.open(`${base}/docs${at}`, options);
  try {
    await until(() => opened.page.$('.resource'), 'the operations');
    await use(opened.page, opened.complaints);
    assert.deepEqual(opened.complaints, []);
  } finally {
    await opened.close();
  }
}

const textOf = (page, selector) => page.$eval(selector, (element) => element.textContent);
const textsOf = (page, selector) => page.$$eval(selector, (found) => found.map((one) => one.textContent));
const shownPaths = (page) => textsOf(page, '.resource:not([hidden]) h3 code');

// Opens what can be opened, until nothing more appears: every operation, and everything inside of `within`.
async function openAll(page, within = 'nothing') {
  const closed = ['.resource', '.method-fold', `${within} details`].map((one) => `${one}:not([open])`).join();
  await until(() => page.evaluate((selector) => {
    const found = [...document.querySelectorAll(selector)];
    for (const details of found) details.open = true;
    const opened = [...document.querySelectorAll('details[open]')];
    return found.length === 0 && opened.every((details) => details.children.length > 1);
  }, closed), 'all to be open');
}

function resolve(node) {
  let found = node;
  while (found.$ref) found = found.$ref.slice(2).split('/').reduce((at, part) => at[part], DESCRIPTION);
  return found;
}

test('every operation is on the page, with its parameters and answers', async () => {
  await onPage(async (page) => {
    await openAll(page);
    const found = await page.$$eval('.operation', (operations) => operations.map((operation) => ({
      id: operation.id,
      names: [...operation.querySelectorAll('.parameter label')].map((one) => one.textContent),
      statuses: [...operation.querySelectorAll('.answer > summary > code')].map((one) => one.textContent),
      title: operation.closest('details').textContent,
    })));
    assert.deepEqual(found.map(({ id }) => id).sort(), OPERATIONS.map(({ operationId }) => operationId).sort());
    for (const { path, operationId, summary, parameters = [], responses } of OPERATIONS) {
      const { names, statuses, title } = found.find(({ id }) => id === operationId);
      const described = [...(DESCRIPTION.paths[path].parameters ?? []), ...parameters].map((one) => resolve(one).name);
      assert.deepEqual(names.filter((name) => name !== 'Accept'), described, operationId);
      assert.deepEqual(statuses, Object.keys(responses), operationId);
      assert.ok(title.includes(summary), operationId);
    }
    assert.deepEqual((await shownPaths(page)).sort(), Object.keys(DESCRIPTION.paths).sort());
    assert.deepEqual(await textsOf(page, 'h2'), DESCRIPTION.tags.map(({ name }) => name));
  });
});

test('a schema is a tree with every member, and an example is shown', async () => {
  await onPage(async (page) => {
    const media = '#getObservations .answer:first-of-type .media:first-of-type';
    const namesIn = (tree) => textsOf(page, `${media} > ${tree} > li > .name`);
    const { ObservationPage, Observation } = DESCRIPTION.components.schemas;
    await openAll(page, '#getObservations');
    assert.deepEqual(await namesIn('.tree'), Object.keys(ObservationPage.properties));
    assert.deepEqual(await namesIn('.tree > li:first-child > details > .tree'), Object.keys(Observation.properties));
    const { examples } = DESCRIPTION.paths['/v1/observations'].get.responses['200'].content['application/json'];
    assert.deepEqual(JSON.parse(await textOf(page, `${media} > details > pre`)), examples.answer.value);
  }, { at: '#at=getObservations' });
});

for (const [words, paths] of [
  ['readyz', ['/readyz']],
  ['HEALTHZ', ['/healthz']],
  ['getUnits', ['/v1/units']],
  ['offset years', ['/v1/years']],
  ['no such words', []],
]) {
  test(`the filter box finds "${words}"`, async () => {
    await onPage(async (page) => {
      await page.type('#filter', words);
      assert.deepEqual(await shownPaths(page), paths);
      const all = Object.keys(DESCRIPTION.paths).length;
      assert.equal(await textOf(page, '#count'), `${paths.length} of ${all} addresses`);
      const tags = await page.$$eval('.tag:not([hidden])', (found) => found.length);
      assert.equal(tags, paths.length);
    });
  });
}

test('an operation is tried with the keyboard alone', async () => {
  await onPage(async (page) => {
    const focused = (id) => document.activeElement.id === id;
    await page.keyboard.press('Tab');
    assert.ok(await page.evaluate(focused, 'skip'));
    await page.keyboard.press('Enter');
    assert.ok(await page.evaluate(focused, 'main'));
    await tabTo(page, focused, 'filter', 5);
    await page.keyboard.type('getObservations');
    await page.keyboard.press('Enter'); // to the first that was found
    assert.equal(await page.evaluate(() => document.activeElement.innerText.split(/\s/)[0]), '/v1/observations');
    await page.keyboard.press('Enter');
    const named = (name) => document.activeElement.name === name;
    await until(() => page.$('#getObservations'), 'the operation');
    await tabTo(page, named, 'category');
    await page.keyboard.type('cultivation');
    await tabTo(page, named, 'year');
    await page.keyboard.type('2022, 2023');
    const button = (value) => document.activeElement.matches('button') && document.activeElement.textContent === value;
    await tabTo(page, button, 'actual');
    await page.keyboard.press('Space');
    await tabTo(page, named, 'lang');
    await page.keyboard.type('zh');
    await tabTo(page, named, 'pretty');
    await page.keyboard.type('t');
    await tabTo(page, (value) => document.activeElement.className === value, 'main');
    await page.keyboard.press('Enter');
    const body = await until(() => page.$('#getObservations .answer-body'), 'the body');
    const target = '/v1/observations?category=cultivation&year=2022,2023&kind=actual&lang=zh&pretty=true';
    assert.equal(await textOf(page, '#getObservations a.url'), target);
    assert.equal(await page.$eval('#getObservations a.url', (link) => link.href), daemon.url + target);
    // As the first to ask got it: who asks again may get it compressed, which has an ETag of its own.
    const direct = await fetch(daemon.url + target, { headers: { 'accept-encoding': 'identity' } });
    assert.equal(await body.evaluate((one) => one.textContent.trimEnd()), (await direct.text()).trimEnd());
    assert.match(await textOf(page, '#getObservations .status'), /^200 OK \d/);
    assert.ok((await textOf(page, '#getObservations .fields')).includes(`etag: ${direct.headers.get('etag')}`));
    const commands = await textsOf(page, '#getObservations .command code');
    assert.deepEqual(commands, [`curl '${daemon.url}${target}'`, `await fetch("${daemon.url}${target}")`]);
    await tabTo(page, (value) => document.activeElement.classList.contains(value), 'answer-body');
  });
});

test('what is not asked to be indented is indented here, digit for digit', async () => {
  const direct = await (await fetch(`${daemon.url}/v1/targets`)).text();
  await onPage(async (page) => {
    await page.click('#getTargets button.main');
    const body = await (await until(() => page.$('#getTargets .answer-body'))).evaluate((one) => one.textContent);
    assert.ok(body.split('\n').length > 50);
    const dense = (json) => json.split(/("(?:[^"\\]|\\.)*")/) // strings are every second part
      .map((part, i) => (i % 2 ? part : part.replace(/\s/g, ''))).join('');
    assert.equal(dense(body), dense(direct));
  }, { at: '#at=getTargets' });
});

test('a problem is shown as it came', async () => {
  await onPage(async (page, complaints) => {
    await page.type('#getObservations [name="category"]', 'cultivaton');
    await page.type('#getObservations [name="limit"]', 'x');
    await page.keyboard.press('Enter');
    const body = await (await until(() => page.$('#getObservations .answer-body'))).evaluate((one) => one.textContent);
    assert.match(await textOf(page, '#getObservations .status'), /^400 Bad Request /);
    const direct = await fetch(`${daemon.url}/v1/observations?category=cultivaton&limit=x`);
    assert.deepEqual(JSON.parse(body), await direct.json());
    assert.ok(body.includes('"cultivation"'));
    // Browsers report every status above 399 in the console; nothing else may stand there.
    assert.equal(complaints.length, 1);
    assert.match(complaints.pop(), /^error: Failed to load resource: the server responded with a status of 400/);
  }, { at: '#at=getObservations' });
});

test('whatever is typed is sent as it is, and shown as text', async () => {
  const odd = '<img src=x onerror=alert(1)>\'"&#%+é企';
  await onPage(async (page, complaints) => {
    await page.$eval('#getObservation [name="id"]', (input) => input.select());
    await page.keyboard.type(odd);
    await page.keyboard.press('Enter');
    const body = await (await until(() => page.$('#getObservation .answer-body'))).evaluate((one) => one.textContent);
    const target = `/v1/observations/${encodeURIComponent(odd)}`;
    assert.equal(await textOf(page, '#getObservation a.url'), target);
    assert.deepEqual(JSON.parse(body), await (await fetch(daemon.url + target)).json());
    const [curl] = await textsOf(page, '#getObservation .command code');
    assert.equal(curl, `curl '${(daemon.url + target).replaceAll("'", "'\\''")}'`);
    assert.equal(await page.$('.result img'), null);
    assert.match(complaints.pop(), /status of 404/);
  }, { at: '#at=getObservation' });
});

test('HEAD, OPTIONS, header fields and other types are tried as well', async () => {
  await onPage(async (page) => {
    const tryOut = async (id, press) => {
      await page.evaluate((hash) => { location.hash = hash; }, `at=${id}`);
      await until(() => page.$(`#${id} button.main`), id);
      await press?.();
      await page.$eval(`#${id} button.main`, (button) => button.click());
      await until(() => page.$(`#${id} .status strong`), `the status of ${id}`);
      return {
        status: await textOf(page, `#${id} .status`),
        command: await textOf(page, `#${id} .command code`),
        body: await page.$$eval(`#${id} .answer-body`, (found) => found[0]?.textContent),
        fields: await textOf(page, `#${id} .fields`),
      };
    };
    const head = await tryOut('headYears');
    assert.match(head.status, /^200 OK 0 bytes/);
    assert.equal(head.command, `curl -I ${daemon.url}/v1/years`);
    assert.equal(head.body, undefined);
    const options = await tryOut('optionsYears');
    assert.match(options.status, /^204/);
    assert.match(options.fields, /^allow: GET, HEAD, OPTIONS$/m);
    assert.equal(options.command, `curl -i -X OPTIONS ${daemon.url}/v1/years`);
    const chinese = await tryOut('getYears', () => page.type('#getYears [name="Accept-Language"]', 'zh'));
    assert.match(chinese.fields, /^content-language: zh$/m);
    assert.equal(chinese.command, `curl -H 'Accept-Language: zh' ${daemon.url}/v1/years`);
    const etag = /^etag: (.*)$/m.exec(head.fields)[1];
    const known = await tryOut('headYears', () => page.type('#headYears [name="If-None-Match"]', etag));
    assert.match(await until(async () => {
      const status = await textOf(page, '#headYears .status');
      return status.startsWith('304') && status;
    }), /^304/, known);
    const html = await tryOut('getIndex', () => page.select('#getIndex [name="Accept"]', 'text/html'));
    assert.match(html.body, /^<!DOCTYPE html>/);
  });
});

test('values of a list are chosen with buttons, in the order of clicks, and taken out again', async () => {
  await onPage(async (page) => {
    const input = '#getYears [name="fields"]';
    const press = (value) => page.evaluate((name, wanted) => {
      const row = document.querySelector(name).closest('.parameter');
      [...row.querySelectorAll('.choices button')].find((button) => button.textContent === wanted).click();
    }, input, value);
    await press('targets');
    await press('code');
    assert.equal(await page.$eval(input, (one) => one.value), 'targets,code');
    assert.equal(await textOf(page, '#getYears a.url'), '/v1/years?fields=targets,code');
    await press('targets');
    assert.equal(await page.$eval(input, (one) => one.value), 'code');
    assert.deepEqual(await textsOf(page, '#getYears [aria-pressed="true"]'), ['code']);
    await page.$eval('#getYears button[type="reset"]', (button) => button.click());
    await until(async () => await textOf(page, '#getYears a.url') === '/v1/years', 'the reset');
    assert.equal(await page.$('#getYears [aria-pressed="true"]'), null);
  }, { at: '#at=getYears' });
});

test('a copy button copies the line', async () => {
  await onPage(async (page) => {
    const permissions = ['clipboard-read', 'clipboard-write', 'clipboard-sanitized-write'];
    await page.browserContext().overridePermissions(daemon.url, permissions);
    await page.click('#getYears .command .copy');
    await until(async () => await textOf(page, '#getYears .copy') === 'Copied', 'the word');
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), `curl ${daemon.url}/v1/years`);
  }, { at: '#at=getYears' });
});

test('the page speaks two languages, which a link keeps', async () => {
  await onPage(async (page) => {
    assert.equal(await page.$eval('html', (root) => root.lang), 'en');
    assert.equal(await page.title(), `${DESCRIPTION.info.title}: API reference`);
    await page.type('#getYears [name="limit"]', '2022');
    await page.click('#languages [lang="zh"]');
    assert.equal(await page.$eval('html', (root) => root.lang), 'zh-Hans');
    assert.equal(await textOf(page, 'label[for="filter"]'), '查找接口');
    assert.equal(await textOf(page, '#getYears button.main'), '发送');
    assert.equal(await page.$eval('#getYears [name="limit"]', (input) => input.value), '2022');
    const words = await textsOf(page, '[data-words]');
    assert.deepEqual(words.filter((one) => /^[A-Z]?[a-z]+( [a-z]|$)/.test(one)), []);
    assert.match(await page.evaluate(() => location.hash), /lang=zh/);
    await page.reload();
    await until(() => page.$('#getYears'), 'the operation');
    assert.equal(await textOf(page, '#getYears button.main'), '发送');
  }, { at: '#at=getYears' });
  await onPage(async (page) => {
    assert.equal(await page.$eval('html', (root) => root.lang), 'zh-Hans');
    await page.click('#languages [lang="en"]');
    assert.equal(await textOf(page, 'label[for="filter"]'), 'Find an operation');
  }, { languages: ['zh-CN', 'en'] });
  await onPage(async (page) => {
    assert.equal(await page.$eval('html', (root) => root.lang), 'en');
  }, { languages: ['fr'] });
});

test('nothing scrolls sideways at any width, however much is open', async () => {
  await onPage(async (page) => {
    await openAll(page, ':is(#getObservations, #getTarget, #getProblems)');
    await page.$eval('#getObservations .main', (button) => button.click());
    await until(() => page.$('#getObservations .answer-body'), 'a body');
    for (const width of [360, 1024, 1920]) {
      await page.setViewport({ width, height: 800 });
      const [scroll, shown] = await page.evaluate(() =>
        [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
      assert.ok(scroll <= shown, `${scroll} px in ${shown}`);
      assert.equal(shown <= width && shown > width - 30, true);
    }
  });
});

test('whoever listens instead of looking finds the way', async () => {
  await onPage(async (page) => {
    await openAll(page, '#getTargets');
    const found = await page.evaluate(() => {
      const controls = [...document.querySelectorAll('input, select, button')];
      const labels = [...document.querySelectorAll('label')].filter((label) => label.textContent.trim());
      const labelled = new Set(labels.map((label) => label.control)); // a control would look for its labels everywhere
      const named = (one) => labelled.has(one) ||
        one.getAttribute('aria-label') || (one.tagName === 'BUTTON' && one.textContent.trim());
      const ids = [...document.querySelectorAll('[id]')].map((one) => one.getAttribute('id'));
      const pointers = [...document.querySelectorAll('[aria-describedby], [for], [form]')].flatMap((one) =>
        ['aria-describedby', 'for', 'form'].map((name) => one.getAttribute(name)).filter(Boolean));
      return {
        unnamed: controls.filter((one) => !named(one)).map((one) => one.outerHTML),
        levels: [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map((one) => Number(one.tagName[1])),
        twice: ids.length - new Set(ids).size,
        dangling: pointers.filter((id) => !document.getElementById(id)),
        live: document.querySelectorAll('[role="status"]').length,
        landmarks: ['header', 'nav', 'main'].map((name) => document.querySelectorAll(name).length),
        styled: document.querySelectorAll('[style]').length,
      };
    });
    assert.deepEqual(found.unnamed, []);
    assert.equal(found.levels.filter((level) => level === 1).length, 1);
    assert.equal(found.levels[0], 1);
    found.levels.forEach((level, i) => assert.ok(i === 0 || level <= found.levels[i - 1] + 1, `heading ${i}`));
    assert.deepEqual([found.twice, found.dangling], [0, []]);
    assert.ok(found.live > 2);
    assert.deepEqual(found.landmarks, [1, 1, 1]);
    assert.equal(found.styled, 0);
  });
});

// The contrast of two colours as WCAG 2 computes it.
function contrast(one, other) {
  const luminance = (colour) => {
    const [red, green, blue] = colour.match(/[\d.]+/g).map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

for (const scheme of ['light', 'dark']) {
  test(`text stands out in the ${scheme}`, async () => {
    await onPage(async (page) => {
      const colours = await page.evaluate(() => {
        const seen = new Map();
        const paperOf = (element) => {
          const { backgroundColor } = getComputedStyle(element);
          return backgroundColor === 'rgba(0, 0, 0, 0)' ? paperOf(element.parentElement) : backgroundColor;
        };
        for (const element of document.querySelectorAll('body *')) {
          const speaks = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
          if (!speaks || !element.checkVisibility()) continue;
          const pair = [getComputedStyle(element).color, paperOf(element)];
          seen.set(pair.join(), pair);
        }
        return [...seen.values()];
      });
      assert.ok(colours.length > 3);
      for (const [ink, paper] of colours) assert.ok(contrast(ink, paper) >= 4.5, `${ink} on ${paper}`);
    }, { at: '#at=getYears', scheme });
  });
}

test('it works behind a proxy that puts a prefix before everything', async () => {
  const proxy = await startServer((request, response) => {
    if (!request.url.startsWith('/some/where/')) {
      response.writeHead(404).end();
      return;
    }
    const { method, headers } = request;
    request.pipe(ask(daemon.url + request.url.slice('/some/where'.length), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    }));
  });
  await onPage(async (page) => {
    await page.click('#getYears button.main');
    await until(() => page.$('#getYears .answer-body'), 'the body');
    assert.match(await textOf(page, '#getYears .status'), /^200 /);
    assert.equal(await page.$eval('#getYears a.url', (link) => link.href), `${proxy.url}/some/where/v1/years`);
  }, { base: `${proxy.url}/some/where`, at: '#at=getYears' });
  await proxy.stop();
});

test('without the description the page says so', async () => {
  const page = await (await fetch(`${daemon.url}/docs`)).text();
  const script = await (await fetch(`${daemon.url}/docs/docs.js`)).text();
  const server = await startServer({ '/docs': ['text/html', page], '/docs/docs.js': ['text/javascript', script] });
  const opened = await browser.open(`${server.url}/docs`);
  const state = () => textOf(opened.page, '#state');
  await until(async () => (await state()).startsWith('openapi.json could not be read: 404'), 'the words');
  await opened.close();
  await server.stop();
});

test('the page forbids itself what it does not need', async () => {
  const policy = (await fetch(`${daemon.url}/docs`)).headers.get('content-security-policy');
  assert.ok(!/unsafe|\*|http|data:/.test(policy), policy);
  const opened = await browser.open(`${daemon.url}/docs`);
  const outcome = await opened.page.evaluate(() => {
    const tried = [];
    try {
      document.getElementById('state').innerHTML = '<b>x</b>';
    } catch (error) {
      tried.push(error.name);
    }
    return tried;
  });
  assert.deepEqual(outcome, ['TypeError']);
  await opened.close();
});
