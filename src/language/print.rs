//! Statements as text again: `parse(print(x))` is `x`, which a property test holds. SHOW CREATE
//! TABLE shows what this writes. In: a syntax tree. Out: one line of the dialect, fully written
//! out; of a CREATE TABLE several.

use super::ast::*;
use super::keywords::{self, AMBIGUOUS, RESERVED};
use crate::diagnostic::Spanned;

pub fn statement(statement: &Statement) -> String {
    match &statement.kind {
        Kind::Connect(connect) => {
            let mut out = format!("CONNECT {}", quote(&connect.address.value));
            for (word, value) in [
                ("USER", &connect.user),
                ("PASSWORD", &connect.password),
                ("TOKEN", &connect.token),
                ("DATABASE", &connect.database),
                ("AS", &connect.alias),
            ] {
                if let Some(Spanned { value, .. }) = value {
                    out.push_str(&format!(" {word} {}", self::value(value)));
                }
            }
            out
        }
        Kind::UseConnection(connection) => format!("USE CONNECTION {}", name(connection)),
        Kind::Disconnect(None) => "DISCONNECT".to_string(),
        Kind::Disconnect(Some(connection)) => format!("DISCONNECT {}", name(connection)),
        Kind::Use(database) => format!("USE DATABASE {}", name(database)),
        Kind::Help(None) => "HELP".to_string(),
        Kind::Help(Some(topic)) => format!("HELP {topic}"),
        Kind::Set { name: setting, value } => {
            format!("SET {} = {}", name(setting), self::value(&value.value))
        }
        Kind::SetVariable { name, value } => format!("SET @{name} = {}", self::value(&value.value)),
        Kind::Explain(inner) => format!("EXPLAIN {}", self::statement(inner)),
        Kind::Show { what, like } => format!(
            "SHOW {}{}",
            what.word(),
            like.as_ref().map_or_else(String::new, |like| format!(" LIKE {}", quote(&like.value)))
        ),
        Kind::ShowOf { what, table } => format!("SHOW {} FROM {}", what.word(), name(table)),
        Kind::ShowCreate(table) => format!("SHOW CREATE TABLE {}", name(table)),
        Kind::ShowIndexProgress { index, table } => {
            format!("SHOW PROGRESS OF INDEX {} ON {}", name(index), name(table))
        }
        Kind::ShowLoadingProgress(table) => format!("SHOW PROGRESS OF LOADING ON {}", name(table)),
        Kind::ShowGrants { of, name: grantee } => {
            format!(
                "SHOW GRANTS FOR {} {}",
                if *of == Grantee::Role { "ROLE" } else { "USER" },
                quote(&grantee.value)
            )
        }
        Kind::ShowJob { job, id } => format!("SHOW {} {}", job.word(), value(&id.value)),
        Kind::Describe(table) => format!("DESCRIBE TABLE {}", name(table)),
        Kind::DescribeIndex { index, table } => {
            format!("DESCRIBE INDEX {} ON {}", name(index), name(table))
        }
        Kind::DescribeObject { object, name, table } => {
            format!("DESCRIBE {} {}{}", object.word(), quote(&name.value), on(table))
        }
        Kind::Stats(table) => format!("STATS TABLE {}", name(table)),

        Kind::CreateTable(create) => create_table(create),
        Kind::OriginalCreateTable { table, params } => {
            format!("CREATE TABLE {} {}", name(table), original_where(params))
        }
        Kind::AlterTable { table, change } => {
            format!("ALTER TABLE {} {}", name(table), self::change(change))
        }
        Kind::DropTable { table, if_exists } => {
            format!("DROP TABLE {}{}", exists(*if_exists), name(table))
        }
        Kind::Truncate(table) => format!("TRUNCATE TABLE {}", name(table)),
        Kind::CreateObject(create) => create_object(create),
        Kind::AlterObject { object, name, change } => {
            format!("ALTER {} {} {}", object.word(), quote(&name.value), object_change(change))
        }
        Kind::DropObject { object, name, if_exists, table } => format!(
            "DROP {} {}{}{}",
            object.word(),
            exists(*if_exists),
            quote(&name.value),
            on(table)
        ),
        Kind::CreatePartition { table, partition, if_not_exists } => {
            format!(
                "CREATE PARTITION {}{} ON {}",
                not_exists(*if_not_exists),
                name(partition),
                name(table)
            )
        }
        Kind::DropPartition { table, partition, if_exists } => {
            format!("DROP PARTITION {}{} ON {}", exists(*if_exists), name(partition), name(table))
        }
        Kind::CreateIndex { table, index, if_not_exists } => {
            let own = index.name.as_ref().map_or_else(String::new, |own| format!("{} ", name(own)));
            format!(
                "CREATE INDEX {}{own}ON {} {}",
                not_exists(*if_not_exists),
                name(table),
                index_rest(index)
            )
        }
        Kind::OriginalCreateIndex { table, params } => {
            format!("CREATE INDEX {} {}", name(table), original_where(params))
        }
        Kind::AlterIndex { index, table, change } => {
            format!("ALTER INDEX {} ON {} {}", name(index), name(table), self::change(change))
        }
        Kind::DropIndex { index, table, if_exists } => {
            format!("DROP INDEX {}{} ON {}", exists(*if_exists), name(index), name(table))
        }
        Kind::OriginalDropIndex(table) => format!("DROP INDEX {}", name(table)),
        Kind::Load { table, partitions, fields, params } => {
            let fields = if fields.is_empty() {
                String::new()
            } else {
                format!(" FIELDS ({})", names(fields))
            };
            format!(
                "LOAD TABLE {}{}{fields}{}",
                name(table),
                in_partitions(partitions),
                with(params)
            )
        }
        Kind::Release { table, partitions } => {
            format!("RELEASE TABLE {}{}", name(table), in_partitions(partitions))
        }

        Kind::Write(write) => {
            let rows: Vec<String> =
                write.rows.iter().map(|row| format!("({})", values(&row.values))).collect();
            let fields = write
                .fields
                .as_ref()
                .map_or_else(String::new, |fields| format!(" ({})", names(fields)));
            let verb = if write.upsert { "UPSERT" } else { "INSERT" };
            format!(
                "{verb} INTO {}{}{fields} VALUES {}",
                name(&write.table),
                in_partitions(write.partition.as_slice()),
                rows.join(", ")
            )
        }
        Kind::Update(update) => {
            let assignments: Vec<String> = update
                .assignments
                .iter()
                .map(|(field, assigned)| match assigned {
                    Assigned::Value(value) => {
                        format!("{} = {}", name(field), self::value(&value.value))
                    }
                    Assigned::Expr(expr) => format!("{} = {}", name(field), inner(expr)),
                })
                .collect();
            let partition = in_partitions(update.partition.as_slice());
            format!(
                "UPDATE {}{partition} SET {}{}",
                name(&update.table),
                assignments.join(", "),
                filter(update.filter.as_ref())
            )
        }
        Kind::Delete { table, partition, filter } => {
            format!(
                "DELETE FROM {}{}{}",
                name(table),
                in_partitions(partition.as_slice()),
                self::filter(filter.as_ref())
            )
        }
        Kind::OriginalInsert { vectors, table, partition, ids } => {
            let tag = partition.as_ref().map_or_else(String::new, |tag| {
                format!(" WHERE partition_tag = {}", quote(&tag.value))
            });
            let ids =
                ids.as_ref().map_or_else(String::new, |ids| format!(" BY id = {}", values(ids)));
            format!("INSERT {} INTO {}{tag}{ids}", values(vectors), name(table))
        }
        Kind::OriginalDelete { table, ids } => {
            format!("DELETE {} BY id = {}", name(table), values(ids))
        }

        Kind::Select(select) => self::select(select),
        Kind::OriginalSearch { vectors, table, params } => {
            let params = if params.is_empty() {
                String::new()
            } else {
                format!(" {}", original_where(params))
            };
            format!("SELECT {} FROM {}{params}", values(vectors), name(table))
        }
        Kind::OriginalGet { table, ids } => {
            format!("SELECT {} BY id = {}", name(table), values(ids))
        }

        Kind::GrantRole { revoke, role, user } => {
            let (verb, preposition) = if *revoke { ("REVOKE", "FROM") } else { ("GRANT", "TO") };
            format!("{verb} ROLE {} {preposition} USER {}", quote(&role.value), quote(&user.value))
        }
        Kind::Grant(grant) => self::grant(grant),

        Kind::Flush(tables) if tables.is_empty() => "FLUSH ALL".to_string(),
        Kind::Flush(tables) => format!("FLUSH TABLE {}", names(tables)),
        Kind::Compact { table, params } => format!("COMPACT TABLE {}{}", name(table), with(params)),
        Kind::Import { files, table, partition, params } => {
            format!(
                "IMPORT FROM {} INTO TABLE {}{}{}",
                values(files),
                name(table),
                in_partitions(partition.as_slice()),
                with(params)
            )
        }
        Kind::TransferNodes { count, from, to } => format!(
            "TRANSFER {} NODES FROM {} TO {}",
            value(&count.value),
            quote(&from.value),
            quote(&to.value)
        ),
        Kind::TransferReplicas { count, table, from, to } => {
            format!(
                "TRANSFER {} REPLICAS OF {} FROM {} TO {}",
                value(&count.value),
                name(table),
                quote(&from.value),
                quote(&to.value)
            )
        }
        Kind::Restore { snapshot, table, to } => format!(
            "RESTORE SNAPSHOT {} ON {} TO {}",
            quote(&snapshot.value),
            name(table),
            name(to)
        ),
        Kind::RunAnalyzer { texts, of, params } => {
            let of = of.as_ref().map_or_else(String::new, |(table, field)| {
                format!(" ON {} ({})", name(table), name(field))
            });
            format!("RUN ANALYZER {}{of}{}", value(&texts.value), with(params))
        }
    }
}

