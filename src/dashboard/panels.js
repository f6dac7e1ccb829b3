// SPDX-License-Identifier: MIT
// The panels of a view: what each draws, as pictures and words.
import { make } from './dom.js';
import { focusPanel } from './focus.js';
import { intervals, parts } from './intervals.js';
import { lines } from './lines.js';
import { named, notesOf, notesOfRow } from './notes.js';
import { observationColumns, panelOf } from './panel.js';
import { planPanels } from './plan.js';
import { pictureOf, provenance, sideBySide } from './pictures.js';
import { targetPanel } from './targets.js';

const TILES = 60; // of a panel; the table has them all
const LINES = 24;
const LEAST_TILE = 184;
const LEAST_LINES = 290;
const MOST_LINES = 760;
const ALL_FORMATS = ['csv', 'json', 'ndjson', 'jsonstat'];
const ROW_FORMATS = ['csv', 'json', 'ndjson'];

const large = (row) =>
  make(
    'p',
    { class: 'large', 'data-display': row.display },
    make('span', { class: 'unseen' }, row.display),
    make(
      'span',
      { 'aria-hidden': 'true' },
      make('span', { class: 'qualifier' }, row.prefix),
      make('span', { class: 'number' }, make('span', { class: 'digits' }, row.number), row.suffix && ` ${row.suffix}`),
    ),
  );

const tile = (view, row) =>
  make(
    'article',
    { class: `tile ${row.kind}`, 'data-id': row.id },
    make(
      'h3',
      {},
      named(row.label, notesOfRow(view, row)),
      row.kind === 'target' && [' ', make('span', { class: 'tag' }, view.words.target)],
    ),
    large(row),
    make('p', { class: 'meta' }, provenance(view, row)),
  );

const series = (view, { rows, last, together }, width) =>
  make(
    'article',
    { class: 'one' },
    make(
      'figure',
      {},
      make(
        'figcaption',
        {},
        make(
          'h3',
          {},
          named(
            last.label,
            notesOf(
              view,
              `line-${last.id}`,
              [
                ...(view.indicators.get(last.indicator)?.notes ?? []),
                ...rows.flatMap((row) => row.notes.map((note) => `${row.period}: ${note}`)),
              ],
              last.label,
            ),
          ),
        ),
        large(last),
        make('p', { class: 'meta' }, provenance(view, last)),
      ),
      lines(width, last.label, rows, { unit: view.units.get(last.unit), language: view.language, together }),
    ),
  );

// What the shapes mean, where there are any that need it.
function keyOf(view, panel, bars) {
  const { reading, actual, target, year_end, own_scale } = view.words;
  const sample = (kind, words) => make('span', { class: 'entry' }, make('span', { class: `sample ${kind}` }), words);
  const found = [];
  if (bars.some((row) => row.lower !== row.upper))
    found.push(sample('tip', reading.stated), sample('possible', reading.possible));
  if (bars.some((row) => Number.isFinite(row.value) && row.lower === null && row.upper === null))
    found.push(sample('about', reading.about));
  if (panel.lines.length) {
    const points = panel.lines.flatMap(({ rows }) => rows);
    if (points.some((row) => row.kind !== 'target' && row.lower !== row.upper))
      found.push(sample('dot', actual), sample('ring', reading.open));
    if (points.some(({ kind }) => kind === 'target')) found.push(sample('diamond', target));
    if (points.some(({ period }) => period.length === 4)) found.push(make('span', { class: 'entry' }, year_end));
    if (panel.lines.some(({ alone }) => alone)) found.push(make('span', { class: 'entry' }, own_scale));
  }
  return found.length ? make('p', { class: 'key' }, found) : null;
}

// What is the same for all rows is said once.
function common(view, rows) {
  const [first] = rows;
  const same = (name) => rows.every((row) => row[name] === first?.[name]);
  return first && same('period') && same('period_basis') && same('source') ? provenance(view, first) : null;
}

