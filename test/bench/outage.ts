// npm run bench -- outage: what a receiver keeps in memory while its backend is dead and records
// come as fast as it takes them. They wait on disk, so memory must stay what it is.
import { startReceiverProcess } from '../crash/receiver-process.ts'
import { rounded } from './figures.ts'
import { growBy, startGrowers } from './growers.ts'
import { peakMib, residentMib } from './processes.ts'
import type { Benchmark } from './result.ts'
import { createData, dataIn } from './subjects.ts'

/** Records of one look at the memory. */
const stepRecords = 65_536
/** Nobody listens there: connections are refused at once. */
const deadBackend = 'http://127.0.0.1:9'

export const outage: Benchmark = async ({ folder, tell }, { isFull }) => {
  const seconds = isFull ? 600 : 30
  await using started = new AsyncDisposableStack()
  const makers = await startGrowers(started)
  const data = dataIn(folder)
  await createData(
    data,
    makers.map(({ enrolment }) => enrolment),
  )
  const receiver = await startReceiverProcess(data, ['--forward', deadBackend])
  started.defer(() => receiver.kill())
  void receiver.exited.then((code) =>
    tell(`outage: the receiver ended, ${code}: ${receiver.log().slice(-2_000)}`),
  )
  const url = `${receiver.endpoint}/v1/traces`
  const resident: number[] = []
  const began = performance.now()
  let records = 0
  while (performance.now() - began < seconds * 1_000) {
    await growBy(makers, url, stepRecords)
    records += stepRecords
    resident.push(Math.round(residentMib(receiver.pid)))
    tell(`outage: ${records} records, ${resident.at(-1)} MiB resident`)
  }
  const peakMiB = Math.round(peakMib(receiver.pid))
  // The first looks are of a heap that is still growing to its usual size.
  const warm = resident.slice(Math.floor(resident.length / 4))
  const half = Math.ceil(warm.length / 2)
  const [before, after] = [warm.slice(0, half), warm.slice(half)].map((some) =>
    Math.max(...some, 0),
  )
  const flat = rounded((after ?? 0) / (before ?? 1))
  return {
    json: { seconds, records, peakMiB, residentMiB: resident.at(-1), flat },
    ratios: { 'outage/flat': { ratio: flat, noise: 0.1 } },
    table: [
      ['backend dead for', 'records', 'peak', 'later half ÷ earlier half'],
      [`${seconds} s`, String(records), `${peakMiB} MiB`, String(flat)],
    ],
  }
}
