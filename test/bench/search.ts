// npm run bench -- search: the console's index over a real ledger. How fast it is built and how
// large it is, then facets and pages over many records, as a page asks for them.
//
// What is built is measured on records of a real ledger. To have ten million of them, the same
// records are added again and again at later times; pages are read from the real ledger.
import { join } from 'node:path'
import { foldersUnder, type LedgerReader, openReader } from '@grantlog/ledger'
import {
  catchUp,
  countFacets,
  findPage,
  type LedgerRecord,
  openFileStore,
  parseQuery,
  prepare,
  queryFields,
  RecordCache,
  RecordIndex,
  recordsOf,
} from '@grantlog/query'
import { rounded } from './figures.ts'
import type { Benchmark, Result } from './result.ts'
import { sealRecords } from './sealed-records.ts'
import { percentile } from './statistics.ts'

/** As many as the page shows beside its records. */
const facetNames = [
  ...['outcome', 'action', 'client', 'service', 'grant', 'scope'],
  ...['reason', 'error', 'route', 'status', 'role', 'privileged'],
]
const pageRecords = 50
const rounds = 5

/** What people ask for, from all to nearly nothing; `{…}` are values that there are. */
const queries = [
  ...['', 'outcome:success', '-outcome:success', 'client:{client}', 'action:{action}'],
  ...['client:{client} outcome:failure', 'scope:{scope}', 'scope:{scope} status:>=400'],
  ...['after:-24h', 'after:-1h client:{client}', 'duration:>5ms', 'user:{user}', '{client}'],
  ...['(action:{action} OR reason:*) -client:{client}', 'route:*orders*'],
]

interface Figures {
  readonly built: number
  readonly buildCpuUs: number
  readonly bytesPerRecord: number
  readonly records: number
  readonly facetsMs: readonly number[]
  readonly pageMs: readonly number[]
  /** One look at each record: the least that any of them costs. */
  readonly sweepMs: number
}

export const search: Benchmark = async ({ folder, tell }, { isFull }) => {
  const { batches, records } = isFull
    ? { batches: 128, records: 10_000_000 }
    : { batches: 64, records: 1_000_000 }
  const data = join(folder, 'search')
  const built = await sealRecords(data, batches)
  tell(`search: a ledger of ${built} records`)
  const reader = await openReader(foldersUnder(data))
  try {
    const store = openFileStore({
      ...{ folder: join(folder, 'index'), origin: reader.origin, key: new Uint8Array(32) },
    })
    const index = new RecordIndex(store)
    const before = process.cpuUsage()
    await catchUp(reader, index)
    const { system, user } = process.cpuUsage(before)
    const frames = index.last!.lastFrame + 1
    await growTo(records, { index, reader, tell })
    const asked = await ask({ index, reader, frames, tell })
    const bytesPerRecord = Math.round(index.bytes / index.rows)
    const figures: Figures = {
      ...{ built, buildCpuUs: (user + system) / built, bytesPerRecord, records: index.rows },
      ...asked,
      sweepMs: sweepMs(index.rows),
    }
    index.close()
    return resultOf(figures)
  } finally {
    await reader.close()
  }
}

interface Growing {
  readonly index: RecordIndex
  readonly reader: LedgerReader
  readonly tell: (line: string) => void
}

/** The ledger's records again, later, until there are so many. */
async function growTo(most: number, { index, reader, tell }: Growing): Promise<void> {
  const first = index.first!
  const { lastFrame, lastIndex, toMs } = index.last!
  const [places, frames] = [lastIndex + 1, lastFrame + 1]
  const spanMs = toMs - first.fromMs + 1_000
  const commits: { readonly number: number; readonly records: readonly LedgerRecord[] }[] = []
  for await (const frame of reader.frames(0)) {
    commits.push({ number: frame.number, records: [...recordsOf(frame)] })
  }
  let tolds = 0
  for (let copy = 1; index.rows < most; copy++) {
    for (const { number, records } of commits) {
      const later = records.map((record): LedgerRecord => {
        const receivedAt = record.leaf.receivedAt + copy * spanMs
        return {
          ...record,
          index: record.index + copy * places,
          leaf: { ...record.leaf, receivedAt },
        }
      })
      index.add(number + copy * frames, later)
      if (index.rows >= most) break
    }
    if (index.rows >= (tolds + 1) * 1_000_000) {
      tolds = Math.floor(index.rows / 1_000_000)
      tell(`search: ${index.rows} records`)
    }
  }
}

interface Asking {
  readonly index: RecordIndex
  readonly reader: LedgerReader
  /** Of the real ledger. */
  readonly frames: number
  readonly tell: (line: string) => void
}