/// Over several lines, a column or index each.
pub fn create_table(create: &CreateTable) -> String {
    let mut lines: Vec<String> = create.columns.iter().map(column).collect();
    lines.extend(create.indexes.iter().map(|index| {
        let own = index.name.as_ref().map_or_else(String::new, |own| format!("{} ", name(own)));
        format!("INDEX {own}{}", index_rest(index))
    }));
    format!(
        "CREATE TABLE {}{} (\n  {}\n){}",
        not_exists(create.if_not_exists),
        name(&create.table),
        lines.join(",\n  "),
        with(&create.params)
    )
}

fn column(column: &Column) -> String {
    let sized = |size: &Option<Spanned<Value>>| {
        size.as_ref().map_or_else(String::new, |size| format!("({})", value(&size.value)))
    };
    let mut out = format!("{} {}", name(&column.name), column.data_type.name);
    if let Some(element) = &column.element {
        out.push_str(&format!("<{}{}>", element.name, sized(&element.size)));
    }
    out.push_str(&sized(&column.data_type.size));
    for (has, word) in [
        (column.primary_key, " PRIMARY KEY"),
        (column.auto_increment, " AUTO_INCREMENT"),
        (column.partition_key, " PARTITION KEY"),
        (column.clustering_key, " CLUSTERING KEY"),
        (column.nullable, " NULL"),
    ] {
        if has {
            out.push_str(word);
        }
    }
    if let Some(default) = &column.default {
        out.push_str(&format!(" DEFAULT {}", value(&default.value)));
    }
    if let Some(generated) = &column.generated {
        out.push_str(&format!(
            " GENERATED ALWAYS AS ({}({}))",
            generated.function,
            name(&generated.input)
        ));
    }
    if let Some(comment) = &column.comment {
        out.push_str(&format!(" COMMENT {}", quote(comment)));
    }
    out + &with(&column.params)
}

