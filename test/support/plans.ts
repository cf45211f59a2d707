import type { Client } from 'pg';

/** How PostgreSQL would read one table or index for a statement. */
export interface Scan {
  /** As EXPLAIN names it: Seq Scan, Index Scan, Index Only Scan, Bitmap Index Scan … */
  readonly how: string;
  /** The table, or for a bitmap the index. */
  readonly of: string;
  readonly condition: string;
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly 'Recheck Cond'?: string;
  readonly Plans?: readonly PlanNode[];
}

/** Every scan that the plan of the statement has; with parameters planned for their values, without for any. */
export async function scansOf(
  client: Client,
  statement: string,
  values?: readonly unknown[],
): Promise<Scan[]> {
  const { rows } = values
    ? await client.query(`explain (format json) ${statement}`, [...values])
    : await client.query(`explain (format json, generic_plan) ${statement}`);
  const [{ Plan }] = rows[0]['QUERY PLAN'] as [{ Plan: PlanNode }];
  return [...scans(Plan)];
}

function* scans(node: PlanNode): Generator<Scan> {
  const how = node['Node Type'];
  const of = node['Relation Name'] ?? node['Index Name'];
  // The heap half of a bitmap scan reads what its index half found; rows by their address were found by another scan.
  if (of !== undefined && / Scan$/.test(how) && how !== 'Bitmap Heap Scan' && how !== 'Tid Scan') {
    yield { how, of, condition: node['Index Cond'] ?? '' };
  }
  for (const child of node.Plans ?? []) yield* scans(child);
}
