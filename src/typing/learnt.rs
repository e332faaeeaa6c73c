//! What is learnt of a connection's server for those who type, in the background of their
//! statements. In: a connection and a cell's text. Out: the names that are there, and of those that
//! the text names fields, partitions and how they are, until a statement may have changed them. A
//! server that has not all of it, or does not answer, is not complained of.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use super::known::{Seen, Server, Status};
use super::place::is_word;
use crate::execute::catalog::collection::{Catalog, Collection};
use crate::execute::params::pair_value;
use crate::execute::state::Connection;
use crate::language::ast::{Kind, Object, Select};
use crate::milvus::{Client, Platform};
use crate::outcome::Outcome;
use milvus_proto::common::LoadState;
use milvus_proto::milvus as pb;

/// After so long others may have changed what is there, in milliseconds.
const STALE_MS: f64 = 60_000.0;

/// Collections that are looked up at once.
const MOST: usize = 3;

#[derive(Default)]
pub(crate) struct Learnt {
    pub(crate) server: RefCell<Rc<Server>>,
    /// what has been asked for since a statement last ran
    asked: RefCell<Vec<Asked>>,
    /// what has been looked up since a statement last began
    meanwhile: RefCell<Vec<String>>,
    /// counts these times: what was asked for in another is not kept
    turn: Cell<u32>,
    /// when the names were asked for
    at: Cell<f64>,
    /// what results have shown of the values of fields, by database
    seen: RefCell<BTreeMap<String, Rc<Seen>>>,
}

#[derive(PartialEq)]
enum Asked {
    Names,
    Server,
    Fields(String),
    Status(String),
}

impl Learnt {
    /// A statement begins, or has ended, that may change what is there.
    pub(crate) fn stale(&self) {
        self.expire();
        let mut server = self.server.borrow_mut();
        let server = Rc::make_mut(&mut server);
        server.status.clear();
        server.partitions.clear();
    }

    /// A statement begins, if only the page asks for it.
    pub(crate) fn begin(&self) {
        self.meanwhile.take();
    }

    /// It has changed something: what was looked up meanwhile may be as it was before.
    pub(crate) fn changed(&self, catalog: &Catalog, database: &str) {
        self.meanwhile.take().iter().for_each(|name| catalog.forget(database, name));
    }

    fn expire(&self) {
        self.turn.set(self.turn.get().wrapping_add(1));
        self.asked.borrow_mut().clear();
    }

    /// Keeps what was asked for, unless that was in another turn.
    fn keep(&self, turn: u32, asked: Asked, keep: impl FnOnce(&mut Server)) -> Option<()> {
        (self.turn.get() == turn).then(|| {
            keep(Rc::make_mut(&mut self.server.borrow_mut()));
            self.asked.borrow_mut().push(asked);
        })
    }

    fn is_due(&self, asked: &Asked) -> bool {
        !self.asked.borrow().contains(asked)
    }

    /// What was seen in a database.
    pub(crate) fn seen(&self, database: &str) -> Rc<Seen> {
        self.seen.borrow().get(database).cloned().unwrap_or_default()
    }

    /// Remembers what a SELECT has shown of a collection.
    pub(crate) fn see(
        &self,
        database: &str,
        select: &Select,
        collection: &Collection,
        outcome: &Outcome,
    ) {
        let mut all = self.seen.borrow_mut();
        let seen = all.entry(database.to_string()).or_default();
        Rc::make_mut(seen).see(select, collection, outcome);
    }

    /// Forgets what was seen where a statement of this kind takes it away: another collection may
    /// get its name, or its id.
    pub(crate) fn forget_seen(&self, kind: &Kind) {
        if matches!(
            kind,
            Kind::DropTable { .. }
                | Kind::AlterTable { .. }
                | Kind::Truncate(_)
                | Kind::DropObject { object: Object::Database, .. }
                | Kind::DropStorage
        ) {
            self.seen.borrow_mut().clear();
        }
    }

    /// Asks for the names in the database, and for the fields of those that a text names and that
    /// are not known. Where there is time for all, also for what may have changed since the last
    /// statement, and for how all that is.
    pub(crate) async fn learn<P: Platform>(
        &self,
        connection: &Connection<P>,
        text: &str,
        is_all: bool,
    ) -> Option<()> {
        let now = connection.client.platform().now();
        if now - self.at.get() > STALE_MS {
            self.expire();
            self.at.set(now);
        }
        let (client, catalog) = (&connection.client.apart(), &connection.catalog);
        let (database, turn) = (client.database(), self.turn.get());
        if self.is_due(&Asked::Names) {
            self.names(client, catalog, turn).await?;
            self.at.set(now);
        }
        let named = named(text, &catalog.names(&database), &catalog.aliases(&database));
        let is_due = |name: &&String| {
            self.is_due(&Asked::Fields(name.to_string()))
                && (is_all || catalog.get(&database, name).is_none())
        };
        for name in named.iter().filter(is_due).take(MOST) {
            let forgotten = catalog.forgotten();
            let found = Collection::fetch(client, name).await;
            self.keep(turn, Asked::Fields(name.clone()), |_| ())?;
            if let Ok(found) = found
                && catalog.forgotten() == forgotten
            {
                catalog.put(&database, name, found);
                self.meanwhile.borrow_mut().push(name.clone());
            }
        }
        if !is_all {
            return Some(());
        }
        if self.is_due(&Asked::Server) {
            self.server(client, turn).await?;
        }
        for name in named {
            let Some(collection) = catalog.get(&database, &name) else { continue };
            if self.is_due(&Asked::Status(collection.name.clone())) {
                self.status(client, &collection.name, turn).await?;
            }
        }
        Some(())
    }

