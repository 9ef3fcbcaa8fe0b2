/** As `engines` of package.json has it: SQLite and Zstandard are Node's own from there on. */
export const oldestNode = 24

/** Whether a version of Node, `24.11.1`, is older than this program can run with. */
export function isTooOld(version: string): boolean {
  return Number(version.split('.', 1)[0]) < oldestNode
}
