//! Statements that read and write rows: SELECT with its clauses, INSERT, UPDATE, DELETE.

use milvus_kernel_grammar::Rule;
use pest::iterators::Pair;

use super::builder::*;
use super::filters::{Place, is_double};
use crate::diagnostic::{Code, Diagnostic, Result, Spanned};
use crate::language::ast::*;

/// A consistency level among the parameters of a search is the clause.
fn level_of(select: &mut Select) -> Result<()> {
    let is_level = |param: &Param| param.name.value.eq_ignore_ascii_case("consistency_level");
    let Some(at) = select.params.iter().position(is_level) else { return Ok(()) };
    if let Some([Spanned { value: Value::Text(level), span }]) =
        select.params.get(at).map(|param| param.values.as_slice())
    {
        let level = Spanned::new(level.clone(), *span);
        let span = level.span;
        once(&mut select.consistency, level, "CONSISTENCY LEVEL", span)?;
        select.params.remove(at);
    }
    Ok(())
}

/// Which rows a DELETE, an UPDATE or a COUNT is about.
struct Conditions {
    partition: Option<Name>,
    filter: Option<Filter>,
    few: Few,
}

impl<'a> Builder<'a> {
    pub(super) fn data_statement(
        &self,
        opening: Rule,
        rule: Rule,
        mut parts: Parts<'a>,
    ) -> Result<Kind> {
        use Rule as R;
        Ok(match rule {
            R::write => {
                let replaces = parts.has(Rule::or_replace) || opening == R::replace_statement;
                self.write(replaces || opening == R::upsert_statement, parts)?
            }
            R::update => self.update(parts)?,
            R::delete => {
                let table = self.table(&mut parts)?;
                let alias = self.change_alias(&mut parts)?;
                let conditions = self.conditions(&table, alias.as_ref(), parts)?;
                let Conditions { partition, filter, few } = conditions;
                Kind::Delete { table, partition, filter, few: Box::new(few) }
            }
            R::select => Kind::Select(self.select(parts)?),
            R::count_from => {
                let span = parts.span;
                let table = self.table(&mut parts)?;
                let conditions = self.conditions(&table, None, parts)?;
                let Conditions { partition, filter, few: _ } = conditions;
                let count = Output::Aggregate {
                    function: Spanned::new(Function::Count, span),
                    distinct: false,
                    argument: None,
                };
                let items = Items::Listed(vec![Item { output: count, alias: None }]);
                Kind::Select(Box::new(Select {
                    partitions: partition.into_iter().collect(),
                    filter,
                    ..Select::new(items, table)
                }))
            }
            R::constants => match self.items(parts.next()?)? {
                items if is_version(&items) => Kind::Show { what: Listing::Version, like: None },
                items => Kind::Constants(items),
            },
            R::original_insert => self.original_insert(parts)?,
            R::original_delete => Kind::OriginalDelete {
                table: self.name(parts.next()?)?,
                ids: self.ids(parts.next()?)?,
            },
            R::original_get => Kind::OriginalGet {
                table: self.name(parts.next()?)?,
                ids: self.ids(parts.next()?)?,
            },
            R::original_search => {
                let vectors = self.original_vectors(parts.next()?)?;
                let table = self.table(&mut parts)?;
                let params = parts
                    .take(R::original_where)
                    .map(|pair| self.original_where(pair))
                    .transpose()?
                    .unwrap_or_default();
                Kind::OriginalSearch { vectors, table, params }
            }
            _ => return Err(internal(parts.span)),
        })
    }

