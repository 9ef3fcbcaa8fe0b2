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
  return createHttpClient({ endpoint, access: receiverAccess(settings), ...options })
}

/** What the receiver is shown; always the same one for the same settings. */
export function receiverAccess(settings: AccessSettings): Access {
  const access = accesses.get(settings) ?? accessWith(settings)
  accesses.set(settings, access)
  return access
}

/**
 * A token endpoint is asked over connections of its own, which keep no process. It is another host
 * than the receiver, and may have a certificate of another authority.
 */
function accessWith(settings: AccessSettings): Access {
  const { ca = null, url = '' } = settings.tokenRequest ?? {}
  const unasked = { postForm: () => Promise.reject(new Error('no tokens')), nowMs }
  const nothing = { clientCert: null, clientKey: null, tokenFile: null, tokenRequest: null }
  const tokens = createHttpClient({
    endpoint: url,
    access: createAccess({ ...nothing, ca }, { readText, ...unasked }),
  })
  const type = 'application/x-www-form-urlencoded'
  return createAccess(settings, {
    readText,
    postForm: (form, authorization) => tokens.post('', Buffer.from(form), type, authorization),
    nowMs,
  })
}

const nowMs = (): number => performance.now()
