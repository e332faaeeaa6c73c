//! The one walk over the places of a statement where a value stands, and so where a variable may.
//! In: a statement and a visitor. Out: the statement, as the visitor left its values. Knows no
//! variables, and no text.
//!
//! Every piece of the tree is taken apart by name, without `..` and without `_ =>`: a field or a
//! case that is added does not compile before it is decided here whether it holds a value. Names
//! hold none (a variable cannot stand for a name), nor do the steps into a field.

use super::ast::*;
use crate::diagnostic::{Diagnostic, Span, Spanned};

type Result<T, E = Diagnostic> = std::result::Result<T, E>;

/// What is done at each place, told by what the place takes.
pub(crate) trait ValueVisitor {
    /// One value of any kind; [`nested`] goes on to those within it.
    fn value(&mut self, value: &mut Spanned<Value>) -> Result<()>;
    /// A string.
    fn text(&mut self, value: &mut Spanned<Value>) -> Result<()>;
    /// A string that is not to be shown.
    fn secret(&mut self, value: &mut Spanned<Value>) -> Result<()>;
    /// What is connected to: it may have a password in it.
    fn address(&mut self, _: &mut Name) {}
    /// The values that follow, up to the next name, are what is given to it.
    fn under(&mut self, _: &str) {}
    /// The arguments of a function begin, or have ended.
    fn arguments(&mut self, _function: &str, _have_ended: bool) {}
    /// What may be a string in double quotes.
    fn quoted(&mut self, _: Span) {}
    /// Values side by side, as many as there are.
    fn several(&mut self, values: &mut Vec<Spanned<Value>>) -> Result<()>;
    /// Query vectors, or vectors to insert.
    fn vectors(&mut self, values: &mut Vec<Spanned<Value>>) -> Result<()>;
    /// An expression that is an [`ExprKind::Literal`].
    fn literal(&mut self, literal: &mut Expr) -> Result<()>;
    /// The items of an IN, before each of them is walked.
    fn in_list(&mut self, items: &mut Vec<Expr>) -> Result<()>;
}

