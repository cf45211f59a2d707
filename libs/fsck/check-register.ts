import { isDeepStrictEqual } from 'node:util';
import { registeredTrust, type Written } from '#persistence/trust/written-trust.js';
import { type Inspection, isYoung, tell } from './inspection.js';
import type { RecordedTrust } from './recorded-trust.js';
import { writeRecords } from './write-records.js';

type Row = Exclude<Written, { kind: 'layout' }>;

/** Keys and events are what the journal says. Whom to trust is for operators: nothing of it is changed by a check. */
export async function checkRegister(
  check: Inspection,
  chain: { readonly id: number; readonly name: string },
  recorded: RecordedTrust | undefined,
): Promise<void> {
  const registered = await registeredTrust(check.source, chain.id);
  const rows = new Map(registered.filter((row) => row.kind !== 'layout').map((row) => [nameOf(row), row]));
  const records = new Map(
    [
      ...(recorded?.keys.values() ?? []),
      ...(recorded?.roots ?? []),
      ...(recorded?.events.values() ?? []),
    ].map((row) => [nameOf(row), row]),
  );
  check.report.looked('keys and events', rows.size);
  const missing = [...rows].filter(([name]) => !records.has(name)).map(([, row]) => row);
  if (missing.length > 0) {
    const detail = `${missing.length} keys or events, the first is ${nameOf(missing[0] as Row)}`;
    await tell(check, { code: 'JOURNAL_MISSING', chain: chain.name, subject: chain.name, detail }, () =>
      writeRecords(check, chain, missing),
    );
  }
  for (const [name, record] of records) {
    const row = rows.get(name);
    if (!isSame(row, record) && !isYoung(check, new Date(record.at))) {
      const detail = row
        ? 'the row differs from the record'
        : `recorded at ${record.at}, and there is no row`;
      await tell(check, { code: 'KEY_REGISTER_WRONG', chain: chain.name, subject: name, detail });
    }
  }
}

function nameOf(row: Row): string {
  if (row.kind === 'root') {
    return `root ${row.version}`;
  }
  return row.kind === 'key' ? `key ${row.fingerprint}` : `event ${row.seq}`;
}

/** When the record was written says nothing of the row. */
function isSame(row: Row | undefined, record: Row): boolean {
  return row !== undefined && isDeepStrictEqual({ ...row, at: '' }, { ...record, at: '' });
}
