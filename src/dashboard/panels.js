// SPDX-License-Identifier: MIT
// The panels of a view: what each draws, as pictures and words.
import { make } from './dom.js';
import { intervals, parts } from './intervals.js';
import { lines } from './lines.js';
import { notesOf, observationColumns, panelOf, periodOf, sourceMark } from './panel.js';
import { planPanels, splitDisplay } from './plan.js';
import { asQuery } from './state.js';

const TILES = 60; // of a panel; the table has them all
const LINES = 24;
const GAP = 32; // between pictures side by side, as in the style sheet
const LEAST = 340;
const MOST = 760;
const ALL_FORMATS = ['csv', 'json', 'ndjson', 'jsonstat'];
const ROW_FORMATS = ['csv', 'json', 'ndjson'];

function meta(view, row, key) {
  return make(
    'p',
    { class: 'meta' },
    make('span', { class: 'period' }, periodOf(view, row)),
    ' · ',
    sourceMark(view, row.source),
    notesOf(view, key ?? row.id, [...row.notes, ...(view.indicators.get(row.indicator)?.notes ?? [])], row.label),
  );
}

function tile(view, row) {
  const { prefix, number, suffix } = splitDisplay(
    row,
    view.units.get(row.unit),
    view.names.get('qualifier')?.get(row.qualifier),
  );
  return make(
    'article',
    { class: `tile ${row.kind}`, 'data-id': row.id },
    make('h3', {}, row.label, row.kind === 'target' && make('span', { class: 'tag' }, view.words.target)),
    make(
      'p',
      { class: 'large', 'data-display': row.display },
      make('span', { class: 'unseen' }, row.display),
      make(
        'span',
        { 'aria-hidden': 'true' },
        prefix && make('span', { class: 'qualifier' }, prefix, ' '),
        make('span', { class: 'digits' }, number),
        suffix && make('span', { class: 'suffix' }, ' ', suffix),
      ),
    ),
    meta(view, row),
  );
}

// Below a picture: for each row what the picture has no room for.
function details(view, rows) {
  const alike = rows.every(
    (row) =>
      row.period === rows[0].period && row.period_basis === rows[0].period_basis && row.source === rows[0].source,
  );
  const noted = rows.map((row) => ({
    row,
    notes: [...row.notes, ...(view.indicators.get(row.indicator)?.notes ?? [])],
  }));
  return make(
    'div',
    { class: 'details' },
    alike &&
      make(
        'p',
        { class: 'meta' },
        make('span', { class: 'period' }, periodOf(view, rows[0])),
        ' · ',
        sourceMark(view, rows[0].source),
      ),
    make(
      'ul',
      { class: 'said' },
      noted.map(({ row, notes }) =>
        alike && !notes.length
          ? null
          : make(
              'li',
              {},
              make('span', { class: 'of' }, row.label),
              alike ? null : [': ', periodOf(view, row), ' · ', sourceMark(view, row.source)],
              ' ',
              notesOf(view, row.id, notes, row.label),
            ),
      ),
    ),
  );
}

// Small pictures side by side: how many columns, and how wide one is.
function gridOf(width, count) {
  const columns = Math.max(1, Math.min(count, 4, Math.floor((width + GAP) / (LEAST + GAP))));
  const column = Math.min(Math.floor((width - (columns - 1) * GAP) / columns), MOST);
  return { column, class: `series columns-${columns}` };
}

const figure = (svg, name) => make('figure', {}, name && make('figcaption', {}, name), svg);

function key(view, rows) {
  const { reading } = view.words;
  const open = rows.some((row) => row.lower !== row.upper);
  const about = rows.some((row) => row.lower === null && row.upper === null);
  if (!open && !about) return null;
  return make(
    'p',
    { class: 'key' },
    make('span', { class: 'sample sure' }),
    reading.stated,
    open && [
      make('span', { class: 'sample tip' }),
      reading.open,
      make('span', { class: 'sample possible' }),
      reading.possible,
    ],
    about && [make('span', { class: 'sample about' }), reading.about],
  );
}

