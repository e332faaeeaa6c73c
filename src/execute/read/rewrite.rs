//! A SELECT as it is carried out: `*` beside others is written out, and a distance that is an item
//! (`v <-> :q AS score`) makes a search of the statement, with `score` for its distance. In: a
//! SELECT, and its collection. Out: the same in other words.

use std::borrow::Cow;

use crate::diagnostic::{Code, Diagnostic, Result, Spanned};
use crate::execute::catalog::collection::{Collection, DYNAMIC_FIELD};
use crate::language::ast::{
    Expr, ExprKind, Filter, Item, Items, Name, Order, Output, Search, Select, Target, Value,
};
use crate::language::print;

pub(crate) fn rewritten<'a>(
    select: &'a Select,
    collection: &Collection,
) -> Result<Cow<'a, Select>> {
    if let Some(select) = meant(select, collection) {
        return Ok(Cow::Owned(rewritten(&select, collection)?.into_owned()));
    }
    let Items::Listed(items) = &select.items else {
        // what hits of the same distance are sorted by stands beside them
        return match &select.order {
            Some(Order::Search { then, .. }) if !then.is_empty() => {
                let every = Output::Every { except: Vec::new() };
                let items = Items::Listed(vec![Item { output: every, alias: None }]);
                let select = Select { items, ..select.clone() };
                Ok(Cow::Owned(rewritten(&select, collection)?.into_owned()))
            }
            _ => Ok(Cow::Borrowed(select)),
        };
    };
    let is_plain = |item: &Item| match &item.output {
        Output::Every { .. } => false,
        Output::Computed(expr) => !matches!(expr.kind, ExprKind::Distance(_)),
        Output::Field { .. } | Output::Aggregate { .. } => true,
    };
    if items.iter().all(is_plain) {
        return Ok(Cow::Borrowed(select));
    }
    let mut select = select.clone();
    let Items::Listed(items) = &mut select.items else { return Ok(Cow::Owned(select)) };
    for item in items {
        let Output::Computed(expr) = &item.output else { continue };
        let ExprKind::Distance(search) = &expr.kind else { continue };
        let search = (**search).clone();
        let alias = item.alias.as_ref();
        order_by(&mut select.order, &search, alias, expr)?;
        if let (Some(alias), Some(Filter::Expr(condition))) = (alias, &mut select.filter)
            && collection.find(&alias.value).is_none()
        {
            rename(condition, alias);
        }
        let head = Spanned::new(print::search(&search), expr.span);
        item.alias = Some(item.alias.take().unwrap_or(head));
        let name = Spanned::new(distance(collection)?, expr.span);
        item.output = Output::Field { name, path: Vec::new() };
    }
    let is_search = matches!(select.order, Some(Order::Search { .. }));
    if let Items::Listed(items) = &mut select.items {
        *items = written_out(std::mem::take(items), is_search, collection)?;
    }
    Ok(Cow::Owned(select))
}

/// A text beside a field that BM25 makes is words that are looked for.
fn meant(select: &Select, collection: &Collection) -> Option<Select> {
    let Some(Order::Search { search, direction, then }) = &select.order else { return None };
    let Target::Vectors { vectors, .. } = &search.target else { return None };
    let [Spanned { value: Value::Text(text), span }] = vectors.as_slice() else { return None };
    let field = collection.find(&search.field.value)?;
    let function = collection.function_of(field)?;
    let input = Spanned::new(function.input_field_names.first()?.clone(), search.field.span);
    let target = Target::Text(Spanned::new(Value::Text(text.clone()), *span));
    let order = Order::Search {
        search: Search { field: input, target },
        direction: direction.clone(),
        then: then.clone(),
    };
    Some(Select { order: Some(order), ..select.clone() })
}

/// Makes the search the statement's: it is sorted by it, by its alias, or by nothing.
fn order_by(
    order: &mut Option<Order>,
    search: &Search,
    alias: Option<&Name>,
    expr: &Expr,
) -> Result<()> {
    let (direction, then) = match order {
        None => (None, Vec::new()),
        Some(Order::Search { search: other, .. }) => {
            if print::search(other) == print::search(search) {
                return Ok(());
            }
            return Err(Diagnostic::new(Code::NotSupported, "a statement has one search")
                .at(expr.span)
                .help("write the same field, operator and vector in both, or `distance` here"));
        }
        Some(Order::By(keys)) => {
            let is_it = |output: &Output| match output {
                Output::Field { name, path } => {
                    path.is_empty() && alias.is_some_and(|alias| alias.value == name.value)
                }
                Output::Computed(key) => {
                    print::output(&Output::Computed(key.clone()))
                        == print::output(&Output::Computed(Box::new(expr.clone())))
                }
                _ => false,
            };
            match keys.as_slice() {
                [key, then @ ..] if is_it(&key.output) => {
                    (Some(Spanned::new(key.direction, expr.span)), then.to_vec())
                }
                _ => {
                    return Err(Diagnostic::new(
                        Code::NotSupported,
                        "a search gives the closest first, and has no other order",
                    )
                    .at(expr.span)
                    .help("sort by the distance first, or leave ORDER BY out"));
                }
            }
        }
    };
    // the closest first is what ascending means of a distance, and descending of a score
    let direction = direction
        .filter(|direction| direction.value == crate::language::ast::Direction::Descending);
    *order = Some(Order::Search { search: search.clone(), direction, then });
    Ok(())
}

