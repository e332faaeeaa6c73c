//! The door to JavaScript, and the only file that knows it: [`Kernel`] for the worker, and the
//! browser as a [`Platform`]. TypeScript has its types of this door from here: the declarations
//! that wasm-bindgen writes are what `jupyterlite/src/protocol.ts` imports. Offsets are bytes
//! inside Rust and Unicode code points in Jupyter: they are converted here.

use std::cell::{Cell, RefCell};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{AbortHandle, Either, abortable, select};
use js_sys::{Array, Function, JSON, Object, Promise, Reflect, Uint8Array};
use milvus_proto::{Effect, Method};
use serde::Serialize;
use tonic::{Code as Grpc, Status};
use tonic_web_wasm_client::options::FetchOptions;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::diagnostic::Diagnostic;
use crate::language::parse;
use crate::milvus::platform::{self, Failure, Probe, Quota};
use crate::milvus::{Address, Client, Platform, Store, Target};
use crate::outcome::Outcome;
use crate::render::{self, Content, MimeBundle};
use crate::results::Order;
use crate::session::Session;
use crate::translate::Catalogue;

/// How long a look at an unreachable address may take.
const PROBE_MS: u32 = 3_000;

/// Between two looks at how far a statement is, in milliseconds.
const PROGRESS_MS: u32 = 250;

const NO_FILES: &str = "this page has no files";

const NO_ENGINE: &str = "this page has no engine: connect to a server";

/// A kernel's session, for `jupyterlite/src/worker.ts`.
#[wasm_bindgen]
pub struct Kernel {
    session: Rc<Session<Browser>>,
    running: Rc<RefCell<Option<AbortHandle>>>,
    keep_snapshot: Option<Function>,
}

