//! CREATE, ALTER and DROP of tables, partitions, indexes and other objects. What an object cannot
//! have (a password, a table) is refused here, where its place is known.

use milvus_kernel_grammar::Rule;
use pest::iterators::Pair;

use super::builder::*;
use crate::diagnostic::{Code, Diagnostic, Result, Span, Spanned};
use crate::language::ast::*;

/// `PRIMARY KEY (id)` says it of a column as `id BIGINT PRIMARY KEY` does.
fn mark_key(columns: &mut [Column], key: &Name) -> Result<()> {
    if let Some(column) = columns.iter_mut().find(|column| column.name.value == key.value) {
        column.primary_key = true;
        return Ok(());
    }
    let known = columns.iter().map(|column| column.name.value.as_str());
    Err(Diagnostic::new(Code::UnknownField, format!("unknown field `{key}`")).at(key.span).suggest(
        &key.value,
        known,
        "its columns are",
    ))
}

impl<'a> Builder<'a> {
    pub(super) fn create(&self, rule: Rule, mut parts: Parts<'a>) -> Result<Kind> {
        Ok(match rule {
            Rule::create_table => self.create_table(parts)?,
            Rule::create_from => self.create_from(parts)?,
            Rule::create_as => {
                let if_not_exists = parts.skip(&[Rule::TABLE]).has(Rule::if_not_exists);
                let table = self.table(&mut parts)?;
                let source = parts.skip(&[Rule::AS, Rule::SELECT]).next()?;
                let source = match source.as_rule() {
                    Rule::subquery => self.subquery(source)?,
                    _ => self.select(self.parts(source))?,
                };
                Kind::CreateAs { table, if_not_exists, source }
            }
            Rule::create_like => {
                let if_not_exists = parts.skip(&[Rule::TABLE]).has(Rule::if_not_exists);
                let table = self.table(&mut parts)?;
                let like = self.table(parts.skip(&[Rule::LIKE]))?;
                Kind::CreateLike { table, if_not_exists, like }
            }
            Rule::create_object => self.create_object(parts)?,
            Rule::create_partition => {
                let if_not_exists = parts.skip(&[Rule::PARTITION]).has(Rule::if_not_exists);
                let partition = self.name(parts.next()?)?;
                Kind::CreatePartition { table: self.table(&mut parts)?, partition, if_not_exists }
            }
            Rule::create_index => {
                let if_not_exists = parts
                    .skip(&[Rule::vector_kind, Rule::INDEX, Rule::index_mode])
                    .has(Rule::if_not_exists);
                let name = parts.take(Rule::name).map(|pair| self.name(pair)).transpose()?;
                let table = self.table(&mut parts)?;
                Kind::CreateIndex { table, index: self.index(name, parts)?, if_not_exists }
            }
            Rule::original_create_table => Kind::OriginalCreateTable {
                table: self.table(&mut parts)?,
                params: self.original_where(parts.next()?)?,
            },
            Rule::original_create_partition => {
                let (table, partition) = self.original_partition(parts)?;
                Kind::CreatePartition { table, partition, if_not_exists: false }
            }
            Rule::original_create_index => Kind::OriginalCreateIndex {
                table: self.name(parts.skip(&[Rule::INDEX]).next()?)?,
                params: self.original_where(parts.next()?)?,
            },
            _ => return Err(internal(parts.span)),
        })
    }

    pub(super) fn alter(&self, rule: Rule, mut parts: Parts<'a>) -> Result<Kind> {
        Ok(match rule {
            Rule::alter_table => {
                let table = self.table(&mut parts)?;
                if let Some(pair) = parts.take(Rule::alter_partition) {
                    let mut parts = self.parts(pair);
                    let adds = parts.has(Rule::ADD);
                    let partition =
                        self.name(parts.skip(&[Rule::DROP_WORD, Rule::PARTITION]).next()?)?;
                    return Ok(match adds {
                        true => Kind::CreatePartition { table, partition, if_not_exists: false },
                        false => Kind::DropPartition { table, partition, if_exists: false },
                    });
                }
                Kind::AlterTable { table, change: self.change(parts.next()?)? }
            }
            Rule::alter_index => {
                let index = self.name(parts.skip(&[Rule::INDEX]).next()?)?;
                let table = self.table(&mut parts)?;
                Kind::AlterIndex { index, table, change: self.change(parts.next()?)? }
            }
            _ => self.alter_object(parts)?,
        })
    }

    /// A comment is the description that Milvus keeps among the properties.
    pub(super) fn comment_on(&self, mut parts: Parts<'a>) -> Result<Kind> {
        let table = self.table(&mut parts)?;
        let text = parts.skip(&[Rule::IS]).next()?;
        let span = self.span(&text);
        let name = Spanned::new("collection.description".to_string(), span);
        let values = vec![Spanned::new(Value::Text(unquote(text.as_str())), span)];
        Ok(Kind::AlterTable { table, change: Change::Set(vec![Param { name, values }]) })
    }

