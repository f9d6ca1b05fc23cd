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
    await this.ask('POST', collection, document).catch(unlessThere);
    await this.seen(`${collection}/${name}`, ({ status }) => {
      return status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True');
    });
  }

  /** A promise with rules about health and an action that asks something. */
  async offerTents() {
    const document = {
      apiVersion: 'midspan.dev/v1alpha1',
      kind: 'Promise',
      metadata: { name: 'tent' },
      spec: {
        title: 'Tent',
        description: 'Stands as long as its pegs hold.',
        api: {
          group: 'demo.example.com',
          version: 'v1',
          kind: 'Tent',
          schema: { type: 'object', properties: { pegs: { type: 'integer', title: 'Pegs', default: 4 } } },
        },
        health: { rules: [{ when: 'status.holding < 4', state: 'Degraded', message: '{{ status.holding }} of 4 pegs hold' }] },
        workflows: {
          resource: {
            configure: [pipeline({ files: { 'tent.yaml': TENT }, status: { holding: '{{ 4 if status.rope else spec.pegs }}' } })],
            actions: {
              tighten: {
                title: 'Tighten',
                then: 'configure',
                schema: { type: 'object', required: ['rope'], properties: { rope: { type: 'string', title: 'Rope' } } },
                pipelines: [pipeline({ status: { rope: '{{ input.rope }}' } })],
              },
            },
          },
        },
      },
    };
    await this.ask('POST', '/apis/midspan.dev/v1alpha1/promises', document).catch(unlessThere);
  }

  /** A tent with so many pegs, made or changed. */
  async pitchTent(name, pegs) {
    const collection = '/apis/demo.example.com/v1/namespaces/default/tents';
    const document = { apiVersion: 'demo.example.com/v1', kind: 'Tent', metadata: { name }, spec: { pegs } };
    const made = await this.ask('POST', collection, document).catch(unlessThere);
    if (!made) await this.ask('PUT', `${collection}/${name}`, { ...(await this.ask('GET', `${collection}/${name}`)), spec: { pegs } });
    await this.seen(`${collection}/${name}`, ({ status, metadata }) => {
      return status?.phase === 'Ready' && status.observedGeneration === metadata.generation;
    });
  }

  async seen(path, settled) {
    const deadline = Date.now() + 30_000;
    while (Date.now() < deadline) {
      if (settled(await this.ask('GET', path))) return;
      await pause(50);
    }
    throw new Error(`${path} did not settle`);
  }
}

const TENT = `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ metadata.name }}
data:
  rope: {{ status.rope or 'none' }}
`;

function pipeline(given) {
  return { name: 'main', steps: [{ name: 'render', uses: 'template', with: given }] };
}

/** Made in an earlier walkthrough already. */
function unlessThere(error) {
  if (!/ 409 /.test(error.message)) throw error;
}
