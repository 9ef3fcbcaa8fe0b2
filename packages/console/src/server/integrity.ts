// Whether the log is what it was: its checkpoint, its streams, what was verified and compared.
import { z } from '@hono/zod-openapi'
import { decodeEnrolment } from '@grantlog/ledger'
import type { Reading } from '@grantlog/query'
import type { Integrity } from '../api/integrity.ts'
import { MAX_STREAMS } from './limits.ts'
import type { Comparisons } from './options.ts'
import { checkpointOf } from './published.ts'
import { toldBy } from './receiver-status.ts'
import type { Runs } from './runs.ts'

const count = z.number().catch(0)

const validationSchema = z.object({
  service: z.string(),
  verdict: z.string(),
  madeAt: z.number(),
  index: z.number(),
  noRecord: count,
  withoutLine: count,
  streamsDiffering: count,
})

/** Of the receiver's `/readyz`. */
const toldSchema = z.object({
  size: z.number(),
  streams: z.object({ open: count, silent: count, closed: count, unclosed: count, missing: count }),
  validations: z.array(validationSchema).catch([]),
})

/** Of `/grantlog/v1/streams`; of a stream without a receiver the same. */
const streamSchema = z.object({
  kid: z.string(),
  instance: z.string(),
  state: z.enum(['open', 'closed', 'unclosed', 'silent']),
  sealed: count,
  missing: count,
  lastSeen: z.number().nullable().catch(null),
})

type Told = z.infer<typeof toldSchema>
type Stream = z.infer<typeof streamSchema>

export interface IntegritySource {
  readonly reading: Reading
  readonly runs: Runs
  readonly comparisons: Comparisons | undefined
  readonly receiverStatus: () => Promise<unknown>
  readonly receiverStreams: () => Promise<unknown>
}

export async function integrityOf(source: IntegritySource): Promise<Integrity> {
  const { comparisons, reading, runs } = source
  const { reader } = reading
  const checkpoint = checkpointOf(reader)
  const { streams, totals, told } = await streamsOf(source)
  const names = await servicesOf(reading)
  const list = streams.toSorted(worstFirst).slice(0, MAX_STREAMS)
  const note = reader.published === null ? '' : new TextDecoder().decode(reader.published)
  return {
    ...{ origin: reader.origin, logKey: reader.logKey, lastRun: runs.last },
    standing: runs.standing,
    lastComparison: comparisons?.runs.last ?? null,
    comparable: [...(comparisons?.services ?? [])],
    checkpoint: checkpoint && {
      ...{ size: checkpoint.size, root: Buffer.from(checkpoint.root).toString('base64'), note },
    },
    committed: told?.size ?? checkpoint?.size ?? 0,
    published: checkpoint?.size ?? 0,
    streams: totals,
    streamList: list.map(({ instance, kid, lastSeen, missing, sealed, state }) => ({
      ...{ service: names.get(kid) ?? '', kid, instance, state, records: sealed, missing },
      lastSeenAt: lastSeen,
    })),
    validations: (told?.validations ?? []).map((one) => ({
      ...{ service: one.service, at: one.madeAt, verdict: one.verdict, index: one.index },
      brief: briefOf(one),
    })),
  }
}

interface Streams {
  readonly told: Told | null
  readonly streams: readonly Stream[]
  readonly totals: Integrity['streams']
}

/** As the receiver counts them; without one, as the log has them. */
async function streamsOf(source: IntegritySource): Promise<Streams> {
  const told = await toldBy(source.receiverStatus, toldSchema)
  if (told !== null) {
    const page = z.object({ streams: z.array(streamSchema) })
    const listed = await toldBy(source.receiverStreams, page)
    const { closed, missing, open, silent, unclosed } = told.streams
    const totals = { open: open + silent, closed, unclosed, missing }
    return { told, streams: listed?.streams ?? [], totals }
  }
  const { streams: known } = await source.reading.reader.streams()
  const streams = Array.from(known.states(), (one): Stream => ({
    ...{ kid: one.kid, instance: one.instance, sealed: one.records, missing: one.missing },
    ...{
      lastSeen: one.lastSeen,
      state: one.closed ? 'closed' : one.unclosed ? 'unclosed' : 'open',
    },
  }))
  const { closed, missing, open, unclosed } = known.totals
  return { told: null, streams, totals: { open, closed, unclosed, missing } }
}

/** The service names of each key, by its newest enrolment. */
async function servicesOf({ index, reader }: Reading): Promise<Map<string, string>> {
  const names = new Map<string, string>()
  for (const { frame, index: place, kid } of index.keys) {
    const { entries } = await reader.frame(frame)
    const entry = entries.find((one) => one.index === place)
    if (entry?.stored.kind !== 'content') continue
    names.set(kid, decodeEnrolment(entry.stored.content).services.join(', '))
  }
  return names
}

function worstFirst(a: Stream, b: Stream): number {
  return badness(b) - badness(a) || (b.lastSeen ?? 0) - (a.lastSeen ?? 0)
}

function badness({ missing, state }: Stream): number {
  if (missing > 0) return 3
  return state === 'silent' ? 2 : Number(state === 'unclosed')
}

function briefOf(one: z.infer<typeof validationSchema>): string {
  const parts = [
    [one.noRecord, 'requests without a record'] as const,
    [one.withoutLine, 'records without a request'] as const,
    [one.streamsDiffering, 'streams that differ'] as const,
  ]
  const told = parts.filter(([times]) => times > 0).map(([times, what]) => `${times} ${what}`)
  if (told.length > 0) return told.join(', ')
  if (one.verdict === 'incomplete') return 'too little was there to compare'
  return one.service === '' ? 'streams and records agree' : 'nothing is missing on either side'
}
