// SPDX-License-Identifier: MIT
// A panel: its title, the picture or the table of the same rows, and how to get them without this page.
import { address, asCurl, asFetch } from './api.js';
import { asFile, save, together } from './download.js';
import { make } from './dom.js';
import { notesOf } from './notes.js';
import { numberFormat } from './words.js';

const FORMATS = { csv: 'CSV', json: 'JSON', ndjson: 'NDJSON', jsonstat: 'JSON-stat' };

const LEAST_WIDTH = 240;

// A cube has all of its cells, in the order of its dimensions.
const asCube = (query) => [...query].filter(([name]) => !['sort', 'limit', 'offset'].includes(name));

export function fold(key, label, children, name) {
  return make(
    'details',
    { 'data-key': key },
    make('summary', { 'aria-label': name ? `${label}: ${name}` : null, 'data-key': `${key}/summary` }, label),
    children,
  );
}

export function sourceMark(view, id) {
  const number = view.sources.findIndex((source) => source.id === id) + 1;
  if (!number) return null;
  return make(
    'a',
    { class: 'source', href: `#source-${id}`, title: view.sources[number - 1].title, 'data-jump': `source-${id}` },
    view.words.source(number),
  );
}

export function periodOf(view, row) {
  if (row.period === 'undated') return view.words.undated;
  return row.period_basis === 'inferred' ? view.words.inferred(row.period) : row.period;
}

// Columns: [heading, what stands there, 'number' or 'prose']. Figures stand under each other, the unit in a column.
export function tableOf(caption, columns, rows) {
  return make(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
    make(
      'table',
      {},
      make('caption', { class: 'unseen' }, caption),
      make(
        'thead',
        {},
        make(
          'tr',
          {},
          columns.map(([heading, , kind]) => make('th', { scope: 'col', class: kind }, heading)),
        ),
      ),
      make(
        'tbody',
        {},
        rows.map((row) =>
          make(
            'tr',
            {},
            columns.map(([, cell, kind], i) =>
              make(i ? 'td' : 'th', { scope: i ? null : 'row', class: kind }, cell(row) ?? ''),
            ),
          ),
        ),
      ),
    ),
  );
}

export function observationColumns(view) {
  const { words, names } = view;
  const number = (value) =>
    value === null ? '' : numberFormat(view.language, { maximumFractionDigits: 20 }).format(value);
  return [
    [words.indicator, (row) => row.name],
    ...view.dimensions.map((name) => [view.titles.get(name), (row) => names.get(name)?.get(row[name]) ?? row[name]]),
    [words.kind, (row) => words[row.kind]],
    [words.period, (row) => periodOf(view, row)],
    [words.value, (row) => row.display, 'number'],
    [words.lower, (row) => number(row.lower), 'number'],
    [words.upper, (row) => number(row.upper), 'number'],
    [words.unit, (row) => view.units.get(row.unit)?.name ?? row.unit],
    [words.sources, (row) => sourceMark(view, row.source)],
    [words.notes_column, (row) => notesOf(view, `row-${row.id}`, row.notes, row.label)],
  ];
}

function copyable(view, key, kind, text, panel) {
  const code = make(
    'code',
    { tabindex: 0, role: 'textbox', 'aria-readonly': 'true', 'aria-label': `${kind}: ${panel}` },
    text,
  );
  const button = make(
    'button',
    {
      type: 'button',
      'data-key': key,
      'aria-label': view.words.copy_as(kind, panel),
      async onclick() {
        try {
          await navigator.clipboard.writeText(text);
          button.textContent = view.words.copied;
        } catch {
          getSelection().selectAllChildren(code);
          button.textContent = view.words.not_copied;
        }
        view.say(button.textContent);
      },
    },
    view.words.copy,
  );
  return make('div', { class: 'command' }, make('span', { class: 'kind' }, kind), make('pre', {}, code), button);
}

