// `grantlog policy check|test|diff|show|apply`: what a policy file says, before and after services
// are told it. See test/policy.test.ts.
import { join } from 'node:path'
import type { Command } from 'commander'
import { openReader, sha256, writeDurable } from '@grantlog/ledger'
import { claimFileOf, encodeClaim, isAuthorName, loginName } from '@grantlog/receiver'
import { readPolicyText } from '@grantlog/receiver/settings'
import { type Operation, patchOf, readPolicyChange, type SealedPolicy } from '@grantlog/record'
import { addDataOption, type DataFlags, dataFolder, dataFolders } from '../data-folder.ts'
import { CliError } from '../errors.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { printable } from '../printable.ts'
import {
  checkPolicyFile,
  faultLines,
  invalidFile,
  readPolicyFile,
  textOfFile,
} from '../policy-file.ts'
import { tryCases } from '../policy-cases.ts'
import { counted } from '../progress.ts'
import { formatTable, type Terminal } from '../terminal.ts'

export function describePolicyCheck(command: Command): Command {
  return command.summary('say all that is wrong in a policy').argument('<file>', 'YAML or JSON')
}

/** Errors: POLICY_UNREADABLE. */
export async function policyCheck(file: string, terminal: Terminal): Promise<ExitCode> {
  const read = await checkPolicyFile(file)
  const isSound = 'policy' in read
  const { json, out, paint } = terminal
  if (json) {
    const hash = isSound ? read.policy.hash : null
    out(JSON.stringify({ file, ok: isSound, hash, faults: isSound ? [] : read }))
  } else if (isSound) {
    out(`${file}: ${paint.green('ok')}, ${read.policy.hash}`)
  } else {
    for (const fault of read) out(faultLines(file, fault))
  }
  return isSound ? EXIT.ok : EXIT.failed
}

export interface PolicyTestFlags {
  readonly cases: string
}

export function describePolicyTest(command: Command): Command {
  return command
    .summary('try what must come of requests under a policy')
    .argument('<file>', 'YAML or JSON')
    .requiredOption('--cases <file>', 'requests, claims of tokens, and what is expected: YAML')
}

/** Errors: POLICY_UNREADABLE, POLICY_INVALID. */
export async function policyTest(
  file: string,
  { cases }: PolicyTestFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const { policy } = await readPolicyFile(file)
  const tried = tryCases(await textOfFile(cases), policy)
  if (!('results' in tried)) throw invalidFile(cases, tried)
  const { results } = tried
  const failed = results.filter(({ differs }) => differs.length > 0)
  const { err, json, out, paint } = terminal
  if (json) {
    out(JSON.stringify({ file, hash: policy.hash, ok: failed.length === 0, cases: results }))
    return failed.length === 0 ? EXIT.ok : EXIT.failed
  }
  for (const { column, differs, line, name } of failed) {
    for (const { expected, is, member } of differs) {
      const told = `${member} is ${JSON.stringify(is)}, expected ${JSON.stringify(expected)}`
      out(`${cases}:${line}:${column}: ${printable(name)}: ${told}`)
    }
  }
  const right = counted(results.length - failed.length, 'case')
  const wrong = failed.length === 0 ? '' : `, ${paint.red(`${failed.length} otherwise`)}`
  err(`${right} as expected${wrong}`)
  return failed.length === 0 ? EXIT.ok : EXIT.failed
}

export function describePolicyDiff(command: Command): Command {
  return command
    .summary('say what is other in a policy, as a JSON Patch (RFC 6902)')
    .argument('<before>', 'YAML or JSON')
    .argument('<after>', 'YAML or JSON')
}

/** Errors: POLICY_UNREADABLE, POLICY_INVALID. */
export async function policyDiff(
  [before, after]: readonly [string, string],
  terminal: Terminal,
): Promise<ExitCode> {
  const [one, other] = [await readPolicyFile(before), await readPolicyFile(after)]
  const diff = patchOf(one.document, other.document)
  if (terminal.json) {
    const hashes = { before: one.policy.hash, after: other.policy.hash }
    terminal.out(JSON.stringify({ ...hashes, diff }))
  } else if (diff.length === 0) {
    terminal.err(`The same, ${one.policy.hash}`)
  } else {
    for (const operation of diff) terminal.out(operationText(operation, terminal))
  }
  return EXIT.ok
}

