//! Function chains: what each step does, which names a chain may read and write, and what Milvus
//! says of the rest.

use milvus_proto::schema::function_chain_expr::ParamsEntry as FunctionEntry;
use milvus_proto::schema::function_chain_expr_arg::Arg;
use milvus_proto::schema::function_chain_op::ParamsEntry as StepEntry;
use milvus_proto::schema::function_param_value::Value;
use milvus_proto::schema::{
    FunctionChain, FunctionChainColumnArg, FunctionChainExpr, FunctionChainExprArg,
    FunctionChainOp, FunctionChainStage as Stage, FunctionParamArray, FunctionParamValue,
};

use super::*;

type Params<'a> = &'a [(&'a str, Value)];

fn param(value: &Value) -> Option<FunctionParamValue> {
    Some(FunctionParamValue { value: Some(value.clone()) })
}

fn text(text: &str) -> Value {
    Value::StringValue(text.to_string())
}

fn list(values: &[Value]) -> Value {
    let values = values.iter().filter_map(param).collect();
    Value::ArrayValue(FunctionParamArray { values })
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| name.to_string()).collect()
}

fn function(name: &str, columns: &[&str], params: Params<'_>) -> FunctionChainExpr {
    let column = |name: &&str| {
        let name = name.to_string();
        FunctionChainExprArg { arg: Some(Arg::Column(FunctionChainColumnArg { name })) }
    };
    let entry =
        |(key, value): &(&str, Value)| FunctionEntry { key: key.to_string(), value: param(value) };
    FunctionChainExpr {
        name: name.to_string(),
        args: columns.iter().map(column).collect(),
        params: params.iter().map(entry).collect(),
    }
}

fn map(output: &str, name: &str, columns: &[&str], params: Params<'_>) -> FunctionChainOp {
    FunctionChainOp {
        op: "map".to_string(),
        expr: Some(function(name, columns, params)),
        outputs: names(&[output]),
        ..Default::default()
    }
}

fn step(op: &str, inputs: &[&str], params: Params<'_>) -> FunctionChainOp {
    let entry =
        |(key, value): &(&str, Value)| StepEntry { key: key.to_string(), value: param(value) };
    FunctionChainOp {
        op: op.to_string(),
        inputs: names(inputs),
        params: params.iter().map(entry).collect(),
        ..Default::default()
    }
}

fn best_first() -> FunctionChainOp {
    step("sort", &["$score"], &[("desc", Value::BoolValue(true))])
}

fn chained(stage: Stage, ops: Vec<FunctionChainOp>, params: &[(&str, &str)]) -> pb::SearchRequest {
    let chain = FunctionChain { stage: stage.into(), ops, ..Default::default() };
    pb::SearchRequest { function_chains: vec![chain], ..nearest(&[1.0, 0.0], params) }
}

/// Four rows; the popularity of the third is NULL.
fn library(metric: &str) -> World {
    let popularity = FieldSchema { nullable: true, ..field("popularity", DataType::Int32, &[]) };
    let kind = field("kind", DataType::VarChar, &[("max_length", "9")]);
    let mut world = World::new(&[(popularity, ""), (kind, ""), (floats("v", "2"), metric)]);
    let popularity =
        FieldData { valid_data: vec![true, true, false, true], ..ints("popularity", &[1, 10, 2]) };
    let v = float_rows("v", 2, &[0.8, 0.6, 1.0, 0.0, 0.0, 1.0, -1.0, 0.0]);
    let kind = strings("kind", &["a", "a", "b", "c"]);
    world.insert(&[1, 2, 3, 4], vec![popularity, kind, v, dynamic(&["{}"; 4])]);
    world
}

fn found(world: &mut World, request: pb::SearchRequest) -> (Vec<i64>, Vec<f32>) {
    let found = world.found(request);
    (keys(&found), found.scores)
}

fn last(world: &mut World, ops: Vec<FunctionChainOp>) -> (Vec<i64>, Vec<f32>) {
    found(world, chained(Stage::L2Rerank, ops, &[("topk", "4")]))
}

/// What is wrong with a chain; the code before the words.
fn wrong(world: &mut World, ops: Vec<FunctionChainOp>) -> String {
    let (code, words) = world.wrong(chained(Stage::L2Rerank, ops, &[("topk", "4")]));
    format!("{code} {words}")
}

#[test]
fn numbers_are_combined() {
    let mut world = library("IP");
    let columns = ["$score", "popularity"];
    let weights = ("weights", list(&[Value::Int64Value(2), Value::DoubleValue(0.5)]));
    // of NULL nothing comes, which counts as 0
    for (mode, scores) in [
        ("", [10.0, 0.8, 0.0, -4.0 / 2.0]),
        ("sum", [11.0, 1.8, 0.0, 1.0]),
        ("max", [10.0, 1.0, 0.0, 2.0]),
        ("min", [1.0, 0.8, 0.0, -1.0]),
        ("avg", [5.5, 0.9, 0.0, 0.5]),
        ("weighted", [7.0, 2.1, 0.0, -1.0]),
    ] {
        let params = [("mode", text(mode)), weights.clone()];
        let (ids, given) = last(&mut world, vec![map("$score", "num_combine", &columns, &params)]);
        assert_eq!(ids, [2, 1, 3, 4], "the order of the search is kept");
        for (given, score) in given.iter().zip(scores) {
            assert!((given - score).abs() < 1e-6, "{mode}: {given}, not {score}");
        }
    }
}

#[test]
fn hits_are_sorted() {
    let mut world = library("IP");
    let sort = |inputs: &[&str], descending: bool| {
        step("sort", inputs, &[("desc", Value::BoolValue(descending))])
    };
    let mut order = |sort| last(&mut world, vec![sort]).0;
    // NULL is last whichever way
    assert_eq!(order(sort(&["popularity"], true)), [2, 4, 1, 3]);
    assert_eq!(order(sort(&["popularity"], false)), [1, 4, 2, 3]);
    // those of one value by their keys, or by another column
    assert_eq!(order(sort(&["kind"], true)), [4, 3, 1, 2]);
    assert_eq!(order(sort(&["kind", "popularity"], false)), [1, 2, 3, 4]);
    assert_eq!(order(sort(&["kind", "$score"], false)), [1, 2, 3, 4]);
    // upwards where nothing is said
    assert_eq!(order(step("sort", &["$id"], &[])), [1, 2, 3, 4]);
}

#[test]
fn a_limit_is_of_each_query() {
    let mut world = library("IP");
    let params = [("limit", Value::Int64Value(2)), ("offset", Value::DoubleValue(1.0))];
    let chain = chained(Stage::L2Rerank, vec![step("limit", &[], &params)], &[]);
    let queries = [bytes(&[1.0, 0.0]), bytes(&[0.0, 1.0])];
    let request = pb::SearchRequest {
        function_chains: chain.function_chains,
        output_fields: vec!["kind".to_string()],
        ..search(PlaceholderType::FloatVector, &queries, &[("topk", "3")])
    };
    let found = world.found(request);
    assert_eq!(found.topks, [2, 2]);
    assert_eq!(keys(&found), [1, 3, 1, 2]);
    let [kind] = found.fields_data.as_slice() else { panic!("{found:?}") };
    assert_eq!(kind.field, strings("kind", &["a", "b", "a", "a"]).field);
}

#[test]
fn what_is_far_scores_less() {
    let mut world = library("IP");
    let decay = |curve: &str| {
        let params = [
            ("function", text(curve)),
            ("origin", Value::Int64Value(10)),
            ("scale", Value::Int64Value(8)),
        ];
        vec![
            map("near", "decay", &["popularity"], &params),
            map("$score", "round_decimal", &["near"], &[("decimal", Value::Int64Value(3))]),
        ]
    };
    for (curve, scores) in [
        ("exp", [1.0, 0.459, 0.0, 0.5]),
        ("gauss", [1.0, 0.416, 0.0, 0.5]),
        ("linear", [1.0, 0.5, 0.0, 0.5]),
    ] {
        assert_eq!(last(&mut world, decay(curve)).1, scores, "{curve}");
    }
}

#[test]
fn groups_are_chosen() {
    let mut world = library("IP");
    let mut chosen = |size: i64, limit: i64, scorer: &str| {
        let params = [
            ("field", text("kind")),
            ("group_size", Value::Int64Value(size)),
            ("limit", Value::Int64Value(limit)),
            ("scorer", text(scorer)),
        ];
        // a sort by the column has it read; the parameter of a step does not
        let ops = vec![step("sort", &["kind"], &[]), step("group_by", &[], &params)];
        last(&mut world, ops).0
    };
    assert_eq!(chosen(1, 2, "max"), [2, 3]);
    assert_eq!(chosen(2, 2, "sum"), [2, 1, 3]);
    assert_eq!(chosen(2, 9, "avg"), [2, 1, 3, 4]);
}

#[test]
fn distances_are_scores_of_the_last_stage() {
    let mut world = library("L2");
    let sum = || map("$score", "num_combine", &["$score", "$id"], &[("mode", text("sum"))]);
    let (ids, scores) = last(&mut world, vec![sum()]);
    assert_eq!(ids, [2, 1, 3, 4]);
    for (score, wanted) in scores.iter().zip([2.0, 1.4, 5.0, 8.0]) {
        assert!((score - wanted).abs() < 1e-5, "{scores:?}");
    }
    // of a segment's hits the larger score is the better one: the distance with a minus
    let request = chained(Stage::L0Rerank, vec![sum()], &[("topk", "3"), ("offset", "1")]);
    let (ids, scores) = found(&mut world, request);
    assert_eq!(ids, [3, 1, 4]);
    for (score, wanted) in scores.iter().zip([-1.0, -0.6, 0.0]) {
        assert!((score - wanted).abs() < 1e-5, "{scores:?}");
    }
}

#[test]
fn a_value_may_have_the_name_of_a_field() {
    let mut world = library("IP");
    let ops = vec![
        map("popularity", "num_combine", &["$score", "popularity"], &[("mode", text("sum"))]),
        map("$score", "round_decimal", &["popularity"], &[("decimal", Value::Int64Value(0))]),
        best_first(),
    ];
    let request = pb::SearchRequest {
        output_fields: vec!["popularity".to_string()],
        ..chained(Stage::L2Rerank, ops, &[("topk", "2")])
    };
    let found = world.found(request);
    assert_eq!((keys(&found), found.scores.as_slice()), (vec![2, 1], &[11.0, 2.0][..]));
    assert_eq!(found.fields_data[0].field, ints("popularity", &[10, 1]).field);
}

#[test]
fn grouped_hits_keep_their_groups() {
    let mut world = library("IP");
    let ops = vec![
        map("$score", "num_combine", &["$score", "$id"], &[("mode", text("sum"))]),
        best_first(),
    ];
    let params = [("topk", "3"), ("group_by_field", "kind")];
    let found = world.found(chained(Stage::L2Rerank, ops, &params));
    // of a the second row is the closest one: 1 + 2, then 0 + 3, and -1 + 4
    assert_eq!((keys(&found), found.scores), (vec![2, 3, 4], vec![3.0; 3]));
    let groups = found.group_by_field_value.expect("groups");
    assert_eq!(groups.field, strings("kind", &["a", "b", "c"]).field);
}

#[test]
fn names_are_checked() {
    let mut world = library("IP");
    let round = |output: &str, input: &str| {
        vec![map(output, "round_decimal", &[input], &[("decimal", Value::Int64Value(1))])]
    };
    let select = step("select", &[], &[("columns", list(&[text("$score")]))]);
    for (ops, words) in [
        (vec![], "1100 function chain[0] must contain at least one op"),
        (vec![step(" ", &[], &[])], "1100 function chain[0]: op[0]: op name is empty"),
        (
            round("$id", "$score"),
            "1100 function chain[0]: op[0] output \"$id\": system output \"$id\" is not writable",
        ),
        (
            round("$score", "$seg_offset"),
            "op[0] input \"$seg_offset\": system input \"$seg_offset\" is not supported by L2",
        ),
        (
            round("$score", "nothing"),
            "1100 function chain input \"nothing\" is neither a previous output nor a collection",
        ),
        (round("$score", "v"), "function chain input \"v\" has unsupported field type FloatVector"),
        (
            round("$score", "popularity"),
            "1100 round_decimal: input chunk 0 must be Float32, got *array.Int32",
        ),
        (
            [round("kept", "$score"), vec![select], round("$score", "kept")].concat(),
            "5 map_op: column \"kept\" not found",
        ),
    ] {
        let given = wrong(&mut world, ops);
        assert!(given.contains(words), "{given}, not {words}");
    }
}

#[test]
fn steps_and_functions_are_checked() {
    let mut world = library("IP");
    let one = |name: &str, columns: &[&str], params: Params<'_>| {
        vec![map("$score", name, columns, params)]
    };
    let filter = FunctionChainOp {
        op: "filter".to_string(),
        ..map("", "num_combine", &["$score", "$id"], &[])
    };
    let filter = FunctionChainOp { outputs: Vec::new(), ..filter };
    let both = ["$score", "$id"];
    let whole = Value::Int64Value;
    for (ops, words) in [
        (vec![step("merge", &[], &[])], "5 operator[0]: unknown operator type: merge"),
        (vec![filter], "filter_op: function must return boolean type, got float32"),
        (vec![step("sort", &[], &[])], "sort_op: column is required: missing parameter"),
        (vec![step("limit", &[], &[])], "limit_op: missing required parameter \"limit\""),
        (vec![step("limit", &[], &[("limit", whole(0))])], "limit_op: limit must be positive"),
        (
            vec![step("limit", &[], &[("limit", Value::DoubleValue(1.5))])],
            "limit_op: parameter \"limit\" must be an integer, got 1.500000",
        ),
        (
            one("sigmoid", &["$score"], &[]),
            "5 operator[0]: map function: unknown function: sigmoid",
        ),
        (one("num_combine", &["$score", "$score"], &[]), "at least 2 input columns, got 1"),
        (one("num_combine", &both, &[("mode", text("mean"))]), "invalid mode \"mean\""),
        (
            one("num_combine", &both, &[("mode", text("weighted"))]),
            "weighted mode requires weights",
        ),
        (
            one("num_combine", &["$score", "kind"], &[]),
            "num_combine: column 1: unsupported input column type *array.String",
        ),
        (one("round_decimal", &["$score"], &[("decimal", whole(7))]), "in range [0, 6], got 7"),
        (one("decay", &["$id"], &[]), "decay: missing required parameter \"function\""),
        (
            one("xgboost", &["$id"], &[("model_resource", text("m"))]),
            "1100 operator[0] function \"xgboost\" does not support stage \"L2_rerank\"",
        ),
        (
            one(
                "rerank_model",
                &["kind"],
                &[("queries", list(&[text("q")])), ("provider", text("Cohere"))],
            ),
            "map function: rerank provider: [cohere] is disabled",
        ),
    ] {
        let given = wrong(&mut world, ops);
        assert!(given.contains(words), "{given}, not {words}");
    }
}