// `panel`: {id, path, query, formats, title}.
function dataOf(view, panel, figures) {
  const { words } = view;
  const lang = [['lang', view.language]];
  const url = address(panel.path, panel.query, lang);
  const named = `${view.dataset.id}-${panel.id}`;
  const files = panel.formats.map((format) =>
    make(
      'a',
      {
        href: address(panel.path, format === 'jsonstat' ? asCube(panel.query) : panel.query, [
          ['format', format],
          ...lang,
        ]).href,
        download: `${named}.${{ jsonstat: 'jsonstat.json' }[format] ?? format}`,
        'aria-label': `${FORMATS[format]}: ${panel.title}`,
      },
      FORMATS[format],
    ),
  );
  const pictures = ['svg', 'png'].map((type) =>
    make(
      'button',
      {
        type: 'button',
        'data-key': `${panel.id}/${type}`,
        'aria-label': `${type.toUpperCase()}: ${panel.title}`,
        async onclick() {
          const foot = `${view.dataset.title} (${view.dataset.version.slice(0, 8)})`;
          save(await asFile(together(panel.title, figures(), foot), type), `${named}.${type}`);
        },
      },
      type.toUpperCase(),
    ),
  );
  return fold(
    `get/${panel.id}`,
    words.get,
    [
      make(
        'div',
        { class: 'files' },
        make('span', { class: 'kind' }, words.download),
        files,
        panel.pictured && [make('span', { class: 'kind' }, words.picture), pictures],
      ),
      make('p', { class: 'kind' }, words.same),
      copyable(view, `${panel.id}/curl`, 'curl', asCurl(url), panel.title),
      copyable(view, `${panel.id}/fetch`, 'fetch', asFetch(url), panel.title),
    ],
    panel.title,
  );
}

// `panel`: {id, title, about, notes, foot, path, query, formats, columns, rows, draw(width) -> nodes, pictured, size}.
export function panelOf(view, panel) {
  const asTable = view.state.tables.includes(panel.id);
  const body = make('div', { class: 'body' });
  const figures = () => {
    const kept = asTable ? draw() : body;
    return [...kept.querySelectorAll('svg')].map((svg) => ({
      svg,
      name: svg.closest('figure')?.querySelector('figcaption h3')?.textContent,
    }));
  };
  const width = () => Math.max(LEAST_WIDTH, body.clientWidth);
  function draw() {
    const drawn = make('div', {}, panel.draw(width()));
    if (!asTable) return drawn;
    drawn.className = 'unseen'; // in the document, so that it has its style, for as long as a picture is made
    body.append(drawn);
    setTimeout(() => drawn.remove(), 0);
    return drawn;
  }
  const section = make(
    'section',
    { class: 'panel', id: `panel-${panel.id}`, 'aria-labelledby': `title-${panel.id}` },
    make(
      'header',
      {},
      make(
        'div',
        {},
        make('h2', { id: `title-${panel.id}` }, panel.title),
        notesOf(view, panel.id, panel.notes, panel.title),
      ),
      make(
        'button',
        {
          type: 'button',
          class: 'as-table',
          'aria-pressed': asTable,
          'data-key': `table/${panel.id}`,
          'aria-label': `${view.words.table}: ${panel.title}`,
          onclick: () => view.toggleTable(panel.id),
        },
        view.words.table,
      ),
    ),
    panel.about && make('p', { class: 'about-panel' }, panel.about),
    body,
    make('footer', {}, panel.foot && make('p', { class: 'meta' }, panel.foot), dataOf(view, panel, figures)),
  );
  section.size = panel.size;
  section.room = width;
  section.redraw = (room) => {
    if (section.drawn === room) return;
    section.drawn = room;
    body.replaceChildren(
      ...(asTable
        ? [tableOf(`${view.words.table}: ${panel.title}`, panel.columns, panel.rows)]
        : [panel.draw(room)].flat(Infinity).filter(Boolean)),
    );
  };
  return section;
}
