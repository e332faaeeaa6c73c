//! Servers that refuse a request in the middle of a statement. What was acknowledged is never sent
//! again: a proxy before a real server refuses each step in turn.

#![cfg(not(target_arch = "wasm32"))]

#[path = "native/mod.rs"]
mod native;

use milvus_kernel::outcome::{Datum, Outcome};
use milvus_kernel::session::Session;
use milvus_proto::common::Status;
use milvus_proto::milvus::MutationResult;
use milvus_proto::{Effect, METHODS};
use native::proxy::{Call, Fault, Proxy};
use native::{Native, block_on, server};
use prost::Message as _;

/// Milvus's codes (pkg/util/merr): a rate limit, and what it says of anything else.
const RATE_LIMIT: i32 = 8;
const UNEXPECTED: i32 = 65_535;

/// What a cell shows, and the error that it ends with.
struct Ran {
    outcomes: Vec<Outcome>,
    error: Option<String>,
}

impl Ran {
    fn done(&self) -> Vec<&str> {
        self.outcomes.iter().map(|outcome| outcome.done.as_str()).collect()
    }

    fn notices(&self) -> Vec<&str> {
        let notices = self.outcomes.iter().flat_map(|outcome| &outcome.notices);
        notices.map(String::as_str).collect()
    }

    fn number(&self) -> i64 {
        match self.outcomes.last().unwrap().tables[0].rows[0][0] {
            Datum::Int(number) => number,
            ref other => panic!("{other:?}"),
        }
    }
}

async fn run(session: &Session<Native>, cell: &str) -> Ran {
    let mut outcomes = Vec::new();
    let result = session.run(cell, |outcome| outcomes.push(outcome.clone())).await;
    Ran { outcomes, error: result.err().map(|error| error.render(cell, false)) }
}

async fn ok(session: &Session<Native>, cell: &str) -> Ran {
    let ran = run(session, cell).await;
    assert_eq!(ran.error, None, "{cell}");
    ran
}

/// A session behind a proxy.
async fn connected(server: &Server) -> (Proxy, Session<Native>) {
    let proxy = Proxy::before(&server.url);
    let session = Session::new(Native::new());
    ok(&session, &format!("milvus://{}{}", server.credentials, proxy.host)).await;
    (proxy, session)
}

struct Server {
    url: String,
    credentials: &'static str,
}

fn servers() -> [Server; 2] {
    [
        Server { url: server("LITE_URL"), credentials: "" },
        Server { url: server("MILVUS_URL"), credentials: "root:Milvus@" },
    ]
}

/// A reply in which the server refuses a write.
fn refusal(code: i32) -> Fault {
    let reason = if code == RATE_LIMIT { "rate limit exceeded" } else { "no room" }.to_string();
    let status = Status { code, reason, retriable: code == RATE_LIMIT, ..Status::default() };
    Fault::Reply(
        MutationResult { status: Some(status), ..MutationResult::default() }.encode_to_vec(),
    )
}

fn of<'a>(calls: &'a [Call], method: &str) -> Vec<&'a Call> {
    calls.iter().filter(|call| call.method == method).collect()
}

#[test]
fn an_insert_in_two_requests() {
    for server in servers() {
        block_on(insert_in_two_requests(&server));
    }
}

