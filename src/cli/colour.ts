/**
 * Colour, only where a person will see it: none unless the stream is a terminal; `--no-color`,
 * FORCE_COLOR and NO_COLOR are honoured, in this order (no-color.org, force-color.org).
 */
import type { Writable } from 'node:stream';
import { Chalk, type ChalkInstance, type ColorSupportLevel } from 'chalk';
import type { CliContext } from './context.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The painter for a stream; one that leaves everything as it is where there is no colour. */
export function createPainter(stream: Writable, env: Environment, noColor: boolean): ChalkInstance {
  return new Chalk({ level: colourLevel(stream, env, noColor) });
}

/** The painter for stdout. */
export function painterOf({ stdout, env, noColor }: CliContext): ChalkInstance {
  return createPainter(stdout, env, noColor);
}

export function isTerminal(stream: object): boolean {
  return 'isTTY' in stream && stream.isTTY === true;
}

/** 0 none, 1 sixteen colours, 2 of 256, 3 of 16 million. */
export function colourLevel(stream: object, env: Environment, noColor: boolean): ColorSupportLevel {
  if (noColor) return 0;
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined && forced !== '') return forcedLevel(forced);
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') return 0;
  if (!isTerminal(stream) || env['TERM'] === 'dumb') return 0;
  const color = env['COLORTERM'];
  if (color === 'truecolor' || color === '24bit') return 3;
  return env['TERM']?.includes('256') === true ? 2 : 1;
}

function forcedLevel(value: string): ColorSupportLevel {
  switch (value) {
    case '0':
    case 'false':
      return 0;
    case '2':
      return 2;
    case '3':
      return 3;
    default:
      return 1;
  }
}
