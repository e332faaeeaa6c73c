//! The grammar's pairs become statements. In: a cell's text. Out: statements with spans, or a diagnostic that marks a place.
//! The only file that knows pest. A cell that has one error runs nothing.

use pest::Parser as _;
use pest::error::{ErrorVariant, InputLocation};
use pest::iterators::{Pair, Pairs};

use super::ast::*;
use super::complete::OPENING;
use super::numbers::{Scanned, scan};
use crate::diagnostic::{Diagnostic, Span, Spanned, closest};

mod grammar {
    #[derive(pest_derive::Parser)]
    #[grammar = "language/grammar.pest"]
    pub struct Grammar;
}
use grammar::{Grammar, Rule};

/// Parses a whole cell.
pub fn parse(cell: &str) -> Result<Vec<Statement>, Diagnostic> {
    let scanned = scan(cell)?;
    let pairs = Grammar::parse(Rule::cell, &scanned.text).map_err(|error| syntax_error(cell, &scanned, error))?;
    let builder = Builder { scanned: &scanned };
    let mut statements = Vec::new();
    for pair in pairs.flat_map(Pair::into_inner) {
        if pair.as_rule() == Rule::statement {
            statements.push(builder.statement(pair)?);
        }
    }
    Ok(statements)
}

/// Whether Enter should run the text, for a console: "complete", "incomplete" (a bracket, string or comment is open) or "invalid".
pub fn completeness(cell: &str) -> &'static str {
    match parse(cell) {
        Ok(_) => "complete",
        Err(error) if error.message.ends_with("is not closed") => "incomplete",
        Err(error) => match error.span {
            Some(span) if cell.get(span.start..).is_none_or(|rest| rest.trim().is_empty()) => "incomplete",
            _ => "invalid",
        },
    }
}

type Result<T, E = Diagnostic> = std::result::Result<T, E>;

struct Builder<'a> {
    scanned: &'a Scanned<'a>,
}

/// The pieces of a rule, taken one after the other.
struct Parts<'a> {
    pairs: Pairs<'a, Rule>,
    span: Span,
}

impl<'a> Parts<'a> {
    fn next(&mut self) -> Result<Pair<'a, Rule>> {
        self.pairs.next().ok_or_else(|| internal(self.span))
    }

    /// Takes the next piece if it is of this rule.
    fn take(&mut self, rule: Rule) -> Option<Pair<'a, Rule>> {
        if self.pairs.peek()?.as_rule() == rule { self.pairs.next() } else { None }
    }

    /// Steps over keywords.
    fn skip(&mut self, rules: &[Rule]) -> &mut Self {
        while self.pairs.peek().is_some_and(|pair| rules.contains(&pair.as_rule())) {
            self.pairs.next();
        }
        self
    }
}

fn internal(span: Span) -> Diagnostic {
    Diagnostic::new("InternalError", "the grammar and its reader disagree here").at(span).help("please report this cell as a bug")
}

impl<'a> Builder<'a> {
    fn span(&self, pair: &Pair<'a, Rule>) -> Span {
        let start = pair.as_span().start();
        let end = start + pair.as_str().trim_end().len();
        Span::new(self.scanned.original(start), self.scanned.original(end.max(start)))
    }