#[wasm_bindgen]
impl Kernel {
    /// `inputRequest` is called with a prompt and gives a promise of the secret that was typed, or
    /// of nothing where nobody can be asked. `engine` leads to the engine of the page, `files` to
    /// the notebook's folder. `keepSnapshot` is called with what `restore` takes whenever that has
    /// changed; it holds secrets.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(
            js_name = "inputRequest",
            unchecked_optional_param_type = "(prompt: string) => Promise<string | undefined>"
        )]
        input_request: Option<Function>,
        #[wasm_bindgen(unchecked_optional_param_type = "Engine")] engine: Option<Engine>,
        #[wasm_bindgen(unchecked_optional_param_type = "Files")] files: Option<Files>,
        #[wasm_bindgen(
            js_name = "keepSnapshot",
            unchecked_optional_param_type = "(snapshot: string) => void"
        )]
        keep_snapshot: Option<Function>,
    ) -> Kernel {
        console_error_panic_hook::set_once();
        let browser =
            Browser { input_request, engine: engine.map(Rc::new), files: files.map(Rc::new) };
        Kernel { session: Rc::new(Session::new(browser)), running: Rc::default(), keep_snapshot }
    }

    /// Runs a cell, or quietly what is not the user's own: `:last` stays what it is. `displayData`
    /// is called for each result, and for how far a statement is that takes its time; the promise
    /// never rejects.
    #[wasm_bindgen(unchecked_return_type = "Promise<RunResult>")]
    pub fn run(
        &self,
        cell: String,
        #[wasm_bindgen(js_name = "isQuiet")] is_quiet: bool,
        #[wasm_bindgen(
            js_name = "displayData",
            unchecked_param_type = "(content: DisplayData) => void"
        )]
        display_data: Function,
    ) -> Promise {
        let (session, running) = (self.session.clone(), self.running.clone());
        let keep_snapshot = self.keep_snapshot.clone();
        promise(async move {
            let is_shown = Cell::new(false);
            let display = |bundle: &MimeBundle, is_progress| {
                is_shown.set(is_progress);
                // a page that cannot take a result must not keep the statements behind it from
                // running
                let content = display_data_content(bundle, is_progress, session.is_last());
                let _ = display_data.call1(&JsValue::NULL, &content);
            };
            let show = |outcome: &Outcome| {
                keep(&session, &keep_snapshot);
                display(&session.render(outcome), false);
            };
            let (work, handle) = abortable(session.run_as(&cell, is_quiet, show));
            *running.borrow_mut() = Some(handle);
            let look = async {
                loop {
                    gloo_timers::future::TimeoutFuture::new(PROGRESS_MS).await;
                    if let Some(progress) = session.progress() {
                        display(&render::progress(&progress, &session.options()), true);
                    }
                }
            };
            let result = match select(pin!(work), pin!(look)).await {
                Either::Left((result, _)) => result,
                Either::Right((never, _)) => never,
            };
            *running.borrow_mut() = None;
            if is_shown.get()
                && let Some(stopped) = session.stopped()
            {
                display(&render::progress(&stopped, &session.options()), true);
            }
            keep(&session, &keep_snapshot);
            Ok(match result {
                Ok(Ok(())) => to_js(&RunResult::Ok),
                Ok(Err(error)) => to_js(&RunResult::from_error(&error, &cell)),
                Err(_) => to_js(&RunResult::from_error(&session.interrupted(), &cell)),
            })
        })
    }

    /// Makes this kernel as the one was that the snapshot is of; gives lines that say what is so
    /// again, and what is lost.
    #[wasm_bindgen(unchecked_return_type = "Promise<string[]>")]
    pub fn restore(&self, snapshot: String) -> Promise {
        let (session, keep_snapshot) = (self.session.clone(), self.keep_snapshot.clone());
        promise(async move {
            let lines = session.restore(&snapshot).await;
            keep(&session, &keep_snapshot);
            Ok(to_js(&lines))
        })
    }

    /// Ends the running cell: its request is aborted and its promise gives an error.
    pub fn interrupt(&self) {
        if let Some(handle) = self.running.borrow().as_ref() {
            handle.abort();
        }
    }

    /// What may stand at a cursor; offsets in code points.
    #[wasm_bindgen(unchecked_return_type = "Promise<Completion>")]
    pub fn complete(&self, cell: String, cursor: usize) -> Promise {
        let session = self.session.clone();
        promise(async move {
            let cursor = to_bytes(&cell, cursor);
            let (span, candidates) = session.complete(&cell, cursor).await;
            let matches = candidates
                .into_iter()
                .map(|candidate| CompletionMatch {
                    text: candidate.text,
                    kind: candidate.kind.word(),
                    signature: candidate.detail,
                })
                .collect();
            let found = Completion {
                start: to_points(&cell, span.start),
                end: to_points(&cell, span.end),
                matches,
            };
            // what the server did not tell in time is there at the next key
            wasm_bindgen_futures::spawn_local(async move { session.learn(&cell, cursor).await });
            Ok(long_to_js(&found))
        })
    }

    /// What the word at a cursor means; nothing where nobody knows it.
    #[wasm_bindgen(unchecked_return_type = "Inspection | undefined")]
    pub fn inspect(&self, cell: &str, cursor: usize) -> JsValue {
        let cursor = to_bytes(cell, cursor);
        let found = self.session.inspect(cell, cursor);
        let (session, cell) = (self.session.clone(), cell.to_string());
        wasm_bindgen_futures::spawn_local(async move { session.learn(&cell, cursor).await });
        let shown = found.map(|found| Inspected {
            markdown: found.markdown,
            text: found.text,
            topic: found.topic,
        });
        shown.map_or(JsValue::UNDEFINED, |shown| to_js(&shown))
    }

    /// Where the statements go; no server is asked.
    #[wasm_bindgen(unchecked_return_type = "Status")]
    pub fn status(&self) -> JsValue {
        to_js(&self.session.status())
    }

    /// A name as a statement has it, in quotes where it needs them.
    pub fn quoted(&self, name: &str) -> String {
        self.session.quoted(name)
    }

    /// Speaks the language of a catalogue, which is JSON; English where it is none.
    pub fn speak(&self, catalogue: &str) {
        self.session.speak(Catalogue::parse(catalogue).unwrap_or_default());
    }

    /// A cell as the history gives it back, without its secrets.
    pub fn history(&self, cell: &str) -> String {
        self.session.history(cell)
    }

    /// Rows of a table of a result that the notebook does not hold, as JSON of their number and of
    /// themselves: sorted by a column where `sort` is one, and those alone that have `filter` in
    /// the text of a value. Nothing where the result is not kept any more.
    #[allow(clippy::too_many_arguments)] // an object would have to be taken to pieces
    pub fn rows(
        &self,
        result: &str,
        table: usize,
        from: usize,
        count: usize,
        sort: i32,
        descending: bool,
        filter: String,
    ) -> Option<String> {
        let order = Order { sort: usize::try_from(sort).ok(), descending, filter };
        self.session.rows(result, table, order, from, count)
    }

    /// Whether Enter should run the text, for a console.
    #[wasm_bindgen(
        js_name = isComplete,
        unchecked_return_type = "'complete' | 'incomplete' | 'invalid'"
    )]
    pub fn is_complete(&self, cell: &str) -> String {
        parse::completeness(cell).to_string()
    }

    /// The syntax errors of a cell, the first of each statement, by reading alone. What merely is
    /// not finished at the cursor (UTF-16 code units) is none.
    #[wasm_bindgen(unchecked_return_type = "Problem[]")]
    pub fn lint(&self, cell: &str, cursor: Option<usize>) -> JsValue {
        let cursor = cursor.map(|cursor| from_units(cell, cursor));
        let problems = self.session.problems(cell, cursor);
        to_js(&problems.iter().filter_map(|error| Problem::of(error, cell)).collect::<Vec<_>>())
    }

    /// How many statements a cell has: parsing alone, for the benchmark.
    #[wasm_bindgen(js_name = countStatements)]
    pub fn count_statements(&self, cell: &str) -> usize {
        parse::parse(cell).map_or(0, |statements| statements.len())
    }
}

