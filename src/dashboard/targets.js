// SPDX-License-Identifier: MIT
// Targets beside their baselines, each as the interval that is known, and what became of them in words.
import { make } from './dom.js';
import { intervals } from './intervals.js';
import { named, notesOfRow } from './notes.js';
import { panelOf, periodOf, sourceMark } from './panel.js';
import { pictureOf, sideBySide } from './pictures.js';

const MOST = 24; // the table has them all
const LEAST = 290;

// The rows of one picture: what was, what is aimed at, and what it came to.
function rowsOf(view, target) {
  const { words } = view;
  const past = target.actual && target.actual.id !== target.baseline?.id ? target.actual : null;
  return [
    [target.baseline, words.baseline, 'baseline'],
    [target, words.goal, 'target'],
    [past, words.reached, 'reached'],
  ]
    .filter(([row]) => row)
    .map(([row, name, color]) => ({ ...view.withWords(row), color, label: `${name} · ${periodOf(view, row)}` }));
}

const goal = (view, target, width) =>
  make(
    'article',
    { class: 'one goal', 'data-id': target.id },
    pictureOf(
      view,
      intervals(width, target.label, rowsOf(view, target), {
        style: 'mark',
        unit: view.units.get(target.unit),
        language: view.language,
      }),
      false,
      make('h3', {}, named(target.label, notesOfRow(view, target, `target-${target.id}`))),
    ),
    make(
      'p',
      { class: `verdict ${target.verdict}` },
      make('strong', {}, view.words.verdicts[target.verdict] ?? target.verdict),
      target.reason && [' ', target.reason],
      ' ',
      sourceMark(view, target.source),
    ),
    target.distance?.display &&
      make('p', { class: 'distance' }, view.words.distance(target.distance.display), target.distance.reason),
  );

export function targetPanel(view) {
  const { words } = view;
  return panelOf(view, {
    id: 'targets',
    title: words.targets,
    about: words.targets_about,
    path: 'v1/targets',
    query: view.filtersWithout('kind'),
    formats: ['csv', 'json', 'ndjson', 'jsonstat'],
    pictured: true,
    size: Math.min(view.targets.length, 3),
    rows: view.targets,
    columns: [
      [words.indicator, (row) => row.label],
      [words.period, (row) => periodOf(view, row)],
      [words.goal, (row) => row.display, 'number'],
      [words.baseline, (row) => row.baseline && `${row.baseline.display} (${periodOf(view, row.baseline)})`],
      [words.reached, (row) => row.actual && `${row.actual.display} (${periodOf(view, row.actual)})`],
      [words.verdict, (row) => [words.verdicts[row.verdict] ?? row.verdict, make('br'), row.reason], 'prose'],
      [words.sources, (row) => sourceMark(view, row.source)],
    ],
    draw: (width) => {
      const hidden = view.targets.length - MOST;
      return [
        sideBySide('series', width, view.targets.slice(0, MOST), LEAST, (target, room) => goal(view, target, room)),
        hidden > 0 && make('p', { class: 'meta' }, words.more(hidden)),
      ];
    },
  });
}
