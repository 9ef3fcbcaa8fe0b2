// Guarantee: what is taken again from the quarantine is gone through in turns, by the pace that it
// is given, and not at once: senders wait for none of it.
import { expect, test } from '@jest/globals'
import type { AuditGroup, Work } from '@grantlog/record/otlp'
import { createTakeAgain } from './again.ts'
import { LIMITS } from './limits.ts'
import type { PipelineParts } from './pipeline.ts'
import type { Pace } from './turns.ts'

test('each step is work of the pace, with the bytes of the request', async () => {
  const steps: string[] = []
  function* verify(): Work<{ batches: never[]; deferred: number; release: () => void }> {
    steps.push('verify begins')
    yield
    steps.push('verify ends')
    return { batches: [], deferred: 0, release: () => undefined }
  }
  const parts = {
    ...{ verify, limits: LIMITS, ledger: {}, chain: { committed: () => undefined } },
    register: { use: (run: () => unknown) => run() },
  }
  const take = createTakeAgain(parts as unknown as PipelineParts)
  const pace: Pace = async (work, bytes) => {
    for (;;) {
      const step = work.next()
      if (step.done) return step.value
      steps.push(`a turn of others, at ${bytes}`)
    }
  }
  expect(await take([] as AuditGroup[], { bytes: 77, pace })).toBe(0)
  expect(steps).toEqual(['verify begins', 'a turn of others, at 77', 'verify ends'])
})
