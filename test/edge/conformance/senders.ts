// Everybody who sends OTLP to the receiver, in the order of the table.
import { collector } from './collector.ts'
import { jsSdk } from './js-sdk.ts'
import { grpcJs, plainHttp } from './plain-clients.ts'
import type { Sender } from './sender.ts'

export const senders: readonly Sender[] = [jsSdk, collector, plainHttp, grpcJs]
