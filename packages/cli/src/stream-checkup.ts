// What `grantlog doctor` says of the streams: from the receiver when it runs, else the same counted
// from its folders. See test/doctor-streams.test.ts.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openOffset } from '@grantlog/journal'
import { type Folders, type LedgerReader, openReader } from '@grantlog/ledger'
import {
  type AccountedLedger,
  createStreamAccounts,
  type StreamAccount,
  type StreamsPage,
  type StreamsSummary,
} from '@grantlog/receiver'
import { decodeCheckpoint, decodeNote } from '@grantlog/tlog'
import { adminUrl, type Check, type Place } from './check.ts'
import { formatTable, type Terminal } from './terminal.ts'

/** All streams, with who counted them. */
export interface StreamsReport {
  readonly from: 'receiver' | 'folders'
  readonly totals: Omit<StreamsSummary, 'worst'>
  readonly streams: readonly StreamAccount[]
}

const answerMs = 10_000
/** Streams in one answer of the receiver; its limit is the same. */
const perPage = 1_000
/** Streams in the table; `--json` has all. */
const shownMax = 20

/** Errors: those of openReader. */
export async function readStreams(place: Place): Promise<StreamsReport> {
  return (await askReceiver(place)) ?? (await countInFolders(place.folders))
}

/** Whether a receiver of this log answers. Errors: those of openReader. */
export async function isServed(place: Place): Promise<boolean> {
  const origin = await originOf(place.folders)
  try {
    return (await (await ask(place, '/checkpoint')).text()).split('\n')[0] === origin
  } catch {
    return false
  }
}

function ask(place: Place, path: string): Promise<Response> {
  return fetch(adminUrl(place, path), { signal: AbortSignal.timeout(answerMs) })
}

/** Null when no receiver of this log answers. */
export async function askReceiver(place: Place): Promise<StreamsReport | null> {
  if (!(await isServed(place))) return null
  try {
    const { streams: summary } = (await (await ask(place, '/readyz')).json()) as {
      streams: StreamsSummary
    }
    const { worst: _, ...totals } = summary
    const streams: StreamAccount[] = []
    for (let from: number | null = 0; from !== null;) {
      const path = `/grantlog/v1/streams?from=${from}&limit=${perPage}`
      const page = (await (await ask(place, path)).json()) as StreamsPage
      streams.push(...page.streams)
      from = page.next
    }
    return { from: 'receiver', totals, streams }
  } catch {
    return null
  }
}

async function originOf(folders: Folders): Promise<string> {
  const reader = await openReader(folders)
  await reader.close()
  return reader.origin
}

async function countInFolders(folders: Folders): Promise<StreamsReport> {
  const reader = await openReader(folders)
  try {
    const ledger = await accountedLedger(reader)
    const sinks = await sinksIn(folders.queue, ledger.nextFrame)
    const accounts = createStreamAccounts({
      ledger,
      queueFolder: folders.queue,
      sinks: () => sinks,
      quarantined: () => new Map(),
      now: Date.now,
    })
    const { worst: _, ...totals } = await accounts.summary()
    const { streams } = await accounts.page(0, Number.MAX_SAFE_INTEGER)
    return { from: 'folders', totals, streams }
  } finally {
    await reader.close()
  }
}

async function accountedLedger(reader: LedgerReader): Promise<AccountedLedger> {
  const { committed, streams } = await reader.streams()
  const { published: note } = reader
  const published = note ? decodeCheckpoint(decodeNote(note).text).size : 0
  return {
    streams,
    published,
    size: committed,
    nextFrame: reader.journal.next,
    frames: (from) => reader.frames(from),
    entry: (index) => reader.tiles.readEntry(index, published),
  }
}

/** Sinks that the folder remembers, and how many commits each has still to get. */
async function sinksIn(
  queue: string,
  next: number,
): Promise<{ name: string; lag: { commits: number } }[]> {
  const names = await readdir(queue).catch(() => [])
  const sinks: { name: string; lag: { commits: number } }[] = []
  for (const file of names) {
    const name = /^([a-z0-9-]+)\.offset$/.exec(file)?.[1]
    if (name === undefined) continue
    const { value } = await openOffset(join(queue, file))
    sinks.push({ name, lag: { commits: Math.max(0, next - value) } })
  }
  return sinks
}

