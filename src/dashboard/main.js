// SPDX-License-Identifier: MIT
// The dashboard: reads the address, asks the API, and draws. What was drawn stays until there is something newer.
import { Failure, ask, hasChanged } from './api.js';
import { make } from './dom.js';
import { filtersOf, hashOf, keepInside } from './filters.js';
import { clearPaper, noteOnPaper } from './notes.js';
import { panelsOf } from './panels.js';
import { cellOf, spansOf, splitDisplay } from './plan.js';
import { readState, writeState } from './state.js';
import { nameOfLanguage, wordsIn } from './words.js';

const CHECK_MS = 30000;
const SERIES = 24; // so many are drawn as lines
const POINTS = 10000; // as many as an answer may have
const LARGEST = 15; // of an indicator that has more
const INDICATORS = 12; // that are then shown
const KNOWN = 'code,name,description,category,unit,part_of,notes'; // of indicators, without their observations
const AREA_FILTERS = ['category', 'year', 'indicator', 'focus_area', 'q'];

const place = document.getElementById('dashboard');
const parts = {
  skip: make('a', { class: 'skip', href: '#panels' }),
  head: make('header', { class: 'head' }),
  alerts: make('div', { id: 'alerts', role: 'alert' }),
  filters: make('section', { id: 'filters' }),
  panels: make('main', { id: 'panels', tabindex: -1, 'aria-busy': true }),
  said: make('p', { class: 'unseen', role: 'status' }),
};
place.append(...Object.values(parts));

let turn = 0; // of the newest request; answers to older ones come too late
let view = null;
let cache; // how answers may be kept; once a new version was seen, the old ones may not
const fixed = new Map(); // by language: what no filter changes

const say = (text) => {
  parts.said.textContent = text;
};

// ---- Asking ---------------------------------------------------------------------------------------------------------

async function settled(...request) {
  const [answer] = await Promise.allSettled([ask(...request)]);
  return answer;
}

async function askFixed(lang) {
  if (!fixed.has(lang)) {
    const answers = await Promise.all([
      settled('v1', [], lang, cache),
      settled('v1/indicators', [['fields', KNOWN]], lang, cache),
      settled('v1/units', [], lang, cache),
      settled('v1/categories', [], lang, cache),
    ]);
    if (answers.some(({ status }) => status === 'rejected')) return answers;
    fixed.set(lang, answers);
  }
  return fixed.get(lang);
}

// The observations as far as they can be drawn: all; or more than an answer has unless asked, where they are a few long
// series; or else the largest of the newest of each indicator. Each is a question that anybody can ask.
async function askRows({ filters, lang }) {
  const all = await settled('v1/observations', filters, lang, cache);
  const meta = all.value?.value.meta;
  if (!meta || meta.total <= meta.count || filters.has('limit')) return { all, asked: filters };
  const newest = new Map([['kind', 'actual'], ...filters, ['latest', 'true']]);
  const count = await settled('v1/observations', new Map([...newest, ['limit', '0']]), lang, cache);
  if (count.value?.value.meta.total <= SERIES) {
    const asked = new Map([...filters, ['limit', String(POINTS)]]);
    return { all: await settled('v1/observations', asked, lang, cache), asked };
  }
  const facet = await settled('v1/facets/indicator', newest, lang, cache);
  const codes = (facet.value?.value.data.values ?? []).filter((one) => one.observations > 0);
  const tops = await Promise.all(
    codes.slice(0, INDICATORS).map(async ({ code }) => {
      const query = new Map([...newest, ['indicator', code], ['sort', '-value'], ['limit', String(LARGEST)]]);
      return { indicator: code, query, answer: await settled('v1/observations', query, lang, cache) };
    }),
  );
  return { all, asked: filters, tops, more: codes.length - tops.length };
}

async function askAll(state) {
  const without = (names) => [...state.filters].filter(([name]) => !names.includes(name));
  const areaFilters = [...state.filters].filter(([name]) => AREA_FILTERS.includes(name.replace(/\.not$/, '')));
  const kinds = state.filters.get('kind');
  const withTargets = !kinds || kinds.split(',').includes('target');
  const none = { status: 'fulfilled', value: { value: { data: [] } } };
  const [constant, facets, rows, targets, areas] = await Promise.all([
    askFixed(state.lang),
    settled('v1/facets', [...state.filters], state.lang, cache),
    askRows(state),
    withTargets ? settled('v1/targets', without(['kind', 'kind.not']), state.lang, cache) : none,
    settled('v1/focus-areas', areaFilters, state.lang, cache),
  ]);
  return {
    answers: [...constant, facets, rows.all, targets, areas, ...(rows.tops ?? []).map(({ answer }) => answer)],
    areaFilters,
    rows,
  };
}