/// Hands a changed snapshot to the page.
fn keep(session: &Session<Browser>, keep_snapshot: &Option<Function>) {
    if let Some(keep_snapshot) = keep_snapshot
        && let Some(snapshot) = session.changed_snapshot()
    {
        // a page that cannot keep it has less to restore
        let _ = keep_snapshot.call1(&JsValue::NULL, &snapshot.into());
    }
}

/// The bare RPC under a statement, by the same transport: what the benchmark compares `SHOW
/// VERSION` with.
#[wasm_bindgen(js_name = bareGetVersion)]
pub fn bare_get_version(address: String) -> Promise {
    promise(async move {
        let target = Target::parse(&address)?;
        let client = Client::new(Browser::default(), target, PROBE_MS)
            .map_err(|error| format!("{error:?}"))?;
        let version = client.learn_version().await.map_err(|error| format!("{error:?}"))?;
        Ok(version.into())
    })
}

/// A promise of what a future comes to. It is boxed: what stands between the two is compiled for
/// each type of future.
fn promise(future: impl Future<Output = Result<JsValue, JsValue>> + 'static) -> Promise {
    let future: Pin<Box<dyn Future<Output = _>>> = Box::pin(future);
    wasm_bindgen_futures::future_to_promise(future)
}

// What crosses to JavaScript: the type that TypeScript sees, and beside it the Rust that makes it.

#[wasm_bindgen(typescript_custom_section)]
const RUN_RESULT: &'static str = r#"
/** How a cell ended; an error as `execute_reply` has it. */
export type RunResult =
    | { status: 'ok' }
    | { status: 'error'; ename: string; evalue: string; traceback: string[]; problem?: Problem };

/** An error with its place in the cell, for an editor: offsets in UTF-16 code units. */
export interface Problem {
    from: number;
    to: number;
    code: string;
    message: string;
    help: string[];
    /** What would put it right. */
    replacement?: { from: number; to: number; text: string };
}
"#;

#[derive(Serialize)]
#[serde(tag = "status", rename_all = "lowercase")]
enum RunResult {
    Ok,
    Error {
        ename: String,
        evalue: String,
        traceback: Vec<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        problem: Option<Problem>,
    },
}

#[derive(Serialize)]
struct Problem {
    from: usize,
    to: usize,
    code: &'static str,
    message: String,
    help: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replacement: Option<Replacement>,
}

#[derive(Serialize)]
struct Replacement {
    from: usize,
    to: usize,
    text: String,
}