fn index_rest(index: &Index) -> String {
    let ops = index.ops.as_ref().map_or_else(String::new, |ops| format!(" {}", name(ops)));
    let method =
        index.method.as_ref().map_or_else(String::new, |method| format!(" USING {}", name(method)));
    format!("({}{}{ops}){method}{}", name(&index.field), steps(&index.path), with(&index.params))
}

fn change(change: &Change) -> String {
    match change {
        Change::AddField(column) => format!("ADD FIELD {}", self::column(column)),
        Change::DropField(field) => format!("DROP FIELD {}", name(field)),
        Change::SetField { field, params } => {
            format!("ALTER FIELD {} SET PROPERTIES {}", name(field), parameters(params))
        }
        Change::ResetField { field, names } => {
            format!("ALTER FIELD {} DROP PROPERTIES ({})", name(field), strings(names))
        }
        Change::Rename(new) => format!("RENAME TO {}", name(new)),
        Change::Set(params) => format!("SET PROPERTIES {}", parameters(params)),
        Change::Reset(names) => format!("DROP PROPERTIES ({})", strings(names)),
    }
}

fn create_object(create: &CreateObject) -> String {
    let table = create.table.as_ref().map_or_else(String::new, |table| {
        format!(" {} {}", if create.object == Object::Alias { "FOR" } else { "ON" }, name(table))
    });
    let password = create
        .password
        .as_ref()
        .map_or_else(String::new, |password| format!(" PASSWORD {}", value(&password.value)));
    format!(
        "CREATE {} {}{}{table}{password}{}",
        create.object.word(),
        not_exists(create.if_not_exists),
        quote(&create.name.value),
        with(&create.params)
    )
}