// What failed, by what the matter is: {why, paths, tries}.
function describe(words, errors) {
  const found = new Map();
  for (const error of errors) {
    if (!(error instanceof Failure)) throw error;
    const what = error.kind === 'status' ? words.status(error.status) : words[error.kind];
    const why = error.detail ? `${what} – ${error.detail}` : what;
    if (!found.has(why)) found.set(why, { why, paths: [], tries: error.tries });
    found.get(why).paths.push(error.path);
  }
  return [...found.values()];
}

// ---- From answers to a view -----------------------------------------------------------------------------------------

function viewOf(state, { answers, areaFilters, rows }) {
  const [dataset, indicators, units, categories, facets, observations, targets, areas] = answers.map(
    (answer) => answer.value?.value,
  );
  const language = answers[0].value?.lang ?? state.lang ?? document.documentElement.lang;
  const words = wordsIn(language);
  const found = facets?.data ?? [];
  const names = new Map(
    found.map((facet) => [facet.parameter, new Map(facet.values.map(({ code, name }) => [code, name]))]),
  );
  const titles = new Map(found.map((facet) => [facet.parameter, facet.name]));
  const dimensions = (dataset?.data.dimensions ?? [])
    .filter(({ link }) => link?.includes('/v1/dimensions/'))
    .map((one) => one.parameter);
  const known = new Map((indicators?.data ?? []).map((one) => [one.code, one]));
  const unitOf = new Map((units?.data ?? []).map((one) => [one.code, one]));
  const withWords = (row) => ({
    ...row,
    ...splitDisplay(row, unitOf.get(row.unit), names.get('qualifier')?.get(row.qualifier)),
  });
  const saidOf = (row) => dimensions.map((name) => names.get(name)?.get(row[name]) ?? row[name]).filter(Boolean);
  const enrich = (row, i) => ({
    ...withWords(row),
    place: i,
    cell: cellOf(row, dimensions).join(' '),
    label: [row.name, ...saidOf(row)].join(' · '),
  });
  const enrichTop = ({ indicator, query, answer }) => ({
    indicator,
    query,
    total: answer.value?.value.meta.total,
    rows: (answer.value?.value.data ?? [])
      .map(enrich)
      .map((row) => ({ ...row, label: saidOf(row).join(' · ') || row.name })),
  });
  return {
    state,
    language,
    words,
    names,
    titles,
    dimensions,
    areaFilters,
    asked: rows.asked,
    tops: rows.tops?.map(enrichTop),
    more: rows.more,
    withWords,
    say,
    dataset: dataset?.data,
    etag: answers[0].value?.etag,
    versions: new Set(answers.map((answer) => answer.value?.value?.meta?.version).filter(Boolean)),
    sources: dataset?.data.sources ?? [],
    indicators: known,
    units: unitOf,
    categories: categories?.data ?? [],
    facets: found,
    rows: (observations?.data ?? []).map(enrich),
    summary: observations?.meta,
    targets: (targets?.data ?? []).map(enrich),
    areas: areas?.data ?? [],
    unfit: [...state.filters.keys()]
      .filter((name) => !areaFilters.some(([one]) => one === name))
      .map((name) => titles.get(name) ?? name),
    filtersWithout: (name) => [...state.filters].filter(([one]) => one !== name),
    go(next, replace = false) {
      writeState(next, replace);
      load();
    },
    toggleTable(id) {
      const tables = state.tables.includes(id) ? state.tables.filter((one) => one !== id) : [...state.tables, id];
      view.go({ ...view.state, tables });
    },
  };
}

// ---- Drawing --------------------------------------------------------------------------------------------------------

// Redraws without closing what a person opened and without losing the place of the keyboard.
function keeping(redraw) {
  const keyOf = (element) => element?.getAttribute?.('data-key');
  const open = new Set([...place.querySelectorAll('details[open]')].map(keyOf));
  const focused = document.activeElement;
  const focus = keyOf(focused);
  const text = focused?.id === 'search' ? [focused.value, focused.selectionStart, focused.selectionEnd] : null;
  const narrowed = [...place.querySelectorAll('.facet input[type=search]')].map((field) => [keyOf(field), field.value]);
  redraw();
  for (const field of place.querySelectorAll('.facet input[type=search]')) {
    field.value = narrowed.find(([key]) => key === keyOf(field))?.[1] ?? '';
    field.dispatchEvent(new Event('input'));
  }
  for (const details of place.querySelectorAll('details')) if (open.has(keyOf(details))) details.open = true;
  if (!focus || document.activeElement === focused) return;
  const again = [...place.querySelectorAll('[data-key]')].find((element) => keyOf(element) === focus);
  again?.focus({ preventScroll: true });
  if (again && text) {
    again.value = text[0];
    again.setSelectionRange(text[1], text[2]);
  }
}

