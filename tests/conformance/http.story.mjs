import { Client, SECRET, assert, create, equal, http, session } from './client.mjs';

// A server that refuses a body while it is still being sent may close before its answer is read; asking again shows it.
async function answered(...request) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await http(...request);
    } catch (error) {
      if (tries === 5) throw error;
    }
  }
}

const OTHER = process.env.ABLO_OTHER;
const id = () => crypto.randomUUID();

export async function everyAnswerIsMarked() {
  const answer = await http('GET', '/api/v1/models/tasks', { headers: { origin: 'https://app.example' } });
  equal(answer.headers.get('ablo-version'), '2026-06-02', 'version');
  assert(answer.headers.get('x-request-id'), 'request id');
  equal(answer.headers.get('access-control-allow-origin'), 'https://app.example', 'origin');
  for (const name of ['X-Auth-Failure', 'x-request-id']) {
    assert(answer.headers.get('access-control-expose-headers').includes(name), `${name} is exposed`);
  }
  const named = await http('GET', '/api/v1/models/nonsense', { headers: { 'x-request-id': 'mine-1' } });
  equal([named.headers.get('x-request-id'), named.body.request_id, named.body.code, named.body.type],
    ['mine-1', 'mine-1', 'unknown_model', 'AbloValidationError'], 'envelope');
  const preflight = await fetch(process.env.ABLO_URL + '/api/v1/models/tasks', {
    method: 'OPTIONS',
    headers: { origin: 'https://app.example', 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'authorization,idempotency-key' },
  });
  equal([preflight.status, preflight.headers.get('access-control-allow-headers')], [204, 'authorization,idempotency-key'], 'preflight');
}

export async function modelsOverHttp() {
  const group = id();
  const make = (n) => http('POST', '/api/v1/models/tasks', {
    body: { idempotencyKey: `${group}-${n}`, id: `${group}-${n}`, data: { title: group, status: n % 2 ? 'todo' : 'done', priority: n, urgent: n === 1, dueAt: '2026-01-01T00:00:00.000Z' } },
    headers: { 'idempotency-key': `${group}-${n}` },
  });
  for (const n of [1, 2, 3, 4, 5]) {
    const made = await make(n);
    equal([made.status, made.body.object, made.body.success, made.body.status], [200, 'commit_receipt', true, 'confirmed'], 'create');
    equal((await make(n)).body, made.body, 'the same again gets the first answer');
  }
  const list = (query) => http('GET', `/v1/models/tasks?title=${group}&${query}`);
  const first = await list('limit=2&order_by=priority&order=desc&dq=1');
  equal([first.body.object, first.body.model, first.body.has_more], ['list', 'tasks', true], 'envelope');
  equal(first.body.data.map((row) => row.priority), [5, 4], 'ordered');
  assert(typeof first.body.stamp === 'number', 'stamp');
  const second = await list(`limit=2&order_by=priority&order=desc&starting_after=${first.body.next_cursor}`);
  equal(second.body.data.map((row) => row.priority), [3, 2], 'the next page');
  const last = await list(`limit=2&order_by=priority&order=desc&starting_after=${second.body.next_cursor}`);
  equal([last.body.data.map((row) => row.priority), last.body.has_more, last.body.next_cursor], [[1], false, null], 'the last');
  equal((await list('priority=2')).body.data.length, 1, 'a number');
  equal((await list('urgent=true')).body.data.length, 1, 'a boolean');
  equal((await list('status=done')).body.data.length, 2, 'an enum');
  equal((await list('limit=0')).status, 400, 'a limit that is none');
  equal((await list('order_by=nonsense')).body.code, 'query_invalid_identifier', 'an order that is none');
  const one = `/api/v1/models/tasks/${group}-1`;
  const before = await http('GET', one);
  equal([before.body.object, before.body.id, before.body.data.title, before.body.claims], ['model', `${group}-1`, group, []], 'one');
  equal((await http('PATCH', one, { body: { data: { status: 'doing' } } })).status, 200, 'update');
  const stale = await http('PATCH', one, { body: { readAt: before.body.stamp, onStale: 'reject', data: { status: 'done' } } });
  equal([stale.status, stale.body.code, stale.body.readAt], [409, 'stale_context', before.body.stamp], 'stale');
  assert(stale.body.conflicts[0].observedSyncId > before.body.stamp, 'and what it conflicts with');
  equal((await http('PATCH', one, { body: { readAt: before.body.stamp, onStale: 'force', data: { status: 'done' } } })).status, 200, 'forced');
  const other = await http('POST', '/api/v1/models/tasks', { body: { id: id(), data: { title: 'y' } }, headers: { 'idempotency-key': `${group}-1` } });
  equal([other.status, other.body.code], [409, 'idempotency_conflict'], 'the same key for something else');
  const wrong = await http('POST', '/api/v1/models/tasks', { body: { id: id(), data: { status: 'nonsense', nope: 1 } } });
  equal(wrong.status, 400, 'every problem at once');
  assert(wrong.body.problems.length >= 2, JSON.stringify(wrong.body));
  equal((await http('DELETE', one, { body: { idempotencyKey: id() } })).status, 200, 'delete with a body');
  equal((await http('DELETE', one)).body.lastSyncId, 0, 'delete again');
  equal((await http('GET', one)).body.code, 'model_not_found', 'gone');
}

