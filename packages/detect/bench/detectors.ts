// What all detectors cost of a record of a ledger, beside what it costs to come to its row.
//
//   node --conditions=@grantlog/source packages/detect/bench/detectors.ts DATA [rounds]
//
// DATA is a data folder, which is only read. Each round goes over all of it twice, with detectors
// that have learned nothing. The first round is from cold.
import { CommitRows, foldersUnder, openReader } from '@grantlog/ledger'
import { detectorsOf } from '../src/detectors.ts'
import { createEngine } from '../src/engine.ts'
import type { AuditEvent } from '../src/event.ts'
import { builtInRules, readRules } from '../src/io/rule-files.ts'
import { eventOfRow } from '../src/leaf-events.ts'
import { sigmaDetector } from '../src/sigma/detector.ts'

const [data, count = '4'] = process.argv.slice(2)
if (data === undefined) throw new Error('which data folder?')

const reader = await openReader(foldersUnder(data))
const texts = await readRules(builtInRules)

/** µs of CPU of a record. */
async function over(take: (events: readonly AuditEvent[]) => void): Promise<number> {
  const rows = new CommitRows()
  let events = 0
  let batch: AuditEvent[] = []
  let left = 0
  const cpu = process.cpuUsage()
  for await (const commit of reader.plainFrames(reader.journal.first)) {
    for (rows.begin(commit); rows.next();) {
      if (rows.entry !== null) continue
      events++
      if (left === 0) left = rows.together
      batch.push(eventOfRow(rows, left))
      left--
      if (left > 0) continue
      take(batch)
      batch = []
    }
  }
  const { system, user } = process.cpuUsage(cpu)
  return (system + user) / events
}

for (let round = 0; round < Number(count); round++) {
  const detectors = detectorsOf(sigmaDetector(texts), { builtIn: true })
  const engine = createEngine({ detectors })
  let found = 0
  const alone = await over(() => undefined)
  const all = await over((events) => {
    found += engine.takeAll(events).flat().length
  })
  const { dropped, evicted, held } = engine.health()
  console.log(
    `detectors: ${(all - alone).toFixed(1)} µs of CPU a record (${all.toFixed(1)} in all), ` +
      `${found} detections, ${held} held, ${evicted + dropped} let go`,
  )
}
await reader.close()
