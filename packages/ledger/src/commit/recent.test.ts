// Whoever follows the log closely reads its newest commits from memory, and sees what the disk
// has.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { base64url } from '@grantlog/record'
import { person, spanOf, testProducer } from '../../test/producer.ts'
import { foldersUnder } from '../folders.ts'
import { encodeEnrolment } from '../format/enrolment.ts'
import type { StoredEntry } from '../format/plaintext.ts'
import { createLedger, openLedger } from '../open.ts'
import type { Frame } from '../prove/frames.ts'
import { openReader } from '../reader.ts'
import { RecentFrames } from './recent.ts'

const frameOf = (number: number): Frame => ({ number, first: 0, receivedAt: 0, entries: [] })

test('the oldest go when there are too many bytes', () => {
  const recent = new RecentFrames(100)
  for (let number = 5; number < 10; number++) recent.add(frameOf(number), 40)
  expect([7, 8, 9, 10].map((number) => recent.get(number)?.number)).toEqual([
    undefined,
    8,
    9,
    undefined,
  ])
  recent.add(frameOf(10), 1000)
  expect([9, 10].map((number) => recent.get(number))).toEqual([undefined, undefined])
  recent.add(frameOf(11), 1)
  expect(recent.get(11)?.number).toBe(11)
})

test('frames from memory are those of the disk, and one follows the other', async () => {
  const data = await mkdtemp(join(tmpdir(), 'grantlog-recent-'))
  const folders = foldersUnder(data)
  await createLedger(folders, 'recent.example/log')
  const producer = testProducer()
  const first = await openLedger(folders)
  const content = encodeEnrolment(producer.enrolment)
  await first.commitContent({ type: 'key', id: producer.kid, content })
  const attributes = person('alice')
  await first.commit(producer.batch([spanOf({ seq: 0, attributes }), spanOf({ seq: 1 })]))
  await first.close()
  const second = await openLedger(folders)
  await second.commit(producer.batch([spanOf({ seq: 2, attributes })]))
  await second.commitContent({ type: 'key', id: producer.kid, content })
  const near = await framesOf(second)
  await second.close()
  const reader = await openReader(folders)
  expect(near).toEqual(await framesOf(reader))
  await reader.close()
  expect(near.map(({ number }) => number)).toEqual([0, 1, 2, 3])
  await rm(data, { recursive: true })
})

/** All that a reader may look at, without the bytes that only the disk has. */
async function framesOf(log: { frames(from: number): AsyncIterable<Frame> }) {
  const frames = []
  for await (const { entries, ...frame } of log.frames(0)) {
    const read = entries.map(({ entry, evidence, index, leaf, openings, stored }) => ({
      ...{ index, leaf, entry: Buffer.from(entry).toString() },
      evidence: evidence && { jws: evidence.jws, digests: Buffer.from(evidence.digests) },
      stored: plain(stored),
      openings: openings().map(({ slot, opening }) => [slot, Buffer.from(opening).toString()]),
    }))
    frames.push({ ...frame, entries: read })
  }
  return frames
}

function plain(stored: StoredEntry): unknown {
  if (stored.kind === 'content') return Buffer.from(stored.content).toString()
  const { batch, canonical, subjects, unsigned } = stored
  const texts = [canonical, unsigned].map((bytes) => Buffer.from(bytes).toString())
  const hex = subjects.map((part) => Object.values(part).map((bytes) => base64url(bytes)))
  return { batch, texts, hex }
}
