import { isDeepStrictEqual } from 'node:util';
import { markEverySubject } from '#persistence/subjects/marks.js';
import { inTransaction } from '#persistence/transaction.js';
import type { TrustRecord } from '#storage/journal-record.js';
import { checkRegister } from './check-register.js';
import { type Inspection, isYoung, tell } from './inspection.js';
import { readBlob } from './read-blob.js';
import { trustRecords } from './read-records.js';
import { describeLayout } from './rebuild-trust.js';
import { foldTrust, type RecordedTrust } from './recorded-trust.js';
import { writeRecords } from './write-records.js';

interface ChainRow {
  readonly id: number;
  readonly name: string;
  readonly owner_keys: Record<string, unknown>[];
  readonly owner_threshold: number;
  readonly settings: unknown;
  readonly active_layout: Buffer | null;
  readonly created_at: Date;
}

interface LayoutRow {
  readonly id: Buffer;
  readonly statement: Buffer;
  readonly version: number;
  readonly expires_at: Date;
  readonly received_at: Date;
}

/**
 * Who is trusted is what the journal says, and layouts are what their bytes say. Owners, settings and layouts of a chain
 * that is there are never changed from the journal: its last record may be of a request that failed.
 */
export async function checkTrust(check: Inspection, chain: ChainRow): Promise<void> {
  const layouts = await check.source.query<LayoutRow[]>(
    'select id, statement, version, expires_at, received_at from layout where chain_id = $1 order by version, received_at',
    [chain.id],
  );
  const { records } = await trustRecords(check, chain.name);
  const recorded = foldTrust(records);
  await checkChain(check, chain, layouts, recorded);
  await checkRegister(check, chain, recorded);
  for (const layout of layouts) {
    await checkLayout(check, chain, layout, recorded);
  }
  const known = layouts.at(-1)?.version ?? 0;
  for (const { id, version, at } of recorded?.layouts ?? []) {
    if (version > known && !isYoung(check, new Date(at))) {
      const detail = `version ${version}, posted at ${at}: if it was answered with 201, post it again`;
      await tell(check, { code: 'LAYOUT_NOT_INDEXED', chain: chain.name, subject: id, detail });
    }
  }
  check.report.looked('layouts', layouts.length);
}

async function checkChain(
  check: Inspection,
  chain: ChainRow,
  layouts: readonly LayoutRow[],
  recorded: RecordedTrust | undefined,
): Promise<void> {
  const about = { chain: chain.name, subject: chain.name };
  if (!recorded) {
    const detail = 'nothing says who owns it';
    await tell(check, { code: 'JOURNAL_MISSING', ...about, detail }, () =>
      writeRecords(check, chain, [recordOf(chain)]),
    );
  } else if (!isYoung(check, recorded.changedAt)) {
    const wrong = [
      ...(isDeepStrictEqual(ownersOf(recorded), chain.owner_keys) ? [] : ['owner keys']),
      ...((recorded.roots.at(-1)?.threshold ?? recorded.chain.ownerThreshold) === chain.owner_threshold
        ? []
        : ['owner threshold']),
      ...(isDeepStrictEqual(recorded.settings, chain.settings) ? [] : ['settings']),
    ];
    if (wrong.length > 0) {
      const detail = `${wrong.join(', ')} differ from the journal; settings can be put again, for owners compare both`;
      await tell(check, { code: 'CHAIN_ROW_WRONG', ...about, detail });
    }
  }
  const newest = layouts.at(-1);
  if (newest && !chain.active_layout?.equals(newest.id)) {
    const detail = `the layout in force is not version ${newest.version}`;
    await tell(check, { code: 'CHAIN_ROW_WRONG', ...about, detail }, async () => {
      await inTransaction(check.source, async (tx) => {
        await tx.query('update chain set active_layout = $2 where id = $1', [chain.id, newest.id]);
        await markEverySubject(tx, chain.id);
      });
      return true;
    });
  }
  check.report.looked('chains', 1);
}

function ownersOf({ roots, chain }: RecordedTrust): unknown[] {
  return roots.at(-1)?.owners.map(({ key }) => key) ?? chain.ownerKeys;
}

function recordOf(chain: ChainRow): TrustRecord {
  const { name, owner_keys: ownerKeys, owner_threshold: ownerThreshold, settings } = chain;
  return {
    v: 1,
    kind: 'chain',
    at: chain.created_at.toISOString(),
    name,
    ownerKeys,
    ownerThreshold,
    settings,
  };
}

async function checkLayout(
  check: Inspection,
  chain: ChainRow,
  row: LayoutRow,
  recorded: RecordedTrust | undefined,
): Promise<void> {
  const subject = row.id.toString('hex');
  const about = { chain: chain.name, subject };
  const record = recorded?.layouts.find(({ id, version }) => id === subject && version === row.version);
  if (!record) {
    const at = row.received_at.toISOString();
    const detail = `nothing says that version ${row.version} came into force at ${at}`;
    await tell(check, { code: 'JOURNAL_MISSING', ...about, detail }, () =>
      writeRecords(check, chain, [{ v: 1, kind: 'layout', at, id: subject, version: row.version }]),
    );
  }
  const bytes = await readBlob(check, { chain: chain.name, kind: 'layouts', id: row.id });
  if (!bytes) {
    return;
  }
  const { statement, expires } = describeLayout(bytes);
  const since = record ? new Date(record.at) : row.received_at;
  const wrong = [
    ...(statement.equals(row.statement) ? [] : ['statement']),
    ...(expires.getTime() === row.expires_at.getTime() ? [] : ['expiry']),
    ...(since.getTime() === row.received_at.getTime() ? [] : ['time of activation']),
  ];
  if (wrong.length > 0) {
    const detail = `differs in ${wrong.join(', ')}`;
    await tell(check, { code: 'LAYOUT_ROW_WRONG', ...about, detail }, async () => {
      await check.source.query(
        'update layout set statement = $3, expires_at = $4, received_at = $5 where chain_id = $1 and id = $2',
        [chain.id, row.id, statement, expires, since],
      );
      return true;
    });
  }
}
