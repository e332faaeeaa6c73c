/** What a statement of the panel comes to: the tables of the kernel's own MIME type. */

import type { MilvusKernel } from '../kernel';

const TYPE = 'application/vnd.milvus.table.v1+json';

export interface Answer {
  status: string;
  tables: { columns: { name: string }[]; rows: unknown[][]; total: number }[];
}

/** The answers to statements, one for each; rejects with the message of an error. */
export async function answers(kernel: MilvusKernel, statements: string): Promise<Answer[]> {
  const shown = await kernel.query(statements);
  return shown.map(({ data }) => (data[TYPE] as Answer | undefined) ?? { status: '', tables: [] });
}

/** The rows of the first table, each with its values as text by their columns' names. */
export function records(answer: Answer | undefined): Record<string, string>[] {
  const [table] = answer?.tables ?? [];
  return (table?.rows ?? []).map(row =>
    Object.fromEntries(
      (table?.columns ?? []).map(({ name }, at) => [name, String(row[at] ?? '')])
    )
  );
}

/** How many rows the first table has beyond those that came. */
export function missing(answer: Answer | undefined): number {
  const [table] = answer?.tables ?? [];
  return table ? Math.max(0, table.total - table.rows.length) : 0;
}
