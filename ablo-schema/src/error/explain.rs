//! What each code means, why it happens and what to do: the long texts behind `ablo explain CODE`.

use super::Code;

macro_rules! explanations {
    ($($code:ident $text:literal;)*) => {
        impl Code {
            /// What the code means, why it happens and what to do, in one paragraph.
            #[must_use]
            pub const fn explanation(self) -> &'static str {
                match self { $(Self::$code => $text,)* }
            }
        }
    };
}

explanations! {
    ApikeyInvalid
        "The server looked for the key and found nothing, or its checksum is wrong. Usually a character was lost while \
         copying, or the key belongs to another deployment. Copy the key again, or mint a new one with `ablo keys \
         mint`.";
    ApikeyRevoked
        "Somebody with authority over the organization took the key back, so it will never work again. Replace it \
         wherever it is configured, and look for the place that still uses it.";
    ApikeyExpired
        "Session credentials live for minutes. Clients fetch a new one by themselves when they were given a way to do \
         so; if this error reaches you, configure a token source, or exchange the long-lived key again.";
    ApikeyMissing
        "An operation that only a key may perform, such as minting a session, was attempted by a client that has none. \
         Pass the key explicitly or through the environment, on a server only.";
    ApiKeyRequired
        "The request carried no credential, or a session where the route asks for a key. Send `Authorization: Bearer \
         sk_…` from a backend.";
    CapabilityIdMissing
        "A capability was minted, but the response names neither `capabilityId` nor `id`, so it could never be \
         revoked. A proxy or an incompatible server is answering; check the base URL.";
    ExchangeFailed
        "The server refused to turn the API key into a session and gave no code of its own. Check that the key belongs \
         to this server and is not revoked, then read the server's log under the request id.";
    IdentityResolveFailed
        "The identity route answered something that is not an identity. Either the credential is of a kind the route \
         does not know, or something other than an Ablo server is at that address.";
    AuthNoCredentials
        "Nothing in the request says who is asking. Over HTTP send `Authorization: Bearer …`; over WebSocket offer the \
         subprotocol `ablo.bearer.<credential>`.";
    IdentityMissingOrganization
        "Every participant acts inside one organization, and this credential does not say which. Mint it again with an \
         organization, or fix the claims of the identity provider.";
    SessionExpired
        "The session behind this credential has ended, so refreshing does not help. Clients drop what they keep \
         locally and ask for a new login.";
    JwtInvalid
        "The JSON Web Token could be read but not accepted, for a reason without a code of its own, such as a date in \
         the future. Compare its claims with what the trusted issuer is configured to send.";
    JwtMalformed
        "The text does not have the three parts of a token, or they do not decode. It was cut off, quoted, or is \
         another kind of credential.";
    JwtMissingIssuer
        "Without `iss` the server cannot find the keys to check the signature with. Configure the identity provider to \
         send it.";
    JwtIssuerUntrusted
        "The organization has not registered this issuer. Register it once with an API key, and compare the spelling, \
         including a trailing slash.";
    JwtSignatureInvalid
        "The token was changed, or signed with a key that the issuer does not publish. If the issuer has just rotated \
         its keys, fetch a new token.";
    JwtAudienceMismatch
        "The `aud` claim names somebody else. Ask the identity provider for a token with the audience the issuer was \
         registered with.";
    JwtMissingSubject
        "The subject becomes the participant's id, and there is none. Configure the identity provider to send `sub`.";
    JwtMissingOrganization
        "The token says who, but not in which organization. Add the claim the issuer was registered with, or sign in \
         with an organization selected.";
    JwtExpired
        "The token's `exp` is in the past. Clients treat this as the end of the login. If it happens at once, compare \
         the clocks of the issuer and the server.";
    JwtOrgMembershipDenied
        "The token is genuine, but its subject does not belong to the organization it names. Add the member, or select \
         an organization the person belongs to.";
    FileUploadAuthRequired "The upload route does not take anonymous requests. Send the same credential as for writes.";
    BrowserApikeyBlocked
        "The client found an `sk_` key where everybody can read it and refused to start. Mint a session on your \
         backend and give the browser only that.";
    BrowserDatabaseUrlBlocked
        "The client found a connection string where everybody can read it and refused to start. Move the registration \
         to a server.";
    DatasourceRegistrationFailed
        "The client was given a database URL and the server did not accept it. Check that the server can reach the \
         host and that the role may not bypass row-level security; without a URL the client starts normally.";
    CapabilityScopeDenied
        "The credential is narrowed to some operations or groups, and this is not among them. `requiredCapability` in \
         the error says which one is missing. Mint a session that includes it, or leave the operation out.";
    IssuerRegisterForbidden
        "Trusting an issuer gives away the right to create logins, so sessions and publishable keys may not do it. \
         Repeat the request with an `sk_` key.";
    CapabilityInvalid
        "It was revoked, it has expired, or it was issued for something else. Read its state with `GET \
         /v1/capabilities/{id}` and mint another if needed.";
    ByoRoleCannotEnforceRls
        "Isolation between organizations relies on forced row-level security, and superusers and roles with BYPASSRLS \
         ignore it. Create an ordinary role that owns nothing else and use it in the connection string.";
    ByoRoleUnreadable
        "The server checks whether its role would bypass row-level security and could not find out, so it does not go \
         on. Allow the role to read `pg_roles`, or use another role.";
    ByoTenantTablesUnforcedRls
        "A table holds rows of several organizations, but its owner is not held to the policies. Apply `ablo generate \
         sql` to the database, which is safe to repeat, and start again.";
    ByoHostNotAllowed
        "The address is private or reserved, and the server does not connect there on behalf of customers. Use a host \
         that is meant to be reached from outside, or run your own server beside the database.";
    ClaimConflict
        "A claim on the row is live and belongs to somebody else, so the write or claim was refused. Claim the row \
         with waiting on, or repeat the write when the claim has ended; `claims` says who holds it and until when.";
    ClaimLost
        "The lease ran out, or somebody with the right to do so took it. Anything computed from the row may be out of \
         date: claim again, read again, and write again. A longer ttl or more frequent heartbeats prevent it.";
    EntityClaimed
        "Like `claim_conflict`, found at the moment of writing. The write was not applied, and is safe to repeat when \
         the holder has finished.";
    IntentConflict "The older name of `claim_conflict`, still accepted from peers; callers see `claim_conflict`.";
    MalformedClaim
        "A claim needs an id, a model and a row, and its time to live must be a positive duration. Compare the request \
         with the fields of `intent_begin` or of the claim route.";
    ModelClaimed
        "The caller asked to fail rather than to wait when a row is held. Choose waiting, or handle this error as the \
         answer it is.";
    ModelClaimedTimeout
        "The caller waited for a claim to end and it did not end in time. The holder may be slow, or may renew its \
         lease for ever; look at it with `claims().state(id)`.";
    ModelClaimNotConfigured
        "Claims were used on a client built without the part that performs them. Use the realtime or HTTP client, or \
         configure claims.";
    StaleContext
        "The write was guarded by what its author had read, and a newer change touches the same fields. Nothing was \
         applied. Read the row, check whether the write still makes sense, and repeat it with the new stamp; \
         `conflicts` lists the newer changes.";
    IdempotencyConflict
        "A key stands for one request. The same key with another body is a mistake in the caller, usually a constant \
         key or a retry that rebuilt its body. Use a fresh key for a new request, and the very same body for a retry.";
    IdempotencyKeyTooLong
        "Keys are kept for a while and compared often, so their length is limited. A UUID is always short enough.";
    TurnValidationFailed
        "A field of the request to open or close a turn is missing, too long or negative. The message names it.";
    CommitOperationRequired
        "`operations` is missing or empty. A commit that changes nothing is refused rather than recorded.";
    CommitOperationModelRequired
        "Every operation says which model it writes, by schema key or typename. `param` gives the position of the one \
         that does not.";
    CommitOperationsAmbiguous
        "It is not clear what should be written, so nothing was. Put every operation into the list `operations`.";
    CommitTooManyOperations
        "Operations of a commit apply together and hold up everybody else meanwhile, so their number is limited. Split \
         the work into commits that make sense on their own.";
    ModelRequiredFieldMissing
        "A create has to set every field that is neither optional nor defaulted. `param` names the first that is \
         missing.";
    ModelIdentifierMissing
        "Updating, deleting, archiving or claiming needs to know which row is meant. Only a create may leave the id to \
         the server.";
    SnapshotReservedKey
        "`stamp`, `signal` and `onChange` are members of every snapshot, so a model of that name could not be reached. \
         Choose another schema key.";
    MeshMessageInvalidInput "A field is missing or of another type. The message of this error names it.";
    MeshMessageFromIdSpoof
        "The sender is taken from the credential. A message that claims another sender is refused, not corrected.";
    MeshMessageFromKindMismatch
        "A message says it comes from an agent, a user or a system, and the credential says otherwise. Leave the \
         member out.";
    AgentPerceptionMissingContext
        "The request asks an agent to perceive without saying what. Name at least one row or group.";
    EntityNotFound
        "No live row of that model has that id within the groups of this credential. It may have been deleted, it may \
         belong to a group the participant is not in, or its creation has not been committed yet.";
    ModelNotFound
        "The read came back empty. The id may be wrong, the row deleted, or outside the groups of this credential.";
    MutateUpdateEntityNotFound
        "An update, archive or unarchive names a row that is not there. Create it, or handle its deletion by somebody \
         else.";
    TaskIdMissing
        "The response names neither `id` nor `taskId` nor `turnId`. A proxy or an incompatible server is answering; \
         check the base URL.";
    NotNullViolation
        "The field is not optional, so it cannot be emptied. Set another value, or make the field optional in the \
         schema and migrate.";
    ForeignKeyViolation
        "A relation marked `fk` is enforced by the database. Create the parent before the child, within the same \
         commit if you like, and delete children before their parent.";
    UniqueViolation
        "The id, or a field declared unique, is taken within the organization. If the row is one you created yourself, \
         this is a repeated create under a new attempt.";
    CheckViolation
        "The database refused a value because of a CHECK, usually that of an enum. Compare the value with the schema, \
         and the database with the schema through `ablo migrate status`.";
    ConstraintViolation
        "A constraint that the schema does not know of stopped the write. The message carries its name.";
    ServerExecuteUnknownModel
        "The operation names a model that is not in the schema the server runs with. Compare with `ablo schema print`, \
         and deploy the newer schema first.";
    MutateCreateUnknownModel
        "The schema the server runs with has no such model under any spelling. If the model is new, deploy the schema \
         before the code that uses it.";
    TenantModelColumnsUnknown
        "The server could not match the model with a table of the connected database. Run the provisioning SQL, or \
         pull the schema again.";
    TenantModelMissingOrganizationId
        "The model is scoped by a column that the table does not have, so rows could not be told apart by \
         organization. Provision the table, or declare another tenancy.";
    SchemaMutableMissingMeta
        "The model is marked as writable but the part of its definition that describes writing is absent. Build the \
         artifact from the declaration again.";
    SchemaScopeKindInvalid
        "Kinds become the first half of sync groups, so they match `^[a-z][a-z0-9_]*$`: `team`, `work_space`. Change \
         the word in the declaration.";
    SchemaFieldNotCamelcase
        "Wire names of fields are camelCase, so that every client spells them alike. In Rust the name follows from the \
         snake_case member; use `column` if only the database should differ.";
    SchemaFieldConsecutiveCaps
        "Names are converted between camelCase and snake_case, and runs of capitals do not survive the way back. Write \
         acronyms like words: `htmlUrl`.";
    SchemaGrantsShapeInvalid
        "`grants` names two relations and a role source names a field; both must be plain identifiers. Compare with \
         the examples of the guide.";
    SchemaGrantsIdentifierUnsafe "Names used in grants reach SQL, so only letters, digits and underscores are allowed.";
    SchemaGrantsRelationKind
        "Rows that grant access hold both keys themselves: whom they admit, and to what. A `hasMany` or `hasOne` on \
         the other side cannot be read that way.";
    SchemaGrantsRelationMissing
        "`subject` and `scope` are names of relations on the same model. The message lists those there are.";
    SchemaGrantsTargetNotScopeRoot
        "Granting access means admitting somebody to a group, and only rows of scope roots have one. Mark the target \
         model as a scope root, or let the relation lead to one.";
    DropField
        "The field is in the old schema and not in the new one. If it was renamed, say so with a rename hint, \
         otherwise every value is lost. Apply with an explicit force.";
    DropModel
        "The model is in the old schema and not in the new one. If it was renamed, say so with a rename hint, \
         otherwise the table is dropped. Apply with an explicit force.";
    LossyRecreate
        "No cast leads from the old type to the new one that keeps the values. Add a new field and copy what can be \
         copied instead, if the values matter.";
    MadeRequired
        "Setting NOT NULL fails as soon as one row has no value. Pass `--backfill model.field=value`, or fill the rows \
         first.";
    RequiredFieldAdded
        "Existing rows would have no value, which the database refuses. Pass `--backfill model.field=value`, give the \
         field a default, or make it optional.";
    EnumValueRemoved
        "The new CHECK fails on rows with the old value. Update those rows first, then apply with an explicit force.";
    RiskyCast
        "The database converts each value with `USING`, which fails on the first value that does not fit. Look at the \
         data, then apply with an explicit force.";
    IntentLeaseUnavailable
        "Claims live in the store, and it did not answer in time. Nothing was claimed. Repeat the request; if it \
         persists, look at the database.";
    IntentNotWired
        "The client was built without the transport that announces claims, as some test clients are. Use one that is \
         connected.";
    IntentQueued
        "The claim was accepted into the queue, at the position given. Over HTTP nobody tells you when your turn \
         comes: ask again, or use a realtime client, which waits for you.";
    IntentWaitAborted "The waiter gave up, or its connection ended. Its place in line is gone.";
    IntentWaitPollIntervalRequired
        "Without a connection the only way to wait is to ask again, and the client does not choose how often on its \
         own. Set the interval, or use a realtime client.";
    GrantTimeout
        "The claim waited in line longer than the caller allowed. Allow more time, or look at who holds the row.";
    SlideIntentMissingDeckId "An application-level code: operations on slides say which deck they belong to.";
    SlideIntentUnknownSibling
        "An application-level code: the neighbour was deleted or moved meanwhile. Read the deck and repeat.";
    BootstrapFetchTimeout
        "The server did not finish the bootstrap in time. The client repeats it by itself. If it keeps failing, load \
         large models lazily or limit them.";
    BootstrapOffline "The network is down. Clients with a local copy go on with that; others wait.";
    BootstrapOfflineNoCache "The client was started without a network and has never loaded this schema on this device.";
    BootstrapResponseInvalid
        "A full answer without models is not usable. A proxy may have cut it off, or the server is incompatible.";
    BootstrapResponseSchemaInvalid
        "The answer is not one of a bootstrap at all. Check the base URL and anything between client and server that \
         rewrites bodies.";
    ExchangeMalformedResponse
        "The server answered with success, but without a token, scope or user metadata. Check the base URL and the \
         server's version.";
    ExchangeNetworkError "The request did not reach the server, or its answer did not come back. It is safe to repeat.";
    SourceNetworkError
        "The customer's endpoint did not answer the request in time. Check its address and that it accepts requests \
         from here.";
    IdentityNetworkError "The request did not reach the server, or its answer did not come back. It is safe to repeat.";
    CommitNoResult
        "Whether the commit was applied is not known. Repeating it with the same `clientTxId` is safe: the server \
         gives the first answer if there was one.";
    CommitFailed "Nothing was applied. If it persists, find the request in the server's log by its id.";
    CommitOfflineGraceExpired
        "The client was offline for longer than commits may wait. It was never sent, so repeating it is safe.";
    QueueTooDeep
        "The caller limited how long a line it would join, or a queue on the server is full. Nothing was done. Try \
         again, with some delay.";
    FlushTimeout
        "Waiting for the writes ended before they did. They are not undone. Wait longer, or look at the connection.";
    WaitForTimeout "A wait with a limit reached it. The message says what was waited for.";
    InstanceAtCapacity
        "A bounded queue is full, so the request was refused before anything was done. Back off and repeat it; if it \
         lasts, spread organizations over more nodes or batch writes.";
    FetchUnavailable "The environment has no HTTP client of its own. Give the client one, or run it elsewhere.";
    BaseUrlMissing "The client does not know where to connect. Set it in the options.";
    SyncNotReady
        "The operation needs the first rows or the connection. Await `ready()`, or the function that made the client.";
    WsNotReady "The write was not sent. Clients repeat it by themselves for a short while before giving up.";
    QuotaExceeded
        "The organization keeps as much as it may of what `quota` names: `used` of `limit`. Nothing was done. Make room as the \
         message says, or have the quota raised; deleting rows is always possible.";
    ConnectionLimitExceeded
        "Each organization and each credential may have a limited number of sockets. Share one client per process, and \
         close clients you no longer need.";
    InternalError
        "This is a fault of the server, not of the request. It is safe to repeat with the same idempotency key. Report \
         the request id if it persists.";
    QuotaLookupFailed "The service that counts usage did not answer. Nothing was done.";
    TurnOpenFailed "The server failed while opening a turn. Nothing was recorded.";
    TurnCloseFailed "The server failed while closing a turn. Closing twice is fine.";
    InvalidOptions "The message names the option and why it cannot be as it is.";
    NoAbloProvider
        "The user-interface hook found no client above it. Wrap the tree in the provider, once, near the root.";
    NoSyncGroupProvider
        "The hook found no group above it. Wrap the part of the tree that shows one group in its provider.";
    SyncContextMissingProvider "The hook found no context above it. Wrap the tree in the provider.";
    DbNotOpened "The local copy was used before it was opened, or after it was closed.";
    DbStoreNotFound "The local copy was made with another schema. Let the client rebuild it.";
    DbUnknownActionType "The server sends a kind of change that this client does not know. Update the client library.";
    IdbUnavailable "Private windows and some embedded browsers have none. Choose volatile persistence for them.";
    MetaDbNotInitialized "Something asked for the local position before the local copy was opened.";
    SyncClientDbMissing "The client was assembled by hand without its storage. Use the ordinary constructor.";
    LazyRefDbMissing "The row was made outside a client, so what it refers to cannot be loaded.";
    LazyRefPoolMissing "The row was made outside a client, so what it refers to cannot be found.";
    ModelClassNotRegistered
        "A row arrived for a model the client has no class for. Make sure that client and server use the same schema.";
    ModelNotRegistered
        "The name is not a model of the schema this client was made with. Check the spelling, and that the schema \
         lists it.";
    ModelDisposed "The row was deleted or its client closed. Objects taken before that are no longer usable.";
    PoolModelClassNotRegistered "A row cannot be kept because its model is unknown to the client's object pool.";
    PoolRegistryMissing "The object pool was assembled by hand without its registry.";
    PoolSubscribeUnregistered "A subscription names a model the client does not know.";
    RegistryInvalidConstructor "What was registered for a model is not a class.";
    RegistryNotInitialized "Model classes were used before any client set up the registry.";
    RegistryPropertyConflict "A class and the schema, or two registrations, describe the same property differently.";
    RegistryReferenceUnknownTarget "The target of a relation is not in the schema.";
    RegistryReferenceUnresolved "The target of a relation was named but never registered.";
    RegistryUnknownModel "The name is not a model of the schema this client was made with.";
    QueryReturnsUnknownModel "A named query says it returns a model that the schema does not have.";
    StoreCreateSchemaMissing "The store was built without a schema.";
    StoreManagerUnknownModel "The name is not a model of the schema this client was made with.";
    StoreQuerySchemaMissing "The store was built without a schema.";
    StoreQueryUnknownModel "The name is not a model of the schema this client was made with.";
    TransactionMutateUnknownModel "The name is not a model of the schema this client was made with.";
    TransactionReadUnknownModel "The name is not a model of the schema this client was made with.";
    MutatorRegistryDuplicate "Mutators are found by name, so names are unique.";
    MutatorRegistryUnnamedDef "Mutators are found by name.";
    MutatorsSchemaMissing "The mutators were built without a schema.";
    UndoScopeSchemaMissing "The undo scope was built without a schema.";
    UndoEntryInvalid "An entry must list what to do and how to take it back, in pairs.";
    MockMutationFailed "A test double refuses on purpose.";
    MockUnsupportedOperation "A test double implements only what tests usually need.";
    InvalidBody
        "The body is JSON but not what this route or frame takes: a member is missing or of another type. The message \
         says which, with line and column.";
    InvalidJson
        "The text could not be parsed. The message says where it stops being JSON. Check for a body that was cut off \
         or encoded twice.";
    CapabilityIdRequired "Reading, rotating or revoking a capability needs its id.";
    OrganizationMismatch
        "The request names an organization, and it is not the credential's. Leave it out, or use a credential of that \
         organization.";
    Forbidden "The credential is genuine but lacks the authority. What is missing is in the message.";
    SourceApiKeyUnresolved "The signature cannot be checked because the key it was made with is not known here.";
    CapabilityAuthDisabled "Capability credentials are switched off in the server's configuration.";
    ProvisionerUnavailable "No provisioner is configured. `ablo generate sql` prints what has to be applied.";
    InvalidModel "A model is named by letters, digits and underscores. This is not one.";
    InvalidId "Ids are text, not empty and of limited length.";
    UnknownModel "No model has this schema key or typename, in any case. If the model is new, deploy the schema first.";
    ModelNotTenantScoped
        "The model's rows are shared or belong to the runtime itself, so this route does not serve them.";
    SchemaTableInvalid "A table name must be a plain identifier of at most 63 bytes. Set another table for the model.";
    SchemaScopeInvalid "How rows of this model belong to an organization or group cannot be resolved from the schema.";
    EntityFetchFailed "The store failed while reading one row. Nothing was changed.";
    EventsRequired "`events` is missing or empty.";
    IngestFailed "At least one event is not well-formed or names an unknown model. Nothing of the push was recorded.";
    MigrationFailed
        "A statement was refused by the database. What ran inside the transaction is undone; the message names the \
         statement and the database's own words.";
    ModelQueryFailed "The store refused the query, usually because a value does not fit its field.";
    QueriesRequired "`queries` is missing or empty.";
    QueryUnsupportedOperator
        "Conditions compare with `=`, `!=`, `<`, `<=`, `>`, `>=`, `IN`, `NOT IN`, `IS`, `IS NOT`, `LIKE`, `NOT LIKE`, \
         `ILIKE` and `NOT ILIKE`.";
    QueryUnknownRelation "`related` lists relation names of the queried model. The message lists those there are.";
    QueryRelationTargetUnknown
        "The schema was accepted with a relation to nowhere. Validate it with `ablo schema check` and deploy it again.";
    QueryInvalidIdentifier
        "Conditions and ordering name fields, snake_case names or columns; anything else is refused before it reaches \
         SQL.";
    OrgIdRequired "This older route needs the organization in the request.";
    PresenceIdentityRequired "This older route needs both the participant and the organization in the request.";
    UploadFieldsRequired "The message names the field.";
    UploadItemsRequired "The list of files is missing or empty.";
    PresignedUrlFailed "The file store did not answer. Nothing was uploaded.";
    TaskIdRequired "Closing a task needs its id.";
    IntentIdRequired "Releasing a claim by id needs the id.";
    CommitOperationActionRequired
        "Every operation is a create, update, delete, archive or unarchive. `param` gives the position of the one that \
         does not say.";
    CommitOperationUnsupported
        "The word in `type` or `action` is none of the five. Either spelling is fine: `CREATE` as over WebSocket, \
         `create` as over HTTP.";
    UsageInvalid "The message names the parameter.";
    InvalidRequest "Each part is well-formed, but together they cannot be performed. The message says why.";
    CapabilityNotFound "It was never minted here, or belongs to another organization.";
    InvalidParticipantKind
        "Kinds are `user`, `agent` and `system`, and a key may not mint capabilities for users this way: mint a \
         session instead.";
    NarrowScopeRequired
        "Capabilities carry only what they need. Name `syncGroups` and `operations`, or ask for `wideScope` with a key \
         that may.";
    WideScopeForbidden "Only an organization's secret key may hand out all of its own authority.";
    CapabilityRequired
        "The route acts for an agent, so it wants the agent's credential rather than the organization's key.";
    ParentTurnNotFound "The turn names a parent that is not there, or not in this organization.";
    ParentTurnForeignAgent "A turn can only be part of a turn of the same agent.";
    TurnNotFound "The turn was never opened here, or is already closed.";
    TurnForeignAgent "Writes and closings must come from the agent that opened the turn.";
    InvalidIntent
        "A claim names a model and a row, and narrows to a field, a path or lines. One of these is missing or of \
         another type.";
    SchemaTooLarge "The artifact exceeds what the server takes. Split applications that share nothing.";
    InvalidSchema "The text is not a schema artifact of version 3. The message says where it stops being one.";
    IncompatibleChange
        "Deployed clients still use what the change takes away. Add first, move the clients, and remove last.";
    SchemaVersionUnsupported
        "The member `v` tells the form of an artifact, and only version 3 is read. Build the artifact again with a \
         version of the tool that writes 3.";
    SchemaNameInvalid
        "Schema keys, typenames and relation names consist of letters, digits and underscores and start with a letter; \
         explicit columns match `^[a-zA-Z_][a-zA-Z0-9_]{0,62}$`.";
    SchemaNameTooLong
        "PostgreSQL cuts longer identifiers off silently, so that two could become one. Set a shorter table or column.";
    SchemaNameReserved
        "`stamp`, `signal` and `onChange` are members of every snapshot, so a model of that name could not be reached.";
    SchemaModelAmbiguous
        "Models are looked up by key and by typename, in any case. Two models whose spellings meet could not be told \
         apart on the wire.";
    SchemaTableDuplicate "Rows of both would mix. Tables default to the schema key; set `table` on one of them.";
    SchemaColumnDuplicate
        "The second would overwrite the first. Columns follow from field names; set `column` on one of them.";
    SchemaEmittedNameDuplicate
        "Generated names are built from table and column and shortened when too long. These two coincide; set another \
         table or column.";
    SchemaFieldUnknown
        "Foreign keys, ordering, required fields, auto-filled fields and roles name fields of the model. The message \
         lists those there are.";
    SchemaBaseFieldType
        "Every row has `id`, `createdAt`, `updatedAt`, `organizationId` and `createdBy`. They may be declared again, \
         but only as what they are.";
    SchemaEnumValuesInvalid "The list is missing, empty or has a value twice. Only enum fields have one.";
    SchemaDefaultInvalid
        "A default must be something a create could have sent: of the field's type, and one of an enum's values.";
    SchemaRelationTargetMissing "The target is a schema key. The message names the closest ones.";
    SchemaRelationKeyType
        "Keys hold row ids, and ids are text. Declare the foreign key as `Id<Target>` (or a string field in an \
         artifact), optional if the relation is.";
    SchemaRelationCycle
        "A row lives in its parent, and nothing can live in itself. Keep the relation but take `parent` away on one \
         side.";
    SchemaTenancyInvalid
        "Rows must lead to an organization by a column, or through a parent's table. One of the names is missing or no \
         identifier.";
    SchemaRoleSourceInvalid
        "Entity roles read a field of their model, identity roles a member of the identity. `multi` sources are \
         arrays.";
    SchemaQueryInvalid
        "Its filter names unknown fields or inputs, or compares what cannot be compared. The message says which.";
    SchemaRenameInvalid
        "The old name must exist in the previous schema and not in the new one, and the new name the other way round.";
    SchemaMismatch
        "Their schema hashes differ, so rows would be misread. Build the client from the schema the server runs with.";
    ModelNotMutable
        "Models are read-only unless declared otherwise. Add `mutable` to the model if clients should write it.";
    FieldReadOnly "`id`, `createdAt`, `updatedAt`, `organizationId` and `createdBy` cannot be changed by an update.";
    UnknownField
        "Every member of the input must be a declared field, spelled as on the wire. The message names the closest \
         one.";
    InvalidType
        "The message says which field, what it holds and what was sent. Dates are ISO-8601 text; numbers are numbers, \
         not text.";
    InvalidEnumValue
        "The message lists the values. If the value is new, deploy the schema before the code that writes it.";
    NumberNotRepresentable
        "JSON numbers are doubles for many readers. Integers beyond 2^53 - 1 and values that are not finite would \
         change on the way, so they are refused.";
    InvalidGroup "A group is a lower-case kind, a colon and an id, for example `team:t_1`.";
    InvalidCursor "Cursors are opaque and belong to one list. This one is from elsewhere, or too old.";
    BodyTooLarge
        "The limit protects everybody else on the server. Send fewer operations at once, and keep files outside of \
         rows.";
    RouteNotFound
        "The server is there, but has nothing at this address. Compare the base URL and the path with the OpenAPI \
         document.";
    MethodNotAllowed "The `Allow` header lists the methods of the route.";
    RateLimited
        "A credential or an organization sends more requests per second than the server allows. Nothing was done; \
         `retryAfterSeconds` and the header `Retry-After` say when to try again.";
    StaleToken
        "Every grant has a number that only grows. This write carries an older one, so its author lost the claim, \
         perhaps without noticing, and somebody else may have written since. Claim again, read again, and write again.";
    ClaimNotHeld
        "The claim was never granted, has ended, or belongs to somebody else. A write that names a claim is only \
         applied under that claim.";
    MustBootstrap
        "The log no longer holds the changes since that position. Fetch a full bootstrap and go on from there.";
    StoreUnavailable
        "The store did not answer, or its connections are used up. Nothing is known to be applied; repeating with the \
         same idempotency key is safe.";
    StoreVersionUnsupported
        "The store's own tables have a layout this version does not know. Nothing was changed. Run a version at least \
         as new as the one that wrote it.";
    ShuttingDown
        "The node finishes what it has begun and takes nothing new. Another node, or the same after its restart, will \
         answer.";
    ResponseMalformed
        "The status was fine, but the body could not be read. A proxy, or a server of another protocol version, is \
         answering.";
    RowMismatch
        "A row arrived that the Rust type cannot hold: a field is missing, null or of another type. Client and server \
         were built from different schemas, or a row was written past the schema.";
    FileUnreadable
        "The path does not exist, is a folder, or is not readable for this user. The cause given is the operating \
         system's.";
    FileUnwritable
        "The folder may be missing, read-only or full, or the reader of a pipe may have ended. Nothing else was \
         changed.";
    SchemaNotNamed
        "The prebuilt tool works on an artifact, so it has to be told which. A binary made with `ablo::cli::run` knows \
         its own schema and needs no flag.";
    FormatUnsupported
        "Not every command has every format; `sql`, for example, belongs to commands that produce statements.";
    CodeUnknown
        "`ablo explain` knows the codes of this version. Check the spelling, or update the tool if the message came \
         from a newer one.";
    ArgumentInvalid
        "The flag was recognised, but its value has another form than it needs, such as `model.old:new` for a rename.";
    MigrationFolderInvalid
        "Migrations are named `<14 digits>_<slug>.up.sql` and `.down.sql`. Another `.sql` file among them could be run \
         by mistake, so it is refused.";
    MigrationHeads
        "Two branches each added a migration after the same parent. Keep the one that is already applied somewhere, \
         and make the other again on top of it.";
    MigrationChanged
        "The file's checksum differs from the one recorded when it ran, so the database no longer follows from the \
         folder.";
    MigrationMissing
        "The history table names a migration that is not there. It was deleted, or this checkout is older than the \
         database.";
    MigrationOutOfOrder
        "It was written before the newest applied migration and merged after. Running it now is not what was tested.";
    MigrationStatementFailed
        "What ran inside the transaction is undone. Statements marked as running outside of one are not: look at the \
         database before running again.";
    MigrationLocked
        "Only one run at a time may change a database. If no run is alive, its connection is still open; end it in the \
         database.";
    MigrationIrreversible "It lost data or structure that cannot be made again. Its down file says what was lost.";
    MigrationUnsafe
        "The plan lists the steps and why each is unsafe, with the flag that allows it and an online recipe where \
         there is one.";
    MigrationsStale
        "The newest migration describes another schema than the models do. Make a migration and commit it with the \
         change.";
    DatabaseNotNamed
        "The command reads or changes a PostgreSQL database and nothing says which. Pass `--database-url \
         postgres://user:password@host:port/database`, or set DATABASE_URL.";
    DatabaseUnreachable
        "No connection could be made. Check host, port and credentials of `DATABASE_URL`, and that the address is \
         reachable from here.";
    DatabaseFailed "The connection works, but a statement did not. The database's own words are part of the message.";
    DatabaseDiffers
        "Tables, columns, constraints or policies differ from what the schema provisions. The list says which.";
}