async fn insert_in_two_requests(server: &Server) {
    let (proxy, session) = connected(server).await;
    let numbers = vec!["0.5"; 32_768].join(",");
    ok(&session, &format!("SET @v = [{numbers}]")).await;
    let rows: Vec<String> = (0..300).map(|id| format!("({id},:v)")).collect();
    let insert = format!("INSERT INTO refused VALUES {}", rows.join(","));
    let table = "DROP TABLE IF EXISTS refused; CREATE TABLE refused (id BIGINT PRIMARY KEY, v \
                 VECTOR(32768), INDEX (v) USING FLAT WITH (metric_type = 'L2')); LOAD TABLE \
                 refused; DESCRIBE refused";
    let count = "SELECT COUNT(*) FROM refused";

    // a rate limit is waited for, and what it refused alone is sent again
    ok(&session, table).await;
    proxy.rule(|call| (call.method == "Insert" && call.nth == 1).then(|| refusal(RATE_LIMIT)));
    let ran = ok(&session, &insert).await;
    assert_eq!(ran.done(), ["inserted 300 rows into refused"]);
    assert_eq!(
        ran.notices(),
        [
            "sent in 2 requests of up to 32 MiB",
            "the server limits its rate: what it refused was sent again once"
        ]
    );
    assert_eq!(of(&proxy.calls(), "Insert").len(), 3);
    assert_eq!(ok(&session, count).await.number(), 300, "{}", server.url);

    // any other refusal ends the statement, and the error says where to go on
    ok(&session, table).await;
    proxy.rule(|call| (call.method == "Insert" && call.nth == 1).then(|| refusal(UNEXPECTED)));
    let error = run(&session, &insert).await.error.expect("it is refused");
    assert!(error.contains("the server answers: no room"), "{error}");
    assert!(error.contains("= help: the first 255 rows are in"), "{error}");
    assert!(error.contains("= help: go on with the rows from number 256 on"), "{error}");
    assert_eq!(of(&proxy.calls(), "Insert").len(), 2, "it is not started over");
    assert_eq!(ok(&session, count).await.number(), 255, "{}", server.url);
    ok(&session, &format!("INSERT INTO refused VALUES {}", rows[255..].join(","))).await;
    assert_eq!(ok(&session, count).await.number(), 300, "{}", server.url);
    ok(&session, "DROP TABLE refused").await;
}

#[test]
fn an_update_of_several_pages() {
    for server in servers() {
        block_on(update_of_several_pages(&server));
    }
}

async fn update_of_several_pages(server: &Server) {
    const ROWS: i64 = 20_000;
    let (proxy, session) = connected(server).await;
    ok(
        &session,
        "DROP TABLE IF EXISTS counted; CREATE TABLE counted (id BIGINT PRIMARY KEY, n INT, v \
         VECTOR(2), INDEX (v) USING FLAT WITH (metric_type = 'L2')); LOAD TABLE counted",
    )
    .await;
    let rows: Vec<String> = (0..ROWS).map(|id| format!("({id},0,[0,1])")).collect();
    ok(&session, &format!("INSERT INTO counted VALUES {}", rows.join(","))).await;
    let counts = async |what: &str, n: i64| {
        let count = format!("SELECT COUNT(*) FROM counted WHERE n = {n}");
        let expected = if what == "all" { ROWS } else { what.parse().unwrap() };
        assert_eq!(ok(&session, &count).await.number(), expected, "n = {n} on {}", server.url);
    };
    let update = "UPDATE counted SET n = n + 1";

    proxy.rule(|call| (call.method == "Upsert" && call.nth == 1).then(|| refusal(RATE_LIMIT)));
    assert_eq!(ok(&session, update).await.done(), ["updated 20,000 rows of counted"]);
    counts("all", 1).await;

    proxy.rule(|call| (call.method == "Upsert" && call.nth == 1).then(|| refusal(UNEXPECTED)));
    let error = run(&session, update).await.error.expect("it is refused");
    assert!(error.contains("16,384 rows were updated before this error"), "{error}");
    assert!(error.contains("run it with `id > 16383` in its condition"), "{error}");
    counts("16384", 2).await;
    counts("3616", 1).await;
    ok(&session, "UPDATE counted SET n = n + 1 WHERE id > 16383").await;
    counts("all", 2).await;

    // partitions are gone through one by one
    ok(&session, "CREATE PARTITION other ON counted").await;
    ok(&session, "INSERT INTO counted PARTITION other VALUES (30000, 2, [1, 0])").await;
    proxy.rule(|call| (call.method == "Upsert" && call.nth == 2).then(|| refusal(UNEXPECTED)));
    let error = run(&session, update).await.error.expect("it is refused");
    assert!(error.contains("20,000 rows were updated before this error"), "{error}");
    assert!(error.contains("to go on, run it with `PARTITION other`, then"), "{error}");
    ok(&session, "UPDATE counted PARTITION other SET n = n + 1").await;
    assert_eq!(ok(&session, "SELECT COUNT(*) FROM counted WHERE n = 3").await.number(), ROWS + 1);
    ok(&session, "DROP TABLE counted").await;
}