/// Walks a statement.
pub(crate) fn statement(statement: &mut Statement, visitor: &mut dyn ValueVisitor) -> Result<()> {
    let Statement { kind, span: _ } = statement;
    match kind {
        Kind::Explain(explained) | Kind::Analyze(explained) => self::statement(explained, visitor),
        Kind::Connect(connect) => self::connect(connect, visitor),
        Kind::Set { name, value } | Kind::SetVariable { name, value } => {
            visitor.under(&name.value);
            visitor.value(value)
        }
        Kind::ShowJob { job: _, id: value }
        | Kind::TransferNodes { count: value, from: _, to: _ }
        | Kind::ExportDatabase { database: _, file: value, salvage: _ }
        | Kind::ImportDatabase { if_not_exists: _, database: _, file: value }
        | Kind::TransferReplicas { count: value, table: _, from: _, to: _ } => visitor.value(value),
        Kind::CreateTable(create) => create_table(create, visitor),
        Kind::CreateIndex { table: _, index, if_not_exists: _ } => self::index(index, visitor),
        Kind::AlterTable { table: _, change } | Kind::AlterIndex { index: _, table: _, change } => {
            self::change(change, visitor)
        }
        Kind::CreateObject(create) => create_object(create, visitor),
        Kind::AlterObject { object: _, name: _, change } => object_change(change, visitor),
        Kind::OriginalCreateTable { table: _, params }
        | Kind::OriginalCreateIndex { table: _, params } => original_params(params, visitor),
        Kind::Load { table: _, more: _, partitions: _, fields: _, params }
        | Kind::Compact { table: _, params } => self::params(params, visitor),
        Kind::Import { files, table: _, partition: _, params } => {
            visitor.several(files)?;
            self::params(params, visitor)
        }
        Kind::RunAnalyzer { texts, field: _, params } => {
            visitor.value(texts)?;
            self::params(params, visitor)
        }
        Kind::CopyFrom(copy) | Kind::CreateFrom { if_not_exists: _, copy } => {
            copy_from(copy, visitor)
        }
        Kind::CopyTo(copy) => copy_to(copy, visitor),
        Kind::Write(write) => self::write(write, visitor),
        Kind::Update(update) => self::update(update, visitor),
        Kind::Delete { table: _, partition: _, filter, few } => {
            self::filter(filter, visitor)?;
            self::few(few, visitor)
        }
        Kind::WriteFrom(write) => {
            let WriteFrom { upsert: _, table: _, partition: _, fields: _, source } = &mut **write;
            self::select(source, visitor)
        }
        Kind::CreateAs { table: _, if_not_exists: _, source } => self::select(source, visitor),
        Kind::Select(select) => self::select(select, visitor),
        Kind::Plot(plot) => self::plot(plot, visitor),
        Kind::Constants(items) => self::items(items, visitor),
        Kind::OriginalInsert { vectors, table: _, partition: _, ids } => {
            visitor.vectors(vectors)?;
            ids.iter_mut().try_for_each(|ids| visitor.several(ids))
        }
        Kind::OriginalSearch { vectors, table: _, params } => {
            visitor.vectors(vectors)?;
            original_params(params, visitor)
        }
        Kind::OriginalDelete { table: _, ids } | Kind::OriginalGet { table: _, ids } => {
            visitor.several(ids)
        }
        Kind::UseConnection(_)
        | Kind::Disconnect(_)
        | Kind::Use(_)
        | Kind::Help(_)
        | Kind::Show { what: _, like: _ }
        | Kind::ShowOf { what: _, table: _ }
        | Kind::ShowCreate(_)
        | Kind::ShowIndexProgress { index: _, table: _ }
        | Kind::ShowLoadingProgress { table: _, partitions: _ }
        | Kind::ShowGrants { of: _, on: _ }
        | Kind::ShowPartition { partition: _, table: _ }
        | Kind::Describe(_)
        | Kind::DescribeIndex { index: _, table: _ }
        | Kind::DescribeObject { object: _, name: _, table: _ }
        | Kind::Stats(_)
        | Kind::CreateLike { table: _, if_not_exists: _, like: _ }
        | Kind::DropTable { table: _, if_exists: _ }
        | Kind::DropStorage
        | Kind::Truncate(_)
        | Kind::DropObject { object: _, name: _, if_exists: _, table: _ }
        | Kind::CreatePartition { table: _, partition: _, if_not_exists: _ }
        | Kind::DropPartition { table: _, partition: _, if_exists: _ }
        | Kind::DropIndex { index: _, table: _, if_exists: _ }
        | Kind::OriginalDropIndex(_)
        | Kind::Release { table: _, partitions: _ }
        | Kind::GrantRole { revoke: _, role: _, user: _ }
        | Kind::Grant(_)
        | Kind::Flush(_)
        | Kind::Restore { snapshot: _, table: _, to: _ } => Ok(()),
    }
}

/// Visits the values within a value.
pub(crate) fn nested(value: &mut Value, visitor: &mut dyn ValueVisitor) -> Result<()> {
    match value {
        Value::List(items) => values(items, visitor),
        Value::Object(fields) => fields.iter_mut().try_for_each(|(_, value)| visitor.value(value)),
        Value::Computed(computed) => expr(computed, visitor),
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Large(_)
        | Value::Float(_)
        | Value::Text(_)
        | Value::Bytes(_)
        | Value::Numbers(_)
        | Value::Variable(_)
        | Value::Prompt => Ok(()),
        Value::Query { select, exists: _ } => self::select(select, visitor),
    }
}

fn connect(connect: &mut Connect, visitor: &mut dyn ValueVisitor) -> Result<()> {
    let Connect { address, user, password, token, database, alias } = connect;
    visitor.address(address);
    let words = [user, database, alias];
    words.into_iter().flatten().try_for_each(|word| visitor.text(word))?;
    [password, token].into_iter().flatten().try_for_each(|word| visitor.secret(word))
}

fn create_table(create: &mut CreateTable, visitor: &mut dyn ValueVisitor) -> Result<()> {
    let CreateTable { table: _, if_not_exists: _, columns, indexes, params } = create;
    columns.iter_mut().try_for_each(|column| self::column(column, visitor))?;
    indexes.iter_mut().try_for_each(|index| self::index(index, visitor))?;
    self::params(params, visitor)
}

fn column(column: &mut Column, visitor: &mut dyn ValueVisitor) -> Result<()> {
    let Column {
        name: _,
        data_type,
        element,
        primary_key: _,
        partition_key: _,
        clustering_key: _,
        auto_increment: _,
        nullable: _,
        default,
        generated: _,
        comment: _,
        unkept: _,
        params,
    } = column;
    default.iter_mut().try_for_each(|value| visitor.value(value))?;
    for TypeName { name: _, size } in element.iter_mut().chain([data_type]) {
        size.iter_mut().try_for_each(|value| visitor.value(value))?;
    }
    self::params(params, visitor)
}

