/**
 * PostgreSQL servers in directories of their own, set up as its manual advises for a machine that
 * commits much and must lose nothing: chapters "Write Ahead Log" and "Replication" of its
 * configuration, and "Populating a Database".
 */
import { execFile } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PostgresConnection } from './postgres-connection.ts';
import { findProgram, postgresDirectories, unprivilegedUser } from './programs.ts';
import { ServerProcess } from './server-process.ts';

const COMMON: Readonly<Record<string, string>> = {
  // More than all the books need, and a quarter of the smallest machine that bankd is run on.
  shared_buffers: '512MB',
  // No checkpoint, with its full page images and its writes, while it is measured; segments of the
  // log are kept and written again, which is faster than new ones.
  checkpoint_timeout: '30min', max_wal_size: '8GB', min_wal_size: '2GB', wal_buffers: '64MB',
  // The default; open_datasync was tried, and is 4 to 12 % slower with 64 clients.
  wal_sync_method: 'fdatasync',
  // Larger groups of commits, where ten others are under way: with 64 clients 13 % more updates
  // and 28 % more transfers than without. Delays of 50 to 1,000 us were tried too, and do less.
  commit_delay: '3000', commit_siblings: '10',
  max_connections: '200',
  // 64 lanes prepare one transaction each.
  max_prepared_transactions: '200',
  // What is computed here is short.
  jit: 'off', update_process_title: 'off', track_activities: 'off', log_checkpoints: 'off',
  huge_pages: 'try', hot_standby: 'on', wal_level: 'replica',
  unix_socket_directories: "''", listen_addresses: "'127.0.0.1'",
};

/** What is missing; undefined where it is there. */
export function missingPostgres(): string | undefined {
  const isThere = findProgram('postgres', postgresDirectories()) !== undefined;
  return isThere ? undefined : 'no postgres: package postgresql-15';
}

/** Makes an empty cluster once; later calls find it there. */
export async function createCluster(directory: string): Promise<void> {
  if (existsSync(directory)) return;
  makeOwnDirectory(directory);
  const initdb = findProgram('initdb', postgresDirectories()) ?? 'initdb';
  const args = ['--pgdata', directory, '--username', 'bank', '--auth', 'trust', '--no-locale',
    '--encoding', 'UTF8', '--no-sync'];
  await promisify(execFile)(initdb, args, { ...unprivilegedUser(), cwd: '/' });
}

/** A server that does not run has nothing open: its files, copied, are a base backup. */
export async function copyCluster(from: string, to: string): Promise<void> {
  if (existsSync(to)) return;
  makeOwnDirectory(to);
  await promisify(execFile)('cp', ['-a', `${from}/.`, to], { ...unprivilegedUser(), cwd: '/' });
}

function makeOwnDirectory(directory: string): void {
  mkdirSync(directory, { mode: 0o700 });
  const user = unprivilegedUser();
  if (user !== undefined) chownSync(directory, user.uid, user.gid);
}

export interface PostgresOptions {
  readonly directory: string;
  readonly port: number;
  readonly log: string;
  readonly settings?: Readonly<Record<string, string>>;
  /** Follows the server at this port under this name. */
  readonly standby?: { readonly of: number; readonly name: string };
}

export function startPostgres(options: PostgresOptions): ServerProcess {
  const { directory, port, log, settings, standby } = options;
  const all: Record<string, string> = { ...COMMON, port: String(port), ...settings };
  if (standby !== undefined) {
    writeFileSync(join(directory, 'standby.signal'), '');
    const { of, name } = standby;
    all['primary_conninfo'] =
      `'host=127.0.0.1 port=${of} user=bank application_name=${name}'`;
  }
  const lines = Object.entries(all).map(([key, value]) => `${key} = ${value}\n`);
  writeFileSync(join(directory, 'postgresql.auto.conf'), lines.join(''));
  const file = findProgram('postgres', postgresDirectories()) ?? 'postgres';
  // SIGINT is its fast shutdown: it does not wait for clients.
  return new ServerProcess({
    file, args: ['-D', directory], log, cwd: '/', user: unprivilegedUser(), stopSignal: 'SIGINT',
  });
}

/** A connection as soon as the server takes one. */
export async function whenReady(server: ServerProcess, port: number): Promise<PostgresConnection> {
  let connection: PostgresConnection | undefined;
  await server.ready(async () => (connection = await PostgresConnection.to(port)));
  if (connection === undefined) throw new Error('ready means connected');
  return connection;
}