export async function commitsInBothSpellings() {
  const [a, b] = [id(), id()];
  const lower = { clientTxId: id(), operations: [{ action: 'create', model: 'tasks', id: a, data: { title: 'lower' }, transactionId: null, readAt: null, onStale: null }] };
  const upper = { clientTxId: id(), operations: [{ type: 'CREATE', model: 'task', id: b, input: { title: 'upper' } }] };
  for (const body of [lower, upper]) equal((await http('POST', '/v1/commits', { body })).body.status, 'confirmed', 'commit');
  const atomic = await http('POST', '/api/v1/commits', {
    body: { clientTxId: id(), operations: [{ action: 'update', model: 'tasks', id: a, data: { title: 'x' } }, { action: 'update', model: 'tasks', id: id(), data: { title: 'x' } }] },
  });
  equal([atomic.status, atomic.body.code], [404, 'entity_not_found'], 'all or none');
  equal((await http('GET', `/v1/models/tasks/${a}`)).body.data.title, 'lower', 'none');
  for (const [body, code] of [[{}, 'commit_operation_required'], [{ operations: [] }, 'commit_operation_required'], [{ clientTxId: 'x', operations: [{ model: 'tasks' }] }, 'commit_operation_action_required']]) {
    const refused = await http('POST', '/api/v1/commits', { body });
    equal([refused.status, refused.body.code], [400, code], 'refused');
  }
  const long = await http('POST', '/api/v1/commits', { body: { ...lower, clientTxId: 'k'.repeat(300) } });
  equal(long.body.code, 'idempotency_key_too_long', 'a key too long');
}

