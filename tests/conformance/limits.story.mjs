import { BASE, Client, assert, create, equal, session, update } from './client.mjs';

const id = () => crypto.randomUUID();

export async function aMessageTooLargeEndsTheSocket() {
  const client = await new Client((await session('user', 'u_large')).token).ready();
  client.send('slide_cursor', { x: 'x'.repeat(300 << 10) });
  equal((await client.closed).code, 1009, 'too large');
}

export async function whatCannotBeReadIsPassedOver() {
  const client = await new Client((await session('user', 'u_noise')).token).ready();
  for (const noise of ['{', '[]', '"x"', '{}', '{"type":7}', '{"type":"ack"}', '{"type":"nonsense","payload":{}}', '{"type":"commit","payload":7}', `${'['.repeat(9000)}`]) {
    client.socket.send(noise);
  }
  const refused = await client.commit([]);
  equal([refused.success, refused.error.code], [false, 'commit_operation_required'], 'a commit is answered all the same');
  client.send('ping');
  await client.next('pong');
  await client.close();
}

export async function tooManySocketsOfOneKeyAreClosedNotRefused() {
  const { token } = await session('user', 'u_many');
  const sockets = [];
  for (let at = 0; at < 21; at++) sockets.push(await new Client(token).connect().catch((error) => assert(false, `${at}: ${error.message}`)));
  equal((await sockets[20].closed).code, 1013, 'the one too many comes up and is closed');
  sockets[0].send('ping');
  await sockets[0].next('pong');
  await Promise.all(sockets.slice(0, 20).map((client) => client.close()));
}

export async function eventsAreRelayedToOthersOnly() {
  const [a, b] = [await new Client((await session('user', 'u_r1')).token).ready(), await new Client((await session('user', 'u_r2')).token).ready()];
  a.send('slide_cursor', { x: 1, timestamp: 5 });
  a.send('not_on_the_list', { x: 1 });
  equal(await b.next('slide_cursor'), { x: 1, timestamp: 5 }, 'as it was sent');
  b.send('ping');
  await b.next('pong');
  assert(!b.frames.some((frame) => frame.type === 'not_on_the_list'), 'nothing else');
  assert(!a.frames.some((frame) => frame.type === 'slide_cursor'), 'not to its sender');
  await a.close();
  await b.close();
}

export async function whatOthersWriteIsNotHiddenByOwnWrites() {
  const [a, b] = [await new Client((await session('user', 'u_m1')).token).ready(), await new Client((await session('user', 'u_m2')).token).ready()];
  const row = id();
  await a.commit([create(row, { title: 'a' })]);
  await a.commit([update(row, { title: 'mine' })]);
  await b.until(({ rows }) => rows.get(`Task:${row}`)?.title === 'mine', 'the other has it');
  await b.commit([update(row, { title: 'theirs' })]);
  const told = await a.next('delta', (delta) => delta.data?.title === 'theirs');
  assert(told.data.unassignedAt, 'the writer is told to take the row');
  const plain = b.frames.filter((frame) => frame.type === 'delta' && frame.payload.data?.title === 'mine');
  assert(plain.every((frame) => !frame.payload.data.unassignedAt), 'nobody else is');
  await a.close();
  await b.close();
}

export async function originsAreEchoed() {
  const answer = await fetch(`${BASE}/livez`, { headers: { origin: 'https://x.example' } });
  equal(answer.headers.get('vary'), 'Origin', 'vary');
}
