//! Statements that define, inspect, administer and connect; those that read and write data are in
//! `reads`.

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

    fn object(&self, pair: Pair<'a, Rule>) -> Result<Object> {
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

    fn create_table(&self, mut parts: Parts<'a>) -> Result<Kind> {
        let if_not_exists = parts.skip(&[Rule::TABLE]).has(Rule::if_not_exists);
        let table = self.table(&mut parts)?;
        let (mut columns, mut indexes) = (Vec::new(), Vec::new());
        loop {
            if let Some(pair) = parts.take(Rule::column) {
                columns.push(self.column(pair)?);
            } else if let Some(pair) = parts.take(Rule::index_clause) {
                let mut parts = self.parts(pair);
                let name = parts
                    .skip(&[Rule::INDEX])
                    .take(Rule::name)
                    .map(|pair| self.name(pair))
                    .transpose()?;
                indexes.push(self.index(name, parts)?);
            } else {
                break;
            }
        }
        let params = self.with(&mut parts)?;
        Ok(Kind::CreateTable(CreateTable { table, if_not_exists, columns, indexes, params }))
    }

    fn column(&self, pair: Pair<'a, Rule>) -> Result<Column> {
        let mut parts = self.parts(pair);
        let name = self.parts(parts.next()?).next()?;
        let mut data_type = self.parts(parts.next()?);
        let type_name = data_type.next()?;
        let element = data_type
            .take(Rule::element_type)
            .map(|pair| self.type_name(&mut self.parts(pair)))
            .transpose()?;
        let mut column = Column {
            name: self.name(name)?,
            data_type: TypeName {
                name: Spanned::new(
                    type_name.as_str().trim_end().to_string(),
                    self.span(&type_name),
                ),
                size: data_type.pairs.next().map(|pair| self.value(pair)).transpose()?,
            },
            element,
            primary_key: false,
            partition_key: false,
            clustering_key: false,
            auto_increment: false,
            nullable: false,
            default: None,
            generated: None,
            comment: None,
            params: Vec::new(),
        };
        for option in parts.pairs {
            let option = self.parts(option).next()?;
            let rule = option.as_rule();
            let span = self.span(&option);
            let mut option = self.parts(option);
            match rule {
                Rule::primary_key => column.primary_key = true,
                Rule::partition_key => column.partition_key = true,
                Rule::clustering_key => column.clustering_key = true,
                Rule::auto_increment => column.auto_increment = true,
                Rule::nullable => column.nullable = true,
                Rule::default => once(
                    &mut column.default,
                    self.value(option.skip(&[Rule::DEFAULT]).next()?)?,
                    "DEFAULT",
                    span,
                )?,
                Rule::comment => once(
                    &mut column.comment,
                    values::unquote(option.skip(&[Rule::COMMENT_WORD]).next()?.as_str()),
                    "COMMENT",
                    span,
                )?,
                Rule::generated => {
                    let function =
                        option.skip(&[Rule::GENERATED, Rule::ALWAYS, Rule::AS]).next()?;
                    let function = Spanned::new(
                        function.as_str().trim_end().to_string(),
                        self.span(&function),
                    );
                    once(
                        &mut column.generated,
                        Generated { function, input: self.name(option.next()?)? },
                        "AS",
                        span,
                    )?;
                }
                Rule::column_params => column.params.extend(self.with(&mut option)?),
                _ => {} // NOT NULL is what Milvus does anyway
            }
        }
        Ok(column)
    }

    fn type_name(&self, parts: &mut Parts<'a>) -> Result<TypeName> {
        let name = parts.next()?;
        let name = Spanned::new(name.as_str().trim_end().to_string(), self.span(&name));
        Ok(TypeName { name, size: parts.pairs.next().map(|pair| self.value(pair)).transpose()? })
    }

    /// `(field) USING method WITH (…)`, in this order or pgvector's.
    fn index(&self, name: Option<Name>, mut parts: Parts<'a>) -> Result<Index> {
        let before = parts.take(Rule::index_method);
        let mut field = self.parts(parts.next()?);
        let method = before.or_else(|| parts.take(Rule::index_method));
        let method = method
            .map(|pair| self.name(self.parts(pair).skip(&[Rule::USING]).next()?))
            .transpose()?;
        let params = self.with(&mut parts)?;
        let field_name = self.name(field.next()?)?;
        let path = self.steps(&mut field)?;
        let ops = field.take(Rule::index_ops).map(|pair| self.name(pair)).transpose()?;
        Ok(Index { name, field: field_name, path, ops, method, params })
    }

    fn change(&self, pair: Pair<'a, Rule>) -> Result<Change> {
        let rule = pair.as_rule();
        if rule == Rule::drop_properties {
            return Ok(Change::Reset(self.names(pair)?));
        }
        let mut parts = self.parts(pair);
        parts.skip(&[
            Rule::ADD,
            Rule::DROP_WORD,
            Rule::ALTER,
            Rule::FIELD,
            Rule::RENAME,
            Rule::TO,
            Rule::SET,
            Rule::PROPERTIES,
        ]);
        Ok(match rule {
            Rule::add_field => Change::AddField(Box::new(self.column(parts.next()?)?)),
            Rule::drop_field => Change::DropField(self.name(parts.next()?)?),
            Rule::rename => Change::Rename(self.name(parts.next()?)?),
            Rule::alter_field => {
                let field = self.name(parts.next()?)?;
                match self.change(parts.next()?)? {
                    Change::Reset(names) => Change::ResetField { field, names },
                    Change::Set(params) => Change::SetField { field, params },
                    _ => return Err(internal(parts.span)),
                }
            }
            _ => Change::Set(self.params(parts.next()?)?),
        })
    }

    fn create_object(&self, mut parts: Parts<'a>) -> Result<Kind> {
        let object = self.object(parts.next()?)?;
        let if_not_exists = parts.has(Rule::if_not_exists);
        let name = self.text_name(parts.next()?)?;
        let mut create = CreateObject {
            object,
            name,
            if_not_exists,
            table: None,
            password: None,
            params: Vec::new(),
        };
        while let Some(rule) = parts.peek() {
            match rule {
                Rule::PASSWORD => {
                    create.password = Some(self.word(parts.skip(&[Rule::PASSWORD]).next()?)?)
                }
                Rule::WITH => create.params = self.with(&mut parts)?,
                _ => create.table = Some(self.table(&mut parts)?),
            }
        }
        let word = object.word();
        let (wants_table, wants_password) =
            (matches!(object, Object::Alias | Object::Snapshot), object == Object::User);
        let name = &create.name;
        match (&create.table, &create.password) {
            (Some(table), _) if !wants_table => {
                Err(Diagnostic::new(Code::SyntaxError, format!("{word} belongs to no table"))
                    .at(table.span))
            }
            (None, _) if wants_table => {
                let preposition = if object == Object::Alias { "FOR" } else { "ON" };
                Err(Diagnostic::new(Code::SyntaxError, format!("{word} needs its table"))
                    .at(name.span)
                    .help(format!("write `CREATE {word} {name} {preposition} t`")))
            }
            (_, Some(password)) if !wants_password => {
                Err(Diagnostic::new(Code::SyntaxError, format!("{word} has no password"))
                    .at(password.span))
            }
            (_, None) if wants_password => {
                Err(Diagnostic::new(Code::SyntaxError, "a user needs a password")
                    .at(name.span)
                    .help(format!("write `CREATE USER {name} PASSWORD '…'`")))
            }
            _ => Ok(Kind::CreateObject(Box::new(create))),
        }
    }

    fn alter_object(&self, mut parts: Parts<'a>) -> Result<Kind> {
        let object = self.object(parts.next()?)?;
        let name = self.text_name(parts.next()?)?;
        let pair = parts.next()?;
        let span = self.span(&pair);
        let rule = pair.as_rule();
        let (change, fits) = match rule {
            Rule::alias_target => {
                (ObjectChange::Target(self.table(&mut self.parts(pair))?), object == Object::Alias)
            }
            Rule::password_change => {
                let mut parts = self.parts(pair);
                let new = self.word(parts.skip(&[Rule::PASSWORD]).next()?)?;
                let old = parts
                    .skip(&[Rule::OLD])
                    .pairs
                    .next()
                    .map(|pair| self.word(pair))
                    .transpose()?;
                (ObjectChange::Password { new, old }, object == Object::User)
            }
            Rule::group_change => {
                let add = pair
                    .clone()
                    .into_inner()
                    .next()
                    .is_some_and(|word| word.as_rule() == Rule::ADD);
                let mut parts = self.parts(pair);
                parts.skip(&[Rule::ADD, Rule::DROP_WORD]);
                let names = parts
                    .pairs
                    .map(|pair| self.name_or_all(self.parts(pair).next()?))
                    .collect::<Result<Vec<_>>>()?;
                (ObjectChange::Members { add, names }, object == Object::PrivilegeGroup)
            }
            _ => {
                let change = match self.change(pair)? {
                    Change::Reset(names) => ObjectChange::Reset(names),
                    Change::Set(params) => ObjectChange::Set(params),
                    _ => return Err(internal(span)),
                };
                (change, matches!(object, Object::Database | Object::ResourceGroup))
            }
        };
        if !fits {
            let help = match object {
                Object::Alias => "write `ALTER ALIAS a FOR t`",
                Object::User => "write `ALTER USER u PASSWORD 'new' [OLD 'old']`",
                Object::PrivilegeGroup => "write `ALTER PRIVILEGE GROUP g ADD Search, Query`",
                Object::Database => "write `ALTER DATABASE d SET PROPERTIES (…)`",
                Object::ResourceGroup => {
                    "write `ALTER RESOURCE GROUP g SET (requests = 1, limits = 2)`"
                }
                Object::Role | Object::Snapshot => "drop it and create it again",
            };
            return Err(Diagnostic::new(
                Code::SyntaxError,
                format!("this cannot be changed of {}", object.word()),
            )
            .at(span)
            .help(help));
        }
        Ok(Kind::AlterObject { object, name, change })
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

    fn name_or_all(&self, pair: Pair<'a, Rule>) -> Result<Name> {
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

/// The one tag of an original WHERE.
pub fn partition_tag(params: &[Param]) -> Result<Option<Name>> {
    let mut tag = None;
    for param in params {
        if !param.name.value.eq_ignore_ascii_case("partition_tag")
            && !param.name.value.eq_ignore_ascii_case("partition_tags")
        {
            return Err(Diagnostic::new(
                Code::UnknownParameter,
                format!("unknown parameter `{}`", param.name),
            )
            .at(param.name.span)
            .suggest(&param.name.value, ["partition_tag"], "it takes"));
        }
        let [value] = param.values.as_slice() else {
            return Err(Diagnostic::new(Code::SyntaxError, "one partition tag belongs here")
                .at(param.name.span));
        };
        let text = match &value.value {
            Value::Text(text) if text.is_empty() => {
                return Err(
                    Diagnostic::new(Code::SyntaxError, "a name is empty here").at(value.span)
                );
            }
            Value::Text(text) => text.clone(),
            Value::Int(number) => number.to_string(),
            Value::Variable(_) => return Err(no_variable(value.span)),
            _ => {
                return Err(Diagnostic::new(Code::SyntaxError, "a partition tag is a string")
                    .at(value.span));
            }
        };
        once(&mut tag, Spanned::new(text, value.span), "partition_tag", param.name.span)?;
    }
    Ok(tag)
}
