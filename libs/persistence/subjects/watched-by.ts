import type { Reader } from '../transaction.js';

/** Digests whose appearance in a link without a run may change the subject's verdict. */
export async function watchedBy(reader: Reader, chainId: number, subject: Buffer): Promise<Buffer[]> {
  const rows = await reader.query<{ digest: Buffer }[]>(
    'select digest from subject_watch where chain_id = $1 and subject = $2',
    [chainId, subject],
  );
  return rows.map(({ digest }) => digest);
}
