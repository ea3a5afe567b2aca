/** Planted bugs in the protocol: what each leaves out is a rule of replication.md. */
import type { Canary } from './canary.ts';

export const CORE_CANARIES: readonly Canary[] = [
  {
    name: 'vote before fsync',
    file: 'core/participant.ts',
    find: 'this.#pendingVotes.push({ seq, hash, digest, results: withVote });',
    replace: 'this.#sendVote({ seq, hash, digest, results: withVote });',
  },
  {
    name: 'promise before the journal is fsynced',
    file: 'core/participant.ts',
    find: 'this.#host.savePromise(this.#promise);',
    replace: 'this.#host.savePromise(this.#promise); this.onPromiseSaved(this.#promise);',
  },
  {
    name: 'promise not checked: messages of older epochs are heeded',
    file: 'core/participant.ts',
    find: 'return this.#promisedHere && !this.#truncating && epoch === this.#promise.epoch;',
    replace:
      'return !this.#truncating && epoch <= this.#promise.epoch + 0 * Number(this.#promisedHere);',
  },
  {
    name: 'an epoch is granted twice',
    file: 'core/participant.ts',
    find: 'if (epoch <= promised.epoch && !again) {',
    replace: 'if (epoch < promised.epoch && !again) {',
  },
  {
    name: 'a promise saved late answers for what was appended since',
    file: 'core/participant.ts',
    find: 'if (this.#syncedSeq < this.#tail.seq) return;',
    replace: '',
  },
  {
    name: 'an older epoch is promised',
    file: 'core/participant.ts',
    find: 'if (epoch <= promised.epoch && !again) {',
    replace: 'if (promised.epoch < 0 && !again) {',
  },
  {
    name: 'votes of an old connection are sent on a new one',
    file: 'core/participant.ts',
    find: '    this.#pendingVotes = [];\n    this.#errands.beginAnew(this.#promise.epoch);',
    replace: '    this.#errands.beginAnew(this.#promise.epoch);',
  },
  {
    name: 'joint vote skipped: a joiner becomes a member at once',
    file: 'core/membership.ts',
    find: 'if (jointSeq === undefined || votedSeq < jointSeq || hello === undefined) continue;',
    replace: 'if (hello === undefined || votedSeq < 0) continue;',
  },
  {
    name: 'joint vote counted late: required only with the view write',
    file: 'core/membership.ts',
    find: 'for (const [id, join] of this.#joins) if (join.jointSeq !== undefined) ids.add(id);',
    replace: '',
  },
  {
    name: 'while a view write is pending only the new view counts',
    file: 'core/membership.ts',
    find: 'const ids = new Set(view.members.map(({ id }) => id));',
    replace: 'const ids = new Set((pendingView ?? view).members.map(({ id }) => id));',
  },
  {
    name: 'a failed member is not waited for, before the view is durable',
    file: 'core/serving.ts',
    find: 'through = Math.min(through, counts ? link.votedSeq : this.#commitSeq);',
    replace: 'if (counts) through = Math.min(through, link.votedSeq);',
  },
  {
    name: 'decide before all votes: the fastest member is enough',
    file: 'core/serving.ts',
    find: `    while (this.#commitSeq < through) {
      const seq`,
    replace: `    const votes = this.membership.live().map((link) => link.votedSeq);
    through = Math.max(through, ...votes);
    while (this.#commitSeq < through) {
      const seq`,
  },
  {
    name: 'answer when the results are there, decided or not',
    file: 'core/serving.ts',
    find: 'if (batch.seq > this.#commitSeq || results === undefined) return;',
    replace: 'if (results === undefined) return;',
  },
  {
    name: 'common prefix by length, not by hash',
    file: 'core/catch-up.ts',
    find:
      'const agree = this.#probe.joiner === this.#probe.source' +
      ' && this.#probe.joiner !== HASH_NONE;',
    replace: 'const agree = true;',
  },
  {
    name: 'truncation skipped',
    file: 'core/catch-up.ts',
    find: 'if (this.#low === seq) return this.#compare();',
    replace: 'if (this.#low <= seq) return this.#compare();',
  },
  {
    name: 'a stranger may be the base of a takeover',
    file: 'core/takeover.ts',
    find: 'if (!link.isMemberOf(record.view)) return false;',
    replace: '',
  },
  {
    name: 'a wiped backend is taken for the member it was',
    file: 'core/view.ts',
    find:
      'return view.members.some(' +
      '(member) => member.id === id && member.incarnation === incarnation);',
    replace: 'return view.members.some((member) => member.id === id && incarnation !== undefined);',
  },
  {
    name: 'the commit floor is not raised with a view',
    file: 'core/membership.ts',
    find: 'commitFloor: this.#host.commitSeq() });',
    replace: 'commitFloor: control.record.commitFloor });',
  },
  {
    name: 'the commit floor is set back by a takeover',
    file: 'core/coordinator.ts',
    find: 'commitFloor: base.seq, recovered: false',
    replace: 'commitFloor: 0 as Seq, recovered: false',
  },
  {
    name: 'the commit floor is raised to what is not decided',
    file: 'core/membership.ts',
    find: 'commitFloor: this.#host.commitSeq() });',
    replace: 'commitFloor: this.#host.lastSeq() });',
  },
  {
    name: 'the commit floor is not raised under load',
    file: 'core/coordinator.ts',
    find: 'if (this.#serving.head.seq <= this.#control.record.commitFloor) return;',
    replace: 'if (this.#serving.head.seq >= 0) return;',
  },
  {
    name: 'commit floor ignored',
    file: 'core/takeover.ts',
    find: 'if ((link.tail?.seq ?? 0) >= record.commitFloor) return true;',
    replace: 'if (record.commitFloor >= 0) return true;',
  },
  {
    name: 'read without probe',
    file: 'core/read-rounds.ts',
    find: 'return link.confirmedProbe >= probe && !this.#host.hasFailed(link.id);',
    replace: 'return probe >= 0 || this.#host.hasFailed(link.id);',
  },
  {
    name: 'read answered before what it saw is decided',
    file: 'core/read-rounds.ts',
    find: 'if (round.results === undefined || round.afterSeq > this.#host.commitSeq()) continue;',
    replace: 'if (round.results === undefined) continue;',
  },
  {
    name: 'a later write may overtake a read of its connection',
    file: 'core/admission.ts',
    find: 'const isFree = line.openReads === 0;',
    replace: 'const isFree = true;',
  },
  {
    name: 'a view is written though no member has answered since',
    file: 'core/membership.ts',
    find: 'if (this.#failed.size > 0 && !this.#answeredSinceFailure(members)) return;',
    replace: '',
  },
  {
    name: 'members are not asked to promise again for a new epoch',
    file: 'core/backends.ts',
    find: `      link.forgetPromise();
      link.promiseAsked = false;
`,
    replace: '',
  },
  {
    name: 'leftovers of a takeover keep an unknown tail',
    file: 'core/backends.ts',
    find: 'if (!hasId(view, link.id)) link.forgetPromise();',
    replace: '',
  },
  {
    name: 'refused as BUSY, and queued nonetheless',
    file: 'core/admission.ts',
    find: '    if (!this.#hasRoom(line, item.chunk.length)) return false;\n',
    replace: '    if (!this.#hasRoom(line, item.chunk.length)) {\n      this.readmit([item]);\n'
      + '      return false;\n    }\n',
  },
  {
    name: 'BUSY of a repetition is taken for the fate of the first sending',
    file: 'core/client-session.ts',
    find: 'if (isRequest && frame.resent) this.#hold(frame);',
    replace: "if (isRequest && frame.resent && refusal.code !== 'BUSY') this.#hold(frame);",
  },
  {
    name: 'in doubt refused as if nothing had happened',
    file: 'core/coordinator.ts',
    find: 'this.#admission.readmit(open.map((item) => ({ ...item, inDoubt: true })));',
    replace: 'this.#admission.readmit(open);',
  },
  {
    name: 'in doubt dropped: a retry is refused, the first sending forgotten',
    file: 'core/coordinator.ts',
    find: 'this.#admission.readmit(open.map((item) => ({ ...item, inDoubt: true })));',
    replace: 'this.#clients.refuse(open, this.#unavailable());',
  },
  {
    name: 'sessions forgotten: a duplicate runs again',
    file: 'core/session-table.ts',
    find: 'return request > this.#sessions.get(record, LAST_REQUEST);',
    replace: 'return request > this.#sessions.get(record, LAST_REQUEST) || request % 7 === 3;',
  },
  {
    name: 'the epoch is not raised at a takeover',
    file: 'core/coordinator.ts',
    find: 'this.#control.write({ epoch: nextEpoch(this.#control.record.epoch) });',
    replace:
      'this.#control.write({ epoch: nextEpoch((this.#control.record.epoch - 1) as Epoch) });',
  },
  {
    name: 'a deposed coordinator goes on',
    file: 'core/control-keeper.ts',
    find: "else this.#host.stop('deposed', 'another frontend has taken over this bank');",
    replace: 'return (this.#durable = pending);',
  },
  {
    name: 'the stopped still talk',
    file: 'core/fenced-host.ts',
    find: 'if (!this.#isStopped) this.#host.send(connection, message);',
    replace: 'this.#host.send(connection, message);',
  },
  {
    name: 'timestamps follow the clock on the wall',
    file: 'core/serving.ts',
    find: 'this.#lastTimestamp = Math.max(wallUs, this.#lastTimestamp + 1);',
    replace: 'this.#lastTimestamp = wallUs;',
  },
  {
    name: 'digests of the votes are not compared',
    file: 'core/digests.ts',
    find: "if (counts.size <= 1) return { kind: 'equal' };",
    replace: "if (counts.size >= 0) return { kind: 'equal' };",
  },
  {
    name: 'what a diverged replica answered is believed',
    file: 'core/serving.ts',
    find: 'if (batch.answerer === link.id) batch.results = undefined;',
    replace: '',
  },
  {
    name: 'nobody is asked for the results of a lost answerer',
    file: 'core/serving.ts',
    find: 'if (live.has(batch.answerer)) continue;',
    replace: 'if (live.size >= 0) continue;',
  },
  {
    name: 'prepared without regard to the room on the disks',
    file: 'core/fitness.ts',
    find: "if (short.length === 0) return 'fits';",
    replace: "if (short.length >= 0) return 'fits';",
  },
  {
    name: 'less room in a journal than was told before is not told',
    file: 'core/participant.ts',
    find: '    this.#reserve = reserve;\n    this.#journalBytes = journalBytes;',
    replace: '    if (isNews) this.#reserve = reserve;\n    this.#journalBytes = journalBytes;',
  },
  {
    name: 'a corrupt member is reset though it is the last',
    file: 'core/backends.ts',
    find:
      'if (hasId(view, link.id) || (pending !== undefined && hasId(pending, link.id))) continue;',
    replace: 'if (pending !== undefined && hasId(pending, link.id)) continue;',
  },
  {
    name: 'a member is left out though the view write without it failed',
    file: 'core/membership.ts',
    find: '  onViewNotWritten(): void {\n    this.#forgetFormerFailures();\n    this.#recompute();',
    replace: '  onViewNotWritten(): void {\n    this.#required = this.live();',
  },
  {
    name: 'commit applied to entries not matched on this connection',
    file: 'core/participant.ts',
    find: 'const seq = Math.min(commitSeq, this.#matchedSeq, this.#syncedSeq) as Seq;',
    replace: 'const seq = Math.min(commitSeq, this.#tail.seq, this.#syncedSeq) as Seq;',
  },
  {
    name: 'an empty view is written',
    file: 'core/membership.ts',
    find: 'if (members.length === 0) return this.#host.onAllLost();',
    replace:
      'if (members.length === 0) {\n' +
      '      const view = nextView(control.view, members);\n' +
      '      return control.write({ view, commitFloor: this.#host.commitSeq() });\n    }',
  },
  {
    name: 'a control write whose outcome is unknown is taken for failed',
    file: 'core/control-keeper.ts',
    find: "if (outcome === 'unknown' || (outcome === 'failed' && this.#isUnknown)) {",
    replace: "if (outcome === 'unknown') outcome = 'failed';\n    if (this.#isUnknown) {",
  },
  {
    name: 'a control write whose outcome is unknown is taken for written',
    file: 'core/control-keeper.ts',
    find: "if (outcome === 'unknown' || (outcome === 'failed' && this.#isUnknown)) {",
    replace: "if (outcome === 'unknown') outcome = 'written';\n    if (this.#isUnknown) {",
  },
  {
    name: 'prepared with fewer backends in sync than there must be',
    file: 'core/fitness.ts',
    find: 'if (inSync < inSyncMin) {',
    replace: 'if (inSync < 0 * inSyncMin) {',
  },
  {
    name: 'an answer tells another time than its entry',
    file: 'core/answers.ts',
    find: 'timestamp: batch.timestamp,',
    replace: 'timestamp: (batch.timestamp + 1) as never,',
  },
  {
    name: 'a promise that was saved answers for a later one',
    file: 'core/participant.ts',
    find:
      'if (promise.epoch !== epoch || promise.owner !== owner) return;' +
      ' // a later one was asked for',
    replace: 'if (promise.cluster === CLUSTER_NONE) return;',
  },
  {
    name: 'the hash of an entry leaves out the one before',
    file: 'core/entry.ts',
    find: '${formatView(view)} ${previousHash}`',
    replace: '${formatView(view)} ${previousHash.length}`',
  },
  {
    name: 'an entry remembers a part of its view',
    file: 'core/serving.ts',
    find: '      view: control.view,\n',
    replace: '      view: { ...control.view, members: control.view.members.slice(0, 1) },\n',
  },
  {
    name: 'OUTCOME says that a request never happened, and does not seal it',
    file: 'core/batch-executor.ts',
    find: '      this.#sessions.seal(record, request);\n',
    replace: '',
  },
  {
    name: 'OUTCOME says that a key was never used, and does not seal it',
    file: 'core/batch-executor.ts',
    find: 'this.#keys.add(hash, { content: 0, seq: this.#seq, index, sealed: true });',
    replace: '',
  },
  {
    name: 'a session that has expired is a fresh start',
    file: 'core/session-table.ts',
    find: 'if (lease === undefined) return SESSION_UNKNOWN;',
    replace: 'if (lease === undefined) return this.#leases.records > 0 ? 0 : SESSION_UNKNOWN;',
  },
  {
    name: 'what was sent twice is sent again to another session',
    file: 'core/client-session.ts',
    find: '    if (expired.resent) {\n',
    replace: '    if (expired.operations < 0) {\n',
  },
  {
    name: 'a vote that is overdue is waited for',
    file: 'core/serving.ts',
    find: 'if (this.membership.failOverdue(batch.seq)) this.#reassign();',
    replace: '',
  },
  {
    name: 'silence is not noticed',
    file: 'core/status-array.ts',
    find: 'else if (nowMs - heardMs > this.#readTimeoutMs) silent.push(id);',
    replace: 'else if (nowMs - heardMs > 100 * this.#readTimeoutMs) silent.push(id);',
  },
  {
    name: 'a QUERY is answered before the write that was submitted before it',
    file: 'core/client-session.ts',
    find:
      "      if (frame.thing === 'request') return;\n" +
      '      if (frame.earlyAnswer === undefined) continue;',
    replace: '      if (frame.earlyAnswer === undefined) continue;',
  },
];