/** The streams in one sentence, and what to do. */
export function checkStreams({ from, totals }: StreamsReport): Check[] {
  const { closed, emitted, missing, missingWhy, open, received, silent, streams, unclosed } = totals
  const states = `${open} open, ${silent} silent, ${closed} closed, ${unclosed} unclosed`
  const source = from === 'folders' ? ' (counted from the folders)' : ''
  const what =
    `${streams} streams${source}: ${states}; ` +
    `${received} of ${emitted} numbers are here, ${missing} missing${reasonsOf(totals)}`
  const fixes: string[] = []
  if (missingWhy.unknown > 0) {
    fixes.push(
      'Numbers that nobody accounts for were lost with their process, or kept from us: see the ' +
        'table, and start the producer on the same machine, which adopts what its spool holds.',
    )
  }
  if (missingWhy.dropped > 0) {
    fixes.push('Producers dropped records: give them disk for their spool, or mend what refuses.')
  }
  if (missingWhy.refused > 0) fixes.push('See the refusals below for what to mend.')
  if (silent > 0) fixes.push('Silent streams send no heartbeat: are their processes alive?')
  const isOk = fixes.length === 0
  const fix = isOk ? {} : { fix: fixes.join(' ') }
  return [{ code: 'STREAMS', status: isOk ? 'ok' : 'weak', what, ...fix }]
}

/** ` (3 dropped by their producer, 1 on the way)`, or nothing. */
export function reasonsOf({ missingWhy }: Pick<StreamAccount, 'missingWhy'>): string {
  const { dropped, onTheWay, refused, unknown } = missingWhy
  const reasons = [
    [dropped, 'dropped by their producer'],
    [refused, 'refused'],
    [onTheWay, 'may be on the way'],
    [unknown, 'unaccounted for'],
  ] as const
  const said = reasons.filter(([count]) => count > 0).map(([count, why]) => `${count} ${why}`)
  return said.length === 0 ? '' : ` (${said.join(', ')})`
}

/**
 * The streams with most to ask about as a table within the terminal's width. `serviceOf` names the
 * service of a key.
 */
export function formatStreams(
  { streams, totals }: StreamsReport,
  serviceOf: (kid: string) => string,
  terminal: Terminal,
): string {
  const shown = streams.toSorted((a, b) => weight(b) - weight(a)).slice(0, shownMax)
  const sinks = Object.keys(totals.forwarded)
  const head = [
    'service',
    'instance',
    'state',
    'emitted',
    'sealed',
    ...headsOf(sinks),
    'missing',
    'why',
  ]
  const rows = shown.map((row) => [
    serviceOf(row.kid),
    row.instance.slice(0, 8),
    row.state,
    String(row.emitted),
    String(row.sealed),
    ...sinks.map((sink) => forwardedOf(row, sink)),
    row.missing === 0 ? '' : `${row.missing}: ${rangesOf(row)}`,
    reasonsOf(row).replace(/^ \((.*)\)$/, '$1'),
  ])
  const more = streams.length - shown.length
  const rest = more > 0 ? `\n… and ${more} more with --json` : ''
  return formatTable(head, rows, terminal) + rest
}

/**
 * Names of sinks (host, port and the hash of the URL) without what they begin with in common, and
 * without the hash where they differ without it: a column is cut at its end.
 */
export function headsOf(sinks: readonly string[]): readonly string[] {
  if (sinks.length < 2) return sinks
  const [first = [], ...others] = sinks.map((sink) => sink.split('-'))
  const differs = first.findIndex((part, at) => others.some((parts) => parts[at] !== part))
  const from = Math.max(0, differs)
  const rest = sinks.map((sink) => sink.split('-').slice(from))
  const plain = rest.map((parts) => parts.slice(0, -1).join('-'))
  const isPlain = new Set(plain).size === sinks.length && !plain.includes('')
  const heads = isPlain ? plain : rest.map((parts) => parts.join('-'))
  return from === 0 ? heads : heads.map((head) => `…${head}`)
}

/** `5`, or `5–7`: of a request that it took a part of, a sink does not say which it refused. */
export function forwardedOf(
  { forwarded, uncertain }: Pick<StreamAccount, 'forwarded'> & Partial<StreamAccount>,
  sink: string,
): string {
  const least = forwarded[sink] ?? 0
  const more = uncertain?.[sink] ?? 0
  return more === 0 ? String(least) : `${least}–${least + more}`
}

/** The worst first; among the rest, those heard last. */
function weight({ lastSeen, missing, missingWhy, state }: StreamAccount): number {
  const calm = state === 'open' || state === 'closed'
  return missingWhy.unknown * 1e18 + missing * 1e15 + (calm ? 0 : 1e14) + lastSeen
}

function rangesOf({ missing, missingRanges }: StreamAccount): string {
  const texts = missingRanges.slice(0, 3).map(([a, b]) => (a === b ? String(a) : `${a}–${b}`))
  const told = missingRanges.slice(0, 3).reduce((sum, [a, b]) => sum + b - a + 1, 0)
  return texts.join(', ') + (told < missing ? ', …' : '')
}
