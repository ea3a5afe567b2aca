/**
 * What is to be done once at the end of a turn of the event loop, however often it is asked for:
 * when everything that has come in was read. What is asked for meanwhile is done in the same turn.
 *
 * So a process reads all its sockets, then works, then writes to all of them. To answer each before
 * the next is read takes a fifth more of everybody's time: reading, working and writing push each
 * other out of the caches, and whoever is answered wakes for one answer.
 */
export interface Flushable {
  flush(): void;
}

let waiting: Flushable[] = [];

export function flushAtEndOfTurn(what: Flushable): void {
  if (waiting.length === 0) setImmediate(flushAll);
  waiting.push(what);
}

function flushAll(): void {
  let at = 0;
  try {
    for (; at < waiting.length; at += 1) waiting[at]?.flush();
  } finally {
    // Should one throw, those behind it are not to wait for ever.
    waiting = waiting.slice(at + 1);
    if (waiting.length > 0) setImmediate(flushAll);
  }
}
