//! wasm-pack tests in headless Chromium: the module as the worker has it, through Envoy to real
//! servers, and to the engine in the same module, with its store in the browser's files.
//! `make test-web` starts the servers and compiles their addresses in.

#![cfg(target_arch = "wasm32")]

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use milvus_columns::read::Reader;
use milvus_columns::write::{Format, Writer};
use milvus_columns_batch::{Batch, Field};
use milvus_engine_js::Engine;
use milvus_kernel::milvus::Platform as _;
use milvus_kernel::wasm::{Browser, Kernel};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

#[path = "pages/mod.rs"]
mod pages;
use pages::{Page, column, masked, without_notes};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

const LITE: &str = env!("LITE_WEB_URL");
const MILVUS: &str = env!("MILVUS_WEB_URL");

/// A store of the engine.
const ENGINE: &str = "local/web";

/// A kernel that is told `globalThis.typed` when it asks.
fn new_kernel() -> Kernel {
    let prompt = Function::new_no_args("return globalThis.typed");
    Kernel::new(Some(prompt), None, Some(files().unchecked_into()), None)
}

/// A store in the browser's files, in a folder of its own: nothing else is in this worker's way.
async fn store() -> Engine {
    let opening = Function::new_no_args(
        "return (async () => {
            const root = await navigator.storage.getDirectory();
            const folder = await root.getDirectoryHandle(crypto.randomUUID(), { create: true });
            const handle = async name => {
                const file = await folder.getFileHandle(name, { create: true });
                return file.createSyncAccessHandle();
            };
            return Promise.all(['manifest.0', 'manifest.1', 'log.1', 'reserve'].map(handle));
        })()",
    );
    let opening: Promise = opening.call0(&JsValue::NULL).unwrap().unchecked_into();
    let handles: Array = JsFuture::from(opening).await.unwrap().unchecked_into();
    let names = ["manifest.0", "manifest.1", "log.1", "reserve"].map(str::to_string).to_vec();
    let handles: Vec<_> = handles.iter().map(JsCast::unchecked_into).collect();
    let added = names.len();
    Engine::open(names, handles, added).unwrap()
}

/// A kernel with an engine of its own: one store that is kept, and others that are not.
async fn kernel_with_engine() -> Kernel {
    let mut kept = store().await;
    let mut others: HashMap<String, Engine> = HashMap::new();
    type Door = dyn FnMut(String, String, String, bool, Uint8Array) -> JsValue;
    let call =
        Closure::<Door>::new(move |store: String, method: String, database: String, _, request| {
            let request: Uint8Array = request;
            let engine = match store.starts_with("milvus://local") {
                true => &mut kept,
                false => others.entry(store).or_insert_with(Engine::memory),
            };
            let reply = match engine.call(method, database, request.to_vec(), f64::INFINITY) {
                Ok(reply) => {
                    let reply = reply.expect("it has time enough");
                    Promise::resolve(&JsValue::from(Uint8Array::from(reply.as_slice())))
                }
                Err(code) => {
                    let refusal = Object::new();
                    Reflect::set(&refusal, &"code".into(), &code.into()).unwrap();
                    Promise::reject(&refusal)
                }
            };
            let call = Object::new();
            Reflect::set(&call, &"reply".into(), &reply).unwrap();
            Reflect::set(&call, &"cancel".into(), &Function::new_no_args("")).unwrap();
            call.into()
        });
    let engine = Object::new();
    Reflect::set(&engine, &"call".into(), &call.into_js_value()).unwrap();
    Reflect::set(&engine, &"notices".into(), &Function::new_no_args("return []")).unwrap();
    let prompt = Function::new_no_args("return globalThis.typed");
    let files = Some(files().unchecked_into());
    Kernel::new(Some(prompt), Some(engine.unchecked_into()), files, None)
}

/// The files of the pages, as a notebook's folder would have them.
const FILES: [(&str, &[u8]); 7] = [
    ("books.csv", include_bytes!("files/books.csv")),
    ("books.parquet", include_bytes!("files/books.parquet")),
    ("latin1.csv", include_bytes!("files/latin1.csv")),
    ("more.jsonl", include_bytes!("files/more.jsonl")),
    ("notes.csv", include_bytes!("files/notes.csv")),
    ("sales.feather", include_bytes!("files/sales.feather")),
    ("wrong.csv", include_bytes!("files/wrong.csv")),
];

