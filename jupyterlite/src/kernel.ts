/**
 * The kernel: Jupyter messages in, Jupyter messages out. It knows nothing of the language: cells go
 * to the worker.
 *
 * BaseKernel answers one message at a time, so that nothing would be answered while a cell runs;
 * here `execute_request` goes into a queue of its own and everything else is answered at once.
 */

import { KernelMessage } from '@jupyterlab/services';
import { BaseKernel, type IKernel } from '@jupyterlite/services';
import { Signal, type ISignal } from '@lumino/signaling';

import type { DisplayData, Problem, RunResult } from '../wasm/milvus_kernel.js';
import { MOST_CELL, type History } from './history';
import type { Args, Method, Result } from './protocol';
import type { Reference } from './reference';
import type { WorkerClient } from './worker-client';

/** A cell that ended in an error: the id of its request, and the place in it. */
export interface Failure {
  id: string;
  code: string;
  problem: Problem;
}

/** How long a cell may take to end after an interrupt before its worker is ended with it. */
const INTERRUPT_MS = 3000;

/** The tables of a result, for programs of the page. */
export const TABLES = 'application/vnd.milvus.table.v1+json';

export class MilvusKernel extends BaseKernel {
  constructor(
    options: IKernel.IOptions,
    startWorker: () => WorkerClient,
    catalogue: string | undefined,
    history: History,
    reference: Reference,
    version: string
  ) {
    const send: IKernel.SendMessage = msg => {
      if (this.isDisposed) {
        // nobody listens any more
        return;
      }
      // BaseKernel answers on the shell, wherever it was asked
      const isControl =
        msg.channel === 'shell' && this._control.has((msg.parent_header as Header).msg_id);
      options.sendMessage(isControl ? ({ ...msg, channel: 'control' } as typeof msg) : msg);
    };
    super({ ...options, sendMessage: send });
    this._cells = history;
    this._reference = reference;
    this._send = send;
    this._startWorker = () => {
      const worker = startWorker();
      if (catalogue !== undefined) {
        // a worker that fails says so to the first cell
        worker.call('speak', [catalogue]).catch(() => undefined);
      }
      return worker;
    };
    this._version = version;
    this._worker = this._startWorker();
  }

  get executionCount(): number {
    return this._count;
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._abortQueue();
    for (const next of [this._thought, ...this._queue.splice(0)]) {
      if (next && 'code' in next) {
        next.reject(shutDown());
      }
    }
    this._worker.dispose();
    super.dispose();
  }

  /** A cell has ended: what the server has may be another now. */
  get ran(): ISignal<this, void> {
    return this._ran;
  }

  /** When its last cell ended, in milliseconds; 0 before that. */
  get lastRun(): number {
    return this._lastRun;
  }

  /** The last result with a table that its user has seen. */
  get lastResult(): DisplayData | undefined {
    return this._lastResult;
  }

  /** A cell has ended in an error that has a place in it. */
  get failed(): ISignal<this, Failure> {
    return this._failed;
  }

  /** Asks the worker, also while a cell runs. */
  ask<M extends Exclude<Method, 'run' | 'restore'>>(method: M, args: Args<M>): Promise<Result<M>> {
    return this._worker.call(method, args);
  }

  /**
   * Runs statements for a part of the page, behind the cells that are queued: no message is sent.
   * Gives their results; rejects with an error, whose name is its code. Statements that are still
   * being thought of keep their place.
   */
  query(code: string | Promise<string>): Promise<DisplayData[]> {
    return new Promise((resolve, reject) => {
      if (this.isDisposed) {
        reject(shutDown());
        return;
      }
      this._queue.push({ code, resolve, reject });
      void this._pump();
    });
  }

  async handleMessage(msg: KernelMessage.IMessage): Promise<void> {
    if (msg.channel === 'control') {
      this._control.add(msg.header.msg_id);
    }
    try {
      await this._handle(msg);
    } finally {
      this._control.delete(msg.header.msg_id);
    }
  }

