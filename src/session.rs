//! The front door. In: a cell. Out: the outcome of each statement as it comes, or the first error;
//! what the session remembers stays between cells. Knows the order of things (parse, execute,
//! render) and none of their insides.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::execute;
use crate::execute::connect::{connection, snapshot};
use crate::execute::last;
use crate::execute::state::{Connection, State};
use crate::language::ast::{Kind, Name, Statement};
use crate::language::variables::LAST;
use crate::language::{parse, print};
use crate::milvus::Platform;
use crate::milvus::client::deadline;
use crate::outcome::{Outcome, Progress};
use crate::render::{self, MimeBundle};
use crate::results::{Order, Results};
use crate::secrets;
use crate::translate::Catalogue;
use crate::typing::known::Known;
use crate::typing::{self, Candidate, Inspection};
use serde::Serialize;

/// How long a completion waits for a server, in milliseconds: whoever types does not notice it.
const LEARN_MS: u32 = 10;

/// What takes no longer than this shows no progress, in milliseconds.
const PROGRESS_MS: f64 = 500.0;

/// Where a session's statements go.
#[derive(Serialize)]
pub struct Status {
    connections: Vec<connection::Shown>,
    /// where the next one goes that needs a connection, if no cell has named one
    by_default: Option<String>,
}

/// A kernel's session. All its methods take `&self`: completion answers while a cell runs.
pub struct Session<P: Platform> {
    state: State<P>,
    results: Results,
    /// the language that it speaks, if that is not English
    catalogue: RefCell<Option<Rc<Catalogue>>>,
    /// the files beside the notebook, of the folder that was last typed, with the way to it
    files: RefCell<Rc<Vec<String>>>,
    /// whether the server is being asked for what completion offers
    is_learning: Cell<bool>,
}

impl<P: Platform> Session<P> {
    pub fn new(platform: P) -> Self {
        Session {
            results: Results::new(platform.random()),
            state: State::new(platform),
            catalogue: RefCell::default(),
            files: RefCell::default(),
            is_learning: Cell::default(),
        }
    }

    /// Runs a cell, statement by statement; `on_outcome` takes each result as it comes. Stops at
    /// the first error.
    pub async fn run(
        &self,
        cell: &str,
        on_outcome: impl FnMut(&Outcome),
    ) -> Result<(), Diagnostic> {
        self.run_as(cell, false, on_outcome).await
    }

    /// Runs a cell, or quietly what is not the user's own: `:last` stays what it is, and so do the
    /// rows that the page may ask for.
    pub async fn run_as(
        &self,
        cell: &str,
        is_quiet: bool,
        on_outcome: impl FnMut(&Outcome),
    ) -> Result<(), Diagnostic> {
        self.statements(cell, is_quiet, on_outcome)
            .await
            .map_err(|error| self.in_its_language(error))
    }

    async fn statements(
        &self,
        cell: &str,
        is_quiet: bool,
        mut on_outcome: impl FnMut(&Outcome),
    ) -> Result<(), Diagnostic> {
        let statements = parse::parse(cell)?;
        self.state.begin(statements.len());
        for mut statement in statements {
            last::substitute(&mut statement, &self.state)?;
            // what a place stands before is of another database or connection, and it is taken off
            let is_here = matches!(&statement.kind, Kind::Select(select)
                if !select.table.value.contains('.'));
            self.each_learnt(|one| one.learnt.begin());
            if !is_quiet {
                self.each_learnt(|one| one.learnt.stale());
            }
            let result = execute::execute(&mut statement, &self.state).await;
            self.has_run(&statement.kind, is_quiet);
            let outcome = result?;
            if is_here {
                self.see(&statement, &outcome);
            }
            // what a program asks quietly it reads, and says in its own way
            let outcome = match self.catalogue.borrow().as_ref().filter(|_| !is_quiet) {
                Some(catalogue) => catalogue.outcome(outcome),
                None => outcome,
            };
            self.results.begin();
            on_outcome(&outcome);
            if !is_quiet && self.state.last_result.borrow_mut().see(&outcome) {
                self.state.is_changed.set(true);
            }
            self.results.keep(outcome, self.options().table_size, is_quiet);
        }
        Ok(())
    }

