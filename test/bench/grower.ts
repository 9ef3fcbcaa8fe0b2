// Makes records and sends them, in a process of its own: what making costs is not the receiver's.
// Says its enrolment as a line of JSON; each line on stdin is a Growth, answered when all is taken.
import { Agent } from 'node:http'
import { createInterface } from 'node:readline'
import { postUntilTaken } from './post.ts'
import { createRecordMaker } from './records.ts'

export interface Growth {
  readonly url: string
  /** A whole number of batches. */
  readonly records: number
}

/** Records of a batch, as Collectors send them, and batches that are under way at once. */
const batchRecords = 512
const batchesAtOnce = 8

const maker = createRecordMaker()
process.stdout.write(`${JSON.stringify(maker.enrolment)}\n`)
for await (const line of createInterface({ input: process.stdin })) {
  await grow(JSON.parse(line) as Growth)
  process.stdout.write('taken\n')
}

/** The next batches are made while those before are on their way. */
async function grow({ records, url }: Growth): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: batchesAtOnce })
  let sent: Promise<unknown> = Promise.resolve()
  for (let left = Math.round(records / batchRecords); left > 0; left -= batchesAtOnce) {
    const { signed } = maker.stream(Math.min(left, batchesAtOnce), batchRecords)
    await sent
    sent = Promise.all(signed.map((body) => postUntilTaken(url, agent, body)))
    // It is awaited after the next ones are made.
    sent.catch(() => undefined)
  }
  await sent
  agent.destroy()
}
