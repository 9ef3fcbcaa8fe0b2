// Scenario: a system call of the receiver fails, or the process dies in it, at a chosen place.
// Guarantee: what has a receipt is in the log once; after a failed sync or an unknown write the
// process ends by itself with 1 and never syncs that file again; a full disk is waited out; a new
// process goes on.
import { join } from 'node:path'
import { type Fault, faultTest } from './fault.ts'
import { play, type Story } from './story.ts'
import { type Injection, noStrace } from './strace.ts'

interface Row {
  readonly where: Fault['where']
  readonly what: string
  readonly file: keyof typeof files
  readonly inject: Omit<Injection, 'paths'>
  readonly reaction: Story['reaction']
  readonly isLong?: boolean
}

/** Files of the data folder, by what they are. */
const files = {
  'the commit journal': 'ledger/commit/0000000000000000.seg',
  "the commit journal's folder": 'ledger/commit',
  'a tile': 'ledger/tile/entries/000.tmp',
  "the tiles' folder": 'ledger/tile/entries',
  'the new checkpoint': 'ledger/checkpoint.tmp',
  "the checkpoint's folder": 'ledger',
  'the lock store': 'lock/checkpoints.db',
  "the lock store's journal": 'lock/checkpoints.db-journal',
  'the keystore': 'keys/keystore.db',
  "the keystore's journal": 'keys/keystore.db-journal',
  'the pass-through queue': 'queue/passthrough/0000000000000000.seg',
} as const

const expected: Record<Story['reaction'], string> = {
  ends: 'it ends with 1 and syncs it no more; a new process has all receipts, verify is clean',
  'is killed': 'a new process has all receipts once each, verify is clean',
  'goes on': 'senders come again until there is space; the process goes on, verify is clean',
}

/** Calls that fail with EIO after `when`: the process must end. */
function broken(file: keyof typeof files, calls: string, when: string, where: Fault['where']): Row {
  const what = `${calls.split(',')[0]} of ${file} fails with EIO (call ${when})`
  return { where, what, file, inject: { calls, error: 'EIO', when }, reaction: 'ends' }
}

function full(file: keyof typeof files, calls: string, when: string, where: Fault['where']): Row {
  const what = `${calls.split(',')[0]} of ${file} fails with ENOSPC (call ${when})`
  return { where, what, file, inject: { calls, error: 'ENOSPC', when }, reaction: 'goes on' }
}

function deadly(file: keyof typeof files, calls: string, when: string, where: Fault['where']): Row {
  const what = `killed in ${calls.split(',')[0]} of ${file} (call ${when})`
  return { where, what, file, inject: { calls, signal: 'KILL', when }, reaction: 'is killed' }
}

const long = (row: Row): Row => ({ ...row, isLong: true })

const rows: Row[] = [
  // Of the segment's header; frames are synced by the call that writes them.
  long(broken('the commit journal', 'fdatasync', '1', 'journal')),
  broken('the commit journal', 'pwritev', '4', 'journal'),
  long(broken('the commit journal', 'pwritev', '5+5', 'journal')),
  long(full('the commit journal', 'pwritev', '4', 'journal')),
  full('the commit journal', 'pwritev', '8..17', 'journal'),
  long(deadly('the commit journal', 'pwritev', '6', 'journal')),
  deadly('the commit journal', 'pwritev', '2', 'journal'),
  long(deadly('the commit journal', 'pwritev', '31', 'journal')),
  long(broken("the commit journal's folder", 'fsync', '1', 'journal')),
  full('a tile', 'write,pwritev,pwrite64', '1', 'ledger'),
  long(broken('a tile', 'write,pwritev,pwrite64', '1', 'ledger')),
  broken('a tile', 'fdatasync', '1', 'ledger'),
  long(broken("the tiles' folder", 'fsync', '2', 'ledger')),
  long(deadly('a tile', 'rename', '1', 'ledger')),
  full('the new checkpoint', 'write,pwritev,pwrite64', '3', 'ledger'),
  long(broken('the new checkpoint', 'fdatasync', '3', 'ledger')),
  long(broken('the new checkpoint', 'rename', '3', 'ledger')),
  deadly('the new checkpoint', 'rename', '2', 'ledger'),
  long(deadly('the new checkpoint', 'rename', '4', 'ledger')),
  long(broken("the checkpoint's folder", 'fsync', '3', 'ledger')),
  long(broken('the lock store', 'pwrite64', '9', 'ledger')),
  broken('the lock store', 'fsync,fdatasync', '4', 'ledger'),
  full("the lock store's journal", 'pwrite64', '25', 'ledger'),
  deadly('the lock store', 'fsync,fdatasync', '3', 'ledger'),
  long(deadly('the lock store', 'fsync,fdatasync', '5', 'ledger')),
  full("the keystore's journal", 'pwrite64', '36', 'ledger'),
  long(broken('the keystore', 'pwrite64', '2', 'ledger')),
  broken("the keystore's journal", 'fsync,fdatasync', '1', 'ledger'),
  long(deadly('the keystore', 'fsync,fdatasync', '1', 'ledger')),
  full('the pass-through queue', 'pwritev', '3..6', 'receiver'),
  broken('the pass-through queue', 'pwritev', '3', 'receiver'),
  long(deadly('the pass-through queue', 'pwritev', '4', 'receiver')),
]

const skip = noStrace()

for (const { where, what, file, inject, reaction, isLong = false } of rows) {
  const isQueue = file === 'the pass-through queue'
  faultTest({ where, fault: what, expected: expected[reaction], skip, isLong }, () =>
    play({
      inject: (data) => ({ ...inject, paths: [join(data, files[file])] }),
      reaction,
      // Nobody listens at port 1: what is passed through stays in the queue.
      ...(isQueue ? { passThrough: true, args: ['--forward', 'http://127.0.0.1:1'] } : {}),
    }),
  )
}
