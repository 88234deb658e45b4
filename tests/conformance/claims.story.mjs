import { Client, assert, create, equal, http, session, update, wait } from './client.mjs';

const id = () => crypto.randomUUID();
const begin = (row, extra = {}) => ({ intentId: id(), entityType: 'tasks', entityId: row, action: 'editing', queue: true, ...extra });

async function pair() {
  const a = await session('user', `u_${id().slice(0, 8)}`);
  const b = await session('agent', `agent:${id().slice(0, 8)}`, { operations: ['tasks.read', 'tasks.update', 'tasks.delete'] });
  const user = await new Client(a.token, { groups: a.scope.syncGroups }).ready();
  const agent = await new Client(b.token, { kind: 'agent', groups: b.scope.syncGroups }).ready();
  user.me = a.scope.participantId;
  agent.me = b.scope.participantId;
  const row = id();
  await user.commit([create(row, { title: 'start' })]);
  await agent.until(({ rows }) => rows.has(`Task:${row}`), 'both see the row');
  return { user, agent, row };
}

export async function twoContendersTakeTurns() {
  const { user, agent, row } = await pair();
  const held = begin(row, { meta: { k: 1, description: 'rewriting' }, estimatedMs: 60000 });
  user.send('intent_begin', held);
  equal((await user.next('intent_acquired')).intentId, held.intentId, 'free');
  await agent.until(({ peers }) => peers.get(user.me)?.activeIntents.length === 1, 'the other sees the claim');
  const seen = agent.peers.get(user.me).activeIntents[0];
  equal([seen.entityType, seen.entityId, seen.action, seen.meta.description, seen.status],
    ['tasks', row, 'editing', 'rewriting', 'active'], 'in the words it was announced in');
  assert(!user.peers.has(user.me), 'and nobody hears of itself');

  const waiting = begin(row);
  agent.send('intent_begin', waiting);
  equal(await agent.next('intent_queued').then(({ intentId, position }) => [intentId, position]), [waiting.intentId, 0], 'queued');
  const line = await user.next('intent_queue', ({ queue }) => queue.length === 1);
  equal([line.target, line.queue[0].heldBy, line.queue[0].participantKind, line.queue[0].position],
    [{ type: 'tasks', id: row }, agent.me, 'agent', 0], 'the line');

  const refused = await agent.commit([update(row, { title: 'mine!' })]);
  assert(['entity_claimed', 'claim_conflict'].includes(refused.error.code), `foreign write: ${refused.error.code}`);

  await user.commit([update(row, { title: 'written under the claim' })]);
  user.send('intent_abandon', { intentId: held.intentId, entityType: 'tasks', entityId: row });
  equal((await agent.next('intent_granted')).intentId, waiting.intentId, 'promoted');
  equal(agent.rows.get(`Task:${row}`).title, 'written under the claim', 'the waiter is told when it has caught up');
  const own = { readAt: agent.acked, onStale: 'reject' };
  equal((await agent.commit([update(row, { title: 'one' }, own)])).success, true, 'a first write');
  equal((await agent.commit([update(row, { title: 'two' }, own)])).success, true, 'a second with the same readAt');
  await user.next('intent_queue', ({ queue }) => queue.length === 0);
  await user.close();
  await agent.close();
}

export async function everyBeginIsAnswered() {
  const { user, agent, row } = await pair();
  const held = begin(row);
  user.send('intent_begin', held);
  await user.next('intent_acquired');
  user.send('intent_begin', held);
  equal((await user.next('intent_acquired')).intentId, held.intentId, 'again');
  agent.send('intent_begin', begin(row, { queue: undefined }));
  const refused = await agent.next('intent_rejected');
  equal([refused.reason, refused.target.entityType, refused.heldBy], ['conflict', 'tasks', user.me], 'without a queue');
  assert(refused.heldByExpiresAt > Date.now(), 'until when');
  agent.send('intent_begin', begin(row, { entityType: 'nonsense' }));
  await agent.next('intent_rejected');
  agent.send('intent_abandon', { intentId: 'never-heard-of', entityType: 'tasks', entityId: row });
  agent.send('intent_abandon', { intentId: held.intentId, entityType: 'tasks', entityId: row });
  agent.send('ping');
  await agent.next('pong');
  const state = await http('GET', `/api/v1/intents?model=tasks&id=${row}`);
  equal(state.body.intents.map((intent) => intent.id), [held.intentId], 'the holder is not disturbed');
  await user.close();
  await agent.close();
}

