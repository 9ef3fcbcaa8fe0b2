// What a tenant looks at now and then, and says in its log: streams that fell silent, and sinks
// that take nothing any more. See status/silence.test.ts and status/sinks.test.ts.
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { encodeSinkChange } from '@grantlog/ledger'
import type { Forwarding } from './forward/forward.ts'
import { readText, replaceText } from './io/note.ts'
import type { WatchedLedger } from './ledger.ts'
import type { Settled } from './options.ts'
import type { Quarantine } from './quarantine/quarantine.ts'
import type { Note } from './status/note.ts'
import { silenceWatch } from './status/silence.ts'
import { type SinkWatch, watchSinks } from './status/sinks.ts'

interface Watched {
  readonly settled: Settled
  readonly ledger: WatchedLedger
}

/** What is done each minute. */
export async function startMinutes(
  { ledger, quarantine, settled }: Watched & { readonly quarantine: Quarantine },
  started: AsyncDisposableStack,
): Promise<void> {
  const { folders, log } = settled
  const note = noteAt(join(folders.queue, 'silence.note'))
  const silence = await silenceWatch({ ledger, streams: settled.ledger.streams, note, log })
  // A leaf that is being committed when the ledger closes would look like a failure of the disk.
  started.defer(() => silence.close())
  const sharing = tellShared(settled)
  const onMinute = (): void => {
    void silence.minute()
    sharing()
    void quarantine.minute()
  }
  const timer = setInterval(onMinute, settled.limits.minuteMs)
  started.defer(() => clearInterval(timer))
}

/** What became of sinks, as leaves. */
export async function startSinkWatch(
  { forwarding, ledger, settled }: Watched & { readonly forwarding: Forwarding },
  started: AsyncDisposableStack,
): Promise<SinkWatch> {
  const { folders, limits, now } = settled
  const sinks = await watchSinks({
    sinks: () => forwarding.sinks,
    commit: (change) => {
      const content = encodeSinkChange(change)
      return ledger.commitContent({ type: 'sink', id: randomUUID(), content })
    },
    note: noteAt(join(folders.queue, 'sinks.note')),
    failingMs: limits.sinkFailingMs,
    now,
  })
  started.defer(() => sinks.close())
  return sinks
}

function noteAt(path: string): Note {
  return { read: () => readText(path), write: (text) => replaceText(path, text) }
}

/** Tells, once a minute, of records whose subjects were too many to have keys of their own. */
function tellShared({ ledger, log }: Settled): () => void {
  let told = 0
  return () => {
    const parts = ledger.subjectsShared - told
    told = ledger.subjectsShared
    if (parts > 0) log({ code: 'SUBJECTS_SHARED', level: 'warn', parts })
  }
}