fn index(index: &mut Index, visitor: &mut dyn ValueVisitor) -> Result<()> {
    let Index { name: _, field: _, path: _, ops: _, method: _, params } = index;
    self::params(params, visitor)
}

fn change(change: &mut Change, visitor: &mut dyn ValueVisitor) -> Result<()> {
    match change {
        Change::AddField { column, if_not_exists: _ } => self::column(column, visitor),
        Change::SetField { field: _, params } | Change::Set(params) => {
            self::params(params, visitor)
        }
        Change::DropField(_)
        | Change::ResetField { field: _, names: _ }
        | Change::Rename(_)
        | Change::Reset(_) => Ok(()),
    }
}

fn create_object(create: &mut CreateObject, visitor: &mut dyn ValueVisitor) -> Result<()> {
    let CreateObject { object: _, name: _, if_not_exists: _, table: _, password, params } = create;
    password.iter_mut().try_for_each(|word| visitor.secret(word))?;
    self::params(params, visitor)
}

fn object_change(change: &mut ObjectChange, visitor: &mut dyn ValueVisitor) -> Result<()> {
    match change {
        ObjectChange::Password { new, old } => {
            visitor.secret(new)?;
            old.iter_mut().try_for_each(|word| visitor.secret(word))
        }
        ObjectChange::Set(params) => self::params(params, visitor),
        ObjectChange::Target(_)
        | ObjectChange::Members { add: _, names: _ }
        | ObjectChange::Reset(_) => Ok(()),
    }
}

fn write(write: &mut Write, visitor: &mut dyn ValueVisitor) -> Result<()> {
    let Write { returning: _, upsert: _, table: _, partition: _, fields, rows } = write;
    let fields = fields.as_deref().unwrap_or_default();
    for Row { values, span: _ } in rows {
        for (at, value) in values.iter_mut().enumerate() {
            if let Some(field) = fields.get(at) {
                visitor.under(&field.value);
            }
            visitor.value(value)?;
        }
    }
    Ok(())
}

fn copy_from(copy: &mut CopyFrom, visitor: &mut dyn ValueVisitor) -> Result<()> {
    let CopyFrom { table: _, partition: _, fields: _, file, from_row, params, dry_run: _ } = copy;
    visitor.value(file)?;
    from_row.iter_mut().try_for_each(|value| visitor.value(value))?;
    self::params(params, visitor)
}

fn copy_to(copy: &mut CopyTo, visitor: &mut dyn ValueVisitor) -> Result<()> {
    let CopyTo { source, file, params } = copy;
    match source {
        CopySource::Table { table: _, partition: _, fields: _ } => {}
        CopySource::Select(select) => self::select(select, visitor)?,
    }
    visitor.value(file)?;
    self::params(params, visitor)
}

fn update(update: &mut Update, visitor: &mut dyn ValueVisitor) -> Result<()> {
    let Update { table: _, partition: _, assignments, filter, few } = update;
    for (field, assigned) in assignments {
        visitor.under(&field.value);
        match assigned {
            Assigned::Value(value) => visitor.value(value)?,
            Assigned::Expr(expr) => self::expr(expr, visitor)?,
        }
    }
    visitor.under("");
    self::filter(filter, visitor)?;
    self::few(few, visitor)
}

fn few(few: &mut Few, visitor: &mut dyn ValueVisitor) -> Result<()> {
    let Few { order, limit } = few;
    order.iter_mut().try_for_each(|order| self::order(order, visitor))?;
    limit.iter_mut().try_for_each(|value| visitor.value(value))
}

fn order(order: &mut Order, visitor: &mut dyn ValueVisitor) -> Result<()> {
    match order {
        Order::Search { search, direction: _, then } => {
            self::search(search, visitor)?;
            then.iter_mut().try_for_each(|key| output(&mut key.output, visitor))
        }
        Order::By(keys) => keys.iter_mut().try_for_each(|key| output(&mut key.output, visitor)),
    }
}

