/**
 * What the servers tell people: whole lines on stderr, each named after the process that says it.
 *
 * The ready lines are a contract that scripts wait for (interface.md); they carry no name before
 * them.
 */
import { formatAddress } from './address.ts';

export type Log = (line: string) => void;

let guarded = false;

/** Writes one line to stderr; a reader of stderr that has gone must not take the server with it. */
export function writeLine(line: string): void {
  if (!guarded) {
    guarded = true;
    process.stderr.on('error', () => {});
  }
  process.stderr.write(`${line}\n`);
}

/** A log whose every line says whose it is: `backend 2: …`. */
export function logAs(name: string): Log {
  return (line) => writeLine(`${name}: ${line}`);
}

/** `ready backend 2 127.0.0.1:8023 pid 124`. */
export function formatReady(what: string, host: string, port: number, pid: number): string {
  return `ready ${what} ${formatAddress(host, port)} pid ${pid}`;
}

/** The port in a ready line of `what`; undefined where the line is another. */
export function readReadyPort(what: string, line: string): number | undefined {
  const start = `ready ${what} `;
  const port = /:(\d+) pid \d+$/.exec(line)?.[1];
  return line.startsWith(start) && port !== undefined ? Number(port) : undefined;
}
