// SPDX-License-Identifier: MIT
// Values as what is known of them. As bars: solid as far as stated, pale as far as possible, and a tip instead of an
// edge where the end is open. As marks: a point, or a point with a line to the other end, which is an arrow where it is
// open.
import { SIZE, axisBelow, thinned } from './axis.js';
import { breakText, draw, picture, textWidth } from './dom.js';
import { extent, scale, ticks } from './scale.js';
import { shortNumber } from './words.js';

const NAME = SIZE + 1;
const LINE = 18; // from one line of words to the next
const GAP = 14;
const MARK = 26; // behind a name, for the button with its notes
const LEAST_BARS = 190; // no picture beside the names is narrower
const WIDEST_NAME = 320;
const isPoint = (row) => row.lower !== null && row.lower === row.upper;
const isUnbounded = (row) => row.lower === null && row.upper === null;

const tip = (x, y, height, direction) => {
  const way = direction * Math.min(height / 2, 9);
  return `L${x} ${y}L${x + way} ${y + height / 2}L${x} ${y + height}`;
};

const edge = (x, y, height) => draw('rect', { class: 'edge', x: x - 1, y: y - 3, width: 2, height: height + 6 });

// `sharp`: an end that is exact is told from open ones beside it.
export function bar(x, low, high, row, y, height, kind = '', sharp = true) {
  const zero = x(Math.max(low, Math.min(high, 0)));
  if (!Number.isFinite(row.value)) return null; // suppressed: the words say so
  if (isUnbounded(row)) {
    // No interval at all: only the number that was said, with a broken line.
    const end = x(row.value);
    return draw('rect', { class: `about ${kind}`, x: Math.min(zero, end), y, width: Math.abs(end - zero), height });
  }
  const sure = x(row.lower ?? low);
  const far = x(row.upper ?? high);
  if (isPoint(row)) {
    return draw(
      'g',
      { class: kind },
      draw('rect', { class: 'sure', x: Math.min(zero, sure), y, width: Math.abs(sure - zero), height }),
      sharp && edge(sure, y, height),
    );
  }
  const upward = row.lower !== null;
  return draw(
    'g',
    { class: kind },
    draw('rect', { class: 'possible', x: Math.min(sure, far), y, width: Math.abs(far - sure), height }),
    upward && draw('path', { class: 'sure', d: `M${zero} ${y}${tip(sure, y, height, 1)}L${zero} ${y + height}Z` }),
    upward && row.upper !== null && row.qualifier === 'between' && edge(far, y, height),
    !upward && edge(far, y, height),
  );
}

export function mark(x, low, high, row, y, kind = '') {
  if (!Number.isFinite(row.value)) return null;
  if (isUnbounded(row)) return draw('circle', { class: `about ${kind}`, cx: x(row.value), cy: y, r: 6 });
  if (isPoint(row)) return draw('circle', { class: `dot ${kind}`, cx: x(row.value), cy: y, r: 6 });
  const [from, to] = [x(row.lower ?? low), x(row.upper ?? high)];
  const ends = [
    [row.lower, row.lower_closed, from, -1],
    [row.upper, row.upper_closed, to, 1],
  ].map(([bound, closed, at, way]) =>
    bound === null
      ? draw('path', { class: `arrow ${kind}`, d: `M${at - way * 8} ${y - 5}L${at} ${y}L${at - way * 8} ${y + 5}` })
      : draw('circle', { class: `${closed ? 'dot' : 'ring'} ${kind}`, cx: at, cy: y, r: 6 }),
  );
  return draw('g', {}, draw('line', { class: `reach ${kind}`, x1: from, x2: to, y1: y, y2: y }), ends);
}

// A name, and its figure at the right end of the last line, or below it where there is no room: from `y` on.
function heading(row, width, y) {
  const lines = breakText(row.label, width - MARK, NAME);
  const end = textWidth(lines.at(-1), NAME);
  const room = width - end - MARK - GAP;
  const height = (lines.length + (room < textWidth(row.figure, NAME, 700) ? 1 : 0)) * LINE;
  return {
    bottom: y + height,
    anchor: { row, x: end + 2, y: y + lines.length * LINE - LINE / 2 },
    nodes: [
      lines.map((line, i) => draw('text', { class: 'name', x: 0, y: y + (i + 1) * LINE - 5 }, line)),
      draw('text', { class: 'figure', x: width, y: y + height - 5, 'text-anchor': 'end' }, row.figure),
    ],
  };
}

