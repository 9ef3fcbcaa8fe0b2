// Scenario: a core is restored from a backup that is older than what it signed for. Guarantee: the
// edge tells it with the first receipt that names a place again, and after each restart, until the
// core has all that it lost.
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { edgeAndCore } from '../../test/edge-and-core.ts'
import { eventually, type Harness, newData } from '../../test/harness.ts'
import { createProducer, recordSpans, signedBody } from '../../test/producer.ts'

const producer = createProducer()
const producers = [producer]
const limits = { backoffMinMs: 1, backoffMaxMs: 4, sinkPaceMs: 0 }
const { newCoreData, started, startEdge } = edgeAndCore({ producers, limits })

const sinkOf = ({ receiver }: Harness) => receiver.status().sinks[0]!
const untilSent = (edge: Harness): Promise<void> => {
  return eventually(() => sinkOf(edge).lag.commits === 0)
}
const forks = ({ events }: Harness): unknown[] =>
  events.filter(({ code }) => code === 'CORE_FORKED')

/** An edge with 6 records; its core has 3 of them no more. */
async function restoredCore(): Promise<{ core: Harness; data: string }> {
  const [coreData, data] = [await newCoreData(), await newData()]
  const before = await started({ data: coreData })
  const edge = await startEdge(before, {}, { data })
  await edge.send(signedBody(producer, recordSpans(3)))
  await untilSent(edge)
  await edge.close()
  await before.close()
  const backup = await newCoreData()
  await rm(backup, { recursive: true })
  await cp(coreData, backup, { recursive: true })
  const after = await started({ data: coreData })
  const next = await startEdge(after, {}, { data })
  await next.send(signedBody(producer, recordSpans(3, 3)))
  await untilSent(next)
  expect([forks(next), sinkOf(next).lost]).toEqual([[], 0])
  await next.close()
  await after.close()
  return { core: await started({ data: backup }), data }
}

test('a core that was cut is told of, until it has all again', async () => {
  const { core, data } = await restoredCore()
  const edge = await startEdge(core, {}, { data })
  expect(sinkOf(edge).lost).toBe(0)
  await edge.send(signedBody(producer, recordSpans(1, 6)))
  await untilSent(edge)
  expect(forks(edge)).toEqual([expect.objectContaining({ level: 'error', sink: 'core', lost: 3 })])
  await edge.close()

  const again = await startEdge(core, {}, { data })
  expect([forks(again).length, sinkOf(again).lost]).toEqual([1, 3])
  await again.close()

  await rm(join(again.folders.queue, 'core.offset'))
  const whole = await startEdge(core, {}, { data })
  await untilSent(whole)
  expect(sinkOf(whole).lost).toBe(0)
  await whole.close()
  const well = await startEdge(core, {}, { data })
  expect([forks(well), sinkOf(well).lost]).toEqual([[], 0])
})