fn select(select: &mut Select, visitor: &mut dyn ValueVisitor) -> Result<()> {
    let Select {
        distinct: _,
        items,
        table: _,
        alias: _,
        partitions: _,
        filter,
        order,
        group,
        having,
        hybrid,
        rerank,
        limit,
        offset,
        params,
        consistency: _,
    } = select;
    self::items(items, visitor)?;
    self::filter(filter, visitor)?;
    group.iter_mut().try_for_each(|key| output(key, visitor))?;
    having.iter_mut().try_for_each(|condition| expr(condition, visitor))?;
    order.iter_mut().try_for_each(|order| self::order(order, visitor))?;
    hybrid.iter_mut().try_for_each(|sub_search| self::sub_search(sub_search, visitor))?;
    if let Some(Rerank { method: _, params }) = rerank {
        self::params(params, visitor)?;
    }
    limit.iter_mut().chain(offset).try_for_each(|value| visitor.value(value))?;
    self::params(params, visitor)
}

fn plot(plot: &mut Plot, visitor: &mut dyn ValueVisitor) -> Result<()> {
    let PlotVectors { table: _, field: _, color, label, filter, limit, near } = match plot {
        Plot::Vectors(vectors) => &mut **vectors,
        Plot::Select { select, mark: _ } => return self::select(select, visitor),
    };
    color.iter_mut().chain(label).try_for_each(|of| output(of, visitor))?;
    self::filter(filter, visitor)?;
    limit.iter_mut().try_for_each(|value| visitor.value(value))?;
    let Some(Near { queries, are_stored, limit }) = near else { return Ok(()) };
    match are_stored {
        true => visitor.several(queries)?,
        false => visitor.vectors(queries)?,
    }
    limit.iter_mut().try_for_each(|value| visitor.value(value))
}

fn items(items: &mut Items, visitor: &mut dyn ValueVisitor) -> Result<()> {
    match items {
        Items::All => Ok(()),
        Items::Listed(items) => {
            items.iter_mut().try_for_each(|item| output(&mut item.output, visitor))
        }
    }
}

pub(crate) fn output(of: &mut Output, visitor: &mut dyn ValueVisitor) -> Result<()> {
    match of {
        Output::Computed(of) => expr(of, visitor),
        Output::Aggregate { function: _, distinct: _, argument: Some(of) } => output(of, visitor),
        Output::Aggregate { function: _, distinct: _, argument: None }
        | Output::Every { except: _ }
        | Output::Field { name: _, path: _ } => Ok(()),
    }
}

fn sub_search(sub_search: &mut SubSearch, visitor: &mut dyn ValueVisitor) -> Result<()> {
    let SubSearch { search, filter, weight, limit, params } = sub_search;
    self::search(search, visitor)?;
    self::filter(filter, visitor)?;
    weight.iter_mut().chain(limit).try_for_each(|value| visitor.value(value))?;
    self::params(params, visitor)
}

fn search(search: &mut Search, visitor: &mut dyn ValueVisitor) -> Result<()> {
    let Search { field: _, target } = search;
    match target {
        Target::Vectors { operator: _, vectors } => visitor.vectors(vectors),
        Target::Stored { operator: _, ids } => visitor.several(ids),
        Target::Text(text) => visitor.value(text),
    }
}

fn filter(filter: &mut Option<Filter>, visitor: &mut dyn ValueVisitor) -> Result<()> {
    match filter {
        Some(Filter::Expr(expr)) => self::expr(expr, visitor),
        Some(Filter::Raw(text)) => visitor.text(text),
        None => Ok(()),
    }
}

