//! A statement by its opening word: connections, inspection, operations and grants. What defines is
//! in `definitions`, what reads and writes data in `reads`.

use milvus_kernel_grammar::Rule;
use pest::iterators::Pair;

use super::builder::*;
use crate::diagnostic::{Result, Spanned};
use crate::language::ast::*;

impl<'a> Builder<'a> {
    /// The statement of an opening word's rule.
    pub(super) fn kind(&self, opening: Rule, mut parts: Parts<'a>) -> Result<Kind> {
        use Rule as R;
        if opening == R::address_statement {
            let address = parts.next()?;
            let address = Spanned::new(address.as_str().to_string(), self.span(&address));
            return Ok(Kind::Connect(Box::new(Connect::to(address))));
        }
        parts.next()?; // the opening word
        let body = parts.next()?;
        let rule = body.as_rule();
        let parts = Parts { pairs: body.into_inner(), span: parts.span };
        match opening {
            R::connect_statement => self.connect(parts),
            R::use_statement | R::disconnect_statement | R::help_statement | R::set_statement => {
                self.session(rule, parts)
            }
            R::show_statement => self.show(rule, parts),
            R::list_statement | R::describe_statement | R::stats_statement => {
                self.describe(rule, parts)
            }
            R::create_statement => self.create(rule, parts),
            R::alter_statement => self.alter(rule, parts),
            R::comment_statement => self.comment_on(parts),
            R::drop_statement => self.drop(rule, parts),
            R::grant_statement | R::revoke_statement => {
                self.grant(opening == R::revoke_statement, rule, parts)
            }
            R::copy_statement => self.copy(rule, parts),
            R::plot_statement => self.plot(rule, parts),
            R::truncate_statement
            | R::load_statement
            | R::release_statement
            | R::flush_statement
            | R::compact_statement
            | R::export_statement
            | R::import_statement
            | R::transfer_statement
            | R::restore_statement
            | R::run_statement
            | R::analyze_statement => self.operate(rule, parts),
            _ => self.data_statement(opening, rule, parts),
        }
    }

    fn connect(&self, mut parts: Parts<'a>) -> Result<Kind> {
        let address = parts.next()?;
        let span = self.span(&address);
        let text = if address.as_rule() == Rule::string {
            unquote(address.as_str())
        } else {
            address.as_str().to_string()
        };
        let mut connect = Connect::to(Spanned::new(text, span));
        for option in parts.pairs {
            let mut option = self.parts(option);
            let word = option.next()?;
            let value = self.word(option.next()?)?;
            let slot = match word.as_rule() {
                Rule::USER => &mut connect.user,
                Rule::PASSWORD => &mut connect.password,
                Rule::TOKEN => &mut connect.token,
                Rule::AS => &mut connect.alias,
                _ => &mut connect.database,
            };
            once(slot, value, word.as_str(), self.span(&word))?;
        }
        Ok(Kind::Connect(Box::new(connect)))
    }

    fn session(&self, rule: Rule, mut parts: Parts<'a>) -> Result<Kind> {
        Ok(match rule {
            Rule::use_connection => {
                Kind::UseConnection(self.name(parts.skip(&[Rule::CONNECTION]).next()?)?)
            }
            Rule::use_database => Kind::Use(self.name(parts.skip(&[Rule::DATABASE]).next()?)?),
            Rule::disconnect => {
                Kind::Disconnect(parts.take(Rule::name).map(|pair| self.name(pair)).transpose()?)
            }
            Rule::help => {
                Kind::Help(parts.take(Rule::help_topic).map(|topic| {
                    Spanned::new(topic.as_str().trim().to_string(), self.span(&topic))
                }))
            }
            Rule::set => {
                Kind::Set { name: self.name(parts.next()?)?, value: self.setting(parts.next()?)? }
            }
            Rule::set_variable => {
                let name = parts.next()?;
                let name = Spanned::new(
                    name.as_str().trim_end().trim_start_matches('@').to_string(),
                    self.span(&name),
                );
                Kind::SetVariable { name, value: self.value(parts.next()?)? }
            }
            _ => return Err(internal(parts.span)),
        })
    }

