//! The table of every code. One entry per code: variant, text, category, HTTP status (`-`: never sent over HTTP),
//! whether repeating the same request can succeed, and the default message: what happened, and what to do.
//!
//! Recovery, type and surface follow by rule from these (see the methods of [`Code`]); `explain` holds the long texts.

use super::code::registry;

registry! {
    ApikeyInvalid "apikey_invalid" Auth 401 final "the API key is not one we issued; check that it was copied whole";
    ApikeyRevoked "apikey_revoked" Auth 401 final "the API key was revoked; use another one";
    ApikeyExpired "apikey_expired" Auth 401 final
        "the access credential has expired; fetch a fresh one and repeat the request";
    ApikeyMissing "apikey_missing" Auth 401 final
        "no API key was given; set one in the client's options or in ABLO_API_KEY";
    ApiKeyRequired "api_key_required" Auth 401 final "this route needs an API key; send it as a bearer token";
    CapabilityIdMissing "capability_id_missing" Auth 401 final
        "the answer to minting a credential has no id; check what answered";
    ExchangeFailed "exchange_failed" Auth 401 final
        "the key could not be exchanged for a session; check the key and the server";
    IdentityResolveFailed "identity_resolve_failed" Auth 401 final
        "the server did not say who this credential is; check the credential and the base URL";
    AuthNoCredentials "auth_no_credentials" Auth 401 final "the request carries no credential; send a bearer token";
    IdentityMissingOrganization "identity_missing_organization" Auth 401 final
        "the credential names no organization; mint one that does";
    SessionExpired "session_expired" Auth 401 final "the login is over; sign in again";
    JwtInvalid "jwt_invalid" Auth 401 final "the token is not valid; obtain a new one from your identity provider";
    JwtMalformed "jwt_malformed" Auth 401 final "the token is not a JSON Web Token; send it whole";
    JwtMissingIssuer "jwt_missing_issuer" Auth 401 final "the token names no issuer; add the `iss` claim";
    JwtIssuerUntrusted "jwt_issuer_untrusted" Auth 401 final
        "the token's issuer is not trusted here; register it first";
    JwtSignatureInvalid "jwt_signature_invalid" Auth 401 final
        "the token's signature does not verify; check the issuer's keys";
    JwtAudienceMismatch "jwt_audience_mismatch" Auth 401 final
        "the token is meant for another audience; request one for this server";
    JwtMissingSubject "jwt_missing_subject" Auth 401 final "the token names no subject; add the `sub` claim";
    JwtMissingOrganization "jwt_missing_organization" Auth 401 final
        "the token names no organization; add the organization claim";
    JwtExpired "jwt_expired" Auth 401 final "the token has expired; sign in again";
    JwtOrgMembershipDenied "jwt_org_membership_denied" Auth 403 final
        "the subject is not a member of that organization; choose another or ask to be added";
    FileUploadAuthRequired "file_upload_auth_required" Auth 401 final
        "uploading needs a credential; send a bearer token";
    BrowserApikeyBlocked "browser_apikey_blocked" Auth - final
        "a secret key must not be used in a browser; use a session or a publishable key";
    BrowserDatabaseUrlBlocked "browser_database_url_blocked" Auth - final
        "a database URL must not be used in a browser; register the data source from a backend";
    DatasourceRegistrationFailed "datasource_registration_failed" Auth - final
        "the database could not be registered; check the connection string and the key";
    CapabilityScopeDenied "capability_scope_denied" Capability 403 final
        "the credential does not allow this operation; use one that does";
    IssuerRegisterForbidden "issuer_register_forbidden" Permission 403 final
        "only an organization's secret key may register an issuer; use one";
    CapabilityInvalid "capability_invalid" Capability 403 final "the capability cannot be used; mint a new one";
    ByoRoleCannotEnforceRls "byo_role_cannot_enforce_rls" Permission 403 final
        "the database role bypasses row-level security; connect with a role that does not";
    ByoRoleUnreadable "byo_role_unreadable" Permission 403 final
        "the rights of the database role could not be read; grant access to pg_roles";
    ByoTenantTablesUnforcedRls "byo_tenant_tables_unforced_rls" Permission 403 final
        "some tables do not force row-level security; run the provisioning SQL";
    ByoHostNotAllowed "byo_host_not_allowed" Permission 403 final
        "connecting to that database host is not allowed; use a public host name";
    ClaimConflict "claim_conflict" Claim 409 retry "another participant holds this row; wait for it or try later";
    ClaimLost "claim_lost" Claim 409 retry "the claim ended before the work did; claim the row again and redo the work";
    EntityClaimed "entity_claimed" Claim 409 retry
        "the row is claimed by another participant; wait for the claim to end";
    IntentConflict "intent_conflict" Claim 409 retry "another participant holds this row; wait for it or try later";
    MalformedClaim "malformed_claim" Claim 400 final
        "the claim request is not well-formed; name a model, a row and a positive ttl";
    ModelClaimed "model_claimed" Claim 409 retry "the row is claimed and the request said not to wait; try later";
    ModelClaimedTimeout "model_claimed_timeout" Claim 409 retry
        "the row was still claimed when the waiting time was over; try later";
    ModelClaimNotConfigured "model_claim_not_configured" Claim - final
        "this client cannot claim rows; create it with claims enabled";
    StaleContext "stale_context" Conflict 409 retry "the row changed after it was read; read it again and decide anew";
    IdempotencyConflict "idempotency_conflict" Conflict 409 final
        "the idempotency key was used for a different request; use a new key";
    IdempotencyKeyTooLong "idempotency_key_too_long" Validation 400 final "the idempotency key is too long; use a UUID";
    TurnValidationFailed "turn_validation_failed" Validation 422 final
        "the turn is not well-formed; check its prompt and costs";
    CommitOperationRequired "commit_operation_required" Validation 400 final
        "the commit has no operations; add at least one";
    CommitOperationModelRequired "commit_operation_model_required" Validation 400 final
        "an operation names no model; set `model`";
    CommitOperationsAmbiguous "commit_operations_ambiguous" Validation 400 final
        "the commit has both `operation` and `operations`; send one of them";
    CommitTooManyOperations "commit_too_many_operations" Validation 400 final
        "the commit has too many operations; split it";
    ModelRequiredFieldMissing "model_required_field_missing" Validation 400 final "a required field is missing; set it";
    ModelIdentifierMissing "model_identifier_missing" Validation 400 final "the row's id is missing; set `id`";
    SnapshotReservedKey "snapshot_reserved_key" Validation 400 final
        "a snapshot cannot have a model under a reserved name; rename the key";
    MeshMessageInvalidInput "mesh_message_invalid_input" Validation 400 final
        "the message between agents is not well-formed; check its fields";
    MeshMessageFromIdSpoof "mesh_message_from_id_spoof" Validation 403 final
        "a message may not name somebody else as its sender; leave the sender out";
    MeshMessageFromKindMismatch "mesh_message_from_kind_mismatch" Validation 403 final
        "the sender's kind does not match the credential; leave it out";
    AgentPerceptionMissingContext "agent_perception_missing_context" Validation 422 final
        "the agent was given nothing to look at; pass the rows it works on";
    EntityNotFound "entity_not_found" NotFound 404 final "there is no such row, or you may not see it; check the id";
    ModelNotFound "model_not_found" NotFound 404 final "there is no such row; check the model and the id";
    MutateUpdateEntityNotFound "mutate_update_entity_not_found" NotFound 404 final
        "the row to update does not exist; create it first";
    TaskIdMissing "task_id_missing" Server 502 retry "the answer to opening a task has no id; check what answered";
    NotNullViolation "not_null_violation" Validation 400 final "a required field was set to null; give it a value";
    ForeignKeyViolation "foreign_key_violation" Conflict 409 final
        "the row refers to a row that does not exist, or is still referred to; fix the other one first";
    UniqueViolation "unique_violation" Conflict 409 final "another row already has this value; choose another value";
    CheckViolation "check_violation" Validation 400 final
        "a value is outside what its field allows; choose an allowed one";
    ConstraintViolation "constraint_violation" Validation 400 final
        "the database refused the write because of a constraint; check the values";
    ServerExecuteUnknownModel "server_execute_unknown_model" Tenant 400 final
        "the server does not know this model; check the spelling and the deployed schema";
    MutateCreateUnknownModel "mutate_create_unknown_model" Tenant 400 final
        "a create names an unknown model; check the spelling and the deployed schema";
    TenantModelColumnsUnknown "tenant_model_columns_unknown" Tenant 400 final
        "the columns of this table are not known; provision or introspect it";
    TenantModelMissingOrganizationId "tenant_model_missing_organization_id" Tenant 400 final
        "the table has no tenancy column; add it or change the model's tenancy";
    SchemaMutableMissingMeta "schema_mutable_missing_meta" Schema 400 final
        "a mutable model lacks what writing needs; declare it whole";
    SchemaScopeKindInvalid "schema_scope_kind_invalid" Schema 400 final
        "the scope or role kind is not a lower-case identifier; rename it";
    SchemaFieldNotCamelcase "schema_field_not_camelcase" Schema 400 final
        "the field name does not start in lower case; write it in camelCase";
    SchemaFieldConsecutiveCaps "schema_field_consecutive_caps" Schema 400 final
        "the field name has two capitals in a row; write `userId`, not `userID`";
    SchemaGrantsShapeInvalid "schema_grants_shape_invalid" Schema 400 final
        "the grants or role definition is not well-formed; name identifiers";
    SchemaGrantsIdentifierUnsafe "schema_grants_identifier_unsafe" Schema 400 final
        "a name in grants is not a safe identifier; rename it";
    SchemaGrantsRelationKind "schema_grants_relation_kind" Schema 400 final
        "grants must name belongsTo relations; point it at one";
    SchemaGrantsRelationMissing "schema_grants_relation_missing" Schema 400 final
        "grants names a relation this model does not have; declare it or fix the name";
    SchemaGrantsTargetNotScopeRoot "schema_grants_target_not_scope_root" Schema 400 final
        "the scope relation of grants leads to a model that is no scope root; mark it with `scope`";
    DropField "drop_field" Schema - final "the migration drops a field and its data; force it if that is meant";
    DropModel "drop_model" Schema - final "the migration drops a model and all its rows; force it if that is meant";
    LossyRecreate "lossy_recreate" Schema - final
        "the type cannot be converted, so the column is dropped and made anew; force it if that is meant";
    MadeRequired "made_required" Schema - final
        "an optional field becomes required while rows may lack it; give a backfill value";
    RequiredFieldAdded "required_field_added" Schema - final
        "a required field is added to a table that may have rows; give a backfill value";
    EnumValueRemoved "enum_value_removed" Schema - final
        "an enum value is removed while rows may have it; force it if none has";
    RiskyCast "risky_cast" Schema - final
        "the type changes through a cast that may fail or lose data; force it if the data allows";
    IntentLeaseUnavailable "intent_lease_unavailable" Intent 503 retry "the claim store cannot be reached; try again";
    IntentNotWired "intent_not_wired" Intent - final "this client cannot send claims; create it with a connection";
    IntentQueued "intent_queued" Intent 409 retry
        "the row is held and the claim waits in line; wait for it to be granted";
    IntentWaitAborted "intent_wait_aborted" Intent 409 retry
        "waiting for the claim was aborted; claim again if it is still wanted";
    IntentWaitPollIntervalRequired "intent_wait_poll_interval_required" Intent - final
        "waiting over HTTP needs a polling interval; set one";
    GrantTimeout "grant_timeout" Intent 504 retry "the claim was not granted in time; try again";
    SlideIntentMissingDeckId "slide_intent_missing_deck_id" Intent 400 final
        "the slide operation names no deck; set the deck's id";
    SlideIntentUnknownSibling "slide_intent_unknown_sibling" Intent 400 final
        "the slide to place it next to does not exist; read the deck again";
    BootstrapFetchTimeout "bootstrap_fetch_timeout" Bootstrap 504 retry
        "loading the first rows took too long; try again";
    BootstrapOffline "bootstrap_offline" Bootstrap 503 retry
        "the first rows cannot be loaded while offline; connect and try again";
    BootstrapOfflineNoCache "bootstrap_offline_no_cache" Bootstrap 503 final
        "offline, and there is no local copy to start from; connect once first";
    BootstrapResponseInvalid "bootstrap_response_invalid" Bootstrap 502 retry
        "the bootstrap answer lacks what it must have; check what answered";
    BootstrapResponseSchemaInvalid "bootstrap_response_schema_invalid" Bootstrap 502 retry
        "the bootstrap answer is of another shape; check what answered";
    ExchangeMalformedResponse "exchange_malformed_response" Transport 502 retry
        "the answer to the key exchange is of another shape; check what answered";
    ExchangeNetworkError "exchange_network_error" Transport 503 retry
        "the key could not be exchanged because the network failed; try again";
    SourceNetworkError "source_network_error" Transport 503 retry
        "the data source could not be reached; check its endpoint";
    IdentityNetworkError "identity_network_error" Transport 503 retry
        "the identity could not be read because the network failed; try again";
    CommitNoResult "commit_no_result" Transport 504 retry
        "the connection ended before the commit was answered; send it again under the same attempt id";
    CommitFailed "commit_failed" Transport 500 retry
        "the commit failed on the server without a more exact reason; try again";
    CommitOfflineGraceExpired "commit_offline_grace_expired" Transport 503 final
        "the commit waited too long for a connection and was given up; send it again";
    QueueTooDeep "queue_too_deep" Transport 503 retry "too many wait in line already; try later";
    FlushTimeout "flush_timeout" Transport 504 retry
        "pending writes did not finish in time; they are still on their way";
    WaitForTimeout "wait_for_timeout" Transport 504 retry
        "what was waited for did not happen in time; check it and wait again";
    InstanceAtCapacity "instance_at_capacity" Transport 503 retry
        "the server has more work than it can queue; try again with some delay";
    FetchUnavailable "fetch_unavailable" Transport - final
        "there is no way to make HTTP requests here; pass one to the client";
    BaseUrlMissing "base_url_missing" Transport - final "no server address was given; set the base URL";
    SyncNotReady "sync_not_ready" Transport - final "the client is not ready yet; await its start first";
    WsNotReady "ws_not_ready" Transport - final "there is no connection to the server; wait for it or try again";
    QuotaExceeded "quota_exceeded" RateLimit 429 retry
        "the organization's quota is used up; make room, or raise it";
    ConnectionLimitExceeded "connection_limit_exceeded" RateLimit 429 retry "too many connections are open; close some";
    InternalError "internal_error" Server 500 retry "something failed inside the server; try again";
    QuotaLookupFailed "quota_lookup_failed" Server 503 retry "the quota could not be checked; try again";
    TurnOpenFailed "turn_open_failed" Server 500 retry "the turn could not be recorded; try again";
    TurnCloseFailed "turn_close_failed" Server 500 retry "the end of the turn could not be recorded; try again";
    InvalidOptions "invalid_options" Client - final
        "the client's options do not make sense together; fix the one named";
    NoAbloProvider "no_ablo_provider" Client - final "a component uses shared state outside its provider; wrap it";
    NoSyncGroupProvider "no_sync_group_provider" Client - final
        "a component asks for its sync group outside a provider; wrap it";
    SyncContextMissingProvider "sync_context_missing_provider" Client - final
        "a component asks for the sync context outside a provider; wrap it";
    DbNotOpened "db_not_opened" Client - final "the local database is not open; await the client's start first";
    DbStoreNotFound "db_store_not_found" Client - final "the local database has no such store; reset the local copy";
    DbUnknownActionType "db_unknown_action_type" Client - final "a delta has an unknown action; update the client";
    IdbUnavailable "idb_unavailable" Client - final "the browser has no IndexedDB here; use memory instead";
    MetaDbNotInitialized "meta_db_not_initialized" Client - final
        "the local metadata is not ready; await the client's start first";
    SyncClientDbMissing "sync_client_db_missing" Client - final "the sync client has no local database; pass one";
    LazyRefDbMissing "lazy_ref_db_missing" Client - final
        "a lazy reference has no database to load from; attach the row to a client";
    LazyRefPoolMissing "lazy_ref_pool_missing" Client - final
        "a lazy reference has no pool to look into; attach the row to a client";
    ModelClassNotRegistered "model_class_not_registered" Client - final
        "the model's class is not registered; add it to the schema";
    ModelNotRegistered "model_not_registered" Client - final "the model is not registered; add it to the schema";
    ModelDisposed "model_disposed" Client - final "the row object was disposed; get it again";
    PoolModelClassNotRegistered "pool_model_class_not_registered" Client - final
        "the pool has no class for this model; add it to the schema";
    PoolRegistryMissing "pool_registry_missing" Client - final "the pool has no registry; build it through the client";
    PoolSubscribeUnregistered "pool_subscribe_unregistered" Client - final
        "an unknown model cannot be observed; add it to the schema";
    RegistryInvalidConstructor "registry_invalid_constructor" Client - final
        "the registered class cannot be constructed; register a class";
    RegistryNotInitialized "registry_not_initialized" Client - final
        "the model registry is not ready; create a client first";
    RegistryPropertyConflict "registry_property_conflict" Client - final
        "two definitions of a property disagree; keep one";
    RegistryReferenceUnknownTarget "registry_reference_unknown_target" Client - final
        "a reference leads to an unknown model; add the model or fix the name";
    RegistryReferenceUnresolved "registry_reference_unresolved" Client - final
        "a reference could not be resolved; register its target";
    RegistryUnknownModel "registry_unknown_model" Client - final
        "the registry does not know this model; add it to the schema";
    QueryReturnsUnknownModel "query_returns_unknown_model" Client - final
        "a query returns an unknown model; add the model or fix the name";
    StoreCreateSchemaMissing "store_create_schema_missing" Client - final
        "rows cannot be created without a schema; pass one";
    StoreManagerUnknownModel "store_manager_unknown_model" Client - final
        "the store manager does not know this model; add it to the schema";
    StoreQuerySchemaMissing "store_query_schema_missing" Client - final
        "rows cannot be queried without a schema; pass one";
    StoreQueryUnknownModel "store_query_unknown_model" Client - final
        "the query names an unknown model; check the spelling";
    TransactionMutateUnknownModel "transaction_mutate_unknown_model" Client - final
        "the transaction writes an unknown model; check the spelling";
    TransactionReadUnknownModel "transaction_read_unknown_model" Client - final
        "the transaction reads an unknown model; check the spelling";
    MutatorRegistryDuplicate "mutator_registry_duplicate" Client - final "two mutators have the same name; rename one";
    MutatorRegistryUnnamedDef "mutator_registry_unnamed_def" Client - final "a mutator has no name; give it one";
    MutatorsSchemaMissing "mutators_schema_missing" Client - final "mutators need a schema; pass one";
    UndoScopeSchemaMissing "undo_scope_schema_missing" Client - final "undo needs a schema; pass one";
    UndoEntryInvalid "undo_entry_invalid" Client - final
        "the undo entry is not well-formed; record it through the scope";
    MockMutationFailed "mock_mutation_failed" Client - final
        "the mock was told to fail this mutation; expected in a test";
    MockUnsupportedOperation "mock_unsupported_operation" Client - final "the mock cannot do this; use a real client";
    InvalidBody "invalid_body" Validation 400 final "the body is not of the expected shape; fix the member named";
    InvalidJson "invalid_json" Validation 400 final "the body is not JSON; send well-formed JSON";
    CapabilityIdRequired "capability_id_required" Validation 400 final
        "the capability's id is missing; put it into the path";
    OrganizationMismatch "organization_mismatch" Permission 403 final
        "the credential belongs to another organization; use the right one";
    Forbidden "forbidden" Permission 403 final "this participant may not do that; ask for the right";
    SourceApiKeyUnresolved "source_api_key_unresolved" Auth 401 final
        "the key that signs this data source is not known; register it";
    CapabilityAuthDisabled "capability_auth_disabled" Server 503 final
        "this server does not issue capabilities; use a key directly";
    ProvisionerUnavailable "provisioner_unavailable" Server 503 final
        "this server cannot provision databases; run the SQL yourself";
    InvalidModel "invalid_model" Validation 400 final "the model's name is not well-formed; check the spelling";
    InvalidId "invalid_id" Validation 400 final "the row's id is not well-formed; send non-empty text";
    UnknownModel "unknown_model" Tenant 400 final
        "the schema has no such model; check the spelling and the deployed schema";
    ModelNotTenantScoped "model_not_tenant_scoped" Tenant 400 final
        "the model does not belong to organizations; it cannot be reached here";
    SchemaTableInvalid "schema_table_invalid" Schema 500 final
        "a table name is not usable; choose letters, digits and underscores";
    SchemaScopeInvalid "schema_scope_invalid" Schema 500 final
        "the model's scope is not usable; check its tenancy and groups";
    EntityFetchFailed "entity_fetch_failed" Server 500 retry "the row could not be read; try again";
    EventsRequired "events_required" Validation 400 final "the push carries no events; send at least one";
    IngestFailed "ingest_failed" Validation 400 final "the events could not be taken in; fix the one named";
    MigrationFailed "migration_failed" Server 500 final
        "the migration failed and was rolled back; read the cause and fix it";
    ModelQueryFailed "model_query_failed" Validation 400 final "the query could not be performed; check its conditions";
    QueriesRequired "queries_required" Validation 400 final "the batch has no queries; add at least one";
    QueryUnsupportedOperator "query_unsupported_operator" Validation 400 final
        "the operator is not supported; use one of the listed ones";
    QueryUnknownRelation "query_unknown_relation" Validation 400 final
        "the model has no such relation; check `related`";
    QueryRelationTargetUnknown "query_relation_target_unknown" Schema 500 final
        "the relation leads to a model the server does not know; fix the schema";
    QueryInvalidIdentifier "query_invalid_identifier" Validation 400 final
        "a column in the query is not an identifier; use a field name";
    OrgIdRequired "org_id_required" Validation 400 final "the organization is missing; name it";
    PresenceIdentityRequired "presence_identity_required" Validation 400 final
        "the presence report does not say whose it is; add the ids";
    UploadFieldsRequired "upload_fields_required" Validation 400 final "the upload lacks a required field; add it";
    UploadItemsRequired "upload_items_required" Validation 400 final "the upload has no items; add at least one";
    PresignedUrlFailed "presigned_url_failed" Server 500 retry "the upload address could not be made; try again";
    TaskIdRequired "task_id_required" Validation 400 final "the task's id is missing; put it into the path";
    IntentIdRequired "intent_id_required" Validation 400 final "the claim's id is missing; name it";
    CommitOperationActionRequired "commit_operation_action_required" Validation 400 final
        "an operation says not what to do; set `type` or `action`";
    CommitOperationUnsupported "commit_operation_unsupported" Validation 400 final
        "the operation is not known; use create, update, delete, archive or unarchive";
    UsageInvalid "usage_invalid" Validation 400 final "the usage request is not well-formed; check its period";
    InvalidRequest "invalid_request" Validation 400 final
        "the request does not make sense as a whole; read the message";
    CapabilityNotFound "capability_not_found" NotFound 404 final
        "there is no such capability in this organization; check the id";
    InvalidParticipantKind "invalid_participant_kind" Validation 400 final
        "the participant kind is not allowed here; use agent or system";
    NarrowScopeRequired "narrow_scope_required" Validation 400 final
        "the capability must be narrowed; name groups and operations";
    WideScopeForbidden "wide_scope_forbidden" Permission 403 final
        "this key may not mint an unrestricted capability; narrow it";
    CapabilityRequired "capability_required" Auth 401 final "this needs a capability; use one as the bearer token";
    ParentTurnNotFound "parent_turn_not_found" NotFound 404 final "the parent turn does not exist; check its id";
    ParentTurnForeignAgent "parent_turn_foreign_agent" Permission 403 final
        "the parent turn belongs to another agent; use one of your own";
    TurnNotFound "turn_not_found" NotFound 404 final "there is no such open turn; open one";
    TurnForeignAgent "turn_foreign_agent" Permission 403 final "the turn belongs to another agent; use your own";
    InvalidIntent "invalid_intent" Validation 400 final "the claim request is not well-formed; check its target";
    SchemaTooLarge "schema_too_large" Validation 413 final "the schema is too large; remove what is not used";
    InvalidSchema "invalid_schema" Validation 400 final "the schema artifact is not well-formed; build it again";
    IncompatibleChange "incompatible_change" Conflict 409 final
        "the new schema would break clients in use; migrate in steps";
    --
    SchemaVersionUnsupported "schema_version_unsupported" Schema 400 final
        "the artifact's version is not 3; build it with a matching tool";
    SchemaNameInvalid "schema_name_invalid" Schema 400 final "a name is not a plain identifier; rename it";
    SchemaNameTooLong "schema_name_too_long" Schema 400 final "a name is longer than 63 bytes; shorten it";
    SchemaNameReserved "schema_name_reserved" Schema 400 final "a model's key is a reserved word; rename it";
    SchemaModelAmbiguous "schema_model_ambiguous" Schema 400 final "two models answer to the same name; rename one";
    SchemaTableDuplicate "schema_table_duplicate" Schema 400 final
        "two models use the same table; give one another table";
    SchemaColumnDuplicate "schema_column_duplicate" Schema 400 final
        "two fields use the same column; give one another column";
    SchemaEmittedNameDuplicate "schema_emitted_name_duplicate" Schema 400 final
        "two constraints, indexes or policies would have the same name; rename a field or table";
    SchemaFieldUnknown "schema_field_unknown" Schema 400 final
        "the schema refers to a field the model does not have; fix the name";
    SchemaBaseFieldType "schema_base_field_type" Schema 400 final
        "a base field is declared with another type; leave it out";
    SchemaEnumValuesInvalid "schema_enum_values_invalid" Schema 400 final
        "an enum field needs distinct values; list them";
    SchemaDefaultInvalid "schema_default_invalid" Schema 400 final "the default is not a value of the field; change it";
    SchemaRelationTargetMissing "schema_relation_target_missing" Schema 400 final
        "a relation leads to a model that is not in the schema; add it or fix the name";
    SchemaRelationKeyType "schema_relation_key_type" Schema 400 final
        "the key of a relation is not text; make the field an `Id`";
    SchemaRelationCycle "schema_relation_cycle" Schema 400 final "parent relations form a cycle; remove one of them";
    SchemaTenancyInvalid "schema_tenancy_invalid" Schema 400 final
        "the model's tenancy cannot be enforced; fix its column or parent";
    SchemaRoleSourceInvalid "schema_role_source_invalid" Schema 400 final
        "a role reads a source it cannot read; name an existing field";
    SchemaQueryInvalid "schema_query_invalid" Schema 400 final "a named query is not well-formed; fix its filter";
    SchemaRenameInvalid "schema_rename_invalid" Schema 400 final
        "a rename hint matches nothing; remove it or fix the names";
    SchemaMismatch "schema_mismatch" Schema 409 final "client and server use different schemas; update the older one";
    ModelNotMutable "model_not_mutable" Permission 403 final
        "clients may not write this model; mark it mutable or write elsewhere";
    FieldReadOnly "field_read_only" Validation 400 final "the field is filled in by the server; leave it out";
    UnknownField "unknown_field" Validation 400 final "the model has no such field; check the spelling";
    InvalidType "invalid_type" Validation 400 final "a value is of another type than its field; convert it";
    InvalidEnumValue "invalid_enum_value" Validation 400 final "the value is not one of the enum's; use a listed one";
    NumberNotRepresentable "number_not_representable" Validation 400 final
        "a number cannot be carried exactly; keep it within 2^53 or use text";
    InvalidGroup "invalid_group" Validation 400 final "the text is not a sync group; write `kind:id`";
    InvalidCursor "invalid_cursor" Validation 400 final "the cursor is not one this server gave; start over without it";
    BodyTooLarge "body_too_large" Validation 413 final "the body or frame is too large; split it";
    RouteNotFound "route_not_found" NotFound 404 final "there is no such route; check the path and the method";
    MethodNotAllowed "method_not_allowed" Validation 405 final
        "the route exists, but not with this method; use one it has";
    RateLimited "rate_limited" RateLimit 429 retry "requests come too fast; wait as long as `Retry-After` says";
    StaleToken "stale_token" Claim 409 final "the write came from an earlier grant of the claim; claim the row again";
    ClaimNotHeld "claim_not_held" Claim 409 final "no live claim with this id is held by you; claim the row first";
    MustBootstrap "must_bootstrap" Bootstrap 410 final "the position is too old to catch up from; load everything anew";
    StoreUnavailable "store_unavailable" Server 503 retry "the database cannot be reached; try again";
    StoreVersionUnsupported "store_version_unsupported" Server 500 final
        "the database was written by a newer version; update the program";
    ShuttingDown "shutting_down" Transport 503 retry "the server is stopping; connect again";
    ResponseMalformed "response_malformed" Client - final
        "the server's answer is not what the protocol says; check what answered";
    RowMismatch "row_mismatch" Client - final "the row is not of the model's shape; compare the schemas";
    FileUnreadable "file_unreadable" Client - final "a file cannot be read; check its path and permissions";
    FileUnwritable "file_unwritable" Client - final
        "a file or stream cannot be written; the cause is the operating system's";
    SchemaNotNamed "schema_not_named" Client - final
        "no schema was named; pass `--schema schema.json`, or `-` for standard input";
    FormatUnsupported "format_unsupported" Client - final
        "the command has no output of this format; use `human` or `json`";
    CodeUnknown "code_unknown" Client - final "the code is not registered; codes stand in brackets in error messages";
    ArgumentInvalid "argument_invalid" Client - final
        "an argument does not say what it must; the message tells its form";
    MigrationFolderInvalid "migration_folder_invalid" Client - final
        "a file of the migrations folder is misnamed or unreadable; rename or remove it";
    MigrationHeads "migration_heads" Client - final
        "two migrations follow the same one; remove one of them and make it again with `ablo migrate new`";
    MigrationChanged "migration_changed" Client - final
        "an applied migration was edited; restore the file and put the change into a new migration";
    MigrationMissing "migration_missing" Client - final
        "the database has applied a migration that the folder lacks; restore the file";
    MigrationOutOfOrder "migration_out_of_order" Client - final
        "a pending migration is older than an applied one; make it again with `ablo migrate new`, or allow it";
    MigrationStatementFailed "migration_statement_failed" Client - final
        "a statement failed and its migration was not applied; the message names the statement and the SQLSTATE";
    MigrationLocked "migration_locked" Client - retry "another run holds the migration lock; wait for it to finish";
    MigrationIrreversible "migration_irreversible" Client - final
        "the migration has no way down; write one, or restore a backup";
    MigrationUnsafe "migration_unsafe" Client - final
        "the change may lose data or fail on live rows; allow it by name or make it safe";
    MigrationsStale "migrations_stale" Client - final
        "the migrations are behind the models; run `ablo migrate new NAME`";
    DatabaseNotNamed "database_not_named" Client - final
        "no database was named; pass `--database-url`, or set DATABASE_URL";
    DatabaseUnreachable "database_unreachable" Client - retry
        "the database cannot be reached; check the URL and that the server runs";
    DatabaseFailed "database_failed" Client - final
        "the database refused a statement; the message carries the SQLSTATE";
    DatabaseDiffers "database_differs" Client - final
        "the database is not what the models say; plan a migration, or pull the schema";
}
