// `grantlog receipts`: which records a core receiver has signed for, and where they are in its log.
// See test/core.test.ts.
import type { Command } from 'commander'
import { openReader } from '@grantlog/ledger'
import { checkCoreReceipts, type CorePlace, type CoreReport } from '../core-receipts.ts'
import { addDataOption, type DataFlags, dataFolders } from '../data-folder.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { wholeNumber } from '../options.ts'
import { printable } from '../printable.ts'
import type { Terminal } from '../terminal.ts'

export interface ReceiptsFlags extends DataFlags {
  readonly sink: string
  readonly receiptKey: string
  readonly index?: number
}

export function describeReceipts(command: Command): Command {
  return addDataOption(command)
    .summary('which records a core receiver has signed for, and where it has them')
    .requiredOption('--sink <name>', 'the sink of type grantlog')
    .requiredOption('--receipt-key <vkey>', "the core's keys/receipt.vkey, from the core itself")
    .option('--index <index>', 'of one record in this log', wholeNumber)
}

/** 1 unless all records, or the one asked for, have a receipt that holds. */
export async function receipts(flags: ReceiptsFlags, terminal: Terminal): Promise<ExitCode> {
  const folders = dataFolders(flags)
  const reader = await openReader(folders)
  const { index: wanted, receiptKey, sink } = flags
  let found: CorePlace | null = null
  try {
    const request = { reader, queueFolder: folders.queue, sink, receiptKey }
    const report = await checkCoreReceipts(request, (place) => {
      if (place.index === wanted) found = place
    })
    if (wanted !== undefined) return tellOne(wanted, found, terminal)
    tell(report, terminal)
    return report.missing === 0 ? EXIT.ok : EXIT.failed
  } finally {
    await reader.close()
  }
}

function tellOne(index: number, place: CorePlace | null, { json, out }: Terminal): ExitCode {
  if (json) out(JSON.stringify(place ?? { index, coreIndex: null }))
  else if (place === null) out(`record ${index}: no receipt of the core`)
  else {
    const { coreIndex, origin, receivedAt } = place
    const at = new Date(receivedAt).toISOString()
    out(`record ${index}: at index ${coreIndex} of ${printable(origin)}, received ${at}`)
  }
  return place === null ? EXIT.failed : EXIT.ok
}

function tell(report: CoreReport, { json, out, paint }: Terminal): void {
  if (json) {
    out(JSON.stringify(report))
    return
  }
  const { firstMissing, foreign, last, missing, origin, receipted, records } = report
  const where = last === null ? '' : `, the last at index ${last.coreIndex} there`
  out(`${receipted} of ${records} records have a receipt of ${printable(origin)}${where}`)
  if (missing > 0) {
    out(paint.yellow(`without one: ${firstMissing.join(' ')}${missing > 10 ? ' …' : ''}`))
  }
  if (foreign > 0) out(paint.red(`${foreign} receipts are not signed by this key`))
}
