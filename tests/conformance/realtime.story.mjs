import { Client, SECRET, assert, create, equal, http, remove, session, update, wait } from './client.mjs';

const id = () => crypto.randomUUID();

export async function aBackendBecomesReady() {
  const answer = await http('POST', '/api/auth/capability', {
    body: { participantKind: 'system', wideScope: true, ttlSeconds: 3600 },
  });
  equal(answer.status, 200, 'exchange');
  const { capabilityId, token, expiresAt, organizationId, scope, userMeta } = answer.body;
  for (const text of [capabilityId, token, expiresAt, organizationId, scope.participantId]) assert(text, 'texts are not empty');
  assert(Date.parse(expiresAt) > Date.now(), 'it lives');
  equal(scope.participantKind, 'system', 'kind');
  equal(scope.syncGroups, ['org:org_dev'], 'groups');
  equal(scope.operations, ['*'], 'operations');
  equal(userMeta, {}, 'userMeta');
  const client = await new Client(token, { groups: scope.syncGroups }).ready();
  equal(client.protocol, 'ablo.sync.v1', 'subprotocol');
  client.send('ping');
  await client.next('pong');
  await client.close();
}

export async function aCreateReachesTheOtherConnection() {
  const [a, b] = [await session('user', 'u_a'), await session('user', 'u_b')];
  equal(a.token.slice(0, 8), 'ek_test_', 'a person has an ek');
  const one = await new Client(a.token, { groups: a.scope.syncGroups }).ready();
  const two = await new Client(b.token, { groups: b.scope.syncGroups }).ready();
  const row = id();
  const operation = create(row, { title: 'hello', status: 'todo', dueAt: '2026-05-05T00:00:00.000Z', meta: { a: 1 } });
  const receipt = await one.commit([operation]);
  equal([receipt.success, receipt.status], [true, 'confirmed'], 'receipt');
  const own = await one.next('delta', (delta) => delta.modelId === row);
  equal([own.id, own.actionType, own.modelName, own.transactionId], [receipt.lastSyncId, 'I', 'Task', operation.transactionId], 'own delta');
  equal(own.data.title, 'hello', 'title');
  assert(own.data.createdAt && own.data.updatedAt && own.data.createdBy === 'u_a', 'base fields are filled');
  await two.until((client) => client.rows.get(`Task:${row}`)?.title === 'hello', 'the other sees it');
  const again = await one.commit([operation]);
  equal([again.success, again.lastSyncId], [true, receipt.lastSyncId], 'the same create again');
  await one.close();
  await two.close();
}

export async function quickUpdatesAllArrive() {
  const { token } = await session('user', 'u_quick');
  const watcher = await new Client((await session('user', 'u_watch')).token).ready();
  const client = await new Client(token).ready();
  const row = id();
  await client.commit([create(row, { title: 'v0' })]);
  for (let version = 1; version <= 5; version++) await client.commit([update(row, { title: `v${version}` })]);
  await watcher.until(({ rows }) => rows.get(`Task:${row}`)?.title === 'v5', 'the last value wins');
  equal((await client.commit([remove(row)])).success, true, 'delete');
  await watcher.until(({ rows }) => !rows.has(`Task:${row}`), 'it is gone');
  const gone = await client.commit([remove(row)]);
  equal([gone.success, gone.lastSyncId], [true, 0], 'deleting what is not there');
  const missing = await client.commit([update(row, { title: 'x' })]);
  equal([missing.success, missing.error.code], [false, 'entity_not_found'], 'updating what is not there');
  await client.close();
  await watcher.close();
}

export async function aCapableClientGetsEveryDelta() {
  const { token } = await session('user', 'u_capable');
  const client = await new Client(token, { capabilities: ['orderedStream'] }).ready();
  const row = id();
  await client.commit([create(row, { title: 'v0' })]);
  for (let version = 1; version <= 4; version++) await client.commit([update(row, { title: `v${version}` })]);
  await wait(50);
  const titles = client.frames.filter((f) => f.type === 'delta' && f.payload.modelId === row).map((f) => f.payload.data.title);
  equal(titles, ['v0', 'v1', 'v2', 'v3', 'v4'], 'nothing is merged');
  await client.close();
}

export async function aCutIsCaughtUp() {
  const writer = await new Client((await session('user', 'u_writer')).token).ready();
  const agent = await session('agent', 'agent:cut', { operations: ['tasks.read', 'tasks.update'] });
  equal(agent.token.slice(0, 8), 'rk_test_', 'an agent has an rk');
  const reader = await new Client(agent.token, { kind: 'agent', groups: agent.scope.syncGroups }).ready();
  const [kept, late, gone] = [id(), id(), id()];
  await writer.commit([create(kept, { title: 'before' }), create(gone, { title: 'soon gone' })]);
  await reader.until(({ rows }) => rows.has(`Task:${gone}`), 'it sees both');
  await reader.until(({ acked }) => acked > 0, 'it acks');
  await reader.close();
  for (const title of ['a', 'b', 'c']) await writer.commit([update(kept, { title })]);
  await writer.commit([create(late, { title: 'late' })]);
  await writer.commit([update(late, { title: 'later' })]);
  await writer.commit([remove(gone)]);
  await reader.connect();
  await reader.until(
    ({ rows }) => rows.get(`Task:${kept}`)?.title === 'c' && rows.get(`Task:${late}`)?.title === 'later' && !rows.has(`Task:${gone}`),
    'everything missed is there',
  );
  await reader.close();
  await writer.close();
}

