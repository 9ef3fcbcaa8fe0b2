// Scenario: a producer, a receiver and a real ledger, over sockets. Guarantee: what is signed and
// in scope is durable before it is acknowledged, with a receipt; every other span is refused by
// name, and harms no other.
import { rm, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ed25519Verify, isRecordLeaf, type Leaf, openReceipt, sha256 } from '@grantlog/ledger'
import { ed25519Verifier } from '@grantlog/tlog'
import {
  canonicalize,
  concat,
  openRecord,
  REGISTRY_VERSION,
  type Span,
  spanFrom,
} from '@grantlog/record'
import { enrol, type Harness, newData, rawRequest, startHarness } from '../test/harness.ts'
import {
  createProducer,
  encodeSpans,
  plainBody,
  recordSpan,
  recordSpans,
  signedBody,
  signSpans,
} from '../test/producer.ts'
import { REFUSALS } from './codes.ts'

const producer = createProducer()
const revoked = createProducer({ revoked: 'superseded' })
let harness: Harness

beforeAll(async () => {
  harness = await startHarness({ producers: [producer, revoked] })
})
afterAll(() => harness.close())

async function leaves(): Promise<Leaf[]> {
  const all: Leaf[] = []
  for await (const { entries } of harness.ledger.frames(0)) all.push(...entries.map((e) => e.leaf))
  return all
}

function receiptsIn(notes: readonly string[]): ReturnType<typeof openReceipt>[] {
  const verifier = ed25519Verifier(harness.ledger.receiptKey, sha256, ed25519Verify)
  return notes.map((note) => openReceipt(Buffer.from(note), verifier))
}

/** Changes one attribute after signing, as a Collector's processor would. */
function edited(span: Span, name: string, value: string): Span {
  return { ...span, attributes: new Map([...span.attributes, [name, value]]) }
}

describe('what is signed and in scope', () => {
  test('is committed, and answered with a receipt and the checkpoint', async () => {
    const spans = recordSpans(3)
    const answer = await harness.send(signedBody(producer, spans))
    expect(answer).toMatchObject({ status: 200, rejected: 0, message: '' })
    expect(answer.headers.get('content-type')).toBe('application/x-protobuf')
    const [receipt, ...others] = receiptsIn(answer.receipts)
    expect(others).toEqual([])
    expect(receipt).toMatchObject({ origin: 'example.com/log', firstSeq: 0, lastSeq: 2 })
    const records = (await leaves()).filter(isRecordLeaf)
    expect(records.map(({ seq, kid }) => [seq, kid])).toEqual(
      [0, 1, 2].map((n) => [n, producer.kid]),
    )
    const checkpoint = Buffer.from(answer.headers.get('grantlog-checkpoint')!, 'base64').toString()
    expect(checkpoint.split('\n')[0]).toBe('example.com/log')
  })

  test('has its key as a leaf before it', async () => {
    const all = (await leaves()).filter(({ type }) => type !== 'frame')
    expect(all.slice(0, 3)).toMatchObject([
      { type: 'key', id: producer.kid },
      { type: 'key', id: revoked.kid },
      { type: 'record' },
    ])
  })

  test('sent again gets the same receipt and no second leaf', async () => {
    const body = signedBody(producer, recordSpans(4, 10))
    const first = await harness.send(body)
    const { size } = harness.ledger
    const again = await harness.send(body)
    expect(again.receipts).toEqual(first.receipts)
    expect(harness.ledger.size).toBe(size)
    expect(harness.receiver.status().duplicates).toBe(4)
  })

  test('may come in parts, in any order: each part verifies alone', async () => {
    const spans = recordSpans(4, 20)
    const batch = signSpans(producer, spans)
    const last = await harness.send(encodeSpans([spans[3]!, spans[2]!], batch))
    expect(receiptsIn(last.receipts)).toMatchObject([{ firstSeq: 22, lastSeq: 23 }])
    const all = await harness.send(encodeSpans(spans, batch))
    expect(receiptsIn(all.receipts)).toMatchObject([
      { firstSeq: 20, lastSeq: 21 },
      { firstSeq: 22, lastSeq: 23 },
    ])
  })

  test('becomes start, heartbeat and stop leaves by its action', async () => {
    const actions = ['audit.stream.start', 'audit.stream.heartbeat', 'audit.stream.stop']
    const spans = actions.map((action, at) => recordSpan(30 + at, { 'audit.action': action }))
    await harness.send(signedBody(producer, spans))
    const types = (await leaves()).flatMap((leaf) =>
      isRecordLeaf(leaf) && leaf.seq >= 30 ? [leaf.type] : [],
    )
    expect(types).toEqual(['start', 'heartbeat', 'stop'])
  })
})

