// Scenario: a system call of the receiver fails, or the process dies in it, at a chosen place.
// Guarantee: what has a receipt is in the log once; after a failed sync the process ends by itself
// with 1 and never syncs that file again; a new process goes on.
import { join } from 'node:path'
import { faultTest } from './fault.ts'
import { play } from './story.ts'
import { noStrace } from './strace.ts'

const skip = noStrace()
const journal = (data: string): string => join(data, 'ledger/commit/0000000000000000.seg')

for (const when of ['1', '3', '5+5']) {
  faultTest(
    {
      where: 'journal',
      fault: `fdatasync of the commit journal fails with EIO (call ${when})`,
      expected: 'it ends with 1, never syncs again; all receipts hold after the restart',
      skip,
    },
    () =>
      play({
        inject: (data) => ({ calls: 'fdatasync', error: 'EIO', when, paths: [journal(data)] }),
        then: 'ends',
      }),
  )
}
