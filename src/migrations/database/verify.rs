use ablo_schema::error::{AbloError, Code};
use ablo_schema::sql::provision;

use super::catalog::{Catalog, Difference};
use super::{Apply, Database, Revert, failed, quote};
use crate::migrations::{Folder, Snapshot};

/// Whether a folder makes the tables of its models, and unmakes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    /// It does.
    Same,
    /// It does not.
    Differs {
        /// What had just run.
        after: &'static str,
        /// What is missing or too much.
        differences: Vec<Difference>,
    },
}

impl Database {
    /// Runs a folder up, down and up again in a database made for it, comparing what is there with what the models of
    /// its head make afresh in another.
    ///
    /// # Errors
    /// When the role may not create databases, and when a migration fails.
    pub async fn verify(&self, folder: &Folder) -> Result<Verified, AbloError> {
        let Some(head) = folder.head()? else {
            return Err(AbloError::new(Code::MigrationFolderInvalid, "the folder has no snapshot to compare with")
                .detail(
                    "fix",
                    "make its first change with `ablo migrate new`, or start with `ablo migrate baseline`",
                ));
        };
        // No two live connections of a server have the same number there, wherever their processes run.
        let row = self.client.query_one("SELECT pg_backend_pid()", &[]).await.map_err(|error| failed(&error))?;
        let owner = format!("{}_{}", std::process::id(), row.get::<_, i32>(0));
        let names = ["run", "fresh"].map(|name| format!("ablo_verify_{name}_{owner}"));
        let outcome = self.verify_in(&names, folder, head).await;
        for name in &names {
            self.execute(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quote(name))).await?;
        }
        outcome
    }

    async fn verify_in(&self, names: &[String; 2], folder: &Folder, head: &Snapshot) -> Result<Verified, AbloError> {
        for name in names {
            self.execute(&format!("CREATE DATABASE {} TEMPLATE template0", quote(name))).await?;
        }
        let fresh = self.sibling(&names[1]).await?;
        fresh.provision(head).await?;
        let target = &head.tables.target;
        let expected = fresh.catalog(target).await?;

        let run = self.sibling(&names[0]).await?;
        // A baseline's tables exist before the first migration.
        if let Some(first) = folder.snapshots.iter().find(|snapshot| snapshot.migrations.is_empty()) {
            run.provision(first).await?;
        }
        let before = run.catalog(target).await?;
        run.apply(folder, Apply::default(), |_| {}).await?;
        if let Some(differs) = compare("up", &run.catalog(target).await?, &expected) {
            return Ok(differs);
        }
        run.revert(folder, Revert::To(0), Apply::default(), |_| {}).await?;
        if let Some(differs) = compare("down", &run.catalog(target).await?, &before) {
            return Ok(differs);
        }
        run.apply(folder, Apply::default(), |_| {}).await?;
        Ok(compare("up again", &run.catalog(target).await?, &expected).unwrap_or(Verified::Same))
    }

    /// Makes a snapshot's tables.
    async fn provision(&self, snapshot: &Snapshot) -> Result<(), AbloError> {
        let schema = snapshot.schema.clone().validate()?;
        for statement in &provision(&schema, &snapshot.tables.options()).statements {
            self.execute(&statement.text).await?;
        }
        Ok(())
    }
}

fn compare(after: &'static str, found: &Catalog, expected: &Catalog) -> Option<Verified> {
    let differences = found.differences(expected);
    (!differences.is_empty()).then_some(Verified::Differs { after, differences })
}
