// What stands in the git repository that a GitOps agent would read.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const repository = () => join(process.env.MIDSPAN_DATA!, 'dev/gitops.git');

function git(...words: string[]): string {
  return execFileSync('git', ['-C', repository(), ...words], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The commits that touched files of a resource, newest first. */
export function commits(resource: string): string[] {
  const paths = everPlaced(resource);
  return paths.length ? lines(git('log', '--format=%h %s', 'HEAD', '--', ...paths)) : [];
}

/** The files of a resource at the branch's head. */
export function files(resource: string): string[] {
  return lines(git('ls-tree', '-r', '--name-only', 'HEAD')).filter((path) => belongs(path, resource));
}

/** One of these files, by the end of its path. */
export function file(resource: string, name: string): string {
  const path = files(resource).find((path) => path.endsWith(`/${name}`));
  if (!path) throw new Error(`no ${name} of ${resource}, only ${files(resource).join(', ') || 'nothing'}`);
  return git('show', `HEAD:${path}`);
}

function everPlaced(resource: string): string[] {
  const all = lines(git('log', '--format=', '--name-only', 'HEAD'));
  return [...new Set(all.filter((path) => belongs(path, resource)))];
}

const belongs = (path: string, resource: string) => path.split('/').includes(resource);
const lines = (text: string) => text.split('\n').filter(Boolean);
