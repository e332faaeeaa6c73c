//! A small collection with its rows, built without a service, and the filters over it.

use std::collections::HashMap;

use milvus_engine::error::Error;
use milvus_engine::expr::value::Value;
use milvus_engine::expr::{self, Filter, Texts};
use milvus_engine::schema::Schema;
use milvus_engine::segment::Segment;
use milvus_engine::segment::column::Column;
use milvus_proto::common::KeyValuePair;
use milvus_proto::schema::field_data::Field as Columns;
use milvus_proto::schema::scalar_field::Data as Scalars;
use milvus_proto::schema::{
    ArrayArray, BoolArray, CollectionSchema, DataType, DoubleArray, FieldData, FieldSchema,
    FloatArray, GeometryWktArray, IntArray, JsonArray, LongArray, ScalarField, StringArray,
    TimestamptzArray,
};
use serde_json::Value as Json;

/// A collection with its rows, and a vector that nobody asks for.
pub struct Collection {
    pub schema: Schema,
    pub segment: Segment,
}

impl Collection {
    /// Fields, and rows as JSON objects; what is `null` is NULL.
    pub fn new(mut fields: Vec<FieldSchema>, dynamic: bool, rows: &[Json]) -> Collection {
        fields.push(field("vector", DataType::SparseFloatVector));
        let schema = Schema::new(CollectionSchema {
            name: "rows".into(),
            fields,
            enable_dynamic_field: dynamic,
            ..CollectionSchema::default()
        })
        .unwrap();
        let columns: Vec<Column> = schema
            .fields
            .iter()
            .map(|field| {
                let mut sent = FieldData { field_name: field.name.clone(), ..FieldData::default() };
                let values: Vec<&Json> = rows.iter().map(|row| &row[&field.name]).collect();
                if field.is_vector() {
                    let mut column = Column::new(field);
                    rows.iter().for_each(|_| column.push_null(field));
                    return column;
                }
                if field.nullable {
                    sent.valid_data = values.iter().map(|value| !value.is_null()).collect();
                }
                let there: Vec<&Json> = match field.nullable {
                    true => values.into_iter().filter(|value| !value.is_null()).collect(),
                    false => values,
                };
                let data = scalars(field.data_type, field.element_type, &there);
                sent.field = Some(Columns::Scalars(ScalarField { data: Some(data) }));
                Column::from_field_data(field, &sent, rows.len()).unwrap()
            })
            .collect();
        let mut segment = Segment::new(&schema);
        segment.append(&columns, &vec![0; rows.len()]);
        Collection { schema, segment }
    }

    pub fn filter(&self, text: &str) -> Result<Filter, Error> {
        self.filter_with(text, &[])
    }

    pub fn filter_with(&self, text: &str, values: &[(&str, Value)]) -> Result<Filter, Error> {
        let values: HashMap<String, Value> =
            values.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
        expr::parse(text)?.typed(&self.schema, &values)
    }

    /// The numbers of the rows that match, from one; the same whatever the rows are cut into.
    pub fn matching(&self, text: &str) -> Vec<usize> {
        self.matching_with(text, &[])
    }

    pub fn matching_with(&self, text: &str, values: &[(&str, Value)]) -> Vec<usize> {
        let filter = self.filter_with(text, values).unwrap_or_else(|why| panic!("{text}: {why}"));
        self.rows_of(&filter, text)
    }

    /// The same of a filter that is typed; the text is for whoever reads of a failure.
    pub fn rows_of(&self, filter: &Filter, text: &str) -> Vec<usize> {
        let rows = self.segment.rows();
        let texts = Words { segment: &self.segment };
        let whole: Vec<usize> =
            filter.matches(&self.segment, 0..rows, &texts).ones().map(|row| row + 1).collect();
        for step in [1, 3] {
            let mut cut = Vec::new();
            for start in (0..rows).step_by(step) {
                let bits = filter.matches(&self.segment, start..start + step, &texts);
                assert_eq!(bits.len(), step.min(rows - start));
                cut.extend(bits.ones().map(|row| start + row + 1));
            }
            assert_eq!(cut, whole, "{text}, {step} rows at a time");
        }
        whole
    }
}

