// SPDX-License-Identifier: MIT
// An axis: fine lines, and numbers at the ends of them.
import { draw, textWidth } from './dom.js';

export const SIZE = 13; // of the letters in pictures

// The numbers stand in the middle below their lines, but never beyond `left` and `right`.
export function axisBelow(x, places, labels, top, bottom, left, right) {
  return draw(
    'g',
    { class: 'axis' },
    places.map((place, i) => {
      const half = textWidth(labels[i], SIZE) / 2;
      const at = Math.min(Math.max(x(place), left + half), right - half);
      return [
        draw('line', { class: 'grid', x1: x(place), x2: x(place), y1: top, y2: bottom }),
        labels[i] && draw('text', { x: at, y: bottom + SIZE + 5, 'text-anchor': 'middle' }, labels[i]),
      ];
    }),
  );
}

export function axisBeside(y, places, labels, left, right) {
  return draw(
    'g',
    { class: 'axis' },
    places.map((place, i) => [
      draw('line', { class: 'grid', x1: left, x2: right, y1: y(place), y2: y(place) }),
      draw('text', { x: left - 8, y: y(place) + SIZE / 3, 'text-anchor': 'end' }, labels[i]),
    ]),
  );
}

// Fewer labels where they would touch.
export function thinned(places, labels, room) {
  const widest = Math.max(...labels.map((label) => textWidth(label, SIZE))) + 14;
  const every = Math.max(1, Math.ceil((widest * (places.length - 1)) / room));
  return labels.map((label, i) => (i % every === 0 ? label : ''));
}