async function ask({
  frames,
  index,
  reader,
  tell,
}: Asking): Promise<Pick<Figures, 'facetsMs' | 'pageMs'>> {
  const fields = facetNames.map((name) => queryFields.get(name)!)
  const values = await valuesIn(index, reader, frames - 1)
  const now = index.last!.toMs
  const facetsMs: number[] = []
  const pageMs: number[] = []
  // In the first round columns come into memory.
  for (let round = 0; round <= rounds; round++) {
    for (const query of queries) {
      const text = query.replace(/\{(\w+)\}/g, (_, name: string) => `"${values[name]}"`)
      const began = performance.now()
      await countFacets(index, prepare(parseQuery(text), index, now), { fields, top: 8 })
      const counted = performance.now()
      const prepared = prepare(parseQuery(text), index, now)
      const page = { limit: pageRecords, order: 'newest', behind: null } as const
      const { rows } = await findPage(index, prepared, page)
      // Not what an earlier page left in memory.
      const cache = new RecordCache((frame) => reader.frame(frame % frames))
      const places = rows.map((row) => index.place(row))
      await Promise.all(
        places.map(({ frame, index: place }) =>
          cache.record({ frame: frame % frames, index: place }),
        ),
      )
      const paged = performance.now()
      if (round === 0) continue
      facetsMs.push(counted - began)
      pageMs.push(paged - counted)
      if (round === rounds) {
        const [facets, page] = [counted - began, paged - counted].map((ms) => ms.toFixed(0))
        tell(`search: ${text || 'everything'}: facets ${facets} ms, page ${page} ms`)
      }
    }
  }
  return { facetsMs, pageMs }
}

/** The most frequent value of some fields, and a user. */
async function valuesIn(
  index: RecordIndex,
  reader: LedgerReader,
  frame: number,
): Promise<Record<string, string>> {
  const names = ['client', 'action', 'scope']
  const fields = names.map((name) => queryFields.get(name)!)
  const all = prepare(parseQuery(''), index, 0)
  const { facets } = await countFacets(index, all, { fields, top: 1 })
  const [record] = recordsOf(await reader.frame(frame))
  const user = String(record?.attributes.get('user.hash') ?? 'nobody')
  const known = facets.map(({ field, values }) => [field, values[0]?.value ?? ''] as const)
  return { ...Object.fromEntries(known), user }
}

/** Milliseconds to read one byte for each record, once. */
function sweepMs(records: number): number {
  const bytes = new Uint8Array(records).fill(1)
  const times = Array.from({ length: rounds }, () => {
    const began = performance.now()
    let sum = 0
    for (let row = 0; row < bytes.length; row++) sum += bytes[row]!
    if (sum !== records) throw new Error('a byte was not read')
    return performance.now() - began
  })
  return Math.min(...times)
}

function resultOf({
  buildCpuUs,
  built,
  bytesPerRecord,
  facetsMs,
  pageMs,
  records,
  sweepMs: sweep,
}: Figures): Result {
  const [facetsP95Ms, pageP95Ms] = [facetsMs, pageMs].map((times) =>
    rounded(percentile(times, 0.95)),
  )
  const [facetsP50Ms, pageP50Ms] = [facetsMs, pageMs].map((times) =>
    rounded(percentile(times, 0.5)),
  )
  const buildPerSecond = Math.round(1e6 / buildCpuUs)
  const kept = (ms: number): { ratio: number; noise: number } => {
    return { ratio: rounded(ms / sweep), noise: 0.3 }
  }
  const shown = (ms: number): string => `${ms} ms, ${rounded(ms / sweep)} × one look at each`
  return {
    json: {
      ...{ records, buildPerSecond, bytesPerRecord, facetsP95Ms, pageP95Ms },
      ...{ facetsP50Ms, pageP50Ms, sweepMs: rounded(sweep), queries: queries.length, built },
    },
    ratios: {
      'search/facets': kept(facetsP95Ms ?? 0),
      'search/page': kept(pageP95Ms ?? 0),
      'search/bytes': { ratio: bytesPerRecord, noise: 0.1 },
    },
    table: [
      ['what', `over ${records} records`],
      ['built, from a real ledger', `${buildPerSecond} records a second of CPU (${built} of them)`],
      ['bytes on disk', `${bytesPerRecord} of each`],
      ['12 facets, p50', shown(facetsP50Ms ?? 0)],
      ['12 facets, p95', shown(facetsP95Ms ?? 0)],
      [`a page of ${pageRecords}, read from the ledger, p50`, shown(pageP50Ms ?? 0)],
      [`a page of ${pageRecords}, read from the ledger, p95`, shown(pageP95Ms ?? 0)],
    ],
  }
}