  /**
   * Ends what runs, a cell or statements of the page. The cells behind it are aborted, as after any
   * error.
   */
  async interrupt(): Promise<void> {
    const interrupted = this._current;
    if (!this._running) {
      // they wait for statements of the page, whose error would not abort them
      this._abortQueue();
    }
    if (!interrupted) {
      return;
    }
    // another may be in its place by then, which makes itself ready for the next cell
    const worker = this._worker;
    worker.interrupt();
    await new Promise(resolve => setTimeout(resolve, INTERRUPT_MS));
    if (this._current === interrupted) {
      // busy with itself: only its end ends the cell
      worker.dispose('it did not stop when it was interrupted');
    }
  }

  async kernelInfoRequest(): Promise<KernelMessage.IInfoReplyMsg['content']> {
    return {
      status: 'ok',
      protocol_version: '5.3',
      implementation: 'milvus',
      implementation_version: this._version,
      language_info: {
        name: 'sql',
        version: this._version,
        mimetype: 'text/x-milvus-sql',
        file_extension: '.msql',
        pygments_lexer: 'milvus-sql',
        codemirror_mode: 'milvus-sql'
      },
      banner:
        `Milvus kernel ${this._version}: SQL for Milvus. ` +
        'It answers in this tab; milvus://127.0.0.1:19530 connects to a server. Try help.',
      help_links: [{ text: 'Milvus', url: 'https://milvus.io/docs' }]
    };
  }

  async completeRequest(
    content: KernelMessage.ICompleteRequestMsg['content']
  ): Promise<KernelMessage.ICompleteReplyMsg['content']> {
    const { code, cursor_pos } = content;
    try {
      const { start, end, matches } = await this._worker.call('complete', [code, cursor_pos]);
      return {
        status: 'ok',
        matches: matches.map(match => match.text),
        cursor_start: start,
        cursor_end: end,
        metadata: { _jupyter_types_experimental: matches.map(match => ({ start, end, ...match })) }
      };
    } catch {
      return {
        status: 'ok',
        matches: [],
        cursor_start: cursor_pos,
        cursor_end: cursor_pos,
        metadata: {}
      };
    }
  }

  async inspectRequest(
    content: KernelMessage.IInspectRequestMsg['content']
  ): Promise<KernelMessage.IInspectReplyMsg['content']> {
    const nothing = { status: 'ok' as const, found: false, data: {}, metadata: {} };
    try {
      const { code, cursor_pos } = content;
      const inspection = await this._worker.call('inspect', [code, cursor_pos]);
      if (!inspection) {
        return nothing;
      }
      const { markdown, text } = await this._reference.explain(inspection);
      const data = { 'text/plain': text, 'text/markdown': markdown };
      return { ...nothing, found: true, data };
    } catch {
      return nothing;
    }
  }

  async isCompleteRequest(
    content: KernelMessage.IIsCompleteRequestMsg['content']
  ): Promise<KernelMessage.IIsCompleteReplyMsg['content']> {
    const status = await this._worker
      .call('isComplete', [content.code])
      .catch(() => 'complete' as const);
    return status === 'incomplete' ? { status, indent: '' } : { status };
  }

  /** Not reached: `handleMessage` runs cells by itself. */
  async executeRequest(): Promise<KernelMessage.IExecuteReplyMsg['content']> {
    throw new Error('cells run through the queue');
  }

  async commInfoRequest(): Promise<KernelMessage.ICommInfoReplyMsg['content']> {
    return { status: 'ok', comms: {} };
  }

  /** Not reached: `handleMessage` looks at what was asked. */
  inputReply(): void {
    throw new Error('replies are told by what they answer');
  }

  /** There are no targets: whoever opens one is told so, as the protocol has it. */
  async commOpen(msg: KernelMessage.ICommOpenMsg): Promise<void> {
    this._publish(msg, 'comm_close', { comm_id: msg.content.comm_id, data: {} });
  }

  async commMsg(): Promise<void> {
    // there are no comms
  }

