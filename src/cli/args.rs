use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

const EXIT_CODES: &str = "\
Exit codes:
  0  ok
  1  failed
  2  used wrongly
  3  differences, or work is pending
  4  refused as unsafe
  5  cannot reach the server or the database
130  `serve` was told to stop a second time and did not finish";

/// Typed shared state: its schema, its migrations and its server.
#[derive(Debug, Parser)]
#[command(name = "ablo", version, after_help = EXIT_CODES, arg_required_else_help = true)]
pub(super) struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Options every command takes.
#[derive(Debug, Args)]
pub(super) struct Global {
    /// The schema artifact to read; `-` reads standard input.
    #[arg(long, global = true, env = "ABLO_SCHEMA", value_name = "FILE", hide_env_values = true)]
    pub schema: Option<PathBuf>,
    /// How data is written to standard output; `sql` where a command says so.
    #[arg(long, global = true, value_enum, default_value_t)]
    pub format: Format,
    /// When standard error is coloured.
    #[arg(long, global = true, value_enum, default_value_t)]
    pub color: Color,
}

/// How data is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    #[default]
    Human,
    /// One JSON document, its shape named by the member `schema`.
    Json,
    /// Statements.
    Sql,
}

/// When text is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// When the stream is a terminal and `NO_COLOR` is not set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Validates, hashes, prints and compares schemas.
    #[command(subcommand)]
    Schema(SchemaCommand),
    /// Writes what follows from the schema.
    #[command(subcommand)]
    Generate(GenerateCommand),
    /// Makes and reads API keys.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Makes, applies, takes back and checks migrations.
    Migrate(Migrate),
    /// Adopts tables that exist already; copies and upgrades SQLite files.
    Db(Db),
    /// Serves the schema over HTTP and WebSocket.
    Serve(Serve),
    /// Says what an error code means and what to do about it.
    Explain {
        /// The code, for example `stale_context`.
        code: String,
    },
    /// Writes a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

impl Command {
    /// Whether `--format sql` means something to it.
    pub fn writes_sql(&self) -> bool {
        matches!(
            self,
            Self::Migrate(Migrate { command: MigrateCommand::Plan { .. }, .. })
                | Self::Generate(GenerateCommand::Sql { .. })
                | Self::Schema(SchemaCommand::Diff(_))
        )
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum SchemaCommand {
    /// Reports every problem of the schema.
    Check,
    /// Prints the schema's hash.
    Hash,
    /// Prints the schema's artifact.
    Print {
        /// Adds what the artifact's version 3 cannot say: integers, defaults, comments and the like.
        #[arg(long)]
        extended: bool,
    },
    /// Shows what changed between two schemas, the statements for it, what is at stake and who notices; `--format sql`
    /// prints the statements alone, for `psql --set ON_ERROR_STOP=1`.
    Diff(DiffArgs),
}

/// Two schemas, and the database whose statements lead from one to the other.
#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// The artifact before; `-` reads standard input.
    pub old: PathBuf,
    /// The artifact after; the schema itself when left out.
    pub new: Option<PathBuf>,
    #[command(flatten)]
    pub hints: HintArgs,
    /// The database the statements are for.
    #[arg(long, value_enum, default_value_t)]
    pub dialect: Dialect,
    #[command(flatten)]
    pub tables: Tables,
    #[command(flatten)]
    pub online: Online,
}

/// What two schemas cannot say by themselves.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct HintArgs {
    /// A field that has a new name: `model.old:new`.
    #[arg(long, value_name = "MODEL.OLD:NEW")]
    pub rename: Vec<String>,
    /// A model that has a new schema key: `old:new`.
    #[arg(long, value_name = "OLD:NEW")]
    pub rename_model: Vec<String>,
    /// A value for rows that have none: `model.field=value`.
    #[arg(long, value_name = "MODEL.FIELD=VALUE")]
    pub backfill: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct Migrate {
    /// The folder of migrations.
    #[arg(long, global = true, env = "ABLO_MIGRATIONS", default_value = "migrations", value_name = "FOLDER")]
    pub dir: PathBuf,
    #[command(flatten)]
    pub database: DatabaseUrl,
    #[command(subcommand)]
    pub command: MigrateCommand,
}

#[derive(Debug, Args)]
pub(super) struct DatabaseUrl {
    /// The PostgreSQL database, as `postgres://user:password@host:port/database`.
    #[arg(long, global = true, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Locks {
    /// How many seconds a statement waits for a lock on a table.
    #[arg(long, default_value_t = 5, value_name = "SECONDS")]
    pub lock_timeout: u64,
    /// How many seconds to wait for another run to end.
    #[arg(long, default_value_t = 10, value_name = "SECONDS")]
    pub lock_wait: u64,
}

/// How a folder's tables are made.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct FolderTables {
    /// The database schema the tables live in; settled by the folder's first change.
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,
    /// Make relations marked `fk` foreign keys; settled by the folder's first change.
    #[arg(long)]
    pub foreign_keys: bool,
}