function operationText(operation: Operation, { paint }: Terminal): string {
  const { op, path } = operation
  const place = printable(path === '' ? '(all of it)' : path)
  if (operation.op === 'remove') return paint.red(`- ${place}`)
  const sign = op === 'add' ? '+' : '~'
  const value = JSON.stringify(operation.value)
  return (op === 'add' ? paint.green : paint.yellow)(`${sign} ${place} ${printable(value)}`)
}

export interface PolicyShowFlags extends DataFlags {
  readonly history?: boolean
}

export function describePolicyShow(command: Command): Command {
  return addDataOption(command)
    .summary('show the policy that was sealed last, or what services would be told by a file')
    .argument('[file]', 'YAML or JSON; printed as the JSON that GRANTLOG_POLICY takes')
    .option('--history', 'every change: when, who claimed it, and what of it')
}

/** Errors: POLICY_UNREADABLE, POLICY_INVALID, POLICY_NONE; those of the ledger. */
export async function policyShow(
  file: string | undefined,
  flags: PolicyShowFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  if (file !== undefined) {
    if (flags.history === true) throw new CliError('USAGE', '--history is of the ledger')
    terminal.out(JSON.stringify((await readPolicyFile(file)).document))
    return EXIT.ok
  }
  const changes = await sealedPolicies(flags)
  const last = changes.at(-1)
  if (last === undefined) throw new CliError('POLICY_NONE', dataFolder(flags))
  if (flags.history === true) showHistory(changes, terminal)
  else terminal.out(JSON.stringify(terminal.json ? last : last.document))
  return EXIT.ok
}

/** A policy as its leaf has it. */
type Sealed = SealedPolicy & { readonly index: number; readonly at: string }

async function sealedPolicies(flags: DataFlags): Promise<Sealed[]> {
  const reader = await openReader(dataFolders(flags))
  try {
    const found: Sealed[] = []
    for await (const { entries } of reader.frames(reader.journal.first)) {
      for (const { index, leaf, stored } of entries) {
        if (leaf.type !== 'policy' || stored.kind !== 'content') continue
        const at = new Date(leaf.receivedAt).toISOString()
        found.push({ index, at, ...readPolicyChange(stored.content, sha256) })
      }
    }
    return found
  } finally {
    await reader.close()
  }
}

function showHistory(changes: readonly Sealed[], terminal: Terminal): void {
  if (terminal.json) {
    terminal.out(JSON.stringify({ changes }))
    return
  }
  const rows = changes.map(({ at, author, diff, hash, index }) => [
    ...[`#${index}`, at, author === null ? '' : printable(author.name), author?.by ?? ''],
    ...[hash, diff === null ? '' : counted(diff.length, 'operation')],
  ])
  const head = ['leaf', 'when', 'who, as claimed', 'by', 'policy', 'changed']
  terminal.out(formatTable(head, rows, { ...terminal, hashes: ['policy'] }))
}

export interface PolicyApplyFlags extends DataFlags {
  readonly author?: string
  readonly policy?: string
}

export function describePolicyApply(command: Command): Command {
  return addDataOption(command)
    .summary('put a policy in force, in your name')
    .argument('<file>', 'YAML or JSON')
    .option('--author <name>', 'who changes it, as the leaf will say (default: your login name)')
    .option('--policy <file>', 'what the receiver reads (default: keys/policy.yaml)')
}

/**
 * The claim lies there before the policy: a receiver that looks between them finds an old policy.
 * Errors: POLICY_UNREADABLE, POLICY_INVALID, USAGE.
 */
export async function policyApply(
  file: string,
  flags: PolicyApplyFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const name = flags.author ?? loginName() ?? ''
  if (!isAuthorName(name)) {
    throw new CliError('USAGE', '--author is one line of at most 128 characters')
  }
  // Read once: the claim is of what is written.
  const text = await textOfFile(file)
  const read = readPolicyText(text)
  if (!('policy' in read)) throw invalidFile(file, read)
  const { policy } = read
  const target = flags.policy ?? join(dataFolders(flags).keys, 'policy.yaml')
  const { hash } = policy
  await writeDurable(claimFileOf(target), Buffer.from(encodeClaim({ hash, name })), { mode: 0o600 })
  await writeDurable(target, Buffer.from(text), { mode: 0o600 })
  const { err, json, out } = terminal
  if (json) out(JSON.stringify({ policy: target, hash, author: name }))
  else {
    out(`${target}: ${hash}`)
    err('A receiver that runs seals it within seconds, and then tells services; see `policy show`.')
  }
  return EXIT.ok
}
