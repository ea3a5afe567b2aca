/** Where Debian's packages put the programs of the peers, and the user that PostgreSQL wants. */
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { delimiter, join } from 'node:path';
import type { User } from './server-process.ts';

/** The program's path; undefined where it is not installed. Directories beside those of PATH. */
export function findProgram(name: string, directories: readonly string[] = []): string | undefined {
  const searched = [...directories, ...(process.env['PATH'] ?? '').split(delimiter)];
  return searched.map((directory) => join(directory, name)).find(isExecutable);
}

/** Debian keeps several versions side by side, out of the PATH; the newest first. */
export function postgresDirectories(root = '/usr/lib/postgresql'): string[] {
  try {
    const versions = readdirSync(root).sort((one, other) => Number(other) - Number(one));
    return versions.map((version) => join(root, version, 'bin'));
  } catch {
    return [];
  }
}

/** PostgreSQL refuses root: its own user, or nobody; whoever else runs this is good as he is. */
export function unprivilegedUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n').map((line) => line.split(':'));
  const found = ['postgres', 'nobody'].map((name) => lines.find(([is]) => is === name))
    .find((line) => line !== undefined);
  if (found === undefined) throw new Error('neither a user postgres nor nobody in /etc/passwd');
  return { uid: Number(found[2]), gid: Number(found[3]) };
}

/** Ports of loopback that nobody listens at now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  const ports: number[] = [];
  for (const server of servers) {
    if (!server.listening) await once(server, 'listening');
    const address = server.address();
    if (address !== null && typeof address !== 'string') ports.push(address.port);
  }
  for (const server of servers) {
    server.close();
    await once(server, 'close');
  }
  return ports;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