/// Whether tables are in use.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Online {
    /// PostgreSQL: for large tables in use. Builds indexes, fills rows, checks constraints and copies columns after the
    /// transaction, while reads and writes go on. The role that applies it must see every organization's rows.
    #[arg(long)]
    pub online: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum MigrateCommand {
    /// Writes the files of a change: from where the folder leads to what the schema says.
    #[command(alias = "generate", alias = "add", alias = "diff")]
    New {
        /// What the change is called: letters, digits and `_`.
        name: String,
        #[command(flatten)]
        hints: HintArgs,
        /// Allow what is refused otherwise, for example `drop-field`.
        #[arg(long, value_name = "WHAT", value_delimiter = ',')]
        allow: Vec<String>,
        #[command(flatten)]
        tables: FolderTables,
        #[command(flatten)]
        online: Online,
        /// The version to use instead of the time: fourteen digits.
        #[arg(long, value_name = "VERSION")]
        at: Option<i64>,
    },
    /// Runs the folder up, down and up again in databases made for it, and compares what is there with the models.
    Verify,
    /// Shows what applying would run; `--format sql` prints it.
    Plan {
        /// Stop after this version.
        #[arg(long, value_name = "VERSION")]
        to: Option<i64>,
    },
    /// Applies what is pending.
    #[command(alias = "up", alias = "run")]
    Apply {
        /// Stop after this version.
        #[arg(long, value_name = "VERSION")]
        to: Option<i64>,
        /// Allow what is refused otherwise: `out-of-order`.
        #[arg(long, value_name = "WHAT", value_delimiter = ',')]
        allow: Vec<String>,
        #[command(flatten)]
        locks: Locks,
    },
    /// Takes the newest change back, or everything newer than a version.
    #[command(alias = "down")]
    Revert {
        /// Take back everything newer than this version; 0 for everything.
        #[arg(long, value_name = "VERSION")]
        to: Option<i64>,
        #[command(flatten)]
        locks: Locks,
    },
    /// Says what is applied and what is pending.
    #[command(alias = "info", alias = "list")]
    Status,
    /// Flags statements that lock tables for long or lose data.
    Lint {
        /// Allow findings of a rule.
        #[arg(long, value_name = "RULE", value_delimiter = ',')]
        allow: Vec<String>,
    },
    /// Starts from tables that exist already: an empty folder takes the schema as given; in a database, what is pending
    /// is remembered as applied without running it.
    Baseline {
        #[command(flatten)]
        tables: FolderTables,
        /// Stop after this version.
        #[arg(long, value_name = "VERSION")]
        to: Option<i64>,
        #[command(flatten)]
        locks: Locks,
    },
}

