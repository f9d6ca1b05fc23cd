// Identity providers as children of their own: they want a newer Node than distributions have, so a package brings one.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { join } from 'node:path';

const here = import.meta.dirname;
const isNewEnough = Number(process.versions.node.split('.')[0]) >= 22;
const node = isNewEnough ? process.execPath : join(here, `node_modules/node-linux-${process.arch}/bin/node`);

/** Starts a script of this folder that prints `{"issuer": …}` when it is up. */
export async function startProvider(script, ...words) {
  const child = spawn(node, [join(here, script), ...words], { cwd: here, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`${script} ended before it was up`)));
  ended.catch(() => {});
  const [line] = await Promise.race([once(lines, 'line'), ended]);
  const { issuer } = JSON.parse(line);
  return { issuer, stop: () => child.kill('SIGKILL') };
}
