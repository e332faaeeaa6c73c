//! Definitions: what stands in a CREATE or an ALTER.

use super::select::steps;
use super::words::*;
use crate::language::ast::*;

/// Over several lines, a column or index each.
pub(crate) fn create_table(create: &CreateTable) -> String {
    let mut lines: Vec<String> = create.columns.iter().map(column).collect();
    lines.extend(create.indexes.iter().map(|index| {
        let own = index.name.as_ref().map_or_else(String::new, |own| format!("{} ", name(own)));
        format!("INDEX {own}{}", index_rest(index))
    }));
    format!(
        "CREATE TABLE {}{} (\n  {}\n){}",
        not_exists(create.if_not_exists),
        table_name(&create.table),
        lines.join(",\n  "),
        with(&create.params)
    )
}

fn size(written: &TypeName) -> String {
    written.size.as_ref().map_or_else(String::new, |size| format!("({})", spanned(size)))
}

/// `VARCHAR(32)`
pub(crate) fn type_name(written: &TypeName) -> String {
    format!("{}{}", written.name, size(written))
}

pub(crate) fn column(column: &Column) -> String {
    let mut out = format!("{} {}", name(&column.name), column.data_type.name);
    if let Some(element) = &column.element {
        out.push_str(&format!("<{}>", type_name(element)));
    }
    out.push_str(&size(&column.data_type));
    for (has, word) in [
        (column.primary_key, " PRIMARY KEY"),
        (column.auto_increment, " AUTO_INCREMENT"),
        (column.partition_key, " PARTITION KEY"),
        (column.clustering_key, " CLUSTERING KEY"),
        (column.nullable == Some(true), " NULL"),
        (column.nullable == Some(false), " NOT NULL"),
    ] {
        if has {
            out.push_str(word);
        }
    }
    out.push_str(&optional("DEFAULT", column.default.as_ref()));
    if let Some(generated) = &column.generated {
        out.push_str(&format!(
            " GENERATED ALWAYS AS ({}({}))",
            generated.function,
            name(&generated.input)
        ));
    }
    if let Some(comment) = &column.comment {
        out.push_str(&format!(" COMMENT {}", quote(comment)));
    }
    for constraint in &column.unkept {
        out.push_str(&format!(" {constraint}"));
    }
    out + &with(&column.params)
}

pub(super) fn index_rest(index: &Index) -> String {
    let ops = index.ops.as_ref().map_or_else(String::new, |ops| format!(" {}", name(ops)));
    let method =
        index.method.as_ref().map_or_else(String::new, |method| format!(" USING {}", name(method)));
    format!("({}{}{ops}){method}{}", name(&index.field), steps(&index.path), with(&index.params))
}

pub(super) fn change(change: &Change) -> String {
    match change {
        Change::AddField { column, if_not_exists } => {
            format!("ADD FIELD {}{}", not_exists(*if_not_exists), self::column(column))
        }
        Change::DropField(field) => format!("DROP FIELD {}", name(field)),
        Change::SetField { field, params } => {
            format!("ALTER FIELD {} SET PROPERTIES {}", name(field), parameters(params))
        }
        Change::ResetField { field, names } => {
            format!("ALTER FIELD {} DROP PROPERTIES ({})", name(field), strings(names))
        }
        Change::Rename(new) => format!("RENAME TO {}", name(new)),
        Change::Set(params) => format!("SET PROPERTIES {}", parameters(params)),
        Change::Reset(names) => format!("DROP PROPERTIES ({})", strings(names)),
    }
}

pub(super) fn create_object(create: &CreateObject) -> String {
    let table = create.table.as_ref().map_or_else(String::new, |table| {
        format!(
            " {} {}",
            if create.object == Object::Alias { "FOR" } else { "ON" },
            table_name(table)
        )
    });
    let password = optional("PASSWORD", create.password.as_ref());
    format!(
        "CREATE {} {}{}{table}{password}{}",
        create.object.word(),
        not_exists(create.if_not_exists),
        string(&create.name),
        with(&create.params)
    )
}

pub(super) fn object_change(change: &ObjectChange) -> String {
    match change {
        ObjectChange::Target(table) => format!("FOR {}", table_name(table)),
        ObjectChange::Password { new, old } => {
            format!("PASSWORD {}{}", spanned(new), optional("OLD", old.as_ref()))
        }
        ObjectChange::Members { add, names } => format!(
            "{} {}",
            if *add { "ADD" } else { "DROP" },
            names.iter().map(privilege).collect::<Vec<_>>().join(", ")
        ),
        ObjectChange::Set(params) => format!("SET PROPERTIES {}", parameters(params)),
        ObjectChange::Reset(names) => format!("DROP PROPERTIES ({})", strings(names)),
    }
}
