// Guarantee: a stream goes on where it was, over processes; what was signed is what is kept and
// sent.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { readBatch } from '@grantlog/record'
import { decodeTraceRequest } from '@grantlog/record/otlp'
import { newProducer } from '../test/fixtures/credentials.ts'
import { noteKey } from '../test/fixtures/sink.ts'
import { type Outgoing, openProducer, type Told } from './produce.ts'
import { sha256 } from './sha256.ts'

const sink = {
  endpoint: 'http://127.0.0.1:1',
  logKey: noteKey('example.com/log').vkey,
  receiptKey: noteKey('example.com/log/receipt').vkey,
}
const path = newProducer().write(sink)

function told(): Told {
  const startTimeUnixNano = 1_795_720_000_000_000_000n
  const occurrence = {
    startTimeUnixNano,
    endTimeUnixNano: startTimeUnixNano + 1_000n,
    parent: null,
  }
  const attributes = new Map([
    ['audit.action', 'oauth.token'],
    ['audit.outcome', 'success'],
    ['user.id', 'alice'],
    ['not.registered', 'secret'],
  ])
  const what = { kind: 'internal', failed: false, message: '' } as const
  return { action: 'oauth.token', ...what, attributes, occurrence }
}

const statementOf = ({ body }: Outgoing) => {
  const { jws, digests } = decodeTraceRequest(body).groups[0]!.scope
  return readBatch(jws!, digests!, sha256).statement
}

test('a stream goes on: instance, numbers, chain and counts', () => {
  const first = openProducer(path, {}).sign(['audit.stream.start', told()], null)
  // As it comes back from a disk.
  const place = JSON.parse(JSON.stringify(first.place)) as typeof first.place
  const second = openProducer(path, {}).sign(['audit.stream.heartbeat', told()], place)
  const [one, two] = [first, second].map(({ batch }) => statementOf(batch))
  expect(one).toMatchObject({ firstSeq: 0, n: 2, prevRoot: '' })
  expect(two).toMatchObject({ firstSeq: 2, n: 2, prevRoot: one!.root, instance: one!.instance })
  expect(second.place).toMatchObject({
    next: 4,
    counts: [
      ['audit.stream.start', 1],
      ['oauth.token', 2],
      ['audit.stream.heartbeat', 1],
    ],
  })
})

test('what the registry does not list is not in it', () => {
  const { batch } = openProducer(path, {}).sign([told()], null)
  expect(Buffer.from(batch.body).toString('latin1')).toContain('alice')
  expect(Buffer.from(batch.body).toString('latin1')).not.toContain('secret')
})

test('a batch is kept encrypted, and opens under the same credentials alone', () => {
  const producer = openProducer(path, {})
  const { batch } = producer.sign([told()], null)
  const sealed = producer.seal(batch)
  expect(Buffer.from(sealed).toString('latin1')).not.toContain('alice')
  expect(openProducer(path, {}).open(sealed)).toEqual(batch)
  const other = openProducer(newProducer().write(sink), {})
  expect(other.open(sealed)).toBeNull()
  const hidden = producer.hide(Buffer.from('alice'))
  expect(Buffer.from(producer.show(hidden)!).toString()).toBe('alice')
  expect(producer.open(hidden)).toBeNull()
  expect(other.show(hidden)).toBeNull()
})

test('what a key sealed opens under the one that took its place', () => {
  const producer = openProducer(path, {})
  const { batch } = producer.sign([told()], null)
  const [sealed, hidden] = [producer.seal(batch), producer.hide(Buffer.from('event'))]
  const before = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
  const next = JSON.parse(readFileSync(newProducer().write(sink), 'utf8')) as object
  const rotated = join(mkdtempSync(join(tmpdir(), 'grantlog-produce-')), 'next.json')
  const { kid, privateKey } = before
  writeFileSync(rotated, JSON.stringify({ ...next, previous: [{ kid, privateKey }] }), {
    mode: 0o600,
  })
  const after = openProducer(rotated, {})
  expect(after.kid).not.toBe(producer.kid)
  expect(after.open(sealed)).toEqual(batch)
  expect(Buffer.from(after.show(hidden)!).toString()).toBe('event')
  expect(producer.open(after.seal(batch))).toBeNull()
})