/** A signed span that shows a personal slot. */
function slotted(seq: number): { span: Span; batch: ReturnType<typeof signSpans> } {
  const salt = 'AAECAwQFBgcICQoLDA0ODw'
  const span = recordSpan(seq, { 'user.id': 'alice', 'audit.slot.user.salt': salt })
  return { span, batch: signSpans(producer, [span]) }
}

describe('a refused span', () => {
  const good = (seq: number): Uint8Array => signedBody(producer, [recordSpan(seq)])
  const other = createProducer()

  const refused: Record<keyof typeof REFUSALS, () => Uint8Array> = {
    UNSIGNED: () => encodeSpans([recordSpan(100)], null),
    UNKNOWN_KEY: () => signedBody(createProducer(), [recordSpan(100)]),
    REVOKED: () => signedBody(revoked, [recordSpan(100)]),
    FORGED: () => signedBody({ ...other, kid: producer.kid }, [recordSpan(100)]),
    OUT_OF_SCOPE: () =>
      signedBody(producer, [recordSpan(100, { 'audit.producer.service': 'shop' })]),
    ALTERED: () =>
      encodeSpans(
        [edited(recordSpan(100), 'audit.outcome', 'failure')],
        signSpans(producer, [recordSpan(100)]),
      ),
    MALFORMED: () =>
      encodeSpans(
        [{ ...recordSpan(100), endTimeUnixNano: 1n }],
        signSpans(producer, [recordSpan(100)]),
      ),
    WITHHELD: () => {
      const { span, batch } = slotted(100)
      const { canonical } = canonicalize(span, { registry: REGISTRY_VERSION, sha256 })
      return encodeSpans([spanFrom(openRecord(canonical), [])], batch)
    },
    CONFLICT: () => signedBody(producer, [recordSpan(0, { 'audit.outcome': 'failure' })]),
  }

  test.each(Object.entries(refused))(
    '%s is named, counted, and harms no other',
    async (code, make) => {
      const before = harness.receiver.status()
      const seq = 200 + Object.keys(refused).indexOf(code)
      const answer = await harness.send(concat(make(), good(seq)))
      expect(answer).toMatchObject({ status: 200, rejected: 1 })
      expect(answer.message).toBe(`${code}: ${REFUSALS[code as keyof typeof REFUSALS]} (1 span)`)
      expect(receiptsIn(answer.receipts)).toMatchObject([{ firstSeq: seq, lastSeq: seq }])
      const { committed, refused: counts } = harness.receiver.status()
      expect(committed).toBe(before.committed + 1)
      expect(counts[code as keyof typeof REFUSALS]).toBe(
        before.refused[code as keyof typeof REFUSALS] + 1,
      )
      const event = harness.events.findLast(({ code: logged }) => logged === 'SPANS_REFUSED')
      expect(event).toMatchObject({ reason: code, spans: 1 })
    },
  )

  test.each<[string, Uint8Array]>([
    ['another role', signedBody(producer, [recordSpan(100, { 'oauth.role': 'client' })])],
    [
      'another audience',
      encodeSpans([recordSpan(100)], signSpans(producer, [recordSpan(100)], { aud: 'other' })),
    ],
  ])('is out of scope for %s', async (_what, body) => {
    expect((await harness.send(body)).message).toMatch(/^OUT_OF_SCOPE/)
  })

  test.each<[string, Uint8Array]>([
    [
      'a number outside the batch',
      encodeSpans([recordSpan(105)], signSpans(producer, [recordSpan(100)])),
    ],
    [
      'digests that are not those signed',
      encodeSpans([recordSpan(100)], {
        ...signSpans(producer, [recordSpan(100)]),
        digests: new Uint8Array(32),
      }),
    ],
    [
      'forged digests that fit the span, under a batch that was verified before',
      encodeSpans([recordSpan(0, { 'audit.outcome': 'failure' })], {
        ...signSpans(producer, recordSpans(3)),
        digests: signSpans(
          producer,
          [0, 1, 2].map((seq) => recordSpan(seq, { 'audit.outcome': 'failure' })),
        ).digests,
      }),
    ],
  ])('is altered: %s', async (_what, body) => {
    expect((await harness.send(body)).message).toMatch(/^ALTERED/)
  })

  test('leaves one refusals leaf per sender, and no word of the span', async () => {
    await using own = await startHarness({ producers: [producer] })
    await own.send(concat(refused.UNSIGNED(), refused.UNKNOWN_KEY(), refused.FORGED()))
    const contents: string[] = []
    await own.receiver.close()
    for await (const { entries } of own.ledger.frames(0)) {
      for (const { leaf, stored } of entries) {
        if (leaf.type !== 'refusals' || stored.kind !== 'content') continue
        contents.push(Buffer.from(stored.content).toString())
      }
    }
    expect(contents).toHaveLength(2)
    expect(contents[0]).toMatch(
      /^{"minute":\d+,"reasons":{"UNKNOWN_KEY":1,"UNSIGNED":1},"sender":"unknown"}$/,
    )
    expect(contents[1]).toContain(`"reasons":{"FORGED":1},"sender":"${producer.kid}"`)
    expect(JSON.stringify(own.events)).not.toContain('alice')
  })
})

