// The way to the receiver, with what it is shown: certificates and tokens. See access.ts.
import type { AccessSettings, Settings } from '../config.ts'
import { type Access, createAccess } from './access.ts'
import { createHttpClient, type HttpClient, type HttpClientOptions } from './io/http.ts'
import { readText } from './io/read-text.ts'

/** One for all ways of a service: the same token is asked for once, and a fault told once. */
const accesses = new WeakMap<AccessSettings, Access>()

export function receiverClient(
  { access: settings, endpoint }: Pick<Settings, 'access' | 'endpoint'>,
  options: Pick<HttpClientOptions, 'bytesMax' | 'timeoutMs'> = {},
): HttpClient {
  const access = accesses.get(settings) ?? accessWith(settings)
  accesses.set(settings, access)
  return createHttpClient({ endpoint, access, ...options })
}

/** A token endpoint is asked over connections of its own, which keep no process. */
function accessWith(settings: AccessSettings): Access {
  const tokens = createHttpClient({ endpoint: settings.tokenRequest?.url ?? '' })
  const type = 'application/x-www-form-urlencoded'
  return createAccess(settings, {
    readText,
    postForm: (form, authorization) => tokens.post('', Buffer.from(form), type, authorization),
    nowMs: () => performance.now(),
  })
}
