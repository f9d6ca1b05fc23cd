// A `midspan serve` of our own: with `--dev`, or as it is run in earnest.
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** `configure` makes the configuration file, from the address that the server will have. */
export async function startServer({ dev = true, configure = undefined } = {}) {
  const binary = resolve(process.env.MIDSPAN_BIN || '../target/debug/midspan');
  if (!existsSync(binary)) throw new Error(`${binary} is not built: run \`cargo xtask test --only build\``);
  // A port that was free a moment ago: a left-over server can not answer for ours.
  const listen = `127.0.0.1:${await freePort()}`;
  const directory = mkdtempSync(join(tmpdir(), 'midspan-end2end-'));
  const data = join(directory, 'data');
  const log = join(directory, 'server.log');

  const words = ['serve', ...(dev ? ['--dev'] : []), '--data', data, '--listen', listen];
  if (configure) {
    const file = join(directory, 'midspan.json');
    writeFileSync(file, JSON.stringify(await configure(`http://${listen}`, directory)));
    words.push('--config', file);
  }
  const output = openSync(log, 'a');
  const child = spawn(binary, words, {
    cwd: directory,
    env: withoutSettings(),
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  const ended = new Promise((done) => child.once('exit', done));

  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await Promise.race([ended, pause(15_000)]);
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  };

  const url = `http://${listen}`;
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) break;
    const ready = await fetch(`${url}/readyz`).catch(() => undefined);
    if (ready?.ok) return { url, data, log, binary, stop };
    await pause(50);
  }
  const said = readFileSync(log, 'utf8').slice(-4000);
  await stop();
  throw new Error(`the server did not become ready:\n${said}`);
}

/** The environment without settings that a developer may have set for a server of their own. */
export function withoutSettings() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('MIDSPAN_')));
}

function freePort() {
  return new Promise((done, failed) => {
    const listener = createServer().once('error', failed);
    listener.listen(0, '127.0.0.1', () => {
      const { port } = listener.address();
      listener.close(() => done(port));
    });
  });
}
