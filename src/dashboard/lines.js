// SPDX-License-Identifier: MIT
// A series over time. A point that is a bound has an arrow to where the value may be, and the band follows the bounds:
// the line alone would say more than is known.
import { SIZE, axisBelow, axisBeside, thinned } from './axis.js';
import { draw, picture, textWidth } from './dom.js';
import { extent, placeOf, scale, ticks } from './scale.js';
import { shortNumber, wordsIn } from './words.js';

const HEIGHT = 190;
const isPoint = (row) => row.lower !== null && row.lower === row.upper;
const hasBounds = (row) => row.lower !== null || row.upper !== null;

function pointer(x, y, row, top, bottom) {
  const at = [x, y];
  const kind = row.kind;
  const shape =
    kind === 'target'
      ? draw('path', {
          class: `${hasBounds(row) ? 'dot' : 'about'} target`,
          d: `M${x} ${y - 6}L${x + 6} ${y}L${x} ${y + 6}L${x - 6} ${y}Z`,
        })
      : draw('circle', {
          class: hasBounds(row) ? (isPoint(row) ? 'dot' : 'ring') : 'about',
          cx: at[0],
          cy: at[1],
          r: 4.5,
        });
  const arrows = [];
  if (hasBounds(row) && !isPoint(row)) {
    for (const [end, way] of [
      [row.upper === null || row.upper > row.value ? top : null, -1],
      [row.lower === null || row.lower < row.value ? bottom : null, 1],
    ]) {
      if (end === null) continue;
      const far = way < 0 ? Math.max(y - 22, top) : Math.min(y + 22, bottom);
      arrows.push(
        draw('path', {
          class: `arrow thin ${kind}`,
          d: `M${x} ${y + way * 6}V${far}M${x - 4} ${far - way * 5}L${x} ${far}L${x + 4} ${far - way * 5}`,
        }),
      );
    }
  }
  return [arrows, shape];
}

// `rows`: of one series, in order; targets stand beside the line.
export function lines(width, name, rows, { unit, language, together = rows }) {
  const words = wordsIn(language);
  const numbers = together.map((row) => row.value).filter(Number.isFinite);
  const zero = unit?.min === 0 && Math.min(...numbers) < 0.6 * Math.max(...numbers);
  const places = ticks(...extent(together, { zero, unit }), 4);
  const labels = places.map((place) => shortNumber(place, language));
  const left = Math.max(...labels.map((label) => textWidth(label, SIZE))) + 10;
  const dated = rows.filter((row) => row.period !== 'undated');
  const times = dated.map((row) => placeOf(row.period));
  const years = [];
  for (let year = Math.floor(Math.min(...times)); year <= Math.ceil(Math.max(...times)); year += 1) years.push(year);
  if (years.length < 2) years.push(years[0] + 1);
  const x = scale(years[0], years.at(-1), left + 6, width - 14);
  const y = scale(places[0], places.at(-1), HEIGHT, 12);
  const actual = dated.filter((row) => row.kind !== 'target');
  const path = (chosen) => chosen.map((row, i) => `${i ? 'L' : 'M'}${x(placeOf(row.period))} ${y(row.value)}`).join('');
  const edge = (row, bound, open) => `${x(placeOf(row.period))} ${row[bound] === null ? open : y(row[bound])}`;
  const bands = actual.slice(1).map((row, i) => {
    const before = actual[i];
    if (!hasBounds(row) || !hasBounds(before) || (isPoint(row) && isPoint(before))) return null;
    return draw('path', {
      class: 'band',
      d:
        `M${edge(before, 'upper', 12)}L${edge(row, 'upper', 12)}` +
        `L${edge(row, 'lower', HEIGHT)}L${edge(before, 'lower', HEIGHT)}Z`,
    });
  });
  // A tick closes the year that is written below it.
  const yearLabels = thinned(
    years,
    years.map((year) => String(year - 1)),
    width - left - 20,
  );
  return picture(
    width,
    HEIGHT + 2 * SIZE + 18,
    name,
    dated.map((row) => `${row.period}, ${words[row.kind] ?? row.kind}: ${row.display}`).join('; '),
    axisBeside(y, places, labels, left, width - 8),
    axisBelow(x, years, yearLabels, HEIGHT - 5, HEIGHT, width),
    bands,
    draw('path', { class: 'line', d: path(actual) }),
    dated.map((row) => pointer(x(placeOf(row.period)), y(row.value), row, 12, HEIGHT)),
    draw('text', { class: 'unit', x: 0, y: HEIGHT + 2 * SIZE + 10 }, words.axis(unit?.name ?? rows[0].unit)),
  );
}