describe('enrolment', () => {
  test('a key enrolled while the receiver runs is known with the next request', async () => {
    const late = createProducer()
    await enrol(harness.folders, [producer, late])
    const answer = await harness.send(signedBody(late, [recordSpan(0)]))
    expect(answer).toMatchObject({ status: 200, rejected: 0 })
    const names = (await leaves()).map((leaf) =>
      leaf.type === 'key' ? `key ${leaf.id}` : isRecordLeaf(leaf) ? `record ${leaf.kid}` : '',
    )
    const [key, record] = [names.indexOf(`key ${late.kid}`), names.indexOf(`record ${late.kid}`)]
    expect(key).toBeGreaterThan(0)
    expect(record).toBeGreaterThan(key)
  })

  test('a file that cannot be read leaves the old enrolments in force, loudly', async () => {
    await writeFile(`${harness.folders.keys}/enrolled.json`, '[{]')
    await harness.send(signedBody(createProducer(), [recordSpan(0)]))
    const unreadable = expect.objectContaining({ code: 'ENROLMENTS_UNREADABLE' })
    expect(harness.events).toContainEqual(unreadable)
    expect(await harness.send(signedBody(producer, [recordSpan(300)]))).toMatchObject({
      rejected: 0,
    })
  })

  test('a file that is gone leaves the old enrolments in force, loudly', async () => {
    await using own = await startHarness({ producers: [producer] })
    await rm(`${own.folders.keys}/enrolled.json`)
    await own.send(signedBody(createProducer(), [recordSpan(0)]))
    expect(own.events).toContainEqual(expect.objectContaining({ code: 'ENROLMENTS_UNREADABLE' }))
    expect(await own.send(signedBody(producer, [recordSpan(0)]))).toMatchObject({
      status: 200,
      rejected: 0,
    })
    expect(own.ledger.size).toBe(4)
  })

  test('a removed key gets a leaf that ends it; one that comes back a new one', async () => {
    const [kept, gone] = [createProducer(), createProducer({ validFrom: 1 })]
    const data = await newData()
    const keyLeaves = async ({ ledger }: Harness): Promise<unknown[]> => {
      const contents: unknown[] = []
      for await (const { entries } of ledger.frames(0)) {
        for (const { leaf, stored } of entries) {
          if (leaf.type !== 'key' || stored.kind !== 'content') continue
          contents.push(JSON.parse(Buffer.from(stored.content).toString()))
        }
      }
      return contents
    }
    const nowS = 1_790_000_100
    const enrolments = [kept.enrolment, gone.enrolment]
    const ended = { ...gone.enrolment, validUntil: nowS }
    {
      const producers = [kept, gone]
      await using own = await startHarness({ data, producers, now: () => nowS * 1000 + 999 })
      await enrol(own.folders, [kept])
      const stranger = signedBody(createProducer(), [recordSpan(0)])
      await own.send(stranger)
      expect(await keyLeaves(own)).toEqual([...enrolments, ended])
      expect((await own.send(signedBody(gone, [recordSpan(0)]))).status).toBe(503)
      await enrol(own.folders, [kept, gone])
      expect((await own.send(signedBody(gone, [recordSpan(0)]))).status).toBe(200)
      expect(await keyLeaves(own)).toEqual([...enrolments, ended, gone.enrolment])
    }
    // Also while the receiver is down; and once only. A clock of 1970 must not say "no end".
    for (const _ of [1, 2]) {
      await using own = await startHarness({ data, producers: [kept], now: () => 0 })
      const last = { ...gone.enrolment, validUntil: 1 }
      expect(await keyLeaves(own)).toEqual([...enrolments, ended, gone.enrolment, last])
    }
  })

  test('a restart makes no second key leaf', async () => {
    const data = await newData()
    for (const _ of [1, 2]) {
      await using own = await startHarness({ data, producers: [producer] })
      expect(own.ledger.size).toBe(2)
    }
  })
})

