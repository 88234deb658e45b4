//! Every code that is raised in process is seen by a test; every other code has a reason not to be.
//!
//! In process are the schema crate and the runtime without its server: that is where a refusal has to name what is to
//! blame and leave everything as it was. `ablo-runtime/tests/refusals` shows it of whatever the engine and its claims
//! raise, `tests/client/refusals.rs` of the client's own, the tests of files of whatever a store raises; what the schema
//! crate refuses is a value, so there is only what is to blame. Codes of the server and of the command line have tests
//! beside those. This test reads the sources, so that a code that begins to be raised somewhere is asked for at once.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../ablo-runtime/tests/support/raised.rs"]
mod raised;

use std::collections::BTreeSet;

use ablo::error::{Code, Surface};
use raised::{named, raised, sources};

/// Codes that travel from servers of the protocol and that nothing here raises, by the reason.
const NOT_RAISED: [(&str, &str); 6] = [
    (
        "sessions, memberships, uploads, webhooks and databases of customers are the hosted service's",
        "api_key_required identity_missing_organization session_expired jwt_org_membership_denied \
         file_upload_auth_required issuer_register_forbidden capability_invalid \
         byo_role_cannot_enforce_rls byo_role_unreadable byo_tenant_tables_unforced_rls byo_host_not_allowed \
         quota_lookup_failed capability_id_required organization_mismatch forbidden \
         source_api_key_unresolved capability_auth_disabled provisioner_unavailable events_required ingest_failed \
         org_id_required upload_fields_required upload_items_required presigned_url_failed usage_invalid \
         capability_required schema_too_large incompatible_change schema_mismatch turn_open_failed turn_close_failed \
         migration_failed",
    ),
    (
        "a client finds out about its network, and in process there is none",
        "apikey_missing capability_id_missing exchange_failed identity_resolve_failed exchange_malformed_response \
         exchange_network_error source_network_error commit_no_result commit_offline_grace_expired \
         flush_timeout wait_for_timeout bootstrap_fetch_timeout bootstrap_offline \
         bootstrap_offline_no_cache bootstrap_response_invalid bootstrap_response_schema_invalid task_id_missing \
         entity_fetch_failed grant_timeout",
    ),
    (
        "agents' messages, perceptions and slides are the application's",
        "mesh_message_invalid_input mesh_message_from_id_spoof mesh_message_from_kind_mismatch \
         agent_perception_missing_context slide_intent_missing_deck_id slide_intent_unknown_sibling",
    ),
    (
        "said here by a more exact code, with the field's path",
        "intent_conflict model_claimed model_claimed_timeout claim_not_held model_required_field_missing \
         mutate_update_entity_not_found check_violation constraint_violation server_execute_unknown_model \
         mutate_create_unknown_model invalid_model invalid_id schema_scope_invalid schema_grants_identifier_unsafe \
         task_id_required intent_id_required",
    ),
    (
        "what a claim answers here: a place in line, waited for as long as its caller waits",
        "intent_lease_unavailable intent_queued intent_wait_aborted",
    ),
    (
        "cannot be said: the types have no room for it",
        "commit_operations_ambiguous snapshot_reserved_key schema_mutable_missing_meta tenant_model_columns_unknown \
         tenant_model_missing_organization_id model_not_tenant_scoped",
    ),
];

/// Every code that a text names, by its variant or by its word.
fn mentioned(text: &str) -> BTreeSet<Code> {
    let words: BTreeSet<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let by_word = Code::ALL.iter().copied().filter(|code| words.contains(code.as_str()));
    named(text).into_iter().chain(by_word).collect()
}

#[test]
fn every_code_raised_in_process_is_seen_by_a_test() {
    let tests = ["/tests/", "tests.rs"];
    let others = ["/server/", "/src/error/", "/tests/", "tests.rs"];
    let raised = named(&(sources("ablo-schema/src", &others, false) + &sources("ablo-runtime/src", &others, false)));
    assert!(raised.len() > 60, "the sources were not read: {raised:?}");
    let tests = ["ablo-schema", "ablo-runtime"].map(|folder| sources(folder, &tests, true)).concat()
        + &sources("tests", &["/errors.rs", "/conformance/", "/ui/"], false);
    let seen = mentioned(&tests);
    let unseen: Vec<_> = raised.difference(&seen).map(|code| code.as_str()).collect();
    assert!(unseen.is_empty(), "raised, and seen by no test: {unseen:#?}");

    let server = named(&sources("ablo-runtime/src/server", &["tests.rs"], false));
    let tools = named(&sources("src", &["tests.rs"], false));
    let listed: BTreeSet<&str> = NOT_RAISED.iter().flat_map(|(_, codes)| codes.split_whitespace()).collect();
    for code in Code::ALL {
        let anywhere = [&raised, &server, &tools].iter().any(|codes| codes.contains(code));
        let word = code.as_str();
        // What never travels is raised inside clients of other languages: their stores, pools, providers and tools.
        let has_reason = listed.contains(word) || (code.surface() == Surface::Client && !code.is_ours());
        assert!(anywhere || has_reason, "{word} is raised nowhere; say why");
        assert!(!(raised.contains(code) && listed.contains(word)), "{word} is raised after all; take its reason out");
    }
    let known: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let unknown: Vec<_> = listed.difference(&known).collect();
    assert!(unknown.is_empty(), "no codes: {unknown:?}");
}

#[test]
fn what_a_schema_is_refused_for_is_seen_with_its_path() {
    let tests = sources("ablo-schema/tests", &["/artifact"], true);
    let pathless: Vec<_> =
        raised("ablo-schema/src/ir").into_iter().filter(|code| !tests.contains(&format!("\"{code} "))).collect();
    assert_eq!(pathless, [], "seen without a path");
}

#[test]
fn what_a_store_refuses_is_seen_with_the_file_as_it_was() {
    let seen = mentioned(&sources("ablo-runtime/tests", &["/sqlite_"], true));
    let unseen: Vec<_> = raised("ablo-runtime/src/store").difference(&seen).copied().collect();
    assert_eq!(unseen, [Code::InternalError], "no request brings it about");
}
