/**
 * The command lines of the processes that `up` and `backend --count` start: every option as a flag,
 * so that no environment variable of the supervisor's reads otherwise in a child.
 */
import { isLoopback } from './address.ts';
import type { BackendOptions, BankOptions } from './server-options.ts';

type CommonOptions = Pick<BackendOptions, 'port' | 'host' | 'data' | 'trace'>;

function common(options: CommonOptions): string[] {
  const { port, host, data, trace } = options;
  const flags = ['--port', String(port), '--host', host, '--data', data];
  // The supervisor itself was only allowed such a host with this flag.
  if (!isLoopback(host)) flags.push('--insecure');
  if (trace) flags.push('--trace');
  return flags;
}

function backend(options: CommonOptions & { readonly count: number }, id: number): string[] {
  const { count } = options;
  return ['backend', ...common(options), '--count', String(count), '--id', String(id)];
}

/** `first`: consent to lose data or to rebuild the record was given for one start, not for each. */
function frontend(options: BankOptions, first: boolean): string[] {
  const flags = ['frontend', ...common(options)];
  flags.push('--read-timeout', `${options.readTimeoutMs}ms`);
  flags.push('--min-in-sync', String(options.minInSync));
  if (options.keysMax !== undefined) flags.push('--keys', String(options.keysMax));
  if (!options.chaos) flags.push('--no-chaos');
  if (first && options.recover) flags.push('--recover');
  if (first && options.acceptDataLoss) flags.push('--accept-data-loss');
  return flags;
}

export const childArguments = { backend, frontend };
