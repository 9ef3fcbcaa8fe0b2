import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { newTenant, startHarness } from '../../test/harness.ts'
import { createProducer, recordSpans, signedBody } from '../../test/producer.ts'
import type { LogEvent } from '../flow.ts'
import { DISK_USE_LOOK_MS } from '../tenant-limits.ts'
import { watchDiskUse } from './disk-use.ts'
import { sizeOf } from './io/size.ts'

test('the quota is reached at the limit, by what was added up and what came since', async () => {
  const at = { ms: 0, bytes: 99 }
  const events: LogEvent[] = []
  const use = watchDiskUse({
    quotaBytes: 100,
    sizeOf: () => Promise.resolve(at.bytes),
    uptimeMs: () => at.ms,
    log: (event) => events.push(event),
  })
  await use.look()
  expect([use.bytes, use.isFull]).toEqual([99, false])
  use.add(1)
  expect(use.isFull).toBe(true)
  // What came is an estimate: what is really there counts, and is looked at soon.
  await use.look()
  expect([use.bytes, use.isFull]).toEqual([99, false])
  expect(events).toEqual([])
  // Not full: the next look has time.
  at.bytes = 100
  await use.look()
  expect(use.isFull).toBe(false)
  at.ms = DISK_USE_LOOK_MS
  await use.look()
  expect(use.isFull).toBe(true)
  at.bytes = 50
  await use.look()
  expect(events.map(({ code }) => code)).toEqual(['TENANT_FULL', 'TENANT_HAS_ROOM'])
})

test('adding up takes a bounded part of the time', async () => {
  const at = { ms: 0 }
  let looks = 0
  const use = watchDiskUse({
    quotaBytes: 1,
    // Each takes a second.
    sizeOf: () => {
      looks++
      at.ms += 1_000
      return Promise.resolve(2)
    },
    uptimeMs: () => at.ms,
    log: () => undefined,
  })
  await use.look()
  at.ms += 9_999
  await use.look()
  expect(looks).toBe(1)
  at.ms++
  await use.look()
  expect(looks).toBe(2)
})

test('folders are added up with all that is in them; what is not there has nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'grantlog-size-'))
  await mkdir(join(folder, 'a', 'b'), { recursive: true })
  const before = await sizeOf([folder])
  await writeFile(join(folder, 'a', 'b', 'file'), Buffer.alloc(100_000))
  expect((await sizeOf([folder, join(folder, 'none')])) - before).toBeGreaterThanOrEqual(100_000)
  await rm(folder, { recursive: true })
})

test("a tenant over its quota is refused, and the others' records are taken", async () => {
  const [a, b] = [createProducer(), createProducer()]
  await using tenantA = await newTenant('a', { producers: [a], limits: { diskBytes: 1 } })
  await using tenantB = await newTenant('b', { producers: [b], limits: { diskBytes: 1e12 } })
  await using harness = await startHarness({ tenants: [tenantA.served, tenantB.served] })
  const refused = await harness.send(signedBody(a, recordSpans(1)))
  expect(refused).toMatchObject({ status: 503, receipts: [] })
  expect(refused.message).toMatch(/^RECEIVER_TENANT_FULL/)
  expect(await harness.send(signedBody(b, recordSpans(1)))).toMatchObject({ status: 200 })
  const { a: full, b: fine } = harness.receiver.status().tenants!
  expect(full).toMatchObject({ committed: 0, limited: { disk: 1 } })
  expect(fine!.diskBytes).toBeGreaterThan(0)
  expect(harness.events).toContainEqual(
    expect.objectContaining({ code: 'TENANT_FULL', tenant: 'a' }),
  )
})