function drawPanel(view, panel, width) {
  const options = (row) => ({ unit: view.units.get(row.unit), language: view.language });
  const bars = [...panel.intervals, ...panel.parts.flatMap(({ whole, part }) => [whole, part])];
  const hidden = Math.max(panel.tiles.length - TILES, 0) + Math.max(panel.lines.length - LINES, 0);
  return [
    panel.intervals.length > 0 &&
      pictureOf(view, intervals(width, panel.title, panel.intervals, options(panel.intervals[0])), !panel.foot),
    panel.parts.map(({ whole, part }) =>
      pictureOf(view, parts(width, panel.title, whole, part, options(whole)), !panel.foot),
    ),
    panel.lines.length > 0 &&
      sideBySide('series', width, panel.lines.slice(0, LINES), LEAST_LINES, (one, room) =>
        series(view, one, Math.min(room, MOST_LINES)),
      ),
    keyOf(view, panel, bars),
    panel.tiles.length > 0 &&
      sideBySide('tiles', width, panel.tiles.slice(0, TILES), LEAST_TILE, (row) => tile(view, row)),
    hidden > 0 && make('p', { class: 'meta' }, view.words.more(hidden)),
  ];
}

function categoryPanel(view, panel) {
  const category = view.categories.find(({ code }) => code === panel.category);
  panel.title = category?.name ?? view.words.figures;
  const bars = [...panel.intervals, ...panel.parts.flatMap(({ whole, part }) => [whole, part])];
  panel.foot = common(view, bars);
  return panelOf(view, {
    ...panel,
    about: category?.description,
    notes: category?.notes,
    path: 'v1/observations',
    formats: ALL_FORMATS,
    columns: observationColumns(view),
    pictured: bars.length + panel.lines.length > 0,
    draw: (width) => drawPanel(view, panel, width),
  });
}

// Of an indicator with more rows than a page can draw: the largest of its newest.
function topPanel(view, { indicator, rows, total, query }) {
  const known = view.indicators.get(indicator);
  const panel = { title: known?.name ?? indicator, lines: [], parts: [], tiles: [], intervals: rows };
  panel.foot = common(view, rows);
  return panelOf(view, {
    ...panel,
    id: indicator,
    size: 1.5,
    about: [known?.description, view.words.largest(rows.length, total)].filter(Boolean).join(' '),
    notes: known?.notes,
    path: 'v1/observations',
    query,
    formats: ALL_FORMATS,
    columns: observationColumns(view),
    rows,
    pictured: true,
    draw: (width) => drawPanel(view, panel, width),
  });
}

// The dataset itself: whence the figures come, and what to know before they are used.
function sourcePanel(view) {
  const { words } = view;
  const about = (source) =>
    [
      source.publisher,
      source.date,
      source.form,
      source.speaker && [source.speaker.name, source.speaker.position].filter(Boolean).join(', '),
      source.reported_by,
    ]
      .filter(Boolean)
      .join(' · ');
  return panelOf(view, {
    id: 'sources',
    title: words.sources,
    path: 'v1/sources',
    query: [],
    formats: ROW_FORMATS,
    size: 3,
    rows: view.sources,
    columns: [
      [words.sources, (source) => source.title],
      [words.period, (source) => source.date],
      [words.about_data, about],
    ],
    draw: () => [
      make(
        'ol',
        { class: `sources ${view.sources.length > 3 ? 'columns' : ''}` },
        view.sources.map((source) =>
          make(
            'li',
            { id: `source-${source.id}`, tabindex: -1 },
            /^https?:/.test(source.url ?? '')
              ? make('a', { href: source.url, rel: 'noreferrer' }, source.title)
              : source.title,
            notesOf(view, `source-${source.id}`, source.notes, source.title),
            make('span', { class: 'meta' }, ' ', about(source)),
          ),
        ),
      ),
      view.dataset.notes?.length > 0 && [
        make('h3', {}, words.about_data),
        make(
          'ul',
          { class: 'notes columns' },
          view.dataset.notes.map((note) => make('li', {}, note)),
        ),
      ],
      view.dataset.license && make('p', { class: 'meta license' }, view.dataset.license),
    ],
  });
}

export function panelsOf(view) {
  const order = view.categories.map(({ code }) => code);
  const planned = view.tops
    ? view.tops.map((top) => topPanel(view, top))
    : planPanels(view.rows, order, view, view.asked).map((panel) => categoryPanel(view, panel));
  return [
    ...planned,
    view.targets.length > 0 && targetPanel(view),
    view.areas.length > 0 && focusPanel(view),
    view.dataset && sourcePanel(view),
  ].filter(Boolean);
}
