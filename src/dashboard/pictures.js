// SPDX-License-Identifier: MIT
// What stands around a picture: its notes on top of it, and whence its rows are.
import { make } from './dom.js';
import { notesOfRow } from './notes.js';
import { periodOf, sourceMark } from './panel.js';

const GAP = 32; // between what stands side by side, as in the style sheet
const MOST_COLUMNS = 4;

// Things side by side, each at least so wide, and as many in each row as in the others. `drawn(item, width)`.
export function sideBySide(name, width, items, least, drawn) {
  const most = Math.max(1, Math.min(items.length, MOST_COLUMNS, Math.floor((width + GAP) / (least + GAP))));
  const columns = Math.ceil(items.length / Math.ceil(items.length / most));
  const column = Math.floor((width - (columns - 1) * GAP) / columns);
  const grid = make(
    'div',
    { class: name },
    items.map((item) => drawn(item, column)),
  );
  grid.style.setProperty('--columns', columns);
  return grid;
}

export const provenance = (view, row) => [
  make('span', { class: 'period' }, periodOf(view, row)),
  ' · ',
  sourceMark(view, row.source),
];

// A picture of intervals, and behind each name the mark of its notes; where rows differ in it, also whence they are.
export function pictureOf(view, { svg, anchors }, differ, title) {
  const marks = anchors.map(({ row, x, y }) => {
    const noted = row.color ? null : notesOfRow(view, row);
    if (!noted) return null;
    noted.classList.add('over');
    noted.style.left = `${x}px`;
    noted.style.top = `${y}px`;
    return noted;
  });
  return make(
    'figure',
    {},
    title && make('figcaption', {}, title),
    make('div', { class: 'picture' }, svg, marks),
    differ &&
      make(
        'ul',
        { class: 'said' },
        anchors.map(({ row }) => make('li', {}, make('span', { class: 'of' }, row.label), ': ', provenance(view, row))),
      ),
  );
}
