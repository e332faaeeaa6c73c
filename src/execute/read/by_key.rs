//! A search among the rows that the kernel chooses. In: what is read, with a condition that the
//! server does not know. Out: the same with their keys for a condition: the hits of a search are
//! the closest of all that meet it, and not what is left of the closest.

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::execute::context::Context;
use crate::execute::read::filter;
use crate::execute::read::outputs::{OutputField, Outputs};
use crate::execute::read::scan::Read;
use crate::milvus::Platform;
use crate::outcome::{Datum, Table, grouped};

/// Keys that a search is given, at the most: the expression stays some hundred kilobytes.
const MAX_KEYS: usize = 10_000;

impl<'a> Read<'a> {
    /// What a search can go by.
    pub(crate) async fn by_key<P: Platform>(
        mut self,
        context: &Context<'_, P>,
    ) -> Result<Read<'a>> {
        let Some(rest) = self.rest.clone() else { return Ok(self) };
        let key = &self.collection.primary()?.name;
        let outputs = Outputs::of_fields(vec![OutputField::whole(key)]);
        let mut keys: Vec<Datum> = Vec::new();
        let take = |page: Table| {
            keys.extend(page.rows.into_iter().filter_map(|row| row.into_iter().next()));
            if keys.len() <= MAX_KEYS {
                return Ok(());
            }
            let message = format!(
                "more than {} rows meet this condition, which the kernel looks at before it \
                 searches",
                grouped(MAX_KEYS as u64)
            );
            Err(Diagnostic::new(Code::OutOfRange, message)
                .at(rest.expr.span)
                .help("add a condition that the server knows: on a field as it is stored")
                .help("or store what is computed in a field of its own"))
        };
        self.pages(&outputs, 0, u64::MAX, context, take).await?;
        self.expr = filter::key_among(self.collection.primary()?, &keys);
        self.rest = None;
        Ok(self)
    }
}
