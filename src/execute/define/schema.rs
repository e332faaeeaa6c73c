//! The columns of CREATE TABLE and ADD FIELD become a schema of Milvus, with every rule of Milvus
//! said at the place that breaks it.

use crate::diagnostic::{Code, Diagnostic, Result, Spanned};
use crate::execute::catalog::aliases;
use crate::execute::catalog::collection::Collection;
use crate::execute::catalog::types::{self, type_word};
use crate::execute::context::Context;
use crate::execute::params::{self, pair};
use crate::execute::value;
use crate::language::ast::{Column, CreateTable, Name, Param, TypeName, Value};
use crate::language::print;
use crate::milvus::{Feature, Platform};
use milvus_proto::common::{ConsistencyLevel, KeyValuePair};
use milvus_proto::schema::{
    DataType, FieldSchema, FunctionSchema, FunctionType, ValueField, value_field,
};

const MAX_DIM: i64 = 32_768;
const MAX_LENGTH: i64 = 65_535;
const MAX_CAPACITY: i64 = 4_096;

/// The type parameters of Milvus that a column's WITH may hold.
pub(crate) const TYPE_PARAMS: [&str; 6] = [
    "enable_analyzer",
    "enable_match",
    "analyzer_params",
    "multi_analyzer_params",
    "mmap.enabled",
    "mmap_enabled",
];

/// What the WITH of a table takes.
pub(crate) const TABLE_PARAMS: [&str; 9] = [
    "shards",
    "consistency_level",
    "enable_dynamic_field",
    "description",
    "partition_key",
    "num_partitions",
    "clustering_key",
    "collection.ttl.seconds",
    "mmap.enabled",
];

/// A column as Milvus's field. Sends nothing that the server is too old for.
pub(crate) fn field<P: Platform>(column: &Column, context: &Context<'_, P>) -> Result<FieldSchema> {
    let data_type = stored_type(column, context)?;
    for constraint in &column.unkept {
        let column = &column.name;
        context
            .notice(format!("{column}: {constraint} has no effect, Milvus keeps none but the key"));
    }
    let mut element = DataType::None;
    let mut type_params = Vec::new();
    match (&column.element, data_type) {
        (Some(inner), DataType::Array) => {
            element = types::data_type(&inner.name)?;
            if element == DataType::Text {
                element = DataType::VarChar;
            }
            if matches!(
                element,
                DataType::Array | DataType::Json | DataType::Geometry | DataType::Timestamptz
            ) || matches!(element as i32, 100..=199)
            {
                return Err(Diagnostic::new(
                    Code::InvalidType,
                    format!("an array cannot hold {}", type_word(element)),
                )
                .at(inner.name.span));
            }
            type_params.extend(size(inner, element, context)?);
            let capacity = match &column.data_type.size {
                Some(capacity) => number(1, MAX_CAPACITY, "a capacity", capacity)?,
                None => {
                    let shown = print::type_name(inner);
                    context.notice(format!(
                        "{} holds up to {MAX_CAPACITY} values: `ARRAY<{shown}>(100)` says how many",
                        column.name
                    ));
                    MAX_CAPACITY
                }
            };
            type_params.push(pair("max_capacity", capacity));
        }
        (None, DataType::Array) => {
            return Err(Diagnostic::new(
                Code::MissingParameter,
                "an array needs the type of its values",
            )
            .at(column.data_type.name.span)
            .help("write `ARRAY<INT>(100)`"));
        }
        (Some(inner), _) => {
            return Err(Diagnostic::new(
                Code::InvalidType,
                format!("`{}` holds no other type", column.data_type.name),
            )
            .at(inner.name.span));
        }
        (None, _) => type_params.extend(size(&column.data_type, data_type, context)?),
    }
    needs(data_type, column, context)?;
    for param in &column.params {
        let name = &param.name.value;
        if name.eq_ignore_ascii_case("analyzer") {
            type_params.push(pair("analyzer_params", named_analyzer(param)?));
            continue;
        }
        let Some(known) = TYPE_PARAMS.iter().find(|known| known.eq_ignore_ascii_case(name)) else {
            return Err(params::unknown(
                param,
                &["enable_analyzer", "enable_match", "analyzer", "analyzer_params", "mmap.enabled"],
            ));
        };
        match *known {
            "enable_match" => context.needs(Feature::TextMatch, param.name.span)?,
            "mmap.enabled" | "mmap_enabled" => {}
            _ => context.needs(Feature::Bm25, param.name.span)?,
        }
        type_params.push(pair(known, params::plain(params::one(param)?)?));
    }
    let default_value = match &column.default {
        Some(value) => Some(ValueField { data: Some(default(value, data_type)?) }),
        None => None,
    };
    Ok(FieldSchema {
        name: column.name.value.clone(),
        data_type: data_type.into(),
        element_type: element.into(),
        is_primary_key: column.primary_key,
        is_partition_key: column.partition_key,
        is_clustering_key: column.clustering_key,
        auto_id: is_numbered(column),
        nullable: column.nullable == Some(true),
        default_value,
        is_function_output: column.generated.is_some(),
        description: column.comment.clone().unwrap_or_default(),
        type_params,
        ..FieldSchema::default()
    })
}