export async function aLeaseRunsOut() {
  const { user, agent, row } = await pair();
  const held = begin(row, { estimatedMs: 400 });
  user.send('intent_begin', held);
  await user.next('intent_acquired');
  const lost = await user.next('intent_lost');
  equal([lost.intentId, lost.reason, lost.target.entityType], [held.intentId, 'expired', 'tasks'], 'the holder is told');
  await agent.until(({ peers }) => peers.get(user.me)?.activeIntents.length === 0, 'and so are the others');
  equal((await agent.commit([update(row, { title: 'free' })])).success, true, 'the row is free');
  await user.close();
  await agent.close();
}

export async function waitersDieWithTheirSocketAndHoldersDoNot() {
  const { user, agent, row } = await pair();
  const held = begin(row);
  user.send('intent_begin', held);
  await user.next('intent_acquired');
  agent.send('intent_begin', begin(row));
  await agent.next('intent_queued');
  await agent.close();
  await user.next('intent_queue', ({ queue }) => queue.length === 1);
  await user.next('intent_queue', ({ queue }) => queue.length === 0);
  await user.close();
  await wait(50);
  const state = await http('GET', `/api/v1/intents?model=tasks&id=${row}`);
  equal([state.body.intents.length, state.body.queue.length], [1, 0], 'the lease outlives the socket');
  await user.connect();
  user.send('intent_begin', held);
  equal((await user.next('intent_acquired')).intentId, held.intentId, 'announced again after a reconnect');
  await user.close();
}

export async function endlessRetriesAreSlowedDown() {
  const { user, agent, row } = await pair();
  user.send('intent_begin', begin(row));
  await user.next('intent_acquired');
  // How late each is, is told where the time is known; here that they are held back at all, and answered.
  const paced = async () => Number(/^ablo_paced_rejections_total (\d+)/m.exec((await http('GET', '/metrics', { token: null })).body)[1]);
  const before = await paced();
  for (let attempt = 0; attempt < 3 || (await paced()) === before; attempt++) {
    assert(attempt < 30, 'repetitions are answered as fast as they are sent');
    equal((await agent.commit([update(row, { title: 'again' })])).success, false, 'refused');
  }
  await user.close();
  await agent.close();
}

export async function claimsOverHttp() {
  const { user, agent, row } = await pair();
  const body = { action: 'editing', ttl: '30s', description: 'd', meta: { q: 1, description: 'd' }, queue: true };
  const held = await http('POST', `/api/v1/models/tasks/${row}/claim`, { body });
  equal(held.status, 201, 'free');
  const claim = held.body.intent.id ?? held.body.id;
  await agent.until(({ peers }) => [...peers.values()].some((peer) => peer.activeIntents.some((intent) => intent.entityId === row)), 'seen');
  const again = await http('POST', `/api/v1/models/tasks/${row}/claim`, { body });
  equal([again.status, again.body.intent.id], [201, claim], 'a second request is the same claim');
  const queued = await http('POST', `/v1/models/tasks/${row}/claim`, { token: agent.token, body: { queue: true } });
  equal([queued.status, queued.body.status, queued.body.position], [202, 'queued', 0], 'held');
  const other = await session('agent', 'agent:impatient');
  const refused = await http('POST', `/v1/models/tasks/${row}/claim`, { token: other.token, body: { queue: false } });
  equal([refused.status, refused.body.code], [409, 'claim_conflict'], 'held, not waiting');
  const state = await http('GET', `/api/v1/intents?model=tasks&id=${row}`);
  equal([state.body.object, state.body.intents.length, state.body.queue.length], ['list', 1, 1], 'state');
  equal(state.body.data, state.body.intents, 'under both names');
  const one = await http('GET', `/api/v1/models/tasks/${row}`);
  equal(one.body.claims.map((intent) => intent.id), [claim], 'with the row');
  const foreign = await http('PATCH', `/api/v1/models/tasks/${row}`, { token: agent.token, body: { data: { title: 'no' } } });
  equal(foreign.status, 409, 'a foreign write');
  const mine = await http('PATCH', `/api/v1/models/tasks/${row}`, { body: { intent: claim, data: { title: 'yes' } } });
  equal(mine.status, 200, 'a write under the claim');
  const reorder = await http('POST', `/api/v1/models/tasks/${row}/claim/reorder`, { token: agent.token, body: { order: [] } });
  equal([reorder.status, reorder.body.code], [403, 'capability_scope_denied'], 'reordering is a right');
  for (const released of [1, 2]) {
    const answer = await http('DELETE', `/api/v1/models/tasks/${row}/claim`);
    equal([answer.status, answer.body.ok, answer.body.released], [200, true, true], `release ${released}`);
  }
  await user.close();
  await agent.close();
}