impl Problem {
    fn of(error: &Diagnostic, cell: &str) -> Option<Self> {
        let span = error.span?;
        Some(Problem {
            from: to_units(cell, span.start),
            to: to_units(cell, span.end),
            code: error.code.name(),
            message: error.message.clone(),
            help: error.help.clone(),
            replacement: error.replacement(cell).map(|(span, text)| Replacement {
                from: to_units(cell, span.start),
                to: to_units(cell, span.end),
                text,
            }),
        })
    }
}

impl RunResult {
    fn from_error(error: &Diagnostic, cell: &str) -> Self {
        RunResult::Error {
            ename: error.code.name().to_string(),
            evalue: error.message.clone(),
            traceback: error.render(cell, true).lines().map(str::to_string).collect(),
            problem: Problem::of(error, cell),
        }
    }
}

#[wasm_bindgen(typescript_custom_section)]
const COMPLETION: &'static str = r#"
/** What may stand at a cursor, and the range that one of the matches replaces, in code points. */
export interface Completion {
    start: number;
    end: number;
    matches: CompletionMatch[];
}

/** `type` says in words what it is, `signature` a field's type or a parameter's range. */
export interface CompletionMatch {
    text: string;
    type: string;
    signature: string;
}

/** What a word means; `topic` is the word of the reference that says more. */
export interface Inspection {
    markdown: string;
    text: string;
    topic: string;
}
"#;

#[derive(Serialize)]
struct Completion {
    start: usize,
    end: usize,
    matches: Vec<CompletionMatch>,
}

#[derive(Serialize)]
struct Inspected {
    markdown: String,
    text: String,
    topic: String,
}

#[derive(Serialize)]
struct CompletionMatch {
    text: String,
    #[serde(rename = "type")]
    kind: &'static str,
    signature: String,
}

#[wasm_bindgen(typescript_custom_section)]
const STATUS: &'static str = r#"
/** Where a session's statements go. */
export interface Status {
    /** in the order they were made */
    connections: Connection[];
    /** where the next one goes that needs a connection, if no cell has named one */
    by_default: string | null;
}

export interface Connection {
    name: string;
    address: string;
    user: string;
    database: string;
    server: string;
    in_use: boolean;
}
"#;

#[wasm_bindgen(typescript_custom_section)]
const DISPLAY_DATA: &'static str = r#"
/** A result as `display_data` has it: the content of each MIME type, JSON as what it says. */
export interface DisplayData {
    data: Record<string, unknown>;
    metadata: Record<string, unknown>;
    /** How far a statement is: the next content of the cell takes its place. */
    isProgress: boolean;
    /** Of the last statement of the cell. */
    isLast: boolean;
}
"#;

/// JSON goes through the browser's own parser, four times as fast as a tree built from here.
fn display_data_content(bundle: &MimeBundle, is_progress: bool, is_last: bool) -> JsValue {
    let data = Object::new();
    for part in bundle {
        let content = match &part.content {
            Content::Text(text) => text.into(),
            Content::Json(json) => match JSON::parse(json) {
                Ok(parsed) => parsed,
                Err(_) => continue,
            },
        };
        set(&data, part.mime_type, &content);
    }
    let content = Object::new();
    set(&content, "data", &data);
    set(&content, "metadata", &Object::new());
    set(&content, "isProgress", &is_progress.into());
    set(&content, "isLast", &is_last.into());
    content.into()
}

/// An object of our own takes any key.
fn set(object: &Object, key: &str, value: &JsValue) {
    let _ = Reflect::set(object, &key.into(), value);
}

fn to_js(value: &impl Serialize) -> JsValue {
    value.serialize(&serde_wasm_bindgen::Serializer::json_compatible()).unwrap_or(JsValue::NULL)
}

/// What has thousands of small parts: as one text they cross at once.
fn long_to_js(value: &impl Serialize) -> JsValue {
    let text = serde_json::to_string(value).unwrap_or_default();
    JSON::parse(&text).unwrap_or(JsValue::NULL)
}

/// A code point offset as bytes.
fn to_bytes(text: &str, points: usize) -> usize {
    text.char_indices().nth(points).map_or(text.len(), |(at, _)| at)
}

/// A byte offset as code points.
fn to_points(text: &str, bytes: usize) -> usize {
    text.char_indices().take_while(|(at, _)| *at < bytes).count()
}

/// A byte offset as UTF-16 code units, in which JavaScript counts.
fn to_units(text: &str, bytes: usize) -> usize {
    text.get(..bytes).unwrap_or(text).encode_utf16().count()
}

