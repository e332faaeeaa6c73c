//! Any statement, printed, is read as itself: `parse(print(x)) == x`, spans aside. And what SHOW
//! CREATE TABLE prints creates the same table.

#![cfg(not(target_arch = "wasm32"))]

use milvus_kernel::diagnostic::{Span, Spanned};
use milvus_kernel::language::ast::*;
use milvus_kernel::language::variables::{self, Variables};
use milvus_kernel::language::{parse, print};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;

fn spanned<T>(value: T) -> Spanned<T> {
    Spanned::new(value, Span::default())
}

fn expr_of(kind: ExprKind) -> Expr {
    Expr { kind, span: Span::default() }
}

/// Plain words, every keyword of the dialect, other scripts, and characters that have a meaning
/// elsewhere.
fn name() -> impl Strategy<Value = Name> {
    let grammar = include_str!("../src/language/grammar/grammar.pest");
    let words: Vec<&str> = include_str!("../src/language/keywords.rs")
        .split(|char: char| !char.is_ascii_alphabetic())
        .chain(grammar.split(|char: char| !char.is_ascii_alphabetic()))
        .filter(|word| word.len() > 1 && !word.eq_ignore_ascii_case("all"))
        .collect();
    prop_oneof![
        4 => "[a-z_][a-z0-9_]{0,8}".prop_filter("FLUSH ALL is every table", |word| word != "all"),
        2 => select(words).prop_map(str::to_string),
        1 => "[^\u{0}-\u{1f}]{1,6}".prop_filter("a name is not `*`", |name| name != "*"),
        1 => select(vec!["a.b", ".0", "表", "a b", "`", "\"", "'", "x--y", "[1]", ";", "👋"])
            .prop_map(str::to_string),
    ]
    .prop_map(spanned)
}

fn word() -> impl Strategy<Value = String> {
    "[a-z]{1,6}"
}

fn text() -> impl Strategy<Value = String> {
    let odd =
        ["it's", "\\", "\\n", "a\nb", "''", "\"", "--", "/* x */", "[1, 2]", ";", "表👋", "\t"];
    prop_oneof![3 => "\\PC{0,8}", 1 => select(odd.to_vec()).prop_map(str::to_string)]
}

fn numbers() -> impl Strategy<Value = Value> {
    vec(prop_oneof![any::<i16>().prop_map(f32::from), -1e30f32..1e30f32], 1..4)
        .prop_map(|values| Value::Numbers(Numbers { values, span: Span::default(), source: None }))
}

/// A SELECT in the place of a value: of a table, of one field, with a condition.
fn query() -> impl Strategy<Value = Value> {
    (name(), name(), of(name()), of(word()), any::<bool>()).prop_map(
        |(field, table, alias, variable, exists)| {
            let condition = |variable| {
                let left = expr_of(ExprKind::Field { name: field.clone(), path: Vec::new() });
                let right = expr_of(ExprKind::Literal(Value::Variable(variable)));
                let (first, rest) = (Box::new(left), vec![("==", right)]);
                Filter::Expr(expr_of(ExprKind::Compare { first, rest }))
            };
            let output = Output::Field { name: field.clone(), path: Vec::new() };
            let select = Select {
                distinct: false,
                items: Items::Listed(vec![Item { output, alias: None }]),
                table,
                alias,
                partitions: Vec::new(),
                filter: variable.map(condition),
                order: None,
                group: Vec::new(),
                having: None,
                hybrid: Vec::new(),
                rerank: None,
                limit: None,
                offset: None,
                params: Vec::new(),
                consistency: None,
            };
            Value::Query { select: Box::new(select), exists }
        },
    )
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (-1e30..1e30f64).prop_map(Value::Float),
        text().prop_map(Value::Text),
        word().prop_map(Value::Variable)
    ]
}

/// EXISTS stands in conditions alone.
fn is_plain(value: &Value) -> bool {
    !matches!(value, Value::Query { exists: true, .. })
}

fn value() -> impl Strategy<Value = Spanned<Value>> {
    let leaf = prop_oneof![
        Just(Value::Null),
        scalar(),
        numbers(),
        query().prop_filter("a value", is_plain),
        vec(any::<u8>(), 0..4).prop_map(Value::Bytes)
    ];
    leaf.prop_recursive(2, 12, 4, |inner| {
        prop_oneof![
            // a list of numbers alone is a vector: this one begins with a string
            (text(), vec(inner.clone(), 0..3)).prop_map(|(first, rest)| {
                Value::List(std::iter::once(Value::Text(first)).chain(rest).map(spanned).collect())
            }),
            vec((text(), inner), 0..3).prop_map(|fields| Value::Object(
                fields.into_iter().map(|(key, value)| (key, spanned(value))).collect()
            )),
        ]
    })
    .prop_map(spanned)
}