const languagesOf = ({ dataset, language, words }) =>
  dataset?.languages.length > 1 &&
  make(
    'div',
    { class: 'languages', role: 'group', 'aria-label': words.language },
    dataset.languages.map((lang) =>
      make(
        'button',
        {
          type: 'button',
          lang,
          'aria-pressed': lang === language,
          'data-key': `lang/${lang}`,
          onclick: () => view.go({ ...readState(), lang }),
        },
        nameOfLanguage(lang),
      ),
    ),
  );

// The focus areas in a line, for whom ten seconds must do.
const glanceOf = ({ areas, words }) =>
  areas.length > 0 &&
  make(
    'nav',
    { class: 'glance', 'aria-label': words.focus },
    make('h2', {}, words.focus_count(areas.length)),
    make(
      'ol',
      {},
      areas.map((area) =>
        make(
          'li',
          {},
          make(
            'a',
            { href: `#area-${area.code}`, 'data-jump': `area-${area.code}` },
            make('span', { class: 'order' }, area.order),
            ' ',
            area.title,
          ),
        ),
      ),
    ),
  );

function drawHead() {
  const { words, dataset, language } = view;
  document.documentElement.lang = language;
  document.title = dataset ? `${dataset.title} – ${words.title}` : words.title;
  parts.skip.textContent = words.skip;
  parts.filters.setAttribute('aria-label', words.filters);
  for (const block of document.querySelectorAll('#addresses > [lang]'))
    block.hidden = block.lang !== (language === 'zh' ? 'zh' : 'en');
  const { counts } = dataset ?? {};
  parts.head.replaceChildren(
    ...[
      make('div', { class: 'top' }, make('p', { class: 'brand' }, 'smestat'), languagesOf(view)),
      make('h1', {}, dataset?.title ?? words.title),
      dataset?.description && make('p', { class: 'lead-text' }, dataset.description),
      dataset &&
        make(
          'p',
          { class: 'meta' },
          [
            words.as_of(dataset.as_of),
            words.count_figures(counts.actual),
            counts.targets > 0 && words.count_targets(counts.targets),
            words.count_sources(counts.sources),
          ]
            .filter(Boolean)
            .join(' · '),
          ' · ',
          words.version,
          ' ',
          make('code', {}, dataset.version.slice(0, 8)),
        ),
      glanceOf(view),
    ].filter(Boolean),
  );
}

function drawAlerts(failures) {
  const { words } = view;
  const mixed = view.versions.size > 1;
  const again = (label, run, key) => make('button', { type: 'button', 'data-key': key, onclick: run }, label);
  parts.alerts.replaceChildren(
    ...[
      failures.length > 0 &&
        make(
          'div',
          { class: 'alert' },
          make('p', {}, make('strong', {}, words.failed)),
          failures.map(({ why, paths, tries }) =>
            make(
              'p',
              {},
              `${why} (${paths.join(', ')})`,
              tries.map((one) => [' ', make('a', { href: hashOf(view, one.link) }, words.perhaps(one.code))]),
            ),
          ),
          view.kept && make('p', {}, words.kept),
          again(words.retry, () => load(), 'retry'),
          readState().filters.size > 0 && [
            ' ',
            again(words.clear, () => view.go({ ...readState(), filters: new Map() }), 'clear-all'),
          ],
        ),
      (view.renewed || mixed) &&
        make('div', { class: 'alert news' }, make('p', {}, words.renewed), again(words.renew, renew, 'renew')),
    ].filter(Boolean),
  );
}

// How many of twelve columns each panel takes, on a screen and on a wide one.
function arranged(panels) {
  const sizes = panels.map(({ size }) => size);
  for (const [name, room] of [
    ['--middle', 2],
    ['--wide', 3],
  ]) {
    spansOf(sizes, room).forEach((span, i) => panels[i].style.setProperty(name, span));
  }
  return panels;
}

// Draws for the room that there is. All are measured before any is drawn, or each would be laid out anew.
function fit(panels) {
  const rooms = panels.map((panel) => panel.room());
  panels.forEach((panel, i) => panel.redraw(rooms[i]));
}

