// The equation: what the load saw answered, against what is sealed, stream by stream. A number that
// is missing below the highest sealed one of its stream is a numbered loss; what a killed process
// had answered and nobody has a number of lies after it, in a stream that never closed.
import { readFileSync } from 'node:fs'
import { foldersUnder, isRecordLeaf, openReader } from '@grantlog/ledger'
import type { Load } from './load.ts'
import type { Life } from './parts.ts'

export interface ServiceBalance {
  readonly service: string
  /** Processes, and how many of them were killed. */
  lives: number
  killed: number
  /** Requests whose whole answer the client had. */
  answered: number
  /** Numbers assigned: up to the highest sealed one, and answers after it. */
  emitted: number
  sealed: number
  /** Numbers missing below the highest sealed one. */
  missing: number
  /** Answered, without a record, after the highest sealed number of a killed process. */
  tail: number
  /** Answered, without a record, and by nothing of the above: must be 0. */
  unexplained: number
}

export interface Balance {
  readonly services: readonly ServiceBalance[]
  /** Without those that streams have of themselves. */
  readonly sealedRecords: number
  /** Requests with more than one record, or records of one number twice: must be 0. */
  readonly doubles: number
  /** Records of requests that the load never sent: must be 0. */
  readonly foreign: number
  /** Milliseconds between the oldest answer lost in a tail and the kill. */
  readonly oldestTailMs: number
  /** Records in the log that sinks must have, and that the sink's file lacks. */
  readonly forwarded: number
  readonly notForwarded: number
}

export interface Witnesses {
  readonly load: Load
  readonly lives: readonly Life[]
  /** Names of services by the kid of their key. */
  readonly kids: ReadonlyMap<string, string>
  readonly sinkFile: string
}

interface Stream {
  readonly kid: string
  readonly numbers: Set<number>
  highest: number
  /** Of the requests of its records, the life that answered them. */
  life: number
}

interface Sealed {
  readonly streams: Map<string, Stream>
  /** By number of the request. */
  readonly counts: Uint8Array
  readonly indexes: number[]
  records: number
  doubles: number
  foreign: number
}

/** Reads the whole log and the sink's file. */
export async function balance(
  data: string,
  { kids, lives, load, sinkFile }: Witnesses,
): Promise<Balance> {
  const sealed = await readSealed(data, load)
  const services = new Map<string, ServiceBalance>()
  const missingOf = new Map<number, number>()
  for (const { highest, kid, life, numbers } of sealed.streams.values()) {
    const missing = highest + 1 - numbers.size
    missingOf.set(life, (missingOf.get(life) ?? 0) + missing)
    const one = balanceOf(services, kids.get(kid) ?? kid)
    one.emitted += highest + 1
    one.sealed += numbers.size
    one.missing += missing
  }
  const lost = lostByLife(sealed.counts, load)
  let oldestTailMs = 0
  for (const { killedAt, number, service } of lives) {
    const one = balanceOf(services, service)
    one.lives++
    if (killedAt !== null) one.killed++
    const answers = lost.get(number) ?? { count: 0, oldest: Infinity }
    const rest = Math.max(0, answers.count - (missingOf.get(number) ?? 0))
    if (killedAt === null) one.unexplained += rest
    else one.tail += rest
    one.emitted += rest
    if (killedAt !== null && rest > 0) {
      oldestTailMs = Math.max(oldestTailMs, killedAt - answers.oldest)
    }
  }
  for (let id = 0; id < load.sent; id++) {
    const life = lives[load.lifeOf(id) - 1]
    if (life && load.answeredAt(id) !== null) balanceOf(services, life.service).answered++
  }
  const taken = new Set(indexesIn(sinkFile))
  return {
    services: [...services.values()].toSorted((a, b) => (a.service < b.service ? -1 : 1)),
    sealedRecords: sealed.records,
    doubles: sealed.doubles,
    foreign: sealed.foreign,
    oldestTailMs,
    forwarded: taken.size,
    notForwarded: sealed.indexes.filter((index) => !taken.has(index)).length,
  }
}

function balanceOf(services: Map<string, ServiceBalance>, service: string): ServiceBalance {
  const known = services.get(service)
  if (known) return known
  const counts = { answered: 0, emitted: 0, sealed: 0, missing: 0, tail: 0, unexplained: 0 }
  const made = { service, lives: 0, killed: 0, ...counts }
  services.set(service, made)
  return made
}

async function readSealed(data: string, load: Load): Promise<Sealed> {
  const counts = new Uint8Array(load.sent)
  const sealed: Sealed = {
    ...{ streams: new Map(), counts, indexes: [], records: 0, doubles: 0, foreign: 0 },
  }
  const reader = await openReader(foldersUnder(data))
  for await (const { entries } of reader.frames(0)) {
    for (const { index, leaf, openings } of entries) {
      if (!isRecordLeaf(leaf)) continue
      const { instance, kid, seq, type } = leaf
      const stream = streamOf(sealed.streams, kid, instance)
      if (stream.numbers.has(seq)) sealed.doubles++
      stream.numbers.add(seq)
      stream.highest = Math.max(stream.highest, seq)
      if (type !== 'record') continue
      sealed.records++
      sealed.indexes.push(index)
      const id = requestIn(openings())
      if (id === null || id >= load.sent) {
        sealed.foreign++
        continue
      }
      if (counts[id]! > 0) sealed.doubles++
      counts[id] = 1
      stream.life = load.lifeOf(id)
    }
  }
  await reader.close()
  return sealed
}

function streamOf(streams: Map<string, Stream>, kid: string, instance: string): Stream {
  const name = `${kid} ${instance}`
  const known = streams.get(name)
  if (known) return known
  const made = { kid, numbers: new Set<number>(), highest: -1, life: 0 }
  streams.set(name, made)
  return made
}

const queryForm = /"r=(\d{1,9})"/

/** The number of the request, from the slot that has its query. */
function requestIn(openings: readonly { readonly opening: Uint8Array }[]): number | null {
  for (const { opening } of openings) {
    const found = queryForm.exec(Buffer.from(opening).toString('utf8'))
    if (found) return Number(found[1])
  }
  return null
}

/** Answered without a record, by the life that answered. */
function lostByLife(
  counts: Uint8Array,
  load: Load,
): Map<number, { count: number; oldest: number }> {
  const lost = new Map<number, { count: number; oldest: number }>()
  for (let id = 0; id < load.sent; id++) {
    const at = load.answeredAt(id)
    if (at === null || counts[id] === 1) continue
    const life = load.lifeOf(id)
    const { count, oldest } = lost.get(life) ?? { count: 0, oldest: Infinity }
    lost.set(life, { count: count + 1, oldest: Math.min(oldest, at) })
  }
  return lost
}

function indexesIn(path: string): Uint32Array {
  const bytes = readFileSync(path)
  // A kill may have torn the last number.
  const whole = bytes.subarray(0, bytes.length - (bytes.length % 4))
  return new Uint32Array(whole.buffer.slice(whole.byteOffset, whole.byteOffset + whole.length))
}
