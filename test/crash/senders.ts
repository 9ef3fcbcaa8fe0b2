// What senders send to a receiver process, and what they read of its answers.
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createLedger,
  ed25519Verify,
  foldersUnder,
  isRecordLeaf,
  openReader,
  openReceipt,
  type Receipt,
  sha256,
} from '@grantlog/ledger'
import { ATTR, type Span } from '@grantlog/record'
import { encodeTraceRequest } from '@grantlog/record/otlp'
import { ed25519Verifier, type NoteVerifier } from '@grantlog/tlog'
import {
  person,
  spanOf,
  testProducer,
  type TestProducer,
} from '../../packages/ledger/test/producer.ts'

/** A data folder with a new ledger and its enrolled producers. */
export interface Place {
  readonly data: string
  readonly logKey: string
  readonly receipts: NoteVerifier
  readonly producers: readonly TestProducer[]
}

export async function newPlace(producers: number, parent: string = tmpdir()): Promise<Place> {
  return newLedger(await mkdtemp(join(parent, 'grantlog-crash-')), 'crash.example/log', producers)
}

/** A tenant in the folder of another place. */
export async function newTenantPlace(
  main: Pick<Place, 'data'>,
  name: string,
  producers: number,
): Promise<Place> {
  return newLedger(join(main.data, 'tenants', name), `crash.example/${name}`, producers)
}

async function newLedger(data: string, origin: string, producers: number): Promise<Place> {
  const { logKey, receiptKey } = await createLedger(foldersUnder(data), origin)
  const made = Array.from({ length: producers }, () => testProducer())
  await enrol(data, made)
  const receipts = ed25519Verifier(receiptKey, sha256, ed25519Verify)
  return { data, logKey, receipts, producers: made }
}

export async function enrol(data: string, producers: readonly TestProducer[]): Promise<void> {
  const list = producers.map(({ enrolment }) => enrolment)
  const file = join(foldersUnder(data).keys, 'enrolled.json')
  await writeFile(file, JSON.stringify(list), { mode: 0o600 })
}

export function spansOf(first: number, count: number, named = 'user'): Span[] {
  return Array.from({ length: count }, (_, at) =>
    spanOf({ seq: first + at, attributes: person(`${named} ${(first + at) % 7}`) }),
  )
}

/** Records of nobody: made and committed faster. */
export function plainSpansOf(first: number, count: number): Span[] {
  return Array.from({ length: count }, (_, at) => spanOf({ seq: first + at }))
}

/** The body of one signed batch; `part` sends only some of its spans, as a Collector may. */
export function bodyOf(
  producer: TestProducer,
  spans: readonly Span[],
  part: readonly Span[] = spans,
): Uint8Array {
  const { jws, digests } = producer.sign(spans)
  const attributes: [string, string | Uint8Array][] = [
    [ATTR.AUDIT_INTEGRITY_VALUE, jws],
    [ATTR.AUDIT_INTEGRITY_DIGESTS, digests],
  ]
  const scope = { name: '@grantlog/sdk', version: '1', attributes }
  return encodeTraceRequest([{ resource: [], scope, spans: [...part] }])
}

export interface Posted {
  /** 0: no answer. */
  readonly status: number
  readonly retryAfter: string | null
  readonly receipts: readonly Receipt[]
}

export async function post(
  endpoint: string,
  body: Uint8Array,
  receipts: NoteVerifier,
): Promise<Posted> {
  try {
    const response = await fetch(`${endpoint}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: Buffer.from(body),
    })
    await response.arrayBuffer()
    const notes = response.headers.get('grantlog-receipt')?.split(',') ?? []
    return {
      status: response.status,
      retryAfter: response.headers.get('retry-after'),
      receipts: notes.map((note) => openReceipt(Buffer.from(note.trim(), 'base64'), receipts)),
    }
  } catch {
    return { status: 0, retryAfter: null, receipts: [] }
  }
}

/** The place of each number that the receipts name, in the order of the numbers. */
export function placesIn(receipts: readonly Receipt[]): Map<number, number> {
  const places = receipts.flatMap(({ firstIndex, firstSeq, lastSeq }) =>
    Array.from({ length: lastSeq - firstSeq + 1 }, (_, at): [number, number] => [
      firstSeq + at,
      firstIndex + at,
    ]),
  )
  return new Map(places.toSorted(([a], [b]) => a - b))
}

/** Every record of the log, in order; a record that is there twice is found here. */
export async function recordsIn(
  data: string,
): Promise<{ kid: string; seq: number; index: number; receivedAt: number }[]> {
  const reader = await openReader(foldersUnder(data))
  const records = []
  for await (const { entries } of reader.frames(0)) {
    for (const { index, leaf } of entries) {
      if (!isRecordLeaf(leaf)) continue
      const { kid, receivedAt, seq } = leaf
      records.push({ kid, seq, index, receivedAt })
    }
  }
  await reader.close()
  const names = new Set(records.map(({ kid, seq }) => `${kid} ${seq}`))
  if (names.size !== records.length) throw new Error('a record is sealed twice')
  return records
}