  async commClose(): Promise<void> {
    // there are no comms
  }

  private async _handle(msg: KernelMessage.IMessage): Promise<void> {
    switch (msg.header.msg_type as string) {
      case 'execute_request':
        this._queue.push({ msg: msg as KernelMessage.IExecuteRequestMsg });
        void this._pump();
        return;
      case 'input_reply':
        this._typed(msg as KernelMessage.IInputReplyMsg);
        return;
      case 'interrupt_request':
        this._answer(msg, 'interrupt_reply', { status: 'ok' });
        void this.interrupt();
        break;
      case 'shutdown_request': {
        const { restart } = msg.content as { restart: boolean };
        this._answer(msg, 'shutdown_reply', { status: 'ok', restart });
        this.dispose();
        return;
      }
      case 'comm_info_request':
        this._answer(msg, 'comm_info_reply', await this.commInfoRequest());
        break;
      case 'history_request':
        this._answer(msg, 'history_reply', {
          status: 'ok',
          history: this._cells.entries((msg as KernelMessage.IHistoryRequestMsg).content)
        });
        break;
      default:
        await super.handleMessage(msg);
    }
    if (this._running) {
      // the idle of this message must not make the running cell look done
      this._status(this._running, 'busy');
    }
  }

  /** Hands on what was typed: a box that stayed open is of another cell, and so is its secret. */
  private _typed({ content, parent_header }: KernelMessage.IInputReplyMsg): void {
    // not every client says what it answers
    const { msg_id = this._asked } = parent_header as Partial<Header>;
    if (this._running && this._asked !== undefined && msg_id === this._asked) {
      this._asked = undefined;
      this._worker.inputReply(content.status === 'ok' ? content.value : undefined);
    }
  }

  /** Runs what is queued, one cell at a time. */
  private async _pump(): Promise<void> {
    if (this._isBusy) {
      return;
    }
    this._isBusy = true;
    for (let next = this._queue.shift(); next && !this.isDisposed; next = this._queue.shift()) {
      if ('code' in next) {
        await this._query(next);
        this._current = undefined;
        continue;
      }
      this._current = next;
      const result = await this._cell(next.msg);
      this._current = undefined;
      this._asked = undefined;
      const { silent, stop_on_error } = next.msg.content;
      // a silent cell is a program's, whose errors are none of its user's
      if (result.status === 'error' && !silent && stop_on_error !== false) {
        this._abortQueue();
      }
      this._lastRun = Date.now();
      this._ran.emit();
    }
    this._isBusy = false;
  }

  /** The cell that runs, if it is one. */
  private get _running(): KernelMessage.IExecuteRequestMsg | undefined {
    return this._current && 'msg' in this._current ? this._current.msg : undefined;
  }

  private async _query(query: Query): Promise<void> {
    const { code, resolve, reject } = query;
    let statements: string;
    this._thought = query;
    try {
      statements = await code;
    } catch (error) {
      reject(error instanceof Error ? error : new Error(String(error)));
      return;
    } finally {
      this._thought = undefined;
    }
    this._current = query;
    await this._recover();
    const shown: DisplayData[] = [];
    const worker = this._worker;
    worker.onInputRequest = () => worker.inputReply();
    const result = await worker
      .call('run', [statements, true], content => {
        if (!content.isProgress) {
          shown.push(content);
        }
      })
      .catch(failed);
    if (result.status === 'ok') {
      resolve(shown);
    } else {
      reject(Object.assign(new Error(result.evalue), { name: result.ename }));
    }
  }

