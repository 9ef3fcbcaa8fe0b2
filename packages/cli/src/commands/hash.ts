// `grantlog hash`: the hash by which records name a token or a person, of what somebody has in
// hand. It is read from stdin: an argument would be in the shell's history, and seen by all who
// list processes. See test/flow/hash.test.ts.
import { createHmac } from 'node:crypto'
import { Argument, type Command } from 'commander'
import { addDataOption, type DataFlags, dataFolders } from '../data-folder.ts'
import { CliError } from '../errors.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { readSharedKeys } from '../first-start.ts'
import type { Terminal } from '../terminal.ts'

const kinds = ['token', 'person'] as const
type Kind = (typeof kinds)[number]

/** Characters of what is hashed: more than any token has. */
const lengthMax = 64 * 1024
/** Of the HMAC-SHA-256 that the SDK makes, the first 128 bits. */
const hashBytes = 16

export function describeHash(command: Command): Command {
  return addDataOption(command)
    .summary('make the hash of a token or person, to search for')
    .addArgument(new Argument('<kind>', 'what is on stdin').choices(kinds))
    .addHelpText(
      'after',
      '\nIt is read from stdin, and nobody sees it:\n  grantlog hash token < token.txt',
    )
}

/** Errors: USAGE (nothing on stdin, or too much), LEDGER_NOT_FOUND. */
export async function hash(kind: Kind, flags: DataFlags, terminal: Terminal): Promise<ExitCode> {
  const { personKey, tokenKey } = await readSharedKeys(dataFolders(flags))
  if (process.stdin.isTTY) terminal.err(`Type the ${kind}, then Enter and Ctrl-D.`)
  const { k, kid } = kind === 'token' ? tokenKey : personKey
  const hmac = createHmac('sha256', Buffer.from(k, 'base64url'))
  const digest = hmac.update(await readValue()).digest()
  const hashed = `${kid}.${digest.toString('base64url', 0, hashBytes)}`
  if (terminal.json) terminal.out(JSON.stringify({ kind, hash: hashed }))
  else terminal.out(hashed)
  return EXIT.ok
}

/** Without the end of its line. */
async function readValue(): Promise<string> {
  let text = ''
  process.stdin.setEncoding('utf8')
  for await (const part of process.stdin) {
    text += part as string
    if (text.length > lengthMax) throw new CliError('USAGE', `more than ${lengthMax} characters`)
  }
  const value = text.replace(/\r?\n$/, '')
  if (value === '') throw new CliError('USAGE', 'nothing on stdin to hash')
  return value
}
