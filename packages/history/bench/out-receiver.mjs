// Receives what `out.ts` sends, and forgets it. A process of its own: its time does not count.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

const udp = createSocket('udp4').bind(0, '127.0.0.1');
const tcp = createServer(socket => socket.resume().on('error', () => {})).listen(0, '127.0.0.1');
await Promise.all([once(udp, 'listening'), once(tcp, 'listening')]);
process.send({ udp: udp.address().port, tcp: tcp.address().port });
