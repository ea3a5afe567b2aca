/**
 * The options that several subcommands share, each declared once. Flags beat environment variables,
 * which beat defaults: `--read-timeout` is BANKD_READ_TIMEOUT, and so for every flag with a value.
 */
import { Option } from 'clipanion';
import { BACKENDS_MAX } from '../core/ids.ts';
import { KEYS_REMEMBERED_MAX } from '../core/operation.ts';
import { isLoopback } from '../host/address.ts';
import { notAllowed, usageError, type CliError } from './cli-error.ts';
import { isDuration, isHost, isNotEmpty, isWholeNumber } from './validators.ts';

const HOUR_MS = 3_600_000;

/** How the value of a flag is called in the help. */
export const PLACEHOLDERS: Readonly<Record<string, string>> = {
  '--port': 'PORT',
  '--host': 'HOST',
  '--data': 'DIR',
  '--count': 'N',
  '--id': 'N',
  '--read-timeout': 'TIME',
  '--min-in-sync': 'N',
  '--keys': 'N',
  '--timeout': 'TIME',
  '--kill': 'N',
  '--pause': 'N',
  '--cut': 'N',
  '--mode': 'MODE',
  '--disk-full': 'N',
  '--corrupt': 'N',
  '--wipe': 'N',
  '--backend': 'ID',
  '--for': 'TIME',
  '--scenario': 'FILE|NAME',
  '--seed': 'N',
  '--clients': 'N',
  '--rate': 'N',
  '--history': 'FILE',
  '--report': 'FILE',
  '--expect-head': 'HASH',
  '--seeds': 'N',
  '--first': 'N',
  '--jobs': 'N',
  '--backends': 'N',
  '--operations': 'N',
  '--faults': 'N',
  '--effort': 'N',
  '--picture': 'FILE',
  '--format': 'FORMAT',
  '--separator': 'C',
  '--map': 'COLUMN=THEIRS',
  '--ignore': 'COLUMN',
  '--name': 'BATCH',
  '--refused': 'FILE',
  '--numbers': 'FILE',
  '--from': 'SEQ[.INDEX]',
  '--after': 'SEQ[.INDEX]',
  '--to': 'SEQ',
  '--sqlite': 'FILE',
  '--workload': 'NAME,…',
  '--duration': 'TIME',
  '--batch': 'N',
  '--in-flight': 'N',
  '--accounts': 'N',
  '--distribution': 'NAME',
  '--rounds': 'N',
};

/** `--read-timeout` is `BANKD_READ_TIMEOUT`. */
export function environmentName(flag: string): string {
  return `BANKD_${flag.replace(/^--/, '').replaceAll('-', '_').toUpperCase()}`;
}

function port(description: string) {
  const validator = isWholeNumber(0, 65_535);
  const env = environmentName('--port');
  return Option.String('--port', '8023', { description, validator, env });
}

function host(description: string) {
  const env = environmentName('--host');
  return Option.String('--host', '127.0.0.1', { description, validator: isHost(), env });
}

function insecure() {
  return Option.Boolean('--insecure', false, {
    description: 'allow a --host beyond this machine: nobody is asked who they are',
  });
}

function data() {
  return Option.String('--data', 'bankd-data', {
    description: 'parent of the data directories (default bankd-data)',
    validator: isNotEmpty(),
    env: environmentName('--data'),
  });
}

function readTimeout() {
  return Option.String('--read-timeout', '1s', {
    description: 'a backend silent for so long is taken for gone (default 1s)',
    validator: isDuration(50, HOUR_MS),
    env: environmentName('--read-timeout'),
  });
}

function minInSync() {
  return Option.String('--min-in-sync', '1', {
    description: 'refuse writes with fewer backends in sync (default 1)',
    validator: isWholeNumber(1, BACKENDS_MAX),
    env: environmentName('--min-in-sync'),
  });
}

/** Without it, as many as were declared last. */
function keys() {
  return Option.String('--keys', {
    description: 'remember so many idempotency keys, 64 bytes each (as before; at first 10000000)',
    validator: isWholeNumber(1, KEYS_REMEMBERED_MAX),
    env: environmentName('--keys'),
  });
}

function timeout(description: string) {
  const validator = isDuration(1, 24 * HOUR_MS);
  const env = environmentName('--timeout');
  return Option.String('--timeout', '10s', { description, validator, env });
}

/** Declared without a default where it must be given. */
function count() {
  return Option.String('--count', {
    description: `how many backends make the bank, 1 to ${BACKENDS_MAX}`,
    validator: isWholeNumber(1, BACKENDS_MAX),
    env: environmentName('--count'),
  });
}

function flag(name: string, description: string) {
  return Option.Boolean(name, false, { description });
}

/** The declarations, by name. */
export const options = {
  port, host, insecure, data, readTimeout, minInSync, keys, timeout, count, flag,
} as const;

/** Refuses a host that others could reach, as long as there is no authentication. */
export function requireAllowedHost(hostName: string, isInsecure: boolean): void {
  if (isInsecure || isLoopback(hostName)) return;
  throw notAllowed(
    `--host ${hostName} is beyond this machine, and bankd does not ask anyone who they are yet`,
    '--insecure allows it where the network itself can be trusted',
  );
}

/** A server can listen where the system picks a port, but nobody can connect there. */
export function requireRealPort(portNumber: number): void {
  if (portNumber !== 0) return;
  throw usageError('--port 0 picks a port to listen at; name the one it picked');
}

/** The value of an option that must be given; names it where it is not. */
export function requireOption<Value>(value: Value | undefined, flagName: string): Value {
  if (value !== undefined) return value;
  throw missingOption(`${flagName} ${PLACEHOLDERS[flagName] ?? ''}`.trim());
}

export function missingOption(what: string): CliError {
  return usageError(`missing required option ${what}`);
}
