/**
 * A history from its text, line by line. Which of the forms it has is seen from its first line, not
 * from a name: NDJSON (interface.md), or Jepsen's of a register.
 */
import { isEdnLine, parseEdnEvent } from './event-edn.ts';
import { parseJsonEvent } from './event-json.ts';
import { HistoryError, type History, type HistoryEvent } from './history.ts';
import { HistoryReader } from './history-reader.ts';

export const LINE_CHARACTERS_MAX = 1_048_576;

type Parse = (text: string) => HistoryEvent | string | undefined;

export class HistoryText {
  readonly #reader = new HistoryReader();
  #parse: Parse | undefined;
  #lines = 0;

  get lines(): number {
    return this.#lines;
  }

  /** The next line, without its end. `isEnded`: the end was there. Throws a HistoryError. */
  add(text: string, isEnded = true): void {
    this.#lines += 1;
    if (text.trim() === '') return;
    if (text.length > LINE_CHARACTERS_MAX) throw this.#error('it is too long to be an event');
    this.#parse ??= this.#formOf(text);
    const event = this.#parse(text);
    if (event === undefined) return;
    if (typeof event !== 'string') return this.#reader.add(event, this.#lines);
    throw this.#error(isEnded ? event : `the file is cut off here: ${event}`);
  }

  /** Throws a HistoryError. */
  end(): History {
    return this.#reader.end(Math.max(1, this.#lines));
  }

  #formOf(text: string): Parse {
    if (isEdnLine(text)) return parseEdnEvent;
    if (text.trimStart().startsWith('{')) return parseJsonEvent;
    throw this.#error('this is no history: neither NDJSON nor a log of Jepsen');
  }

  #error(what: string): HistoryError {
    return new HistoryError(this.#lines, what);
  }
}

/** The history of the text. Throws a HistoryError. */
export function parseHistory(text: string): History {
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  const history = new HistoryText();
  lines.forEach((line, at) => history.add(line, at < lines.length - 1));
  return history.end();
}
