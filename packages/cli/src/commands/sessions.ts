// `grantlog sessions`: the newest sessions, open or ended. See test/alive.test.ts.
import { type Command, Option } from 'commander'
import {
  countSessions,
  isSessionIn,
  type SessionLife,
  sessionsIn,
  type SessionState,
  sessionStates,
} from '@grantlog/query'
import { printAlive } from '../alive-text.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { addIndexOption, type IndexFlags, openAsked } from '../index-folder.ts'
import { distanceOf } from '../moment-text.ts'
import { wholeNumber } from '../options.ts'
import { counted, grouped } from '../progress.ts'
import type { TermFlags } from '../query-words.ts'
import type { Terminal } from '../terminal.ts'
import { addQuery, addTermOptions } from './search.ts'

export interface SessionsFlags extends IndexFlags, TermFlags {
  readonly state: SessionState
  readonly limit: number
}

const examples = `
Examples:
  grantlog sessions --state open       who is logged in
  grantlog sessions 'user.hash:p1.…'   the sessions of one user
  grantlog lineage HASH                all grants of one`

export function describeSessions(command: Command): Command {
  return addTermOptions(addQuery(addIndexOption(command)))
    .summary('show what sessions are open, and which have ended')
    .description('The newest sessions that a record of the query names, the one seen last first.')
    .addOption(new Option('--state <which>', 'only those').choices(sessionStates).default('all'))
    .option('--limit <n>', 'show so many at most', wholeNumber, 50)
    .addHelpText('after', examples)
}

export async function sessions(
  words: readonly string[],
  flags: SessionsFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const { query, reading } = await openAsked(words, flags, terminal)
  try {
    const now = Date.now()
    const { cut, sessions: all, since } = await sessionsIn(reading, query, now)
    const counts = countSessions(all)
    const found = all.filter((one) => isSessionIn(one, flags.state))
    const shown = found.slice(0, flags.limit)
    if (terminal.json) {
      const total = found.length
      terminal.out(JSON.stringify({ sessions: shown, total, counts, since, cut }))
      return EXIT.ok
    }
    const { paint } = terminal
    printAlive(
      {
        ...{ head, optional, numbers, hashes },
        rows: shown.map((one) => rowOf(one, now, terminal)),
        paintCell: (column, text) => {
          if (column === 'refused') return paint.red(text)
          if (column !== 'state') return text
          return text === 'open' ? paint.green(text) : paint.dim(text)
        },
        none: flags.state === 'all' ? 'No record names a session.' : 'No session is like that.',
        of: counted(all.length, 'session'),
        counts:
          `${grouped(counts.open)} open, ${grouped(counts.ended)} ended, ` +
          `${grouped(counts.neverLoggedIn)} never logged in`,
        next: '`grantlog lineage INDEX` shows all grants of one.',
        ...{ shown: shown.length, total: found.length, since, cut },
      },
      terminal,
    )
    return EXIT.ok
  } finally {
    await reading.close()
  }
}

const head = [
  ...['index', 'state', 'began', 'last seen', 'records', 'refused'],
  ...['clients', 'user hash', 'session'],
]
const optional = ['session', 'user hash']
const numbers = ['records', 'refused']
const hashes = ['user hash', 'session']

function rowOf(session: SessionLife, now: number, terminal: Terminal): string[] {
  const { clients, hash, index, lastSeenAt, records, refused, startedAt, state, userHash } = session
  const when = (unixMs: number): string => distanceOf(unixMs, now, terminal)
  return [
    ...[String(index), state, when(startedAt), when(lastSeenAt), grouped(records)],
    ...[refused === 0 ? '' : grouped(refused), clients.join(' '), userHash, hash],
  ]
}