fn expr(expr: &mut Expr, visitor: &mut dyn ValueVisitor) -> Result<()> {
    let Expr { kind, span } = expr;
    match kind {
        ExprKind::Literal(_) => visitor.literal(expr),
        ExprKind::Chain { first, rest } | ExprKind::Compare { first, rest } => {
            self::expr(first, visitor)?;
            rest.iter_mut().try_for_each(|(_, expr)| self::expr(expr, visitor))
        }
        ExprKind::Range { search, bounds } => {
            self::search(search, visitor)?;
            bounds.iter_mut().try_for_each(|(_, expr)| self::expr(expr, visitor))
        }
        ExprKind::In { left, negated: _, list } => {
            self::expr(left, visitor)?;
            visitor.in_list(list)?;
            list.iter_mut().try_for_each(|expr| self::expr(expr, visitor))
        }
        ExprKind::Between { left, negated: _, low, high } => {
            [left, low, high].into_iter().try_for_each(|expr| self::expr(expr, visitor))
        }
        ExprKind::Like { left, negated: _, how: _, pattern } => {
            self::expr(left, visitor)?;
            visitor.text(pattern)
        }
        ExprKind::Not(expr)
        | ExprKind::IsNull { left: expr, negated: _ }
        | ExprKind::IsTruth { left: expr, negated: _, truth: _ }
        | ExprKind::Arrow { of: expr, step: _, as_text: _ } => self::expr(expr, visitor),
        ExprKind::Cast { of, to: TypeName { name: _, size } } => {
            self::expr(of, visitor)?;
            size.iter_mut().try_for_each(|size| visitor.value(size))
        }
        ExprKind::Case { operand, whens, otherwise } => {
            operand.iter_mut().try_for_each(|expr| self::expr(expr, visitor))?;
            for (when, then) in whens {
                self::expr(when, visitor)?;
                self::expr(then, visitor)?;
            }
            otherwise.iter_mut().try_for_each(|expr| self::expr(expr, visitor))
        }
        ExprKind::Aggregate(aggregate) => output(aggregate, visitor),
        ExprKind::Distance(search) => self::search(search, visitor),
        ExprKind::Call { name, args } => {
            visitor.arguments(&name.value, false);
            args.iter_mut().try_for_each(|expr| self::expr(expr, visitor))?;
            visitor.arguments(&name.value, true);
            Ok(())
        }
        ExprKind::List(exprs) => exprs.iter_mut().try_for_each(|expr| self::expr(expr, visitor)),
        ExprKind::Quoted(_) => {
            visitor.quoted(*span);
            Ok(())
        }
        ExprKind::Field { name, path: _ } => {
            visitor.quoted(name.span);
            Ok(())
        }
    }
}

fn values(values: &mut [Spanned<Value>], visitor: &mut dyn ValueVisitor) -> Result<()> {
    values.iter_mut().try_for_each(|value| visitor.value(value))
}

fn params(params: &mut [Param], visitor: &mut dyn ValueVisitor) -> Result<()> {
    for Param { name, values } in params {
        visitor.under(&name.value);
        self::values(values, visitor)?;
    }
    visitor.under("");
    Ok(())
}