export async function queriesWithEveryOperator() {
  const p = id();
  await http('POST', '/v1/models/projects', { body: { id: p, data: { name: 'parent' } } });
  for (const [title, priority, status] of [['Apple', 1, 'todo'], ['apricot', 2, 'doing'], ['Banana', 3, null]]) {
    await http('POST', '/v1/models/tasks', { body: { id: `${p}-${title}`, data: { title, priority, status, projectId: p } } });
  }
  const titles = async (...where) => {
    const query = { model: 'Task', where: [['project_id', p], ...where], orderBy: 'priority', order: 'asc' };
    const answer = await http('POST', '/api/sync/query', { body: { queries: [query] } });
    equal(answer.status, 200, JSON.stringify([where, answer.body]));
    return answer.body.results[0].map((row) => row.title).join(' ');
  };
  const table = [
    [['title', '=', 'Apple'], 'Apple'], [['title', '!=', 'Apple'], 'apricot Banana'], [['priority', '<', 2], 'Apple'], [['priority', '<=', 2], 'Apple apricot'],
    [['priority', '>', 2], 'Banana'], [['priority', '>=', 2], 'apricot Banana'], [['title', 'IN', ['Apple', 'Banana']], 'Apple Banana'],
    [['title', 'NOT IN', ['Apple', 'Banana']], 'apricot'], [['status', 'IS', null], 'Banana'], [['status', 'IS NOT', null], 'Apple apricot'],
    [['title', 'LIKE', 'A%'], 'Apple'], [['title', 'NOT LIKE', 'A%'], 'apricot Banana'], [['title', 'ILIKE', 'a%'], 'Apple apricot'], [['title', 'NOT ILIKE', 'a%'], 'Banana'],
    [['projectId', p], 'Apple apricot Banana'],
  ];
  for (const [where, expected] of table) equal(await titles(where), expected, JSON.stringify(where));
  const nested = await http('POST', '/api/sync/query', { body: { queries: [{ model: 'Project', where: [['id', p]], related: ['tasks'] }, { model: 'tasks', where: [['project_id', p]], limit: 1, related: ['project'] }] } });
  equal(nested.body.results[0][0].tasks.length, 3, 'children');
  equal(nested.body.results[1][0].project.name, 'parent', 'parent');
  const mixed = await http('POST', '/api/sync/query', { body: { queries: [{ model: 'Nonsense', where: [] }, { model: 'Project', where: [['id', p]] }] } });
  equal([mixed.status, mixed.body.results[0], mixed.body.results[1].length], [200, [], 1], 'one that fails is empty');
  for (const [body, code] of [[{}, 'queries_required'], [{ queries: [{ model: 'Nope', where: [] }] }, 'unknown_model'],
    [{ queries: [{ model: 'Task', where: [['title', '~', 'x']] }] }, 'query_unsupported_operator'],
    [{ queries: [{ model: 'Task', where: [], related: ['nope'] }] }, 'query_unknown_relation'],
    [{ queries: [{ model: 'Task', where: [['no"pe', 1]] }] }, 'query_invalid_identifier']]) {
    const refused = await http('POST', '/api/sync/query', { body });
    equal([refused.status, refused.body.code], [400, code], 'refused');
  }
  equal((await http('GET', `/api/sync/entity/Project/${p}`)).body.name, 'parent', 'bare row');
  equal((await http('GET', '/api/sync/entity/Project/nope')).status, 404, 'no row');
}

export async function capabilitiesAndTasks() {
  const mint = { participantKind: 'agent', participantId: 'agent:z', syncGroups: ['default'], operations: ['task.update'], ttlSeconds: 600, label: 'lab', userMeta: { e: 1 } };
  const made = await http('POST', '/api/v1/capabilities', { body: mint });
  equal([made.status, made.body.id, made.body.scope.syncGroups, made.body.userMeta], [200, made.body.capabilityId, ['default'], { e: 1 }], 'mint');
  const read = await http('GET', `/api/v1/capabilities/${made.body.id}`);
  equal([read.body.status, read.body.label, read.body.revokedAt, read.body.operations], ['active', 'lab', null, ['task.update']], 'read');
  const row = id();
  await http('POST', '/v1/models/tasks', { body: { id: row, data: { title: 'x' } } });
  equal((await http('PATCH', `/v1/models/task/${row}`, { token: made.body.token, body: { data: { title: 'agent' } } })).status, 200, 'within its groups');
  const opened = await http('POST', '/api/v1/tasks', { token: made.body.token, body: { prompt: 'go', surface: 'agent' } });
  assert(opened.body.id && opened.body.turnId === opened.body.id, 'task');
  const foreign = await http('POST', '/api/v1/tasks', { body: { prompt: 'x', parentTaskId: 'turn_nope' } });
  equal([foreign.status, foreign.body.code], [404, 'parent_turn_not_found'], 'parent');
  const closed = await http('POST', `/api/v1/tasks/${opened.body.id}/close`, { token: made.body.token, body: { costInputTokens: 1, costOutputTokens: 2, costComputeMs: 3 } });
  equal([closed.body.closed, closed.body.alreadyClosed], [true, false], 'closed');
  equal((await http('POST', `/api/agent/turn/${opened.body.id}/close`, { token: made.body.token })).body.alreadyClosed, true, 'again');
  const rotated = await http('POST', `/api/v1/capabilities/${made.body.id}/rotate`, { body: { graceSeconds: 60, ttlSeconds: 300 } });
  equal(rotated.body.rotatedFrom.capabilityId, made.body.id, 'rotated');
  for (const token of [made.body.token, rotated.body.token]) equal((await http('GET', '/api/auth/identity', { token })).body.participantId, 'agent:z', 'both work');
  const gone = await http('DELETE', `/api/v1/capabilities/${made.body.id}`);
  equal([gone.body.deleted, gone.body.id], [true, made.body.id], 'revoked');
  equal((await http('GET', '/api/auth/identity', { token: made.body.token })).body.code, 'apikey_revoked', 'and it no longer works');
  for (const [body, code] of [[{ participantKind: 'user', syncGroups: ['default'] }, 'invalid_participant_kind'], [{ participantKind: 'agent' }, 'narrow_scope_required']]) {
    equal((await http('POST', '/api/v1/capabilities', { body })).body.code, code, 'refused');
  }
}