    fn each_learnt(&self, each: impl Fn(&Connection<P>)) {
        self.state.connections.borrow().all.iter().for_each(|one| each(one));
    }

    /// What was learnt before a statement may not be so any more.
    fn has_run(&self, kind: &Kind, is_quiet: bool) {
        self.each_learnt(|one| {
            let has_changed = one.client.changed();
            if has_changed {
                one.learnt.changed(&one.catalog, &one.client.database());
            }
            if has_changed || !is_quiet {
                one.learnt.stale();
            }
            one.learnt.forget_seen(kind);
        });
    }

    /// Remembers values that a SELECT has shown, for inspection and completion.
    fn see(&self, statement: &Statement, outcome: &Outcome) {
        let (Kind::Select(select), Some(one)) = (&statement.kind, self.state.current()) else {
            return;
        };
        let database = one.client.database();
        if let Some(collection) = one.catalog.get(&database, &select.table.value) {
            one.learnt.see(&database, select, &collection, outcome);
        }
    }

    /// The syntax errors of a cell, the first of each statement; what merely is not finished at the
    /// cursor (bytes) is none.
    pub fn problems(&self, cell: &str, cursor: Option<usize>) -> Vec<Diagnostic> {
        let problems = parse::problems(cell, cursor);
        problems.into_iter().map(|error| self.in_its_language(error)).collect()
    }

    /// Speaks another language from now on.
    pub fn speak(&self, catalogue: Catalogue) {
        self.catalogue.replace(Some(Rc::new(catalogue)));
    }

    fn in_its_language(&self, error: Diagnostic) -> Diagnostic {
        match self.catalogue.borrow().as_ref() {
            Some(catalogue) => catalogue.diagnostic(error),
            None => error,
        }
    }

    /// The error of a cell that was interrupted: how far its statement was, if it has said so.
    pub fn interrupted(&self) -> Diagnostic {
        let error = Diagnostic::new(Code::Interrupted, "the cell was interrupted");
        let mut so_far = self.state.so_far.take();
        if let Some(progress) = self.stopped().filter(|_| so_far.is_empty()) {
            so_far.push(format!("it was {}", render::progress_line(&progress)));
        }
        let error = so_far.into_iter().fold(error, Diagnostic::help);
        let error = error.help("a request that was under way may have been carried out");
        self.in_its_language(error)
    }

    /// How far the running statement is, when it has run for a while: its outcome takes the place
    /// of this.
    pub fn progress(&self) -> Option<Progress> {
        self.state.progress(PROGRESS_MS)
    }

    /// Whether the running statement is the last of its cell.
    pub fn is_last(&self) -> bool {
        self.state.is_last()
    }

    /// How far a statement was that ended in an error.
    pub fn stopped(&self) -> Option<Progress> {
        let progress = self.state.progress(0.0)?;
        Some(Progress { is_running: false, ..progress })
    }

    /// What another session is to be told to be as this one is, secrets included, if that has
    /// changed since it was last asked for.
    pub fn changed_snapshot(&self) -> Option<String> {
        self.state.is_changed.take().then(|| snapshot::snapshot(&self.state))
    }

    /// Makes this session as another one was; says in lines what is so again, and what is lost.
    pub async fn restore(&self, told: &str) -> Vec<String> {
        let lost = "the connections, settings, variables and `:last` are lost: connect again";
        let lines = snapshot::restore(told, &self.state).await;
        let lines = lines.unwrap_or_else(|_| vec![lost.to_string()]);
        match self.catalogue.borrow().as_ref() {
            Some(catalogue) => lines.iter().map(|line| catalogue.text(line)).collect(),
            None => lines,
        }
    }

    /// A result in all its MIME types, as the settings say.
    pub fn render(&self, outcome: &Outcome) -> MimeBundle {
        render::mime_bundle(outcome, &self.options())
    }

    /// How results are shown now.
    pub fn options(&self) -> render::options::Options {
        let settings = self.state.settings.borrow();
        render::options::Options {
            limit: settings.display_limit,
            precision: settings.precision,
            table_schema: settings.table_schema,
            table_size: settings.table_size as usize,
            image: settings.image_field.clone(),
            result: Some(self.results.last()),
            timing: true,
            catalogue: self.catalogue.borrow().clone(),
        }
    }