fn values() -> impl Strategy<Value = Vec<Spanned<Value>>> {
    vec(value(), 1..4)
}

fn pattern() -> impl Strategy<Value = Pattern> {
    use Pattern::{AnyCase, Like, Regex, RegexAnyCase};
    select(vec![Like, AnyCase, Regex, RegexAnyCase])
}

fn text_or_variable() -> impl Strategy<Value = Spanned<Value>> {
    prop_oneof![text().prop_map(Value::Text), word().prop_map(Value::Variable)].prop_map(spanned)
}

fn secret() -> impl Strategy<Value = Spanned<Value>> {
    prop_oneof![3 => text_or_variable(), 1 => Just(spanned(Value::Prompt))]
}

fn params() -> impl Strategy<Value = Vec<Param>> {
    let name = prop_oneof!["[a-zA-Z_]{2,8}", "[a-z]{1,4}\\.[a-z]{1,4}", "[^\u{0}-\u{1f}]{2,5}"];
    vec((name, value()), 0..3).prop_map(|params| {
        let mut seen: Vec<String> = Vec::new();
        let fresh = params.into_iter().filter(|(name, _)| {
            let lower = name.to_ascii_lowercase();
            let new = !seen.contains(&lower);
            seen.push(lower);
            new
        });
        fresh.map(|(name, value)| Param { name: spanned(name), values: vec![value] }).collect()
    })
}

fn original_params() -> impl Strategy<Value = Vec<Param>> {
    vec((name(), values()), 1..3).prop_map(|params| {
        params.into_iter().map(|(name, values)| Param { name, values }).collect()
    })
}

fn path() -> impl Strategy<Value = Vec<Spanned<Value>>> {
    vec(step(), 0..3)
}

fn step() -> impl Strategy<Value = Spanned<Value>> {
    prop_oneof![(0..1000i64).prop_map(Value::Int), text().prop_map(Value::Text)].prop_map(spanned)
}

fn search() -> impl Strategy<Value = Search> {
    (name(), prop_oneof![vectors(), stored(), text_or_variable().prop_map(Target::Text)])
        .prop_map(|(field, target)| Search { field, target })
}

fn operator() -> impl Strategy<Value = Spanned<Operator>> {
    select(Operator::ALL.to_vec()).prop_map(spanned)
}

fn vectors() -> impl Strategy<Value = Target> {
    let vector = prop_oneof![
        numbers(),
        query().prop_filter("a value", is_plain),
        text().prop_map(Value::Text),
        vec(any::<u8>(), 1..3).prop_map(Value::Bytes),
        word().prop_map(Value::Variable),
        vec((0..99u32, any::<i16>()), 0..3).prop_map(|pairs| Value::Object(
            pairs
                .into_iter()
                .map(|(index, value)| (index.to_string(), spanned(Value::Int(value.into()))))
                .collect()
        )),
    ];
    // `[:a, :b]` is a list until it is known what the variables hold
    let is_variable = |value: &Spanned<Value>| matches!(value.value, Value::Variable(_));
    let several = vec(vector.prop_map(spanned), 1..3).prop_filter("a list", move |vectors| {
        vectors.len() == 1 || !vectors.iter().all(is_variable)
    });
    let part = prop_oneof![any::<i64>().prop_map(Value::Int), word().prop_map(Value::Variable)];
    let list = (word(), vec(part, 1..3)).prop_map(|(first, rest)| {
        let items = std::iter::once(Value::Variable(first)).chain(rest).map(spanned).collect();
        vec![spanned(Value::List(items))]
    });
    (operator(), prop_oneof![4 => several, 1 => list])
        .prop_map(|(operator, vectors)| Target::Vectors { operator, vectors })
}

fn stored() -> impl Strategy<Value = Target> {
    (operator(), values()).prop_map(|(operator, ids)| Target::Stored { operator, ids })
}

