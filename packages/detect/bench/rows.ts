// What reading a record of a ledger costs detection: as a row, and strictly.
//
//   node --conditions=@grantlog/source packages/detect/bench/rows.ts DATA
//
// DATA is a data folder, which is only read. Each round goes over all of it both ways.
import { CommitRows, foldersUnder, openReader } from '@grantlog/ledger'
import { eventOfRow } from '../src/leaf-events.ts'
import { eventAt } from '../src/ledger-events.ts'

const [data] = process.argv.slice(2)
if (data === undefined) throw new Error('which data folder?')
const rounds = 3

const reader = await openReader(foldersUnder(data))
const { first } = reader.journal
const rows = new CommitRows()

async function asRows(): Promise<number> {
  let events = 0
  for await (const frame of reader.plainFrames(first)) {
    for (rows.begin(frame); rows.next();) {
      if (rows.entry !== null) continue
      eventOfRow(rows)
      events++
    }
  }
  return events
}

async function readStrictly(): Promise<number> {
  let events = 0
  for await (const { entries } of reader.frames(first)) {
    for (const entry of entries) if (eventAt(entry) !== null) events++
  }
  return events
}

for (let round = 0; round < rounds; round++) {
  const costs = []
  for (const way of [asRows, readStrictly]) {
    const cpu = process.cpuUsage()
    const events = await way()
    const { system, user } = process.cpuUsage(cpu)
    costs.push((system + user) / events)
    console.log(`${way.name}: ${events} events, ${costs.at(-1)!.toFixed(1)} µs of CPU each`)
  }
  console.log(`as rows ÷ strictly: ${(costs[0]! / costs[1]!).toFixed(2)}`)
}
await reader.close()
