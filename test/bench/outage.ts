// npm run bench -- outage: what a receiver keeps in memory while its backend is dead and records
// come as fast as it takes them. They wait on disk, so memory must stay what it is.
import type { Enrolment } from '@grantlog/ledger'
import { startReceiverProcess } from '../crash/receiver-process.ts'
import { type Answerer, startAnswerer } from './children.ts'
import { rounded } from './figures.ts'
import type { Growth } from './grower.ts'
import { peakMib, residentMib } from './processes.ts'
import type { Benchmark } from './result.ts'
import { createData, dataIn } from './subjects.ts'

const growers = 2
/** Records of one look at the memory. */
const stepRecords = 65_536
/** Nobody listens there: connections are refused at once. */
const deadBackend = 'http://127.0.0.1:9'

export const outage: Benchmark = async ({ folder, tell }, { isFull }) => {
  const seconds = isFull ? 600 : 30
  await using started = new AsyncDisposableStack()
  const makers: Answerer[] = []
  for (let at = 0; at < growers; at++) {
    const maker = await startAnswerer('grower.ts')
    started.defer(() => maker.stop())
    makers.push(maker)
  }
  const data = dataIn(folder)
  await createData(
    data,
    makers.map(({ first }) => JSON.parse(first) as Enrolment),
  )
  const receiver = await startReceiverProcess(data, ['--forward', deadBackend])
  started.defer(() => receiver.kill())
  void receiver.exited.then((code) =>
    tell(`outage: the receiver ended, ${code}: ${receiver.log().slice(-2_000)}`),
  )
  const growth: Growth = {
    url: `${receiver.endpoint}/v1/traces`,
    records: stepRecords / growers,
  }
  const resident: number[] = []
  const began = performance.now()
  let records = 0
  while (performance.now() - began < seconds * 1_000) {
    const answers = await Promise.all(makers.map((one) => one.ask(JSON.stringify(growth))))
    if (answers.some((answer) => answer !== 'taken')) throw new Error(answers.join())
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