/// The name of the search's own column.
pub(crate) fn distance(collection: &Collection) -> Result<String> {
    let own = ["distance", "score"].into_iter().find(|own| collection.find(own).is_none());
    own.map(str::to_string).ok_or_else(|| {
        Diagnostic::new(
            Code::NotSupported,
            "the table has fields named `distance` and `score`: the search's own has no name",
        )
    })
}

/// In conditions that stand beside AND, the alias is the distance.
fn rename(condition: &mut Expr, alias: &Name) {
    match &mut condition.kind {
        ExprKind::Chain { first, rest } => {
            rename(first, alias);
            rest.iter_mut().for_each(|(_, part)| rename(part, alias));
        }
        ExprKind::Compare { first, .. } => {
            if let ExprKind::Field { name, path } = &mut first.kind
                && path.is_empty()
                && name.value == alias.value
            {
                name.value = "distance".to_string();
            }
        }
        _ => {}
    }
}

/// In a condition over groups an alias is what it stands for, where no field has its name.
pub(crate) fn by_alias(expr: &mut Expr, items: &[Item], collection: &Collection) {
    let inner = |expr: &mut Expr| by_alias(expr, items, collection);
    match &mut expr.kind {
        ExprKind::Field { name, path }
            if path.is_empty() && collection.find(&name.value).is_none() =>
        {
            let is_it =
                |item: &&Item| item.alias.as_ref().is_some_and(|alias| alias.value == name.value);
            match items.iter().find(is_it).map(|item| &item.output) {
                Some(Output::Computed(computed)) => expr.kind = computed.kind.clone(),
                Some(aggregate @ Output::Aggregate { .. }) => {
                    expr.kind = ExprKind::Aggregate(Box::new(aggregate.clone()));
                }
                Some(Output::Field { name, path }) => {
                    expr.kind = ExprKind::Field { name: name.clone(), path: path.clone() };
                }
                Some(Output::Every { .. }) | None => {}
            }
        }
        ExprKind::Chain { first, rest } | ExprKind::Compare { first, rest } => {
            inner(first);
            rest.iter_mut().for_each(|(_, part)| inner(part));
        }
        ExprKind::Between { left, low, high, .. } => {
            [left, low, high].into_iter().for_each(|part| inner(part));
        }
        ExprKind::Call { args, .. } => args.iter_mut().for_each(inner),
        ExprKind::Not(of)
        | ExprKind::In { left: of, .. }
        | ExprKind::Like { left: of, .. }
        | ExprKind::IsNull { left: of, .. }
        | ExprKind::IsTruth { left: of, .. }
        | ExprKind::Cast { of, .. } => inner(of),
        _ => {}
    }
}

/// `*` as its fields: of a search also the distance.
fn written_out(items: Vec<Item>, is_search: bool, collection: &Collection) -> Result<Vec<Item>> {
    let mut out = Vec::new();
    for item in items {
        let Output::Every { except } = &item.output else {
            out.push(item);
            continue;
        };
        if let Some(alias) = &item.alias {
            return Err(Diagnostic::new(Code::SyntaxError, "`*` has no alias").at(alias.span));
        }
        for name in except {
            if collection.find(&name.value).is_none() && name.value != DYNAMIC_FIELD {
                return Err(collection.unknown_field(name));
            }
        }
        let fields = collection.fields.iter().map(|field| field.name.clone());
        let mut names: Vec<String> =
            fields.chain(collection.dynamic.then(|| DYNAMIC_FIELD.to_string())).collect();
        if is_search {
            let key = collection.primary()?.name.clone();
            names.retain(|name| *name != key);
            names.splice(0..0, [key, distance(collection)?]);
        }
        names.retain(|name| !except.iter().any(|except| except.value == *name));
        out.extend(names.into_iter().map(|name| Item {
            output: Output::Field {
                name: Spanned::new(name, Default::default()),
                path: Vec::new(),
            },
            alias: None,
        }));
    }
    Ok(out)
}
