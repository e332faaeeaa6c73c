//! Rows with arrays of structs: what was inserted is read back, and mistakes.

use milvus_proto::milvus as pb;
use milvus_proto::schema::field_data::Field as Columns;
use milvus_proto::schema::scalar_field::Data as Scalars;
use milvus_proto::schema::vector_field::Data as Vectors;
use milvus_proto::schema::{DataType, FieldData};

use super::data::{ROWS, Row, Struct, columns, create, insert, schema};
use super::{Server, longs, parts, query};

type Read = (i64, String, Vec<f32>);

/// The structs of a reply, put together from its columns.
fn structs(data: &[FieldData]) -> Vec<Option<Vec<Read>>> {
    let parts = parts(data, "s");
    let part = |name: &str| parts.iter().find(|part| part.field_name == name).unwrap();
    let lists = |name: &str| match part(name).field.clone() {
        Some(Columns::Scalars(scalars)) => match scalars.data {
            Some(Scalars::ArrayData(lists)) => lists.data,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    let vectors = match part("vec").field.clone() {
        Some(Columns::Vectors(vectors)) => match vectors.data {
            Some(Vectors::VectorArray(lists)) => lists.data,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    let (ranks, tags) = (lists("rank"), lists("tag"));
    let flags = &part("rank").valid_data;
    assert!(parts.iter().all(|part| part.valid_data == *flags));
    let row = |row: usize| {
        let ranks = match ranks[row].data.clone() {
            Some(Scalars::LongData(longs)) => longs.data,
            _ => Vec::new(),
        };
        let tags = match tags[row].data.clone() {
            Some(Scalars::StringData(texts)) => texts.data,
            _ => Vec::new(),
        };
        let vectors = match vectors[row].data.clone() {
            Some(Vectors::FloatVector(floats)) => floats.data,
            other => panic!("{other:?}"),
        };
        let vectors = vectors.chunks(2).map(<[f32]>::to_vec);
        let all = ranks.into_iter().zip(tags).zip(vectors);
        all.map(|((rank, tag), vector)| (rank, tag, vector)).collect()
    };
    (0..flags.len()).map(|index| flags[index].then(|| row(index))).collect()
}

fn expected(rows: &[Row]) -> Vec<Option<Vec<Read>>> {
    let one = |(rank, tag, vector): &Struct| (*rank, tag.to_string(), vector.to_vec());
    rows.iter().map(|(_, structs)| structs.map(|all| all.iter().map(one).collect())).collect()
}

#[test]
fn what_was_inserted_is_read_back() {
    let mut server = Server::by("MAX_SIM_COSINE");
    for outputs in [&["s"][..], &["*"], &["s[rank]", "s[tag]", "s[vec]"]] {
        let found = server.done(query("id > 0", outputs, &[]));
        assert_eq!(structs(&found.fields_data), expected(&ROWS), "{outputs:?}");
        assert!(found.output_fields.contains(&"s".to_string()));
        let array = found.fields_data.iter().find(|data| data.field_name == "s").unwrap();
        assert_eq!((array.r#type(), array.field_id), (DataType::ArrayOfStruct, 102));
    }
    let found = server.done(query("id == 5", &["s[rank]"], &[]));
    let [only] = parts(&found.fields_data, "s").try_into().unwrap();
    assert_eq!((only.field_name.as_str(), only.valid_data), ("rank", vec![true]));
}

#[test]
fn an_upsert_takes_the_place_of_structs_or_leaves_them() {
    let mut server = Server::by("MAX_SIM_COSINE");
    let rows: [Row; 2] = [(1, None), (3, Some(&[(7, "new", [0.5, 0.5])]))];
    let upsert = |fields_data: Vec<FieldData>, partial_update| pb::UpsertRequest {
        collection_name: "e".to_string(),
        num_rows: 2,
        fields_data,
        partial_update,
        ..Default::default()
    };
    server.done(upsert(columns(&rows), false));
    let found = server.done(query("id in [1, 3]", &["s"], &[]));
    assert_eq!(structs(&found.fields_data), expected(&rows));
    let mut others = columns(&rows);
    others.truncate(2);
    server.done(upsert(others, true));
    let found = server.done(query("id in [1, 3]", &["s"], &[]));
    assert_eq!(structs(&found.fields_data), expected(&rows));
    let compact = pb::ManualCompactionRequest { collection_id: 0, ..Default::default() };
    server.ask(compact);
    assert_eq!(server.ids("s is null"), [1]);
}

#[test]
fn a_struct_that_is_left_out_is_null_where_it_may() {
    let mut server = Server::by("MAX_SIM_COSINE");
    let mut request = insert(&[(8, None), (9, None)]);
    request.fields_data.truncate(2);
    server.done(request);
    // columns of nothing but flags are left out, too
    let mut request = insert(&[(10, None)]);
    let Some(Columns::StructArrays(array)) = &mut request.fields_data[2].field else { panic!() };
    array.fields.iter_mut().for_each(|part| part.field = None);
    server.done(request.clone());
    assert_eq!(server.ids("s is null"), [3, 8, 9, 10]);
    let Some(Columns::StructArrays(array)) = &mut request.fields_data[2].field else { panic!() };
    array.fields[1].valid_data = vec![true];
    let reason = server.wrong(request);
    assert!(reason.contains("claims row 0 is valid but no payload is provided"), "{reason}");

    let mut asked = schema();
    asked.struct_array_fields[0].nullable = false;
    let mut server = Server::empty();
    server.done(create(&asked));
    let mut request = insert(&ROWS[..1]);
    request.fields_data.truncate(2);
    let reason = server.wrong(request);
    assert!(reason.contains("required struct array field 's' is missing in insert"), "{reason}");
    assert!(server.wrong(insert(&ROWS)).contains("field s[rank] is not nullable"));
}

#[test]
fn mistakes_in_rows_are_told_in_the_words_of_milvus() {
    type Change = fn(&mut Vec<FieldData>);
    let cases: &[(Change, &str)] = &[
        (
            |parts| drop(parts.pop()),
            "length of fields of struct field mismatch length of the fields in schema, fieldName: \
             s, collectionName:e, fieldData fields length:2, schema fields length:3",
        ),
        (
            |parts| parts[0].field_name = "other".into(),
            "sub-field 'other' not found in struct schema 's'",
        ),
        (
            |parts| parts[1].field = None,
            "inconsistent sub-field data in struct 's': 2 of 3 sub-fields have data, all must be \
             present or all absent",
        ),
        (
            |parts| parts[1].valid_data.truncate(2),
            "sub-field ValidData length mismatch in struct 's': 'rank' has 5, 'tag' has 2",
        ),
        (
            |parts| parts[2].valid_data = vec![true, true, true, false, true],
            "sub-field ValidData mismatch in struct 's' at row 2: 'rank'=false, 'vec'=true",
        ),
        (
            |parts| *lists(&mut parts[0])[3] = Scalars::LongData(Default::default()),
            "inconsistent struct element count in struct 's' at row 4: 'rank' has 0, 'tag' has 3",
        ),
        (
            |parts| {
                let data = vec!["a".to_string(); 5];
                *lists(&mut parts[1])[0] =
                    Scalars::StringData(milvus_proto::schema::StringArray { data });
            },
            "the length (5) of 0th array exceeds max capacity (4): invalid \
             parameter[expected=valid length array][actual=array length exceeds max capacity]",
        ),
        (
            |parts| vectors(&mut parts[2]).extend([1.0; 4]),
            "the length (5) of array of vector field s[vec] exceeds max capacity (4)",
        ),
        (
            |parts| vectors(&mut parts[2]).truncate(4),
            "inconsistent struct element count in struct 's' at row 4",
        ),
        (|parts| vectors(&mut parts[2])[0] = f32::NAN, "value 'NaN' is not a number or infinity"),
        (
            |parts| vectors(&mut parts[2]).push(1.0),
            "is not divisible by vector width 8 of field s[vec]",
        ),
    ];
    for (change, words) in cases {
        let mut server = Server::empty();
        server.done(create(&schema()));
        let mut request = insert(&ROWS);
        let Some(Columns::StructArrays(array)) = &mut request.fields_data[2].field else {
            panic!()
        };
        change(&mut array.fields);
        let reason = server.wrong(request);
        assert!(reason.contains(words), "{words}: {reason}");
    }
    let mut server = Server::empty();
    server.done(create(&schema()));
    let mut request = insert(&ROWS);
    request.fields_data[2].field = request.fields_data[0].field.clone();
    let reason = server.wrong(request);
    assert!(reason.contains("field convert FieldData_StructArrays fail in fieldData"), "{reason}");
    let mut request = insert(&ROWS);
    request.fields_data[1].field_name = "s[rank]".to_string();
    let reason = server.wrong(request);
    assert!(reason.contains("fieldName s[rank] not exist in collection schema"), "{reason}");
}

/// The lists of a field, as many as rows have one.
fn lists(part: &mut FieldData) -> Vec<&mut Scalars> {
    match &mut part.field {
        Some(Columns::Scalars(scalars)) => match &mut scalars.data {
            Some(Scalars::ArrayData(lists)) => {
                lists.data.iter_mut().filter_map(|list| list.data.as_mut()).collect()
            }
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

/// The numbers of the vectors in the last list.
fn vectors(part: &mut FieldData) -> &mut Vec<f32> {
    let Some(Columns::Vectors(vectors)) = &mut part.field else { panic!() };
    let Some(Vectors::VectorArray(lists)) = &mut vectors.data else { panic!() };
    match &mut lists.data.last_mut().unwrap().data {
        Some(Vectors::FloatVector(floats)) => &mut floats.data,
        other => panic!("{other:?}"),
    }
}

/// A key of a row is that of its structs, whichever row it became.
#[test]
fn deletes_by_elements() {
    let mut server = Server::by("MAX_SIM_COSINE");
    let reply = server.done(pb::DeleteRequest {
        collection_name: "e".to_string(),
        expr: r#"MATCH_ANY(s, $[tag] == "ops")"#.to_string(),
        ..Default::default()
    });
    assert_eq!(reply.delete_cnt, 1);
    let found = server.done(query("id > 0", &["id"], &[]));
    assert_eq!(longs(&found.fields_data[0]), [1, 2, 3, 4]);
}
