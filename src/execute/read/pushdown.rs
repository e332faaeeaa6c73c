//! ORDER BY and GROUP BY as Milvus 3.0 does them itself. In: what is sorted or grouped by. Out: the
//! parameters of the query, if the server can do all of it, and what the reply says, if it is what
//! was asked for. The rest is left to `sort` and `aggregate`. (Milvus docs: query aggregation,
//! query ORDER BY.)

use crate::diagnostic::Result;
use crate::evaluate::order::Way;
use crate::execute::catalog::collection::{Collection, Field};
use crate::execute::context::Context;
use crate::execute::convert::datum;
use crate::execute::errors::NO_ANSWER;
use crate::execute::read::outputs::OutputField;
use crate::execute::read::scan::Read;
use crate::language::ast::{Direction, Function};
use crate::milvus::Platform;
use crate::outcome::{Datum, Table};
use milvus_proto::common::KeyValuePair;
use milvus_proto::milvus::QueryResults;
use milvus_proto::schema::{DataType, FieldData};

/// Rows that were sorted or grouped.
pub(crate) struct Arranged {
    pub(crate) table: Table,
    /// how many rows match the filter, or went into the groups
    pub(crate) count: u64,
    /// whether the kernel did it, which has read them all
    pub(crate) in_kernel: bool,
}

/// What the server makes of a query that sorts or groups.
pub(crate) enum Answer {
    Rows(QueryResults),
    /// it does not do it: the kernel does
    Refused,
    /// EXPLAIN reads nothing
    Unread,
}

/// Asks the server for a query that sorts or groups.
pub(crate) async fn on_server<P: Platform>(
    read: &Read<'_>,
    names: Vec<String>,
    query_params: Vec<KeyValuePair>,
    context: &Context<'_, P>,
) -> Result<Answer> {
    match read.query(&read.expr, names, query_params, context).await {
        Ok(Some(reply)) => Ok(Answer::Rows(reply)),
        Ok(None) => Ok(Answer::Unread),
        Err(error) if NO_ANSWER.contains(&error.code) => Err(error),
        Err(_) => Ok(Answer::Refused),
    }
}

/// `order_by_fields` of a query: rows of equal keys in the order of the primary key, NULL as the
/// largest.
pub(crate) fn order_by(
    keys: &[OutputField],
    ways: &[Way],
    collection: &Collection,
) -> Option<String> {
    let primary = collection.primary().ok()?;
    let mut parts = Vec::new();
    for (key, way) in keys.iter().zip(ways) {
        let field = field(key, collection).filter(|_| way.is_plain()).filter(|field| {
            use DataType::{Bool, Double, Float, Int8, Int16, Int32, Int64, VarChar};
            matches!(
                field.data_type,
                Bool | Int8 | Int16 | Int32 | Int64 | Float | Double | VarChar
            )
        })?;
        parts.push(format!(
            "{}:{}",
            field.name,
            if way.direction == Direction::Descending { "desc" } else { "asc" }
        ));
    }
    if !keys.iter().any(|key| key.field == primary.name) {
        parts.push(format!("{}:asc", primary.name));
    }
    Some(parts.join(","))
}

/// A query that groups.
#[derive(Debug, PartialEq)]
pub(crate) struct Grouping {
    /// the keys, the aggregates, and `count(*)`
    pub(crate) names: Vec<String>,
    /// `group_by_fields`; empty for one group of all rows
    pub(crate) by: String,
    keys: usize,
    /// where the reply has each aggregate
    places: Vec<usize>,
}

impl Grouping {
    pub(crate) fn of(
        keys: &[OutputField],
        aggregates: &[(Function, bool, Option<&OutputField>)],
        collection: &Collection,
    ) -> Option<Grouping> {
        use DataType::{Double, Float, Int8, Int16, Int32, Int64, VarChar};
        let mut names = Vec::new();
        for key in keys {
            let field = field(key, collection).filter(|field| {
                !field.nullable && matches!(field.data_type, Int8 | Int16 | Int32 | Int64 | VarChar)
            })?;
            names.push(field.name.clone());
        }
        let (by, keys) = (names.join(","), names.len());
        let mut places = Vec::new();
        for (function, distinct, of) in aggregates {
            let name = match of {
                None => "count(*)".to_string(),
                Some(of) => {
                    let field =
                        field(of, collection).filter(|field| !field.nullable && !distinct)?;
                    let can = match function {
                        Function::Count => true,
                        Function::Sum | Function::Avg => {
                            matches!(field.data_type, Int8 | Int16 | Int32 | Int64 | Float | Double)
                        }
                        Function::StdDev => false,
                        Function::Min | Function::Max => matches!(
                            field.data_type,
                            Int8 | Int16 | Int32 | Int64 | Float | Double | VarChar
                        ),
                    };
                    can.then(|| format!("{}({})", function.word(), field.name))?
                }
            };
            places.push(place(&mut names, name));
        }
        place(&mut names, "count(*)".to_string());
        Some(Grouping { names, by, keys, places })
    }