#[test]
fn stages_are_checked() {
    let mut world = library("IP");
    let mut refused = |request: pb::SearchRequest, words: &str| {
        let (code, given) = world.wrong(request);
        assert_eq!(code, 1100, "{given}");
        assert!(given.contains(words), "{given}, not {words}");
    };
    let near = |ops, params: &[(&str, &str)]| chained(Stage::L0Rerank, ops, params);
    let topk = [("topk", "2")];
    let (limit, sort) = (|| step("limit", &[], &[("limit", Value::Int64Value(1))]), best_first());
    refused(near(vec![sort], &topk), "op[0] type \"sort\" is not supported by L0 rerank");
    let model = map("$score", "xgboost", &["$id"], &[("model_resource", text("m"))]);
    refused(near(vec![model], &topk), "xgboost: file resource \"m\" not found");
    refused(
        chained(Stage::L1Rerank, vec![limit()], &topk),
        "function chain[0] stage FunctionChainStageL1Rerank is not supported yet",
    );
    refused(
        chained(Stage::Ingestion, vec![limit()], &topk),
        "stage FunctionChainStageIngestion is not supported in search request",
    );
    let mut twice = chained(Stage::L2Rerank, vec![limit()], &topk);
    twice.function_chains.extend(twice.function_chains.clone());
    refused(twice, "function chain stage FunctionChainStageL2Rerank appears more than once");
    let mut both = chained(Stage::L2Rerank, vec![limit()], &topk);
    both.function_score = Some(FunctionScore::default());
    refused(both, "function_score and function_chains cannot be used together");
    refused(
        chained(Stage::L2Rerank, vec![limit()], &[("topk", "2"), ("order_by_fields", "kind:asc")]),
        "order_by and function rerank cannot be used together",
    );
    let chains = chained(Stage::L2Rerank, vec![limit()], &topk).function_chains;
    let hybrid = pb::HybridSearchRequest {
        collection_name: "t".to_string(),
        requests: vec![nearest(&[1.0, 0.0], &topk)],
        function_chains: chains,
        ..Default::default()
    };
    let (_, given) = world.wrong(hybrid);
    assert!(given.contains("function_chains is not supported for hybrid search yet"), "{given}");
}
