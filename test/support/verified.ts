/** What `bankd verify --accounts --json` says of the directories of a bank that has stopped. */
import { BankdProcess } from './bankd-process.ts';

export interface VerifiedDirectory {
  readonly directory: string;
  readonly ok: boolean;
  readonly lastSeq: number;
  readonly digest: string;
  readonly accounts: Readonly<Record<string, string>>;
}

export async function verified(paths: readonly string[]): Promise<readonly VerifiedDirectory[]> {
  const verify = new BankdProcess(['verify', ...paths, '--accounts', '--json']);
  const { code } = await verify.exited;
  if (code !== 0 && code !== 5) throw new Error(`verify ended with ${code}: ${verify.stderr}`);
  const lines = verify.stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as VerifiedDirectory);
}