    fn write(&self, upsert: bool, mut parts: Parts<'a>) -> Result<Kind> {
        let table = self.table(&mut parts)?;
        let partition =
            parts.take(Rule::partitions).map(|pair| self.one_partition(pair)).transpose()?;
        let mut fields = parts.take(Rule::fields).map(|pair| self.names(pair)).transpose()?;
        parts.skip(&[Rule::VALUES, Rule::SELECT]);
        let source = match parts.peek() {
            Some(Rule::select) => Some(self.select(self.parts(parts.next()?))?),
            Some(Rule::subquery) => Some(self.subquery(parts.next()?)?),
            _ => None,
        };
        if let Some(source) = source {
            let write = WriteFrom { upsert, table, partition, fields, source: *source };
            return Ok(Kind::WriteFrom(Box::new(write)));
        }
        let mut rows = Vec::new();
        if parts.skip(&[Rule::VALUES]).has(Rule::SET) {
            let (mut names, mut values) = (Vec::new(), Vec::new());
            while let Some(pair) = parts.take(Rule::write_set) {
                let mut parts = self.parts(pair);
                names.push(self.name(parts.next()?)?);
                values.push(self.row_value(parts.next()?)?);
            }
            fields = Some(names);
            rows.push(Row { values, span: parts.span });
        } else {
            while let Some(row) = parts.take(Rule::row) {
                let span = self.span(&row);
                let values = row.into_inner().map(|value| self.row_value(value));
                rows.push(Row { values: values.collect::<Result<Vec<_>>>()?, span });
            }
        }
        let returning = match parts.take(Rule::returning) {
            Some(pair) => {
                let mut names = self.parts(pair);
                let names = names.skip(&[Rule::returning_word]).pairs.by_ref();
                names.map(|pair| self.name(pair)).collect::<Result<Vec<_>>>()?
            }
            None => Vec::new(),
        };
        Ok(Kind::Write(Write { returning, upsert, table, partition, fields, rows }))
    }

    /// A value, or what is computed from values.
    fn row_value(&self, pair: Pair<'a, Rule>) -> Result<Spanned<Value>> {
        if pair.as_rule() == Rule::value {
            return self.value(pair);
        }
        let expr = self.expr(self.parts(pair).next()?, Place::Value)?;
        let span = expr.span;
        Ok(match expr.kind {
            ExprKind::Literal(value) => Spanned::new(value, span),
            ExprKind::Quoted(text) => Spanned::new(Value::Text(text), span),
            kind => Spanned::new(Value::Computed(Box::new(Expr { kind, span })), span),
        })
    }

    fn update(&self, mut parts: Parts<'a>) -> Result<Kind> {
        let table = self.table(&mut parts)?;
        let alias = self.change_alias(&mut parts)?;
        let mut partition =
            parts.take(Rule::partitions).map(|pair| self.one_partition(pair)).transpose()?;
        parts.skip(&[Rule::SET]);
        self.few(&parts)?;
        let mut assignments = Vec::new();
        while let Some(pair) = parts.take(Rule::assignment) {
            let mut parts = self.parts(pair);
            if let Some(qualifier) = parts.take(Rule::qualifier) {
                self.qualifier(qualifier)?;
            }
            let field = self.name(parts.next()?)?;
            let value = parts.next()?;
            let span = self.span(&value);
            let assigned = match value.as_rule() {
                Rule::assigned if is_double(&value) => {
                    let kind = ExprKind::Quoted(unquote(value.as_str()));
                    Assigned::Expr(Expr { kind, span })
                }
                Rule::assigned => Assigned::Value(self.value(self.parts(value).next()?)?),
                _ => Assigned::Expr(self.expr(value, Place::Value)?),
            };
            assignments.push((field, assigned));
        }
        let conditions = self.conditions(&table, alias.as_ref(), parts)?;
        let Conditions { partition: other, filter, few } = conditions;
        if let Some(other) = other {
            let span = other.span;
            once(&mut partition, other, "PARTITION", span)?;
        }
        Ok(Kind::Update(Box::new(Update { table, partition, assignments, filter, few })))
    }

    /// What qualifies the fields of the table that is changed; it says nothing else.
    fn change_alias(&self, parts: &mut Parts<'a>) -> Result<Option<Name>> {
        let alias = parts.take(Rule::change_alias);
        alias.map(|pair| self.name(self.parts(pair).skip(&[Rule::AS]).next()?)).transpose()
    }

