//! The candidates at a place, likeliest first. In: a place, with what the grammar tries there, and
//! what is known. Out: candidates: names before keywords, a prefix in the same letters before one
//! in others.

use std::collections::HashSet;

use milvus_kernel_grammar::{Next, Rule};

use super::known::Known;
use super::place::Place;
use super::role::{Of, Params, Role, role};
use super::scope::{self, Table};
use super::values::{self, Parameter, Subject};
use super::{Candidate, Kind};
use crate::diagnostic::Span;
use crate::evaluate;
use crate::execute::catalog::collection::Field;
use crate::execute::catalog::index_types::{self, INDEX_TYPES};
use crate::execute::catalog::{metrics, types};
use crate::execute::read::operand;
use crate::files::Format;
use crate::language::ast::{Name, Operator, Value};
use crate::language::keywords::{self, OPENS, RULE, SETTING};
use crate::language::variables::LAST;
use crate::language::{help, print};

/// More are not offered.
const MOST: usize = 2_000;

/// Tables whose fields are offered before FROM names one.
const MOST_GUESSED: usize = 20;

/// The types that most columns have.
const USUAL_TYPES: [&str; 5] = ["BIGINT", "VARCHAR", "VECTOR", "DOUBLE", "JSON"];

/// The parts of a moment that EXTRACT takes.
const PARTS: [&str; 6] = ["year", "month", "day", "hour", "minute", "second"];

/// What is computed of groups, and what of single rows.
const OF_GROUPS: [Rule; 3] = [Rule::items, Rule::having, Rule::order_clause];
const OF_ROWS: [Rule; 9] = [
    Rule::where_clause,
    Rule::only_where,
    Rule::group_clause,
    Rule::assignment,
    Rule::row,
    Rule::write_set,
    Rule::color_by,
    Rule::plot_label,
    Rule::aggregate,
];

/// Where a kind of candidate stands in the list; the lower the sooner.
mod rank {
    pub(super) const FIRST: u8 = 0;
    pub(super) const NAME: u8 = 10;
    pub(super) const LATER_NAME: u8 = 12;
    pub(super) const COUNT: u8 = 20;
    pub(super) const KEYWORD: u8 = 30;
    pub(super) const FUNCTION: u8 = 40;
    pub(super) const OTHER: u8 = 50;
    pub(super) const LAST: u8 = 60;
}

struct Offer<'a> {
    place: &'a Place<'a>,
    known: &'a Known,
    tables: Vec<Table>,
    /// no FROM is there yet: the tables are all whose fields are known
    is_guess: bool,
    is_lower: bool,
    found: Vec<(u8, Candidate)>,
}

pub(super) fn candidates(place: &Place<'_>, known: &Known) -> Vec<Candidate> {
    let typed = if place.word.is_empty() { place.opener() } else { place.word };
    let mut tables = scope::tables(place, known);
    let is_guess = tables.is_empty() && place.opener().eq_ignore_ascii_case("SELECT");
    if is_guess {
        let all = known.collections.iter().take(MOST_GUESSED);
        tables = all.map(|one| Table { collection: one.clone(), alias: None }).collect();
    }
    let mut offer = Offer {
        place,
        known,
        tables,
        is_guess,
        is_lower: typed.chars().any(char::is_lowercase),
        found: Vec::new(),
    };
    if place.is_start {
        offer.opening();
    }
    let mut done: Vec<Role> = Vec::new();
    for next in &place.next {
        if !next.words.is_empty() {
            offer.words(next);
            continue;
        }
        let role = role(next);
        if !done.contains(&role) {
            done.push(role);
            offer.role(role, next);
        }
    }
    offer.finish(&done)
}