/// Files that are kept as long as a kernel; a piece of one is a few bytes.
fn files() -> JsValue {
    let files = js_sys::eval(
        "({
            kept: {},
            async read(path) {
                if (!(path in this.kept)) throw new Error(`Path ${path} does not exist.`);
                return this.kept[path];
            },
            async open(path, gzipped) {
                const bytes = await this.read(path);
                if (gzipped) {
                    const unpacking = new DecompressionStream('gzip');
                    const reader = new Blob([bytes]).stream().pipeThrough(unpacking).getReader();
                    const next = async () => (await reader.read()).value;
                    return { next, cancel: () => undefined };
                }
                let at = 0;
                return {
                    next: async () => at < bytes.length ? bytes.subarray(at, at += 7) : undefined,
                    cancel: () => undefined
                };
            },
            async write(path, bytes, gzipped) {
                if (gzipped) {
                    const packing = new CompressionStream('gzip');
                    const packed = new Blob([bytes]).stream().pipeThrough(packing);
                    bytes = new Uint8Array(await new Response(packed).arrayBuffer());
                }
                this.kept[path] = bytes;
            },
            async openColumns(path) {
                const pieces = this.pieces(await this.read(path));
                if (typeof pieces === 'string') {
                    throw new Error(`${path} cannot be read: ${pieces}`);
                }
                return { next: async () => pieces.shift(), cancel: () => undefined };
            },
            async writeColumns(path, format, pieces) {
                this.kept[path] = this.file(format, pieces);
            }
        })",
    )
    .unwrap();
    let pieces = Closure::<dyn Fn(Uint8Array) -> JsValue>::new(|bytes| {
        pieces(bytes).map_or_else(JsValue::from, JsValue::from)
    });
    Reflect::set(&files, &"pieces".into(), &pieces.into_js_value()).unwrap();
    let file = Closure::<dyn Fn(String, Array) -> Uint8Array>::new(file);
    Reflect::set(&files, &"file".into(), &file.into_js_value()).unwrap();
    for (name, bytes) in FILES {
        Reflect::set(&get(&files, "kept"), &name.into(), &Uint8Array::from(bytes)).unwrap();
    }
    files
}

/// A file of columns as its worker gives it.
fn pieces(bytes: Uint8Array) -> Result<Array, String> {
    let mut reader = Reader::open(Arc::new(Bytes::from(bytes.to_vec())))?;
    let pieces = Array::of1(&Uint8Array::from(&*Field::to_bytes(reader.fields())));
    while let Some(batch) = reader.next_batch()? {
        pieces.push(&Uint8Array::from(&*batch.to_bytes()));
    }
    Ok(pieces)
}

/// What a worker makes of such pieces.
fn file(format: String, pieces: Array) -> Uint8Array {
    let format = if format == "parquet" { Format::Parquet } else { Format::Arrow };
    let bytes: Vec<Vec<u8>> = pieces.iter().map(|piece| Uint8Array::new(&piece).to_vec()).collect();
    let fields = Field::from_bytes(&bytes[0]).unwrap();
    let batches = bytes[1..].iter().map(|bytes| Batch::from_bytes(bytes).unwrap());
    let batches: Vec<Batch> = batches.collect();
    let mut writer = Writer::new(format, &fields, &batches[0]).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    Uint8Array::from(&*writer.finish().unwrap())
}

fn host(url: &str) -> &str {
    url.trim_start_matches("http://")
}

/// Runs a cell: the texts that it shows, and its error.
async fn run(kernel: &Kernel, cell: &str) -> (Vec<String>, Option<String>) {
    let shown = Array::new();
    let keep = shown.clone();
    let on_display_data = Closure::<dyn FnMut(JsValue)>::new(move |content: JsValue| {
        // how far a statement is shows on a slow machine alone
        if get(&content, "isProgress").is_truthy() {
            return;
        }
        keep.push(&get(&get(&content, "data"), "text/plain"));
    });
    let display_data: &Function = on_display_data.as_ref().unchecked_ref();
    let running = kernel.run(cell.to_string(), false, display_data.clone());
    let reply = JsFuture::from(running).await.unwrap();
    let error =
        (get(&reply, "status") == "error").then(|| get(&reply, "ename").as_string().unwrap());
    (shown.iter().map(|text| text.as_string().unwrap()).collect(), error)
}

