// Keeps connections busy for a time, in a thread of its own, and reports the responses per second.
import { Agent, get } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';

const { url, headers, connections, milliseconds } = workerData;
const agent = new Agent({ keepAlive: true, maxSockets: connections });
const end = performance.now() + milliseconds;
let answered = 0;

const ask = () =>
  new Promise((resolve, reject) => {
    get(url, { agent, headers }, response => {
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
      response.resume().once('end', resolve);
    }).once('error', reject);
  });

async function connection() {
  while (performance.now() < end) {
    await ask();
    answered++;
  }
}

await Promise.all(Array.from({ length: connections }, connection));
agent.destroy();
parentPort.postMessage((answered / milliseconds) * 1000);