/// The type that a column is kept in: a server without TEXT gets the longest VARCHAR.
fn stored_type<P: Platform>(column: &Column, context: &Context<'_, P>) -> Result<DataType> {
    let data_type = types::data_type(&column.data_type.name)?;
    if aliases::is_decimal(&column.data_type.name.value) {
        context.notice(format!("{} became DOUBLE: Milvus keeps no exact decimals", column.name));
    }
    if column.primary_key && matches!(data_type, DataType::Int8 | DataType::Int16 | DataType::Int32)
    {
        context.notice(format!("{} became BIGINT: a key is BIGINT or VARCHAR", column.name));
        return Ok(DataType::Int64);
    }
    if data_type != DataType::Text || context.client.version().has(Feature::TextColumn) {
        return Ok(data_type);
    }
    if column.data_type.size.is_none() {
        context.notice(format!(
            "{} became VARCHAR({MAX_LENGTH}): {}",
            column.name,
            context.client.version().needs(Feature::TextColumn)
        ));
    }
    Ok(DataType::VarChar)
}

/// Whether the server gives the numbers of a key.
fn is_numbered(column: &Column) -> bool {
    column.auto_increment || column.data_type.name.value.eq_ignore_ascii_case(aliases::SERIAL)
}

fn needs<P: Platform>(
    data_type: DataType,
    column: &Column,
    context: &Context<'_, P>,
) -> Result<()> {
    let span = column.data_type.name.span;
    match data_type {
        DataType::Float16Vector => context.needs(Feature::Float16Column, span)?,
        DataType::BFloat16Vector => context.needs(Feature::Bfloat16Column, span)?,
        DataType::SparseFloatVector => context.needs(Feature::SparseColumn, span)?,
        DataType::Int8Vector => context.needs(Feature::Int8Column, span)?,
        DataType::Text => context.needs(Feature::TextColumn, span)?,
        DataType::Geometry => context.needs(Feature::GeometryColumn, span)?,
        DataType::Timestamptz => context.needs(Feature::TimestamptzColumn, span)?,
        _ => {}
    }
    if column.primary_key && (column.nullable == Some(true) || column.default.is_some()) {
        return Err(Diagnostic::new(Code::SyntaxError, "a primary key has no NULL and no DEFAULT")
            .at(column.name.span));
    }
    if column.nullable == Some(true) {
        context.needs(Feature::NullableColumn, column.name.span)?;
    }
    if let Some(default) = &column.default {
        context.needs(Feature::DefaultValue, default.span)?;
    }
    if column.clustering_key {
        context.needs(Feature::ClusteringKey, column.name.span)?;
    }
    Ok(())
}

fn number(low: i64, high: i64, what: &str, size: &Spanned<Value>) -> Result<i64> {
    match size.value {
        Value::Int(number) if (low..=high).contains(&number) => Ok(number),
        _ => {
            let message = format!("{what} is a whole number from {low} to {high}");
            let error = Diagnostic::new(Code::InvalidValue, message).at(size.span);
            Err(params::without_quotes(error, &size.value))
        }
    }
}

