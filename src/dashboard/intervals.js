// SPDX-License-Identifier: MIT
// Values as what is known of them. As bars: solid as far as stated, pale as far as possible, and a tip instead of an
// edge where the end is open. As marks: a point, or a point with a line to the other end, which is an arrow where it is
// open.
import { SIZE, axisBelow, thinned } from './axis.js';
import { breakText, draw, picture, textWidth } from './dom.js';
import { extent, scale, ticks } from './scale.js';
import { shortNumber, wordsIn } from './words.js';

const LINE = SIZE + 5;
const isPoint = (row) => row.lower !== null && row.lower === row.upper;

const tip = (x, y, height, direction) => {
  const way = direction * Math.min(height / 2, 9);
  return `L${x} ${y}L${x + way} ${y + height / 2}L${x} ${y + height}`;
};

export function bar(x, low, high, row, y, height, kind = '') {
  const zero = x(Math.max(low, Math.min(high, 0)));
  if (row.lower === null && row.upper === null) {
    // No interval at all: only the number that was said, with a broken line.
    return draw('rect', { class: `about ${kind}`, x: zero, y, width: Math.max(x(row.value) - zero, 0), height });
  }
  const sure = x(row.lower ?? low);
  const far = x(row.upper ?? high);
  if (isPoint(row)) {
    return draw(
      'g',
      { class: kind },
      draw('rect', { class: 'sure', x: Math.min(zero, sure), y, width: Math.abs(sure - zero), height }),
      draw('rect', { class: 'edge', x: sure - 1.5, y: y - 3, width: 3, height: height + 6 }),
    );
  }
  const upward = row.lower !== null;
  const stem = upward ? sure : x(row.upper);
  return draw(
    'g',
    { class: kind },
    draw('rect', { class: 'possible', x: Math.min(sure, far), y, width: Math.abs(far - sure), height }),
    upward && draw('path', { class: 'sure', d: `M${zero} ${y}${tip(stem, y, height, 1)}L${zero} ${y + height}Z` }),
    upward &&
      row.upper !== null &&
      row.qualifier === 'between' &&
      draw('rect', { class: 'edge', x: far - 1.5, y: y - 3, width: 3, height: height + 6 }),
    !upward && draw('rect', { class: 'edge', x: stem - 1.5, y: y - 3, width: 3, height: height + 6 }),
  );
}

export function mark(x, low, high, row, y, kind = '') {
  if (row.lower === null && row.upper === null) {
    return draw('circle', { class: `about ${kind}`, cx: x(row.value), cy: y, r: 6 });
  }
  if (isPoint(row)) return draw('circle', { class: `dot ${kind}`, cx: x(row.value), cy: y, r: 6 });
  const [from, to] = [x(row.lower ?? low), x(row.upper ?? high)];
  const ends = [];
  for (const [bound, closed, at, way] of [
    [row.lower, row.lower_closed, from, -1],
    [row.upper, row.upper_closed, to, 1],
  ]) {
    if (bound === null)
      ends.push(
        draw('path', { class: `arrow ${kind}`, d: `M${at - way * 8} ${y - 5}L${at} ${y}L${at - way * 8} ${y + 5}` }),
      );
    else ends.push(draw('circle', { class: `${closed ? 'dot' : 'ring'} ${kind}`, cx: at, cy: y, r: 6 }));
  }
  return draw('g', {}, draw('line', { class: `reach ${kind}`, x1: from, x2: to, y1: y, y2: y }), ends);
}

// A line of words above each bar or mark: the name to the left, the value as the API displays it to the right.
function caption(row, width, y) {
  const value = textWidth(row.display, SIZE + 1, 700);
  const lines = breakText(row.label, Math.max(width - value - 16, width * 0.4), SIZE + 1);
  return {
    height: lines.length * LINE,
    nodes: [
      lines.map((line, i) => draw('text', { class: 'name', x: 0, y: y + (i + 1) * LINE - 6 }, line)),
      draw('text', { class: 'figure', x: width, y: y + lines.length * LINE - 6, 'text-anchor': 'end' }, row.display),
    ],
  };
}

// `rows`: observations with a `label`, and a `kind` that colours them. `style`: 'bar' or 'mark'.
export function intervals(width, name, rows, { style = 'bar', unit, language }) {
  const words = wordsIn(language);
  const share = unit?.min === 0 && unit?.max === 100;
  const [low, high] = share && style === 'bar' ? [0, 100] : extent(rows, { zero: style === 'bar', unit });
  const places = share && style === 'bar' ? [0, 25, 50, 75, 100] : ticks(low, high, width < 420 ? 3 : 5);
  const [from, to] = [places[0], places.at(-1)];
  const x = scale(from, to, 2, width - 12);
  const thick = style === 'bar' ? 18 : 12;
  const nodes = [];
  let y = 0;
  for (const row of rows) {
    const words_above = caption(row, width, y);
    y += words_above.height;
    nodes.push(
      words_above.nodes,
      style === 'bar' ? bar(x, from, to, row, y, thick, row.color) : mark(x, from, to, row, y + 8, row.color),
    );
    y += thick + 16;
  }
  const labels = thinned(
    places,
    places.map((place) => shortNumber(place, language)),
    width,
  );
  const axis = axisBelow(x, places, labels, 0, y, width);
  const title = draw('text', { class: 'unit', x: 0, y: y + 2 * SIZE + 10 }, words.axis(unit?.name ?? rows[0].unit));
  const says = rows.map((row) => `${row.label}: ${row.display}`).join('; ');
  return picture(width, y + 2 * SIZE + 18, name, says, axis, nodes, title);
}

// A part inside of its whole, on one axis.
export function parts(width, name, whole, part, { unit, language }) {
  const [low, high] = extent([whole, part], { zero: true, unit });
  const places = ticks(low, high, width < 420 ? 3 : 5);
  const [from, to] = [places[0], places.at(-1)];
  const x = scale(from, to, 2, width - 12);
  const first = caption(whole, width, 0);
  const second = caption(part, width, first.height + 44);
  const top = first.height + 2;
  const bottom = first.height + 44 + second.height;
  const labels = thinned(
    places,
    places.map((place) => shortNumber(place, language)),
    width,
  );
  return picture(
    width,
    bottom + 2 * SIZE + 16,
    name,
    [whole, part].map((row) => `${row.label}: ${row.display}`).join('; '),
    axisBelow(x, places, labels, 0, bottom, width),
    first.nodes,
    second.nodes,
    bar(x, from, to, whole, top, 34, 'whole'),
    bar(x, from, to, part, top + 9, 16, ''),
    draw('path', { class: 'lead', d: `M${x(0) + 6} ${top + 27}V${bottom - second.height + 2}` }),
    draw('text', { class: 'unit', x: 0, y: bottom + 2 * SIZE + 10 }, wordsIn(language).axis(unit?.name ?? whole.unit)),
  );
}
