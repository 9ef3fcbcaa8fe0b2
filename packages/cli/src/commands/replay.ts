// `grantlog replay`: what another policy would have found in what was sealed. See
// test/policy.test.ts.
import type { Command } from 'commander'
import type { Detection, Level } from '@grantlog/detect'
import { addDataOption, type DataFlags, dataFolders } from '../data-folder.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { timeOf, wholeNumber } from '../options.ts'
import { readPolicyFile } from '../policy-file.ts'
import { type Replayed, replayPolicy } from '../policy-replay.ts'
import { printable } from '../printable.ts'
import { counted, startProgress } from '../progress.ts'
import type { Terminal } from '../terminal.ts'

export interface ReplayFlags extends DataFlags {
  readonly policy: string
  readonly after?: number
  readonly before?: number
  readonly examples: number
}

export function describeReplay(command: Command): Command {
  return addDataOption(command)
    .summary('say what a policy would have found in the records that are sealed')
    .requiredOption('--policy <file>', 'the policy, YAML or JSON')
    .option('--after <time>', 'received since: 2026-01-31T12:00Z, or 7d ago', (text) =>
      timeOf(text),
    )
    .option('--before <time>', 'received until then', (text) => timeOf(text))
    .option('--examples <n>', 'findings that are shown of each rule', wholeNumber, 3)
}

/** Errors: POLICY_UNREADABLE, POLICY_INVALID; those of the ledger. */
export async function replay(flags: ReplayFlags, terminal: Terminal): Promise<ExitCode> {
  const { policy } = await readPolicyFile(flags.policy)
  const progress = startProgress(terminal, 'replaying', 'records')
  let replayed: Replayed
  try {
    replayed = await replayPolicy(dataFolders(flags), {
      policy,
      after: flags.after ?? -Infinity,
      before: flags.before ?? Infinity,
      examples: flags.examples,
      onProgress: (done, total, records) => progress.update({ done, total, counted: records }),
    })
  } finally {
    progress.stop()
  }
  if (terminal.json) terminal.out(JSON.stringify({ policy: policy.hash, ...replayed }))
  else print(replayed, policy.hash, terminal)
  return EXIT.ok
}

function print({ records, rules, unjudged }: Replayed, hash: string, terminal: Terminal): void {
  const { err, out, paint } = terminal
  const colors: Partial<Record<Level, (text: string) => string>> = {
    critical: (text) => paint.bold(paint.red(text)),
    high: paint.red,
    medium: paint.yellow,
  }
  for (const { detections, examples, rule } of rules) {
    const level = (colors[rule.level] ?? paint.dim)(rule.level)
    out(`${level}  ${rule.title}: ${counted(detections, 'finding')}`)
    for (const example of examples) out(`    ${exampleText(example)}`)
  }
  if (rules.length > 0) out('')
  err(`${counted(records, 'record')} under the policy ${hash}`)
  if (unjudged > 0) {
    err(
      `${counted(unjudged, 'record')} let in at restricted routes, or of privileged actions, ` +
        'could not be judged: what they say of roles or scopes is erased, was not looked for ' +
        'where this policy says, or is not there, as for machines and unvalidated tokens.',
    )
  }
}

function exampleText({ atMs, group, records, words }: Detection): string {
  const whom = group.map(([name, value]) => `${name}=${printable(value)}`).join(' ')
  const place = records.at(-1)?.index
  const at = new Date(atMs).toISOString()
  return `${at} ${place === null || place === undefined ? '' : `#${place} `}${words} (${whom})`
}