/// The number in parentheses as a type parameter.
fn size<P: Platform>(
    written: &TypeName,
    data_type: DataType,
    context: &Context<'_, P>,
) -> Result<Option<KeyValuePair>> {
    let name = &written.name;
    let vector = matches!(data_type as i32, 100..=199) && data_type != DataType::SparseFloatVector;
    Ok(match &written.size {
        Some(size) if vector => {
            let dim = number(
                1,
                MAX_DIM * if data_type == DataType::BinaryVector { 8 } else { 1 },
                "a dimension",
                size,
            )?;
            if data_type == DataType::BinaryVector && dim % 8 != 0 {
                return Err(Diagnostic::new(
                    Code::InvalidValue,
                    "the dimension of a binary vector is a multiple of 8",
                )
                .at(size.span));
            }
            Some(pair("dim", dim))
        }
        Some(size) if matches!(data_type, DataType::VarChar | DataType::Text) => {
            Some(pair("max_length", number(1, MAX_LENGTH, "a length in bytes", size)?))
        }
        Some(size) if data_type == DataType::SparseFloatVector => {
            number(1, i64::from(u32::MAX), "a dimension", size)?;
            context.notice("a sparse vector has no dimension: the number has no effect");
            None
        }
        Some(_) if aliases::is_decimal(&name.value) => None,
        Some(size) => {
            return Err(Diagnostic::new(Code::InvalidValue, format!("`{name}` takes no number"))
                .at(size.span)
                .help(format!("write `{name}`")));
        }
        None if vector => {
            return Err(Diagnostic::new(Code::MissingParameter, "a vector needs its dimension")
                .at(name.span)
                .help(format!("write `{name}(128)`")));
        }
        None if data_type == DataType::VarChar => Some(pair("max_length", MAX_LENGTH)),
        None => None,
    })
}

fn default(value: &Spanned<Value>, data_type: DataType) -> Result<value_field::Data> {
    use value_field::Data;
    let number = value::number(&value.value);
    Ok(match (data_type, &value.value) {
        (DataType::Bool, Value::Bool(flag)) => Data::BoolData(*flag),
        (DataType::Int8 | DataType::Int16 | DataType::Int32, Value::Int(number)) => {
            let bits = [(DataType::Int8, 8), (DataType::Int16, 16)]
                .iter()
                .find(|(known, _)| *known == data_type)
                .map_or(32, |(_, bits)| *bits);
            if !(-(1i64 << (bits - 1))..1i64 << (bits - 1)).contains(number) {
                return Err(Diagnostic::new(
                    Code::OutOfRange,
                    format!("{number} does not fit into {}", type_word(data_type)),
                )
                .at(value.span));
            }
            Data::IntData(*number as i32)
        }
        (DataType::Int64, Value::Int(number)) => Data::LongData(*number),
        (DataType::Float, _) if number.is_some() => {
            Data::FloatData(number.unwrap_or_default() as f32)
        }
        (DataType::Double, _) if number.is_some() => Data::DoubleData(number.unwrap_or_default()),
        (DataType::VarChar, Value::Text(text)) => Data::StringData(text.clone()),
        _ => {
            return Err(Diagnostic::new(
                Code::TypeMismatch,
                "this default does not fit the column",
            )
            .at(value.span)
            .label(format!("expected {}", type_word(data_type))));
        }
    })
}

/// What Milvus asks of the columns of a new table together; `partition_key` and `clustering_key`
/// are those of its WITH.
pub(crate) fn check<P: Platform>(
    create: &CreateTable,
    fields: &mut [FieldSchema],
    context: &Context<'_, P>,
) -> Result<Vec<FunctionSchema>> {
    mark_keys(&create.params, fields, context)?;
    check_primary_key(create, fields)?;
    check_columns(&create.columns)?;
    check_partition_key(create, fields)?;
    let vectors: Vec<&Column> = create
        .columns
        .iter()
        .zip(fields.iter())
        .filter(|(_, field)| matches!(field.data_type, 100..=199))
        .map(|(column, _)| column)
        .collect();
    match vectors.as_slice() {
        [] => {
            return Err(Diagnostic::new(Code::MissingVector, "a table needs a vector column")
                .at(create.table.span)
                .help("add `v VECTOR(128)`"));
        }
        [_, second, ..] => context.needs(Feature::SecondVectorColumn, second.name.span)?,
        [_] => {}
    }
    functions(&create.columns, fields, context)
}