    fn parts(&self, pair: Pair<'a, Rule>) -> Parts<'a> {
        Parts { span: self.span(&pair), pairs: pair.into_inner() }
    }

    fn statement(&self, pair: Pair<'a, Rule>) -> Result<Statement> {
        let span = self.span(&pair);
        let inner = self.parts(pair).next()?;
        Ok(Statement { kind: self.kind(inner)?, span })
    }

    fn kind(&self, pair: Pair<'a, Rule>) -> Result<Kind> {
        use Rule as R;
        let rule = pair.as_rule();
        let mut parts = self.parts(pair);
        // the keywords a statement may open with or go on with before its names
        parts.skip(&[
            R::SHOW,
            R::LIST,
            R::CREATE,
            R::DROP_WORD,
            R::DESCRIBE,
            R::STATS,
            R::LOAD,
            R::RELEASE,
            R::FLUSH,
            R::COMPACT,
            R::SELECT,
            R::COUNT,
            R::DELETE,
            R::USE,
            R::SET,
            R::EXPLAIN,
            R::CONNECT,
            R::HELP,
            R::DATABASE,
            R::TABLE,
            R::PARTITION,
            R::INDEX,
            R::FROM,
            R::TABLES,
            R::PARTITIONS,
            R::INDEXES,
            R::ON,
            R::IN,
        ]);
        Ok(match rule {
            R::explain => Kind::Explain(Box::new(self.statement(parts.next()?)?)),
            R::address_statement => {
                let address = parts.next()?;
                Kind::Connect(Box::new(Connect {
                    address: Spanned::new(address.as_str().to_string(), self.span(&address)),
                    user: None,
                    password: None,
                    token: None,
                    database: None,
                }))
            }
            R::connect => self.connect(parts)?,
            R::use_database => Kind::Use(self.name(parts.next()?)?),
            R::help => Kind::Help(parts.take(R::help_topic).map(|topic| Spanned::new(topic.as_str().trim().to_string(), self.span(&topic)))),
            R::set => {
                let name = self.name(parts.next()?)?;
                Kind::Set { name, value: self.setting(parts.next()?)? }
            }
            R::show_tables | R::list_tables => Kind::ShowTables,
            R::show_databases => Kind::ShowDatabases,
            R::show_partitions | R::list_partitions => Kind::ShowPartitions(self.name(parts.next()?)?),
            R::show_indexes => Kind::ShowIndexes(self.name(parts.next()?)?),
            R::show_version => Kind::ShowVersion,
            R::show_settings => Kind::ShowSettings,
            R::describe => Kind::Describe(self.name(parts.next()?)?),
            R::stats => Kind::Stats(self.name(parts.next()?)?),
            R::create_table => self.create_table(parts)?,
            R::original_create_table => Kind::OriginalCreateTable { table: self.name(parts.next()?)?, params: self.original_where(parts.next()?)? },
            R::drop_table => {
                let if_exists = parts.take(R::if_exists).is_some();
                Kind::DropTable { table: self.name(parts.next()?)?, if_exists }
            }
            R::original_create_partition | R::original_drop_partition => {
                let table = self.name(parts.next()?)?;
                let params = self.original_where(parts.next()?)?;
                let partition = partition_tag(&params)?
                    .ok_or_else(|| Diagnostic::new("MissingParameter", "no partition is named").at(parts.span).help("add `WHERE partition_tag='…'`"))?;
                if rule == R::original_create_partition { Kind::CreatePartition { table, partition } } else { Kind::DropPartition { table, partition } }
            }
            R::create_partition | R::drop_partition => {
                let partition = self.name(parts.next()?)?;
                let table = self.name(parts.skip(&[R::ON]).next()?)?;
                if rule == R::create_partition { Kind::CreatePartition { table, partition } } else { Kind::DropPartition { table, partition } }
            }
            R::create_index => self.create_index(parts)?,
            R::original_create_index => Kind::OriginalCreateIndex { table: self.name(parts.next()?)?, params: self.original_where(parts.next()?)? },
            R::original_drop_index => Kind::OriginalDropIndex(self.name(parts.next()?)?),
            R::load | R::release => {
                let table = self.name(parts.next()?)?;
                let partitions = parts.take(R::partitions).map(|pair| self.names(pair)).transpose()?.unwrap_or_default();
                if rule == R::load { Kind::Load { table, partitions } } else { Kind::Release { table, partitions } }
            }
            R::write => self.write(parts)?,
            R::delete => self.delete(parts)?,
            R::original_insert => self.original_insert(parts)?,
            R::original_delete => Kind::OriginalDelete { table: self.name(parts.next()?)?, ids: self.ids(parts.next()?)? },
            R::original_get => Kind::OriginalGet { table: self.name(parts.next()?)?, ids: self.ids(parts.next()?)? },
            R::original_search => {
                let vectors = self.original_vectors(parts.next()?)?;
                let table = self.name(parts.skip(&[R::FROM]).next()?)?;
                let params = parts.take(R::original_where).map(|pair| self.original_where(pair)).transpose()?.unwrap_or_default();
                Kind::OriginalSearch { vectors, table, params }
            }
            R::count_from => Kind::Select(Box::new(Select::new(Items::Count(parts.span), self.name(parts.next()?)?))),
            R::select => self.select(parts)?,
            R::flush => {
                let mut tables = Vec::new();
                for pair in parts.pairs {
                    tables.push(self.name(pair)?);
                }
                Kind::Flush(tables)
            }
            R::compact => Kind::Compact(self.name(parts.next()?)?),
            _ => return Err(internal(parts.span)),
        })
    }

    fn connect(&self, mut parts: Parts<'a>) -> Result<Kind> {
        let address = parts.next()?;
        let span = self.span(&address);
        let text = if address.as_rule() == Rule::string { unquote(address.as_str()) } else { address.as_str().to_string() };
        let mut connect = Connect { address: Spanned::new(text, span), user: None, password: None, token: None, database: None };
        for option in parts.pairs {
            let mut option = self.parts(option);
            let word = option.next()?;
            let value = self.text_or_name(option.next()?)?;
            let slot = match word.as_rule() {
                Rule::USER => &mut connect.user,
                Rule::PASSWORD => &mut connect.password,
                Rule::TOKEN => &mut connect.token,
                _ => &mut connect.database,
            };
            once(slot, value, word.as_str(), self.span(&word))?;
        }
        Ok(Kind::Connect(Box::new(connect)))
    }

    fn text_or_name(&self, pair: Pair<'a, Rule>) -> Result<Name> {
        let inner = self.parts(pair).next()?;
        match inner.as_rule() {
            Rule::string => Ok(Spanned::new(unquote(inner.as_str()), self.span(&inner))),
            _ => self.name(inner),
        }
    }

    fn create_table(&self, mut parts: Parts<'a>) -> Result<Kind> {
        let if_not_exists = parts.take(Rule::if_not_exists).is_some();
        let table = self.name(parts.next()?)?;
        let mut columns = Vec::new();
        while let Some(pair) = parts.take(Rule::column) {
            let mut parts = self.parts(pair);
            let name = self.parts(parts.next()?).next()?;
            let mut data_type = self.parts(parts.next()?);
            let type_name = data_type.next()?;
            let mut column = Column {
                name: self.name(name)?,
                data_type: Spanned::new(type_name.as_str().to_string(), self.span(&type_name)),
                size: data_type.pairs.next().map(|pair| self.value(pair)).transpose()?,
                primary_key: false,
                auto_increment: false,
                comment: None,
            };
            for option in parts.pairs {
                let mut option = self.parts(option);
                let option = option.next()?;
                match option.as_rule() {
                    Rule::primary_key => column.primary_key = true,
                    Rule::auto_increment => column.auto_increment = true,
                    Rule::comment => column.comment = self.parts(option).skip(&[Rule::COMMENT_WORD]).pairs.next().map(|text| unquote(text.as_str())),
                    _ => {} // NOT NULL is what Milvus does anyway
                }
            }
            columns.push(column);
        }
        let params = parts.skip(&[Rule::WITH]).take(Rule::params).map(|pair| self.params(pair)).transpose()?.unwrap_or_default();
        Ok(Kind::CreateTable(CreateTable { table, if_not_exists, columns, params }))
    }

    fn create_index(&self, mut parts: Parts<'a>) -> Result<Kind> {
        let mut names = Vec::new();
        while let Some(pair) = parts.skip(&[Rule::ON, Rule::TABLE]).take(Rule::name) {
            names.push(self.name(pair)?);
        }
        let table = names.pop().ok_or_else(|| internal(parts.span))?;
        let field = self.parts(parts.next()?).next()?;
        let field = self.name(field)?;
        let method = match parts.take(Rule::index_method) {
            Some(pair) => Some(self.name(self.parts(pair).skip(&[Rule::USING]).next()?)?),
            None => None,
        };
        let params = parts.skip(&[Rule::WITH]).take(Rule::params).map(|pair| self.params(pair)).transpose()?.unwrap_or_default();
        Ok(Kind::CreateIndex(CreateIndex { name: names.pop(), table, field, method, params }))
    }

    fn write(&self, mut parts: Parts<'a>) -> Result<Kind> {
        let upsert = parts.next()?.as_rule() == Rule::UPSERT;
        let table = self.name(parts.skip(&[Rule::INTO, Rule::TABLE]).next()?)?;
        let partition = parts.take(Rule::partitions).map(|pair| self.one_partition(pair)).transpose()?;
        let fields = parts.take(Rule::fields).map(|pair| self.names(pair)).transpose()?;
        parts.skip(&[Rule::VALUES]);
        let mut rows = Vec::new();
        for row in parts.pairs {
            let span = self.span(&row);
            let values = row.into_inner().map(|value| self.value(value)).collect::<Result<Vec<_>>>()?;
            rows.push(Row { values, span });
        }
        Ok(Kind::Write(Write { upsert, table, partition, fields, rows }))
    }

    fn delete(&self, mut parts: Parts<'a>) -> Result<Kind> {
        let table = self.name(parts.next()?)?;
        let (mut partition, mut filter) = (None, None);
        for clause in parts.pairs {
            let span = self.span(&clause);
            let clause = self.parts(clause).next()?;
            match clause.as_rule() {
                Rule::partitions => once(&mut partition, self.one_partition(clause)?, "PARTITION", span)?,
                _ => once(&mut filter, self.filter(clause)?, "WHERE or FILTER", span)?,
            }
        }
        Ok(Kind::Delete { table, partition, filter })
    }

    fn original_insert(&self, mut parts: Parts<'a>) -> Result<Kind> {
        let vectors = self.original_vectors(parts.skip(&[Rule::INSERT]).next()?)?;
        let table = self.name(parts.skip(&[Rule::FROM, Rule::INTO]).next()?)?;
        let (mut params, mut ids) = (Vec::new(), None);
        for pair in parts.pairs {
            match pair.as_rule() {
                Rule::original_param => params.push(self.original_param(pair)?),
                Rule::original_ids => ids = Some(self.ids(pair)?),
                _ => {}
            }
        }
        Ok(Kind::OriginalInsert { vectors, table, partition: partition_tag(&params)?, ids })
    }

    fn select(&self, mut parts: Parts<'a>) -> Result<Kind> {
        let items = self.items(parts.next()?)?;
        let mut select = Select::new(items, self.name(parts.skip(&[Rule::FROM]).next()?)?);
        let (mut partitions, mut params) = (None, None);
        for clause in parts.pairs {
            let span = self.span(&clause);
            let clause = self.parts(clause).next()?;
            let rule = clause.as_rule();
            match rule {
                Rule::partitions => once(&mut partitions, self.names(clause)?, "PARTITION", span)?,
                Rule::where_clause | Rule::raw_filter => once(&mut select.filter, self.filter(clause)?, "WHERE or FILTER", span)?,
                Rule::order_clause => once(&mut select.order, self.order(clause)?, "ORDER BY", span)?,
                Rule::limit_clause | Rule::offset_clause => {
                    let number = self.parts(clause).skip(&[Rule::LIMIT, Rule::OFFSET]).next()?;
                    let number = self.count(number)?;
                    let (slot, word) = if rule == Rule::limit_clause { (&mut select.limit, "LIMIT") } else { (&mut select.offset, "OFFSET") };
                    once(slot, number, word, span)?;
                }
                Rule::search_params => {
                    let pair = self.parts(clause).skip(&[Rule::SEARCH, Rule::PARAMS]).next()?;
                    once(&mut params, self.params(pair)?, "SEARCH PARAMS", span)?;
                }
                _ => {
                    let name = self.parts(clause).skip(&[Rule::CONSISTENCY, Rule::LEVEL]).next()?;
                    once(&mut select.consistency, self.name(name)?, "CONSISTENCY LEVEL", span)?;
                }
            }
        }
        select.partitions = partitions.unwrap_or_default();
        select.params = params.unwrap_or_default();
        Ok(Kind::Select(Box::new(select)))
    }

    fn items(&self, pair: Pair<'a, Rule>) -> Result<Items> {
        let mut fields = Vec::new();
        let mut count = None;
        for item in pair.into_inner() {
            if item.as_rule() == Rule::all {
                return Ok(Items::All);
            }
            let span = self.span(&item);
            let inner = self.parts(item).next()?;
            match inner.as_rule() {
                Rule::count => count = Some(span),
                _ => fields.push(self.name(inner)?),
            }
        }
        match count {
            Some(span) if fields.is_empty() => Ok(Items::Count(span)),
            Some(span) => Err(Diagnostic::new("NotSupported", "COUNT(*) stands alone or not at all").at(span).help("GROUP BY is not there yet")),
            None => Ok(Items::Fields(fields)),
        }
    }

    fn order(&self, pair: Pair<'a, Rule>) -> Result<Order> {
        let mut parts = self.parts(pair);
        let field = self.name(parts.skip(&[Rule::ORDER, Rule::BY]).next()?)?;
        let distance = parts.take(Rule::distance);
        let descending = parts.take(Rule::DESC).map(|pair| self.span(&pair));
        let Some(distance) = distance else { return Ok(Order::Field { field, descending: descending.is_some() }) };
        let mut distance = self.parts(distance);
        let operator = distance.next()?;
        let span = self.span(&operator);
        let operator = match self.parts(operator).next()?.as_rule() {
            Rule::l2 => Operator::L2,
            Rule::cosine => Operator::Cosine,
            Rule::inner_product => Operator::InnerProduct,
            Rule::hamming => Operator::Hamming,
            Rule::jaccard => Operator::Jaccard,
            _ => Operator::L1,
        };
        let vector = self.parts(distance.next()?).next()?;
        let vector = self.bare_value(vector)?;
        let vectors = match vector.value {
            Value::List(items) if items.iter().any(|item| !matches!(item.value, Value::Int(_) | Value::Float(_))) => items,
            _ => vec![vector],
        };
        Ok(Order::Distance { field, operator: Spanned::new(operator, span), vectors, descending })
    }

    fn filter(&self, pair: Pair<'a, Rule>) -> Result<Filter> {
        let rule = pair.as_rule();
        let mut parts = self.parts(pair);
        let inner = parts.skip(&[Rule::WHERE, Rule::FILTER]).next()?;
        if rule == Rule::raw_filter {
            return Ok(Filter::Raw(Spanned::new(unquote(inner.as_str()), self.span(&inner))));
        }
        Ok(Filter::Expr(self.expr(inner)?))
    }

    fn expr(&self, pair: Pair<'a, Rule>) -> Result<Expr> {
        let span = self.span(&pair);
        let rule = pair.as_rule();
        let mut parts = self.parts(pair);
        let kind = match rule {
            Rule::expr | Rule::conjunction | Rule::sum | Rule::product => {
                let first = self.expr(parts.next()?)?;
                let mut rest = Vec::new();
                while let Some(pair) = parts.pairs.next() {
                    match pair.as_rule() {
                        Rule::OR | Rule::AND => {}
                        Rule::sum_op | Rule::product_op => {
                            let operator = match pair.as_str() {
                                "+" => "+",
                                "-" => "-",
                                "*" => "*",
                                "/" => "/",
                                "%" => "%",
                                _ => "**",
                            };
                            rest.push((operator, self.expr(parts.next()?)?));
                        }
                        _ => rest.push((if rule == Rule::expr { "or" } else { "and" }, self.expr(pair)?)),
                    }
                }
                if rest.is_empty() {
                    return Ok(first);
                }
                ExprKind::Chain { first: Box::new(first), rest }
            }
            Rule::negation => {
                let mut negations = 0;
                let mut inner = parts.next()?;
                while matches!(inner.as_rule(), Rule::NOT | Rule::bang) {
                    negations += 1;
                    inner = parts.next()?;
                }
                let inner = self.expr(inner)?;
                if negations % 2 == 0 {
                    return Ok(inner);
                }
                ExprKind::Not(Box::new(inner))
            }
            Rule::predicate => return self.predicate(parts),
            Rule::atom | Rule::group => return self.expr(parts.next()?),
            Rule::literal => ExprKind::Literal(self.literal(parts.next()?)?),
            Rule::list => {
                let list = self.list(parts)?;
                return self.list_expr(Spanned::new(list, span));
            }
            Rule::call => {
                let function = parts.next()?;
                let name = Spanned::new(function.as_str().to_string(), self.span(&function));
                let args = parts.pairs.map(|pair| self.expr(pair)).collect::<Result<Vec<_>>>()?;
                ExprKind::Call { name, args }
            }
            Rule::field => {
                let name = parts.next()?;
                let quoted = name.as_str().starts_with('"');
                let path = parts.pairs.map(|pair| self.literal(pair)).collect::<Result<Vec<_>>>()?;
                ExprKind::Field { name: self.name(name)?, path, quoted }
            }
            _ => return Err(internal(span)),
        };
        Ok(Expr { kind, span })
    }

    fn predicate(&self, mut parts: Parts<'a>) -> Result<Expr> {
        let span = parts.span;
        let left = self.expr(parts.next()?)?;
        let mut comparisons = Vec::new();
        while let Some(pair) = parts.take(Rule::comparison) {
            let mut parts = self.parts(pair);
            let operator = match parts.next()?.as_str() {
                "=" | "==" => "==",
                "<>" | "!=" => "!=",
                "<=" => "<=",
                ">=" => ">=",
                "<" => "<",
                _ => ">",
            };
            comparisons.push((operator, self.expr(parts.next()?)?));
        }
        if !comparisons.is_empty() {
            return Ok(Expr { kind: ExprKind::Compare { first: Box::new(left), rest: comparisons }, span });
        }
        let Some(tail) = parts.pairs.next() else { return Ok(left) };
        let rule = tail.as_rule();
        let mut tail = self.parts(tail);
        tail.skip(&[Rule::IS]);
        let negated = tail.take(Rule::NOT).is_some();
        tail.skip(&[Rule::IN, Rule::BETWEEN, Rule::LIKE]);
        let left = Box::new(left);
        let kind = match rule {
            Rule::in_list => {
                let mut list = Vec::new();
                for pair in tail.pairs {
                    if pair.as_rule() == Rule::list {
                        let list_span = self.span(&pair);
                        let value = self.list(self.parts(pair))?;
                        if let ExprKind::List(items) = self.list_expr(Spanned::new(value, list_span))?.kind {
                            list.extend(items);
                        }
                    } else {
                        list.push(self.expr(pair)?);
                    }
                }
                ExprKind::In { left, negated, list }
            }
            Rule::between => {
                let low = Box::new(self.expr(tail.next()?)?);
                let high = Box::new(self.expr(tail.skip(&[Rule::AND]).next()?)?);
                ExprKind::Between { left, negated, low, high }
            }
            Rule::like => {
                let pattern = self.parts(tail.next()?).next()?;
                ExprKind::Like { left, negated, pattern: Spanned::new(unquote(pattern.as_str()), self.span(&pattern)) }
            }
            _ => ExprKind::IsNull { left, negated },
        };
        Ok(Expr { kind, span })
    }

    /// A list in a filter: its numbers are read again from the text, so that large integers stay exact.
    fn list_expr(&self, list: Spanned<Value>) -> Result<Expr> {
        let span = list.span;
        let items = match list.value {
            Value::List(items) => items,
            _ => return Err(internal(span)),
        };
        let mut out = Vec::new();
        for item in items {
            out.push(match item.value {
                Value::List(_) => self.list_expr(item)?,
                value => Expr { kind: ExprKind::Literal(value), span: item.span },
            });
        }
        Ok(Expr { kind: ExprKind::List(out), span })
    }

    /// A list in a filter, with a lifted one read exactly.
    fn list(&self, mut parts: Parts<'a>) -> Result<Value> {
        if let Some(lifted) = parts.take(Rule::lifted) {
            return Ok(Value::List(self.lifted(lifted)?.exact()));
        }
        Ok(Value::List(parts.pairs.map(|pair| self.value(pair)).collect::<Result<Vec<_>>>()?))
    }

    fn lifted(&self, pair: Pair<'a, Rule>) -> Result<Numbers> {
        let span = self.span(&pair);
        let index = self.parts(pair).next()?.as_str().parse::<usize>().map_err(|_| internal(span))?;
        self.scanned.lists.get(index).cloned().ok_or_else(|| internal(span))
    }

    fn original_where(&self, pair: Pair<'a, Rule>) -> Result<Vec<Param>> {
        let mut parts = self.parts(pair);
        parts.skip(&[Rule::WHERE]);
        parts.pairs.filter(|pair| pair.as_rule() == Rule::original_param).map(|pair| self.original_param(pair)).collect()
    }

    fn original_param(&self, pair: Pair<'a, Rule>) -> Result<Param> {
        let mut parts = self.parts(pair);
        let name = self.name(parts.next()?)?;
        let mut values = Vec::new();
        for value in parts.pairs {
            values.push(self.setting(self.parts(value).next()?)?);
        }
        Ok(Param { name, values })
    }

    fn original_vectors(&self, pair: Pair<'a, Rule>) -> Result<Vec<Spanned<Value>>> {
        let span = self.span(&pair);
        let values = pair.into_inner().map(|pair| self.bare_value(pair)).collect::<Result<Vec<_>>>()?;
        let numbers: Option<Vec<f32>> = values
            .iter()
            .map(|value| match value.value {
                Value::Int(number) => Some(number as f32),
                Value::Float(number) => Some(number as f32),
                _ => None,
            })
            .collect();
        Ok(match numbers {
            Some(values) => vec![Spanned::new(Value::Numbers(Numbers { values, span, source: None }), span)],
            None => values,
        })
    }

    fn ids(&self, pair: Pair<'a, Rule>) -> Result<Vec<Spanned<Value>>> {
        let mut parts = self.parts(pair);
        parts.skip(&[Rule::BY, Rule::ID]);
        parts.pairs.map(|pair| self.value(pair)).collect()
    }

    fn params(&self, pair: Pair<'a, Rule>) -> Result<Vec<Param>> {
        let mut params: Vec<Param> = Vec::new();
        for pair in pair.into_inner() {
            let mut parts = self.parts(pair);
            let name = parts.next()?;
            let name = match name.as_rule() {
                Rule::string => Spanned::new(unquote(name.as_str()), self.span(&name)),
                _ => self.name(name)?,
            };
            if params.iter().any(|param| param.name.value.eq_ignore_ascii_case(&name.value)) {
                return Err(twice(&name.value, name.span));
            }
            params.push(Param { values: vec![self.setting(parts.next()?)?], name });
        }
        Ok(params)
    }

    /// A value where a bare word stands for text (`metric_type = L2`).
    fn setting(&self, pair: Pair<'a, Rule>) -> Result<Spanned<Value>> {
        if pair.as_rule() == Rule::setting_word {
            let word = self.parts(pair).next()?;
            let name = if word.as_rule() == Rule::ON { Spanned::new("on".to_string(), self.span(&word)) } else { self.name(word)? };
            return Ok(Spanned::new(Value::Text(name.value), name.span));
        }
        self.value(pair)
    }

    fn value(&self, pair: Pair<'a, Rule>) -> Result<Spanned<Value>> {
        let inner = self.parts(pair).next()?;
        self.bare_value(inner)
    }

    fn bare_value(&self, pair: Pair<'a, Rule>) -> Result<Spanned<Value>> {
        let span = self.span(&pair);
        let value = match pair.as_rule() {
            Rule::null => Value::Null,
            Rule::text => Value::Text(unquote(pair.as_str())),
            Rule::bytes => Value::Bytes(bytes(pair.as_str(), span)?),
            Rule::list => {
                let mut parts = self.parts(pair);
                match parts.take(Rule::lifted) {
                    Some(lifted) => Value::Numbers(self.lifted(lifted)?),
                    None => Value::List(parts.pairs.map(|pair| self.value(pair)).collect::<Result<Vec<_>>>()?),
                }
            }
            Rule::object => {
                let mut fields = Vec::new();
                for pair in pair.into_inner() {
                    let mut parts = self.parts(pair);
                    let key = unquote(parts.next()?.as_str());
                    fields.push((key, self.value(parts.next()?)?));
                }
                Value::Object(fields)
            }
            _ => self.literal(pair)?,
        };
        Ok(Spanned::new(value, span))
    }

    fn literal(&self, pair: Pair<'a, Rule>) -> Result<Value> {
        let span = self.span(&pair);
        Ok(match pair.as_rule() {
            Rule::TRUE => Value::Bool(true),
            Rule::FALSE => Value::Bool(false),
            Rule::number => number(pair.as_str(), span)?,
            Rule::string | Rule::double => Value::Text(unquote(pair.as_str())),
            _ => return Err(internal(span)),
        })
    }

    /// A LIMIT or OFFSET.
    fn count(&self, pair: Pair<'a, Rule>) -> Result<Spanned<i64>> {
        let value = self.value(pair)?;
        match value.value {
            Value::Int(number) if number >= 0 => Ok(Spanned::new(number, value.span)),
            _ => Err(Diagnostic::new("InvalidNumber", "a whole number of 0 or more belongs here").at(value.span)),
        }
    }

    fn names(&self, pair: Pair<'a, Rule>) -> Result<Vec<Name>> {
        let mut parts = self.parts(pair);
        parts.skip(&[Rule::PARTITION, Rule::PARTITIONS]);
        parts.pairs.map(|pair| self.name(pair)).collect()
    }

    fn one_partition(&self, pair: Pair<'a, Rule>) -> Result<Name> {
        let span = self.span(&pair);
        let mut names = self.names(pair)?;
        match (names.pop(), names.is_empty()) {
            (Some(name), true) => Ok(name),
            _ => Err(Diagnostic::new("SyntaxError", "one partition can be written to at a time").at(span)),
        }
    }

    fn name(&self, pair: Pair<'a, Rule>) -> Result<Name> {
        let span = self.span(&pair);
        let text = pair.as_str();
        let quoted = text.starts_with(['"', '`']);
        let name = if quoted { unquote(text) } else { text.trim_end().to_string() };
        if name.is_empty() {
            return Err(Diagnostic::new("SyntaxError", "a name is empty here").at(span));
        }
        Ok(Spanned::new(name, span))
    }
}

impl Select {
    pub fn new(items: Items, table: Name) -> Select {
        Select { items, table, partitions: Vec::new(), filter: None, order: None, limit: None, offset: None, params: Vec::new(), consistency: None }
    }
}

/// The one tag of an original WHERE.
fn partition_tag(params: &[Param]) -> Result<Option<Name>> {
    let mut tag = None;
    for param in params {
        if !param.name.value.eq_ignore_ascii_case("partition_tag") && !param.name.value.eq_ignore_ascii_case("partition_tags") {
            return Err(Diagnostic::new("UnknownParameter", format!("unknown parameter `{}`", param.name)).at(param.name.span).suggest(
                &param.name.value,
                ["partition_tag"],
                "it takes",
            ));
        }
        let [value] = param.values.as_slice() else {
            return Err(Diagnostic::new("SyntaxError", "one partition tag belongs here").at(param.name.span));
        };
        let text = match &value.value {
            Value::Text(text) => text.clone(),
            Value::Int(number) => number.to_string(),
            _ => return Err(Diagnostic::new("SyntaxError", "a partition tag is a string").at(value.span)),
        };
        once(&mut tag, Spanned::new(text, value.span), "partition_tag", param.name.span)?;
    }
    Ok(tag)
}

fn once<T>(slot: &mut Option<T>, value: T, word: &str, span: Span) -> Result<()> {
    if slot.replace(value).is_some() {
        return Err(twice(word, span));
    }
    Ok(())
}

fn twice(word: &str, span: Span) -> Diagnostic {
    Diagnostic::new("SyntaxError", format!("{} stands twice", word)).at(span).help("leave one of them out")
}

fn number(text: &str, span: Span) -> Result<Value> {
    if let Ok(number) = text.parse::<i64>() {
        return Ok(Value::Int(number));
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(Value::Float(number)),
        _ => Err(Diagnostic::new("InvalidNumber", format!("`{text}` is too large a number")).at(span)),
    }
}

fn bytes(text: &str, span: Span) -> Result<Vec<u8>> {
    let radix = if text.starts_with(['x', 'X']) { 16 } else { 2 };
    let width = if radix == 16 { 2 } else { 8 };
    let digits: Vec<u8> = text.bytes().skip(2).filter(u8::is_ascii_hexdigit).collect();
    if !digits.len().is_multiple_of(width) {
        return Err(Diagnostic::new("InvalidValue", format!("{} digits do not make whole bytes", digits.len()))
            .at(span)
            .help(format!("write {width} digits a byte")));
    }
    digits
        .chunks(width)
        .map(|chunk| std::str::from_utf8(chunk).ok().and_then(|text| u8::from_str_radix(text, radix).ok()).ok_or_else(|| internal(span)))
        .collect()
}

/// Takes a string's quotes off: a doubled quote is one, a backslash escapes as in C.
fn unquote(text: &str) -> String {
    let text = text.trim_end();
    let Some(quote) = text.chars().next() else { return String::new() };
    let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(char) = chars.next() {
        if char == quote {
            chars.next();
            out.push(quote);
        } else if char == '\\' && quote != '`' {
            match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                Some(other @ ('\\' | '\'' | '"')) => out.push(other),
                Some(other) => {
                    out.push('\\');
                    out.push(other);
                }
                None => out.push('\\'),
            }
        } else {
            out.push(char);
        }
    }
    out
}

