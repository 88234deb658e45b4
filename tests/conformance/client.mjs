// A small client of the wire protocol, written against its description alone. Built-in fetch and WebSocket only.

export const BASE = process.env.ABLO_URL;
export const SECRET = process.env.ABLO_SECRET;

export const wait = (ms) => new Promise((done) => setTimeout(done, ms));

export function assert(condition, message) {
  if (!condition) throw new Error(message);
}

export function equal(actual, expected, message) {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  assert(a === b, `${message}: expected ${b}, got ${a}`);
}

export async function http(method, path, { token = SECRET, body, headers = {} } = {}) {
  const response = await fetch(BASE + path, {
    method,
    headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), 'content-type': 'application/json', ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  let json = null;
  try {
    json = text ? JSON.parse(text) : null;
  } catch {
    json = text;
  }
  return { status: response.status, body: json, headers: response.headers };
}

export async function session(kind, id, extra = {}) {
  const body = { participantKind: kind, participantId: id, ttlSeconds: 900, ...extra };
  const answer = await http('POST', '/api/auth/capability', { body });
  equal(answer.status, 200, `a session for ${id}`);
  return answer.body;
}

// A realtime client: applies deltas as version 0.9.0 does, in batches 100 ms after the last, look-alikes dropped.
export class Client {
  constructor(token, { kind, groups = [], capabilities = [] } = {}) {
    Object.assign(this, { token, kind, groups, capabilities });
    this.rows = new Map();
    this.frames = [];
    this.acked = 0;
    this.highest = 0;
    this.cursor = null;
    this.pending = [];
    this.waiters = [];
    this.peers = new Map();
  }

  async bootstrap() {
    const groups = this.groups.map((group) => `&syncGroups=${encodeURIComponent(group)}`).join('');
    const answer = await http('GET', `/api/sync/bootstrap?models=Project%2CTask${groups}`, { token: this.token });
    equal(answer.status, 200, 'bootstrap');
    equal(answer.body.type, 'full', 'kind of bootstrap');
    for (const [model, rows] of Object.entries(answer.body.models)) {
      for (const key of [...this.rows.keys()].filter((key) => key.startsWith(model + ':'))) this.rows.delete(key);
      for (const row of rows) this.rows.set(`${model}:${row.id}`, row);
    }
    return answer.body;
  }

  async connect() {
    const query = [`cursor=${this.cursor ?? ''}`];
    if (this.kind) query.push(`kind=${this.kind}`);
    for (const group of this.groups) query.push(`syncGroups=${encodeURIComponent(group)}`);
    const url = BASE.replace(/^http/, 'ws') + '/api/sync/ws?' + query.join('&');
    this.socket = new WebSocket(url, [`ablo.bearer.${this.token}`, 'ablo.sync.v1']);
    this.closed = new Promise((done) => this.socket.addEventListener('close', done, { once: true }));
    await new Promise((done, fail) => {
      this.socket.addEventListener('open', done, { once: true });
      this.socket.addEventListener('error', () => fail(new Error('the socket did not open')), { once: true });
    });
    this.protocol = this.socket.protocol;
    this.socket.addEventListener('message', (event) => this.receive(JSON.parse(event.data)));
    this.send('presence_update', { status: 'online', timezone: 'UTC' });
    if (this.acked > 0) this.send('ack', { lastSyncId: this.acked, versions: {} });
    this.send('sync_request', {
      cursor: this.cursor,
      versions: { task: 0 },
      lastSyncId: this.acked,
      capabilities: ['partialBootstrap', 'compressedDeltas', 'streamingBootstrap', 'batchedDeltas', ...this.capabilities],
    });
    return this;
  }

  async ready() {
    if (this.kind !== 'agent') await this.bootstrap();
    await this.connect();
    await this.next('sync_response');
    return this;
  }

  send(type, payload) {
    this.socket.send(JSON.stringify(payload === undefined ? { type } : { type, payload }));
  }

  receive(frame) {
    this.frames.push(frame);
    const payload = frame.payload ?? {};
    if (frame.type === 'delta') (payload.deltas ?? [payload]).forEach((delta) => this.take(delta));
    if (frame.type === 'sync_response') {
      (payload.deltas ?? []).forEach((delta) => this.take(delta));
      this.cursor = payload.newCursor ?? this.cursor;
      if (!payload.deltas?.length && payload.currentSyncId < this.acked) this.acked = payload.currentSyncId;
    }
    if (frame.type === 'presence_update') {
      if (payload.kind === 'leave') this.peers.delete(payload.userId);
      else this.peers.set(payload.userId, payload);
    }
    this.waiters = this.waiters.filter((waiter) => !waiter(frame));
  }

  take(delta) {
    if (delta.id <= this.highest) return;
    this.highest = delta.id;
    this.pending.push(delta);
    clearTimeout(this.timer);
    if (this.pending.length >= 50) this.flush();
    else this.timer = setTimeout(() => this.flush(), 100);
  }

  flush() {
    const byRow = new Map();
    for (const delta of this.pending.splice(0)) {
      const key = `${delta.modelName}:${delta.modelId}`;
      byRow.set(key, [...(byRow.get(key) ?? []), delta]);
    }
    let applied = 0;
    for (const [key, deltas] of byRow) {
      const gone = deltas.findLast((delta) => delta.actionType === 'D');
      if (gone) {
        this.rows.delete(key);
        applied = Math.max(applied, gone.id);
        continue;
      }
      let before = '';
      for (const { id, actionType, data } of deltas) {
        const { status, state, isActive } = data ?? {};
        const signature = JSON.stringify([actionType, status, state, isActive]);
        if (signature === before) continue;
        before = signature;
        const known = this.rows.has(key);
        if ((actionType === 'I' || actionType === 'C') && !known) this.rows.set(key, data);
        else if (actionType === 'U' && known) this.rows.set(key, { ...this.rows.get(key), ...data });
        else if (actionType === 'A') this.rows.set(key, data);
        else if (actionType === 'U') continue;
        applied = Math.max(applied, id);
      }
    }
    if (applied > this.acked) {
      this.acked = applied;
      if (this.socket.readyState === 1) this.send('ack', { lastSyncId: applied, versions: {} });
    }
  }

  // The next frame of a type that a test accepts, also one that came already.
  next(type, accept = () => true, ms = 15000) {
    const matches = (frame) => frame.type === type && !frame.seen && accept(frame.payload ?? {});
    const found = this.frames.find(matches);
    if (found) {
      found.seen = true;
      return Promise.resolve(found.payload);
    }
    return new Promise((done, fail) => {
      const timer = setTimeout(() => fail(new Error(`no ${type} within ${ms} ms; got ${this.frames.map((f) => f.type)}`)), ms);
      this.waiters.push((frame) => {
        if (!matches(frame)) return false;
        frame.seen = true;
        clearTimeout(timer);
        done(frame.payload);
        return true;
      });
    });
  }

  async commit(operations, extra = {}) {
    const clientTxId = extra.clientTxId ?? crypto.randomUUID();
    this.send('commit', { operations, clientTxId, ...extra });
    return this.next('mutation_result', (payload) => payload.clientTxId === clientTxId, 15000);
  }

  async until(check, message, ms = 15000) {
    for (let left = ms; left > 0; left -= 10) {
      if (check(this)) return;
      await wait(10);
    }
    throw new Error(`${message}; rows ${JSON.stringify([...this.rows])}`);
  }

  async close() {
    this.socket.close(1000, 'Manual disconnect');
    await this.closed;
  }
}

let number = 0;
export const create = (id, input, model = 'task') => ({
  type: 'CREATE', model, id, input, transactionId: `tx_${Date.now()}_${number++}`,
});
export const update = (id, input, extra = {}, model = 'task') => ({
  type: 'UPDATE', model, id, input, transactionId: `tx_${Date.now()}_${number++}`, ...extra,
});
export const remove = (id, model = 'task') => ({ type: 'DELETE', model, id, transactionId: `tx_${Date.now()}_${number++}` });
