/** An answer as it is printed: a line of text, in colour for people, or a JSON object. */
import type { ChalkInstance } from 'chalk';
import type { Answer } from './answer.ts';
import { EXIT } from './exit-status.ts';

export type Render = (answer: Answer) => string;

/** One object a line, never in colour. JSON lets two signs stand that end a line for some. */
export const renderJson: Render = ({ json }) =>
  JSON.stringify(json).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');

/** `OK` in green, `ERR WORDS:` in red; what is unknown or unavailable in yellow. */
export function renderText(paint: ChalkInstance): Render {
  if (paint.level === 0) return (answer) => answer.text;
  return (answer) => {
    const { text, status } = answer;
    const head = /^(?:OK|ERR [^:]*:)/.exec(text)?.[0] ?? '';
    const painted = paintHead(paint, head, status);
    return painted + text.slice(head.length);
  };
}

/** The same, with tables and texts where a person is better served by them. */
export function renderScreen(paint: ChalkInstance): Render {
  const render = renderText(paint);
  return (answer) => answer.screen?.(paint) ?? render(answer);
}

function paintHead(paint: ChalkInstance, head: string, status: number): string {
  if (status === EXIT.done) return paint.green(head);
  return status === EXIT.refused ? paint.red(head) : paint.yellow(head);
}