    fn show(&self, rule: Rule, mut parts: Parts<'a>) -> Result<Kind> {
        Ok(match rule {
            Rule::show => {
                Kind::Show { what: self.listing(parts.next()?)?, like: self.like_text(&mut parts)? }
            }
            Rule::show_of => {
                Kind::ShowOf { what: self.listing(parts.next()?)?, table: self.table(&mut parts)? }
            }
            Rule::show_create => Kind::ShowCreate(self.table(parts.skip(&[Rule::CREATE]))?),
            Rule::show_progress => {
                if parts.skip(&[Rule::PROGRESS, Rule::OF]).has(Rule::INDEX) {
                    let index = parts.take(Rule::name).map(|pair| self.name(pair)).transpose()?;
                    Kind::ShowIndexProgress { index, table: self.table(&mut parts)? }
                } else {
                    let table = self.table(parts.skip(&[Rule::LOADING]))?;
                    let partitions = self.names_of(&mut parts, Rule::partitions)?;
                    Kind::ShowLoadingProgress { table, partitions }
                }
            }
            Rule::show_grants => self.show_grants(parts)?,
            Rule::show_index => Kind::DescribeIndex {
                index: self.name(parts.skip(&[Rule::INDEX]).next()?)?,
                table: self.table(&mut parts)?,
            },
            Rule::show_partition => Kind::ShowPartition {
                partition: self.name(parts.skip(&[Rule::PARTITION]).next()?)?,
                table: self.table(&mut parts)?,
            },
            Rule::show_fields => Kind::Describe(self.table(parts.skip(&[Rule::FIELDS]))?),
            Rule::show_table => Kind::Describe(self.table(&mut parts)?),
            Rule::show_job => {
                let job = match parts.next()?.as_rule() {
                    Rule::COMPACTION => Job::Compaction,
                    Rule::IMPORT => Job::Import,
                    _ => Job::Restore,
                };
                Kind::ShowJob { job, id: self.value(parts.next()?)? }
            }
            _ => return Err(internal(parts.span)),
        })
    }

    fn describe(&self, rule: Rule, mut parts: Parts<'a>) -> Result<Kind> {
        Ok(match rule {
            Rule::list_tables => Kind::Show { what: Listing::Tables, like: None },
            Rule::list_partitions => Kind::ShowOf {
                what: Listing::Partitions,
                table: self.name(parts.skip(&[Rule::PARTITIONS, Rule::PARTITION]).next()?)?,
            },
            Rule::describe => Kind::Describe(self.table(parts.skip(&[Rule::detailed]))?),
            Rule::describe_index => Kind::DescribeIndex {
                index: self.name(parts.skip(&[Rule::INDEX]).next()?)?,
                table: self.table(&mut parts)?,
            },
            Rule::describe_object => {
                let object = self.object(parts.next()?)?;
                let name = self.text_name(parts.next()?)?;
                Kind::DescribeObject {
                    object,
                    name,
                    table: self.optional_table(&mut parts, object)?,
                }
            }
            Rule::stats => Kind::Stats(self.table(&mut parts)?),
            _ => return Err(internal(parts.span)),
        })
    }

    fn listing(&self, pair: Pair<'a, Rule>) -> Result<Listing> {
        let word = one_blank(pair.as_str());
        let word = match word.as_str() {
            "COLLECTIONS" => "TABLES",
            "SERVER_VERSION" => "VERSION",
            "INDEX" | "INDICES" => "INDEXES",
            other => other,
        };
        Listing::ALL
            .iter()
            .find(|(known, _)| *known == word)
            .map(|(_, listing)| *listing)
            .ok_or_else(|| internal(self.span(&pair)))
    }

    fn like_text(&self, parts: &mut Parts<'a>) -> Result<Option<Name>> {
        let text = parts.skip(&[Rule::LIKE]).take(Rule::text);
        Ok(text.map(|text| Spanned::new(unquote(text.as_str()), self.span(&text))))
    }

    fn grant(&self, revoke: bool, rule: Rule, mut parts: Parts<'a>) -> Result<Kind> {
        if rule == Rule::role_grant {
            let role = self.text_name(parts.skip(&[Rule::ROLE]).next()?)?;
            let user = self.text_name(parts.skip(&[Rule::TO, Rule::FROM, Rule::USER]).next()?)?;
            return Ok(Kind::GrantRole { revoke, role, user });
        }
        let mut privileges = Vec::new();
        while let Some(pair) = parts.skip(&[Rule::PRIVILEGE]).take(Rule::privilege) {
            privileges.push(self.name_or_all(self.parts(pair).next()?)?);
        }
        let on = self.grant_target(parts.skip(&[Rule::ON]).next()?)?;
        let role = self.text_name(parts.skip(&[Rule::TO, Rule::FROM, Rule::ROLE]).next()?)?;
        Ok(Kind::Grant(Box::new(Grant { revoke, privileges, on, role })))
    }

    /// SHOW GRANTS [FOR [ROLE | USER] name [ON …]]; what is neither is a role.
    fn show_grants(&self, mut parts: Parts<'a>) -> Result<Kind> {
        if !parts.skip(&[Rule::GRANTS]).has(Rule::FOR) {
            return Ok(Kind::ShowGrants { of: None, on: None });
        }
        let grantee = if parts.has(Rule::USER) { Grantee::User } else { Grantee::Role };
        let name = self.text_name(parts.skip(&[Rule::ROLE]).next()?)?;
        let on = match parts.has(Rule::ON) {
            true => Some(self.grant_target(parts.next()?)?),
            false => None,
        };
        Ok(Kind::ShowGrants { of: Some((grantee, name)), on })
    }

    fn grant_target(&self, pair: Pair<'a, Rule>) -> Result<GrantTarget> {
        let mut target = self.parts(pair);
        let object = target
            .take(Rule::grant_object)
            .map(|pair| Spanned::new(one_blank(pair.as_str()), self.span(&pair)));
        let mut names = Vec::new();
        if let Some(pair) = target.take(Rule::grant_name) {
            names = self
                .parts(pair)
                .pairs
                .map(|pair| self.name_or_all(pair))
                .collect::<Result<Vec<_>>>()?;
        }
        let name = names.pop();
        Ok(GrantTarget { object, database: names.pop(), name })
    }