    pub(super) fn drop(&self, rule: Rule, mut parts: Parts<'a>) -> Result<Kind> {
        Ok(match rule {
            Rule::drop_table => {
                let if_exists = parts.skip(&[Rule::TABLE]).has(Rule::if_exists);
                Kind::DropTable { table: self.table(&mut parts)?, if_exists }
            }
            Rule::drop_storage => Kind::DropStorage,
            Rule::drop_object => {
                let object = self.object(parts.next()?)?;
                let if_exists = parts.has(Rule::if_exists);
                let name = self.text_name(parts.next()?)?;
                let table = self.optional_table(&mut parts, object)?;
                Kind::DropObject { object, name, if_exists, table }
            }
            Rule::drop_partition => {
                let if_exists = parts.skip(&[Rule::PARTITION]).has(Rule::if_exists);
                let partition = self.name(parts.next()?)?;
                Kind::DropPartition { table: self.table(&mut parts)?, partition, if_exists }
            }
            Rule::drop_index => {
                let if_exists = parts.skip(&[Rule::INDEX]).has(Rule::if_exists);
                let index = self.name(parts.next()?)?;
                Kind::DropIndex { index, table: self.table(&mut parts)?, if_exists }
            }
            Rule::original_drop_partition => {
                let (table, partition) = self.original_partition(parts)?;
                Kind::DropPartition { table, partition, if_exists: false }
            }
            Rule::original_drop_index => {
                Kind::OriginalDropIndex(self.name(parts.skip(&[Rule::INDEX]).next()?)?)
            }
            _ => return Err(internal(parts.span)),
        })
    }

