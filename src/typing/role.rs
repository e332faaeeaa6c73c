//! What a name would be a name of where the grammar takes one: told by the rules that it stands in.
//! In: what the grammar tries ([`Next`]). Out: a [`Role`].

use milvus_kernel_grammar::{Next, Rule};

/// The rules of names and values: what they are made of is not asked.
pub(super) const LEAVES: &[Rule] = &[
    Rule::name,
    Rule::string,
    Rule::double,
    Rule::function,
    Rule::type_name,
    Rule::variable,
    Rule::at_name,
    Rule::operator,
    Rule::dotted,
    Rule::help_topic,
    Rule::address,
    Rule::privilege_word,
    Rule::number,
    Rule::bytes,
    Rule::back,
    Rule::clause_name,
    Rule::table_word,
    Rule::bare_option,
    Rule::moment,
    Rule::detailed,
    Rule::vector_kind,
    Rule::index_mode,
    Rule::option_word,
    Rule::unkept,
    Rule::top_word,
];

/// What is offered for a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Nothing,
    Table,
    /// a table, and behind its point a vector of it
    Plotted,
    Database,
    Connection,
    /// a field in an expression, in a list, of a search, of an index, or that is set
    Field(Of),
    Partition,
    Index,
    IndexType,
    Type,
    Function,
    Variable,
    /// a variable of the user's own: `@last` is the kernel's
    OwnVariable,
    Distance,
    Star,
    Parameter(Params),
    ParameterValue(Params),
    Setting,
    SettingValue,
    Level,
    Reranker,
    /// DATABASE, ALIAS, USER, ROLE and what else has a name and is no table
    Object,
    Access,
    Privilege,
    Topic,
    Address,
    Key,
    Part,
    File,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    Expression,
    List,
    Search,
    Index,
    Set,
    Text,
}

/// Whose parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Params {
    Index,
    Search,
    Table,
    Properties,
    Column,
    Copy,
    Load,
    Compact,
    Rerank,
    Original,
    Analyzer,
    Other,
}

/// The innermost of these around a name says what it is a name of.
const ROLES: &[(Rule, Role)] = {
    use Role as E;
    use Rule as R;
    &[
        (R::new_table, E::Nothing),
        (R::place_or_name, E::Table),
        (R::place, E::Table),
        (R::column_name, E::Nothing),
        (R::rename, E::Nothing),
        (R::table_alias, E::Nothing),
        (R::item_alias, E::Nothing),
        (R::change_alias, E::Nothing),
        (R::index_ops, E::Nothing),
        (R::create_index, E::Nothing),
        (R::create_partition, E::Nothing),
        (R::original_create_partition, E::Nothing),
        (R::original_create_index, E::Nothing),
        (R::original_create_table, E::Nothing),
        (R::table_option, E::Nothing),
        (R::scale, E::Nothing),
        (R::use_connection, E::Connection),
        (R::disconnect, E::Connection),
        (R::use_database, E::Database),
        (R::export_database, E::Database),
        (R::import_database, E::Nothing),
        (R::connect_option, E::Nothing),
        (R::connect, E::Address),
        (R::original_search, E::Table),
        (R::original_insert, E::Table),
        (R::original_delete, E::Table),
        (R::original_get, E::Table),
        (R::list_partitions, E::Table),
        (R::load, E::Table),
        (R::plot_points, E::Plotted),
        (R::partitions, E::Partition),
        (R::alter_partition, E::Partition),
        (R::show_partition, E::Partition),
        (R::drop_partition, E::Partition),
        (R::original_drop_partition, E::Partition),
        (R::index_method, E::IndexType),
        (R::index_field, E::Field(Of::Index)),
        (R::index_clause, E::Nothing),
        (R::show_index, E::Index),
        (R::describe_index, E::Index),
        (R::alter_index, E::Index),
        (R::drop_index, E::Index),
        (R::original_drop_index, E::Index),
        (R::show_progress, E::Index),
        (R::bm25, E::Field(Of::Text)),
        (R::match_against, E::Field(Of::Text)),
        (R::search, E::Field(Of::Search)),
        (R::generated, E::Field(Of::Text)),
        (R::step, E::Key),
        (R::arrow, E::Key),
        (R::extract, E::Part),
        (R::like, E::Nothing),
        (R::literal, E::Nothing),
        (R::text, E::Nothing),
        (R::field, E::Field(Of::Expression)),
        (R::fields, E::Field(Of::List)),
        (R::returning, E::Field(Of::List)),
        (R::qualifier, E::Field(Of::Expression)),
        (R::write_set, E::Field(Of::Set)),
        (R::assignment, E::Field(Of::Set)),
        (R::drop_field, E::Field(Of::List)),
        (R::alter_field, E::Field(Of::List)),
        (R::analyzer, E::Field(Of::Text)),
        (R::analyze, E::Field(Of::Text)),
        (R::rerank, E::Reranker),
        (R::consistency, E::Level),
        (R::set, E::Setting),
        (R::create_object, E::Nothing),
        (R::describe_object, E::Object),
        (R::alter_object, E::Object),
        (R::drop_object, E::Object),
        (R::restore, E::Nothing),
        (R::grant_name, E::Table),
        (R::grant_target, E::Table),
        (R::role_grant, E::Access),
        (R::privilege_grant, E::Access),
        (R::show_grants, E::Access),
        (R::privilege, E::Privilege),
    ]
};