/// An offset in UTF-16 code units as bytes.
fn from_units(text: &str, units: usize) -> usize {
    let mut left = units;
    let behind = text.char_indices().find(|(_, char)| match left.checked_sub(char.len_utf16()) {
        Some(less) => {
            left = less;
            false
        }
        None => true,
    });
    behind.map_or(text.len(), |(at, _)| at)
}

#[wasm_bindgen(typescript_custom_section)]
const ENGINE: &'static str = r#"
/** The engine of the page, as `engine/js` has it. */
export interface Engine {
    /** Sends a request; one that writes is not repeated. A refusal is a {@link Refusal}. */
    call(
        store: string,
        method: string,
        database: string,
        writes: boolean,
        request: Uint8Array
    ): EngineCall;
    /** What is to be said of a store that has been opened. */
    notices(store: string): string[];
}

export interface EngineCall {
    reply: Promise<Uint8Array>;
    cancel(): void;
}

/** A status of gRPC. */
export interface Refusal {
    code: number;
    message: string;
}
"#;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(typescript_type = "Engine")]
    pub type Engine;

    #[wasm_bindgen(method, catch)]
    fn call(
        this: &Engine,
        store: &str,
        method: &str,
        database: &str,
        writes: bool,
        request: &[u8],
    ) -> Result<EngineCall, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn notices(this: &Engine, store: &str) -> Result<Vec<String>, JsValue>;

    #[wasm_bindgen(typescript_type = "EngineCall")]
    pub type EngineCall;

    #[wasm_bindgen(method, getter)]
    fn reply(this: &EngineCall) -> Promise;

    #[wasm_bindgen(method, catch)]
    fn cancel(this: &EngineCall) -> Result<(), JsValue>;
}

#[wasm_bindgen(typescript_custom_section)]
const FILES: &'static str = r#"
/** The files of the notebook's folder, and what URLs lead to; rejected with a reason in words. */
export interface Files {
    read(place: string): Promise<Uint8Array>;
    /** A gzipped file is unpacked, and packed by `write`. */
    open(place: string, gzipped: boolean): Promise<Pieces>;
    write(path: string, bytes: Uint8Array, gzipped: boolean): Promise<void>;
    /** The names in a folder; a folder's ends with a slash. */
    list(folder: string): Promise<string[]>;
    /** Parquet and arrow: the pieces are fields and batches of `columns/batch`. */
    openColumns(place: string, gzipped: boolean): Promise<Pieces>;
    writeColumns(
        path: string, format: string, pieces: Uint8Array[], gzipped: boolean
    ): Promise<void>;
}

/** A file as it comes. */
export interface Pieces {
    /** The next piece; nothing behind the last. */
    next(): Promise<Uint8Array | undefined>;
    /** What part of the file has come, from 0 to 1; nothing where its size is not known. */
    share(): number | undefined;
    /** Nothing more is asked for. */
    cancel(): void;
}
"#;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(typescript_type = "Files")]
    pub type Files;

    #[wasm_bindgen(method, catch)]
    fn read(this: &Files, place: &str) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn open(this: &Files, place: &str, gzipped: bool) -> Result<Promise, JsValue>;

    #[wasm_bindgen(typescript_type = "Pieces")]
    type Pieces;

    #[wasm_bindgen(method, catch, js_name = next)]
    fn next_piece(this: &Pieces) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = share)]
    fn share_of_pieces(this: &Pieces) -> Result<Option<f64>, JsValue>;

    #[wasm_bindgen(method, catch, js_name = cancel)]
    fn cancel_pieces(this: &Pieces) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch)]
    fn write(
        this: &Files,
        path: &str,
        bytes: Uint8Array,
        gzipped: bool,
    ) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn list(this: &Files, folder: &str) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = openColumns)]
    fn open_columns(this: &Files, place: &str, gzipped: bool) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = writeColumns)]
    fn write_columns(
        this: &Files,
        path: &str,
        format: &str,
        pieces: Vec<Uint8Array>,
        gzipped: bool,
    ) -> Result<Promise, JsValue>;

    /// What the browser says of its room; nothing where it says nothing.
    #[wasm_bindgen(js_namespace = ["navigator", "storage"], js_name = estimate, catch)]
    fn estimate() -> Result<Promise, JsValue>;

    #[wasm_bindgen(js_namespace = ["navigator", "storage"], js_name = persisted, catch)]
    fn persisted() -> Result<Promise, JsValue>;
}