impl Offer<'_> {
    fn add(&mut self, rank: u8, kind: Kind, text: impl Into<String>, detail: impl Into<String>) {
        self.found.push((rank, Candidate { text: text.into(), kind, detail: detail.into() }));
    }

    /// A name as it is written.
    fn name(&mut self, rank: u8, kind: Kind, name: &str, detail: impl Into<String>) {
        if !fits(name, self.place.word) {
            return;
        }
        let text = match self.place.quote {
            Some('\'' | '"') => name.to_string(),
            Some(_) => format!("`{}`", name.replace('`', "``")),
            None => print::name(&Name::new(name.to_string(), Span::new(0, 0))),
        };
        self.add(rank, kind, text, detail);
    }

    fn keyword(&mut self, rank: u8, word: &str) {
        if self.place.quote.is_none() && fits(word, self.place.word) {
            let text = if self.is_lower { word.to_lowercase() } else { word.to_string() };
            self.add(rank, Kind::Keyword, text, "");
        }
    }

    /// A value, in quotes where it is a text and none is open.
    fn value(&mut self, rank: u8, kind: Kind, value: &str, is_text: bool) {
        let quote = self.place.quote;
        if quote.is_some() && !is_text {
            return;
        }
        let text = if is_text { literal(value, quote) } else { value.to_string() };
        if fits(value, self.place.word) || quote.is_some() && fits(&text, self.place.word) {
            self.add(rank, kind, text, "");
        }
    }

    fn opening(&mut self) {
        for word in keywords::used_for(OPENS) {
            let rank = match word {
                "SELECT" => rank::FIRST,
                "SHOW" | "INSERT" | "CREATE" | "DESCRIBE" => rank::NAME,
                _ => rank::KEYWORD,
            };
            self.keyword(rank, word);
        }
        self.addresses(rank::OTHER);
    }

    /// Keywords; another spelling only where it is what is typed.
    fn words(&mut self, next: &Next) {
        let Some((rule, around)) = next.path.split_last() else { return };
        let name = format!("{rule:?}");
        let name = name.trim_end_matches("_WORD");
        let has = |rules: &[Rule]| rules.iter().any(|rule| around.contains(rule));
        let own = |word: &&String| word.split(' ').next() == Some(name);
        let is_keyword = next.words.first().is_some_and(|word| own(&word));
        let fits_own = next.words.iter().filter(own).any(|word| fits(word, self.place.word));
        if *rule == Rule::aggregate_name {
            // a row has none, and none is of another
            let is_of_rows = |rule: &&Rule| OF_ROWS.contains(rule) || OF_GROUPS.contains(rule);
            let innermost = around.iter().rev().skip(1).find(is_of_rows);
            if innermost.is_none_or(|rule| OF_GROUPS.contains(rule)) {
                self.aggregates(&next.words);
            }
            return;
        }
        let is_of_table = matches!(rule, Rule::TABLE) && has(&[Rule::of_table, Rule::table_name])
            || has(&[Rule::literal, Rule::null, Rule::table_option, Rule::grant_object])
            || *rule == Rule::AS && has(&[Rule::table_alias, Rule::item_alias])
            || matches!(rule, Rule::TRUE | Rule::FALSE | Rule::PROMPT | Rule::ON);
        // a value has a choice of its own
        if is_of_table && has(&[Rule::param, Rule::set, Rule::original_param]) {
            return;
        }
        let by = [Rule::order_clause, Rule::group_clause, Rule::color_by, Rule::plot_label];
        let is_later = has(&by) && has(&[Rule::expr, Rule::search])
            || *rule == Rule::NOT && has(&[Rule::in_list, Rule::between, Rule::like])
            || has(&[Rule::is_true])
            // the grammar takes it there too, and nobody writes it
            || *rule == Rule::WHERE && (self.is_used("GROUP") || self.is_used("ORDER"))
            // today's form before that of 2021
            || *rule == Rule::WHERE
                && has(&[Rule::original_create_table, Rule::original_create_index])
            || has(&[Rule::select_clause])
                && matches!(
                    rule,
                    Rule::PARTITION | Rule::PARTITIONS | Rule::FILTER | Rule::FETCH | Rule::HAVING
                )
            || *rule == Rule::NULLS
            || self.is_used(name);
        let rank = match rule {
            _ if is_of_table => rank::LAST,
            Rule::HAVING if self.is_used("GROUP") => rank::COUNT,
            _ if is_later => rank::OTHER,
            Rule::listing | Rule::ASC | Rule::DESC => rank::NAME,
            Rule::TABLE | Rule::VALUES => rank::COUNT,
            _ => rank::KEYWORD,
        };
        for word in &next.words {
            if is_keyword && !own(&word) && (fits_own || self.place.word.is_empty()) {
                continue;
            }
            self.keyword(rank, word);
        }
    }

    /// Whether the statement, or the subquery, has this clause already.
    fn is_used(&self, clause: &str) -> bool {
        let clauses = ["WHERE", "ORDER", "LIMIT", "GROUP", "OFFSET", "FILTER", "HAVING", "SEARCH"];
        let own = self.place.before.rsplit('(').next().unwrap_or_default();
        let mut words = own.split(|char| !super::place::is_word(char));
        clauses.contains(&clause) && words.any(|word| word.eq_ignore_ascii_case(clause))
    }

    fn aggregates(&mut self, words: &[String]) {
        if self.place.quote.is_some() {
            return;
        }
        for word in words.iter().filter(|word| fits(word, self.place.word)) {
            let text = if word == "COUNT" { "COUNT(*)".to_string() } else { format!("{word}(") };
            let text = if self.is_lower { text.to_lowercase() } else { text };
            self.add(rank::COUNT, Kind::Function, text, "aggregate");
        }
    }

    fn role(&mut self, role: Role, next: &Next) {
        let is_string = matches!(self.place.quote, Some('\'' | '"'));
        match role {
            Role::Nothing => {}
            Role::Address => self.addresses(rank::NAME),
            Role::ParameterValue(params) => self.parameter_value(params),
            Role::SettingValue => {
                for (value, is_text) in values::of_setting(self.place.parameter()) {
                    self.value(rank::NAME, Kind::Value, value, is_text);
                }
            }
            Role::Key => self.keys(next),
            Role::Object => self.objects(),
            Role::Access => self.grantees(),
            Role::File => self.files(),
            Role::IndexType => self.index_types(),
            _ if is_string => {}
            // in backticks stands a name
            Role::Type
            | Role::Function
            | Role::Variable
            | Role::OwnVariable
            | Role::Distance
            | Role::Star
            | Role::Parameter(_)
            | Role::Topic
            | Role::Privilege
                if self.place.quote.is_some() => {}
            Role::Plotted if self.place.qualifier().is_some() => self.fields(Of::Search),
            Role::Table | Role::Plotted => self.collections(),
            Role::Database => {
                let databases = self.known.server.databases.clone();
                for database in databases {
                    self.name(rank::NAME, Kind::Database, &database, "");
                }
            }
            Role::Connection => {
                for connection in &self.known.connections {
                    self.name(rank::NAME, Kind::Connection, connection, "");
                }
            }
            Role::Field(of) => self.fields(of),
            Role::Partition => self.partitions(),
            Role::Index => self.indexes(),
            Role::Type => self.types(),
            Role::Function => self.functions(),
            Role::Variable => self.variables(true),
            Role::OwnVariable => self.variables(false),
            Role::Distance => self.distances(),
            Role::Star if self.place.word.is_empty() => {
                self.add(rank::FIRST, Kind::Operator, "*", "every field");
            }
            Role::Star => {}
            Role::Parameter(params) => {
                for Parameter { name, takes } in values::parameters(params, &self.subject()) {
                    if fits(name, self.place.word) {
                        self.add(rank::NAME, Kind::Parameter, name, takes);
                    }
                }
            }
            Role::Setting => {
                for name in keywords::used_for(SETTING) {
                    let is_usual = ["display_limit", "precision", "timeout"].contains(&name);
                    let rank = if is_usual { rank::NAME } else { rank::LATER_NAME };
                    self.name(rank, Kind::Setting, name, values::setting_takes(name));
                }
            }
            Role::Level => {
                values::levels().for_each(|level| self.value(rank::NAME, Kind::Value, level, false))
            }
            Role::Reranker => {
                for name in ["RRF", "WEIGHTED"] {
                    self.name(rank::NAME, Kind::Value, name, "");
                }
            }
            Role::Privilege => {
                let fitting = values::privileges().filter(|(name, _)| fits(name, self.place.word));
                for (name, object) in fitting.collect::<Vec<_>>() {
                    self.add(rank::LATER_NAME, Kind::Privilege, name, object);
                }
            }
            Role::Topic => self.topics(),
            Role::Part => {
                PARTS.iter().for_each(|part| self.name(rank::NAME, Kind::Value, part, ""));
            }
        }
    }

    fn addresses(&mut self, rank: u8) {
        let own = ["milvus://local", "milvus://memory", "milvus://127.0.0.1:19530"];
        let used = self.known.addresses.iter().map(String::as_str);
        let addresses: Vec<String> = used.chain(own).map(str::to_string).collect();
        for address in addresses.iter().filter(|address| fits(address, self.place.word)) {
            self.add(rank, Kind::Address, address.as_str(), "");
        }
    }

    fn collections(&mut self) {
        // of another database nothing is known
        if self.place.qualifier().is_some() {
            return;
        }
        let is_listing = self.place.before.to_ascii_uppercase().starts_with("SHOW ");
        let is_of_database = is_listing
            && self.place.next.iter().any(|next| next.path.contains(&Rule::show_of))
            && self.place.lead().to_ascii_uppercase().contains("TABLES");
        if is_of_database {
            return self.role(Role::Database, &Next { path: Vec::new(), words: Vec::new() });
        }
        // a table right behind SELECT or DELETE is the original's
        let original = [Rule::original_get, Rule::original_delete];
        let is_original = |next: &Next| original.iter().any(|rule| next.path.contains(rule));
        let is_later = self.place.next.iter().any(is_original);
        let rank = if is_later { rank::OTHER } else { rank::NAME };
        for name in self.known.names.iter() {
            self.name(rank, Kind::Collection, name, "");
        }
        for (alias, collection) in self.known.aliases() {
            let of = collection.map(|collection| format!("of {collection}"));
            self.name(rank, Kind::Alias, alias, of.unwrap_or_default());
        }
    }

    /// The fields of the tables in scope, or of the one that is named before the point.
    fn fields(&mut self, of: Of) {
        let tables = std::mem::take(&mut self.tables);
        let qualifier = self.place.qualifier();
        let is_in_list = matches!(of, Of::List | Of::Set);
        let listed = self.place.lead().rsplit('(').next().unwrap_or_default();
        let is_listed = |name: &str| {
            is_in_list && listed.split(|char| !super::place::is_word(char)).any(|word| word == name)
        };
        for table in &tables {
            let collection = &table.collection;
            if qualifier.is_some_and(|qualifier| {
                collection.name != qualifier
                    && table.alias.as_deref() != Some(qualifier)
                    && !collection.aliases.iter().any(|alias| alias == qualifier)
            }) {
                continue;
            }
            for field in &collection.fields {
                let is_later = match of {
                    Of::Search => !field.is_vector(),
                    Of::Index => !field.is_vector(),
                    Of::Text => field.max_length == 0,
                    Of::List => field.generated || field.auto_id || is_listed(&field.name),
                    Of::Set => field.primary || is_listed(&field.name),
                    Of::Expression => false,
                };
                let first = if of == Of::Search { rank::FIRST } else { rank::NAME };
                // a search takes a vector alone
                if is_later && of == Of::Search {
                    continue;
                }
                let rank = match is_later {
                    // before FROM is there, of several tables those that are being typed
                    _ if self.is_guess && tables.len() > 1 && self.place.word.is_empty() => {
                        rank::OTHER
                    }
                    true => rank::LATER_NAME,
                    false => first,
                };
                let detail = format!("{} of {}", field.type_name(), collection.name);
                self.name(rank, Kind::Field, &field.name, detail);
            }
        }
        if qualifier.is_none() && of == Of::Expression {
            for alias in tables.iter().filter_map(|table| table.alias.as_deref()) {
                self.name(rank::OTHER, Kind::Alias, alias, "");
            }
            let has_vector = |table: &Table| table.collection.fields.iter().any(Field::is_vector);
            if self.place.opener().eq_ignore_ascii_case("SELECT") && tables.iter().any(has_vector) {
                let rank = if self.place.word.is_empty() { rank::OTHER } else { rank::LATER_NAME };
                self.name(rank, Kind::Field, "distance", "what a search measures");
            }
        }
        self.tables = tables;
    }

    fn partitions(&mut self) {
        for table in &self.tables {
            let known = self.known.server.partitions.get(&table.collection.name);
            let mut names = known.cloned().unwrap_or_default();
            names.sort_by_key(|name| name.starts_with('_'));
            let detail = format!("of {}", table.collection.name);
            let fitting = names.iter().filter(|name| fits(name, self.place.word));
            self.found.extend(fitting.map(|name| {
                let detail = detail.clone();
                (rank::NAME, Candidate { text: name.clone(), kind: Kind::Partition, detail })
            }));
        }
    }

    /// Those of the tables in scope; ON may come later, and then of all.
    fn indexes(&mut self) {
        let all = &self.known.collections;
        let of_scope = |name: &str| {
            self.tables.is_empty() || self.tables.iter().any(|table| table.collection.name == name)
        };
        let found: Vec<(String, String)> = all
            .iter()
            .filter(|collection| of_scope(&collection.name))
            .flat_map(|collection| {
                collection.indexes.iter().map(|index| {
                    let detail =
                        format!("{} on {}.{}", index.index_type, collection.name, index.field);
                    (index.name.clone(), detail)
                })
            })
            .collect();
        for (name, detail) in found {
            self.name(rank::NAME, Kind::Index, &name, detail);
        }
    }

    /// Those that fit the field, the usual ones first.
    fn index_types(&mut self) {
        let subject = self.subject();
        let usual = ["HNSW", "IVF_FLAT", "AUTOINDEX", "BIN_FLAT", "BIN_IVF_FLAT", "INVERTED"];
        let fitting: Vec<&str> = match &subject.field {
            Some(field) => index_types::fitting(field.data_type).map(|known| known.name).collect(),
            None => INDEX_TYPES.iter().map(|known| known.name).collect(),
        };
        let is_text = self.place.quote.is_some();
        for name in usual.iter().filter(|name| fitting.contains(name)).chain(&fitting) {
            self.value(rank::NAME, Kind::IndexType, name, is_text);
        }
    }

    fn types(&mut self) {
        for word in USUAL_TYPES.into_iter().chain(types::words()) {
            if fits(word, self.place.word) {
                let text = if self.is_lower && !self.place.word.is_empty() {
                    word.to_lowercase()
                } else {
                    word.to_string()
                };
                self.add(rank::NAME, Kind::Type, text, "");
            }
        }
    }

    fn functions(&mut self) {
        if self.place.qualifier().is_some() {
            return;
        }
        let all: Vec<&str> = evaluate::functions().chain(operand::FUNCTIONS).collect();
        for name in all.into_iter().filter(|name| fits(name, self.place.word)) {
            self.add(rank::FUNCTION, Kind::Function, format!("{name}("), "");
        }
    }

    fn variables(&mut self, with_last: bool) {
        let sign = self.place.word.chars().next().filter(|char| ":@".contains(*char));
        let typed = self.place.word.trim_start_matches([':', '@']);
        let all = self.known.variables.iter().filter(|(name, _)| with_last || name != LAST);
        for (name, what) in all.filter(|(name, _)| fits(name, typed)) {
            // without its sign a variable is no word that is being typed
            let rank = if sign.is_some() { rank::NAME } else { rank::OTHER };
            if sign.is_some() || typed.is_empty() {
                let own = if self.place.opener().eq_ignore_ascii_case("SET") { '@' } else { ':' };
                let text = format!("{}{name}", sign.unwrap_or(own));
                let (kind, detail) = (Kind::Variable, what.clone());
                self.found.push((rank, Candidate { text, kind, detail }));
            }
        }
    }

    /// The operators of the metrics that a vector has, that of its index first.
    fn distances(&mut self) {
        let Some(field) = self.subject_named(self.place.last_name()).field else { return };
        if !self.place.word.is_empty() || !field.is_vector() {
            return;
        }
        let metric = self.index_of(&field).map(|(_, metric)| metric).unwrap_or_default();
        let fitting = metrics::metrics_of(field.data_type);
        for operator in Operator::ALL {
            let is_own = operator.metric() == metric;
            if fitting.contains(&operator.metric()) || is_own {
                let rank = if is_own { rank::FIRST } else { rank::NAME };
                self.add(rank, Kind::Operator, operator.symbol(), operator.metric());
            }
        }
    }

    fn parameter_value(&mut self, params: Params) {
        let name = self.place.parameter();
        if params == Params::Original && name.starts_with("partition_tag") {
            return self.partitions();
        }
        for (value, is_text) in values::of_parameter(name, &self.subject()) {
            let kind = match name {
                "metric_type" => Kind::Metric,
                "index_type" => Kind::IndexType,
                _ => Kind::Value,
            };
            self.value(rank::NAME, kind, value, is_text);
        }
    }

    /// Keys of JSON that were seen in a field of a table in scope.
    fn keys(&mut self, next: &Next) {
        let lead = self.place.lead().trim_end_matches(['[', '>', '-']);
        let name = lead.rsplit(|char| !super::place::is_word(char)).next().unwrap_or_default();
        let is_step = next.path.contains(&Rule::step) || next.path.contains(&Rule::arrow);
        let known: Vec<String> = self
            .tables
            .iter()
            .flat_map(|table| self.known.seen.keys(&table.collection, name))
            .map(str::to_string)
            .collect();
        for key in known.iter().filter(|_| is_step) {
            self.value(rank::NAME, Kind::Key, key, true);
        }
    }

    /// Files beside the notebook: those of a format that is read before others.
    fn files(&mut self) {
        for path in self.known.files.iter() {
            let is_read = path.ends_with('/') || Format::of_file(path).0.is_some();
            let rank = if is_read { rank::NAME } else { rank::LATER_NAME };
            self.value(rank, Kind::File, path, true);
        }
    }

    /// Names behind DATABASE, ALIAS, USER and ROLE.
    fn objects(&mut self) {
        let lead = self.place.lead().to_ascii_uppercase();
        let server = &self.known.server;
        let (kind, names): (Kind, Vec<String>) = match lead.rsplit(' ').next() {
            Some("DATABASE") => (Kind::Database, server.databases.clone()),
            Some("USER") => (Kind::User, server.users.clone()),
            Some("ROLE") => (Kind::Role, server.roles.clone()),
            Some("ALIAS") => {
                (Kind::Alias, self.known.aliases().map(|(alias, _)| alias.clone()).collect())
            }
            _ => return,
        };
        names.iter().for_each(|name| self.name(rank::NAME, kind, name, ""));
    }

    /// A role is granted, and to a user; a privilege to a role.
    fn grantees(&mut self) {
        let words: Vec<String> =
            self.place.lead().split_whitespace().map(str::to_ascii_uppercase).collect();
        let has = |word: &str| words.iter().any(|known| known == word);
        let is_target = has("TO") || has("FROM");
        let is_user = has("USER") || is_target && !has("ON");
        let server = &self.known.server;
        let (kind, names) = match is_user {
            true => (Kind::User, server.users.clone()),
            false => (Kind::Role, server.roles.clone()),
        };
        names.iter().for_each(|name| self.name(rank::NAME, kind, name, ""));
    }

    /// Statements by their first words, and the families of the reference.
    fn topics(&mut self) {
        for word in keywords::used_for(OPENS) {
            let rank = if word == "SELECT" { rank::FIRST } else { rank::LATER_NAME };
            self.keyword(rank, word);
        }
        for topic in ["metric", "index"].into_iter().chain(help::families()) {
            if fits(topic, self.place.word) {
                self.add(rank::NAME, Kind::Topic, topic.to_lowercase(), "");
            }
        }
        for word in keywords::used_for(RULE) {
            self.keyword(rank::LAST, word);
        }
    }

    /// The field that the statement indexes or searches, with its index type.
    fn subject(&self) -> Subject {
        let lead = self.place.lead();
        let words = lead.split(|char| !super::place::is_word(char)).filter(|word| !word.is_empty());
        let words: Vec<&str> = words.collect();
        // the last vector that is named, or the field in the brackets of an index
        let named = words.iter().rev().find_map(|word| {
            let found = self.subject_named(word);
            let is_index = self.place.opener().eq_ignore_ascii_case("CREATE");
            found.field.as_ref().is_some_and(|field| is_index || field.is_vector()).then_some(found)
        });
        let mut subject = named.unwrap_or_default();
        let using = words.iter().rposition(|word| word.eq_ignore_ascii_case("USING"));
        if let Some(method) = using.and_then(|at| words.get(at + 1)) {
            subject.index_type = Some((*method).to_string());
        }
        subject
    }

    fn subject_named(&self, name: &str) -> Subject {
        let field = self.tables.iter().find_map(|table| table.collection.find(name)).cloned();
        let index_type = field.as_ref().and_then(|field| self.index_of(field));
        Subject { field, index_type: index_type.map(|(index_type, _)| index_type) }
    }

    /// The type and the metric of a field's index.
    fn index_of(&self, field: &Field) -> Option<(String, String)> {
        let index = self.tables.iter().find_map(|table| {
            table.collection.find(&field.name).and_then(|_| table.collection.index_on(&field.name))
        })?;
        Some((index.index_type.clone(), index.metric.clone()))
    }

    /// In the order of their ranks; what is typed in the same letters goes before what is not.
    fn finish(mut self, done: &[Role]) -> Vec<Candidate> {
        let word = self.place.word;
        if self.place.qualifier().is_some()
            && done.iter().any(|role| matches!(role, Role::Field(_) | Role::Plotted))
        {
            self.found.retain(|(_, candidate)| candidate.kind == Kind::Field);
        }
        self.found.sort_by_key(|(rank, candidate)| {
            let is_exact = candidate.text.trim_start_matches(['`', '\'']).starts_with(word);
            (*rank, !is_exact)
        });
        let mut texts = HashSet::new();
        let candidates = self.found.into_iter().map(|(_, candidate)| candidate);
        let once = candidates.filter(|candidate| texts.insert(candidate.text.clone()));
        once.take(MOST).collect()
    }
}

/// A text as a literal; in a string that is open, what stands between its quotes.
fn literal(text: &str, quote: Option<char>) -> String {
    let literal = print::value(&Value::Text(text.to_string()));
    let inner = literal.get(1..literal.len().saturating_sub(1)).unwrap_or_default();
    match quote {
        Some('"') => inner.replace("''", "'").replace('"', "\"\""),
        Some(_) => inner.to_string(),
        None => literal,
    }
}

/// Whether a text begins with what is typed, in any letters.
fn fits(text: &str, typed: &str) -> bool {
    let mut chars = text.chars().flat_map(char::to_lowercase);
    typed.chars().flat_map(char::to_lowercase).all(|char| chars.next() == Some(char))
}