fn expr() -> impl Strategy<Value = Expr> {
    let field = (name(), path()).prop_map(|(name, path)| ExprKind::Field { name, path });
    let leaf = prop_oneof![
        4 => field,
        4 => scalar().prop_map(ExprKind::Literal),
        1 => query().prop_map(ExprKind::Literal)
    ]
    .prop_map(expr_of);
    leaf.prop_recursive(3, 24, 4, |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        let operand = move || boxed.clone();
        let many = vec(inner.clone(), 1..3);
        // behind an operator and as an argument
        let quoted = text().prop_map(|text| expr_of(ExprKind::Quoted(text)));
        let right = prop_oneof![3 => inner.clone(), 1 => quoted];
        let boxed_right = right.clone().prop_map(Box::new);
        let rights = vec(right.clone(), 1..3);
        let chain = prop_oneof![
            many.clone().prop_map(|rest| rest.into_iter().map(|expr| ("or", expr)).collect()),
            many.clone().prop_map(|rest| rest.into_iter().map(|expr| ("and", expr)).collect()),
            vec((select(vec!["+", "-"]), inner.clone()), 1..3),
            vec((select(vec!["*", "/", "%", "**"]), inner.clone()), 1..3),
        ];
        let comparisons = vec((select(vec!["==", "!=", "<=", ">=", "<", ">"]), right), 1..3);
        let function = select(vec!["json_contains", "array_length", "text_match"]);
        let call = (function, inner.clone(), of(rights.clone())).prop_map(|(name, first, rest)| {
            ExprKind::Call {
                name: spanned(name.to_string()),
                args: [first].into_iter().chain(rest.into_iter().flatten()).collect(),
            }
        });
        let range = (name(), prop_oneof![vectors(), stored()], comparisons.clone()).prop_map(
            |(field, target, bounds)| ExprKind::Range {
                search: Box::new(Search { field, target }),
                bounds,
            },
        );
        prop_oneof![
            (operand(), chain).prop_map(|(first, rest)| ExprKind::Chain { first, rest }),
            operand().prop_map(ExprKind::Not),
            (operand(), comparisons).prop_map(|(first, rest)| ExprKind::Compare { first, rest }),
            range,
            (operand(), any::<bool>(), rights.clone())
                .prop_map(|(left, negated, list)| ExprKind::In { left, negated, list }),
            (operand(), any::<bool>(), boxed_right.clone(), boxed_right).prop_map(
                |(left, negated, low, high)| ExprKind::Between { left, negated, low, high }
            ),
            (operand(), any::<bool>(), pattern(), text_or_variable()).prop_map(
                |(left, negated, how, pattern)| ExprKind::Like { left, negated, how, pattern }
            ),
            (operand(), any::<bool>())
                .prop_map(|(left, negated)| ExprKind::IsNull { left, negated }),
            (operand(), any::<bool>(), any::<bool>())
                .prop_map(|(left, negated, truth)| { ExprKind::IsTruth { left, negated, truth } }),
            (of(operand()), vec((inner.clone(), inner.clone()), 1..3), of(operand())).prop_map(
                |(operand, whens, otherwise)| ExprKind::Case { operand, whens, otherwise }
            ),
            (operand(), type_name()).prop_map(|(of, to)| ExprKind::Cast { of, to }),
            (operand(), step(), any::<bool>()).prop_map(|(of, step, as_text)| ExprKind::Arrow {
                of,
                step,
                as_text
            }),
            aggregate().prop_map(|aggregate| ExprKind::Aggregate(Box::new(aggregate))),
            call,
            vec(scalar(), 1..3).prop_map(|items| ExprKind::List(
                items.into_iter().map(|item| expr_of(ExprKind::Literal(item))).collect()
            )),
        ]
        .prop_map(expr_of)
    })
}

fn filter() -> impl Strategy<Value = Option<Filter>> {
    of(prop_oneof![
        3 => expr().prop_map(Filter::Expr),
        1 => text_or_variable().prop_map(Filter::Raw),
    ])
}

fn field_output() -> impl Strategy<Value = Output> {
    (name(), path()).prop_map(|(name, path)| Output::Field { name, path })
}

/// A field, an aggregate, or what is computed: neither of both, and no constant alone, which could
/// be the original's search.
fn output() -> impl Strategy<Value = Output> {
    let joined = (expr(), vec(expr(), 1..3)).prop_map(|(first, rest)| {
        let rest = rest.into_iter().map(|part| ("||", part)).collect();
        expr_of(ExprKind::Chain { first: Box::new(first), rest })
    });
    let is_computed = |expr: &Expr| {
        use ExprKind::{Aggregate, Field, List, Literal, Quoted};
        !matches!(expr.kind, Field { .. } | Literal(_) | Quoted(_) | List(_) | Aggregate(_))
    };
    let computed = prop_oneof![expr(), joined].prop_filter("a computed one", is_computed);
    prop_oneof![
        2 => field_output(),
        1 => aggregate(),
        1 => computed.prop_map(|expr| Output::Computed(Box::new(expr))),
    ]
}

fn aggregate() -> impl Strategy<Value = Output> {
    let functions = Function::ALL.map(|(_, function)| function).to_vec();
    prop_oneof![
        Just(Output::Aggregate {
            function: spanned(Function::Count),
            distinct: false,
            argument: None
        }),
        (select(functions), any::<bool>(), field_output()).prop_map(|(function, distinct, of)| {
            Output::Aggregate {
                function: spanned(function),
                distinct,
                argument: Some(Box::new(of)),
            }
        }),
    ]
}

