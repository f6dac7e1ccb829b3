// SPDX-License-Identifier: MIT
// From numbers to places, and the round numbers between two.

export const scale = (from, to, left, right) => (value) => left + ((value - from) / (to - from || 1)) * (right - left);

// Round numbers that cover both ends, about `count` steps: steps of 1, 2, 2.5 or 5 times a power of ten.
export function ticks(low, high, count) {
  const span = high - low || Math.abs(high) || 1;
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((one) => one >= rough * 0.8);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  return Array.from({ length: Math.max(last - first, 1) + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

// The numbers of rows that an axis must reach.
export const numbersOf = (rows) =>
  rows.flatMap((row) => [row.value, row.lower, row.upper]).filter((number) => Number.isFinite(number));

// Where an axis begins and ends. Open ends need room for their arrows.
export function extent(rows, { zero = false, unit } = {}) {
  const numbers = numbersOf(rows);
  let low = zero ? Math.min(0, ...numbers) : Math.min(...numbers);
  let high = zero ? Math.max(0, ...numbers) : Math.max(...numbers);
  const room = (high - low || Math.abs(high) || 1) * 0.2;
  if (!zero || low < 0) low -= room;
  if (rows.some((row) => row.upper === null)) high += room;
  if (numbers.every((number) => number >= 0)) low = Math.max(low, 0);
  if (Number.isFinite(unit?.min)) low = Math.max(low, unit.min);
  if (Number.isFinite(unit?.max)) high = Math.min(high, unit.max);
  return [low, high > low ? high : low + 1];
}

// A period as a number of years: a day where it is, a year at its end.
export function placeOf(period) {
  const [year, month, day] = period.split('-').map(Number);
  if (!month) return year + 1;
  return (
    year +
    (Date.UTC(year, month - 1, day || 1) - Date.UTC(year, 0, 1)) / (Date.UTC(year + 1, 0, 1) - Date.UTC(year, 0, 1))
  );
}