    /// What is done to a table, or to the server, as a whole.
    fn operate(&self, rule: Rule, mut parts: Parts<'a>) -> Result<Kind> {
        Ok(match rule {
            Rule::truncate => Kind::Truncate(self.table(&mut parts)?),
            Rule::load => self.load(parts)?,
            Rule::release => {
                let table = self.table(&mut parts)?;
                Kind::Release { table, partitions: self.names_of(&mut parts, Rule::partitions)? }
            }
            Rule::flush if parts.has(Rule::flush_all) => Kind::Flush(Vec::new()),
            Rule::flush => {
                let mut tables = parts
                    .skip(&[Rule::TABLE])
                    .pairs
                    .by_ref()
                    .map(|pair| self.name(pair))
                    .collect::<Result<Vec<_>>>()?;
                if let [only] = tables.as_slice()
                    && only.value.eq_ignore_ascii_case("all")
                {
                    tables.clear();
                }
                Kind::Flush(tables)
            }
            Rule::compact => {
                Kind::Compact { table: self.table(&mut parts)?, params: self.with(&mut parts)? }
            }
            Rule::import => self.import(parts)?,
            Rule::export_database => {
                parts.skip(&[Rule::DATABASE]);
                let database = parts.take(Rule::name).map(|pair| self.name(pair)).transpose()?;
                let file = self.value(parts.skip(&[Rule::TO]).next()?)?;
                let salvage = parts.has(Rule::SALVAGE);
                Kind::ExportDatabase { database, file, salvage }
            }
            Rule::import_database => {
                let if_not_exists = parts.skip(&[Rule::DATABASE]).has(Rule::if_not_exists);
                let database = parts.take(Rule::name).map(|pair| self.name(pair)).transpose()?;
                let file = self.value(parts.skip(&[Rule::FROM]).next()?)?;
                Kind::ImportDatabase { if_not_exists, database, file }
            }
            Rule::transfer => self.transfer(parts)?,
            Rule::restore => {
                let snapshot = self.text_name(parts.skip(&[Rule::SNAPSHOT]).next()?)?;
                let table = self.table(&mut parts)?;
                Kind::Restore { snapshot, table, to: self.table(&mut parts)? }
            }
            Rule::analyzer | Rule::analyze => {
                let texts = self.value(parts.skip(&[Rule::ANALYZER]).next()?)?;
                let field = match parts.has(Rule::ON) {
                    true => Some((self.table(&mut parts)?, self.name(parts.next()?)?)),
                    false => None,
                };
                Kind::RunAnalyzer { texts, field, params: self.with(&mut parts)? }
            }
            _ => return Err(internal(parts.span)),
        })
    }

    fn load(&self, mut parts: Parts<'a>) -> Result<Kind> {
        let table = self.table(&mut parts)?;
        let mut more = Vec::new();
        while let Some(pair) = parts.take(Rule::name) {
            more.push(self.name(pair)?);
        }
        let (mut partitions, mut fields, mut params) = (None, None, None);
        for clause in parts.pairs {
            let span = self.span(&clause);
            let clause = self.parts(clause).next()?;
            match clause.as_rule() {
                Rule::partitions => once(&mut partitions, self.names(clause)?, "PARTITION", span)?,
                Rule::load_fields => once(
                    &mut fields,
                    self.names(self.parts(clause).skip(&[Rule::FIELDS]).next()?)?,
                    "FIELDS",
                    span,
                )?,
                _ => once(&mut params, self.with(&mut self.parts(clause))?, "WITH", span)?,
            }
        }
        Ok(Kind::Load {
            table,
            more,
            partitions: partitions.unwrap_or_default(),
            fields: fields.unwrap_or_default(),
            params: params.unwrap_or_default(),
        })
    }

    fn import(&self, mut parts: Parts<'a>) -> Result<Kind> {
        parts.skip(&[Rule::FROM, Rule::FILE]);
        let mut files = Vec::new();
        while let Some(pair) = parts.take(Rule::value) {
            files.push(self.value(pair)?);
        }
        let table = self.table(&mut parts)?;
        let partition =
            parts.take(Rule::partitions).map(|pair| self.one_partition(pair)).transpose()?;
        Ok(Kind::Import { files, table, partition, params: self.with(&mut parts)? })
    }

    fn transfer(&self, mut parts: Parts<'a>) -> Result<Kind> {
        let count = self.value(parts.next()?)?;
        let body = parts.next()?;
        let nodes = body.as_rule() == Rule::transfer_nodes;
        let mut parts = self.parts(body);
        let table = if nodes { None } else { Some(self.table(parts.skip(&[Rule::REPLICAS]))?) };
        let from = self.text_name(parts.skip(&[Rule::NODES, Rule::FROM]).next()?)?;
        let to = self.text_name(parts.skip(&[Rule::TO]).next()?)?;
        Ok(match table {
            Some(table) => Kind::TransferReplicas { count, table, from, to },
            None => Kind::TransferNodes { count, from, to },
        })
    }
}
