//! Statements that define, inspect, administer and connect; those that read and write data are in
//! `reads`.

use super::original::partition_tag;
use super::*;

impl<'a> Builder<'a> {
    /// The statement of an opening word's rule.
    pub fn kind(&self, opening: Rule, mut parts: Parts<'a>) -> Result<Kind> {
        use Rule as R;
        if opening != R::address_statement {
            parts.next()?; // the opening word
        }
        let body = parts.next()?;
        let rule = body.as_rule();
        let span = parts.span;
        if rule == R::address {
            let address = Spanned::new(body.as_str().to_string(), self.span(&body));
            return Ok(Kind::Connect(Box::new(Connect {
                address,
                user: None,
                password: None,
                token: None,
                database: None,
                alias: None,
            })));
        }
        let mut parts = self.parts(body);
        parts.span = span;
        Ok(match rule {
            R::connect => self.connect(parts)?,
            R::use_connection => {
                Kind::UseConnection(self.name(parts.skip(&[R::CONNECTION]).next()?)?)
            }
            R::use_database => Kind::Use(self.name(parts.skip(&[R::DATABASE]).next()?)?),
            R::disconnect => {
                Kind::Disconnect(parts.take(R::name).map(|pair| self.name(pair)).transpose()?)
            }
            R::help => {
                Kind::Help(parts.take(R::help_topic).map(|topic| {
                    Spanned::new(topic.as_str().trim().to_string(), self.span(&topic))
                }))
            }
            R::set => {
                Kind::Set { name: self.name(parts.next()?)?, value: self.setting(parts.next()?)? }
            }
            R::set_variable => {
                let name = parts.next()?;
                let name = Spanned::new(
                    name.as_str().trim_end().trim_start_matches('@').to_string(),
                    self.span(&name),
                );
                Kind::SetVariable { name, value: self.value(parts.next()?)? }
            }

            R::show => {
                Kind::Show { what: self.listing(parts.next()?)?, like: self.like_text(&mut parts)? }
            }
            R::show_of => {
                Kind::ShowOf { what: self.listing(parts.next()?)?, table: self.table(&mut parts)? }
            }
            R::show_create => Kind::ShowCreate(self.table(parts.skip(&[R::CREATE]))?),
            R::show_progress => {
                if parts.skip(&[R::PROGRESS, R::OF]).has(R::INDEX) {
                    Kind::ShowIndexProgress {
                        index: self.name(parts.next()?)?,
                        table: self.table(&mut parts)?,
                    }
                } else {
                    Kind::ShowLoadingProgress(self.table(parts.skip(&[R::LOADING]))?)
                }
            }
            R::show_grants => {
                let of = if parts.skip(&[R::GRANTS, R::FOR]).has(R::ROLE) {
                    Grantee::Role
                } else {
                    Grantee::User
                };
                Kind::ShowGrants { of, name: self.text_name(parts.skip(&[R::USER]).next()?)? }
            }
            R::show_job => {
                let job = match parts.next()?.as_rule() {
                    R::COMPACTION => Job::Compaction,
                    R::IMPORT => Job::Import,
                    _ => Job::Restore,
                };
                Kind::ShowJob { job, id: self.value(parts.next()?)? }
            }
            R::list_tables => Kind::Show { what: Listing::Tables, like: None },
            R::list_partitions => Kind::ShowOf {
                what: Listing::Partitions,
                table: self.name(parts.skip(&[R::PARTITIONS, R::PARTITION]).next()?)?,
            },
            R::describe => Kind::Describe(self.table(&mut parts)?),
            R::describe_index => Kind::DescribeIndex {
                index: self.name(parts.skip(&[R::INDEX]).next()?)?,
                table: self.table(&mut parts)?,
            },
            R::describe_object => {
                let object = self.object(parts.next()?)?;
                let name = self.text_name(parts.next()?)?;
                Kind::DescribeObject {
                    object,
                    name,
                    table: self.optional_table(&mut parts, object)?,
                }
            }
            R::stats => Kind::Stats(self.table(&mut parts)?),

            R::create_table => self.create_table(parts)?,
            R::original_create_table => Kind::OriginalCreateTable {
                table: self.table(&mut parts)?,
                params: self.original_where(parts.next()?)?,
            },
            R::alter_table => {
                let table = self.table(&mut parts)?;
                Kind::AlterTable { table, change: self.change(parts.next()?)? }
            }
            R::drop_table => {
                let if_exists = parts.skip(&[R::TABLE]).has(R::if_exists);
                Kind::DropTable { table: self.table(&mut parts)?, if_exists }
            }
            R::truncate => Kind::Truncate(self.table(&mut parts)?),
            R::create_object => self.create_object(parts)?,
            R::alter_object => self.alter_object(parts)?,
            R::drop_object => {
                let object = self.object(parts.next()?)?;
                let if_exists = parts.has(R::if_exists);
                let name = self.text_name(parts.next()?)?;
                Kind::DropObject {
                    object,
                    name,
                    if_exists,
                    table: self.optional_table(&mut parts, object)?,
                }
            }
            R::original_create_partition | R::original_drop_partition => {
                let table = self.name(parts.skip(&[R::PARTITION]).next()?)?;
                let params = self.original_where(parts.next()?)?;
                let partition = partition_tag(&params)?.ok_or_else(|| {
                    Diagnostic::new(Code::MissingParameter, "no partition is named")
                        .at(parts.span)
                        .help("add `WHERE partition_tag='…'`")
                })?;
                match rule == R::original_create_partition {
                    true => Kind::CreatePartition { table, partition, if_not_exists: false },
                    false => Kind::DropPartition { table, partition, if_exists: false },
                }
            }
            R::create_partition => {
                let if_not_exists = parts.skip(&[R::PARTITION]).has(R::if_not_exists);
                let partition = self.name(parts.next()?)?;
                Kind::CreatePartition { table: self.table(&mut parts)?, partition, if_not_exists }
            }
            R::drop_partition => {
                let if_exists = parts.skip(&[R::PARTITION]).has(R::if_exists);
                let partition = self.name(parts.next()?)?;
                Kind::DropPartition { table: self.table(&mut parts)?, partition, if_exists }
            }

            R::create_index => {
                let if_not_exists = parts.skip(&[R::INDEX]).has(R::if_not_exists);
                let name = parts.take(R::name).map(|pair| self.name(pair)).transpose()?;
                let table = self.table(&mut parts)?;
                Kind::CreateIndex { table, index: self.index(name, parts)?, if_not_exists }
            }
            R::original_create_index => Kind::OriginalCreateIndex {
                table: self.name(parts.skip(&[R::INDEX]).next()?)?,
                params: self.original_where(parts.next()?)?,
            },
            R::alter_index => {
                let index = self.name(parts.skip(&[R::INDEX]).next()?)?;
                let table = self.table(&mut parts)?;
                Kind::AlterIndex { index, table, change: self.change(parts.next()?)? }
            }
            R::drop_index => {
                let if_exists = parts.skip(&[R::INDEX]).has(R::if_exists);
                let index = self.name(parts.next()?)?;
                Kind::DropIndex { index, table: self.table(&mut parts)?, if_exists }
            }
            R::original_drop_index => {
                Kind::OriginalDropIndex(self.name(parts.skip(&[R::INDEX]).next()?)?)
            }
            R::load => self.load(parts)?,
            R::release => {
                let table = self.table(&mut parts)?;
                Kind::Release { table, partitions: self.names_of(&mut parts, R::partitions)? }
            }

            R::role_grant => {
                let role = self.text_name(parts.skip(&[R::ROLE]).next()?)?;
                let user = self.text_name(parts.skip(&[R::TO, R::FROM, R::USER]).next()?)?;
                Kind::GrantRole { revoke: opening == R::revoke_statement, role, user }
            }
            R::privilege_grant => self.grant(opening == R::revoke_statement, parts)?,

            R::flush => {
                let mut tables = parts
                    .skip(&[R::TABLE])
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
            R::compact => {
                Kind::Compact { table: self.table(&mut parts)?, params: self.with(&mut parts)? }
            }
            R::import => self.import(parts)?,
            R::transfer => self.transfer(parts)?,
            R::restore => {
                let snapshot = self.text_name(parts.skip(&[R::SNAPSHOT]).next()?)?;
                let table = self.table(&mut parts)?;
                Kind::Restore { snapshot, table, to: self.table(&mut parts)? }
            }
            R::analyzer => {
                let texts = self.value(parts.skip(&[R::ANALYZER]).next()?)?;
                let of = match parts.has(R::ON) {
                    true => Some((self.table(&mut parts)?, self.name(parts.next()?)?)),
                    false => None,
                };
                Kind::RunAnalyzer { texts, of, params: self.with(&mut parts)? }
            }
            _ => self.data_statement(opening, rule, parts)?,
        })
    }

    fn connect(&self, mut parts: Parts<'a>) -> Result<Kind> {
        let address = parts.next()?;
        let span = self.span(&address);
        let text = if address.as_rule() == Rule::string {
            values::unquote(address.as_str())
        } else {
            address.as_str().to_string()
        };
        let mut connect = Connect {
            address: Spanned::new(text, span),
            user: None,
            password: None,
            token: None,
            database: None,
            alias: None,
        };
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

    fn listing(&self, pair: Pair<'a, Rule>) -> Result<Listing> {
        let word = one_blank(pair.as_str());
        let word = match word.as_str() {
            "COLLECTIONS" => "TABLES",
            "INDICES" => "INDEXES",
            other => other,
        };
        Listing::ALL
            .iter()
            .find(|(known, _)| *known == word)
            .map(|(_, listing)| *listing)
            .ok_or_else(|| internal(self.span(&pair)))
    }

    pub fn object(&self, pair: Pair<'a, Rule>) -> Result<Object> {
        let word = one_blank(pair.as_str());
        Object::ALL
            .iter()
            .find(|(known, _)| *known == word)
            .map(|(_, object)| *object)
            .ok_or_else(|| internal(self.span(&pair)))
    }

    fn like_text(&self, parts: &mut Parts<'a>) -> Result<Option<Name>> {
        let text = parts.skip(&[Rule::LIKE]).take(Rule::text);
        Ok(text.map(|text| Spanned::new(values::unquote(text.as_str()), self.span(&text))))
    }

    /// `ON t`, which only a snapshot has.
    fn optional_table(&self, parts: &mut Parts<'a>, object: Object) -> Result<Option<Name>> {
        if parts.peek().is_none() {
            return Ok(None);
        }
        let table = self.table(parts)?;
        if object != Object::Snapshot {
            return Err(Diagnostic::new(
                Code::SyntaxError,
                format!("ON has no meaning with {}", object.word()),
            )
            .at(table.span));
        }
        Ok(Some(table))
    }

    fn load(&self, mut parts: Parts<'a>) -> Result<Kind> {
        let table = self.table(&mut parts)?;
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
            partitions: partitions.unwrap_or_default(),
            fields: fields.unwrap_or_default(),
            params: params.unwrap_or_default(),
        })
    }

    fn grant(&self, revoke: bool, mut parts: Parts<'a>) -> Result<Kind> {
        let mut privileges = Vec::new();
        while let Some(pair) = parts.take(Rule::privilege) {
            privileges.push(self.name_or_all(self.parts(pair).next()?)?);
        }
        let mut target = self.parts(parts.skip(&[Rule::ON]).next()?);
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
        let role = self.text_name(parts.skip(&[Rule::TO, Rule::FROM, Rule::ROLE]).next()?)?;
        Ok(Kind::Grant(Box::new(Grant {
            revoke,
            privileges,
            object,
            database: names.pop(),
            name,
            role,
        })))
    }

    pub fn name_or_all(&self, pair: Pair<'a, Rule>) -> Result<Name> {
        match pair.as_rule() {
            Rule::all => Ok(Spanned::new("*".to_string(), self.span(&pair))),
            _ => self.name(pair),
        }
    }

    fn import(&self, mut parts: Parts<'a>) -> Result<Kind> {
        parts.skip(&[Rule::FROM]);
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

/// A word of two words with one blank, in capitals.
fn one_blank(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_uppercase()
}
