/** The little of SVG and HTML that a report needs, as text. */

/** Text that may stand between tags and in attributes. */
export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

type Attributes = Readonly<Record<string, string | number>>;

/** One element; `inside` is markup. */
export function element(name: string, attributes: Attributes, inside = ''): string {
  const list = Object.entries(attributes).map(([key, value]) =>
    ` ${key}="${typeof value === 'number' ? short(value) : escapeText(value)}"`);
  return `<${name}${list.join('')}>${inside}</${name}>`;
}

export function text(x: number, y: number, words: string, attributes: Attributes = {}): string {
  return element('text', { x, y, ...attributes }, escapeText(words));
}

export function line(x1: number, y1: number, x2: number, y2: number, kind: string): string {
  return element('line', { x1, y1, x2, y2, class: kind });
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** `title` shows where a pointer rests on it. */
export function rect({ x, y, width, height }: Box, kind: string, title = ''): string {
  const inside = title === '' ? '' : element('title', {}, escapeText(title));
  return element('rect', { x, y, width: Math.max(0, width), height, class: kind }, inside);
}

export function path(steps: readonly string[], kind: string): string {
  return element('path', { d: steps.join(' '), class: kind });
}

export function move(x: number, y: number): string {
  return `M${short(x)} ${short(y)}`;
}

export function lineTo(x: number, y: number): string {
  return `L${short(x)} ${short(y)}`;
}

/** A tenth of a unit is finer than any screen. */
function short(value: number): string {
  return String(Math.round(value * 10) / 10);
}
