// `grantlog tokens`: the newest access tokens, and what became of them. See test/alive.test.ts.
import { type Command, Option } from 'commander'
import {
  countTokens,
  isTokenIn,
  type TokenLife,
  tokensIn,
  type TokenState,
  tokenStates,
} from '@grantlog/query'
import { printAlive } from '../alive-text.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { addIndexOption, type IndexFlags, openAsked } from '../index-folder.ts'
import { distanceOf } from '../moment-text.ts'
import { wholeNumber } from '../options.ts'
import { counted, grouped } from '../progress.ts'
import type { TermFlags } from '../query-words.ts'
import type { Paint, Terminal } from '../terminal.ts'
import { addQuery, addTermOptions } from './search.ts'

export interface TokensFlags extends IndexFlags, TermFlags {
  readonly state: TokenState
  readonly limit: number
}

const examples = `
Examples:
  grantlog tokens --state alive                what can be used now
  grantlog tokens 'client:web user.hash:p1.…'  of one client and user
  grantlog tokens --state revoked after:-24h   handed out since, and revoked: why
  grantlog lineage INDEX                       the whole life of one`

export function describeTokens(command: Command): Command {
  return addTermOptions(addQuery(addIndexOption(command)))
    .summary('show what tokens are alive, and what became of the others')
    .description(
      'The newest access tokens, by their keyed hashes. The query is about the records that ' +
        'handed them out. Scopes that none of its uses needed stand in parentheses.',
    )
    .addOption(new Option('--state <which>', 'only those').choices(tokenStates).default('all'))
    .option('--limit <n>', 'show so many at most', wholeNumber, 50)
    .addHelpText('after', examples)
}

export async function tokens(
  words: readonly string[],
  flags: TokensFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const { query, reading } = await openAsked(words, flags, terminal)
  try {
    const now = Date.now()
    const { cut, since, tokens: all } = await tokensIn(reading, query, now)
    const counts = countTokens(all)
    const found = all.filter((one) => isTokenIn(one, flags.state))
    const shown = found.slice(0, flags.limit)
    if (terminal.json) {
      const total = found.length
      terminal.out(JSON.stringify({ tokens: shown, total, counts, since, cut }))
      return EXIT.ok
    }
    printAlive(
      {
        head,
        rows: shown.map((one) => rowOf(one, now, terminal)),
        ...{ optional, numbers, hashes, paintCell: painter(terminal.paint) },
        none: flags.state === 'all' ? 'No token was handed out.' : 'No token is like that.',
        ...{ shown: shown.length, total: found.length, since, cut },
        of: counted(all.length, 'token'),
        counts:
          `${grouped(counts.alive)} alive, ${grouped(counts.expired)} expired, ` +
          `${grouped(counts.revoked)} revoked; ${grouped(counts.neverUsed)} never used`,
        next: '`grantlog lineage INDEX` shows the life of one.',
      },
      terminal,
    )
    return EXIT.ok
  } finally {
    await reading.close()
  }
}

const head = [
  ...['index', 'state', 'why', 'client', 'issued', 'ends', 'uses', 'last used', 'alarm'],
  ...['scopes (never used)', 'user hash', 'grant type', 'token'],
]
const optional = ['token', 'grant type', 'scopes (never used)', 'user hash', 'last used']
const numbers = ['uses']
const hashes = ['user hash', 'token']

function rowOf(token: TokenLife, now: number, terminal: Terminal): string[] {
  const { expiresAt, index, issuedAt, lastUsedAt, revokedAt, state, uses } = token
  const when = (unixMs: number | null): string => distanceOf(unixMs, now, terminal)
  return [
    ...[String(index), state, whyOf(token), token.client],
    ...[when(issuedAt), when(state === 'revoked' ? revokedAt : expiresAt)],
    ...[grouped(uses), when(lastUsedAt), alarmsOf(token).join(', '), scopesOf(token)],
    ...[token.userHash, token.grantType.replace(/^urn:.*:/, ''), token.hash],
  ]
}

/** Why it was revoked; else whether a newer one has taken its place. */
function whyOf({ replaced, revocation, state }: TokenLife): string {
  if (state === 'revoked') return revocation
  return replaced ? 'replaced' : ''
}

/** What should not have been, unless it is why the token was revoked. */
function alarmsOf(token: TokenLife): string[] {
  const { reused, revocation, usesAfterExpiry, usesAfterRevocation } = token
  return [
    ...after('revocation', usesAfterRevocation),
    ...after('expiry', usesAfterExpiry),
    ...(reused && revocation !== 'reuse' ? ['refresh reused'] : []),
  ]
}

function after(end: 'expiry' | 'revocation', uses: number): string[] {
  return uses === 0 ? [] : [`used after ${end} ×${grouped(uses)}`]
}

/** `orders:read (admin export)`. */
function scopesOf({ idleScopes, scopes }: TokenLife): string {
  const idle = idleScopes.split(' ').filter(Boolean)
  const others = scopes.split(' ').filter((scope) => !idle.includes(scope))
  return [...others, ...(idle.length === 0 ? [] : [`(${idle.join(' ')})`])].join(' ')
}

/** Reasons that somebody may have been robbed. */
const alarming: ReadonlySet<string> = new Set(['code_replay', 'reuse'])

function painter(paint: Paint): (column: string, text: string) => string {
  return (column, text) => {
    if (column === 'alarm' || (column === 'why' && alarming.has(text))) return paint.red(text)
    if (column === 'scopes (never used)') return text.replace(/\(.*/, (idle) => paint.yellow(idle))
    if (column !== 'state') return text
    if (text === 'alive') return paint.green(text)
    return text === 'revoked' ? paint.yellow(text) : paint.dim(text)
  }
}
