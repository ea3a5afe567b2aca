/** Which strikes there are along a life whose calls have been counted. */
import type { Act, Strike } from '../../support/faults/fault-plan.ts';
import type { Case } from './matrix.ts';

const WRITE_ERRORS: readonly Act[] = ['ENOSPC', 'EIO', 'short'];

export interface Fault {
  readonly strike?: Strike | undefined;
  /** Whether the power is cut as well. */
  readonly powerLoss?: boolean;
}

export interface StrikeCase extends Case, Fault {
  readonly strike: Strike;
  readonly powerLoss: boolean;
}

/** A call of a life that has been counted: the n-th at its site. */
interface CountedCall {
  readonly site: string;
  readonly n: number;
}

/** Before each call, after each, and in the middle of each write; zeros of spares only before. */
export function killsAlong(row: string, sites: readonly string[]): StrikeCase[] {
  return count(sites).flatMap(({ site, n }) => {
    const acts: Act[] = ['kill-before'];
    if (!isZeros(site)) acts.push('kill-after');
    if (site.startsWith('write') && !isZeros(site)) acts.push('tear');
    return acts.map((act) => strikeCase(row, act, site, n, false));
  });
}

/** After each call, but the zeros of spares, a power loss. */
export function lossesAlong(row: string, sites: readonly string[]): StrikeCase[] {
  return count(sites).flatMap(({ site, n }) =>
    isZeros(site) ? [] : [strikeCase(row, 'kill-after', site, n, true)]);
}

/** Each call fails: a sync, a rename, … with EIO, writes with each of these in turn. */
export function errorsAlong(row: string, sites: readonly string[]): StrikeCase[] {
  return count(sites).flatMap(({ site, n }) => {
    const writeError = WRITE_ERRORS[n % WRITE_ERRORS.length] ?? 'EIO';
    if (isZeros(site) && n % 4 > 0) return [];
    return [strikeCase(row, site.startsWith('write') ? writeError : 'EIO', site, n, false)];
  });
}

/** What happens beside each other is not always in the same order: each site counts by itself. */
function count(sites: readonly string[]): CountedCall[] {
  const counts = new Map<string, number>();
  return sites.map((site) => {
    const n = (counts.get(site) ?? 0) + 1;
    counts.set(site, n);
    return { site, n };
  });
}

function strikeCase(
  row: string, act: Act, site: string, n: number, powerLoss: boolean,
): StrikeCase {
  const strike = { act, n, site: `^${RegExp.escape(site)}$` };
  return { name: `${row}/${act}/${site.replace(' ', ':')}/${n}`, strike, powerLoss };
}

function isZeros(site: string): boolean {
  return site === 'write journal/spare-N.allocating';
}
