//! Arrays of structs: their parts by name, and what is asked of their elements.

use milvus_proto::schema::DataType;

use super::column::Column;
use super::{Result, Typed, Types};
use crate::expr::lex::Token;
use crate::expr::literal::{self, Int};
use crate::expr::plan::{Node as Plan, Operand, Place};
use crate::expr::tree::{Node, Quantity, Tree};
use crate::schema::structs::column_name;

impl Types<'_> {
    /// `s[part]`, `s[0][part]`, or `$[part]` of the element in question.
    pub(super) fn part(&self, source: &str) -> Result<Column> {
        let (name, rest) = source.split_at(source.find('[').unwrap_or(source.len()));
        let mut brackets =
            rest.split('[').skip(1).map(|inner| inner.strip_suffix(']').unwrap_or(inner));
        let (first, second) = (brackets.next().unwrap_or_default(), brackets.next());
        let (array, part, index) = match (name, second) {
            ("$", _) => match self.array {
                Some(array) => (array, first, None),
                None => {
                    return Err(format!(
                        "{source} syntax can only be used inside ElementFilter or MATCH_*"
                    ));
                }
            },
            (name, None) => (name, first, None),
            (name, Some(part)) => (name, part, Some(first)),
        };
        let full = column_name(array, part);
        let is_element = name == "$";
        let found = self.schema.find(&full);
        let (place, field) = found.ok_or_else(|| match is_element {
            true => format!("array field not found: {full}"),
            false => format!("struct field not found: {full}"),
        })?;
        let data_type = if is_element { field.element_type } else { field.data_type };
        Ok(Column {
            index: place,
            data_type,
            element_type: if is_element { DataType::None } else { field.element_type },
            path: index.map(Into::into).into_iter().collect(),
            is_element,
        })
    }

    /// An array of structs by its name: the first of its columns.
    pub(super) fn whole_struct(&self, node: &Node) -> Option<Column> {
        let Tree::Name = node.tree else { return None };
        let name = self.source(node);
        if self.schema.find(name).is_some() {
            return None;
        }
        let index = self.schema.find_struct(name)?.columns.start;
        let field = self.schema.fields.get(index)?;
        let (data_type, element_type) = (field.data_type, field.element_type);
        Some(Column { index, data_type, element_type, path: Vec::new(), is_element: false })
    }

    #[inline(never)]
    pub(super) fn element_filter(&self, array: Token, of: &Node) -> Result<Plan> {
        let (column, of) = self.of_elements("ElementFilter", "element", array, of)?;
        Ok(Plan::ElementFilter { column, of, rows: Box::new(Plan::Always(true)) })
    }

    #[inline(never)]
    pub(super) fn match_elements(
        &self,
        how: Quantity,
        array: Token,
        of: &Node,
        threshold: Option<Token>,
    ) -> Result<Plan> {
        let name = how.name();
        let count = match threshold.map(|token| (literal::int(self.token(token)), token)) {
            None => 0,
            Some((Ok(Int::Value(0)), _)) if how == Quantity::Least => {
                return Err(format!("count in {name} must be positive, got: 0"));
            }
            Some((Ok(Int::Value(count)), _)) => count as usize,
            Some((_, token)) => return Err(format!("invalid count: {}", self.token(token))),
        };
        let (column, of) = self.of_elements(name, "predicate", array, of)?;
        Ok(Plan::Match { column, of, how, count })
    }

    /// What is asked of each element, and a column of the array.
    fn of_elements(
        &self,
        function: &str,
        what: &str,
        array: Token,
        of: &Node,
    ) -> Result<(usize, Box<Plan>)> {
        if let Some(outer) = self.array {
            return Err(format!(
                "nested {function} is not supported, already inside {} for field: {outer}",
                if what == "element" { "ElementFilter" } else { "match expression" }
            ));
        }
        let name = self.token(array);
        let words = self.words(of);
        let inner = Types { array: Some(name), ..*self };
        let typed = inner
            .typed(of)
            .map_err(|why| format!("cannot parse {what} expression: {words}, error: {why}"))?;
        let Typed::Filter(plan) = typed else {
            return Err(format!("invalid {what} expression in {function}: {words}"));
        };
        let all = check(&plan)
            .map_err(|why| format!("invalid {what} expression in {function}: {why}"))?;
        if !all {
            return Err(format!("{what} expression in {function} must use element-level fields"));
        }
        let column = self.schema.find_struct(name).map(|found| found.columns.start);
        let column = column.ok_or_else(|| format!("array field not found: {name}"))?;
        Ok((column, Box::new(plan)))
    }
}

/// Whether all that is asked is of elements.
fn check(plan: &Plan) -> Result<bool> {
    let of_element = |of: &Operand| match of.place {
        Place::Each => Ok(true),
        Place::Whole | Place::Element(_) | Place::Keys(_) => {
            Err("MATCH predicate can only use element-level fields".to_string())
        }
    };
    let refused = |what: &str| Err(format!("{what} inside MATCH predicate"));
    match plan {
        Plan::Always(_) => Ok(false),
        Plan::Not(inner) => check(inner),
        Plan::And(parts) | Plan::Or(parts) => {
            parts.iter().try_fold(true, |all, part| Ok(check(part)? && all))
        }
        Plan::Compare { of, .. }
        | Plan::Range { of, .. }
        | Plan::In { of, .. }
        | Plan::Like { of, .. }
        | Plan::Matches { of, .. } => of_element(of),
        Plan::Fields { .. } => refused("column-to-column comparison is not supported"),
        Plan::ContainsAny { .. } | Plan::ContainsAll { .. } => {
            refused("array/JSON contains expressions are not supported")
        }
        Plan::Sample { .. } => refused("random sample is not supported"),
        Plan::ElementFilter { .. } | Plan::Match { .. } => refused("a nested one is not supported"),
        Plan::Null { .. }
        | Plan::Exists { .. }
        | Plan::Time { .. }
        | Plan::TextMatch { .. }
        | Plan::PhraseMatch { .. }
        | Plan::Spatial { .. } => {
            Err("MATCH predicate can only use element-level fields".to_string())
        }
    }
}