/// Statements that take several requests, each run on what `SETUP` makes.
const STATEMENTS: [&str; 13] = [
    "CREATE TABLE steps2 (id BIGINT PRIMARY KEY, v VECTOR(2), n INT, INDEX (v) USING FLAT WITH \
     (metric_type = 'L2'))",
    "create table steps2 where dimension=2 and metric_type='L2'",
    "create index steps where index_type='IVF_FLAT' and nlist=4",
    "drop index steps",
    "INSERT INTO steps VALUES (4, [0, 1], 4)",
    "UPSERT INTO steps VALUES (3, [0, 1], 4)",
    "UPDATE steps SET n = n + 1",
    "DELETE FROM steps WHERE n > 1",
    "DROP PARTITION p ON steps",
    "RELEASE TABLE steps; SELECT id FROM steps WHERE n > 0 ORDER BY v <-> [0, 1]",
    "ALTER TABLE steps RENAME TO steps2",
    "flush steps; compact steps",
    "TRUNCATE TABLE steps",
];

const SETUP: &str = "DROP TABLE IF EXISTS steps; DROP TABLE IF EXISTS steps2; CREATE TABLE steps \
     (id BIGINT PRIMARY KEY, v VECTOR(2), n INT, INDEX (v) USING FLAT WITH (metric_type = 'L2')); \
     CREATE PARTITION p ON steps; LOAD TABLE steps; INSERT INTO steps VALUES (1, [0, 1], 1), (2, \
     [1, 0], 2); INSERT INTO steps PARTITION p VALUES (3, [1, 1], 3); DESCRIBE steps";

/// A server that refuses each step of a statement in turn. What the kernel does then is the same
/// before any server; Milvus Lite is the quickest.
#[test]
fn every_step_of_a_statement() {
    let [lite, _] = servers();
    block_on(every_step(&lite));
}

async fn every_step(server: &Server) {
    let (proxy, session) = connected(server).await;
    // an index that is built again, and a collection that is loaded again, are what they were
    let repeatable = ["CreateIndex", "LoadCollection", "ReleaseCollection"];
    let messages = |calls: &[Call]| -> Vec<(String, Vec<u8>)> {
        let written = calls.iter().filter(|call| writes(&call.method));
        written.map(|call| (call.method.clone(), call.message.clone())).collect()
    };
    for statement in STATEMENTS {
        ok(&session, SETUP).await;
        proxy.rule(|_| None);
        let ran = run(&session, statement).await;
        let steps = proxy.calls();
        if let Some(error) = ran.error {
            assert!(error.starts_with("error[NotSupported]"), "{error}");
            continue;
        }
        for step in 0..steps.len() {
            let mut codes = vec![UNEXPECTED];
            codes.extend(writes(&steps[step].method).then_some(RATE_LIMIT));
            for code in codes {
                ok(&session, SETUP).await;
                let mut at = 0;
                proxy.rule(move |call| {
                    at += 1;
                    (at == step + 1).then(|| refused(&call.method, code))
                });
                let ran = run(&session, statement).await;
                let what = format!("{statement}, {} ({step}) refused", steps[step].method);
                let mut sent = messages(&proxy.passed());
                sent.retain(|(method, _)| !repeatable.contains(&method.as_str()));
                let count = sent.len();
                sent.sort();
                sent.dedup();
                assert_eq!(sent.len(), count, "{what}: a write was sent twice");
                if code == RATE_LIMIT {
                    assert_eq!(ran.error, None, "{what}");
                    assert!(ran.notices().iter().any(|notice| notice.ends_with("again once")));
                    let methods = |calls: &[Call]| -> Vec<String> {
                        messages(calls).into_iter().map(|(method, _)| method).collect()
                    };
                    assert_eq!(methods(&proxy.passed()), methods(&steps), "{what}");
                }
            }
        }
    }
    ok(&session, "DROP TABLE IF EXISTS steps; DROP TABLE IF EXISTS steps2").await;
}

fn writes(method: &str) -> bool {
    METHODS.iter().any(|known| known.name == method && known.effect == Effect::Write)
}

/// What a method answers when it is refused: most writes answer with a status and nothing else.
fn refused(method: &str, code: i32) -> Fault {
    const WITH_MORE: [&str; 6] =
        ["Insert", "Upsert", "Delete", "Flush", "ManualCompaction", "TruncateCollection"];
    match refusal(code) {
        Fault::Reply(reply) if writes(method) && !WITH_MORE.contains(&method) => {
            let reply = MutationResult::decode(reply.as_slice()).unwrap();
            Fault::Reply(reply.status.unwrap().encode_to_vec())
        }
        fault => fault,
    }
}
