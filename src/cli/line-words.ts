/**
 * The words of a command line. Blanks part them; a word in double quotes may hold blanks, and in it
 * \" and \\ stand for " and \. So may the value in `--name="Alice B"`.
 */
import { STATEMENT_OPTIONS } from './statement-parts.ts';

export interface Word {
  /** Without the quotes. */
  readonly text: string;
  readonly isQuoted: boolean;
}

const WORD = /[ \t]*(?:(--[A-Za-z-]+=)?"((?:[^"\\]|\\["\\])*)"(?=[ \t]|$)|([^ \t]+))/y;
const BEGINS_QUOTED = /^(?:--[A-Za-z-]+=)?"/;

/** Undefined where a quoted word does not end, or does not end well. */
export function splitWords(line: string): readonly Word[] | undefined {
  const text = line.replace(/[ \t]+$/, '');
  const words: Word[] = [];
  WORD.lastIndex = 0;
  while (WORD.lastIndex < text.length) {
    const [, flag = '', quoted, plain = ''] = WORD.exec(text) ?? [];
    if (quoted === undefined) {
      if (BEGINS_QUOTED.test(plain)) return undefined;
      words.push({ text: plain, isQuoted: false });
    } else {
      words.push({ text: flag + quoted.replaceAll(/\\(.)/g, '$1'), isQuoted: flag === '' });
    }
  }
  return words;
}

/** Options without a value: nothing behind them is one. */
const FLAGS: ReadonlySet<string> = new Set(
  STATEMENT_OPTIONS.filter(({ value }) => value === undefined).map(({ word }) => word));
/** A date and a time, with a blank between them. */
const MOMENT = /^[0-9-]+ [0-9]/;

/**
 * The line that words given as arguments make. The shell has taken the quotes off the value of an
 * option, or off a time behind AT: they are put back. Other words may be a piece of a line, such as
 * 'QUERY 100'.
 */
export function joinWords(words: readonly string[]): string {
  const line = words.map((word, at) => {
    const [, flag = '', value = ''] = /^(--[A-Za-z-]+=)([^]*)$/.exec(word) ?? [];
    if (flag !== '') return flag + quoteValue(value);
    return isValue(word, words[at - 1] ?? '') ? quoteValue(word) : word;
  });
  return line.join(' ');
}

function isValue(word: string, before: string): boolean {
  if (/^(?:.* )?at$/i.test(before)) return MOMENT.test(word);
  return /^--[A-Za-z-]+$/.test(before) && !FLAGS.has(before.toLowerCase());
}

function quoteValue(value: string): string {
  if (/^(?!--|if$)[^ \t"]+$/i.test(value)) return value;
  return `"${value.replaceAll(/["\\]/g, '\\$&')}"`;
}