function drawFrame() {
  drawHead();
  parts.filters.replaceChildren(...filtersOf(view).flat(Infinity).filter(Boolean));
}

function drawAll() {
  keeping(() => {
    drawFrame();
    const panels = arranged(panelsOf(view));
    parts.panels.replaceChildren(...panels);
    fit(panels);
  });
}

const pause = () => new Promise((resolve) => setTimeout(resolve));

// The first time there is nothing to be kept, and nothing that has to wait for the last panel: a page that is drawn at
// a stretch does not answer meanwhile. Each panel comes below the others, so that none moves.
async function drawInSteps() {
  const drawn = view;
  drawFrame();
  parts.panels.replaceChildren();
  for (const panel of arranged(panelsOf(view))) {
    await pause();
    if (view !== drawn) return;
    parts.panels.append(panel);
    fit([panel]);
  }
}

async function load() {
  turn += 1;
  const mine = turn;
  const state = readState();
  const waiting = setTimeout(() => {
    parts.panels.setAttribute('aria-busy', 'true');
    parts.panels.classList.toggle('stale', view !== null);
    if (!view)
      parts.panels.replaceChildren(
        make('p', { class: 'loading' }, wordsIn(state.lang ?? document.documentElement.lang).loading),
      );
  }, 150);
  const found = await askAll(state);
  clearTimeout(waiting);
  if (mine !== turn) return;
  parts.panels.classList.remove('stale');
  const failed = found.answers.filter(({ status }) => status === 'rejected').map(({ reason }) => reason);
  const next = viewOf(state, found);
  const failures = describe(next.words, failed);
  // The old picture is worth more than half of a new one.
  if (failures.length && view?.whole) {
    parts.panels.removeAttribute('aria-busy');
    view.kept = true;
    drawAlerts(failures);
    return;
  }
  const changed = view?.summary?.total !== next.summary?.total;
  const first = view === null;
  view = next;
  view.whole = failures.length === 0;
  drawAlerts(failures);
  if (first) await drawInSteps();
  else drawAll();
  if (mine !== turn) return;
  parts.panels.removeAttribute('aria-busy');
  if (changed && view.summary)
    say(view.words.shown(view.summary.total, view.dataset?.counts.observations ?? view.summary.total));
}

function renew() {
  cache = 'no-cache';
  fixed.clear();
  view.renewed = false;
  load();
}

// ---- What happens around it -----------------------------------------------------------------------------------------

async function check() {
  if (document.hidden || !view?.etag) return;
  const asked = view;
  const changed = await hasChanged('v1', asked.etag, asked.language);
  if (!changed || view.renewed || view.dataset !== asked.dataset) return;
  view.renewed = true;
  drawAlerts([]);
}

function jump(event) {
  const link = event.target.closest?.('a[data-jump], a.skip');
  if (!link) return;
  event.preventDefault(); // the address behind # is the page's state
  const id = link.dataset.jump ?? 'panels';
  // Where a table stands in place of what has the name, the panel has it.
  const panel = id.startsWith('area-') ? 'panel-focus-areas' : 'panel-sources';
  const found = document.getElementById(id) ?? document.getElementById(panel);
  if (!found) return;
  if (!found.hasAttribute('tabindex')) found.tabIndex = -1;
  found.scrollIntoView({ block: 'start' });
  found.focus({ preventScroll: true });
}

const closeFacets = (except) => {
  for (const facet of document.querySelectorAll('.facet[open]')) if (facet !== except) facet.open = false;
};

addEventListener('popstate', () => load());
document.addEventListener('click', (event) => {
  jump(event);
  closeFacets(event.target.closest?.('.facet'));
});
document.addEventListener('keydown', (event) => {
  const open = event.key === 'Escape' && event.target.closest?.('.facet[open]');
  if (!open) return;
  open.open = false;
  open.querySelector('summary').focus();
});
document.addEventListener('visibilitychange', check);
addEventListener('online', () => load());
addEventListener('beforeprint', noteOnPaper);
addEventListener('afterprint', clearPaper);
setInterval(check, CHECK_MS);
let widthBefore = parts.panels.clientWidth;
new ResizeObserver(() => {
  if (parts.panels.clientWidth === widthBefore) return;
  widthBefore = parts.panels.clientWidth;
  keeping(() => fit([...parts.panels.children].filter((panel) => panel.redraw)));
  for (const facet of document.querySelectorAll('.facet[open]')) keepInside(facet);
}).observe(parts.panels);
load();
