/** Which strikes there are along a life whose calls have been counted. */
import type { Act, Strike } from '../../support/faults/fault-plan.ts';
import type { Case } from './matrix.ts';

export interface Fault {
  readonly strike?: Strike | undefined;
  /** Whether the power is cut as well. */
  readonly powerLoss?: boolean;
}

export interface StrikeCase extends Case, Fault {
  readonly strike: Strike;
  readonly powerLoss: boolean;
}

/** Before each call, after each, and in the middle of each write; zeros of spares only before. */
export function killsAlong(row: string, sites: readonly string[]): StrikeCase[] {
  return sites.flatMap((site, at) => {
    const acts: Act[] = ['kill-before'];
    if (!isZeros(site)) acts.push('kill-after');
    if (site.startsWith('write') && !isZeros(site)) acts.push('tear');
    return acts.map((act) => strikeCase(row, act, at + 1, false));
  });
}

/** After each call, but the zeros of spares, a power loss. */
export function lossesAlong(row: string, sites: readonly string[]): StrikeCase[] {
  return sites.flatMap((site, at) =>
    isZeros(site) ? [] : [strikeCase(row, 'kill-after', at + 1, true)]);
}

export function strikeCase(row: string, act: Act, n: number, powerLoss: boolean): StrikeCase {
  return { name: `${row}/${act}/${n}`, strike: { act, n }, powerLoss };
}

export function isZeros(site: string): boolean {
  return site === 'write journal/spare-N.allocating';
}
