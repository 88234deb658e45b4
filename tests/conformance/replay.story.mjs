// The client side of recorded traffic of the published client, sent again. What it waits for has to come.
import { readFileSync, readdirSync } from 'node:fs';
import { BASE, SECRET, assert, http, session, wait } from './client.mjs';

const RECORDED = new URL('../../ablo-schema/tests/data/observed/', import.meta.url);
// Steps at which the recording's counterpart was told to fail, or took what a server has to refuse.
const FORCED = /^err \d|upgrade|stale credential|HTTP \d|401|403|500|expired|refus|fail/i;
// Requests that the recording's counterpart accepted without looking.
const UNCHECKED = [['POST /api/v1/tasks', 'names a parent task that nobody opened']];

const answers = {
  commit: (payload) => ({ types: ['mutation_result'], accept: (p) => p.clientTxId === payload.clientTxId }),
  sync_request: () => ({ types: ['sync_response'], accept: (p) => typeof p.currentSyncId === 'number' && p.newCursor !== undefined }),
  ping: () => ({ types: ['pong'], accept: () => true }),
  claim: (payload) => ({ types: ['claim_ack'], accept: (p) => p.claimId === payload.claimId }),
  intent_begin: (payload) => ({
    types: ['intent_acquired', 'intent_queued', 'intent_rejected', 'intent_granted'],
    accept: (p) => p.intentId === payload.intentId,
  }),
};

// Recorded ids and tokens, and ours for them.
function learn(names, recorded, ours) {
  if (!recorded || !ours || typeof recorded !== 'object' || typeof ours !== 'object') return;
  for (const key of Object.keys(recorded)) {
    const [a, b] = [recorded[key], ours[key]];
    const named = ['token', 'capabilityId', 'id', 'turnId', 'intentId', 'participantId'].includes(key);
    if (named && /^(rk|ek|cap|turn|int|sys)_/.test(a) && typeof b === 'string' && a !== b) names.set(a, b);
    else learn(names, a, b);
  }
}

class Replay {
  constructor(file) {
    this.lines = readFileSync(new URL(file, RECORDED), 'utf8').trim().split('\n').map((line) => JSON.parse(line.replaceAll('org_1', 'org_dev')));
    this.names = new Map();
    this.sockets = new Map();
    this.problems = [];
    this.step = '';
  }

  translate(value) {
    // In one pass, whole names only: one of ours may begin like a recorded one.
    const text = JSON.stringify(value).replace(/\w+/g, (word) => this.names.get(word) ?? word);
    return JSON.parse(text);
  }

  async token(recorded) {
    if (!recorded) return undefined;
    if (!this.names.has(recorded)) {
      if (recorded.startsWith('sk_')) this.names.set(recorded, this.keys++ ? (await session('system', recorded.slice(-8))).token : SECRET);
      else if (recorded.startsWith('ek_')) this.names.set(recorded, (await session('user', 'u_1')).token);
      else this.names.set(recorded, (await session('agent', 'agent:w')).token);
    }
    return this.names.get(recorded);
  }

  // Rows the recording began with.
  async seed() {
    const known = new Set();
    const operations = [];
    for (const line of this.lines.filter((line) => line.dir === 'http-res')) {
      for (const [model, rows] of Object.entries(line.body?.models ?? {})) {
        for (const { id, createdAt, updatedAt, organizationId, createdBy, ...input } of Array.isArray(rows) ? rows : []) {
          if (createdBy !== 'seed' || known.has(id)) continue;
          known.add(id);
          operations.push({ action: 'create', model, id, data: input });
        }
      }
    }
    for (const id of ['h1', 'h2', 'h3']) operations.push({ action: 'create', model: 'tasks', id, data: { title: 't0', status: 'todo', priority: 2 } });
    for (const operation of operations) {
      await http('POST', '/api/v1/commits', { body: { clientTxId: `seed-${operation.id}`, operations: [operation] } });
    }
  }

