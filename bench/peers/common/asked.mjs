// What the peers' programs share: orders come as lines on standard input, answers go as lines of JSON to standard output.
import http from 'node:http';
import readline from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

export const say = (answer) => process.stdout.write(JSON.stringify(answer) + '\n');

// Carries out one order after the other; ends when nobody gives orders any more.
export async function obey(orders) {
  say({ ready: true });
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [order, ...words] = line.trim().split(' ');
    say(await orders[order](...words));
  }
  process.exit(0);
}

// `count` pieces of work, `concurrency` at a time; the clock runs from the first start to the last end.
export async function measure(count, concurrency, work) {
  const waited = [];
  let next = 0;
  const started = performance.now();
  const worker = async () => {
    while (next < count) {
      const number = next++;
      const sent = performance.now();
      await work(number);
      waited.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const seconds = (performance.now() - started) / 1000;
  waited.sort((a, b) => a - b);
  const at = (share) => waited[Math.max(1, Math.ceil(share * waited.length)) - 1];
  return { count, per_second: count / seconds, p50_ms: at(0.5), p90_ms: at(0.9), p99_ms: at(0.99), max_ms: at(1) };
}

// An effect in the world: one line in the ledger, under the key that the author of a step would choose by hand.
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

export async function effect(name, step) {
  const ledger = process.env.LEDGER;
  if (!ledger) return step;
  const [host, port] = ledger.split(':');
  const headers = { 'idempotency-key': `${name}/${step}`, 'content-length': 0 };
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await new Promise((resolve, reject) => {
        const call = http.request({ host, port, method: 'POST', path: `/${name}/${step}`, headers, agent }, (answer) => {
          answer.resume();
          answer.on('end', () => resolve(step));
        });
        call.on('error', reject);
        call.end();
      });
    } catch (error) {
      if (attempt === 20) throw error;
      await sleep(10);
    }
  }
}