    /// The connections as a page shows them; no server is asked.
    pub fn status(&self) -> Status {
        let by_default = connection::by_default(&self.state).map(|target| target.url());
        Status { connections: connection::shown(&self.state), by_default }
    }

    /// A name as a statement has it, in quotes where it needs them.
    pub fn quoted(&self, name: &str) -> String {
        print::name(&Name::new(name.to_string(), Span::default()))
    }

    /// Rows of a table of a result that is kept, as JSON; nothing where it is not.
    pub fn rows(
        &self,
        result: &str,
        table: usize,
        order: Order,
        from: usize,
        count: usize,
    ) -> Option<String> {
        self.results.rows(result, table, order, from, count)
    }

    /// Candidates at a cursor (bytes), the likeliest first, and the range that one of them
    /// replaces: of what is known. What is not is asked for, and waited for no longer than nobody
    /// notices; [`Session::learn`] goes on.
    pub async fn complete(&self, cell: &str, cursor: usize) -> (Span, Vec<Candidate>) {
        let learn = async {
            self.learn_files(cell, cursor).await;
            if !self.is_learning.get() {
                self.ask(cell, false).await;
            }
        };
        deadline(learn, self.state.platform.sleep(LEARN_MS)).await;
        typing::complete(cell, cursor, &self.known())
    }

    /// Asks the server for what completion and inspection tell of it and is not known: the
    /// collections that a cell names, databases, users, partitions; and the page for the files
    /// whose names may stand at the cursor. Does nothing while it is at it.
    pub async fn learn(&self, cell: &str, cursor: usize) {
        if self.is_learning.replace(true) {
            return;
        }
        self.learn_files(cell, cursor).await;
        self.ask(cell, true).await;
        self.is_learning.set(false);
    }

    async fn ask(&self, cell: &str, is_all: bool) {
        if let Some(connection) = self.state.current() {
            connection.learnt.learn(&connection, cell, is_all).await;
        }
    }

    async fn learn_files(&self, cell: &str, cursor: usize) {
        let Some(folder) = typing::folder(cell, cursor) else { return };
        if let Ok(names) = self.state.platform.list_files(folder).await {
            let files = names.into_iter().map(|name| format!("{folder}{name}"));
            self.files.replace(Rc::new(files.collect()));
        }
    }

    /// What the word at a cursor (bytes) means.
    pub fn inspect(&self, cell: &str, cursor: usize) -> Option<Inspection> {
        let sheet = typing::inspect(cell, cursor, &self.known())?;
        let sheet = match self.catalogue.borrow().as_ref() {
            Some(catalogue) => sheet.said(|text| catalogue.text(text)),
            None => sheet,
        };
        Some(sheet.finish())
    }

    /// A cell as the history gives it back: whoever asks for it may keep it, so its secrets are
    /// covered.
    pub fn history(&self, cell: &str) -> String {
        secrets::masked(cell, 0..cell.len())
    }

    fn known(&self) -> Known {
        let variables = self.state.variables.borrow();
        let described = |(name, value): (&String, &_)| (name.clone(), typing::described(value));
        let last = self.state.last_result.borrow().described();
        let last = last.map(|what| (LAST.to_string(), what));
        let variables = variables.iter().map(described).chain(last).collect();
        let (connections, addresses) = {
            let connections = self.state.connections.borrow();
            let all = connections.all.iter();
            all.map(|one| (one.name.clone(), one.client.target.url())).unzip()
        };
        let files = self.files.borrow().clone();
        let known = Known { variables, connections, addresses, files, ..Known::default() };
        let Some(connection) = self.state.current() else { return known };
        let database = connection.client.database();
        Known {
            names: connection.catalog.names(&database),
            aliases: connection.catalog.aliases(&database),
            collections: connection.catalog.collections(&database),
            server: connection.learnt.server.borrow().clone(),
            seen: connection.learnt.seen(&database),
            ..known
        }
    }
}