    /// Each group as a row of its keys and aggregates, and how many rows they hold in all; `None`
    /// of a reply that is not what was asked for.
    pub(crate) fn groups(&self, fields: &[FieldData]) -> Option<(Vec<Vec<Datum>>, u64)> {
        let columns = self.names.iter().map(|name| {
            let field = fields.iter().find(|field| field.field_name.eq_ignore_ascii_case(name))?;
            Some(datum::column(field.clone(), datum::rows(field)))
        });
        let columns: Vec<Vec<Datum>> = columns.collect::<Option<_>>()?;
        let count = columns.first()?.len();
        if count == 0 && self.by.is_empty() || columns.iter().any(|column| column.len() != count) {
            return None;
        }
        let mut rows = 0u64;
        for number in columns.get(self.names.iter().position(|name| name == "count(*)")?)? {
            let Datum::Int(number) = number else { return None };
            rows = rows.checked_add(u64::try_from(*number).ok()?)?;
        }
        let at = |row: usize, column: usize| {
            columns.get(column).and_then(|column| column.get(row)).cloned()
        };
        let columns_of_group: Vec<usize> =
            (0..self.keys).chain(self.places.iter().copied()).collect();
        let groups = (0..count).map(|row| {
            columns_of_group.iter().map(|column| at(row, *column)).collect::<Option<Vec<_>>>()
        });
        Some((groups.collect::<Option<_>>()?, rows))
    }
}

/// The field of the schema that is meant whole.
fn field<'a>(output: &OutputField, collection: &'a Collection) -> Option<&'a Field> {
    if output.path.is_empty() && !output.is_computed() {
        collection.find(&output.field)
    } else {
        None
    }
}

fn place(names: &mut Vec<String>, name: String) -> usize {
    names.iter().position(|known| *known == name).unwrap_or_else(|| {
        names.push(name);
        names.len() - 1
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use milvus_proto::schema::{
        CollectionSchema, FieldSchema, LongArray, ScalarField, StringArray, field_data,
        scalar_field,
    };

    fn collection() -> Collection {
        let field = |name: &str, data_type: DataType, primary| FieldSchema {
            name: name.to_string(),
            data_type: data_type.into(),
            is_primary_key: primary,
            nullable: name == "note",
            ..FieldSchema::default()
        };
        Collection::of_schema(CollectionSchema {
            name: "sales".to_string(),
            fields: vec![
                field("id", DataType::Int64, true),
                field("shop", DataType::VarChar, false),
                field("price", DataType::Double, false),
                field("note", DataType::VarChar, false),
                field("meta", DataType::Json, false),
            ],
            ..CollectionSchema::default()
        })
    }

    fn column(name: &str, data: scalar_field::Data) -> FieldData {
        FieldData {
            field_name: name.to_string(),
            field: Some(field_data::Field::Scalars(ScalarField { data: Some(data) })),
            ..FieldData::default()
        }
    }

    fn longs(name: &str, data: &[i64]) -> FieldData {
        column(name, scalar_field::Data::LongData(LongArray { data: data.to_vec() }))
    }

    fn texts(name: &str, data: &[&str]) -> FieldData {
        column(
            name,
            scalar_field::Data::StringData(StringArray {
                data: data.iter().map(|text| text.to_string()).collect(),
            }),
        )
    }

    #[test]
    fn sorts_by_fields_and_not_by_parts_of_json() {
        let by = |keys: &[OutputField]| {
            order_by(keys, &[Direction::Descending.into(), Way::ASCENDING], &collection())
        };
        assert_eq!(
            by(&[OutputField::whole("price"), OutputField::whole("shop")]).as_deref(),
            Some("price:desc,shop:asc,id:asc")
        );
        assert_eq!(by(&[OutputField::whole("id")]).as_deref(), Some("id:desc"));
        assert_eq!(by(&[OutputField::whole("meta")]), None);
        assert_eq!(by(&[OutputField::whole("a key of the dynamic field")]), None);
    }

    #[test]
    fn groups_what_the_server_can() {
        let of = |keys: &[&str], aggregates: &[(Function, bool, Option<&str>)]| {
            let keys: Vec<OutputField> = keys.iter().map(|key| OutputField::whole(key)).collect();
            let of: Vec<Option<OutputField>> =
                aggregates.iter().map(|(_, _, of)| of.map(OutputField::whole)).collect();
            let aggregates: Vec<_> = aggregates
                .iter()
                .zip(&of)
                .map(|((function, distinct, _), of)| (*function, *distinct, of.as_ref()))
                .collect();
            Grouping::of(&keys, &aggregates, &collection())
        };
        let grouping =
            of(&["shop"], &[(Function::Sum, false, Some("price")), (Function::Count, false, None)])
                .expect("a server can");
        assert_eq!(
            (grouping.names.join(" "), grouping.by.as_str()),
            ("shop sum(price) count(*)".to_string(), "shop")
        );
        assert_eq!(of(&["price"], &[]), None, "fractions are no key");
        assert_eq!(of(&["note"], &[]), None, "what NULL comes to is the kernel's");
        assert_eq!(
            of(&[], &[(Function::Count, true, Some("shop"))]),
            None,
            "DISTINCT is the kernel's"
        );

        let reply = [
            longs("count(*)", &[2, 1]),
            texts("shop", &["north", "south"]),
            longs("sum(price)", &[7, 8]),
        ];
        let (groups, rows) = grouping.groups(&reply).expect("it is what was asked for");
        assert_eq!(rows, 3);
        assert_eq!(groups[1], [Datum::Text("south".to_string()), Datum::Int(8), Datum::Int(1)]);
        // rows that are not grouped, and columns of different lengths
        assert_eq!(grouping.groups(&[texts("shop", &["north"])]), None);
        assert_eq!(
            grouping.groups(&[
                longs("count(*)", &[2]),
                texts("shop", &["north", "south"]),
                longs("sum(price)", &[7, 8])
            ]),
            None
        );
    }
}