/// The original takes several values for one name: `partition_tags = 'a', 'b'`.
fn original_params(params: &mut [Param], visitor: &mut dyn ValueVisitor) -> Result<()> {
    for Param { name, values } in params {
        visitor.under(&name.value);
        visitor.several(values)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::parse::parse;

    /// Counts the variables at the places it is led to.
    struct Counting(usize);

    impl ValueVisitor for Counting {
        fn value(&mut self, value: &mut Spanned<Value>) -> Result<()> {
            self.0 += usize::from(matches!(value.value, Value::Variable(_)));
            nested(&mut value.value, self)
        }

        fn text(&mut self, value: &mut Spanned<Value>) -> Result<()> {
            self.value(value)
        }

        fn secret(&mut self, value: &mut Spanned<Value>) -> Result<()> {
            self.value(value)
        }

        fn several(&mut self, values: &mut Vec<Spanned<Value>>) -> Result<()> {
            super::values(values, self)
        }

        fn vectors(&mut self, values: &mut Vec<Spanned<Value>>) -> Result<()> {
            super::values(values, self)
        }

        fn literal(&mut self, expr: &mut Expr) -> Result<()> {
            if let ExprKind::Literal(value) = &mut expr.kind {
                self.0 += usize::from(matches!(value, Value::Variable(_)));
                nested(value, self)?;
            }
            Ok(())
        }

        fn in_list(&mut self, _: &mut Vec<Expr>) -> Result<()> {
            Ok(())
        }
    }

    /// Every place where the grammar takes `:name`.
    #[test]
    fn leads_to_every_place() {
        for cell in [
            "CONNECT 'h' USER :x PASSWORD :x DATABASE :x AS :x",
            "CONNECT 'h' TOKEN :x",
            "SET precision = :x",
            "SET @y = [:x, {'a': :x, 'b': [1, :x]}]",
            "SHOW COMPACTION :x",
            "EXPLAIN SHOW IMPORT :x",
            "CREATE TABLE t (a ARRAY<VARCHAR(:x)>(:x) DEFAULT :x WITH (b = :x), v VECTOR(:x), \
             INDEX (v) WITH (m = :x)) WITH (shards = :x)",
            "CREATE INDEX i ON t (v) WITH (m = :x)",
            "ALTER TABLE t ADD FIELD a ARRAY<VARCHAR(:x)>(:x)",
            "ALTER TABLE t ALTER FIELD a SET (max_length = :x)",
            "ALTER TABLE t SET PROPERTIES (ttl = :x)",
            "ALTER INDEX i ON t SET (mmap = :x)",
            "CREATE USER u PASSWORD :x",
            "CREATE DATABASE d WITH (a = :x)",
            "ALTER USER u PASSWORD :x OLD :x",
            "ALTER DATABASE d SET PROPERTIES (a = :x)",
            "LOAD TABLE t WITH (replicas = :x)",
            "COMPACT t WITH (a = :x)",
            "IMPORT FROM :x, :x INTO TABLE t WITH (a = :x)",
            "COPY t FROM :x FROM ROW :x WITH (null = :x)",
            "COPY (SELECT a FROM t WHERE a = :x) TO :x WITH (header = :x)",
            "CREATE TABLE t FROM :x WITH (key = :x) DRY RUN",
            "TRANSFER :x NODES FROM a TO b",
            "TRANSFER :x REPLICAS OF t FROM a TO b",
            "RUN ANALYZER :x WITH (a = :x)",
            "INSERT INTO t VALUES (:x, [:x, 1], {1: :x}), (2, 3, :x)",
            "UPDATE t SET a = :x, b = b + :x WHERE c = :x",
            "DELETE FROM t WHERE a > :x ORDER BY v <-> :x LIMIT :x",
            "UPDATE t SET a = 1 ORDER BY b + :x LIMIT :x",
            "UPSERT INTO t (a) SELECT a FROM u WHERE a > :x",
            "CREATE TABLE t AS SELECT a FROM u WHERE a > :x LIMIT :x",
            "DELETE FROM t FILTER :x",
            "COUNT FROM t WHERE a > :x",
            "SELECT a FROM t WHERE a = :x AND NOT (b < :x OR c + :x > 2) LIMIT :x OFFSET :x",
            "SELECT a FROM t WHERE a IN :x AND b IN (:x, 2) AND c IN [:x, 1] AND d LIKE :x",
            "SELECT a FROM t WHERE a BETWEEN :x AND :x AND (b = :x) IS NULL AND f(:x, [{'a': :x}])",
            "SELECT a FROM t WHERE MATCH(a) AGAINST(:x) AND v <-> :x < :x AND w <-> ID(:x) > 1",
            "SELECT a FROM t ORDER BY v <-> :x LIMIT 1 SEARCH PARAMS (ef = :x)",
            "SELECT a FROM t ORDER BY v <-> [:x, :x] LIMIT 1",
            "SELECT a FROM t ORDER BY v <-> {1: :x} LIMIT 1",
            "SELECT a FROM t ORDER BY v <-> ID(:x, :x) LIMIT 1",
            "SELECT a FROM t ORDER BY BM25_SCORE(a, :x) LIMIT 1",
            "SELECT a FROM t ORDER BY MATCH(a) AGAINST(:x) LIMIT 1",
            "SELECT a FROM t HYBRID SEARCH (v <-> :x WEIGHT :x LIMIT :x WHERE a = :x \
             SEARCH PARAMS (ef = :x), BM25_SCORE(a, :x) FILTER :x) RERANK RRF (k = :x)",
            "PLOT t.v COLOR BY a + :x LABEL concat(b, :x) WHERE c > :x LIMIT :x NEAR :x LIMIT :x",
            "PLOT t.v NEAR ID(:x, :x)",
            "PLOT AS BAR SELECT a FROM t WHERE b = :x LIMIT :x",
            "SELECT a, (SELECT b FROM u LIMIT :x) FROM t WHERE a IN (SELECT b FROM u WHERE c = :x)",
            "SELECT a FROM t WHERE EXISTS (SELECT b FROM u WHERE c = :x) ORDER BY v <-> (SELECT v \
             FROM t WHERE id = :x) LIMIT 1",
            "INSERT INTO t VALUES ((SELECT a FROM t WHERE id = :x), :x)",
            "create table t where dimension = :x",
            "create index t where nlist = :x",
            "insert :x, [1, 2] from t by id = :x, :x",
            "select :x from t where top_k = :x and partition_tags = :x, :x",
            "select t by id = :x",
            "delete t by id = :x",
        ] {
            let mut counting = Counting(0);
            let mut statements = parse(cell).unwrap_or_else(|error| panic!("{cell}: {error:?}"));
            super::statement(&mut statements[0], &mut counting).unwrap();
            assert_eq!(counting.0, cell.matches(":x").count(), "{cell}");
        }
    }
}
