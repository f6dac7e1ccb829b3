// SPDX-License-Identifier: MIT
// The focus areas: what is to be done in each, by which documents, and the indicators that tell of it.
import { make } from './dom.js';
import { named, notesOf } from './notes.js';
import { panelOf, periodOf } from './panel.js';
import { asQuery } from './state.js';

const list = (name, title, items) =>
  make('div', { class: name }, items.length > 0 && [make('h4', {}, title), make('ul', {}, items)]);

const instrument = (view, one) =>
  make(
    'li',
    { 'data-code': one.code },
    make('span', { class: 'name' }, one.name),
    ' ',
    make('span', { class: 'kind' }, view.words.kinds[one.kind] ?? one.kind),
    notesOf(view, `instrument-${one.code}`, one.notes, one.name),
    one.description && make('p', { class: 'meta' }, one.description),
  );

// A link to the indicator's figures, and the newest of them that is shown anyway.
function linkTo(view, code) {
  const name = view.indicators.get(code)?.name ?? view.names.get('indicator')?.get(code) ?? code;
  const rows = view.rows.filter((row) => row.indicator === code && !row.cell);
  const newest = rows.findLast((row) => row.kind !== 'target') ?? rows.at(-1);
  return make(
    'li',
    {},
    make(
      'a',
      { href: `#${asQuery([['indicator', code], ...(view.state.lang ? [['lang', view.state.lang]] : [])])}` },
      name,
    ),
    newest && [' ', make('span', { class: 'display' }, newest.display)],
  );
}

const areaOf = (view, area) =>
  make(
    'li',
    { class: 'area', id: `area-${area.code}`, 'data-code': area.code, tabindex: -1 },
    make(
      'div',
      { class: 'title' },
      make(
        'h3',
        {},
        make('span', { class: 'order' }, area.order),
        ' ',
        named(area.title, notesOf(view, `area-${area.code}`, area.notes, area.title)),
      ),
      area.description && make('p', { class: 'about-panel' }, area.description),
    ),
    list(
      'measures',
      view.words.measures,
      area.measures.map((measure) =>
        make('li', {}, measure.text, measure.target && [' ', make('span', { class: 'tag' }, view.words.target)]),
      ),
    ),
    list(
      'documents',
      view.words.instruments,
      area.instruments.map((one) => instrument(view, one)),
    ),
    list(
      'links',
      view.words.linked,
      [...new Set(area.indicators.map((one) => one.indicator))].map((code) => linkTo(view, code)),
    ),
  );

export function focusPanel(view) {
  const { words } = view;
  const periods = [...new Set(view.areas.map((area) => periodOf(view, area)))];
  return panelOf(view, {
    id: 'focus-areas',
    title: words.focus,
    about: view.unfit.length ? words.focus_wide(view.unfit.join(', ')) : words.focus_about,
    foot: periods.join(', '),
    path: 'v1/focus-areas',
    query: view.areaFilters,
    formats: ['csv', 'json', 'ndjson'],
    size: 3,
    rows: view.areas.flatMap((area) => area.measures.map((measure) => ({ area, measure }))),
    columns: [
      [words.area, ({ area }) => `${area.order}. ${area.title}`],
      [words.measure, ({ measure }) => measure.text, 'prose'],
      [words.document, ({ measure }) => measure.instruments.map((one) => one.name).join('; ')],
      [words.goal, ({ area, measure }) => area.targets.find(({ id }) => id === measure.target)?.display],
      [words.period, ({ area }) => periodOf(view, area)],
    ],
    draw: () =>
      make(
        'ol',
        { class: 'areas' },
        view.areas.map((area) => areaOf(view, area)),
      ),
  });
}