    /// PARTITION, WHERE and FILTER of a DELETE, an UPDATE or a COUNT; ORDER BY and LIMIT of the
    /// first two.
    fn conditions(
        &self,
        table: &Name,
        alias: Option<&Name>,
        parts: Parts<'a>,
    ) -> Result<Conditions> {
        let (mut partition, mut filter, mut few) = (None, None, Few::default());
        for clause in parts.pairs {
            let span = self.span(&clause);
            let clause = self.parts(clause).next()?;
            match clause.as_rule() {
                Rule::partitions => {
                    once(&mut partition, self.one_partition(clause)?, "PARTITION", span)?
                }
                Rule::order_clause => once(&mut few.order, self.order(clause)?, "ORDER BY", span)?,
                Rule::sub_limit => once(&mut few.limit, self.count(clause)?, "LIMIT", span)?,
                _ => once(&mut filter, self.filter(clause)?, "WHERE or FILTER", span)?,
            }
        }
        self.check_qualifiers(table, alias)?;
        Ok(Conditions { partition, filter, few })
    }

    pub(super) fn select(&self, parts: Parts<'a>) -> Result<Box<Select>> {
        let select = self.unchecked_select(parts)?;
        self.check_qualifiers(&select.table, select.alias.as_ref())?;
        Ok(select)
    }

    /// A SELECT whose fields may be of a table around it.
    pub(super) fn unchecked_select(&self, mut parts: Parts<'a>) -> Result<Box<Select>> {
        let distinct = parts.has(Rule::DISTINCT);
        let top = parts.take(Rule::top);
        let items = self.items(parts.next()?)?;
        let mut select = Select { distinct, ..Select::new(items, self.table(&mut parts)?) };
        if let Some(top) = top {
            let count = self.parts(top).skip(&[Rule::top_word]).next()?;
            let span = self.span(&count);
            select.limit = Some(Spanned::new(self.literal(count)?, span));
        }
        if let Some(alias) = parts.take(Rule::table_alias) {
            select.alias = Some(self.name(self.parts(alias).skip(&[Rule::AS]).next()?)?);
        }
        let (mut partitions, mut params, mut group, mut hybrid) = (None, None, None, None);
        for clause in parts.pairs {
            let span = self.span(&clause);
            let clause = self.parts(clause).next()?;
            let rule = clause.as_rule();
            match rule {
                Rule::partitions => once(&mut partitions, self.names(clause)?, "PARTITION", span)?,
                Rule::where_clause | Rule::raw_filter => {
                    once(&mut select.filter, self.filter(clause)?, "WHERE or FILTER", span)?
                }
                Rule::order_clause => {
                    once(&mut select.order, self.order(clause)?, "ORDER BY", span)?
                }
                Rule::group_clause => {
                    let mut parts = self.parts(clause);
                    let fields = parts
                        .skip(&[Rule::GROUP, Rule::BY])
                        .pairs
                        .by_ref()
                        .map(|pair| Ok(output(self.expr(pair, Place::Item)?)))
                        .collect::<Result<Vec<_>>>()?;
                    once(&mut group, fields, "GROUP BY", span)?;
                }
                Rule::hybrid => {
                    let mut parts = self.parts(clause);
                    let searches = parts
                        .skip(&[Rule::HYBRID, Rule::SEARCH])
                        .pairs
                        .by_ref()
                        .map(|pair| self.sub_search(pair))
                        .collect::<Result<Vec<_>>>()?;
                    once(&mut hybrid, searches, "HYBRID SEARCH", span)?;
                }
                Rule::rerank => {
                    let mut parts = self.parts(clause);
                    let method = self.name(parts.skip(&[Rule::RERANK]).next()?)?;
                    let params = parts
                        .take(Rule::params)
                        .map(|pair| self.params(pair))
                        .transpose()?
                        .unwrap_or_default();
                    once(&mut select.rerank, Rerank { method, params }, "RERANK", span)?;
                }
                Rule::having => {
                    let condition = self.parts(clause).skip(&[Rule::HAVING]).next()?;
                    once(&mut select.having, self.expr(condition, Place::Name)?, "HAVING", span)?
                }
                Rule::limit_clause => self.limit(clause, &mut select)?,
                Rule::fetch => {
                    let mut parts = self.parts(clause);
                    let count = parts
                        .skip(&[Rule::FETCH, Rule::FIRST, Rule::NEXT])
                        .take(Rule::value)
                        .map_or(Ok(Spanned::new(Value::Int(1), span)), |pair| self.value(pair))?;
                    once(&mut select.limit, count, "LIMIT", span)?
                }
                Rule::offset_clause => {
                    once(&mut select.offset, self.count(clause)?, "OFFSET", span)?
                }
                Rule::search_params => {
                    once(&mut params, self.search_params(clause)?, "SEARCH PARAMS", span)?
                }
                Rule::column_params => {
                    let written = self.with(&mut self.parts(clause))?;
                    once(&mut params, written, "SEARCH PARAMS", span)?
                }
                _ => {
                    let name = self.parts(clause).skip(&[Rule::CONSISTENCY, Rule::LEVEL]).next()?;
                    once(&mut select.consistency, self.name(name)?, "CONSISTENCY LEVEL", span)?;
                }
            }
        }
        select.partitions = partitions.unwrap_or_default();
        select.params = params.unwrap_or_default();
        level_of(&mut select)?;
        select.group = group.unwrap_or_default();
        select.hybrid = hybrid.unwrap_or_default();
        Ok(Box::new(select))
    }