  async run() {
    this.keys = 0;
    await this.seed();
    for (const [at, line] of this.lines.entries()) {
      if (line.dir === 'note' && line.note.startsWith('STEP')) this.step = line.note.slice(5);
      if (line.dir === 'http-req') await this.request(line, this.lines.slice(at + 1).find((next) => next.dir === 'http-res' && next.for === `${line.method} ${line.url.split('?')[0]}`));
      if (line.dir === 'ws-upgrade') this.upgrade = line;
      if (line.dir === 'ws-open') await this.open(line.conn);
      if (line.dir === 'c2s') await this.send(line);
      if (line.dir === 'ws-close') this.sockets.get(line.conn)?.socket.close(1000);
    }
    await wait(100);
    for (const { waiting } of this.sockets.values()) this.problems.push(...waiting.map((one) => `no answer to ${one.what}`));
    for (const { socket } of this.sockets.values()) socket.close(1000);
    return this.problems;
  }

  async request({ method, url, headers, body }, answer) {
    const token = await this.token(headers?.authorization?.slice(7));
    const path = this.translate(url);
    const extra = headers?.['idempotency-key'] ? { 'idempotency-key': headers['idempotency-key'] } : {};
    const ours = await http(method, path, { token, body: body === undefined ? undefined : this.translate(body), headers: extra });
    const what = `${method} ${url} at "${this.step}"`;
    if (ours.status >= 500) this.problems.push(`${what}: ${ours.status} ${JSON.stringify(ours.body)}`);
    if (answer) learn(this.names, answer.body, ours.body);
    const unchecked = UNCHECKED.some(([start]) => `${method} ${url}`.startsWith(start));
    const expected = answer && answer.status < 300 && !FORCED.test(this.step) && !unchecked;
    if (expected && ours.status >= 300 && ours.status !== 409) this.problems.push(`${what}: ${ours.status} ${JSON.stringify(ours.body)}`);
  }

  async open(conn) {
    const [bearer] = this.upgrade.protocols.filter((name) => name.startsWith('ablo.bearer.'));
    const token = await this.token(bearer?.slice('ablo.bearer.'.length));
    if (!token) return;
    const socket = new WebSocket(BASE.replace('http', 'ws') + this.translate(this.upgrade.url), [`ablo.bearer.${token}`, 'ablo.sync.v1']);
    const state = { socket, waiting: [] };
    socket.addEventListener('message', ({ data }) => {
      const { type, payload } = JSON.parse(data);
      const found = state.waiting.findIndex((one) => one.types.includes(type) && one.accept(payload ?? {}));
      if (found >= 0) state.waiting.splice(found, 1);
      if (type === 'delta' && typeof payload.id !== 'number') this.problems.push(`a delta without a number: ${data}`);
    });
    await new Promise((done, fail) => {
      socket.addEventListener('open', done);
      socket.addEventListener('error', () => fail(new Error(`socket ${conn} did not open`)));
    });
    assert(socket.protocol, 'a subprotocol is selected');
    this.sockets.set(conn, state);
  }

  async send({ conn, frame }) {
    const state = this.sockets.get(conn);
    if (!state || state.socket.readyState !== 1) return;
    const expected = answers[frame.type]?.(frame.payload ?? {});
    if (expected) state.waiting.push({ ...expected, what: `${JSON.stringify(frame).slice(0, 120)} at "${this.step}"` });
    state.socket.send(JSON.stringify(this.translate(frame)));
    // Commits may be paced; nothing else takes this long.
    for (let left = 600; left > 0 && expected && frame.type !== 'commit' && state.waiting.length; left -= 1) await wait(1);
    for (let left = 8000; left > 0 && frame.type === 'commit' && state.waiting.length; left -= 2) await wait(2);
  }
}

export async function recordedClientsGetWhatTheyWaitFor() {
  for (const file of readdirSync(RECORDED).filter((name) => name.endsWith('.jsonl')).sort()) {
    const problems = await new Replay(file).run();
    assert(problems.length === 0, `${file}:\n  ${problems.join('\n  ')}`);
  }
}