export async function everyRouteNeedsAKey() {
  const revoked = await session('user', 'u_gone');
  await http('DELETE', `/api/v1/capabilities/${revoked.capabilityId}`);
  const routes = JSON.parse(process.env.ABLO_ROUTES);
  assert(routes.length > 40, 'the server says which routes it has');
  for (const [method, base] of routes) {
    const body = method === 'GET' || method === 'HEAD' ? undefined : {};
    const anonymous = await http(method, base, { token: null, body });
    equal([anonymous.status, anonymous.headers.get('x-auth-failure')], [401, 'auth_no_credentials'], `${method} ${base} without a key`);
    for (const token of ['nonsense', 'sk_test_0123456789ABCDEFGHIJKLMNOPQRST06ImRu', 'sk_test_0123456789ABCDEFGHIJKLMNOPQRST06ImRt', revoked.token]) {
      const refused = await http(method, base, { token, body });
      equal(refused.status, 401, `${method} ${base} with ${token.slice(0, 12)}`);
    }
    for (const odd of [`/${base}`, `${base}/`, base.replace('/v1/', '/v1//'), base.replace('/api', '/%61pi'), base.replace('/v1', '/V1'), `${base}%2f`, `/x/..${base}`, `${base};x`, base.replace('/v1/', '/v1/./')]) {
      const answer = await http(method, odd, { token: null, body });
      assert([401, 404, 405].includes(answer.status), `${method} ${odd}: ${answer.status}`);
    }
  }
}

