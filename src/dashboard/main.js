// SPDX-License-Identifier: MIT
// The dashboard: reads the address, asks the API, and draws. What was drawn stays until there is something newer.
import { Failure, ask, hasChanged } from './api.js';
import { make } from './dom.js';
import { filtersOf } from './filters.js';
import { panelsOf } from './panels.js';
import { cellOf } from './plan.js';
import { readState, writeState } from './state.js';
import { nameOfLanguage, wordsIn } from './words.js';

const CHECK_MS = 30000;
const AREA_FILTERS = ['category', 'year', 'indicator', 'focus_area', 'q'];

const place = document.getElementById('dashboard');
const parts = {
  skip: make('a', { class: 'skip', href: '#panels' }),
  head: make('header', { class: 'head' }),
  alerts: make('div', { id: 'alerts', role: 'alert' }),
  filters: make('section', { id: 'filters' }),
  panels: make('main', { id: 'panels', tabindex: -1 }),
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

async function askFixed(lang) {
  if (!fixed.has(lang)) {
    const paths = ['v1', 'v1/indicators', 'v1/units', 'v1/categories'];
    const answers = await Promise.allSettled(paths.map((path) => ask(path, [], lang, cache)));
    if (answers.some(({ status }) => status === 'rejected')) return answers;
    fixed.set(lang, answers);
  }
  return fixed.get(lang);
}

async function askAll(state) {
  const without = (names) => [...state.filters].filter(([name]) => !names.includes(name));
  const areaFilters = [...state.filters].filter(([name]) => AREA_FILTERS.includes(name.replace(/\.not$/, '')));
  const kinds = state.filters.get('kind');
  const withTargets = !kinds || kinds.split(',').includes('target');
  const [constant, ...answers] = await Promise.all([
    askFixed(state.lang),
    ...[
      ['v1/facets', [...state.filters]],
      ['v1/observations', [...state.filters]],
      ['v1/targets', without(['kind', 'kind.not'])],
      ['v1/focus-areas', areaFilters],
    ].map(async ([path, filters]) => {
      if (path === 'v1/targets' && !withTargets) return { status: 'fulfilled', value: { value: { data: [] } } };
      const [answer] = await Promise.allSettled([ask(path, filters, state.lang, cache)]);
      return answer;
    }),
  ]);
  return { answers: [...constant, ...answers], areaFilters };
}

function describe(words, error) {
  if (!(error instanceof Failure)) throw error;
  const why = error.kind === 'status' ? words.status(error.status) : words[error.kind];
  return `${error.path}: ${why}${error.detail ? ` – ${error.detail}` : ''}`;
}

// ---- From answers to a view -----------------------------------------------------------------------------------------

function viewOf(state, answers, areaFilters) {
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
  const enrich = (row, i) => {
    const cell = cellOf(row, dimensions);
    const said = dimensions.map((name) => names.get(name)?.get(row[name]) ?? row[name]).filter(Boolean);
    return { ...row, place: i, cell: cell.join(' '), label: [row.name, ...said].join(' · ') };
  };
  return {
    state,
    language,
    words,
    names,
    titles,
    dimensions,
    areaFilters,
    say,
    dataset: dataset?.data,
    etag: answers[0].value?.etag,
    versions: new Set(answers.map((answer) => answer.value?.value?.meta?.version).filter(Boolean)),
    sources: dataset?.data.sources ?? [],
    indicators: known,
    units: new Map((units?.data ?? []).map((one) => [one.code, one])),
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
  redraw();
  for (const details of place.querySelectorAll('details')) if (open.has(keyOf(details))) details.open = true;
  if (!focus || document.activeElement === focused) return;
  const again = [...place.querySelectorAll('[data-key]')].find((element) => keyOf(element) === focus);
  again?.focus({ preventScroll: true });
  if (again && text) {
    again.value = text[0];
    again.setSelectionRange(text[1], text[2]);
  }
}

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
      make(
        'div',
        { class: 'top' },
        make('p', { class: 'brand' }, 'smestat'),
        make(
          'div',
          { class: 'languages', role: 'group', 'aria-label': words.language },
          (dataset?.languages ?? []).map((lang) =>
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
        ),
      ),
      make('h1', {}, dataset?.title ?? words.title),
      dataset?.description && make('p', { class: 'lead-text' }, dataset.description),
      dataset &&
        make(
          'p',
          { class: 'meta' },
          [
            words.as_of(dataset.as_of),
            words.count_figures(counts.actual),
            words.count_targets(counts.targets),
            words.count_sources(counts.sources),
          ].join(' · '),
          ' · ',
          words.version,
          ' ',
          make('code', {}, dataset.version.slice(0, 8)),
        ),
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
          make(
            'p',
            {},
            words.failed(''),
            make('br'),
            failures.map((text) => [text, make('br')]),
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

function drawAll() {
  keeping(() => {
    drawHead();
    parts.filters.replaceChildren(...filtersOf(view).flat(Infinity).filter(Boolean));
    const panels = panelsOf(view);
    parts.panels.replaceChildren(...panels);
    for (const panel of panels) panel.redraw();
  });
}

async function load() {
  turn += 1;
  const mine = turn;
  const state = readState();
  const waiting = setTimeout(() => {
    parts.panels.setAttribute('aria-busy', 'true');
    if (!view)
      parts.filters.replaceChildren(
        make('p', { class: 'loading' }, wordsIn(state.lang ?? document.documentElement.lang).loading),
      );
  }, 150);
  const { answers, areaFilters } = await askAll(state);
  clearTimeout(waiting);
  if (mine !== turn) return;
  parts.panels.removeAttribute('aria-busy');
  const failed = answers.filter(({ status }) => status === 'rejected').map(({ reason }) => reason);
  const next = viewOf(state, answers, areaFilters);
  const failures = failed.map((error) => describe(next.words, error));
  // The old picture is worth more than half of a new one.
  if (failures.length && view?.whole) {
    view.kept = true;
    drawAlerts(failures);
    return;
  }
  const changed = view?.summary?.total !== next.summary?.total;
  view = next;
  view.whole = failures.length === 0;
  drawAll();
  drawAlerts(failures);
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
  const link = event.target.closest?.('a[data-source], a.skip');
  if (!link) return;
  event.preventDefault(); // the address behind # is the page's state
  const id = link.dataset.source ? `source-${link.dataset.source}` : 'panels';
  const found = document.getElementById(id) ?? document.getElementById('panel-sources');
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
setInterval(check, CHECK_MS);
new ResizeObserver(() =>
  keeping(() => {
    for (const panel of parts.panels.children) panel.redraw?.();
  }),
).observe(parts.panels);
load();
