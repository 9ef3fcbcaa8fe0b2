// Guarantee: a run that cannot be begun is over, and stands in nobody's way; what a verification
// found stays until as much was verified again.
import { expect, test } from '@jest/globals'
import type { Run } from '../api/integrity.ts'
import { openRuns, type RunOrder, type StartRun } from './runs.ts'

test('one that cannot be started has broken off, and the next one may', async () => {
  const note = { read: () => Promise.resolve(null), write: () => Promise.resolve() }
  const runs = await openRuns(
    () => {
      throw new Error('no more descriptors')
    },
    { note },
  )
  for (let i = 0; i < 2; i++) runs.start({ what: 'tree', service: '' }, 'console')
  expect(runs.last).toMatchObject({ state: 'broken-off' })
})

test.each<[string, readonly string[], string]>([
  ['nothing', [], 'null'],
  ['one that passed', ['tree passed'], 'tree passed'],
  ['the newest', ['full passed', 'tree passed'], 'tree passed'],
  ['a failure', ['full passed', 'tree failed'], 'tree failed'],
  ['a failure that less does not refute', ['full failed', 'tree passed'], 'full failed'],
  ['nor less that fails', ['full failed', 'tree failed', 'tree passed'], 'full failed'],
  ['nor one that broke off', ['full failed', 'full broken-off'], 'full failed'],
  ['what refutes it', ['full failed', 'full passed'], 'full passed'],
  ['more that refutes it', ['tree failed', 'full passed'], 'full passed'],
])('stands: %s', async (_, orders, expected) => {
  let noted: string | null = null
  const note = {
    read: () => Promise.resolve(noted),
    write: (text: string) => Promise.resolve(void (noted = text)),
  }
  const said = ({ standing }: { readonly standing: Run | null }): string =>
    standing === null ? 'null' : `${standing.what} ${standing.state}`
  let on: Parameters<StartRun>[1] | undefined
  const startRun: StartRun = (_order, told) => {
    on = told
    return () => undefined
  }
  let runs = await openRuns(startRun, { note })
  for (const one of orders) {
    const [what, state] = one.split(' ') as [RunOrder['what'], string]
    const before = said(runs)
    runs.start({ what, service: '' }, 'console')
    // While it runs nothing is known yet.
    expect(said(runs)).toBe(before)
    const findingsCount = Number(state === 'failed')
    if (state !== 'broken-off') on!.message({ size: 1, findingsCount, findings: [] })
    on!.end(null)
    // Also after a restart.
    runs = await openRuns(startRun, { note })
  }
  expect(said(runs)).toBe(expected)
})