// Where words and pictures stand: names to the left of the bars where there is room, else above them. The figures stand
// under each other at the right end, and the unit once above them.
function layout(width, rows, unit, thick) {
  const figures = Math.max(...rows.map((row) => textWidth(row.figure, NAME, 700)));
  const natural = Math.max(...rows.map((row) => textWidth(row.label, NAME))) + 2;
  const names = Math.min(natural, WIDEST_NAME, width * 0.4);
  const beside = width - names - MARK - figures - 2 * GAP >= LEAST_BARS;
  const [left, right] = beside ? [names + MARK + GAP, width - figures - GAP] : [2, width - 12];
  const head = unit ? LINE + 2 : 0;
  let y = head;
  const placed = rows.map((row) => {
    if (!beside) {
      const words = heading(row, width, y);
      y = words.bottom + thick + 4 + GAP;
      return { ...words, top: words.bottom + 2 };
    }
    const lines = breakText(row.label, names, NAME);
    const band = Math.max(lines.length * LINE, thick);
    const first = y + (band - lines.length * LINE) / 2;
    const top = y + (band - thick) / 2;
    y += band + GAP;
    return {
      top,
      anchor: { row, x: textWidth(lines.at(-1), NAME) + 2, y: first + (lines.length - 0.5) * LINE },
      nodes: [
        lines.map((line, i) => draw('text', { class: 'name', x: 0, y: first + (i + 1) * LINE - 5 }, line)),
        draw('text', { class: 'figure', x: width, y: top + thick / 2 + 5, 'text-anchor': 'end' }, row.figure),
      ],
    };
  });
  return {
    left,
    right,
    top: head,
    bottom: y - 2,
    tops: placed.map(({ top }) => top),
    anchors: placed.map(({ anchor }) => anchor),
    nodes: [unitAbove(unit, width), placed.map(({ nodes }) => nodes)],
  };
}

const unitAbove = (unit, width) =>
  unit && draw('text', { class: 'unit', x: width, y: SIZE, 'text-anchor': 'end' }, unit);
const headOf = (rows, unit) => (rows.some((row) => row.figure !== row.display) ? (unit?.name ?? rows[0].unit) : null);
const saying = (rows) => rows.map((row) => `${row.label}: ${row.display}`).join('; ');

function axisOf(x, places, language, unit, at) {
  const numbers = places.map((place) => shortNumber(place, language));
  const labels = thinned(places, numbers, at.right - at.left);
  if (unit?.min === 0 && unit?.max === 100 && labels.at(-1)) labels[labels.length - 1] += '%';
  return axisBelow(x, places, labels, at.top - 2, at.bottom, at.left - 8, at.right + 12);
}

// `rows`: observations with a `label`, a `figure` and a `color`. `style`: 'bar' or 'mark'. Gives the picture, and where
// the notes of each row belong.
export function intervals(width, name, rows, { style = 'bar', unit, language }) {
  const bars = style === 'bar';
  const share = bars && unit?.min === 0 && unit?.max === 100;
  const thick = bars ? 20 : 12;
  const at = layout(width, rows, headOf(rows, unit), thick);
  const room = at.right - at.left;
  const [low, high] = share ? [0, 100] : extent(rows, { zero: bars, unit });
  const places = share ? [0, 25, 50, 75, 100] : ticks(low, high, room < 320 ? 2 : 4);
  const [from, to] = [places[0], places.at(-1)];
  const x = scale(from, to, at.left, at.right);
  const sharp = rows.some((row) => !isPoint(row));
  return {
    svg: picture(
      width,
      at.bottom + SIZE + 8,
      name,
      saying(rows),
      axisOf(x, places, language, unit, at),
      rows.map((row, i) =>
        bars
          ? bar(x, from, to, row, at.tops[i], thick, row.color, sharp)
          : mark(x, from, to, row, at.tops[i] + thick / 2, row.color),
      ),
      at.nodes,
    ),
    anchors: at.anchors,
  };
}

// A part inside of its whole, on one axis: the whole above, the part within it, and its words below.
export function parts(width, name, whole, part, { unit, language }) {
  const unitName = headOf([whole, part], unit);
  const head = unitName ? LINE + 2 : 0;
  const first = heading(whole, width, head);
  const top = first.bottom + 2;
  const second = heading(part, width, top + 44);
  const [low, high] = extent([whole, part], { zero: true, unit });
  const places = ticks(low, high, width < 420 ? 2 : 4);
  const [from, to] = [places[0], places.at(-1)];
  const at = { left: 2, right: width - 12, top, bottom: second.bottom + 6 };
  const x = scale(from, to, at.left, at.right);
  return {
    svg: picture(
      width,
      at.bottom + SIZE + 8,
      name,
      saying([whole, part]),
      axisOf(x, places, language, unit, at),
      unitAbove(unitName, width),
      bar(x, from, to, whole, top, 36, 'whole'),
      bar(x, from, to, part, top + 10, 16),
      draw('path', { class: 'lead', d: `M${at.left + 6} ${top + 26}V${top + 42}` }),
      first.nodes,
      second.nodes,
    ),
    anchors: [first.anchor, second.anchor],
  };
}