fn object_change(change: &ObjectChange) -> String {
    match change {
        ObjectChange::Target(table) => format!("FOR {}", name(table)),
        ObjectChange::Password { new, old } => {
            format!(
                "PASSWORD {}{}",
                value(&new.value),
                old.as_ref().map_or_else(String::new, |old| format!(" OLD {}", value(&old.value)))
            )
        }
        ObjectChange::Members { add, names } => format!(
            "{} {}",
            if *add { "ADD" } else { "DROP" },
            names.iter().map(privilege).collect::<Vec<_>>().join(", ")
        ),
        ObjectChange::Set(params) => format!("SET PROPERTIES {}", parameters(params)),
        ObjectChange::Reset(names) => format!("DROP PROPERTIES ({})", strings(names)),
    }
}

fn select(select: &Select) -> String {
    let items = match &select.items {
        Items::All => "*".to_string(),
        Items::Listed(items) => items
            .iter()
            .map(|item| {
                output(&item.output)
                    + &item
                        .alias
                        .as_ref()
                        .map_or_else(String::new, |alias| format!(" AS {}", name(alias)))
            })
            .collect::<Vec<_>>()
            .join(", "),
    };
    let mut out = format!(
        "SELECT {}{items} FROM {}{}",
        if select.distinct { "DISTINCT " } else { "" },
        name(&select.table),
        in_partitions(&select.partitions)
    );
    out.push_str(&filter(select.filter.as_ref()));
    if !select.group.is_empty() {
        out.push_str(&format!(
            " GROUP BY {}",
            select.group.iter().map(output).collect::<Vec<_>>().join(", ")
        ));
    }
    match &select.order {
        Some(Order::Near { near, direction }) => {
            out.push_str(&format!(
                " ORDER BY {}{}",
                self::near(near),
                direction.as_ref().map_or("", |direction| self::direction(direction.value))
            ));
        }
        Some(Order::By(keys)) => {
            let keys: Vec<String> = keys
                .iter()
                .map(|(key, direction)| output(key) + self::direction(*direction))
                .collect();
            out.push_str(&format!(" ORDER BY {}", keys.join(", ")));
        }
        None => {}
    }
    if !select.hybrid.is_empty() {
        out.push_str(&format!(
            " HYBRID SEARCH ({})",
            select.hybrid.iter().map(arm).collect::<Vec<_>>().join(", ")
        ));
    }
    if let Some(rerank) = &select.rerank {
        let params =
            if rerank.params.is_empty() { String::new() } else { parameters(&rerank.params) };
        out.push_str(&format!(" RERANK {}{params}", name(&rerank.method)));
    }
    for (word, value) in [("LIMIT", &select.limit), ("OFFSET", &select.offset)] {
        if let Some(value) = value {
            out.push_str(&format!(" {word} {}", self::value(&value.value)));
        }
    }
    out.push_str(&search_params(&select.params));
    if let Some(level) = &select.consistency {
        out.push_str(&format!(" CONSISTENCY LEVEL {}", name(level)));
    }
    out
}

fn direction(direction: Direction) -> &'static str {
    if direction == Direction::Descending { " DESC" } else { " ASC" }
}

fn output(output: &Output) -> String {
    match output {
        Output::Field { name, path } => self::name(name) + &steps(path),
        Output::Aggregate { function, distinct, of } => {
            let of = of.as_ref().map_or_else(|| "*".to_string(), |of| self::output(of));
            format!("{}({}{of})", function.value.word(), if *distinct { "DISTINCT " } else { "" })
        }
    }
}

