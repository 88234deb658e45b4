use std::fmt;

/// The strongest lock a statement takes on a table, in PostgreSQL's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lock {
    /// No table is locked.
    None,
    /// Reads and writes go on; other changes of rows' locks wait.
    RowExclusive,
    /// Reads and writes go on; other schema changes wait.
    ShareUpdateExclusive,
    /// Reads go on; writes wait.
    Share,
    /// Reads go on; writes and other schema changes wait.
    ShareRowExclusive,
    /// Everything waits.
    AccessExclusive,
}

impl Lock {
    /// PostgreSQL's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::RowExclusive => "ROW EXCLUSIVE",
            Self::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Self::Share => "SHARE",
            Self::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Self::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }
}

/// What makes a statement unsafe on a large live table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Risk {
    /// It reads every row while it holds its lock.
    Scan,
    /// It writes every row anew while it holds its lock.
    Rewrite,
    /// It builds an index while writers wait.
    IndexBuild,
    /// It changes every row in one transaction.
    Update,
    /// It loses data.
    Loss,
}

impl Risk {
    /// What happens, in words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scan => "reads the whole table under its lock",
            Self::Rewrite => "rewrites the whole table under its lock",
            Self::IndexBuild => "builds an index while writers wait",
            Self::Update => "updates every row in one transaction",
            Self::Loss => "loses data",
        }
    }
}

/// What in the schema a statement is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Cause {
    /// The schema key of the model.
    pub model: Option<String>,
    /// The wire name of the field, or the name of the relation.
    pub field: Option<String>,
}

impl Cause {
    /// For a model.
    #[must_use]
    pub fn model(key: &str) -> Self {
        Self { model: Some(key.to_owned()), field: None }
    }

    /// For a field or relation of a model.
    #[must_use]
    pub fn field(key: &str, field: &str) -> Self {
        Self { model: Some(key.to_owned()), field: Some(field.to_owned()) }
    }
}

/// What makes a statement unnecessary, where the language has no `IF NOT EXISTS` for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Unless {
    /// The table already has the column.
    Column {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
}

/// When a statement runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Before the transaction: it prepares the connection.
    Before,
    /// In the one transaction.
    Transaction,
    /// After the transaction, outside any.
    After,
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The text, with its semicolon.
    pub text: String,
    /// The strongest lock it takes.
    pub lock: Lock,
    /// Why it is unsafe on a large live table, when it is.
    pub risk: Option<Risk>,
    /// When it runs.
    pub phase: Phase,
    /// Whether the plan holds without it: a failure is reported and passed over.
    pub best_effort: bool,
    /// What makes it unnecessary; who runs the plan looks first.
    pub unless: Option<Unless>,
    /// What it is for.
    pub cause: Cause,
}

impl Statement {
    /// A statement of a transaction.
    #[must_use]
    pub fn new(text: impl Into<String>, lock: Lock, cause: Cause) -> Self {
        let phase = Phase::Transaction;
        Self { text: text.into(), lock, risk: None, phase, best_effort: false, unless: None, cause }
    }

    /// Unsafe on a large live table.
    #[must_use]
    pub fn risk(mut self, risk: Risk) -> Self {
        self.risk = Some(risk);
        self
    }

    /// To be run after the transaction, outside any, without being essential.
    #[must_use]
    pub fn afterwards(mut self) -> Self {
        self.phase = Phase::After;
        self.best_effort = true;
        self
    }

    /// To be run after the transaction, outside any; the plan does not hold without it.
    #[must_use]
    pub fn then(mut self) -> Self {
        self.phase = Phase::After;
        self
    }

    /// To be run before the transaction.
    #[must_use]
    pub fn first(mut self) -> Self {
        self.phase = Phase::Before;
        self
    }

    /// Whether it belongs to the transaction.
    #[must_use]
    pub fn is_transactional(&self) -> bool {
        self.phase == Phase::Transaction
    }

    /// Unnecessary when this holds.
    #[must_use]
    pub fn unless(mut self, unless: Unless) -> Self {
        self.unless = Some(unless);
        self
    }
}

/// Something a plan does not do, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What it concerns.
    pub cause: Cause,
    /// What is not done, and why.
    pub message: String,
}

/// Statements in order: those that prepare the connection, those of one transaction, and those after it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The statements.
    pub statements: Vec<Statement>,
    /// What is not done.
    pub notes: Vec<Note>,
}

impl Plan {
    /// The statements before the transaction, in order.
    pub fn before(&self) -> impl Iterator<Item = &Statement> {
        self.in_phase(Phase::Before)
    }

    /// The statements of the transaction, in order.
    pub fn transactional(&self) -> impl Iterator<Item = &Statement> {
        self.in_phase(Phase::Transaction)
    }

    /// The statements after the transaction, in order, each outside any.
    pub fn afterwards(&self) -> impl Iterator<Item = &Statement> {
        self.in_phase(Phase::After)
    }

    fn in_phase(&self, phase: Phase) -> impl Iterator<Item = &Statement> {
        self.statements.iter().filter(move |statement| statement.phase == phase)
    }

    pub(crate) fn push(&mut self, statement: Statement) {
        self.statements.push(statement);
    }

    pub(crate) fn note(&mut self, cause: Cause, message: impl Into<String>) {
        self.notes.push(Note { cause, message: message.into() });
    }

    /// Statements by when they run, otherwise in order.
    pub(crate) fn settle(mut self) -> Self {
        self.statements.sort_by_key(|statement| statement.phase);
        self
    }
}

impl fmt::Display for Plan {
    /// A script: one statement after the other, each ending its line. What an existing table may need is a comment,
    /// for a script cannot look first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.statements.iter().try_for_each(|statement| match &statement.unless {
            None => writeln!(f, "{}", statement.text),
            Some(Unless::Column { .. }) => writeln!(f, "-- where the column is missing: {}", statement.text),
        })
    }
}
