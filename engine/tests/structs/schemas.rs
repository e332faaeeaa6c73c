//! Schemas with arrays of structs: what is created, described, added and dropped, and mistakes.

use milvus_proto::milvus as pb;
use milvus_proto::milvus::alter_collection_schema_request as alter;
use milvus_proto::schema::{DataType, FieldSchema, StructArrayFieldSchema, ValueField};

use super::data::{array, create, index, load, part, schema};
use super::{Server, query};

#[test]
fn a_struct_is_described_as_it_was_created() {
    let mut server = Server::empty();
    let mut asked = schema();
    asked.enable_dynamic_field = true;
    server.done(create(&asked));
    // the same once more is no mistake
    server.done(create(&asked));
    let there = server.describe();
    let ids: Vec<i64> = there.fields.iter().map(|field| field.field_id).collect();
    // 102 is the dynamic field's
    assert_eq!(ids, [100, 101]);
    let [found] = there.struct_array_fields.as_slice() else { panic!("{there:?}") };
    assert_eq!((found.name.as_str(), found.field_id, found.nullable), ("s", 103, true));
    let parts: Vec<_> = found.fields.iter().map(|f| (f.name.as_str(), f.field_id)).collect();
    assert_eq!(parts, [("rank", 104), ("tag", 105), ("vec", 106)]);
    assert!(found.fields.iter().all(|field| field.nullable));
}

#[test]
fn mistakes_in_a_struct_are_told_in_the_words_of_milvus() {
    type Change = fn(&mut StructArrayFieldSchema);
    let cases: &[(Change, &str)] = &[
        (|s| s.fields.clear(), "struct array field s has no sub-fields"),
        (|s| s.name = "1s".into(), "Invalid field name: 1s"),
        (|s| s.name = "v".into(), "duplicated field name v found"),
        (|s| s.fields[1].name = "rank".into(), "duplicated field name s[rank] found"),
        (|s| s.fields[0].name = "a-b".into(), "Invalid field name: a-b"),
        (
            |s| s.fields[0].is_primary_key = true,
            "primary key is not supported for struct field, field name = rank",
        ),
        (|s| s.fields[0].auto_id = true, "autoID is not supported for struct field"),
        (|s| s.fields[0].is_partition_key = true, "partition key is not supported for struct"),
        (|s| s.fields[0].is_clustering_key = true, "clustering key is not supported for struct"),
        (
            |s| s.fields[0].data_type = DataType::Int64.into(),
            "fields in StructArrayField must be Array or ArrayOfVector, field name = rank, field \
             type = Int64",
        ),
        (
            |s| s.fields[0].element_type = DataType::Array.into(),
            "nested array is not supported rank",
        ),
        (|s| s.fields[0].element_type = DataType::Json.into(), "element type JSON is not supp"),
        (
            |s| s.fields[2].element_type = DataType::SparseFloatVector.into(),
            "Unsupported element type SparseFloatVector of ArrayOfVector field vec, only fixed",
        ),
        (|s| s.fields[2].type_params.remove(0).key.clear(), "dimension is not defined in field"),
        (|s| s.fields[1].type_params.remove(0).key.clear(), "type param(max_length) should be"),
        (|s| s.fields[0].type_params.clear(), "type param(max_capacity) should be specified"),
        (
            |s| s.fields[1].type_params[1].value = "5".into(),
            "all sub-fields in struct array field must have the same max_capacity: structName=s, \
             subFieldName=tag, max_capacity=5, expected=4",
        ),
        (
            |s| (s.nullable, s.fields[0].nullable) = (false, true),
            "sub-field in non-nullable struct cannot be nullable individually, set nullable on \
             the struct instead: structName=s, subFieldName=rank",
        ),
    ];
    for (change, words) in cases {
        let mut asked = schema();
        change(&mut asked.struct_array_fields[0]);
        let reason = Server::empty().wrong(create(&asked));
        assert!(reason.contains(words), "{words}: {reason}");
    }
    let mut outside = schema();
    outside.fields.push(part("lists", DataType::FloatVector, &[("dim", "2")]));
    let words = "array of vector can only be in the struct array field, field name: lists";
    assert!(Server::empty().wrong(create(&outside)).contains(words));
    let mut many = schema();
    let numbers = (0..62).map(|n| part(&format!("n{n}"), DataType::Int8, &[]));
    many.struct_array_fields[0].fields.extend(numbers);
    assert!(Server::empty().wrong(create(&many)).contains("should be limited to 64"));
}

