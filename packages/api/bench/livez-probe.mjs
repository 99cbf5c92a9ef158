// Requests /livez again and again, on a thread of its own: what delays the attackers' event loop must not count as a delay of the server.
import { Agent, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

const { port, milliseconds } = workerData;
const agent = new Agent({ keepAlive: true });
const ask = () =>
  new Promise((resolve, reject) => {
    get({ port, host: '127.0.0.1', agent, path: '/livez' }, response => {
      response.resume().once('end', resolve);
    }).once('error', reject);
  });

const times = [];
for (const end = performance.now() + milliseconds; performance.now() < end; ) {
  const from = performance.now();
  await ask();
  times.push(performance.now() - from);
  await delay(2);
}
agent.destroy();
parentPort.postMessage(times);
