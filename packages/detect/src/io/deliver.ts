// One delivery to a channel, by what its URL says.
import type { Channel, Delivery, Outcome } from '../alerts/channel.ts'
import { post } from './post.ts'
import { sendSyslog } from './syslog.ts'

/** Never throws: a network that fails is an outcome. */
export function deliver(
  channel: Channel,
  delivery: Delivery,
  options: { readonly signal?: AbortSignal } = {},
): Promise<Outcome> {
  if (/^https?:/.test(channel.url)) return post(channel.url, delivery, options)
  return sendSyslog(channel, delivery, options)
}
