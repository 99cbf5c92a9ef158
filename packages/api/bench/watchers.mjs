// Subscribers of /conntrack/events in a thread of their own. Each counts its records and notices missing ones. One of
// them can be made to read nothing for a time.
import { connect } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

const { port, path, count, stopped } = workerData;
const POSITION = Buffer.from('"position":"');

const seqAt = (bytes, at) => {
  const dash = bytes.indexOf(45, at);
  let seq = 0;
  for (let i = dash + 1; bytes[i] >= 48 && bytes[i] <= 57; i++) seq = seq * 10 + bytes[i] - 48;
  return seq;
};

/** What a subscriber received. Decodes the chunked coding by hand: a record never spans two chunks. */
function watcher(index) {
  const seen = { index, events: 0, first: 0, last: 0, gaps: 0, lost: 0, missed: 0, bytes: 0, ready: false };
  const socket = connect(port, '127.0.0.1');
  let rest = Buffer.alloc(0);
  let inBody = false;
  const line = (bytes, from, to) => {
    if (bytes[from] !== 123) return;
    // {"type":"new",…
    const kind = bytes[from + 9];
    const position = bytes.indexOf(POSITION, from);
    const seq = seqAt(bytes, position + POSITION.length);
    // {"type":"gap",…
    if (kind === 103) {
      const gap = JSON.parse(bytes.toString('utf8', from, to));
      seen.gaps++;
      seen.where = gap.where;
      seen.lost += gap.count ?? Number.NaN;
      seen.last = seq;
      return;
    }
    if (kind !== 110 && kind !== 117 && kind !== 100) {
      seen.ready = true;
      if (seen.last === 0) seen.last = seq;
      return;
    }
    seen.events++;
    if (seq !== seen.last + 1) seen.missed += seq - seen.last - 1;
    seen.last = seq;
  };
  socket.on('data', data => {
    seen.bytes += data.length;
    let bytes = rest.length > 0 ? Buffer.concat([rest, data]) : data;
    if (!inBody) {
      const end = bytes.indexOf('\r\n\r\n');
      if (end < 0) {
        rest = bytes;
        return;
      }
      inBody = true;
      bytes = bytes.subarray(end + 4);
    }
    let from = 0;
    for (let to = bytes.indexOf(10, from); to >= 0; to = bytes.indexOf(10, from)) {
      line(bytes, from, to);
      from = to + 1;
    }
    rest = from === bytes.length ? Buffer.alloc(0) : Buffer.from(bytes.subarray(from));
  });
  socket.on('error', error => {
    seen.error = String(error);
  });
  socket.on('close', () => {
    seen.closed = true;
  });
  socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  return { seen, socket };
}

const watchers = Array.from({ length: count }, (_, index) => watcher(index));

parentPort.on('message', ({ ask, id }) => {
  if (ask === 'stop') watchers[stopped].socket.pause();
  if (ask === 'resume') watchers[stopped].socket.resume();
  if (ask === 'end') for (const { socket } of watchers) socket.destroy();
  parentPort.postMessage({ id, seen: watchers.map(({ seen }) => ({ ...seen })) });
});
