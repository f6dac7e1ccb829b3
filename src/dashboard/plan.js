// SPDX-License-Identifier: MIT
// Which panels there are. The description of the data decides, never a code: shares of a whole become intervals on one
// axis, an indicator that is part of another is drawn inside of it, what has several dates becomes lines, the rest
// tiles.

const POOLED = 2; // a category with as few single figures has no panel of its own

const ALIKE = 20; // so many times may one series be another on the same scale

const isShare = (unit) => unit?.min === 0 && unit?.max === 100;
const isDated = (row) => row.period !== 'undated' && Number.isFinite(row.value);

function grouped(rows, keyOf) {
  const groups = new Map();
  for (const row of rows) {
    const key = keyOf(row);
    if (groups.has(key)) groups.get(key).push(row);
    else groups.set(key, [row]);
  }
  return groups;
}

// Names of dimensions' values, joined: what tells rows of one indicator apart.
export const cellOf = (row, dimensions) => dimensions.map((name) => row[name]).filter(Boolean);

function partOf(series, all, indicators) {
  const whole = indicators.get(series.last.indicator)?.part_of;
  return all.find(
    ({ last }) =>
      last.indicator === whole &&
      last.unit === series.last.unit &&
      last.period === series.last.period &&
      last.cell === series.last.cell,
  );
}

// Series of one indicator share a scale, so that they can be compared, unless that would make some of them flat.
function scaled(lines) {
  const top = ({ rows }) => Math.max(...rows.filter(isDated).map((row) => Math.abs(row.value)));
  for (const series of grouped(lines, ({ last }) => last.indicator).values()) {
    const tops = series.map(top);
    const alike = Math.max(...tops) <= ALIKE * Math.min(...tops);
    for (const line of series) {
      line.together = alike ? series.flatMap(({ rows }) => rows) : line.rows;
      line.alone = !alike;
    }
  }
  return lines;
}

function planCategory(category, rows, { indicators, units }) {
  const all = [...grouped(rows, (row) => `${row.indicator} ${row.cell}`).values()]
    .map((points) => {
      const actual = points.filter((row) => row.kind !== 'target');
      return { points, actual, last: actual.at(-1) ?? points.at(-1) };
    })
    .filter(({ actual }) => actual.length > 0);
  const lines = all.filter(({ actual }) => actual.filter(isDated).length > 1);
  const single = all.filter((series) => !lines.includes(series));
  const pairs = single
    .map((part) => ({ part: part.last, whole: partOf(part, single, indicators)?.last }))
    .filter(({ whole }) => whole);
  const paired = new Set(pairs.flatMap(({ part, whole }) => [part, whole]));
  const shares = single.filter(({ last }) => isShare(units.get(last.unit)) && !paired.has(last));
  const intervals = shares.length > 1 ? shares.map(({ last }) => last) : [];
  const tiles = single.filter(({ last }) => !paired.has(last) && !intervals.includes(last));
  return {
    id: category,
    category,
    lines: scaled(lines.map(({ points, last }) => ({ rows: points, last }))),
    parts: pairs,
    intervals,
    tiles: tiles.flatMap(({ points }) => (lines.length ? points : points.filter((row) => row.kind !== 'target'))),
  };
}

// What a panel draws, the filters that give exactly this, and how much room it takes, in thirds of a wide screen.
function finish(panel, filters) {
  const rows = [
    ...panel.intervals,
    ...panel.parts.flatMap(({ whole, part }) => [whole, part]),
    ...panel.lines.flatMap(({ rows: points }) => points),
    ...panel.tiles,
  ];
  panel.rows = [...new Set(rows)].sort((a, b) => a.place - b.place);
  const query = new Map(filters);
  query.set('indicator', [...new Set(panel.rows.map((row) => row.indicator))].join());
  if (!panel.lines.length) query.set('kind', 'actual');
  panel.query = query;
  panel.size = Math.min(3, panel.lines.length) || (panel.intervals.length > 3 || panel.tiles.length > 3 ? 1.5 : 1);
  return panel;
}

// `rows`: observations; `order`: the codes of categories; `filters`: what was asked for.
export function planPanels(rows, order, knowledge, filters) {
  const byCategory = grouped(rows, (row) => row.category);
  const known = [...new Set([...order, ...byCategory.keys()])].filter((code) => byCategory.has(code));
  const panels = known.map((code) => planCategory(code, byCategory.get(code), knowledge));
  const few = (panel) =>
    !panel.lines.length && !panel.parts.length && !panel.intervals.length && panel.tiles.length <= POOLED;
  const pooled = panels.filter(few);
  const own = panels.filter((panel) => !few(panel));
  const tiles = pooled.flatMap((panel) => panel.tiles);
  if (tiles.length) own.splice(1, 0, { id: 'figures', category: null, lines: [], parts: [], intervals: [], tiles });
  return own.map((panel) => finish(panel, filters));
}

// Panels side by side, in their order: as many as fit into a row, which is then filled. `room`: what fits, in the unit
// of `sizes`. Gives how many of twelve columns each takes.
export function spansOf(sizes, room) {
  const spans = [];
  let row = [];
  const close = () => {
    const sum = row.reduce((all, size) => all + size, 0);
    spans.push(...row.map((size) => Math.round((size / sum) * 12)));
    row = [];
  };
  for (const size of sizes.map((one) => Math.min(one, room))) {
    if (row.length && row.reduce((all, one) => all + one, size) > room) close();
    row.push(size);
  }
  if (row.length) close();
  return spans;
}

// The number, and the words around it that are the qualifier's and the unit's; `figure` is all but the unit's words
// behind it. Where they don't come apart, all is the number.
export function splitDisplay(row, unit, qualifier) {
  const [before, after] = (unit?.pattern ?? (unit?.name ? `{} ${unit.name}` : '{}'))
    .split('{}')
    .map((text) => text ?? '');
  let rest = row.display;
  let [prefix, suffix] = ['', ''];
  if (after.trim().length && rest.endsWith(after)) {
    suffix = after;
    rest = rest.slice(0, -after.length);
  }
  for (const word of [qualifier, before, qualifier]) {
    if (word && rest.startsWith(word)) {
      prefix += rest.slice(0, word.length);
      rest = rest.slice(word.length).trimStart();
    }
  }
  if (!/^[\d.,\s\u2212-]*\d.*$/.test(rest)) return { prefix: '', number: row.display, suffix: '', figure: row.display };
  const bare = { prefix: prefix.trim(), number: rest, suffix: suffix.trim() };
  if (/^[^\p{L}\s]$/u.test(suffix)) return { ...bare, number: rest + suffix, suffix: '', figure: row.display };
  return { ...bare, figure: row.display.slice(0, row.display.length - suffix.length).trim() };
}
