// The reference job in Restate: a workflow of three durable steps, served to the Restate server.
import * as restate from '@restatedev/restate-sdk';
import { effect } from './asked.mjs';

const bench = restate.workflow({
  name: 'Bench',
  handlers: {
    run: async (ctx) => {
      const first = await ctx.run('first', () => effect(ctx.key, 'first'));
      const second = await ctx.run('second', () => effect(ctx.key, 'second'));
      const third = await ctx.run('third', () => effect(ctx.key, 'third'));
      return { first, second, third };
    },
  },
});

await restate.serve({ services: [bench], port: Number(process.env.PORT) });