/// A vector within structs is one: no other is needed.
#[test]
fn vectors_of_structs_count() {
    let mut asked = schema();
    asked.fields.retain(|field| field.name != "v");
    let mut server = Server::empty();
    server.done(create(&asked));
    assert!(server.wrong(load()).contains("there is no vector index on field: [s[vec]]"));
    server.done(index("s[vec]", "MAX_SIM_COSINE"));
    server.done(load());
    asked.struct_array_fields[0].fields.truncate(2);
    let reason = Server::empty().wrong(create(&asked));
    assert!(reason.contains("schema does not contain vector field"), "{reason}");
}

fn add(array: StructArrayFieldSchema) -> pb::AddCollectionStructFieldRequest {
    pb::AddCollectionStructFieldRequest {
        collection_name: "e".to_string(),
        struct_array_field_schema: Some(array),
        ..Default::default()
    }
}

fn drop(identifier: alter::drop_request::Identifier) -> pb::AlterCollectionSchemaRequest {
    let identifier = Some(identifier);
    let op = alter::DropRequest { identifier, ..Default::default() };
    pb::AlterCollectionSchemaRequest {
        collection_name: "e".to_string(),
        action: Some(alter::Action { op: Some(alter::action::Op::DropRequest(op)) }),
        ..Default::default()
    }
}

#[test]
fn a_struct_is_added_and_dropped() {
    use alter::drop_request::Identifier::{FieldId, FieldName};
    let mut server = Server::by("MAX_SIM_COSINE");
    server.done(add(array("more")));
    assert_eq!(server.describe().struct_array_fields[1].field_id, 106);
    assert_eq!(server.ids("more is null"), [1, 2, 3, 4, 5]);
    assert_eq!(server.ids("MATCH_ANY(s, $[rank] == 13)"), [5]);
    for (array, words) in [
        (array("s"), "duplicated field name s"),
        (array("id"), "duplicated field name id"),
        (StructArrayFieldSchema { nullable: false, ..array("x") }, "added struct field must be"),
        (
            StructArrayFieldSchema {
                fields: vec![FieldSchema {
                    default_value: Some(ValueField::default()),
                    ..part("n", DataType::Int8, &[])
                }],
                ..array("x")
            },
            "default value is not supported for struct field, field name = n",
        ),
    ] {
        let reason = server.wrong(add(array));
        assert!(reason.contains(words), "{words}: {reason}");
    }
    let reason = server.wrong(drop(FieldName("s[rank]".to_string())));
    assert!(reason.contains("cannot drop sub-field of struct array field: s.rank"), "{reason}");
    server.done(drop(FieldName("s".to_string())));
    let reason = server.wrong(query("MATCH_ANY(s, $[rank] == 13)", &["id"], &[]));
    assert!(reason.contains("array field not found: s[rank]"), "{reason}");
    assert_eq!(server.ids("more is null && id > 3"), [4, 5]);
    server.done(drop(FieldId(106)));
    assert!(server.describe().struct_array_fields.is_empty());
    let mut alone = schema();
    alone.fields.retain(|field| field.name != "v");
    let mut server = Server::empty();
    server.done(create(&alone));
    let reason = server.wrong(drop(FieldName("s".to_string())));
    assert!(reason.contains("cannot drop struct array field s: it would leave no"), "{reason}");
}

#[test]
fn a_field_of_a_struct_is_altered() {
    let mut server = Server::by("MAX_SIM_COSINE");
    let change = |key: &str, value: &str| pb::AlterCollectionFieldRequest {
        collection_name: "e".to_string(),
        field_name: "s[tag]".to_string(),
        properties: vec![super::data::pair(key, value)],
        ..Default::default()
    };
    server.done(change("max_length", "20"));
    let there = server.describe();
    let tag = &there.struct_array_fields[0].fields[1];
    assert_eq!(tag.name, "tag");
    assert!(tag.type_params.contains(&super::data::pair("max_length", "20")), "{tag:?}");
    let whole = |key: &str| pb::AlterCollectionFieldRequest {
        field_name: "s".to_string(),
        ..change(key, "true")
    };
    server.done(whole("mmap.enabled"));
    let there = server.describe();
    let params = &there.struct_array_fields[0].type_params;
    assert_eq!(params.as_slice(), [super::data::pair("mmap.enabled", "true")]);
    let reason = server.wrong(whole("max_capacity"));
    assert!(reason.contains("max_capacity does not allow update"), "{reason}");
    let reason = server.wrong(change("max_capacity", "9"));
    assert!(reason.contains("must have the same max_capacity"), "{reason}");
}