/// What pest expected, in words, with the misspelt word marked.
fn syntax_error(cell: &str, scanned: &Scanned<'_>, error: pest::error::Error<Rule>) -> Diagnostic {
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    };
    let expected: Vec<Rule> = match error.variant {
        ErrorVariant::ParsingError { positives, .. } => positives,
        ErrorVariant::CustomError { .. } => Vec::new(),
    };
    let start = scanned.original(at);
    let found = cell.get(start..).unwrap_or_default();
    let word_end = found.find(|char: char| !(char.is_alphanumeric() || char == '_')).unwrap_or(found.len());
    let length = if word_end == 0 { found.chars().next().map_or(0, char::len_utf8) } else { word_end };
    let word = found.get(..length).unwrap_or_default();
    let mut words: Vec<String> = Vec::new();
    for rule in expected {
        for name in describe(rule) {
            if !words.iter().any(|known| known == name) {
                words.push((*name).to_string());
            }
        }
    }
    let keywords: Vec<&str> = words.iter().map(String::as_str).filter(|word| word.chars().all(|char| char.is_ascii_uppercase() || char == '_')).collect();
    let opening = words.iter().any(|word| word == "a statement");
    let near = closest(word, if opening { OPENING } else { &keywords }).map(str::to_string);
    let at_end = found.trim().is_empty();
    let what = match (&near, words.as_slice()) {
        (Some(near), _) if !opening => near.clone(),
        _ if opening => "a statement".to_string(),
        (_, []) => "something else".to_string(),
        (_, words) if words.len() > 8 => list(words.get(..8).unwrap_or_default()) + " or more",
        (_, words) => list(words),
    };
    let found = if at_end { "the text ends".to_string() } else { format!("found `{}`", word.chars().take(40).collect::<String>()) };
    let mut diagnostic = Diagnostic::new("SyntaxError", format!("expected {what}, {}", if at_end { "but the text ends" } else { &found }))
        .at(Span::new(start, start + length))
        .label(match &near {
            Some(near) => format!("expected {near}"),
            None if at_end => "the text ends here".to_string(),
            None => format!("expected {what}"),
        });
    if let Some(near) = near {
        diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
    } else if what == "a statement" {
        diagnostic = diagnostic.help("`help` lists the statements");
    }
    diagnostic
}

fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// The human words of a rule: what the user may write there.
fn describe(rule: Rule) -> &'static [&'static str] {
    use Rule as R;
    match rule {
        R::EOI => &["the end"],
        R::cell | R::statement | R::address | R::explain => &["a statement"],
        R::name | R::bare | R::column_name | R::index_field => &["a name"],
        R::string | R::text | R::text_or_name => &["a string"],
        R::double | R::back => &[],
        R::value | R::number | R::literal | R::list | R::object | R::bytes | R::lifted | R::null | R::setting_word | R::original_value => &["a value"],
        R::vector | R::original_vectors => &["a vector"],
        R::expr | R::conjunction | R::negation | R::predicate | R::sum | R::product | R::atom | R::group | R::call | R::function | R::field | R::bang => {
            &["a condition"]
        }
        R::comparison | R::compare_op | R::in_list | R::between | R::like | R::is_null => &["a comparison"],
        R::sum_op | R::product_op => &[],
        R::operator | R::distance | R::l2 | R::cosine | R::inner_product | R::hamming | R::jaccard | R::l1 => &["a distance operator"],
        R::type_name | R::data_type => &["a type"],
        R::items | R::item | R::all | R::count => &["fields", "*"],
        R::original_params | R::original_param | R::param => &["a parameter"],
        R::row => &["a row of values"],
        R::params | R::fields => &["("],
        R::column => &["a column"],
        R::column_option => &["PRIMARY", "AUTO_INCREMENT", "COMMENT", "NOT"],
        R::primary_key => &["PRIMARY"],
        R::auto_increment | R::AUTO_INCREMENT => &["AUTO_INCREMENT"],
        R::not_null => &["NOT"],
        R::comment | R::COMMENT_WORD => &["COMMENT"],
        R::select_clause => &["WHERE", "ORDER", "LIMIT", "OFFSET", "PARTITION", "SEARCH", "FILTER", "CONSISTENCY"],
        R::delete_clause => &["WHERE", "FILTER", "PARTITION"],
        R::connect_option => &["USER", "PASSWORD", "TOKEN", "DATABASE"],
        R::original_where | R::where_clause => &["WHERE"],
        R::original_ids => &["BY"],
        R::partitions => &["PARTITION"],
        R::raw_filter => &["FILTER"],
        R::order_clause => &["ORDER"],
        R::limit_clause => &["LIMIT"],
        R::offset_clause => &["OFFSET"],
        R::search_params => &["SEARCH"],
        R::consistency => &["CONSISTENCY"],
        R::index_method => &["USING"],
        R::if_exists | R::if_not_exists => &["IF"],
        R::AND => &["AND"],
        R::ASC => &["ASC"],
        R::BETWEEN => &["BETWEEN"],
        R::BY => &["BY"],
        R::COMPACT | R::compact => &["COMPACT"],
        R::CONNECT | R::connect => &["CONNECT"],
        R::CONSISTENCY => &["CONSISTENCY"],
        R::COUNT => &["COUNT"],
        R::CREATE => &["CREATE"],
        R::DATABASE => &["DATABASE"],
        R::DATABASES => &["DATABASES"],
        R::DELETE => &["DELETE"],
        R::DESC => &["DESC"],
        R::DESCRIBE | R::describe => &["DESCRIBE"],
        R::DROP_WORD => &["DROP"],
        R::EXISTS => &["EXISTS"],
        R::EXPLAIN => &["EXPLAIN"],
        R::FALSE | R::TRUE => &["a value"],
        R::FILTER => &["FILTER"],
        R::FLUSH | R::flush => &["FLUSH"],
        R::FROM => &["FROM"],
        R::HELP | R::help => &["HELP"],
        R::ID => &["ID"],
        R::IF => &["IF"],
        R::IN => &["IN"],
        R::INDEX => &["INDEX"],
        R::INDEXES => &["INDEXES"],
        R::INSERT => &["INSERT"],
        R::INTO => &["INTO"],
        R::IS => &["IS"],
        R::KEY => &["KEY"],
        R::LEVEL => &["LEVEL"],
        R::LIKE => &["LIKE"],
        R::LIMIT => &["LIMIT"],
        R::LIST => &["LIST"],
        R::LOAD | R::load => &["LOAD"],
        R::NOT => &["NOT"],
        R::NULL => &["NULL"],
        R::OFFSET => &["OFFSET"],
        R::ON => &["ON"],
        R::OR => &["OR"],
        R::ORDER => &["ORDER"],
        R::PARAMS => &["PARAMS"],
        R::PARTITION => &["PARTITION"],
        R::PARTITIONS => &["PARTITIONS"],
        R::PASSWORD => &["PASSWORD"],
        R::PRIMARY => &["PRIMARY"],
        R::RELEASE | R::release => &["RELEASE"],
        R::SEARCH => &["SEARCH"],
        R::SELECT => &["SELECT"],
        R::SET | R::set => &["SET"],
        R::SETTINGS => &["SETTINGS"],
        R::SHOW => &["SHOW"],
        R::STATS | R::stats => &["STATS"],
        R::TABLE => &["TABLE"],
        R::TABLES => &["TABLES"],
        R::TOKEN => &["TOKEN"],
        R::UPSERT => &["UPSERT"],
        R::USE | R::use_database => &["USE"],
        R::USER => &["USER"],
        R::USING => &["USING"],
        R::VALUES => &["VALUES"],
        R::VERSION => &["VERSION"],
        R::WHERE => &["WHERE"],
        R::WITH => &["WITH"],
        _ => &[],
    }
}