fn arm(arm: &Arm) -> String {
    let mut out = near(&arm.near) + &filter(arm.filter.as_ref());
    for (word, value) in [("WEIGHT", &arm.weight), ("LIMIT", &arm.limit)] {
        if let Some(value) = value {
            out.push_str(&format!(" {word} {}", self::value(&value.value)));
        }
    }
    out + &search_params(&arm.params)
}

pub fn near(near: &Near) -> String {
    match &near.target {
        Target::Vectors { operator, vectors } => {
            let vectors = match vectors.as_slice() {
                [one] => value(&one.value),
                many => format!("[{}]", values(many)),
            };
            format!("{} {} {vectors}", name(&near.field), operator.value.symbol())
        }
        Target::Stored { operator, ids } => {
            format!("{} {} ID({})", name(&near.field), operator.value.symbol(), values(ids))
        }
        Target::Text(text) => format!("BM25_SCORE({}, {})", name(&near.field), value(&text.value)),
    }
}

fn privilege(name: &Name) -> String {
    let word = name.value.starts_with(|char: char| char.is_ascii_alphabetic())
        && name.value.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
    if name.value == "*" || word && !name.value.eq_ignore_ascii_case("on") {
        name.value.clone()
    } else {
        format!("`{}`", name.value.replace('`', "``"))
    }
}

fn grant(grant: &Grant) -> String {
    let (verb, preposition) = if grant.revoke { ("REVOKE", "FROM") } else { ("GRANT", "TO") };
    let star = |name: &Name| if name.value == "*" { "*".to_string() } else { self::name(name) };
    let privileges: Vec<String> = grant.privileges.iter().map(privilege).collect();
    let mut target =
        grant.object.as_ref().map(|object| object.value.clone()).into_iter().collect::<Vec<_>>();
    if let Some(name) = &grant.name {
        target.push(match &grant.database {
            Some(database) => format!("{}.{}", star(database), star(name)),
            None => star(name),
        });
    }
    format!(
        "{verb} {} ON {} {preposition} ROLE {}",
        privileges.join(", "),
        target.join(" "),
        quote(&grant.role.value)
    )
}

fn filter(filter: Option<&Filter>) -> String {
    match filter {
        None => String::new(),
        Some(Filter::Expr(expr)) => format!(" WHERE {}", self::expr(expr)),
        Some(Filter::Raw(text)) => format!(" FILTER {}", value(&text.value)),
    }
}

/// An expression; what is nested is in parentheses, so that it is read as it stands.
fn expr(expr: &Expr) -> String {
    let chain = |first: &Expr, rest: &[(&'static str, Expr)]| {
        rest.iter().fold(inner(first), |out, (operator, operand)| {
            format!("{out} {operator} {}", inner(operand))
        })
    };
    match &expr.kind {
        ExprKind::Chain { first, rest } | ExprKind::Compare { first, rest } => chain(first, rest),
        ExprKind::Not(of) => format!("NOT {}", inner(of)),
        ExprKind::Range { near, bounds } => {
            bounds.iter().fold(self::near(near), |out, (operator, bound)| {
                format!("{out} {operator} {}", inner(bound))
            })
        }
        ExprKind::In { left, negated, list } => {
            format!("{}{} IN ({})", inner(left), not(*negated), exprs(list))
        }
        ExprKind::Between { left, negated, low, high } => {
            format!("{}{} BETWEEN {} AND {}", inner(left), not(*negated), inner(low), inner(high))
        }
        ExprKind::Like { left, negated, pattern } => {
            format!("{}{} LIKE {}", inner(left), not(*negated), value(&pattern.value))
        }
        ExprKind::IsNull { left, negated } => format!("{} IS{} NULL", inner(left), not(*negated)),
        ExprKind::Field { name, path, quoted } => {
            (if *quoted { double(&name.value) } else { self::name(name) }) + &steps(path)
        }
        ExprKind::Call { name, args } => format!("{name}({})", exprs(args)),
        ExprKind::List(items) => format!("[{}]", exprs(items)),
        ExprKind::Literal(literal) => value(literal),
    }
}

fn inner(expr: &Expr) -> String {
    match expr.kind {
        ExprKind::Field { .. }
        | ExprKind::Call { .. }
        | ExprKind::List(_)
        | ExprKind::Literal(_) => self::expr(expr),
        _ => format!("({})", self::expr(expr)),
    }
}

fn exprs(exprs: &[Expr]) -> String {
    exprs.iter().map(inner).collect::<Vec<_>>().join(", ")
}

fn not(negated: bool) -> &'static str {
    if negated { " NOT" } else { "" }
}