// Everything of one organization looks to another as if it were not there, and nothing crosses.
export async function organizationsDoNotMeet() {
  assert(OTHER, 'a key of a second organization is given');
  const canary = `canary-${id()}`;
  const [row, project] = [id(), id()];
  await http('POST', '/v1/models/projects', { body: { id: project, data: { name: canary } } });
  await http('POST', '/v1/models/tasks', { body: { id: row, data: { title: canary, projectId: project } } });
  const claim = await http('POST', `/v1/models/tasks/${row}/claim`, { body: {} });
  const capability = await session('agent', canary);
  const task = await http('POST', '/v1/tasks', { body: { prompt: canary } });
  const stranger = await http('POST', '/api/auth/capability', { token: OTHER, body: { participantKind: 'user', participantId: 'u_other', syncGroups: ['org:org_dev', `project:${project}`] } });
  const socket = await new Client(stranger.body.token, { groups: ['org:org_dev', `project:${project}`] }).connect();
  const requests = (at, of, cap, turn) => [
    ['GET', `/v1/models/tasks/${at}`], ['GET', `/v1/models/tasks?projectId=${of}`], ['PATCH', `/v1/models/tasks/${at}`, { data: { title: 'x' } }], ['DELETE', `/v1/models/tasks/${at}`],
    ['GET', `/v1/intents?model=tasks&id=${at}`], ['DELETE', `/v1/models/tasks/${at}/claim`], ['GET', `/v1/intents`], ['POST', `/v1/models/tasks/${at}/claim/reorder`, { order: [] }],
    ['GET', `/api/sync/entity/Task/${at}`], ['POST', '/api/sync/query', { queries: [{ model: 'Task', where: [['id', at]] }] }],
    ['GET', `/api/sync/bootstrap?models=Task&syncGroups=project%3A${of}`], ['GET', `/v1/capabilities/${cap}`], ['DELETE', `/v1/capabilities/${cap}`], ['POST', `/v1/capabilities/${cap}/rotate`, {}],
    ['POST', `/v1/tasks/${turn}/close`, {}], ['GET', '/api/presence'],
    ['POST', '/v1/commits', { clientTxId: id(), operations: [{ action: 'update', model: 'tasks', id: at, data: { title: 'x' } }] }],
  ];
  const theirs = requests(row, project, capability.capabilityId, task.body.id);
  const nobodys = requests(id(), id(), 'cap_nope', 'turn_nope');
  const strip = (answer, names) => {
    let text = JSON.stringify([answer.status, answer.body]);
    for (const name of names) text = text.replaceAll(name, 'ID');
    return text.replace(/"(request_id|timestamp|createdAt|clientTxId|serverTxId)":("[^"]*"|\d+)/g, '');
  };
  for (const token of [OTHER, stranger.body.token]) {
    for (const [at, [method, path, body]] of theirs.entries()) {
      const real = await http(method, path, { token, body });
      const [, emptyPath, emptyBody] = nobodys[at];
      const empty = await http(method, emptyPath, { token, body: emptyBody });
      const named = [row, project, capability.capabilityId, task.body.id];
      const a = strip(real, named);
      const b = strip(empty, named.concat(nobodys.flatMap(([, p]) => p.match(/[0-9a-f-]{36}|cap_nope|turn_nope/g) ?? [])));
      equal(a, b, `${method} ${path}`);
      assert(!JSON.stringify(real.body).includes(canary), `${method} ${path} tells`);
    }
  }
  const mine = await new Client((await session('user', 'u_isolation')).token).ready();
  await mine.commit([create(id(), { title: canary })]);
  socket.send('intent_begin', { intentId: id(), entityType: 'tasks', entityId: row, action: 'x', queue: true });
  const refused = await socket.commit([{ type: 'UPDATE', model: 'task', id: row, input: { title: 'x' } }]);
  equal(refused.error.code, 'entity_not_found', 'over the socket too');
  socket.send('ping');
  await socket.next('pong');
  assert(!JSON.stringify(socket.frames).includes(canary), 'no frame tells');
  equal((await http('GET', `/v1/models/tasks/${row}`)).body.data.title, canary, 'and nothing was changed');
  equal((await http('GET', `/v1/intents?model=tasks&id=${row}`)).body.intents[0].id, claim.body.id, 'nor released');
  await mine.close();
  await socket.close();
}

export async function aPublishableKeyOnlyReads() {
  const token = process.env.ABLO_PUBLISHABLE;
  assert(token, 'a publishable key is given');
  equal((await http('GET', '/api/auth/identity', { token })).status, 200, 'identity');
  equal((await http('GET', '/v1/models/tasks', { token })).status, 200, 'read');
  equal((await http('POST', '/v1/models/tasks', { token, body: { id: id(), data: { title: 'x' } } })).body.code, 'capability_scope_denied', 'write');
  equal((await http('POST', '/api/auth/capability', { token, body: {} })).status, 403, 'mint');
}

export async function theServerTellsAboutItself() {
  for (const path of ['/livez', '/readyz', '/version', '/metrics', '/api/health', '/v1/openapi.json', '/v1/docs']) {
    equal((await http('GET', path, { token: null })).status, 200, path);
  }
  equal((await http('GET', '/api/health', { token: null })).body, { status: 'healthy' }, 'health');
  const metrics = (await http('GET', '/metrics', { token: null })).body;
  for (const name of ['ablo_http_responses_total', 'ablo_commits_total', 'ablo_ws_connections', 'ablo_deltas_sent_total']) assert(metrics.includes(name), name);
  assert(!metrics.includes('org_dev'), 'no organization in it');
  const large = await answered('POST', '/v1/commits', { body: { clientTxId: 'x', operations: [{ action: 'create', model: 'tasks', data: { title: 'x'.repeat(3 << 20) } }] } });
  equal([large.status, large.body.code], [413, 'body_too_large'], 'a body too large');
  for (const body of ['{', '[]', '"x"', 'nonsense', `${'['.repeat(5000)}`]) {
    const answer = await fetch(process.env.ABLO_URL + '/v1/commits', { method: 'POST', headers: { authorization: `Bearer ${SECRET}` }, body });
    equal(answer.status, 400, `body ${body.slice(0, 20)}`);
  }
}
