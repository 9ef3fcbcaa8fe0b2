// A ledger of real signed records, as a receiver makes it.
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLedger, foldersUnder } from '@grantlog/ledger'
import { startReceiverProcess } from '../crash/receiver-process.ts'
import { writeBodies } from './bodies.ts'
import { createRecordMaker } from './records.ts'
import { startSender } from './sender.ts'

const connections = 4
const spansPerBatch = 512
/** Batches that are made before they are sent, about 10 MB for each connection. */
const batchesAtOnce = 32

/** A new data folder with so many batches of 512 records; resolves with the records' number. */
export async function sealRecords(data: string, batches: number): Promise<number> {
  const maker = createRecordMaker()
  const folders = foldersUnder(data)
  await createLedger(folders, 'bench.example/log')
  const enrolled = JSON.stringify([maker.enrolment])
  writeFileSync(join(folders.keys, 'enrolled.json'), enrolled, { mode: 0o600 })
  const receiver = await startReceiverProcess(data, ['--no-console'])
  try {
    for (let sent = 0; sent < batches; sent += batchesAtOnce) {
      const each = Math.min(batchesAtOnce, batches - sent) / connections
      const files = Array.from({ length: connections }, (_, at) => join(data, `${at}.bodies`))
      for (const file of files) writeBodies(file, maker.stream(each, spansPerBatch).signed)
      await (await startSender(receiver.endpoint, files)).send()
      for (const file of files) rmSync(file)
    }
  } finally {
    await receiver.stop()
  }
  return batches * spansPerBatch
}