/// The keys that WITH names.
fn mark_keys<P: Platform>(
    params: &[Param],
    fields: &mut [FieldSchema],
    context: &Context<'_, P>,
) -> Result<()> {
    for param in params {
        let slot: fn(&mut FieldSchema) -> &mut bool = match params::key(param).as_str() {
            "partition_key" => |field| &mut field.is_partition_key,
            "clustering_key" => {
                context.needs(Feature::ClusteringKey, param.name.span)?;
                |field| &mut field.is_clustering_key
            }
            _ => continue,
        };
        *slot(named(fields, &params::word(param)?)?) = true;
    }
    Ok(())
}

fn check_primary_key(create: &CreateTable, fields: &[FieldSchema]) -> Result<()> {
    let mut keys =
        create.columns.iter().zip(fields.iter()).filter(|(column, _)| column.primary_key);
    let Some((key, field)) = keys.next() else {
        return Err(Diagnostic::new(Code::MissingPrimaryKey, "no column is the primary key")
            .at(create.table.span)
            .help("write `id BIGINT PRIMARY KEY`"));
    };
    if let Some((second, _)) = keys.next() {
        let message = "a table has one primary key";
        return Err(Diagnostic::new(Code::SyntaxError, message).at(second.name.span));
    }
    match field.data_type() {
        DataType::Int64 | DataType::VarChar => Ok(()),
        _ => Err(Diagnostic::new(Code::InvalidType, "a primary key is BIGINT or VARCHAR")
            .at(key.data_type.name.span)),
    }
}

fn check_columns(columns: &[Column]) -> Result<()> {
    for (at, column) in columns.iter().enumerate() {
        if columns.iter().take(at).any(|other| other.name.value == column.name.value) {
            let message = format!("column `{}` stands twice", column.name);
            return Err(Diagnostic::new(Code::SyntaxError, message).at(column.name.span));
        }
        if is_numbered(column) && !column.primary_key {
            let message = "only the primary key can be AUTO_INCREMENT";
            return Err(Diagnostic::new(Code::SyntaxError, message).at(column.name.span));
        }
    }
    Ok(())
}

fn check_partition_key(create: &CreateTable, fields: &[FieldSchema]) -> Result<()> {
    let mut keys = fields.iter().filter(|field| field.is_partition_key);
    let Some(key) = keys.next() else { return Ok(()) };
    if keys.next().is_some() {
        let message = "a table has one partition key";
        return Err(Diagnostic::new(Code::SyntaxError, message).at(create.table.span));
    }
    if !key.is_primary_key && matches!(key.data_type(), DataType::Int64 | DataType::VarChar) {
        return Ok(());
    }
    let column = create.columns.iter().find(|column| column.name.value == key.name);
    let span = column.map_or(create.table.span, |column| column.name.span);
    let message = "a partition key is BIGINT or VARCHAR, and not the primary key";
    Err(Diagnostic::new(Code::InvalidType, message).at(span))
}

fn named<'a>(fields: &'a mut [FieldSchema], name: &Name) -> Result<&'a mut FieldSchema> {
    match fields.iter().position(|field| field.name == name.value) {
        Some(at) => fields.get_mut(at).ok_or_else(|| {
            Diagnostic::new(Code::UnknownField, format!("unknown field `{name}`")).at(name.span)
        }),
        None => {
            let known = fields.iter().map(|field| field.name.as_str());
            Err(Diagnostic::new(Code::UnknownField, format!("unknown field `{name}`"))
                .at(name.span)
                .suggest(&name.value, known, "its columns are"))
        }
    }
}

/// `analyzer = 'english'`, as Milvus's `analyzer_params`.
pub(crate) fn named_analyzer(param: &Param) -> Result<String> {
    Ok(serde_json::json!({ "type": params::word(param)?.value }).to_string())
}

/// The functions that fill columns. The text that BM25 reads needs an analyzer: it gets one, with a
/// notice.
fn functions<P: Platform>(
    columns: &[Column],
    fields: &mut [FieldSchema],
    context: &Context<'_, P>,
) -> Result<Vec<FunctionSchema>> {
    let mut functions = Vec::new();
    for column in columns {
        let Some(generated) = &column.generated else { continue };
        known_function(&generated.function)?;
        context.needs(Feature::Bm25, generated.function.span)?;
        let output = named(fields, &column.name)?.data_type();
        let input = named(fields, &generated.input)?;
        check_bm25(column, output, &generated.input, input.data_type())?;
        if !input.type_params.iter().any(|pair| pair.key == "enable_analyzer") {
            input.type_params.push(pair("enable_analyzer", "true"));
            context.notice(format!("{} got enable_analyzer = TRUE, which BM25 needs", input.name));
        }
        functions.push(bm25(column, &generated.input));
    }
    Ok(functions)
}

