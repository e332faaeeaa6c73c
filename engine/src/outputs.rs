//! The fields that a read gives back. In: the names of a request. Out: columns of rows.

use milvus_proto::schema::FieldData;
use milvus_proto::schema::field_data::Field as Columns;
use milvus_proto::schema::scalar_field::Data as Scalars;

use crate::error::{Error, Kind, Result};
use crate::schema::{DYNAMIC_FIELD, Schema};
use crate::segment::Segment;

#[derive(Clone, Debug, Default)]
pub struct Outputs {
    /// the columns, in the order of their names
    fields: Vec<usize>,
    /// the keys of the dynamic field that are asked for; all of them where there are none
    keys: Vec<String>,
    /// as a reply lists them
    pub names: Vec<String>,
}

impl Outputs {
    /// `*` is every field; a name that no field has is a key of the dynamic field.
    pub fn new(schema: &Schema, names: &[String]) -> Result<Outputs> {
        let mut outputs = Outputs::default();
        let mut whole_dynamic = false;
        for name in names {
            // Milvus lets `%` stand for all as well
            if matches!(name.as_str(), "*" | "%") {
                for (index, field) in schema.fields.iter().enumerate() {
                    if !field.message.is_function_output {
                        outputs.add(index, schema.shown_name(index).unwrap_or(&field.name));
                        whole_dynamic |= field.is_dynamic();
                    }
                }
                continue;
            }
            if let Some(array) = schema.find_struct(name) {
                array.columns.for_each(|column| outputs.add(column, name));
                continue;
            }
            match (schema.find(name), schema.dynamic()) {
                (Some((_, field)), _) if field.message.is_function_output => {
                    return Err(Error::invalid(format!(
                        "not allowed to retrieve raw data of field {name}"
                    )));
                }
                (Some((index, field)), _) => {
                    whole_dynamic |= field.is_dynamic();
                    outputs.add(index, schema.shown_name(index).unwrap_or(name));
                }
                (None, Some((index, _))) => {
                    outputs.add(index, name);
                    let key = name.strip_prefix(DYNAMIC_FIELD).map_or(name.as_str(), unquoted);
                    outputs.keys.push(key.to_string());
                }
                (None, None) => {
                    return Err(Error::new(Kind::FieldNotFound, format!("field {name} not exist")));
                }
            }
        }
        if whole_dynamic {
            outputs.keys.clear();
        }
        Ok(outputs)
    }

    /// The same with the key first, which a query always gives.
    pub fn with_key(mut self, schema: &Schema) -> Outputs {
        if !self.fields.contains(&schema.primary()) {
            self.fields.push(schema.primary());
            self.names.push(schema.primary_field().name.clone());
        }
        self
    }

    pub fn gather(&self, schema: &Schema, segment: &Segment, rows: &[usize]) -> Vec<FieldData> {
        let fields =
            self.fields.iter().filter_map(|index| Some((*index, schema.fields.get(*index)?)));
        let columns = fields.map(|(index, field)| {
            let mut data = segment.gather(index, field, rows);
            if field.is_dynamic() && !self.keys.is_empty() {
                self.narrow(&mut data);
            }
            (index, data)
        });
        schema.regrouped(columns.collect())
    }

    fn add(&mut self, index: usize, name: &str) {
        if !self.fields.contains(&index) {
            self.fields.push(index);
        }
        if !self.names.iter().any(|there| there == name) {
            self.names.push(name.to_string());
        }
    }

    /// Leaves the keys that were asked for in each object.
    fn narrow(&self, data: &mut FieldData) {
        let Some(Columns::Scalars(scalars)) = &mut data.field else { return };
        let Some(Scalars::JsonData(objects)) = &mut scalars.data else { return };
        for object in &mut objects.data {
            let parsed = serde_json::from_slice(object);
            let Ok(serde_json::Value::Object(mut keys)) = parsed else { continue };
            keys.retain(|key, _| self.keys.contains(key));
            *object = serde_json::Value::Object(keys).to_string().into_bytes();
        }
    }
}

/// `key` of `["key"]`.
fn unquoted(path: &str) -> &str {
    path.trim_matches(['[', ']', '"', '\''])
}
