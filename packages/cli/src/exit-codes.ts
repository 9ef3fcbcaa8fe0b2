// What the command line exits with. Printed by `--help`, told in README.md.

/** Exit codes by name. `verify` and `reconcile` use more than the first three. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  selfConsistent: 3,
  notChecked: 4,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** What each code means, for people. */
export const EXIT_MEANINGS: { readonly [name in keyof typeof EXIT]: string } = {
  ok: 'done; verify: no findings, an outside checkpoint agrees; reconcile: all accounted for',
  failed: 'the command failed; verify, reconcile: there are findings; doctor: something is broken',
  usage: 'wrong usage',
  selfConsistent: 'verify: consistent in itself, but no outside checkpoint (--seen), or an old one',
  notChecked: 'verify, reconcile: could not check, or too little was there',
}

/** The table as lines of `code  meaning`. */
export function exitCodeLines(): string {
  return Object.entries(EXIT)
    .map(([name, code]) => `  ${code}  ${EXIT_MEANINGS[name as keyof typeof EXIT]}`)
    .join('\n')
}