fn order() -> impl Strategy<Value = Order> {
    let direction = || select(vec![Direction::Ascending, Direction::Descending]);
    let key = || {
        (output(), direction(), of(any::<bool>())).prop_map(|(output, direction, nulls_first)| {
            OrderKey { output, direction, nulls_first }
        })
    };
    prop_oneof![
        (search(), of(direction().prop_map(spanned)), vec(key(), 0..2))
            .prop_map(|(search, direction, then)| Order::Search { search, direction, then }),
        vec(key(), 1..3).prop_map(Order::By),
    ]
}

fn select_of(kind: Kind) -> Select {
    match kind {
        Kind::Select(select) => *select,
        other => panic!("{other:?}"),
    }
}

fn few() -> impl Strategy<Value = Few> {
    (of(order()), of(value())).prop_map(|(order, limit)| Few { order, limit })
}

fn select_statement() -> impl Strategy<Value = Kind> {
    let every = vec(name(), 1..3).prop_map(|except| Output::Every { except });
    let output_or_every = prop_oneof![8 => output(), 1 => every];
    let item = (output_or_every, of(name())).prop_map(|(output, alias)| {
        let is_every = matches!(output, Output::Every { .. });
        Item { output, alias: alias.filter(|_| !is_every) }
    });
    let items = prop_oneof![1 => Just(Items::All), 3 => vec(item, 1..4).prop_map(Items::Listed)];
    let sub_search = (search(), filter(), of(value()), of(value()), params()).prop_map(
        |(search, filter, weight, limit, params)| SubSearch {
            search,
            filter,
            weight,
            limit,
            params,
        },
    );
    let rerank = (name(), params()).prop_map(|(method, params)| Rerank { method, params });
    (
        (any::<bool>(), items, name(), of(name()), vec(name(), 0..3), filter(), of(order())),
        (
            vec(output(), 0..3),
            of(expr()),
            vec(sub_search, 0..3),
            of(rerank),
            of(value()),
            of(value()),
            params(),
            of(name()),
        ),
    )
        .prop_map(
            |(
                (distinct, items, table, alias, partitions, filter, order),
                (group, having, hybrid, rerank, limit, offset, params, consistency),
            )| {
                Kind::Select(Box::new(Select {
                    distinct,
                    items,
                    table,
                    alias,
                    partitions,
                    filter,
                    order,
                    group,
                    having,
                    hybrid,
                    rerank,
                    limit,
                    offset,
                    params,
                    consistency,
                }))
            },
        )
}

fn type_name() -> impl Strategy<Value = TypeName> {
    ("[A-Z][A-Z0-9_]{0,7}", of(value()))
        .prop_map(|(name, size)| TypeName { name: spanned(name), size })
}

fn column() -> impl Strategy<Value = Column> {
    let generated = ("[A-Z][A-Z0-9]{0,5}", name())
        .prop_map(|(function, input)| Generated { function: spanned(function), input });
    (
        (name(), type_name(), of(type_name()), any::<[bool; 4]>(), any::<Option<bool>>()),
        (of(value()), of(generated), of(text()), unkept(), params()),
    )
        .prop_map(
            |(
                (
                    name,
                    data_type,
                    element,
                    [primary_key, partition_key, clustering_key, auto_increment],
                    nullable,
                ),
                (default, generated, comment, unkept, params),
            )| Column {
                name,
                data_type,
                element,
                primary_key,
                partition_key,
                clustering_key,
                auto_increment,
                nullable,
                default,
                generated,
                comment,
                unkept,
                params,
            },
        )
}

fn unkept() -> impl Strategy<Value = Vec<Name>> {
    let one = proptest::sample::select(vec!["UNIQUE", "CHECK (a > (1))", "REFERENCES t(id)"]);
    proptest::collection::vec(one.prop_map(|text| spanned(text.to_string())), 0..3)
}

fn index(named: bool) -> impl Strategy<Value = Index> {
    (
        if named { of(name()).boxed() } else { Just(None).boxed() },
        name(),
        path(),
        of(name()),
        of(name()),
        params(),
    )
        .prop_map(|(name, field, path, ops, method, params)| Index {
            name,
            field,
            path,
            ops,
            method,
            params,
        })
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (column(), any::<bool>()).prop_map(|(column, if_not_exists)| Change::AddField {
            column: Box::new(column),
            if_not_exists
        }),
        name().prop_map(Change::DropField),
        (name(), params()).prop_map(|(field, params)| Change::SetField { field, params }),
        (name(), vec(name(), 1..3)).prop_map(|(field, names)| Change::ResetField { field, names }),
        name().prop_map(Change::Rename),
        settings(),
    ]
}

fn settings() -> impl Strategy<Value = Change> {
    prop_oneof![params().prop_map(Change::Set), vec(name(), 1..3).prop_map(Change::Reset)]
}

