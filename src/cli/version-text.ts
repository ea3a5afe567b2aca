/** `bankd --version`: which bankd, which Node, and which formats it reads and writes. */
import { JOURNAL_FORMAT } from '../wire/journal-segment.ts';
import { PROTOCOL_VERSION } from '../wire/frame.ts';
import { commit, version } from './version.ts';

export function describeVersion(): string {
  return [
    `bankd ${version} (commit ${commit})`,
    `node ${process.version.slice(1)}`,
    `formats: protocol ${PROTOCOL_VERSION}, journal ${JOURNAL_FORMAT}`,
    '',
  ].join('\n');
}
