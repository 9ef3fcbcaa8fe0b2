// `grantlog receipts`: which records a core receiver has signed for, and where they are in its log.
// See test/core.test.ts.
import type { Command } from 'commander'
import { openReader } from '@grantlog/ledger'
import {
  checkCoreReceipts,
  type CorePlace,
  type CoreRefusal,
  type CoreReport,
} from '../core-receipts.ts'
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
    .summary(
      'what a core receiver has signed of records: where it has them, or why it refuses them',
    )
    .requiredOption('--sink <name>', 'the sink of type grantlog')
    .requiredOption('--receipt-key <vkey>', "the core's keys/receipt.vkey, from the core itself")
    .option('--index <index>', 'of one record in this log', wholeNumber)
}

/** 1 unless all records, or the one asked for, have a receipt that holds; a refusal is none. */
export async function receipts(flags: ReceiptsFlags, terminal: Terminal): Promise<ExitCode> {
  const folders = dataFolders(flags)
  const reader = await openReader(folders)
  const { index: wanted, receiptKey, sink } = flags
  let found: CorePlace | CoreRefusal | null = null
  try {
    const request = { reader, queueFolder: folders.queue, sink, receiptKey }
    const report = await checkCoreReceipts(request, (word) => {
      if (word.index === wanted) found = word
    })
    if (wanted !== undefined) return tellOne(wanted, found, terminal)
    tell(report, terminal)
    return report.missing + report.refused + report.lost === 0 ? EXIT.ok : EXIT.failed
  } finally {
    await reader.close()
  }
}

function tellOne(
  index: number,
  word: CorePlace | CoreRefusal | null,
  { json, out, paint }: Terminal,
): ExitCode {
  const isTaken = word !== null && 'coreIndex' in word && !word.isLost
  if (json) out(JSON.stringify(word ?? { index, coreIndex: null }))
  else if (word === null) out(`record ${index}: nothing signed of the core`)
  else if (isTaken) {
    const at = new Date(word.receivedAt).toISOString()
    out(`record ${index}: at index ${word.coreIndex} of ${printable(word.origin)}, received ${at}`)
  } else if ('coreIndex' in word) out(paint.red(lostText(word)))
  else out(paint.yellow(refusalText(word)))
  return isTaken ? EXIT.ok : EXIT.failed
}

function refusalText({ code, index, origin, refusedAt }: CoreRefusal): string {
  const at = new Date(refusedAt).toISOString()
  return `record ${index}: refused by ${printable(origin)}, ${at}: ${printable(code)}`
}

function lostText({ coreIndex, index, origin }: CorePlace): string {
  return `record ${index}: no more at index ${coreIndex} of ${printable(origin)}, which was cut`
}

function tell(report: CoreReport, { json, out, paint }: Terminal): void {
  if (json) {
    out(JSON.stringify(report))
    return
  }
  const { firstLost, firstMissing, firstRefused, foreign, last, lost } = report
  const { missing, origin, receipted } = report
  const where = last === null ? '' : `, the last at index ${last.coreIndex} there`
  out(`${receipted} of ${report.records} records have a receipt of ${printable(origin)}${where}`)
  for (const place of firstLost) out(paint.red(lostText(place)))
  if (lost > 0) {
    out(paint.red(`${lost} are lost there: it has other records where it signed that it has these`))
    out('to send all again, stop the receiver, remove the .offset of the sink, and start')
  }
  for (const refusal of firstRefused) out(paint.yellow(refusalText(refusal)))
  const more = report.refused - firstRefused.length
  if (more > 0) out(paint.yellow(`and ${more} more are refused`))
  if (missing > 0) {
    out(paint.yellow(`without either: ${firstMissing.join(' ')}${missing > 10 ? ' …' : ''}`))
  }
  if (foreign > 0) out(paint.red(`${foreign} notes are not signed by this key`))
}