export async function whatIsCommittedBetweenBootstrapAndSocketArrives() {
  const { token, scope } = await session('user', 'u_gap');
  const writer = await new Client((await session('user', 'u_gap_writer')).token).ready();
  const client = new Client(token, { groups: scope.syncGroups });
  await client.bootstrap();
  const row = id();
  await writer.commit([create(row, { title: 'in the gap' })]);
  await client.connect();
  await client.until(({ rows }) => rows.has(`Task:${row}`), 'the gap is closed');
  await client.close();
  await writer.close();
}

export async function aFreshCursorIsPrimed() {
  const writer = await new Client((await session('user', 'u_prime_writer')).token).ready();
  const { lastSyncId } = await writer.commit([create(id(), { title: 'x' })]);
  const { token } = await session('user', 'u_primed');
  const client = await new Client(token).ready();
  await client.until(({ acked }) => acked >= lastSyncId, 'the client acks the head without any row changing');
  assert(![...client.rows.keys()].some((key) => key.includes('__cursor__')), 'no row appears');
  await client.close();
  await writer.close();
}

export async function anUpgradeIsNeverRefusedAfterAGoodCheck() {
  const check = await http('HEAD', '/api/auth/check');
  assert(check.status < 300 && !check.headers.get('x-auth-failure'), 'good key');
  const bad = await http('HEAD', '/api/auth/check', { token: 'sk_test_nope' });
  equal([bad.status, bad.headers.get('x-auth-failure')], [401, 'apikey_invalid'], 'bad key');
  const { token, capabilityId } = await session('user', 'u_revoked');
  const client = await new Client(token).ready();
  equal((await http('DELETE', `/api/v1/capabilities/${capabilityId}`)).status, 200, 'revoke');
  const { code } = await client.closed;
  equal(code, 4001, 'the socket of a revoked session is closed');
  const after = await http('HEAD', '/api/auth/check', { token });
  equal(after.headers.get('x-auth-failure'), 'apikey_revoked', 'and the check agrees');
}

export async function aRestrictedSessionIsHeldToItsOperations() {
  const { token } = await session('agent', 'agent:reader', { operations: ['tasks.read'] });
  const client = await new Client(token, { kind: 'agent' }).ready();
  const refused = await client.commit([create(id(), { title: 'no' })]);
  equal([refused.success, refused.error.code], [false, 'capability_scope_denied'], 'refused');
  equal(refused.error.requiredCapability.scope, 'task.create', 'and told what it needs, by its own name for it');
  await client.close();
  const self = await http('POST', '/api/auth/capability', {
    token, body: { participantKind: 'system', wideScope: true, ttlSeconds: 3600 },
  });
  equal(self.status, 200, 'self-exchange');
  equal([self.body.scope.participantId, self.body.scope.operations], ['agent:reader', ['tasks.read']], 'never wider');
}

export async function unarchivingBringsTheRowBack() {
  const writer = await new Client((await session('user', 'u_arch')).token).ready();
  const watcher = await new Client((await session('user', 'u_arch_watch')).token).ready();
  const row = id();
  await writer.commit([create(row, { title: 't' })]);
  await watcher.until(({ rows }) => rows.has(`Task:${row}`), 'there');
  await writer.commit([{ type: 'ARCHIVE', model: 'task', id: row }]);
  await watcher.until(({ rows }) => rows.get(`Task:${row}`)?.archivedAt, 'archived');
  await writer.commit([{ type: 'UNARCHIVE', model: 'task', id: row }]);
  await watcher.until(({ rows }) => rows.has(`Task:${row}`) && !rows.get(`Task:${row}`).archivedAt, 'back');
  await writer.close();
  await watcher.close();
}

export async function scopesAreAnswered() {
  const client = await new Client((await session('user', 'u_scope')).token).ready();
  client.send('claim', { claimId: 'participant:1', syncGroups: ['project:p1'], ttlSeconds: 300 });
  equal(await client.next('claim_ack').then(({ claimId, success, syncGroups }) => [claimId, success, syncGroups]),
    ['participant:1', true, ['project:p1']], 'granted');
  const narrow = await session('agent', 'agent:narrow', { syncGroups: ['project:p1'] });
  equal(narrow.scope.syncGroups, ['project:p1'], 'narrow');
  const other = await new Client(narrow.token, { kind: 'agent', groups: ['project:p1'] }).ready();
  other.send('claim', { claimId: 'participant:2', syncGroups: ['project:p2'] });
  const denied = await other.next('claim_ack');
  equal([denied.success, denied.error.code], [false, 'capability_scope_denied'], 'denied');
  const mine = await client.commit([
    create('p1', { name: 'one' }, 'project'), create('p2', { name: 'two' }, 'project'),
    create('t_p1', { title: 'in', projectId: 'p1' }), create('t_p2', { title: 'out', projectId: 'p2' }),
  ]);
  equal(mine.success, true, 'rows of two projects');
  await other.until(({ rows }) => rows.has('Task:t_p1'), 'what is in its group it hears');
  await wait(200);
  assert(!other.rows.has('Task:t_p2') && !other.rows.has('Project:p2'), 'what is not it does not');
  await client.close();
  await other.close();
}
