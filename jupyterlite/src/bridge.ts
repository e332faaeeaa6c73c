/**
 * What a program of the same site asks, and what it is answered. A question has an `id`, which the
 * answers to it have too:
 *
 * - `{id, ask: 'kernels'}`: every page answers with its kernels;
 * - `{id, ask: 'sql', kernel, sql}`: statements are run by a kernel behind its cells, quietly;
 * - `{id, ask: 'last', kernel}`: the last result that was shown to the kernel's user.
 *
 * An answer is `{id, answer}`, JSON of `{kernels}`, `{results}` or `{error, code}`. While a kernel
 * is at it, there is `{id, isRunning: true}` now and then. Only the page that has it answers.
 */

import type { DisplayData } from '../wasm/milvus_kernel.js';
import { TABLES, type MilvusKernel } from './kernel';
import { kernels } from './kernels';

export interface Question {
  id: string;
  ask: string;
  kernel: string;
  sql: string;
}

type Reply = { id: string; answer: string } | { id: string; isRunning: true };

/** The tables of a result, as far as they are looked at here. */
interface Tables {
  notices: string[];
  status: string;
  tables: { rows: unknown[][]; result?: string }[];
}

/** The characters of the statements of one question. */
const MOST_CHARACTERS = 16_000_000;
/** Questions that wait for a kernel at the same time. */
const MOST_QUESTIONS = 16;
/** Rows of a table; those that the notebook's output does not hold are asked for in pages. */
const MOST_ROWS = 100_000;
const PAGE = 10_000;
/** Between two signs of life, in milliseconds. */
const RUNNING_MS = 2000;

let waiting = 0;

/** Answers a question, if it is for this page; `paths` has the notebooks of its kernels. */
export async function answer(
  question: Partial<Question>,
  paths: ReadonlyMap<string, string>,
  send: (reply: Reply) => void
): Promise<void> {
  const { id, ask } = question;
  if (typeof id !== 'string') {
    return;
  }
  if (ask === 'kernels') {
    const path = (id: string) => paths.get(id) ?? '';
    const mine = kernels.all().map(({ id, lastRun }) => ({ id, lastRun, path: path(id) }));
    send({ id, answer: JSON.stringify({ kernels: mine }) });
    return;
  }
  const kernel = kernels.get(question.kernel);
  if (!kernel) {
    return;
  }
  send({ id, isRunning: true });
  const timer = setInterval(() => send({ id, isRunning: true }), RUNNING_MS);
  waiting++;
  try {
    if (waiting > MOST_QUESTIONS) {
      throw new Error(`${MOST_QUESTIONS} questions wait for an answer already`);
    }
    const results = await Promise.all((await asked(kernel, question)).map(r => whole(kernel, r)));
    send({ id, answer: JSON.stringify({ results }) });
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    send({ id, answer: JSON.stringify({ error: message, code: name }) });
  } finally {
    waiting--;
    clearInterval(timer);
  }
}

/** The results that a question is about. */
async function asked(
  kernel: MilvusKernel,
  { ask, sql }: Partial<Question>
): Promise<DisplayData[]> {
  switch (ask) {
    case 'last':
      if (!kernel.lastResult) {
        throw new Error('nothing has been read yet');
      }
      return [kernel.lastResult];
    case 'sql':
      if (typeof sql !== 'string') {
        throw new Error('statements are a text');
      }
      if (sql.length > MOST_CHARACTERS) {
        throw new Error(`statements have at most ${MOST_CHARACTERS} characters`);
      }
      return kernel.query(sql);
    default:
      throw new Error(`nobody can be asked for '${ask}'`);
  }
}

/** A result with the rows that the kernel keeps of it. */
async function whole(kernel: MilvusKernel, { data }: DisplayData): Promise<Tables> {
  const shown = data[TABLES] as Tables | undefined;
  if (!shown) {
    return { notices: [], status: String(data['text/plain'] ?? ''), tables: [] };
  }
  const tables = shown.tables.map(async (table, at) => {
    const rows = [...table.rows];
    while (table.result !== undefined && rows.length < MOST_ROWS) {
      const asked = [table.result, at, rows.length, PAGE, -1, false, ''] as const;
      const page = await kernel.ask('rows', [...asked]);
      const more = page === undefined ? [] : (JSON.parse(page) as { rows: unknown[][] }).rows;
      if (more.length === 0) {
        break;
      }
      more.forEach(row => rows.push(row));
    }
    return { ...table, rows };
  });
  return { ...shown, tables: await Promise.all(tables) };
}
