/**
 * What is to be done once at the end of a turn of the event loop, however often it is asked for:
 * one tick for all of it. What is asked for meanwhile is done in the same tick.
 */
export interface Flushable {
  flush(): void;
}

let waiting: Flushable[] = [];

export function flushAtEndOfTurn(what: Flushable): void {
  if (waiting.length === 0) process.nextTick(flushAll);
  waiting.push(what);
}

function flushAll(): void {
  try {
    for (let at = 0; at < waiting.length; at += 1) waiting[at]?.flush();
  } finally {
    waiting = [];
  }
}