/// What names a file of the notebook's folder.
const FILES: &[Rule] = &[
    Rule::copy_from,
    Rule::copy_to,
    Rule::copy_query,
    Rule::create_from,
    Rule::export_database,
    Rule::import_database,
];

/// Whose parameters stand within a rule.
const PARAMS: &[(Rule, Params)] = &[
    (Rule::search_params, Params::Search),
    (Rule::rerank, Params::Rerank),
    (Rule::column_option, Params::Column),
    (Rule::create_index, Params::Index),
    (Rule::index_clause, Params::Index),
    (Rule::alter_index, Params::Index),
    (Rule::alter_table, Params::Properties),
    (Rule::create_table, Params::Table),
    (Rule::copy_clause, Params::Copy),
    (Rule::copy_to, Params::Copy),
    (Rule::copy_query, Params::Copy),
    (Rule::load_clause, Params::Load),
    (Rule::compact, Params::Compact),
    (Rule::analyzer, Params::Analyzer),
    (Rule::analyze, Params::Analyzer),
    (Rule::select_clause, Params::Search),
    (Rule::original_param, Params::Original),
];

/// What is to be offered for a rule that the grammar tries.
pub(super) fn role(next: &Next) -> Role {
    let Some((leaf, around)) = next.path.split_last() else { return Role::Nothing };
    match leaf {
        Rule::name if around.ends_with(&[Rule::every, Rule::qualifier]) => Role::Star,
        Rule::operator => Role::Distance,
        Rule::function => Role::Function,
        Rule::type_name => Role::Type,
        Rule::at_name => Role::OwnVariable,
        // the name of a user or a role is none
        Rule::variable if around.ends_with(&[Rule::text_or_name]) => {
            match around.contains(&Rule::secret) || around.contains(&Rule::connect_option) {
                true => Role::OwnVariable,
                false => Role::Nothing,
            }
        }
        Rule::variable if around.contains(&Rule::set) => Role::OwnVariable,
        Rule::variable => Role::Variable,
        Rule::help_topic => Role::Topic,
        Rule::address => Role::Address,
        Rule::privilege_word => Role::Privilege,
        Rule::dotted => Role::Parameter(params(around)),
        Rule::name | Rule::string | Rule::double => named(*leaf, around),
        _ => Role::Nothing,
    }
}

fn named(leaf: Rule, around: &[Rule]) -> Role {
    let has = |rule: Rule| around.contains(&rule);
    if has(Rule::param) {
        return match has(Rule::value) || has(Rule::setting_word) {
            true => Role::ParameterValue(params(around)),
            false => Role::Nothing,
        };
    }
    if has(Rule::original_param) {
        return match has(Rule::original_value) {
            true => Role::ParameterValue(Params::Original),
            false => Role::Parameter(Params::Original),
        };
    }
    if has(Rule::set) && (has(Rule::value) || has(Rule::setting_word)) {
        return Role::SettingValue;
    }
    if let [.., statement, Rule::value, Rule::text] = around
        && FILES.contains(statement)
    {
        return Role::File;
    }
    let found = around.iter().rev().find_map(|rule| {
        let role = ROLES.iter().find(|(known, _)| known == rule);
        // a value is none of a name, but where it has a place of its own
        match role {
            None if *rule == Rule::value => Some(Role::Nothing),
            found => found.map(|(_, role)| *role),
        }
    });
    match found {
        // a text where a field's name stands
        Some(Role::Field(_) | Role::Table | Role::Plotted | Role::Partition | Role::Index)
            if leaf != Rule::name =>
        {
            Role::Nothing
        }
        found => found.unwrap_or(Role::Nothing),
    }
}

fn params(around: &[Rule]) -> Params {
    let found = around.iter().rev().find_map(|rule| PARAMS.iter().find(|(known, _)| known == rule));
    found.map_or(Params::Other, |(_, params)| *params)
}