  private async _cell(msg: KernelMessage.IExecuteRequestMsg): Promise<RunResult> {
    const { code, silent } = msg.content;
    const isStored = !silent && msg.content.store_history !== false;
    this._status(msg, 'busy');
    if (isStored) {
      this._count++;
    }
    const execution_count = this._count;
    if (!silent) {
      this._publish(msg, 'execute_input', { code, execution_count });
    }
    await this._recover();
    if (isStored) {
      this._remember(execution_count, code);
    }
    if (!silent && this._untold.length > 0) {
      const lines = ['the kernel ended and was started again', ...this._untold.splice(0)];
      this._publish(msg, 'stream', { name: 'stderr', text: lines.join('\n') + '\n' });
    }
    const result = await this._run(msg);
    if (result.status === 'error') {
      const { ename, evalue, traceback, problem } = result;
      if (!silent) {
        this._publish(msg, 'error', { ename, evalue, traceback });
        if (problem) {
          this._failed.emit({ id: msg.header.msg_id, code, problem });
        }
      }
      this._reply(msg, 'execute_reply', {
        status: 'error',
        ename,
        evalue,
        traceback,
        execution_count
      });
    } else {
      const user_expressions = await this._evaluate(msg.content.user_expressions ?? {});
      this._reply(msg, 'execute_reply', { status: 'ok', execution_count, user_expressions });
    }
    this._status(msg, 'idle');
    return result;
  }

  /** Runs a cell. A worker that failed becomes an error, and another takes its place. */
  private async _run(msg: KernelMessage.IExecuteRequestMsg): Promise<RunResult> {
    const worker = this._worker;
    worker.onInputRequest = prompt => {
      if (msg.content.allow_stdin) {
        const content = { prompt, password: true };
        this._asked = this._message(msg, 'stdin', 'input_request', content);
      } else {
        worker.inputReply();
      }
    };
    try {
      return await worker.call('run', [msg.content.code, msg.content.silent === true], content => {
        if (!msg.content.silent) {
          this._display(msg, content);
        }
      });
    } catch (error) {
      if (this._progress?.cell === msg) {
        // its bar would move for ever
        const data = { 'text/plain': 'it was ended before its time' };
        this._display(msg, { data, metadata: {}, isProgress: false, isLast: false });
      }
      return failed(error, this.isDisposed ? [] : await this._replaceWorker());
    }
  }

  /** Each expression as a SELECT of its own. */
  private async _evaluate(expressions: Record<string, unknown>): Promise<Record<string, object>> {
    const evaluated: Record<string, object> = {};
    for (const [name, expression] of Object.entries(expressions)) {
      let shown = {};
      const result = await this._worker
        .call('run', [`SELECT ${String(expression)}`, true], ({ data, metadata }) => {
          shown = { data, metadata };
        })
        .catch(failed);
      evaluated[name] = result.status === 'ok' ? { status: 'ok', ...shown } : result;
    }
    return evaluated;
  }

  /** Shows a result, in the place of the progress that was shown before it. */
  private _display(
    msg: KernelMessage.IExecuteRequestMsg,
    { data, metadata, isProgress, isLast }: DisplayData
  ): void {
    if (!isProgress && TABLES in data) {
      this._lastResult = { data, metadata, isProgress, isLast };
    }
    const shown = this._progress?.cell === msg ? this._progress.id : undefined;
    if (isLast && !isProgress && !shown) {
      const execution_count = this._count;
      this._publish(msg, 'execute_result', { data, metadata, execution_count });
      return;
    }
    const id = shown ?? (isProgress ? `${msg.header.msg_id}-${this._displays++}` : undefined);
    this._publish(msg, shown ? 'update_display_data' : 'display_data', {
      data,
      metadata,
      transient: id ? { display_id: id } : {}
    });
    this._progress = isProgress && id ? { cell: msg, id } : undefined;
  }

  /** Sees to a worker where the last one ended between two cells, of which the next is to tell. */
  private async _recover(): Promise<void> {
    if (this._worker.failure !== undefined && !this.isDisposed) {
      this._untold.push(...(await this._replaceWorker()));
    }
  }

  /**
   * Starts a worker in the place of one that failed, and tells it what that one was told. Gives
   * lines that say what is as it was, and what is lost.
   */
  private async _replaceWorker(): Promise<string[]> {
    const { snapshot } = this._worker;
    this._worker = this._startWorker();
    if (snapshot === undefined) {
      return [];
    }
    try {
      return await this._worker.call('restore', [snapshot]);
    } catch {
      return ['the connections, settings, variables and :last are lost: connect again'];
    }
  }