fn get(object: &JsValue, key: &str) -> JsValue {
    Reflect::get(object, &key.into()).unwrap()
}

async fn connected(url: &str, credentials: &str) -> Kernel {
    let kernel = if url == ENGINE { kernel_with_engine().await } else { new_kernel() };
    let (shown, error) = run(&kernel, &format!("milvus://{credentials}{}", host(url))).await;
    assert_eq!(error, None);
    assert!(shown[0].starts_with("connected to"), "{shown:?}");
    kernel
}

async fn original_and_sql(url: &str, credentials: &str) {
    let kernel = connected(url, credentials).await;
    run(&kernel, "drop table if exists web01").await;
    let (shown, error) = run(
        &kernel,
        "create table web01 where dimension=3 and metric_type='L2'; insert 2,3,5 from web01 by \
            id=7; select 2,3,5 from web01 where top_k=1; SELECT id FROM web01",
    )
    .await;
    assert_eq!((shown.len(), error), (4, None), "{shown:?}");
    assert!(shown[2].contains(" 7         0"), "read your own write: {}", shown[2]);
    assert!(shown[3].contains(" 7"), "{}", shown[3]);
    let (_, error) = run(&kernel, "drop table web01").await;
    assert_eq!(error, None);
}

#[wasm_bindgen_test]
async fn runs_on_milvus_lite() {
    original_and_sql(LITE, "").await;
}

#[wasm_bindgen_test]
async fn runs_on_milvus_2_3_5_and_reads_its_own_writes() {
    original_and_sql(MILVUS, "root:Milvus@").await;
}

#[wasm_bindgen_test]
async fn a_wrong_password_is_an_error() {
    let (_, error) = run(&new_kernel(), &format!("milvus://root:wrong@{}", host(MILVUS))).await;
    assert_eq!(error.as_deref(), Some("Unauthenticated"));
}

#[wasm_bindgen_test]
async fn nobody_there_is_an_error() {
    let (_, error) = run(&new_kernel(), "milvus://127.0.0.1:1").await;
    assert_eq!(error.as_deref(), Some("Unreachable"));
}

#[wasm_bindgen_test]
async fn an_interrupt_ends_the_cell() {
    let kernel = connected(LITE, "").await;
    let display_data = Function::new_no_args("");
    let cell = "SHOW TABLES; SHOW TABLES; SHOW TABLES".to_string();
    let running = kernel.run(cell, false, display_data);
    kernel.interrupt(); // before the first poll there is nothing to end
    Browser::default().sleep(0).await;
    kernel.interrupt();
    let reply = JsFuture::from(running).await.unwrap();
    assert_eq!(get(&reply, "ename"), "Interrupted");
    assert_eq!(run(&kernel, "SHOW VERSION").await.1, None);
}

#[wasm_bindgen_test]
async fn completion_counts_code_points() {
    let completion =
        JsFuture::from(new_kernel().complete("help; '表👋'; sel".to_string(), 15)).await.unwrap();
    assert_eq!(get(&completion, "start"), 12);
    assert_eq!(get(&completion, "end"), 15);
    assert_eq!(
        get(&get(&completion, "matches").unchecked_into::<Array>().get(0), "text"),
        "select"
    );
}

#[wasm_bindgen_test]
async fn no_text_panics() {
    let kernel = new_kernel();
    for cell in [
        "",
        ";",
        "\u{0}",
        "\u{1}",
        "[\u{1}5]",
        "'",
        "[[[[",
        "((((",
        "SELECT 1e999 FROM t",
        "表",
        "👋👋",
        "X'",
        "insert [",
        "not not not",
        "-- ",
        "/*",
        "help -",
        "SET a=",
        "\\",
        "\u{feff}",
    ] {
        run(&kernel, cell).await;
    }
}

/// Ten statements a hundred thousand numbers long: memory is given back, and nothing is slow enough
/// to notice.
#[wasm_bindgen_test]
fn a_long_line_parses() {
    let kernel = new_kernel();
    let row = format!("(1, [{}])", vec!["0.123456"; 1000].join(", "));
    let cell = format!("INSERT INTO t VALUES {}", vec![row; 500].join(", "));
    assert!(cell.len() > 4_500_000);
    assert_eq!(kernel.count_statements(&cell), 1);
}

