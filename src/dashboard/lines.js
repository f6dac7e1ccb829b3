// SPDX-License-Identifier: MIT
// A series over time. A point that is a bound has an arrow to where the value may be, and the band follows the bounds:
// the line alone would say more than is known. Where a long series has a gap, the line has one, too.
import { SIZE, axisBelow, axisBeside, thinned } from './axis.js';
import { draw, picture, textWidth } from './dom.js';
import { extent, placeOf, scale, ticks } from './scale.js';
import { shortNumber, wordsIn } from './words.js';

const TOP = 14;
const BOTTOM = 158;
const FEW = 16; // points that are drawn one by one
const isPoint = (row) => row.lower !== null && row.lower === row.upper;
const hasBounds = (row) => row.lower !== null || row.upper !== null;

function pointer(x, y, row) {
  const { kind } = row;
  const shape =
    kind === 'target'
      ? draw('path', {
          class: `${hasBounds(row) ? 'dot' : 'about'} target`,
          d: `M${x} ${y - 6}L${x + 6} ${y}L${x} ${y + 6}L${x - 6} ${y}Z`,
        })
      : draw('circle', {
          class: hasBounds(row) ? (isPoint(row) ? 'dot' : 'ring') : 'about',
          cx: x,
          cy: y,
          r: 4.5,
        });
  const arrow = (way) => {
    const far = Math.min(Math.max(y + way * 22, TOP - 8), BOTTOM);
    return draw('path', {
      class: `arrow thin ${kind}`,
      d: `M${x} ${y + way * 6}V${far}M${x - 4} ${far - way * 5}L${x} ${far}L${x + 4} ${far - way * 5}`,
    });
  };
  return [
    hasBounds(row) && (row.upper === null || row.upper > row.value) && arrow(-1),
    hasBounds(row) && (row.lower === null || row.lower < row.value) && arrow(1),
    shape,
  ];
}

// The points between which a line may be drawn. Few points show themselves where they are; among many, a step of more
// than the usual one is a gap.
function runsOf(rows) {
  const steps = rows
    .slice(1)
    .map((row, i) => placeOf(row.period) - placeOf(rows[i].period))
    .sort((a, b) => a - b);
  const most = rows.length > FEW ? steps[Math.floor(steps.length / 2)] * 1.5 : Infinity;
  const runs = [[]];
  rows.forEach((row, i) => {
    if (i && placeOf(row.period) - placeOf(rows[i - 1].period) > most) runs.push([]);
    runs.at(-1).push(row);
  });
  return runs;
}

// `rows`: of one series, in order; targets stand beside the line. `together`: the rows that the scale has to fit.
export function lines(width, name, rows, { unit, language, together = rows }) {
  const words = wordsIn(language);
  const numbers = together.map((row) => row.value).filter(Number.isFinite);
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  const places = ticks(...extent(together, { zero: least >= 0 && least < 0.6 * most, unit }), 3);
  const labels = places.map((place) => shortNumber(place, language));
  const left = Math.max(...labels.map((label) => textWidth(label, SIZE))) + 10;
  const dated = rows.filter((row) => row.period !== 'undated' && Number.isFinite(row.value));
  const times = dated.map((row) => placeOf(row.period));
  const years = [];
  for (let year = Math.floor(Math.min(...times)); year <= Math.ceil(Math.max(...times)); year += 1) years.push(year);
  if (years.length < 2) years.push(years[0] + 1);
  const x = scale(years[0], years.at(-1), left + 6, width - 14);
  const y = scale(places[0], places.at(-1), BOTTOM, TOP);
  const actual = dated.filter((row) => row.kind !== 'target');
  const runs = runsOf(actual);
  const path = (run) => run.map((row, i) => `${i ? 'L' : 'M'}${x(placeOf(row.period))} ${y(row.value)}`).join('');
  const side = (row, bound, open) => `${x(placeOf(row.period))} ${row[bound] === null ? open : y(row[bound])}`;
  const bands = actual.slice(1).map((row, i) => {
    const before = actual[i];
    if (!hasBounds(row) || !hasBounds(before) || (isPoint(row) && isPoint(before))) return null;
    return draw('path', {
      class: 'band',
      d:
        `M${side(before, 'upper', TOP)}L${side(row, 'upper', TOP)}` +
        `L${side(row, 'lower', BOTTOM)}L${side(before, 'lower', BOTTOM)}Z`,
    });
  });
  const shown = new Set(actual.length > FEW ? [actual.at(-1), ...runs.filter((run) => run.length < 2).flat()] : actual);
  // A tick closes the year that is written below it.
  const yearLabels = thinned(
    years,
    years.map((year) => String(year - 1)),
    width - left - 20,
  );
  return picture(
    width,
    BOTTOM + SIZE + 10,
    name,
    `${unit?.name ?? rows[0].unit}. ` +
      dated.map((row) => `${row.period}, ${words[row.kind] ?? row.kind}: ${row.display}`).join('; '),
    axisBeside(y, places, labels, left, width - 8),
    axisBelow(x, years, yearLabels, BOTTOM - 4, BOTTOM, left - 8, width),
    bands,
    runs.map((run) => draw('path', { class: 'line', d: path(run) })),
    dated
      .filter((row) => row.kind === 'target' || shown.has(row) || (hasBounds(row) && !isPoint(row)))
      .map((row) => pointer(x(placeOf(row.period)), y(row.value), row)),
  );
}