    /// Collections and aliases; of what is there no more, or is another by now, nothing is known.
    async fn names<P: Platform>(
        &self,
        client: &Client<P>,
        catalog: &Catalog,
        turn: u32,
    ) -> Option<()> {
        let database = client.database();
        let listed = client.send(pb::ShowCollectionsRequest::default()).await;
        let aliases = client.send(pb::ListAliasesRequest::default()).await;
        self.keep(turn, Asked::Names, |_| ())?;
        if let Ok(aliases) = aliases {
            catalog.set_aliases(&database, aliases.aliases);
        }
        let Ok(mut listed) = listed else { return Some(()) };
        // a server may tell no ids
        catalog.keep_those_of(&database, |collection| {
            let names = &mut listed.collection_names.iter();
            names.position(|name| *name == collection.name).is_some_and(|at| {
                let id = listed.collection_ids.get(at).copied().unwrap_or_default();
                id == 0 || collection.id == 0 || id == collection.id
            })
        });
        listed.collection_names.sort();
        catalog.set_names(&database, listed.collection_names);
        Some(())
    }

    /// Databases, users and roles.
    async fn server<P: Platform>(&self, client: &Client<P>, turn: u32) -> Option<()> {
        let databases = client.send(pb::ListDatabasesRequest {}).await;
        let users = client.send(pb::ListCredUsersRequest {}).await;
        let roles = client.send(pb::SelectRoleRequest::default()).await;
        self.keep(turn, Asked::Server, |server| {
            if let Ok(reply) = databases {
                server.databases = reply.db_names;
            }
            if let Ok(reply) = users {
                server.users = reply.usernames;
            }
            if let Ok(reply) = roles {
                let roles = reply.results.into_iter().filter_map(|result| result.role);
                server.roles = roles.map(|role| role.name).collect();
            }
        })
    }

    /// How many rows a collection has, whether it is loaded, and its partitions, as far as the
    /// server says it.
    async fn status<P: Platform>(&self, client: &Client<P>, name: &str, turn: u32) -> Option<()> {
        let (collection_name, db_name) = (name.to_string(), client.database());
        let request = pb::GetCollectionStatisticsRequest {
            collection_name: collection_name.clone(),
            db_name: db_name.clone(),
        };
        let rows = client.send(request).await.ok().and_then(|reply| {
            pair_value(&reply.stats, "row_count").and_then(|count| count.parse().ok())
        });
        let request = pb::GetLoadStateRequest {
            collection_name: collection_name.clone(),
            db_name,
            ..Default::default()
        };
        let load = client.send(request).await.ok().map(|reply| {
            let words = match reply.state() {
                LoadState::Loaded => "loaded",
                LoadState::Loading => "being loaded",
                _ => "not loaded",
            };
            words.to_string()
        });
        let request = pb::ShowPartitionsRequest { collection_name, ..Default::default() };
        let partitions = client.send(request).await;
        self.keep(turn, Asked::Status(name.to_string()), |server| {
            server.status.insert(name.to_string(), Status { rows, load });
            if let Ok(reply) = partitions {
                server.partitions.insert(name.to_string(), reply.partition_names);
            }
        })
    }
}

/// The names that are words of a text, each once: a long text has more words than there are names.
fn named(text: &str, names: &[String], aliases: &[String]) -> Vec<String> {
    let all: HashSet<&str> = names.iter().chain(aliases).map(String::as_str).collect();
    let words = text.split(|char| !is_word(char));
    let found: HashSet<&str> = words.filter(|word| all.contains(word)).collect();
    let mut found: Vec<String> = found.into_iter().map(str::to_string).collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_word_of_the_text() {
        let names = ["books", "b", "wide"].map(str::to_string);
        let aliases = ["library".to_string()];
        let text = "SELECT b1 FROM `books`, \"library\" WHERE books.title = 'wider'";
        assert_eq!(named(text, &names, &aliases), ["books", "library"]);
    }

    /// Each word beside each name would be a minute's work.
    #[test]
    fn long_cells_and_many_names_take_no_time() {
        let names: Vec<String> = (0..20_000).map(|at| format!("table_{at}")).collect();
        let text: String = (0..200_000).map(|at| format!("t{at}, ")).collect();
        let began = std::time::Instant::now();
        assert_eq!(named(&text, &names, &[]), Vec::<String>::new());
        assert!(began.elapsed().as_secs_f64() < 5.0, "it took {:?}", began.elapsed());
    }
}
