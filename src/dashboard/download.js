// SPDX-License-Identifier: MIT
// Pictures as files. A file has no style sheet, so what the style sheet says is written into its elements; a PNG is
// drawn on a canvas from those elements, since the page's policy loads no picture that the server did not send.
import { draw, textWidth } from './dom.js';

const STYLES = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-opacity',
  'stroke-dasharray',
  'stroke-linecap',
  'stroke-linejoin',
  'paint-order',
  'font-family',
  'font-size',
  'font-weight',
];
const GAP = 16;

function styled(element) {
  const copy = element.cloneNode(false);
  const style = getComputedStyle(element);
  copy.removeAttribute('class');
  for (const name of STYLES) copy.setAttribute(name, style.getPropertyValue(name));
  for (const child of element.childNodes) {
    copy.append(child.nodeType === Node.ELEMENT_NODE ? styled(child) : child.cloneNode());
  }
  return copy;
}

// The pictures of a panel below each other, under its title and above its sources.
export function together(title, figures, foot) {
  const body = getComputedStyle(document.body);
  const text = (words, y, size, weight) =>
    draw(
      'text',
      { x: GAP, y, 'font-size': size, 'font-weight': weight, 'font-family': body.fontFamily, fill: body.color },
      words,
    );
  const nodes = [text(title, GAP + 16, 18, 700)];
  let y = GAP + 40;
  let width = Math.max(320, textWidth(title, 18, 700), textWidth(foot, 12));
  for (const { name, svg } of figures) {
    if (name) {
      nodes.push(text(name, y + 8, 14, 700));
      y += 22;
      width = Math.max(width, textWidth(name, 14, 700));
    }
    nodes.push(draw('g', { transform: `translate(${GAP} ${y})` }, [...svg.children].map(styled)));
    y += svg.height.baseVal.value + GAP;
    width = Math.max(width, svg.width.baseVal.value);
  }
  nodes.push(text(foot, y + 4, 12, 400));
  const size = { width: Math.ceil(width + 2 * GAP), height: Math.ceil(y + GAP + 4) };
  return draw(
    'svg',
    { xmlns: 'http://www.w3.org/2000/svg', ...size, viewBox: `0 0 ${size.width} ${size.height}` },
    draw('title', {}, title),
    draw('rect', {
      width: size.width,
      height: size.height,
      fill: getComputedStyle(document.documentElement).backgroundColor,
    }),
    nodes,
  );
}

function paint(pen, element, inherited) {
  const value = (name) => element.getAttribute(name);
  const number = (name) => Number(value(name) ?? 0);
  pen.save();
  const shift = value('transform')?.match(/translate\(([-\d.]+) ([-\d.]+)\)/);
  if (shift) pen.translate(Number(shift[1]), Number(shift[2]));
  const style = Object.fromEntries(STYLES.map((name) => [name, value(name) ?? inherited[name]]));
  if (element.tagName === 'text') {
    pen.font = `${style['font-weight']} ${parseFloat(style['font-size'])}px ${style['font-family']}`;
    pen.fillStyle = style.fill;
    pen.textAlign = { middle: 'center', end: 'right' }[value('text-anchor')] ?? 'left';
    if (style.stroke && style.stroke !== 'none') {
      // an edge in the page's colour, behind the letters
      pen.strokeStyle = style.stroke;
      pen.lineWidth = parseFloat(style['stroke-width']);
      pen.lineJoin = 'round';
      pen.strokeText(element.textContent, number('x'), number('y'));
    }
    pen.fillText(element.textContent, number('x'), number('y'));
  } else if (['rect', 'circle', 'line', 'path'].includes(element.tagName)) {
    const shape = element.tagName === 'path' ? new Path2D(value('d')) : new Path2D();
    if (element.tagName === 'rect') shape.rect(number('x'), number('y'), number('width'), number('height'));
    if (element.tagName === 'circle') shape.arc(number('cx'), number('cy'), number('r'), 0, 2 * Math.PI);
    if (element.tagName === 'line') {
      shape.moveTo(number('x1'), number('y1'));
      shape.lineTo(number('x2'), number('y2'));
    }
    if (style.fill && style.fill !== 'none') {
      pen.globalAlpha = Number(style['fill-opacity'] ?? 1);
      pen.fillStyle = style.fill;
      pen.fill(shape);
    }
    if (style.stroke && style.stroke !== 'none') {
      pen.globalAlpha = Number(style['stroke-opacity'] ?? 1);
      pen.strokeStyle = style.stroke;
      pen.lineWidth = parseFloat(style['stroke-width'] ?? 1);
      pen.setLineDash(
        style['stroke-dasharray'] === 'none'
          ? []
          : (style['stroke-dasharray'] ?? '').split(/[ ,]+/).filter(Boolean).map(parseFloat),
      );
      pen.stroke(shape);
    }
  } else if (element.tagName !== 'title') {
    for (const child of element.children) paint(pen, child, style);
  }
  pen.restore();
}

export async function asFile(svg, type) {
  if (type === 'svg') return new Blob([new XMLSerializer().serializeToString(svg)], { type: 'image/svg+xml' });
  const canvas = document.createElement('canvas');
  const sharp = 2; // dots for each point, so that it can be printed
  canvas.width = Number(svg.getAttribute('width')) * sharp;
  canvas.height = Number(svg.getAttribute('height')) * sharp;
  const pen = canvas.getContext('2d');
  pen.scale(sharp, sharp);
  paint(pen, svg, {});
  return new Promise((resolve) => {
    canvas.toBlob(resolve, 'image/png');
  });
}

export function save(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