#[derive(Debug, Args)]
pub(super) struct Db {
    #[command(flatten)]
    pub database: DatabaseUrl,
    /// The database schema the tables live in; the one that unqualified names mean when left out.
    #[arg(long, global = true, value_name = "NAME")]
    pub target: Option<String>,
    #[command(subcommand)]
    pub command: DbCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum DbCommand {
    /// Says per model whether its table fits, and why not.
    Check,
    /// Writes Rust models for the tables.
    Pull {
        /// The name of the schema struct.
        #[arg(long, default_value = "Database")]
        name: String,
    },
    /// Copies a SQLite file as it is at one moment, also while a server has it open. Nothing is overwritten.
    Backup {
        /// The file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The copy to make.
        #[arg(value_name = "COPY")]
        copy: PathBuf,
    },
    /// Makes a SQLite file of a copy. Nothing is overwritten: stop the server and move its file away first.
    Restore {
        /// The copy.
        #[arg(value_name = "COPY")]
        copy: PathBuf,
        /// The file to make.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Brings an embedded SQLite file, which nobody has open, to the schema. Opening it does so by itself when nothing
    /// is at stake.
    Upgrade {
        /// The file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        hints: HintArgs,
        /// Go on although this is at stake; the refusal names it.
        #[arg(long, value_name = "WHAT", value_delimiter = ',')]
        allow: Vec<String>,
    },
}

#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    pub settings: super::serve::Flags,
    /// The file of settings; `ablo.toml` if there is one.
    #[arg(long, env = "ABLO_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print what every setting comes to, without secrets, instead of serving.
    #[arg(long)]
    pub print_config: bool,
    /// Print where it listens, and the keys, as one line of JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum GenerateCommand {
    /// The statements that give the schema its tables. Applied twice they change nothing.
    Sql {
        /// The database they are for.
        #[arg(long, value_enum, default_value_t)]
        dialect: Dialect,
        #[command(flatten)]
        tables: Tables,
        /// Whose tables: the application's, or the runtime's own.
        #[arg(long, value_enum, default_value_t)]
        plane: Plane,
    },
    /// The OpenAPI 3.1 document of what a server of the schema serves.
    Openapi {
        /// The API's name.
        #[arg(long)]
        title: Option<String>,
        /// The API's version.
        #[arg(long, value_name = "VERSION")]
        api_version: Option<String>,
        /// Where it is served, without `/v1`.
        #[arg(long, value_name = "URL")]
        server_url: Option<String>,
    },
    /// TypeScript types.
    Ts,
    /// JSON Schema of every model, or of one.
    JsonSchema {
        /// The schema key of one model.
        #[arg(long)]
        model: Option<String>,
        /// Its view.
        #[arg(long, value_enum, default_value = "row", requires = "model")]
        form: Form,
    },
    /// A picture: models, fields, keys, relations, what lives in what, scope roots and planes.
    Diagram {
        /// How it is drawn.
        #[arg(long = "as", value_enum, default_value_t)]
        drawing: Drawing,
        /// Mark what changed since this artifact.
        #[arg(long, value_name = "OLD")]
        since: Option<PathBuf>,
    },
}

/// How a diagram is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Drawing {
    /// A picture that needs no other tool.
    #[default]
    Svg,
    /// Text that GitHub and many editors draw.
    Mermaid,
    /// Text for Graphviz.
    Dot,
}

/// Which view of a model a JSON Schema describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// A row as it is read.
    Row,
    /// The fields that create a row.
    Create,
    /// The fields that change a row.
    Patch,
}

/// How tables are made.
#[derive(Clone, Debug, Args)]
pub(super) struct Tables {
    /// PostgreSQL: the database schema the tables live in.
    #[arg(long, value_name = "NAME", default_value = "public")]
    pub target: String,
    /// Make relations marked `fk` foreign keys.
    #[arg(long)]
    pub foreign_keys: bool,
}

/// A database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Dialect {
    /// PostgreSQL, from version 15 on.
    #[default]
    Postgres,
    /// SQLite, from version 3.37 on.
    Sqlite,
}

/// Whose tables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Plane {
    /// The application's models.
    #[default]
    Tenant,
    /// The log, its heads, claims, remembered answers and capabilities.
    Control,
}

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Makes a new key and prints it, once: a server stores only its SHA-256. With `--file`, the server of that file knows it
    /// from its next start on; without, none does before a program has adopted it.
    Mint {
        /// What the key is for. Sessions, which are of other kinds, are made over HTTP with a secret key.
        #[arg(long, value_enum, default_value_t)]
        kind: KeyKind,
        /// Which data it reaches.
        #[arg(long, value_enum, default_value_t)]
        env: KeyEnv,
        /// The SQLite file of a server that does not run now. The server makes it when it first starts.
        #[arg(long, value_name = "FILE", requires = "organization")]
        file: Option<PathBuf>,
        /// Whose data the key reaches.
        #[arg(long, value_name = "NAME", requires = "file")]
        organization: Option<String>,
    },
    /// Says what a key is, without printing it.
    Inspect {
        /// The key; `-` reads it from standard input, which keeps it out of the shell's history.
        key: String,
    },
}

/// What a key is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum KeyKind {
    /// `sk`: a backend with the whole organization's authority.
    #[default]
    Secret,
    /// `rk`: an agent's session or capability.
    Restricted,
    /// `ek`: an end user's session.
    Ephemeral,
    /// `pk`: safe in a browser, long-lived, read-only.
    Publishable,
}

/// Which data a key reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum KeyEnv {
    /// Test data.
    #[default]
    Test,
    /// Real data.
    Live,
}
