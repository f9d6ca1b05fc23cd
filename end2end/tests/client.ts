// Running a client as a person would: its words in, what it prints out.
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';

/** The repository's root. */
export const root = resolve(import.meta.dirname, '../..');

export interface Said {
  code: number;
  out: string;
  err: string;
}

export function client(program: string, environment: Record<string, string | undefined>) {
  return (words: string[], input?: string): Promise<Said> =>
    new Promise((done) => {
      const child = execFile(
        program,
        words,
        { cwd: root, env: environment as NodeJS.ProcessEnv, timeout: 60_000 },
        (error, out, err) => done({ code: error ? Number(error.code ?? 1) : 0, out, err }),
      );
      child.stdin?.end(input ?? '');
    });
}