/// Words between blanks, as an analyzer would have them.
pub struct Words<'a> {
    pub segment: &'a Segment,
}

impl Words<'_> {
    fn of(&self, column: usize, row: usize) -> Vec<String> {
        match self.segment.column(column).unwrap().cell(row) {
            milvus_engine::segment::column::Cell::Text(text) => {
                text.split_whitespace().map(str::to_lowercase).collect()
            }
            other => panic!("asked for {other:?}"),
        }
    }
}

impl Texts for Words<'_> {
    fn text_match(&self, column: usize, row: usize, query: &str, least: usize) -> bool {
        let words = self.of(column, row);
        query.split_whitespace().filter(|term| words.contains(&term.to_lowercase())).count()
            >= least
    }

    fn phrase_match(&self, column: usize, row: usize, query: &str, slop: u32) -> bool {
        match slop {
            0 => self.of(column, row).join(" ").contains(query),
            _ => self.text_match(column, row, query, query.split_whitespace().count()),
        }
    }
}

pub fn field(name: &str, data_type: DataType) -> FieldSchema {
    let param = |key: &str, value: &str| KeyValuePair { key: key.into(), value: value.into() };
    let type_params = match data_type {
        DataType::VarChar | DataType::Text => {
            vec![param("max_length", "200"), param("enable_match", "true")]
        }
        DataType::FloatVector | DataType::BinaryVector => vec![param("dim", "8")],
        _ => Vec::new(),
    };
    FieldSchema {
        name: name.into(),
        data_type: data_type.into(),
        type_params,
        ..Default::default()
    }
}

pub fn key(name: &str) -> FieldSchema {
    FieldSchema { is_primary_key: true, ..field(name, DataType::Int64) }
}

pub fn nullable(name: &str, data_type: DataType) -> FieldSchema {
    FieldSchema { nullable: true, ..field(name, data_type) }
}

pub fn array(name: &str, element: DataType) -> FieldSchema {
    let params = [("max_capacity", "20"), ("max_length", "200")];
    FieldSchema {
        element_type: element.into(),
        type_params: params
            .map(|(key, value)| KeyValuePair { key: key.into(), value: value.into() })
            .to_vec(),
        ..field(name, DataType::Array)
    }
}

fn scalars(data_type: DataType, element: DataType, values: &[&Json]) -> Scalars {
    let ints = || values.iter().map(|value| value.as_i64().unwrap());
    let floats = || values.iter().map(|value| value.as_f64().unwrap());
    let texts = || values.iter().map(|value| value.as_str().unwrap().to_string()).collect();
    match data_type {
        DataType::Bool => Scalars::BoolData(BoolArray {
            data: values.iter().map(|value| value.as_bool().unwrap()).collect(),
        }),
        DataType::Int8 | DataType::Int16 | DataType::Int32 => {
            Scalars::IntData(IntArray { data: ints().map(|value| value as i32).collect() })
        }
        DataType::Int64 => Scalars::LongData(LongArray { data: ints().collect() }),
        DataType::Timestamptz => {
            Scalars::TimestamptzData(TimestamptzArray { data: ints().collect() })
        }
        DataType::Float => {
            Scalars::FloatData(FloatArray { data: floats().map(|value| value as f32).collect() })
        }
        DataType::Double => Scalars::DoubleData(DoubleArray { data: floats().collect() }),
        DataType::VarChar | DataType::Text => Scalars::StringData(StringArray { data: texts() }),
        DataType::Geometry => Scalars::GeometryWktData(GeometryWktArray { data: texts() }),
        DataType::Json => Scalars::JsonData(JsonArray {
            data: values.iter().map(|value| value.to_string().into_bytes()).collect(),
        }),
        DataType::Array => Scalars::ArrayData(ArrayArray {
            element_type: element.into(),
            data: values
                .iter()
                .map(|value| {
                    let elements: Vec<&Json> = value.as_array().unwrap().iter().collect();
                    ScalarField { data: Some(scalars(element, DataType::None, &elements)) }
                })
                .collect(),
        }),
        other => panic!("no rows of {other:?}"),
    }
}
