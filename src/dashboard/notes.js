// SPDX-License-Identifier: MIT
// Notes, one click away from what they are about: a mark that opens them beside it. On paper, where nothing opens, they
// stand at the end of their panel.
import { make } from './dom.js';

const EDGE = 8; // from the window's sides
const WIDEST = 420;

// Below the mark, or above it where there is more room, and never beyond the window.
function placeBeside(box, mark) {
  const at = mark.getBoundingClientRect();
  const page = document.documentElement;
  const width = Math.min(WIDEST, page.clientWidth - 2 * EDGE);
  const below = innerHeight - at.bottom;
  const up = below < at.top && below < 0.4 * innerHeight;
  const { style } = box;
  style.width = `${width}px`;
  style.left = `${Math.min(Math.max(at.left - EDGE, EDGE), page.clientWidth - width - EDGE) + scrollX}px`;
  style.top = up ? 'auto' : `${at.bottom + scrollY + 4}px`;
  style.bottom = up ? `${page.clientHeight - at.top - scrollY + 4}px` : 'auto';
  style.maxHeight = `${(up ? at.top : below) - 2 * EDGE}px`;
}

export function notesOf(view, key, said, name) {
  const notes = [...new Set(said)];
  if (!notes.length) return null;
  const id = `notes-${key}`;
  const label = `${view.words.notes(notes.length)}: ${name}`;
  const box = make(
    'div',
    { id, class: 'notes-box', popover: 'auto', role: 'group', 'aria-label': label, 'data-about': name, tabindex: 0 },
    make(
      'ul',
      { class: 'notes' },
      notes.map((note) => make('li', {}, note)),
    ),
  );
  const mark = make(
    'button',
    { type: 'button', class: 'mark', popovertarget: id, 'data-key': id, 'aria-label': label, title: label },
    make('span', { 'aria-hidden': 'true' }, 'i'),
  );
  box.addEventListener('beforetoggle', (event) => {
    if (event.newState === 'open') placeBeside(box, mark);
  });
  return make('span', { class: 'noted' }, mark, box);
}

// A name and its mark, which never begins a line: it stays with the last word, or the last Chinese character.
export function named(name, mark) {
  if (!mark) return name;
  const [last] = name.match(/[\u2e80-\uffef]$|\S*$/);
  return [name.slice(0, name.length - last.length), make('span', { class: 'together' }, last, mark)];
}

// Each note once, behind the names of all that it is about.
function listOnPaper(panel) {
  const about = new Map();
  for (const box of panel.querySelectorAll('.notes-box')) {
    for (const { textContent: note } of box.querySelectorAll('li')) {
      about.set(note, (about.get(note) ?? new Set()).add(box.dataset.about));
    }
  }
  const items = [...about].map(([note, names]) => make('li', {}, make('b', {}, [...names].join(', ')), ` ${note}`));
  return items.length ? make('ul', { class: 'notes on-paper' }, items) : null;
}

export function noteOnPaper() {
  clearPaper();
  for (const panel of document.querySelectorAll('.panel')) panel.append(listOnPaper(panel) ?? '');
}

export function clearPaper() {
  for (const list of document.querySelectorAll('.on-paper')) list.remove();
}

// The notes on a row, and those on its indicator.
export const notesOfRow = (view, row, key = row.id) =>
  notesOf(view, key, [...row.notes, ...(view.indicators.get(row.indicator)?.notes ?? [])], row.label);