function drawPanel(view, panel, width) {
  const options = (row) => ({ unit: view.units.get(row.unit), language: view.language });
  const bars = [...panel.intervals, ...panel.parts.flatMap(({ whole, part }) => [whole, part])];
  const grid = gridOf(width, panel.lines.length);
  const hidden = Math.max(panel.tiles.length - TILES, 0) + Math.max(panel.lines.length - LINES, 0);
  return [
    panel.intervals.length > 0 &&
      figure(intervals(width, panel.title, panel.intervals, { ...options(panel.intervals[0]), style: 'bar' })),
    panel.parts.map(({ whole, part }) => figure(parts(width, panel.title, whole, part, options(whole)))),
    bars.length > 0 && [key(view, bars), details(view, bars)],
    panel.lines.length > 0 &&
      make(
        'div',
        { class: grid.class },
        panel.lines.slice(0, LINES).map(({ rows, last }) =>
          make(
            'div',
            { class: 'one' },
            figure(
              lines(grid.column, last.label, rows, {
                ...options(last),
                together: panel.lines
                  .filter((other) => other.last.indicator === last.indicator)
                  .flatMap((other) => other.rows),
              }),
              last.label,
            ),
            make(
              'p',
              { class: 'latest' },
              last.display,
              ' · ',
              periodOf(view, last),
              ' · ',
              sourceMark(view, last.source),
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
        ),
      ),
    panel.lines.length > 0 &&
      make(
        'p',
        { class: 'key' },
        make('span', { class: 'sample dot' }),
        view.words.actual,
        make('span', { class: 'sample ring' }),
        view.words.reading.open,
        panel.rows.some((row) => row.kind === 'target') && [
          make('span', { class: 'sample diamond' }),
          view.words.target,
        ],
        make('span', { class: 'plain' }, view.words.year_end),
      ),
    panel.tiles.length > 0 &&
      make(
        'div',
        { class: 'tiles' },
        panel.tiles.slice(0, TILES).map((row) => tile(view, row)),
      ),
    hidden > 0 && make('p', { class: 'meta' }, view.words.more(hidden)),
  ];
}

function targetPanel(view) {
  const { words } = view;
  const rowsOf = (target) => {
    const past = target.actual && target.actual.id !== target.baseline?.id ? target.actual : null;
    return [
      [target.baseline, words.baseline, 'baseline'],
      [target, words.goal, 'target'],
      [past, words.reached, ''],
    ]
      .filter(([row]) => row)
      .map(([row, name, color]) => ({ ...row, color, label: `${name} · ${periodOf(view, row)}` }));
  };
  return panelOf(view, {
    id: 'targets',
    title: words.targets,
    about: words.targets_about,
    path: 'v1/targets',
    query: view.filtersWithout('kind'),
    formats: ALL_FORMATS,
    pictured: true,
    wide: true,
    rows: view.targets,
    columns: [
      [words.indicator, (row) => row.label],
      [words.period, (row) => periodOf(view, row)],
      [words.target, (row) => row.display, true],
      [words.baseline, (row) => row.baseline && `${row.baseline.display} (${periodOf(view, row.baseline)})`, true],
      [words.reached, (row) => row.actual && `${row.actual.display} (${periodOf(view, row.actual)})`, true],
      [words.verdict, (row) => [words.verdicts[row.verdict] ?? row.verdict, make('br'), row.reason]],
      [words.sources, (row) => sourceMark(view, row.source)],
    ],
    draw: (width) => {
      const grid = gridOf(width, view.targets.length);
      return make(
        'div',
        { class: grid.class },
        view.targets.map((target) =>
          make(
            'article',
            { class: 'one goal', 'data-id': target.id },
            figure(
              intervals(grid.column, target.label, rowsOf(target), {
                style: 'mark',
                unit: view.units.get(target.unit),
                language: view.language,
              }),
              target.label,
            ),
            make(
              'p',
              { class: `verdict ${target.verdict}` },
              make('strong', {}, words.verdicts[target.verdict] ?? target.verdict),
              target.reason && [' ', target.reason],
            ),
            target.distance?.display &&
              make(
                'p',
                { class: 'distance' },
                words.distance(target.distance.display),
                target.distance.reason && [' ', make('small', {}, target.distance.reason)],
              ),
            meta(view, target, `target-${target.id}`),
          ),
        ),
      );
    },
  });
}

function focusPanel(view) {
  const { words } = view;
  const pairs = view.areas.flatMap((area) => area.measures.map((measure) => ({ area, measure })));
  const instrument = (one) =>
    make(
      'li',
      { 'data-code': one.code },
      make('span', { class: 'name' }, one.name),
      ' ',
      make('span', { class: 'tag' }, words.kinds[one.kind] ?? one.kind),
      one.description && make('span', { class: 'meta' }, ' ', one.description),
      notesOf(view, `instrument-${one.code}`, one.notes, one.name),
    );
  const linkTo = (code) => {
    const name = view.indicators.get(code)?.name ?? view.names.get('indicator')?.get(code) ?? code;
    return make(
      'li',
      {},
      make(
        'a',
        { href: `#${asQuery([['indicator', code], ...(view.state.lang ? [['lang', view.state.lang]] : [])])}` },
        name,
      ),
    );
  };
  return panelOf(view, {
    id: 'focus-areas',
    title: words.focus,
    about: [words.focus_about, view.unfit.length ? ` ${words.focus_wide(view.unfit.join(', '))}` : ''],
    path: 'v1/focus-areas',
    query: view.areaFilters,
    formats: ROW_FORMATS,
    wide: true,
    rows: pairs,
    columns: [
      [words.area, ({ area }) => `${area.order}. ${area.title}`],
      [words.measure, ({ measure }) => measure.text],
      [words.document, ({ measure }) => measure.instruments.map((one) => one.name).join('; ')],
      [words.target, ({ measure }) => measure.target?.display],
      [words.period, ({ area }) => periodOf(view, area)],
    ],
    draw: () =>
      make(
        'ol',
        { class: 'areas' },
        view.areas.map((area) =>
          make(
            'li',
            { class: 'area', 'data-code': area.code },
            make('h3', {}, make('span', { class: 'order' }, area.order), ' ', area.title),
            area.description && make('p', { class: 'about-panel' }, area.description),
            make('h4', {}, words.measures),
            make(
              'ul',
              { class: 'measures' },
              area.measures.map((measure) =>
                make(
                  'li',
                  {},
                  measure.text,
                  measure.target?.display && make('strong', {}, ` ${measure.target.display}`),
                ),
              ),
            ),
            area.instruments.length > 0 && [
              make('h4', {}, words.instruments),
              make('ul', { class: 'documents' }, area.instruments.map(instrument)),
            ],
            area.indicators.length > 0 && [
              make('h4', {}, words.linked),
              make('ul', { class: 'links' }, [...new Set(area.indicators.map((one) => one.indicator))].map(linkTo)),
            ],
            make('p', { class: 'meta' }, periodOf(view, area)),
            notesOf(view, `area-${area.code}`, area.notes, area.title),
          ),
        ),
      ),
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
    wide: true,
    rows: view.sources,
    columns: [
      [words.sources, (source) => source.title],
      [words.period, (source) => source.date],
      [words.about_data, about],
    ],
    draw: () => [
      make(
        'ol',
        { class: 'sources' },
        view.sources.map((source) =>
          make(
            'li',
            { id: `source-${source.id}`, tabindex: -1 },
            /^https?:/.test(source.url ?? '')
              ? make('a', { href: source.url, rel: 'noreferrer' }, source.title)
              : source.title,
            make('span', { class: 'meta' }, ' ', about(source)),
            notesOf(view, `source-${source.id}`, source.notes, source.title),
          ),
        ),
      ),
      view.dataset.notes?.length > 0 &&
        make(
          'div',
          {},
          make('h3', {}, words.about_data),
          make(
            'ul',
            { class: 'notes' },
            view.dataset.notes.map((note) => make('li', {}, note)),
          ),
        ),
      view.dataset.license && make('p', { class: 'meta' }, view.dataset.license),
    ],
  });
}

export function panelsOf(view) {
  const { words } = view;
  const columns = observationColumns(view);
  const drawn = planPanels(
    view.rows,
    view.categories.map(({ code }) => code),
    view,
    view.state.filters,
  ).map((panel) => {
    const category = view.categories.find(({ code }) => code === panel.category);
    panel.title = category?.name ?? words.figures;
    return panelOf(view, {
      ...panel,
      about: category ? category.description : words.figures_about,
      notes: category?.notes,
      path: 'v1/observations',
      formats: ALL_FORMATS,
      columns,
      pictured: panel.intervals.length + panel.parts.length + panel.lines.length > 0,
      wide: panel.lines.length > 0,
      draw: (width) => drawPanel(view, panel, width),
    });
  });
  if (view.targets.length) drawn.push(targetPanel(view));
  if (view.areas.length) drawn.push(focusPanel(view));
  drawn.push(sourcePanel(view));
  return drawn;
}