  /** Keeps a cell without its secrets; not a very long one, or one that cannot be asked about. */
  private _remember(count: number, code: string): void {
    if (code.length > MOST_CELL) {
      return;
    }
    this._worker.call('history', [code]).then(
      covered => this._cells.add(count, covered),
      () => undefined
    );
  }

  /** What an error leaves undone. */
  private _abortQueue(): void {
    const queued = this._queue;
    this._queue = queued.filter(next => 'code' in next);
    for (const next of queued) {
      if ('code' in next) {
        continue;
      }
      const { msg } = next;
      this._status(msg, 'busy');
      this._reply(msg, 'execute_reply', { status: 'aborted' });
      this._status(msg, 'idle');
    }
  }

  private _answer(parent: KernelMessage.IMessage, msgType: string, content: object): void {
    this._status(parent, 'busy');
    this._reply(parent, msgType, content);
    this._status(parent, 'idle');
  }

  private _status(parent: KernelMessage.IMessage, execution_state: 'busy' | 'idle'): void {
    this._publish(parent, 'status', { execution_state });
  }

  private _publish(parent: KernelMessage.IMessage, msgType: string, content: object): void {
    this._message(parent, 'iopub', msgType, content);
  }

  private _reply(parent: KernelMessage.IMessage, msgType: string, content: object): void {
    this._message(parent, 'shell', msgType, content);
  }

  private _message(
    parent: KernelMessage.IMessage,
    channel: 'iopub' | 'shell' | 'stdin',
    msgType: string,
    content: object
  ): string {
    const { header } = parent;
    const options = { msgType, channel, session: header.session, parentHeader: header, content };
    const message = KernelMessage.createMessage(
      options as unknown as KernelMessage.IOptions<KernelMessage.IStatusMsg>
    );
    this._send(message);
    return message.header.msg_id;
  }

  private _send: IKernel.SendMessage;
  /** the requests on the control channel that are being answered */
  private _control = new Set<string>();
  private _startWorker: () => WorkerClient;
  private _worker: WorkerClient;
  private _version: string;
  /** the id of the question that a cell waits for an answer of */
  private _asked: string | undefined;
  /** what became of a worker that ended, until a cell tells it */
  private _untold: string[] = [];
  private _queue: (Cell | Query)[] = [];
  /** statements whose turn it is and that are still being thought of */
  private _thought: Query | undefined;
  private _isBusy = false;
  private _lastRun = 0;
  private _lastResult: DisplayData | undefined;
  private _ran = new Signal<this, void>(this);
  private _failed = new Signal<this, Failure>(this);
  /** what the worker is at */
  private _current: Cell | Query | undefined;
  private _displays = 0;
  /** the display of a cell that shows how far it is */
  private _progress: { cell: KernelMessage.IExecuteRequestMsg; id: string } | undefined;
  private _count = 0;
  private _cells: History;
  private _reference: Reference;
}

type Header = KernelMessage.IHeader;

/** What waits for its turn: a cell, or statements of a part of the page. */
interface Cell {
  msg: KernelMessage.IExecuteRequestMsg;
}

interface Query {
  code: string | Promise<string>;
  resolve: (shown: DisplayData[]) => void;
  reject: (error: Error) => void;
}

const shutDown = (): Error =>
  Object.assign(new Error('the kernel was shut down'), { name: 'KernelError' });

/** The end of a kernel as the error of a cell. */
function failed(error: unknown, lines: string[] = []): RunResult & { status: 'error' } {
  const evalue = `the kernel ended: ${error instanceof Error ? error.message : String(error)}`;
  return {
    status: 'error',
    ename: 'KernelError',
    evalue,
    traceback: [
      `error[KernelError]: ${evalue}`,
      ...lines.map(line => `  = note: ${line}`),
      '  = help: what the cell had begun may have been carried out; look, then run it again'
    ]
  };
}
