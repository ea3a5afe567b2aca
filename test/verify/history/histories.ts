/** Histories written by hand, one event a line: `1 invoke deposit 100 5.00`, `1 ok "OK 45.00"`. */
import { checkHistory, type CheckOptions, type HistoryVerdict } from
  '../../../src/verify/history/check-history.ts';
import type { HistoryEvent } from '../../../src/verify/history/history.ts';
import { historyOf } from '../../../src/verify/history/history-reader.ts';

/** A line is process, type, and then, of an invocation, op and args (`@key` first), or a result. */
export function eventsOfText(text: string): HistoryEvent[] {
  const lines = text.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  return lines.map((line) => {
    const [process = '', type = '', ...rest] = line.split(/\s+/);
    const request = rest.at(-1)?.startsWith('#') === true ? rest.pop()?.slice(1) : undefined;
    const key = rest[0]?.startsWith('@') === true ? rest.shift() : undefined;
    const event = {
      process: Number(process), type: type as HistoryEvent['type'],
      ...(request === undefined ? {} : { request }), ...(key === undefined ? {} : { key }),
    };
    if (type === 'invoke') return { ...event, op: rest[0] ?? '', args: rest.slice(1) };
    const result = rest.join(' ');
    const isJson = /^[[{"]/.test(result);
    if (result === '') return event;
    return { ...event, result: isJson ? JSON.parse(result) as unknown : result };
  });
}

export function check(text: string, options: CheckOptions = {}): HistoryVerdict {
  return checkHistory(historyOf(eventsOfText(text)), options);
}

/** Each operation alone: `deposit 100 5.00 → OK 45.00`, asked when the last was answered. */
export function oneByOne(...operations: readonly string[]): string {
  return operations.map((each, process) => {
    const [asked = '', told = ''] = each.split('→').map((part) => part.trim());
    const type = told.startsWith('ERR') ? 'fail' : told === '?' ? 'info' : 'ok';
    return `${process} invoke ${asked}\n${process} ${type} ${told === '?' ? '' : told}`;
  }).join('\n');
}
