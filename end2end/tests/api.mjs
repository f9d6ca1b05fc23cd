// Things set up beforehand, through the public API.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export class Api {
  constructor(url, data, persona = 'developer') {
    this.url = url;
    this.token = readFileSync(join(data, 'dev/tokens', persona), 'utf8').trim();
  }

  async ask(method, path, body) {
    const answer = await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    const said = await answer.json();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${said.message}`);
    return said;
  }

  /** A small Redis called `sessions`, ready; for pages that want something to show. */
  async readyRedis(name = 'sessions') {
    const collection = '/apis/data.example.com/v1/namespaces/default/redises';
    const document = {
      apiVersion: 'data.example.com/v1',
      kind: 'Redis',
      metadata: { name },
      spec: { team: 'checkout' },
    };
    await this.ask('POST', collection, document).catch((error) => {
      if (!/ 409 /.test(error.message)) throw error;
    });
    const deadline = Date.now() + 30_000;
    while (Date.now() < deadline) {
      const { status } = await this.ask('GET', `${collection}/${name}`);
      if (status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True')) return;
      await pause(50);
    }
    throw new Error(`${name} did not become ready`);
  }
}