/// What came of a promise, or why nothing did.
async fn settled(promise: Result<Promise, JsValue>) -> Result<JsValue, String> {
    let words = |error: JsValue| {
        let message = Reflect::get(&error, &"message".into()).ok();
        let message = message.and_then(|message| message.as_string());
        message.or_else(|| error.as_string()).unwrap_or_else(|| "no reason is given".to_string())
    };
    JsFuture::from(promise.map_err(words)?).await.map_err(words)
}

/// A file that the page hands on in pieces.
pub struct BrowserPieces(Pieces);

impl platform::Pieces for BrowserPieces {
    async fn next(&mut self) -> Result<Option<Bytes>, String> {
        let piece = settled(self.0.next_piece()).await?;
        let is_there = !piece.is_undefined();
        Ok(is_there.then(|| Uint8Array::new(&piece).to_vec().into()))
    }

    fn share(&self) -> Option<f64> {
        self.0.share_of_pieces().ok().flatten()
    }
}

impl Drop for BrowserPieces {
    fn drop(&mut self) {
        // what cannot be cancelled comes to its end
        let _ = self.0.cancel_pieces();
    }
}

/// Cancels a call that is dropped before it has ended; one that has ended takes no notice.
struct Cancelled(EngineCall);

impl Drop for Cancelled {
    fn drop(&mut self) {
        // a call that cannot be cancelled ends by itself
        let _ = self.0.cancel();
    }
}

/// A refusal of the engine as a status of gRPC.
fn engine_status(error: &JsValue) -> Status {
    let get = |key: &str| Reflect::get(error, &key.into()).unwrap_or(JsValue::UNDEFINED);
    let code = get("code").as_f64().map_or(Grpc::Unknown, |code| Grpc::from_i32(code as i32));
    let message = get("message").as_string().or_else(|| error.as_string());
    Status::new(code, message.unwrap_or_else(|| "the engine gives no reason".to_string()))
}

/// The browser: gRPC-Web over fetch, its clock and its timers, the engine, and the page to ask.
#[derive(Clone, Default)]
pub struct Browser {
    input_request: Option<Function>,
    engine: Option<Rc<Engine>>,
    files: Option<Rc<Files>>,
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;

    #[wasm_bindgen(js_name = fetch, catch)]
    fn fetch(url: &str, init: &JsValue) -> Result<Promise, JsValue>;
}

impl Platform for Browser {
    type Channel = tonic_web_wasm_client::Client;
    type Pieces = BrowserPieces;

    fn channel(&self, address: &Address, timeout_ms: u32) -> Result<Self::Channel, String> {
        let options = FetchOptions::new().timeout(Duration::from_millis(timeout_ms.into()));
        Ok(tonic_web_wasm_client::Client::new_with_options(address.url(), options))
    }