/// The function of a column that is added to a table: the text that it reads is there, with its
/// analyzer.
pub(crate) fn added_function(column: &Column, collection: &Collection) -> Result<FunctionSchema> {
    let generated = column.generated.as_ref().ok_or_else(|| {
        Diagnostic::new(Code::InternalError, "a column without a function").at(column.name.span)
    })?;
    known_function(&generated.function)?;
    let input = collection.field(&generated.input)?;
    check_bm25(
        column,
        types::data_type(&column.data_type.name)?,
        &generated.input,
        input.data_type,
    )?;
    if !input
        .params
        .iter()
        .any(|(key, value)| key == "enable_analyzer" && value.eq_ignore_ascii_case("true"))
    {
        return Err(Diagnostic::new(
            Code::NotSupported,
            format!("`{}` was created without an analyzer, which BM25 needs", generated.input),
        )
        .at(generated.input.span)
        .help(
            "only a column that was created `WITH (enable_analyzer = TRUE)` can be read by BM25",
        ));
    }
    Ok(bm25(column, &generated.input))
}

fn known_function(function: &Name) -> Result<()> {
    if function.value.eq_ignore_ascii_case("BM25") {
        return Ok(());
    }
    let error = Diagnostic::new(Code::NotSupported, format!("unknown function `{function}`"))
        .at(function.span);
    Err(error.suggest(&function.value, ["BM25"], "a column can be generated by"))
}

fn check_bm25(column: &Column, output: DataType, input: &Name, read: DataType) -> Result<()> {
    if output != DataType::SparseFloatVector {
        return Err(Diagnostic::new(Code::TypeMismatch, "BM25 makes a sparse vector")
            .at(column.data_type.name.span)
            .label("expected SPARSEVEC"));
    }
    if !matches!(read, DataType::VarChar | DataType::Text) {
        return Err(Diagnostic::new(
            Code::TypeMismatch,
            format!("BM25 reads a VARCHAR, and `{input}` is none"),
        )
        .at(input.span));
    }
    Ok(())
}

fn bm25(column: &Column, input: &Name) -> FunctionSchema {
    FunctionSchema {
        name: format!("{}_bm25", column.name),
        r#type: FunctionType::Bm25.into(),
        input_field_names: vec![input.value.clone()],
        output_field_names: vec![column.name.value.clone()],
        ..FunctionSchema::default()
    }
}

/// The parameters of CREATE TABLE's WITH that are no keys; the others with a point are properties.
pub(crate) struct Options {
    pub(crate) shards: i32,
    pub(crate) consistency: ConsistencyLevel,
    pub(crate) dynamic: bool,
    pub(crate) description: String,
    pub(crate) partitions: i64,
    pub(crate) properties: Vec<KeyValuePair>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            shards: 1,
            consistency: ConsistencyLevel::Bounded,
            dynamic: false,
            description: String::new(),
            partitions: 0,
            properties: Vec::new(),
        }
    }
}

pub(crate) fn options<P: Platform>(written: &[Param], context: &Context<'_, P>) -> Result<Options> {
    let mut options = Options::default();
    for param in written {
        match params::key(param).as_str() {
            "shards" => {
                options.shards = params::whole(param, 1, 64)? as i32;
            }
            "consistency_level" => {
                options.consistency = params::consistency(&params::word(param)?)?
            }
            "enable_dynamic_field" => options.dynamic = params::flag(param)?,
            "description" => options.description = params::word(param)?.value,
            "num_partitions" => options.partitions = params::whole(param, 1, 4_096)?,
            "partition_key" | "clustering_key" => {}
            // MySQL's
            "engine" | "charset" | "collate" => {
                context.notice(format!("{} has no effect", params::key(param).to_uppercase()));
            }
            name if name.contains('.') => options.properties.push(pair(
                aliases::parameter(&param.name.value),
                params::plain(params::one(param)?)?,
            )),
            _ => return Err(params::unknown(param, &TABLE_PARAMS)),
        }
    }
    Ok(options)
}
