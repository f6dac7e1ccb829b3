// SPDX-License-Identifier: MIT
// Elements made of names, attributes and children. Texts are put in as texts: there is no way from data to markup.

const SVG = 'http://www.w3.org/2000/svg';

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || (value === false && !name.startsWith('aria-'))) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true && !name.startsWith('aria-') ? '' : String(value));
  }
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

export const make = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);

export const draw = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

// A picture of its own size, with its name and what it says for those who don't see it.
export function picture(width, height, name, description, ...children) {
  return draw(
    'svg',
    { width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': `${name}. ${description}` },
    ...children,
  );
}

const pen = document.createElement('canvas').getContext('2d');
const MOST_WIDTHS = 4000; // remembered: the same words are measured for each drawing
const widths = new Map();
let family;

export function textWidth(text, size, weight = 400) {
  const key = `${weight} ${size} ${text}`;
  if (!widths.has(key)) {
    if (widths.size >= MOST_WIDTHS) widths.clear();
    family ??= getComputedStyle(document.body).fontFamily;
    pen.font = `${weight} ${size}px ${family}`;
    widths.set(key, pen.measureText(text).width);
  }
  return widths.get(key);
}

// The lines into which a text is broken. Chinese breaks after any character, other texts at spaces.
export function breakText(text, width, size, weight) {
  const pieces = text.match(/[\u2e80-\u9fff\uff00-\uffef]|[^\s\u2e80-\u9fff\uff00-\uffef]+\s*|\s+/g) ?? [text];
  const lines = [''];
  for (const piece of pieces) {
    const last = lines.length - 1;
    if (lines[last] && textWidth((lines[last] + piece).trimEnd(), size, weight) > width) lines.push(piece);
    else lines[last] += piece;
  }
  return lines.map((line) => line.trim());
}