fn definitions() -> impl Strategy<Value = Kind> {
    let create = (name(), any::<bool>(), vec(column(), 1..4), vec(index(true), 0..3), params())
        .prop_map(|(table, if_not_exists, columns, indexes, params)| {
            Kind::CreateTable(CreateTable { table, if_not_exists, columns, indexes, params })
        });
    let objects =
        vec![Object::Database, Object::Role, Object::ResourceGroup, Object::PrivilegeGroup];
    let object = || select(Object::ALL.map(|(_, object)| object).to_vec());
    let plain = |object, name, if_not_exists, params| CreateObject {
        object,
        name,
        if_not_exists,
        table: None,
        password: None,
        params,
    };
    let created = prop_oneof![
        (select(objects), name(), any::<bool>(), params())
            .prop_map(move |(object, name, not, params)| plain(object, name, not, params)),
        (name(), name(), params()).prop_map(move |(name, table, params)| CreateObject {
            table: Some(table),
            ..plain(Object::Alias, name, false, params)
        }),
        (name(), name(), params()).prop_map(move |(name, table, params)| CreateObject {
            table: Some(table),
            ..plain(Object::Snapshot, name, false, params)
        }),
        (name(), text_or_variable(), params()).prop_map(move |(name, word, params)| CreateObject {
            password: Some(word),
            ..plain(Object::User, name, false, params)
        }),
    ];
    let altered = prop_oneof![
        (name(), name()).prop_map(|(name, table)| (
            Object::Alias,
            name,
            ObjectChange::Target(table)
        )),
        (name(), text_or_variable(), of(text_or_variable())).prop_map(|(name, new, old)| (
            Object::User,
            name,
            ObjectChange::Password { new, old }
        )),
        (name(), any::<bool>(), vec(name(), 1..3)).prop_map(|(name, add, names)| (
            Object::PrivilegeGroup,
            name,
            ObjectChange::Members { add, names }
        )),
        (select(vec![Object::Database, Object::ResourceGroup]), name(), params())
            .prop_map(|(object, name, params)| (object, name, ObjectChange::Set(params))),
        (name(), vec(name(), 1..3)).prop_map(|(name, names)| (
            Object::Database,
            name,
            ObjectChange::Reset(names)
        )),
    ];
    let snapshot = |object, table| if object == Object::Snapshot { table } else { None };
    prop_oneof![
        create,
        (name(), original_params())
            .prop_map(|(table, params)| Kind::OriginalCreateTable { table, params }),
        (name(), change()).prop_map(|(table, change)| Kind::AlterTable { table, change }),
        (name(), any::<bool>()).prop_map(|(table, if_exists)| Kind::DropTable { table, if_exists }),
        name().prop_map(Kind::Truncate),
        created.prop_map(|create| Kind::CreateObject(Box::new(create))),
        altered.prop_map(|(object, name, change)| Kind::AlterObject { object, name, change }),
        (object(), name(), any::<bool>(), of(name())).prop_map(
            move |(object, name, if_exists, table)| Kind::DropObject {
                object,
                name,
                if_exists,
                table: snapshot(object, table)
            }
        ),
        (object(), name(), of(name())).prop_map(move |(object, name, table)| {
            Kind::DescribeObject { object, name, table: snapshot(object, table) }
        }),
        (name(), name(), any::<bool>()).prop_map(|(table, partition, if_not_exists)| {
            Kind::CreatePartition { table, partition, if_not_exists }
        }),
        (name(), name(), any::<bool>()).prop_map(|(table, partition, if_exists)| {
            Kind::DropPartition { table, partition, if_exists }
        }),
        (name(), index(true), any::<bool>()).prop_map(|(table, index, if_not_exists)| {
            Kind::CreateIndex { table, index, if_not_exists }
        }),
        (name(), original_params())
            .prop_map(|(table, params)| Kind::OriginalCreateIndex { table, params }),
        (name(), name(), settings()).prop_map(|(index, table, change)| Kind::AlterIndex {
            index,
            table,
            change
        }),
        (name(), name(), any::<bool>()).prop_map(|(index, table, if_exists)| Kind::DropIndex {
            index,
            table,
            if_exists
        }),
        name().prop_map(Kind::OriginalDropIndex),
        (name(), vec(name(), 0..3), vec(name(), 0..3), vec(name(), 0..3), params()).prop_map(
            |(table, more, partitions, fields, params)| Kind::Load {
                table,
                more,
                partitions,
                fields,
                params,
            }
        ),
        (name(), vec(name(), 0..3))
            .prop_map(|(table, partitions)| Kind::Release { table, partitions }),
    ]
}

