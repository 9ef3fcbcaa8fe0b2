// A sink's place in what it is sent, bound to the log it was counted in: after a restore of an
// older or another log the numbers mean other frames, or none. Then the sink gets all from the
// beginning: twice is better than never.
import { type Files, type Offset, openOffset } from '@grantlog/journal'
import { readText, replaceText } from '../io/note.ts'
import type { Log } from '../flow.ts'

/** Tells that a sink is not new, and where it begins then in what it did not get so until now. */
export interface Former {
  /** Another offset of the sink. */
  readonly file: string
  readonly begin: () => Promise<number>
}

export interface SinkOffsetOptions {
  readonly file: string
  readonly origin: string
  /** Number of the next frame. */
  readonly next: number
  readonly sink: string
  readonly log: Log
  /** For log records: the first counts that is of this log. Default: the sink begins at 0. */
  readonly formers?: readonly Former[] | undefined
  /** Default: the local disk. */
  readonly files?: Files | undefined
}

/** Errors: JOURNAL_OFFSET_CORRUPT for a damaged file. */
export async function openSinkOffset(options: SinkOffsetOptions): Promise<Offset> {
  const { file, files, formers = [], log, next, origin, sink } = options
  const offset = await openOffset(file, files)
  const notePath = noteOf(file)
  const noted = await readText(notePath, files)
  for (const former of noted === undefined ? formers : []) {
    if ((await readText(noteOf(former.file), files)) !== `${origin}\n`) continue
    const begin = await former.begin()
    log({ code: 'SINK_LOGS_FROM_LEDGER', level: 'info', sink, commit: begin })
    await offset.set(begin)
    break
  }
  const foreign = noted !== undefined && noted !== `${origin}\n`
  if (foreign || offset.value > next) {
    log({ code: 'SINK_RESTARTED', level: 'error', sink, offset: offset.value, next })
    await offset.set(0)
  }
  // After the offset: a crash between the two starts again once more.
  if (foreign || noted === undefined) await replaceText(notePath, `${origin}\n`, files)
  return offset
}

/** The file that says of which log an offset is. */
function noteOf(file: string): string {
  return `${file}.origin`
}