fn steps(path: &[Spanned<Value>]) -> String {
    path.iter().map(|step| format!("[{}]", value(&step.value))).collect()
}

pub fn value(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_string(),
        Value::Bool(flag) => if *flag { "TRUE" } else { "FALSE" }.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => format!("{number:?}"),
        Value::Text(text) => quote(text),
        Value::Bytes(bytes) => {
            format!("X'{}'", bytes.iter().map(|byte| format!("{byte:02X}")).collect::<String>())
        }
        Value::Numbers(numbers) => format!(
            "[{}]",
            numbers
                .values
                .iter()
                .map(|number| format!("{number:?}"))
                .collect::<Vec<_>>()
                .join(", ")
        ),
        Value::List(items) => format!("[{}]", values(items)),
        Value::Object(fields) => {
            format!(
                "{{{}}}",
                fields
                    .iter()
                    .map(|(key, field)| format!("{}: {}", quote(key), self::value(&field.value)))
                    .collect::<Vec<_>>()
                    .join(", ")
            )
        }
        Value::Variable(name) => format!(":{name}"),
        Value::Prompt => "PROMPT".to_string(),
    }
}

fn values(values: &[Spanned<Value>]) -> String {
    values.iter().map(|value| self::value(&value.value)).collect::<Vec<_>>().join(", ")
}

fn with(params: &[Param]) -> String {
    if params.is_empty() { String::new() } else { format!(" WITH {}", parameters(params)) }
}

fn search_params(params: &[Param]) -> String {
    if params.is_empty() { String::new() } else { format!(" SEARCH PARAMS {}", parameters(params)) }
}

fn parameters(params: &[Param]) -> String {
    let params: Vec<String> = params
        .iter()
        .map(|param| format!("{} = {}", dotted(&param.name), values(&param.values)))
        .collect();
    format!("({})", params.join(", "))
}

/// A parameter's name, which may have points in it.
fn dotted(name: &Name) -> String {
    let plain = name.value.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_')
        && name.value.split('.').all(|part| {
            !part.is_empty() && part.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
        });
    if plain { name.value.clone() } else { quote(&name.value) }
}

fn original_where(params: &[Param]) -> String {
    let params: Vec<String> = params
        .iter()
        .map(|param| format!("{} = {}", name(&param.name), values(&param.values)))
        .collect();
    format!("WHERE {}", params.join(" AND "))
}

fn in_partitions(partitions: &[Name]) -> String {
    if partitions.is_empty() {
        String::new()
    } else {
        format!(" PARTITION ({})", names(partitions))
    }
}

fn names(names: &[Name]) -> String {
    names.iter().map(name).collect::<Vec<_>>().join(", ")
}

fn strings(names: &[Name]) -> String {
    names.iter().map(|name| quote(&name.value)).collect::<Vec<_>>().join(", ")
}

fn on(table: &Option<Name>) -> String {
    table.as_ref().map_or_else(String::new, |table| format!(" ON {}", name(table)))
}

fn exists(if_exists: bool) -> &'static str {
    if if_exists { "IF EXISTS " } else { "" }
}

fn not_exists(if_not_exists: bool) -> &'static str {
    if if_not_exists { "IF NOT EXISTS " } else { "" }
}

/// A name, in backticks where a keyword or another character would be read otherwise.
pub fn name(name: &Name) -> String {
    let word = name.value.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_')
        && name.value.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
    if word && !keywords::is(&name.value, RESERVED | AMBIGUOUS) {
        name.value.clone()
    } else {
        format!("`{}`", name.value.replace('`', "``"))
    }
}

fn double(text: &str) -> String {
    format!("\"{}\"", escaped(text).replace('"', "\"\""))
}

/// A string; a doubled quote is one, a backslash escapes.
pub fn quote(text: &str) -> String {
    format!("'{}'", escaped(text).replace('\'', "''"))
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n").replace('\t', "\\t").replace('\r', "\\r")
}
