// The filesystem model in a few seconds; `npm run test:model -- --driver journal` has more seeds.
import { expect, test } from '@jest/globals'
import { runJournalModel } from './testing/journal-model.ts'

const seeds = 150

test(`no crash loses or alters an acknowledged frame or offset: ${seeds} seeds`, async () => {
  const sums: Record<string, number> = {}
  for (let seed = 1; seed <= seeds; seed += 1) {
    for (const [name, count] of Object.entries(await runJournalModel(seed))) {
      sums[name] = (sums[name] ?? 0) + count
    }
  }
  // The canary: what was never met was never tested.
  for (const [name, count] of Object.entries(sums)) expect([name, count > 0]).toEqual([name, true])
})