/// A page of the reference in this browser, through Envoy: what is shown but for the times, and the
/// codes of errors.
async fn runs_page(name: &str, text: &str, backend: &str, url: &str, credentials: &str) {
    let page = Page::parse(name, text);
    let keeper = connected(url, credentials).await;
    let version = run(&keeper, "SHOW VERSION").await.0[0]
        .lines()
        .nth(2)
        .unwrap()
        .split_whitespace()
        .nth(1)
        .unwrap()
        .to_string();
    // what a page that failed has left behind
    for table in column(&run(&keeper, "SHOW TABLES").await.0[0]) {
        run(&keeper, &format!("DROP TABLE `{table}`")).await;
    }
    let kernel = match backend {
        "engine" => keeper,
        _ if name == "engine" => kernel_with_engine().await,
        _ if page.is_unconnected() => new_kernel(),
        _ => connected(url, credentials).await,
    };
    for fence in page.fences.iter().filter(|fence| fence.skip(backend).is_none()) {
        Reflect::set(
            &js_sys::global(),
            &"typed".into(),
            &fence.typed().map_or(JsValue::UNDEFINED, JsValue::from),
        )
        .unwrap();
        let (shown, error) = run(&kernel, &fence.cell.replace("127.0.0.1:19530", host(url))).await;
        let shown = shown
            .join("\n")
            .lines()
            .map(|line| line.split(" (").next().unwrap().trim_end().to_string())
            .collect::<Vec<_>>()
            .join("\n");
        let good: Vec<&str> = fence
            .expected
            .lines()
            .take_while(|line| !line.starts_with("error["))
            .map(|line| line.split(" (").next().unwrap().trim_end())
            .collect();
        let code = fence
            .expected
            .lines()
            .find_map(|line| line.strip_prefix("error["))
            .and_then(|line| line.split(']').next());
        assert_eq!(
            without_notes(&masked(&shown, host(url), &version), backend),
            without_notes(&good.join("\n"), backend),
            "{name}:{} on {backend}",
            fence.line
        );
        assert_eq!(error.as_deref(), code, "{name}:{} on {backend}", fence.line);
    }
}

macro_rules! pages_on_lite {
    ($($name:ident)*) => {
        $(#[wasm_bindgen_test]
        async fn $name() {
            let page = include_str!(concat!("language/", stringify!($name), ".md"));
            runs_page(stringify!($name), page, "lite", LITE, "").await;
        })*
    };
}

mod lite {
    use super::*;
    pages_on_lite! {
        access aggregate alter conditions connection copy database elsewhere engine errors explain
        expressions filter help hybrid index lite literals moving names natural operations original
        query range schema search spellings subqueries
        table text update values variables vectors write
    }
}

/// But for the pages that log in at an address.
mod engine {
    use super::*;

    macro_rules! pages_on_the_engine {
        ($($name:ident)*) => {
            $(#[wasm_bindgen_test]
            async fn $name() {
                let page = include_str!(concat!("language/", stringify!($name), ".md"));
                runs_page(stringify!($name), page, "engine", ENGINE, "").await;
            })*
        };
    }

    pages_on_the_engine! {
        aggregate alter conditions copy database errors explain filter help
        hybrid index lite literals names natural operations original query range schema search
        subqueries table text update values variables vectors write
    }
}

/// What Milvus Lite has not: users and roles, binary vectors, segments and resource groups.
mod milvus {
    use super::*;

    #[wasm_bindgen_test]
    async fn access() {
        runs_page("access", include_str!("language/access.md"), "milvus", MILVUS, "root:Milvus@")
            .await;
    }

    #[wasm_bindgen_test]
    async fn vectors() {
        runs_page("vectors", include_str!("language/vectors.md"), "milvus", MILVUS, "root:Milvus@")
            .await;
    }

    #[wasm_bindgen_test]
    async fn operations() {
        runs_page(
            "operations",
            include_str!("language/operations.md"),
            "milvus",
            MILVUS,
            "root:Milvus@",
        )
        .await;
    }
}