    fn create_table(&self, mut parts: Parts<'a>) -> Result<Kind> {
        let if_not_exists = parts.skip(&[Rule::TABLE]).has(Rule::if_not_exists);
        let table = self.table(&mut parts)?;
        self.few(&parts)?;
        let (mut columns, mut indexes, mut key) = (Vec::new(), Vec::new(), None);
        loop {
            if let Some(pair) = parts.take(Rule::column) {
                columns.push(self.column(pair)?);
            } else if let Some(pair) = parts.take(Rule::key_clause) {
                let span = self.span(&pair);
                once(&mut key, self.key(pair)?, "PRIMARY KEY", span)?;
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
        if let Some(key) = key {
            mark_key(&mut columns, &key)?;
        }
        let mut params = self.with(&mut parts)?;
        if let Some(pair) = parts.take(Rule::partition_count) {
            let mut count = self.parts(pair);
            let word = count.next()?;
            let values = vec![self.value(count.next()?)?];
            let name = Spanned::new("num_partitions".to_string(), self.span(&word));
            params.push(Param { name, values });
        }
        while let Some(pair) = parts.take(Rule::table_option) {
            let mut option = self.parts(pair);
            let word = option.next()?;
            let last = word.as_str().split_whitespace().last().unwrap_or_default();
            let name = Spanned::new(last.to_ascii_lowercase(), self.span(&word));
            let value = self.name(option.next()?)?;
            let values = vec![Spanned::new(Value::Text(value.value), value.span)];
            params.push(Param { name, values });
        }
        Ok(Kind::CreateTable(CreateTable { table, if_not_exists, columns, indexes, params }))
    }

    /// The column of `PRIMARY KEY (id)`.
    fn key(&self, pair: Pair<'a, Rule>) -> Result<Name> {
        let fields = self.parts(pair).skip(&[Rule::PRIMARY, Rule::KEY]).next()?;
        let mut names = self.names(fields)?;
        match (names.pop(), names.first()) {
            (Some(name), None) => Ok(name),
            (second, _) => {
                let span = second.map_or(Span::default(), |name| name.span);
                Err(Diagnostic::new(Code::SyntaxError, "a primary key is one column").at(span))
            }
        }
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
                    .help("write `CREATE USER u PASSWORD '…'`"))
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
            Rule::add_field => Change::AddField {
                if_not_exists: parts.has(Rule::if_not_exists),
                column: Box::new(self.column(parts.next()?)?),
            },
            Rule::drop_field => Change::DropField(self.name(parts.next()?)?),
            Rule::rename => Change::Rename(self.name(parts.next()?)?),
            Rule::alter_field => {
                let field = self.name(parts.next()?)?;
                if let Some(pair) = parts.take(Rule::new_length) {
                    let mut parts = self.parts(pair);
                    let word = parts.skip(&[Rule::TYPE]).next()?;
                    let name = Spanned::new("max_length".to_string(), self.span(&word));
                    let params = vec![Param { name, values: vec![self.value(parts.next()?)?] }];
                    return Ok(Change::SetField { field, params });
                }
                match self.change(parts.next()?)? {
                    Change::Reset(names) => Change::ResetField { field, names },
                    Change::Set(params) => Change::SetField { field, params },
                    _ => return Err(internal(parts.span)),
                }
            }
            _ => Change::Set(self.params(parts.next()?)?),
        })
    }

    fn column(&self, pair: Pair<'a, Rule>) -> Result<Column> {
        let mut parts = self.parts(pair);
        let name = self.parts(parts.next()?).next()?;
        let mut data_type = self.parts(parts.next()?);
        let type_name = self.written(&data_type.next()?);
        let element = data_type
            .take(Rule::element_type)
            .map(|pair| self.type_name(&mut self.parts(pair)))
            .transpose()?;
        let size = data_type.take(Rule::value).map(|pair| self.value(pair)).transpose()?;
        data_type.skip(&[Rule::scale]);
        let mark = data_type.take(Rule::array_mark);
        let data_type = TypeName { name: type_name, size };
        let mut column = Column::new(self.name(name)?, data_type, element);
        if let Some(mark) = mark {
            self.marked(&mut column, mark)?;
        }
        for option in parts.pairs {
            let option = self.parts(option).next()?;
            let rule = option.as_rule();
            let span = self.span(&option);
            let written = Spanned::new(option.as_str().trim_end().to_string(), span);
            let mut option = self.parts(option);
            match rule {
                Rule::analyzed_text => column.params.push(Param {
                    name: Spanned::new("enable_analyzer".to_string(), span),
                    values: vec![Spanned::new(Value::Bool(true), span)],
                }),
                Rule::unkept => column.unkept.push(written),
                Rule::primary_key => column.primary_key = true,
                Rule::partition_key => column.partition_key = true,
                Rule::clustering_key => column.clustering_key = true,
                Rule::auto_increment => column.auto_increment = true,
                Rule::nullable => once(&mut column.nullable, true, "NULL", span)?,
                Rule::not_null => once(&mut column.nullable, false, "NULL", span)?,
                Rule::default => once(
                    &mut column.default,
                    self.value(option.skip(&[Rule::DEFAULT]).next()?)?,
                    "DEFAULT",
                    span,
                )?,
                Rule::comment => once(
                    &mut column.comment,
                    unquote(option.skip(&[Rule::COMMENT_WORD]).next()?.as_str()),
                    "COMMENT",
                    span,
                )?,
                Rule::generated => {
                    option.skip(&[Rule::GENERATED, Rule::ALWAYS, Rule::AS]);
                    let function = self.written(&option.next()?);
                    once(
                        &mut column.generated,
                        Generated { function, input: self.name(option.next()?)? },
                        "AS",
                        span,
                    )?;
                }
                _ => column.params.extend(self.with(&mut option)?),
            }
        }
        Ok(column)
    }

    /// `FLOAT[3]` is a vector, and `TEXT[]` an array.
    fn marked(&self, column: &mut Column, mark: Pair<'a, Rule>) -> Result<()> {
        let span = self.span(&mark);
        let size = match self.parts(mark).take(Rule::lifted) {
            Some(lifted) => self.lifted(lifted)?.exact().pop(),
            None => None,
        };
        let floats = ["FLOAT", "REAL", "FLOAT4", "FLOAT32"];
        let written = &mut column.data_type;
        let is_float = floats.iter().any(|word| written.name.value.eq_ignore_ascii_case(word));
        let word = if is_float && size.is_some() { "VECTOR" } else { "ARRAY" };
        let outer = TypeName { name: Spanned::new(word.to_string(), span), size };
        let inner = std::mem::replace(written, outer);
        if word == "ARRAY" && column.element.replace(inner).is_some() {
            let message = "an array of arrays is not kept";
            return Err(Diagnostic::new(Code::SyntaxError, message).at(span).help("write JSON"));
        }
        Ok(())
    }

    pub(super) fn type_name(&self, parts: &mut Parts<'a>) -> Result<TypeName> {
        let name = self.written(&parts.next()?);
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

    pub(super) fn object(&self, pair: Pair<'a, Rule>) -> Result<Object> {
        let word = one_blank(pair.as_str());
        Object::ALL
            .iter()
            .find(|(known, _)| *known == word)
            .map(|(_, object)| *object)
            .ok_or_else(|| internal(self.span(&pair)))
    }

    /// `ON t`, which only a snapshot has.
    pub(super) fn optional_table(
        &self,
        parts: &mut Parts<'a>,
        object: Object,
    ) -> Result<Option<Name>> {
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
}