    fn search_params(&self, clause: Pair<'a, Rule>) -> Result<Vec<Param>> {
        self.params(self.parts(clause).skip(&[Rule::SEARCH, Rule::PARAMS]).next()?)
    }

    /// `LIMIT ALL`, `LIMIT 10`, and MySQL's `LIMIT 5, 10`, which begins with the offset.
    fn limit(&self, clause: Pair<'a, Rule>, select: &mut Select) -> Result<()> {
        let span = self.span(&clause);
        let mut parts = self.parts(clause);
        if parts.skip(&[Rule::LIMIT]).has(Rule::ALL) {
            return Ok(());
        }
        let mut count = self.value(parts.next()?)?;
        if let Some(pair) = parts.take(Rule::value) {
            let offset = std::mem::replace(&mut count, self.value(pair)?);
            once(&mut select.offset, offset, "OFFSET", span)?;
        }
        once(&mut select.limit, count, "LIMIT", span)
    }

    fn items(&self, pair: Pair<'a, Rule>) -> Result<Items> {
        let mut items = Vec::new();
        for item in self.bounded(pair)?.into_inner() {
            let mut parts = self.parts(item);
            let first = parts.next()?;
            let output = match first.as_rule() {
                Rule::every => self.every(first)?,
                _ => output(self.expr(first, Place::Item)?),
            };
            let alias = parts.take(Rule::item_alias);
            let alias = alias.map(|pair| self.name(self.parts(pair).skip(&[Rule::AS]).next()?));
            items.push(Item { output, alias: alias.transpose()? });
        }
        let is_all =
            |item: &Item| matches!(&item.output, Output::Every { except } if except.is_empty());
        match items.as_slice() {
            [one] if is_all(one) => Ok(Items::All),
            _ => Ok(Items::Listed(items)),
        }
    }

    fn every(&self, pair: Pair<'a, Rule>) -> Result<Output> {
        let mut parts = self.parts(pair);
        if let Some(qualifier) = parts.take(Rule::qualifier) {
            self.qualifier(qualifier)?;
        }
        let except = parts.skip(&[Rule::EXCLUDE]).take(Rule::fields);
        let except = except.map(|pair| self.names(pair)).transpose()?.unwrap_or_default();
        Ok(Output::Every { except })
    }