test('more new batches than are verified at once succeed when sent again', async () => {
  await using own = await startHarness({
    producers: [producer],
    limits: { signaturesPerRequest: 2 },
  })
  const bodies = [0, 1, 2].map((seq) => signedBody({ ...producer }, [recordSpan(seq)]))
  const first = await own.send(concat(...bodies))
  expect(first.status).toBe(503)
  expect(first.headers.get('retry-after')).toBe('1')
  expect(await own.send(concat(...bodies))).toMatchObject({ status: 200, rejected: 0 })
  expect(await own.send(concat(...bodies.slice(0, 2)))).toMatchObject({ status: 200 })
})

test('forged batches hold up nobody: a retry gets past them; each is accounted for', async () => {
  await using own = await startHarness({
    producers: [producer],
    limits: { signaturesPerRequest: 2 },
  })
  const forger = { ...createProducer(), kid: producer.kid }
  const forged = [0, 1, 2, 3].map((seq) => signedBody(forger, [recordSpan(seq)]))
  const body = concat(...forged, signedBody(producer, [recordSpan(0)]))
  expect((await own.send(body)).status).toBe(503)
  expect(own.receiver.status()).toMatchObject({ received: 2, refused: { FORGED: 2 } })
  expect((await own.send(body)).status).toBe(503)
  expect(await own.send(body)).toMatchObject({ status: 200, rejected: 4 })
  expect(own.receiver.status()).toMatchObject({
    received: 11,
    committed: 1,
    refused: { FORGED: 10 },
  })
})

test('nothing but unknown keys is asked for again; a mixed request is not', async () => {
  const unknown = signedBody(createProducer(), [recordSpan(0)])
  const answer = await harness.send(unknown)
  expect(answer.status).toBe(503)
  expect(answer.headers.get('retry-after')).toBe('1')
  expect(answer.message).toMatch(/^RECEIVER_KEY_UNKNOWN: .*UNKNOWN_KEY: .* \(1 span\)/)
  const unsigned = encodeSpans([recordSpan(0)], null)
  expect(await harness.send(concat(unknown, unsigned))).toMatchObject({ status: 200, rejected: 2 })
  expect(await harness.send(concat(unknown, plainBody()))).toMatchObject({ status: 200 })
})

test('a span twice in a request is a duplicate: what was received adds up', async () => {
  await using own = await startHarness({ producers: [producer] })
  const body = signedBody(producer, recordSpans(3))
  const unsigned = encodeSpans(recordSpans(4), null)
  await own.send(concat(body, body, unsigned))
  await own.send(concat(body, unsigned))
  const { received, committed, duplicates, refused } = own.receiver.status()
  expect([received, committed, duplicates, refused.UNSIGNED]).toEqual([17, 3, 6, 8])
})

test('consistency proofs are served to producers, within what is published', async () => {
  await harness.ledger.settle()
  const to = harness.ledger.published
  const path = `/grantlog/v1/consistency?from=1&to=${to}`
  const { status, body } = await rawRequest(harness.receiver.otlpPort, { path })
  const proof = await harness.ledger.proveConsistency(1, to)
  expect(status).toBe(200)
  expect(JSON.parse(body.toString())).toEqual({
    from: 1,
    to,
    proof: proof.map((hash) => Buffer.from(hash).toString('base64')),
  })
  for (const query of [
    `from=1&to=${to + 1}`,
    'from=2&to=1',
    'from=-1&to=1',
    'from=1',
    'from=1e1&to=20',
  ]) {
    const refused = `/grantlog/v1/consistency?${query}`
    expect((await rawRequest(harness.receiver.otlpPort, { path: refused })).status).toBe(400)
  }
})

test('pass-through without a sink is taken, counted as discarded, and said so once', async () => {
  const before = harness.receiver.status()
  for (const _ of [1, 2]) expect(await harness.send(plainBody())).toMatchObject({ status: 200 })
  const { discarded, passedThrough } = harness.receiver.status()
  expect([discarded - before.discarded, passedThrough]).toEqual([2, 0])
  const said = harness.events.filter(({ code }) => code === 'PASS_THROUGH_DISCARDED')
  expect(said).toHaveLength(1)
})