fn copies() -> impl Strategy<Value = Kind> {
    let place = || (name(), of(name()), of(vec(name(), 1..3)));
    let from = (place(), value(), of(value()), params(), any::<bool>()).prop_map(
        |((table, partition, fields), file, from_row, params, dry_run)| CopyFrom {
            table,
            partition,
            fields,
            file,
            from_row,
            params,
            dry_run,
        },
    );
    let table = place().prop_map(|(table, partition, fields)| CopySource::Table {
        table,
        partition,
        fields,
    });
    let query = select_statement().prop_map(|kind| match kind {
        Kind::Select(select) => CopySource::Select(select),
        other => panic!("{other:?}"),
    });
    prop_oneof![
        (from, any::<bool>(), any::<bool>()).prop_map(|(copy, create, if_not_exists)| {
            if create {
                let (partition, fields, from_row) = (None, None, None);
                let copy = Box::new(CopyFrom { partition, fields, from_row, ..copy });
                Kind::CreateFrom { if_not_exists, copy }
            } else {
                Kind::CopyFrom(Box::new(copy))
            }
        }),
        (prop_oneof![table, query], value(), params()).prop_map(|(source, file, params)| {
            Kind::CopyTo(Box::new(CopyTo { source, file, params }))
        }),
    ]
}

fn plots() -> impl Strategy<Value = Kind> {
    let mark = of(select(Mark::ALL.map(|(_, mark)| mark).to_vec()).prop_map(spanned));
    let drawn = (select_statement(), mark).prop_map(|(kind, mark)| {
        let select = Box::new(select_of(kind));
        Kind::Plot(Plot::Select { select, mark })
    });
    let queries = prop_oneof![vectors(), stored()].prop_map(|target| match target {
        Target::Stored { ids, .. } => (ids, true),
        Target::Vectors { vectors, .. } => (vectors, false),
        Target::Text(text) => panic!("{text:?}"),
    });
    let near = (queries, of(value())).prop_map(|((queries, are_stored), limit)| Near {
        queries,
        are_stored,
        limit,
    });
    // a point within a name is that between a table and its place
    let table = name().prop_filter("one name", |name| !name.value.contains('.'));
    (drawn, table, name(), of(output()), of(output()), filter(), (of(value()), of(near)))
        .prop_flat_map(|(drawn, table, field, color, label, filter, (limit, near))| {
            let vectors = PlotVectors { table, field, color, label, filter, limit, near };
            prop_oneof![Just(drawn), Just(Kind::Plot(Plot::Vectors(Box::new(vectors))))]
        })
}

fn data_statements() -> impl Strategy<Value = Kind> {
    let row = values().prop_map(|values| Row { values, span: Span::default() });
    let arithmetic =
        (name(), vec((select(vec!["+", "*"]), scalar()), 1..3)).prop_map(|(name, rest)| {
            let field = expr_of(ExprKind::Field { name, path: Vec::new() });
            let operator = rest[0].0;
            let rest = rest
                .into_iter()
                .map(|(_, value)| (operator, expr_of(ExprKind::Literal(value))))
                .collect();
            Assigned::Expr(expr_of(ExprKind::Chain { first: Box::new(field), rest }))
        });
    let assigned = prop_oneof![value().prop_map(Assigned::Value), arithmetic];
    let vector = || {
        vec(
            prop_oneof![
                numbers(),
                text().prop_map(Value::Text),
                vec(any::<u8>(), 0..3).prop_map(Value::Bytes)
            ]
            .prop_map(spanned),
            1..3,
        )
    };
    prop_oneof![
        (
            any::<bool>(),
            name(),
            of(name()),
            of(vec(name(), 1..3)),
            vec(row, 1..3),
            vec(name(), 0..2)
        )
            .prop_map(|(upsert, table, partition, fields, rows, returning)| Kind::Write(
                Write { returning, upsert, table, partition, fields, rows }
            )),
        (name(), of(name()), vec((name(), assigned), 1..3), filter(), few()).prop_map(
            |(table, partition, assignments, filter, few)| Kind::Update(Box::new(Update {
                table,
                partition,
                assignments,
                filter,
                few
            }))
        ),
        (name(), of(name()), filter(), few()).prop_map(|(table, partition, filter, few)| {
            Kind::Delete { table, partition, filter, few: Box::new(few) }
        }),
        (any::<bool>(), name(), of(name()), of(vec(name(), 1..3)), select_statement()).prop_map(
            |(upsert, table, partition, fields, source)| {
                let source = select_of(source);
                Kind::WriteFrom(Box::new(WriteFrom { upsert, table, partition, fields, source }))
            }
        ),
        (name(), any::<bool>(), select_statement()).prop_map(|(table, if_not_exists, source)| {
            Kind::CreateAs { table, if_not_exists, source: Box::new(select_of(source)) }
        }),
        (name(), any::<bool>(), name()).prop_map(|(table, if_not_exists, like)| Kind::CreateLike {
            table,
            if_not_exists,
            like
        }),
        (vector(), name(), of(name()), of(values())).prop_map(
            |(vectors, table, partition, ids)| Kind::OriginalInsert {
                vectors,
                table,
                partition,
                ids
            }
        ),
        (name(), values()).prop_map(|(table, ids)| Kind::OriginalDelete { table, ids }),
        (name(), values()).prop_map(|(table, ids)| Kind::OriginalGet { table, ids }),
        (vector(), name(), of(original_params())).prop_map(|(vectors, table, params)| {
            Kind::OriginalSearch { vectors, table, params: params.unwrap_or_default() }
        }),
    ]
}

