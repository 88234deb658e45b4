//! The command line over a schema artifact.

fn main() -> std::process::ExitCode {
    ablo::cli::run_artifact()
}
