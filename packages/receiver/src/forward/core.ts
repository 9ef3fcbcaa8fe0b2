// What goes to a core receiver: its source and its sender, what it signed, and what is held for it.
import { join } from 'node:path'
import { ReceiverError } from '../codes.ts'
import { MAX_CORE_HEADER_BYTES } from '../limits.ts'
import { keepSendingAgain } from './core/again.ts'
import type { CoreUnit } from './core/evidence.ts'
import { openHeldRecords } from './core/held.ts'
import { openKeptReceipts } from './core/kept.ts'
import { coreKeyOf } from './core/receipts.ts'
import { coreSender, type CoreSenderOptions } from './core/sender.ts'
import { coreSource } from './core/source.ts'
import { watchCore } from './core/watch.ts'
import type { Context, Feed } from './forward.ts'
import { agentOf, exportTo } from './io/post.ts'
import { type GrantlogSinkOptions, logsUrlOf } from './sink-options.ts'

/** Errors: RECEIVER_SINK_INVALID; JournalError. Its `close` is the caller's. */
export async function coreFeed(context: Context<GrantlogSinkOptions>): Promise<Feed<CoreUnit>> {
  const { evidence, files, folder, limits, log, now, signal, sink } = context
  if (evidence === undefined) throw new ReceiverError('RECEIVER_SINK_INVALID', sink.name)
  await using opened = new AsyncDisposableStack()
  const kept = await openKeptReceipts(folder, sink.name, files)
  opened.defer(() => kept.close())
  const held = await openHeldRecords(folder, sink.name, files)
  opened.defer(() => held.close())
  const { name } = sink
  const key = coreKeyOf(sink.receiptKey)
  const watch = await watchCore({ sink: name, key, kept, log })
  const { origin } = context.projection
  const send = coreSender({
    ...{ key, origin, held, now, ask: asking(context, key.origin) },
    kept: {
      async keep(notes) {
        await kept.keep(notes)
        watch.see(notes)
      },
    },
    abandoned: new Set(sink.abandon),
  })
  const again = { sink: name, held, log, evidence, send, minuteMs: limits.minuteMs }
  opened.defer(keepSendingAgain({ ...again, signal }))
  const all = opened.move()
  return {
    source: coreSource(evidence, limits.sinkBatchSpans),
    offsetFile: join(folder, `${name}.offset`),
    newest: () => evidence.next,
    held: () => held.size,
    lost: () => watch.lost,
    send,
    close: () => all.disposeAsync(),
  }
}

function asking(
  { abandoned: signal, limits, sink }: Context<GrantlogSinkOptions>,
  origin: string,
): CoreSenderOptions['ask'] {
  const { compression = 'none' } = sink
  const headers = { ...sink.headers, 'grantlog-origin': origin }
  const common = { headers, compression, ...agentOf(sink), timeoutMs: limits.sinkTimeoutMs, signal }
  const options = { ...common, headerBytesMax: MAX_CORE_HEADER_BYTES }
  const urls = { traces: sink.url, logs: logsUrlOf(sink) ?? sink.url }
  return (body, to) => exportTo([body], { ...options, url: urls[to] })
}