fn administration() -> impl Strategy<Value = Kind> {
    let connect = (
        text(),
        (
            of(text_or_variable()),
            of(secret()),
            of(secret()),
            of(text_or_variable()),
            of(text_or_variable()),
        ),
    )
        .prop_map(|(address, (user, password, token, database, alias))| {
            Kind::Connect(Box::new(Connect {
                address: spanned(address),
                user,
                password,
                token,
                database,
                alias,
            }))
        });
    let listing = || select(Listing::ALL.map(|(_, listing)| listing).to_vec());
    let star = || prop_oneof![1 => Just(spanned("*".to_string())), 3 => name()];
    let object = of(select(vec!["TABLE", "DATABASE", "GLOBAL", "USER"])
        .prop_map(|object| spanned(object.to_string())));
    let target = || {
        (object.clone(), of(star()), star()).prop_map(|(object, database, name)| GrantTarget {
            object,
            database,
            name: Some(name),
        })
    };
    let grant = (any::<bool>(), vec(star(), 1..3), target(), name()).prop_map(
        |(revoke, privileges, on, role)| {
            Kind::Grant(Box::new(Grant { revoke, privileges, on, role }))
        },
    );
    let grantee = (select(vec![Grantee::Role, Grantee::User]), name());
    let grants = of((grantee, of(target()))).prop_map(|of| match of {
        Some((of, on)) => Kind::ShowGrants { of: Some(of), on },
        None => Kind::ShowGrants { of: None, on: None },
    });
    let tables = vec(name(), 0..3);
    prop_oneof![
        connect,
        name().prop_map(Kind::UseConnection),
        of(name()).prop_map(Kind::Disconnect),
        name().prop_map(Kind::Use),
        of("[a-z]{1,5}".prop_map(spanned)).prop_map(Kind::Help),
        (name(), value()).prop_map(|(name, value)| Kind::Set { name, value }),
        (word(), value())
            .prop_map(|(name, value)| Kind::SetVariable { name: spanned(name), value }),
        (listing(), of(text().prop_map(spanned)))
            .prop_map(|(what, like)| Kind::Show { what, like }),
        (listing(), name()).prop_map(|(what, table)| Kind::ShowOf { what, table }),
        name().prop_map(Kind::ShowCreate),
        (of(name()), name()).prop_map(|(index, table)| Kind::ShowIndexProgress { index, table }),
        (name(), vec(name(), 0..3))
            .prop_map(|(table, partitions)| Kind::ShowLoadingProgress { table, partitions }),
        (name(), name()).prop_map(|(partition, table)| Kind::ShowPartition { partition, table }),
        grants,
        (select(vec![Job::Compaction, Job::Import, Job::Restore]), value())
            .prop_map(|(job, id)| Kind::ShowJob { job, id }),
        name().prop_map(Kind::Describe),
        (name(), name()).prop_map(|(index, table)| Kind::DescribeIndex { index, table }),
        name().prop_map(Kind::Stats),
        grant,
        (any::<bool>(), name(), name()).prop_map(|(revoke, role, user)| Kind::GrantRole {
            revoke,
            role,
            user
        }),
        tables.prop_map(Kind::Flush),
        (name(), params()).prop_map(|(table, params)| Kind::Compact { table, params }),
        (values(), name(), of(name()), params()).prop_map(|(files, table, partition, params)| {
            Kind::Import { files, table, partition, params }
        }),
        Just(Kind::DropStorage),
        (of(name()), value(), any::<bool>()).prop_map(|(database, file, salvage)| {
            Kind::ExportDatabase { database, file, salvage }
        }),
        (any::<bool>(), of(name()), value()).prop_map(|(if_not_exists, database, file)| {
            Kind::ImportDatabase { if_not_exists, database, file }
        }),
        (value(), name(), name()).prop_map(|(count, from, to)| Kind::TransferNodes {
            count,
            from,
            to
        }),
        (value(), name(), name(), name())
            .prop_map(|(count, table, from, to)| Kind::TransferReplicas { count, table, from, to }),
        (name(), name(), name()).prop_map(|(snapshot, table, to)| Kind::Restore {
            snapshot,
            table,
            to
        }),
        (value(), of((name(), name())), params())
            .prop_map(|(texts, field, params)| Kind::RunAnalyzer { texts, field, params }),
    ]
}