    fn failure(error: &(dyn std::error::Error + 'static)) -> Failure {
        use tonic_web_wasm_client::Error;
        match error.downcast_ref() {
            Some(Error::Fetch(words) | Error::JsError(words)) => Failure::Unreached(words.clone()),
            Some(Error::Body(words)) => Failure::Broken(words.clone()),
            Some(Error::NotGrpcWeb { status, .. }) => Failure::Http(*status),
            _ => Failure::Broken(error.to_string()),
        }
    }

    fn has_engine(&self) -> bool {
        self.engine.is_some()
    }

    async fn engine(
        &self,
        store: &Store,
        method: &'static Method,
        database: &str,
        message: Bytes,
    ) -> Result<Bytes, Status> {
        let engine = self.engine.as_ref().ok_or_else(|| Status::unavailable(NO_ENGINE))?;
        let writes = method.effect == Effect::Write;
        let call = engine
            .call(&store.url(), method.name, database, writes, &message)
            .map_err(|error| engine_status(&error))?;
        let call = Cancelled(call);
        let reply = JsFuture::from(call.0.reply()).await.map_err(|error| engine_status(&error))?;
        Ok(Uint8Array::new(&reply).to_vec().into())
    }

    fn engine_notices(&self, store: &Store) -> Vec<String> {
        let engine = self.engine.as_ref();
        engine.and_then(|engine| engine.notices(&store.url()).ok()).unwrap_or_default()
    }

    async fn read_file(&self, place: &str) -> Result<Bytes, String> {
        let files = self.files.as_ref().ok_or(NO_FILES)?;
        let bytes = settled(files.read(place)).await?;
        Ok(Uint8Array::new(&bytes).to_vec().into())
    }

    async fn open_file(&self, place: &str, gzipped: bool) -> Result<BrowserPieces, String> {
        let files = self.files.as_ref().ok_or(NO_FILES)?;
        Ok(BrowserPieces(settled(files.open(place, gzipped)).await?.unchecked_into()))
    }

    async fn write_file(&self, path: &str, bytes: Bytes, gzipped: bool) -> Result<(), String> {
        let files = self.files.as_ref().ok_or(NO_FILES)?;
        settled(files.write(path, Uint8Array::from(bytes.as_ref()), gzipped)).await.map(drop)
    }

    async fn open_columns(&self, place: &str, gzipped: bool) -> Result<BrowserPieces, String> {
        let files = self.files.as_ref().ok_or(NO_FILES)?;
        Ok(BrowserPieces(settled(files.open_columns(place, gzipped)).await?.unchecked_into()))
    }

    async fn write_columns(
        &self,
        path: &str,
        format: &str,
        pieces: Vec<Bytes>,
        gzipped: bool,
    ) -> Result<(), String> {
        let files = self.files.as_ref().ok_or(NO_FILES)?;
        let pieces = pieces.into_iter().map(|piece| Uint8Array::from(piece.as_ref())).collect();
        settled(files.write_columns(path, format, pieces, gzipped)).await.map(drop)
    }

    async fn list_files(&self, folder: &str) -> Result<Vec<String>, String> {
        let files = self.files.as_ref().ok_or(NO_FILES)?;
        let names: Array = settled(files.list(folder)).await?.unchecked_into();
        Ok(names.iter().filter_map(|name| name.as_string()).collect())
    }

    async fn quota(&self) -> Option<Quota> {
        let estimate = settled(estimate()).await.ok()?;
        let get = |key: &str| Reflect::get(&estimate, &key.into()).ok()?.as_f64();
        let is_promised = settled(persisted()).await.is_ok_and(|is| is.is_truthy());
        Some(Quota { used: get("usage")? as u64, limit: get("quota")? as u64, is_promised })
    }

    async fn sleep(&self, ms: u32) {
        gloo_timers::future::TimeoutFuture::new(ms).await;
    }

    fn now(&self) -> f64 {
        performance_now()
    }

    fn unix_ms(&self) -> f64 {
        js_sys::Date::now()
    }

    fn random(&self) -> u32 {
        (js_sys::Math::random() * f64::from(u32::MAX)) as u32
    }

    /// A request without CORS is answered opaquely by whatever speaks HTTP there, and fails where
    /// nothing does.
    async fn probe(&self, address: &Address) -> Probe {
        let init = js_sys::Object::new();
        let _ = Reflect::set(&init, &"mode".into(), &"no-cors".into());
        let Ok(answer) = fetch(&address.url(), &init) else { return Probe::Unknown };
        match select(JsFuture::from(answer), gloo_timers::future::TimeoutFuture::new(PROBE_MS))
            .await
        {
            Either::Left((Ok(_), _)) => Probe::Answers,
            Either::Left((Err(_), _)) => Probe::Silent,
            Either::Right(_) => Probe::Unknown,
        }
    }

    async fn prompt(&self, text: &str) -> Option<String> {
        let typed = self.input_request.as_ref()?.call1(&JsValue::NULL, &text.into()).ok()?;
        JsFuture::from(Promise::resolve(&typed)).await.ok()?.as_string()
    }

    fn secure_page(&self) -> bool {
        let location =
            Reflect::get(&js_sys::global(), &"location".into()).unwrap_or(JsValue::UNDEFINED);
        Reflect::get(&location, &"protocol".into()).is_ok_and(|protocol| protocol == "https:")
    }
}
