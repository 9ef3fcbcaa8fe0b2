// Prints what so many ended streams take of memory, in bytes each. Run with --expose-gc.
import { randomBytes } from 'node:crypto'
import { Streams } from '@grantlog/ledger'

const count = Number(process.argv[2])
const kids = Array.from({ length: 4 }, () => randomBytes(32).toString('base64url'))

function used() {
  globalThis.gc()
  globalThis.gc()
  const { arrayBuffers, external, heapUsed } = process.memoryUsage()
  return { heapUsed, arrayBuffers, external }
}

function sum({ heapUsed, external }) {
  // Array buffers are part of what is external.
  return heapUsed + external
}

/** A process of some minutes, whose records came in batches between those of others. */
function history(streams, first, end) {
  let index = first * 12
  for (let i = first; i < end; i++) {
    const stream = { kid: kids[i % 4], instance: randomBytes(16).toString('base64url') }
    const receivedAt = 1_790_000_000_000 + i * 1000
    streams.add({ ...stream, seq: 0, type: 'start', receivedAt }, index++)
    index += 3
    for (let seq = 1; seq < 6; seq++) {
      streams.add({ ...stream, seq, type: 'record', receivedAt: receivedAt + 100 * seq }, index++)
    }
    index += 2
    streams.add({ ...stream, seq: 6, type: 'stop', receivedAt: receivedAt + 300_000 }, index)
  }
}

const streams = new Streams()
// So many that what is kept unpacked, and of starts and stops, is there already.
const warm = 70_000
history(streams, 0, warm)
const before = used()
const began = process.cpuUsage()
history(streams, warm, warm + count)
const { system, user } = process.cpuUsage(began)
const after = used()
const bytes = (sum(after) - sum(before)) / count
const microseconds = (system + user) / count / 7
console.log(JSON.stringify({ streams: streams.totals.streams, bytes, microseconds }))