fn statement() -> impl Strategy<Value = Statement> {
    let kind = prop_oneof![
        3 => select_statement(),
        3 => definitions(),
        2 => data_statements(),
        1 => copies(),
        1 => plots(),
        3 => administration(),
    ];
    (kind, 0..4u8).prop_map(|(kind, explained)| {
        let statement = Statement { kind, span: Span::default() };
        let kind = match explained {
            0 => Kind::Explain(Box::new(statement)),
            1 => Kind::Analyze(Box::new(statement)),
            _ => return statement,
        };
        Statement { kind, span: Span::default() }
    })
}

/// The tree as text, without its places.
fn shape(statement: &Statement) -> String {
    let text = format!("{statement:?}");
    let mut out = String::with_capacity(text.len());
    for (at, piece) in text.split("Span { start: ").enumerate() {
        out.push_str(if at == 0 {
            piece
        } else {
            piece.split_once('}').map_or("", |(_, rest)| rest)
        });
    }
    out
}

#[test]
fn what_is_printed_is_read_as_itself() {
    // a strategy of so many shapes is deep on the stack of a debug build
    let test = std::thread::Builder::new().stack_size(256 << 20).spawn(|| {
        let mut runner = TestRunner::new(ProptestConfig {
            cases: 2000,
            failure_persistence: None,
            ..ProptestConfig::default()
        });
        let result = runner.run(&statement(), |statement| {
            let text = print::statement(&statement);
            let again = parse::parse(&text)
                .map_err(|error| TestCaseError::fail(error.render(&text, false)))?;
            prop_assert_eq!(again.len(), 1, "{}", text);
            prop_assert_eq!(shape(&again[0]), shape(&statement), "{}", text);
            Ok(())
        });
        result.map_err(|error| error.to_string())
    });
    assert_eq!(test.unwrap().join().unwrap(), Ok(()));
}

/// Wherever the language has a place for a variable, its value is put there.
#[test]
fn no_variable_is_forgotten() {
    let test = std::thread::Builder::new().stack_size(256 << 20).spawn(|| {
        let mut runner = TestRunner::new(ProptestConfig {
            cases: 1000,
            failure_persistence: None,
            ..ProptestConfig::default()
        });
        let result = runner.run(&statement(), |mut statement| {
            let before = shape(&statement);
            let known: Variables = before
                .split("Variable(\"")
                .skip(1)
                .filter_map(|rest| rest.split_once('"'))
                .map(|(name, _)| (name.to_string(), Value::Text("words".to_string())))
                .collect();
            variables::substitute(&mut statement, &known, &|| Ok(Value::Int(1)))
                .map_err(|error| TestCaseError::fail(format!("{before}\n{}", error.message)))?;
            prop_assert!(!shape(&statement).contains("Variable("), "{}", before);
            Ok(())
        });
        result.map_err(|error| error.to_string())
    });
    assert_eq!(test.unwrap().join().unwrap(), Ok(()));
}

/// A database may have the name of the word that comes behind it.
#[test]
fn a_database_named_to_is_quoted() {
    let text = "EXPORT DATABASE `TO` TO 'f'";
    assert_eq!(print::statement(&parse::parse(text).unwrap()[0]), text);
}

/// So may a privilege.
#[test]
fn a_privilege_of_that_name_is_quoted() {
    let text = "GRANT `PRIVILEGE`, Search ON TABLE t TO ROLE 'r'";
    assert_eq!(print::statement(&parse::parse(text).unwrap()[0]), text);
}

/// The further tables of a LOAD are of the database in use: a point there is part of the name.
#[test]
fn a_further_table_with_a_point_is_quoted() {
    let text = "LOAD TABLE d.a, `b.c`";
    assert_eq!(print::statement(&parse::parse(text).unwrap()[0]), text);
}

/// So it is of the first release's INSERT, which knows no other database.
#[test]
fn a_point_in_the_first_releases_insert_is_quoted() {
    let text = "INSERT [1.0] INTO `b.c`";
    assert_eq!(print::statement(&parse::parse(text).unwrap()[0]), text);
}

/// The first test can fail: a statement that is printed with something left out is not itself.
#[test]
fn a_difference_is_seen() {
    let shapes: Vec<String> =
        ["SELECT id FROM t OFFSET 1", "SELECT id FROM t OFFSET 2", "SELECT id FROM t"]
            .map(|text| shape(&parse::parse(text).unwrap()[0]))
            .to_vec();
    assert!(shapes[0] != shapes[1] && shapes[1] != shapes[2]);
    assert_eq!(shapes[2], shape(&parse::parse("  select `id`\n from t").unwrap()[0]));
}