    pub(super) fn aggregate(&self, mut parts: Parts<'a>) -> Result<Output> {
        let word = parts.next()?;
        let name = word.as_str().trim_end();
        let function = Function::ALL
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, function)| *function);
        let function =
            Spanned::new(function.ok_or_else(|| internal(parts.span))?, self.span(&word));
        let distinct = parts.has(Rule::DISTINCT);
        let argument = match parts.take(Rule::expr) {
            Some(pair) => Some(self.expr(pair, Place::Item)?),
            None => None,
        };
        if argument.is_none() && function.value != Function::Count {
            return Err(Diagnostic::new(
                Code::SyntaxError,
                format!("{}(*) has no meaning", function.value.word()),
            )
            .at(parts.span)
            .help("name a field"));
        }
        // every row has a constant
        let is_row = |expr: &Expr| {
            let ExprKind::Literal(value) = &expr.kind else { return false };
            function.value == Function::Count && !distinct && *value != Value::Null
        };
        let mut argument = argument.filter(|expr| !is_row(expr));
        if let Some(pair) = parts.take(Rule::only_where) {
            let span = self.span(&pair);
            let condition = self.parts(pair).skip(&[Rule::FILTER, Rule::WHERE]).next()?;
            let condition = self.expr(condition, Place::Name)?;
            let one = Expr { kind: ExprKind::Literal(Value::Int(1)), span };
            let whens = vec![(condition, argument.unwrap_or(one))];
            let kind = ExprKind::Case { operand: None, whens, otherwise: None };
            argument = Some(Expr { kind, span });
        }
        Ok(Output::Aggregate { function, distinct, argument: argument.map(output).map(Box::new) })
    }

    fn order(&self, pair: Pair<'a, Rule>) -> Result<Order> {
        let mut parts = self.parts(pair);
        parts.skip(&[Rule::ORDER, Rule::BY]);
        if let Some(search) = parts.take(Rule::search) {
            return Ok(Order::Search {
                search: self.search(search)?,
                direction: self.direction(&mut parts),
                then: self.order_keys(parts.pairs)?,
            });
        }
        let written: Vec<_> = parts.pairs.collect();
        if let [only] = written.as_slice()
            && let Some(search) = self.nearest(only)?
        {
            return Ok(Order::Search { search, direction: None, then: Vec::new() });
        }
        Ok(Order::By(self.order_keys(written.into_iter())?))
    }

    fn order_keys(&self, written: impl Iterator<Item = Pair<'a, Rule>>) -> Result<Vec<OrderKey>> {
        let mut keys = Vec::new();
        for key in written {
            let mut parts = self.parts(key);
            let output = output(self.expr(parts.next()?, Place::Item)?);
            let direction = self.direction(&mut parts);
            let direction = direction.map_or(Direction::Ascending, |direction| direction.value);
            let is_told = parts.has(Rule::NULLS);
            let nulls_first = is_told.then(|| parts.has(Rule::FIRST));
            keys.push(OrderKey { output, direction, nulls_first });
        }
        Ok(keys)
    }

    fn direction(&self, parts: &mut Parts<'a>) -> Option<Spanned<Direction>> {
        let (pair, direction) = match parts.take(Rule::DESC) {
            Some(pair) => (pair, Direction::Descending),
            None => (parts.take(Rule::ASC)?, Direction::Ascending),
        };
        Some(Spanned::new(direction, self.span(&pair)))
    }

    fn search(&self, pair: Pair<'a, Rule>) -> Result<Search> {
        let mut parts = self.parts(pair);
        if let Some(vector) = parts.take(Rule::vector) {
            let operator = parts.next()?;
            let field = self.name(parts.next()?)?;
            return self.vectors(field, operator, vector);
        }
        let Some(bm25) = parts.take(Rule::bm25) else {
            let field = self.name(parts.next()?)?;
            return self.vector_search(field, &mut parts);
        };
        let mut parts = self.parts(bm25);
        if let Some(pair) = parts.take(Rule::match_against) {
            let (field, text) = self.match_against(self.parts(pair))?;
            return Ok(Search { field, target: Target::Text(text) });
        }
        let field = self.name(parts.skip(&[Rule::BM25_SCORE]).next()?)?;
        Ok(Search { field, target: Target::Text(self.value(parts.next()?)?) })
    }

    pub(super) fn match_against(&self, mut parts: Parts<'a>) -> Result<(Name, Spanned<Value>)> {
        let field = self.name(parts.skip(&[Rule::MATCH]).next()?)?;
        Ok((field, self.value(parts.skip(&[Rule::AGAINST]).next()?)?))
    }

    /// `field <-> vectors` or `field <-> ID(5)`
    pub(super) fn vector_search(&self, field: Name, parts: &mut Parts<'a>) -> Result<Search> {
        let symbol = parts.next()?;
        let target = parts.next()?;
        if target.as_rule() == Rule::stored {
            let operator = self.operator(&symbol);
            let ids = self.stored(target)?;
            return Ok(Search { field, target: Target::Stored { operator, ids } });
        }
        self.vectors(field, symbol, target)
    }

    /// `ID(5, 6)`
    pub(super) fn stored(&self, pair: Pair<'a, Rule>) -> Result<Vec<Spanned<Value>>> {
        self.parts(pair).skip(&[Rule::ID]).pairs.by_ref().map(|pair| self.value(pair)).collect()
    }

    fn operator(&self, symbol: &Pair<'a, Rule>) -> Spanned<Operator> {
        let written = symbol.as_str().trim_end();
        let operator = Operator::ALL
            .into_iter()
            .find(|operator| operator.symbol() == written)
            .unwrap_or(Operator::Hamming);
        Spanned::new(operator, self.span(symbol))
    }

    fn vectors(
        &self,
        field: Name,
        symbol: Pair<'a, Rule>,
        vector: Pair<'a, Rule>,
    ) -> Result<Search> {
        let operator = self.operator(&symbol);
        let vectors = self.query_vectors(vector)?;
        Ok(Search { field, target: Target::Vectors { operator, vectors } })
    }

    /// One query vector or several.
    pub(super) fn query_vectors(&self, vector: Pair<'a, Rule>) -> Result<Vec<Spanned<Value>>> {
        let vector = self.bare_value(self.parts(vector).next()?)?;
        // numbers and variables are one vector until it is known what the variables hold
        let of_one = |item: &Spanned<Value>| {
            matches!(item.value, Value::Int(_) | Value::Float(_) | Value::Variable(_))
        };
        Ok(match vector.value {
            Value::List(items) if !items.iter().all(of_one) => items,
            _ => vec![vector],
        })
    }

    fn sub_search(&self, pair: Pair<'a, Rule>) -> Result<SubSearch> {
        let mut parts = self.parts(pair);
        let mut sub_search = SubSearch {
            search: self.search(parts.next()?)?,
            filter: None,
            weight: None,
            limit: None,
            params: Vec::new(),
        };
        let mut params = None;
        for clause in parts.pairs {
            let span = self.span(&clause);
            let clause = self.parts(clause).next()?;
            match clause.as_rule() {
                Rule::where_clause | Rule::raw_filter => {
                    once(&mut sub_search.filter, self.filter(clause)?, "WHERE or FILTER", span)?
                }
                Rule::sub_limit => once(&mut sub_search.limit, self.count(clause)?, "LIMIT", span)?,
                Rule::weight => once(
                    &mut sub_search.weight,
                    self.value(self.parts(clause).skip(&[Rule::WEIGHT]).next()?)?,
                    "WEIGHT",
                    span,
                )?,
                _ => once(&mut params, self.search_params(clause)?, "SEARCH PARAMS", span)?,
            }
        }
        sub_search.params = params.unwrap_or_default();
        Ok(sub_search)
    }

    /// The value of a LIMIT or OFFSET; that it is a number is checked when variables are put in.
    pub(super) fn count(&self, clause: Pair<'a, Rule>) -> Result<Spanned<Value>> {
        self.value(self.parts(clause).skip(&[Rule::LIMIT, Rule::OFFSET]).next()?)
    }
}

/// `SELECT version()`
fn is_version(items: &Items) -> bool {
    let Items::Listed(items) = items else { return false };
    let [Item { output: Output::Computed(expr), .. }] = items.as_slice() else { return false };
    let ExprKind::Call { name, args } = &expr.kind else { return false };
    name.value == "version" && args.is_empty()
}

/// An expression as a column: a field and an aggregate are what they were.
pub(super) fn output(expr: Expr) -> Output {
    match expr.kind {
        ExprKind::Field { name, path } => Output::Field { name, path },
        ExprKind::Aggregate(aggregate) => *aggregate,
        kind => Output::Computed(Box::new(Expr { kind, span: expr.span })),
    }
}
