import { type Client, escapeLiteral } from 'pg';

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

interface Executed {
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly Plans?: readonly Executed[];
  readonly [figure: string]: unknown;
}

/**
 * Executes the statement by the plan that it has for any values, and counts the rows that pass through every part of the
 * plan: what a repetition or a wide scan costs, on a machine of any speed. `query` is of a connection with the service's
 * settings, in a transaction: whatever the statement does is undone.
 */
export async function rowsVisited(
  query: (text: string) => Promise<Record<string, unknown>[]>,
  statement: string,
  values: readonly unknown[],
): Promise<number> {
  await query('savepoint visited');
  await query(`prepare visited as ${statement}`);
  const given = values.length > 0 ? `(${values.map(asLiteral).join(', ')})` : '';
  const rows = await query(`explain (analyze, format json, timing off) execute visited${given}`);
  await query('rollback to savepoint visited');
  await query('deallocate visited');
  const [explained] = rows as [{ 'QUERY PLAN': [{ Plan: Executed }] }];
  return visitedBy(explained['QUERY PLAN'][0].Plan);
}

function visitedBy(node: Executed): number {
  const removed = Object.keys(node).filter((figure) => figure.startsWith('Rows Removed by'));
  const each = removed.reduce((sum, figure) => sum + Number(node[figure]), node['Actual Rows']);
  return (node.Plans ?? []).reduce((sum, child) => sum + visitedBy(child), each * node['Actual Loops']);
}

function asLiteral(value: unknown): string {
  return value === null || value === undefined ? 'null' : escapeLiteral(asText(value));
}

function asText(value: unknown): string {
  if (Buffer.isBuffer(value)) return `\\x${value.toString('hex')}`;
  if (value instanceof Date) return value.toISOString();
  if (!Array.isArray(value)) return String(value);
  const elements = value.map((element) =>
    element === null || element === undefined ? 'null' : JSON.stringify(asText(element)),
  );
  return `{${elements.join(',')}}`;
}
